"""
Handle: one vendor of an open mock, to seed it, look into it and arrange trouble.

Nothing here goes over HTTP, and nothing here knows how the mock is opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from pytest_assistant_mock._engine.engine import Engine, Service
from pytest_assistant_mock._engine.kinds.messages import MESSAGE, Draft, Message, add_message, create_thread
from pytest_assistant_mock._engine.kinds.threads import THREAD, Thread, retrieve_thread
from pytest_assistant_mock._engine.state import State
from pytest_assistant_mock._engine.trouble import Trouble
from pytest_assistant_mock._engine.wire import Refusal
from pytest_assistant_mock._mock import sdk_environment
from pytest_assistant_mock._mock.arguments import ids, json_object, operations, sendable, shown
from pytest_assistant_mock._mock.recording import no_fake, remember
from pytest_assistant_mock._mock.trouble import Arranger
from pytest_assistant_mock._traffic.exchanges import Exchanges
from pytest_assistant_mock.errors import absent, nearest

if TYPE_CHECKING:
    from pytest_assistant_mock.cassettes import Cassette
    from pytest_assistant_mock.cassettes.usage import Tape

__tracebackhide__ = True  # a failing test shows its own line


class HasId(Protocol):
    """
    Anything with an id: a Thread or Message of ours, or an SDK's.
    """

    @property
    def id(self) -> str:
        """
        The id.
        """


Ref: TypeAlias = "HasId | str"
"""A thread or message: the object or its id."""


def _id(thing: Ref) -> str:
    found = thing if isinstance(thing, str) else getattr(thing, "id", None)
    if not isinstance(found, str):
        raise TypeError(f"{_named(thing)} is no thread: expected an object with an id, or the id")
    return found


def _named(thing: Any) -> str:
    if getattr(thing, "status_code", 200) != 200:  # what dashscope returns of a refusal; it cannot even be printed
        code, message = getattr(thing, "code", ""), getattr(thing, "message", "")
        return f"this {type(thing).__name__}, a refusal ({thing.status_code:d} {code}: {message}),"
    return repr(thing)


class Handle(Arranger):
    """
    One vendor of an open mock: seed it, look into it, arrange trouble. Nothing here goes over HTTP.
    """

    def __init__(self, engine: Engine, service: Service, tape: Tape | None = None) -> None:
        super().__init__(engine, service)
        self._tape = tape
        self._base_url = service.vendor.base_urls[0]
        self._api_key = service.vendor.settings.key

    def __repr__(self) -> str:
        if self._tape is not None:
            return f"<{self.name}: {self._tape.mode}, {len(self.exchanges)} exchanges>"
        return f"<{self._service.vendor.name}: {len(self.threads())} threads, {len(self.exchanges)} exchanges>"

    if not TYPE_CHECKING:  # or every name would pass the type checker

        def __getattr__(self, name: str) -> Any:
            if hasattr(type(self), name):
                return object.__getattribute__(self, name)  # a property that failed says why itself
            raise absent(self, name)

    @property
    def _state(self) -> State:
        __tracebackhide__ = True
        if self._tape is not None:
            raise no_fake(self._service.vendor, self._tape)
        return self._service.state

    def _trouble(self) -> Trouble:
        assert self._state is not None  # or there is no fake to strike
        return super()._trouble()

    @property
    def name(self) -> str:
        """
        "model_studio" or "appbuilder".
        """
        return self._service.vendor.name

    @property
    def base_url(self) -> str:
        """
        The base URL to tell the vendor's SDK, without a slash at its end: its default, or where the mock is served; on a
        cassette or live run the one the SDK would use just now.
        """
        if self._tape is not None:
            told = [url for vendor, url in sdk_environment.told((self._service.vendor,))() if vendor == self.name]
            return told[-1].rstrip("/") if told else self._base_url
        return self._base_url

    @property
    def api_key(self) -> str:
        """
        The key the vendor's SDK finds by itself while the mock is open.
        """
        return self._api_key

    @property
    def exchanges(self) -> Exchanges:
        """
        What was asked and answered so far, oldest first: a list, with `of`, `last` and assertions. Seeding is not in it.
        A served mock holds the last 1,000.
        """
        with self._engine.lock:
            journal = self._engine.journal.of(self.name)
        return Exchanges(journal, self.name, operations(self._service.vendor), self._engine.sent)

    @property
    def counts(self) -> Counter[str | None]:
        """
        How often each operation was asked for so far, all exchanges counted; None counts what no route was found for.
        """
        with self._engine.lock:
            return self._engine.journal.counts(self.name)

    def add_thread(self, metadata: Mapping[str, Any] | None = None, *, id: str | None = None) -> Thread:
        """
        Store an empty thread, under the next id or the one given.

        Raises TypeError or ValueError for metadata that is no JSON, ValueError for an id that is taken.
        """
        given = json_object("metadata", metadata)
        with self._engine.lock:
            state = self._state
            self._check_free(id)
            return shown(create_thread(state, metadata=given, id=id))

    def add_message(
        self,
        thread: Ref,
        text: str,
        *,
        role: str = "user",
        file_ids: Sequence[str] = (),
        metadata: Mapping[str, Any] | None = None,
        assistant_id: str | None = None,
        run_id: str | None = None,
        id: str | None = None,
    ) -> Message:
        """
        Store a message at the end of a thread. An assistant's comes from a run, so it gets ids of both unless they are given.

        Raises ValueError for an unknown thread or role or an id that is taken, TypeError for a value of the wrong type.
        """
        if role not in ("user", "assistant"):
            raise ValueError(f"role={role!r}: expected 'user' or 'assistant'")
        draft = Draft(sendable("text", text), role, ids("file_ids", file_ids), json_object("metadata", metadata))
        given = {"assistant_id": assistant_id, "run_id": run_id}
        origin: dict[str, Any] = {name: sendable(name, value) for name, value in given.items() if value is not None}
        with self._engine.lock:
            self._find_thread(thread)
            state = self._state
            self._check_free(id)
            if role == "assistant" and "run_id" not in origin:
                origin["run_id"] = state.next_id("run", "run")[1]
            if role == "assistant" and "assistant_id" not in origin:
                origin["assistant_id"] = state.format_id("assistant", 1)
            return shown(add_message(state, _id(thread), draft._replace(**origin), id=id))

    def load(self, cassette: str | PathLike[str] | Cassette) -> None:
        """
        Store the threads and messages a cassette tells of, ids and times kept; the fake goes on from there.

        cassette: one that is loaded, or its file. Raises CassetteError for a file that is none, ValueError for
        a cassette without a call to this vendor.
        """
        with self._engine.lock:
            assert self._state is not None
            remember(self._engine, self._service, cassette)

    def threads(self) -> list[Thread]:
        """
        The threads that have not been deleted, oldest first.
        """
        with self._engine.lock:
            return [shown(thread) for thread in self._state[THREAD].of()]

    def thread(self, thread: Ref) -> Thread:
        """
        A thread as it is now. Raises ValueError if there is none of that id.
        """
        with self._engine.lock:
            return shown(self._find_thread(thread))

    def messages(self, thread: Ref) -> list[Message]:
        """
        A thread's messages, oldest first. Raises ValueError if there is no such thread.
        """
        with self._engine.lock:
            self._find_thread(thread)
            return [shown(message) for message in self._state[MESSAGE].of(_id(thread))]

    def _check_free(self, id: str | None) -> None:
        if id is not None and not isinstance(id, str):
            raise TypeError(f"id is {type(id).__name__}, expected str")
        if id == "" or (id is not None and self._service.state.has(id)):
            raise ValueError(f"id={id!r}: {self.name} has one of that id already" if id else "id='': expected an id, or None")

    def _find_thread(self, thread: Ref) -> Thread:
        try:
            return retrieve_thread(self._state, _id(thread))
        except Refusal:
            known = [one.id for one in self._state[THREAD].of()]
            listed = f"it has {', '.join(known[:5])}{', …' if len(known) > 5 else ''}" if known else "it has none yet"
            raise ValueError(
                f"{self.name} has no thread {_id(thread)!r}{nearest(_id(thread), known)}; {listed}; add_thread() makes one"
            ) from None
