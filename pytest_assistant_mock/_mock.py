"""
AssistantMock: one engine, its doors open, one handle per vendor.

Only joins the parts; knows neither pytest nor how any part works inside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias, Unpack

from pytest_assistant_mock import _nesting
from pytest_assistant_mock._arranger import Arranger
from pytest_assistant_mock._arranging import complaint as unused
from pytest_assistant_mock._arranging import operations
from pytest_assistant_mock._engine.clock import Clock
from pytest_assistant_mock._engine.engine import Engine, Service
from pytest_assistant_mock._engine.journal import Watcher
from pytest_assistant_mock._engine.provider import Provider
from pytest_assistant_mock._engine.store import Draft, Message, Store, Thread
from pytest_assistant_mock._engine.trouble import Trouble
from pytest_assistant_mock._engine.wire import Exchange, Refusal
from pytest_assistant_mock._seeding import ids, json_object, sendable, shown
from pytest_assistant_mock._snapshots import Snapshot, check
from pytest_assistant_mock._source import Recording, check_hosts, no_fake, remember, session, tape_of
from pytest_assistant_mock._traffic.exchanges import Exchanges
from pytest_assistant_mock._unanswered import complaint
from pytest_assistant_mock.errors import UnansweredRequest, UnusedFault, nearest

if TYPE_CHECKING:
    from pytest_assistant_mock.cassettes import Cassette
    from pytest_assistant_mock.cassettes.session import Session
    from pytest_assistant_mock.cassettes.tape import Tape
    from pytest_assistant_mock.contract.watch import Field, Mode, Watch


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
        raise TypeError(f"{thing!r} is no thread: expected an object with an id, or the id")
    return found


class Handle(Arranger):
    """
    One vendor of an open mock: seed it, look into it, arrange trouble. Nothing here goes over HTTP.
    """

    def __init__(self, engine: Engine, service: Service, tape: Tape | None = None) -> None:
        super().__init__(engine, service)
        self._tape = tape

    def __repr__(self) -> str:
        if self._tape is not None:
            return f"<{self.name}: {self._tape.mode}, {len(self.exchanges)} exchanges>"
        return f"<{self._service.provider.name}: {len(self.threads())} threads, {len(self.exchanges)} exchanges>"

    @property
    def _store(self) -> Store:
        __tracebackhide__ = True
        if self._tape is not None:
            raise no_fake(self._service.provider, self._tape)
        return self._service.store

    def _trouble(self) -> Trouble:
        assert self._store is not None  # or there is no fake to strike
        return super()._trouble()

    @property
    def name(self) -> str:
        """
        "model_studio" or "appbuilder".
        """
        return self._service.provider.name

    @property
    def base_url(self) -> str:
        """
        The base URL the vendor's SDK uses by default, without a slash at its end.
        """
        return self._service.provider.base_urls[0]

    @property
    def api_key(self) -> str:
        """
        The key the vendor's SDK finds by itself while the mock is open.
        """
        return self._service.provider.settings.key

    @property
    def exchanges(self) -> Exchanges:
        """
        What was asked and answered so far, oldest first: a list, with `of`, `last` and assertions. Seeding is not in it.
        """
        return Exchanges(self._engine.journal.of(self.name), self.name, operations(self._service.provider), self._engine.sent)

    def add_thread(self, metadata: Mapping[str, Any] | None = None) -> Thread:
        """
        Store an empty thread. Raises TypeError or ValueError for metadata that is no JSON.
        """
        given = json_object("metadata", metadata)
        with self._engine.lock:
            return shown(self._store.create_thread(metadata=given))

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
    ) -> Message:
        """
        Store a message at the end of a thread. An assistant's comes from a run, so it gets ids of both unless they are given.

        Raises ValueError for an unknown thread or role, TypeError for a value of the wrong type.
        """
        if role not in ("user", "assistant"):
            raise ValueError(f"role={role!r}: expected 'user' or 'assistant'")
        draft = Draft(sendable("text", text), role, ids("file_ids", file_ids), json_object("metadata", metadata))
        given = {"assistant_id": assistant_id, "run_id": run_id}
        origin: dict[str, Any] = {name: sendable(name, value) for name, value in given.items() if value is not None}
        with self._engine.lock:
            self._find_thread(thread)
            store = self._store
            if role == "assistant" and "run_id" not in origin:
                origin["run_id"] = store.new_id("run")
            if role == "assistant" and "assistant_id" not in origin:
                origin["assistant_id"] = store.format_id("assistant", 1)
            return shown(store.add(_id(thread), replace(draft, **origin)))

    def load(self, cassette: str | PathLike[str] | Cassette) -> None:
        """
        Store the threads and messages a cassette tells of, ids and times kept; the fake goes on from there.

        cassette: one that is loaded, or its file. Raises CassetteError for a file that is none.
        """
        with self._engine.lock:
            assert self._store is not None
            remember(self._engine, self._service, cassette)

    def threads(self) -> list[Thread]:
        """
        The threads that have not been deleted, oldest first.
        """
        with self._engine.lock:
            return [shown(thread) for thread in self._store.threads()]

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
            return [shown(message) for message in self._store.messages(_id(thread))]

    def _find_thread(self, thread: Ref) -> Thread:
        try:
            return self._store.retrieve_thread(_id(thread))
        except Refusal:
            known = [one.id for one in self._store.threads()]
            listed = f"it has {', '.join(known[:5])}{', …' if len(known) > 5 else ''}" if known else "it has none yet"
            raise ValueError(
                f"{self.name} has no thread {_id(thread)!r}{nearest(_id(thread), known)}; {listed}; add_thread() makes one"
            ) from None


class AssistantMock:
    """
    Both vendors, played in memory while the context is open; every door is open, every SDK finds a fake key.

    revision: which recorded shape of Model Studio's messages to print, "2025" (the seed page) or "2026" (the newest).
    hosts: more base URLs, by vendor: {"model_studio": ["https://gw.corp/ai/api/v1"]}.
    source: "fake"; "cassette", to answer from the file `cassette`; "live", to let every call through.
    recording: how a cassette is used: `_source.Recording`.
    strict: whether a request that no route answers raises UnansweredRequest when the mock closes.
    contract: what to do about an exchange that breaks the contract: "off" (the default), "warn" or "fail" when the mock closes.
    name: who opens it, for the words of UnansweredRequest; the fixtures give the test's name.
    Raises ValueError for an unknown revision, vendor or malformed base URL, TypeError for a value of the wrong type.
    Opened once: its threads, ids and exchanges are of one test.
    """

    def __init__(
        self,
        *,
        revision: str = "2025",
        hosts: Mapping[str, Sequence[str]] | None = None,
        strict: bool = True,
        contract: Mode | None = None,
        name: str = "",
        source: str = "fake",
        **recording: Unpack[Recording],
    ) -> None:
        from pytest_assistant_mock import _settings

        if not isinstance(strict, bool):
            raise TypeError(f"strict={strict!r}: expected True or False")
        providers = _providers(revision)
        check_hosts(hosts or {}, [provider.name for provider in providers])
        self._engine = Engine(providers, hosts, _settings.told(providers))
        self._keys = _settings.Keys([provider.settings for provider in providers])
        self._tape = tape_of(source, recording)
        self._layer: _nesting.Layer | None = None
        self._strict = strict
        self._name = name
        self._opened = False
        self._session: Session | None = None
        self._failure: BaseException | None = None
        self.unplayed = ""
        self._excused = False
        self._new = self.snapshot()
        self._watch: Watch | None = None
        self._handles = {vendor: Handle(self._engine, service, self._tape) for vendor, service in self._engine.services.items()}
        if contract is None and self._tape is not None:
            contract = "fail"
        if contract not in (None, "off"):
            self.contract.start(contract)

    @property
    def model_studio(self) -> Handle:
        """
        Alibaba Cloud Model Studio.
        """
        return self._handles["model_studio"]

    @property
    def appbuilder(self) -> Handle:
        """
        Baidu AppBuilder.
        """
        return self._handles["appbuilder"]

    @property
    def contract(self) -> Watch:
        """
        What the contract says of the exchanges so far: nothing, while its mode is "off".
        """
        if self._watch is None:
            from pytest_assistant_mock.contract.watch import Watch

            self._watch = Watch(self._engine.journal)
        return self._watch

    @property
    def drift(self) -> Mapping[Field, int]:
        """
        Fields the contract does not know, and how often they came: vendor, operation, side, field -> times.
        """
        return self._watch.drift if self._watch else {}

    @property
    def clock(self) -> Clock:
        """
        The mock's own time, in ms; it moves 1 ms a stored message.
        """
        return self._engine.clock

    def snapshot(self) -> Snapshot:
        """
        Everything as it is now: threads, messages, counters, clock, exchanges, faults, quotas, keys, own answers. Cheap: what
        cannot change is shared.
        """
        with self._engine.lock:
            return Snapshot(self._engine, self._engine.save())

    def restore(self, snapshot: Snapshot) -> None:
        """
        Make everything as it was, as often as you like. What came since is forgotten, a fault that was never used included.

        Raises TypeError for anything but a snapshot, ValueError for another mock's.
        """
        check(snapshot, self._engine)
        with self._engine.lock:
            snapshot.put_back()

    def reset(self) -> None:
        """
        Make everything as it was when the mock was made: empty, the first id next.
        """
        self.restore(self._new)

    def __enter__(self) -> Self:
        """
        Open it. Raises RuntimeError if it has been opened before.
        """
        if self._opened:
            raise RuntimeError(
                "this AssistantMock has been opened before, and remembers what was stored then;"
                " make one for each test: with AssistantMock() as mock"
            )
        self._opened = True
        self._layer = self._new_layer()
        _nesting.enter(self._layer)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """
        Close it. Unless an exception is on its way already, raises UnansweredRequest if `strict` is on, UnusedFault, and
        ContractViolation if `contract` is "fail".
        """
        __tracebackhide__ = True
        if self._layer is not None:
            _nesting.leave(self._layer)
        if error is None and self._session is None:
            self._complain()
        if self._watch is not None:
            self._watch.finish(quiet=error is not None)  # first: what breaks the contract is not recorded
        if self._session is not None:
            passed = error is None and not self._excused
            self.unplayed = self._session.finish(passed, error or self._failure, on_its_way=error is not None)

    def _new_layer(self) -> _nesting.Layer:
        from pytest_assistant_mock._doors.door import Doors
        from pytest_assistant_mock._doors.table import installed

        self._session = session(self._engine, self._tape) if self._tape is not None else None
        doors = Doors(self._session.answerer if self._session else self._engine, installed())
        if self._session and not self._session.replays:
            return _nesting.Layer(on=(doors.open,), off=(doors.close,))  # with the real keys
        return _nesting.Layer(on=(self._keys.put, doors.open), off=(doors.close, self._keys.take_back))

    def watch(self, watcher: Watcher) -> None:
        """
        Tell a function every exchange of both vendors from now on, in the order they end.
        """
        self._engine.journal.watchers.append(watcher)

    def traffic(self, exchanges: Sequence[Exchange]) -> str:
        """
        Exchanges for people: a line each, the last ones in full, secrets hidden.
        """
        from pytest_assistant_mock._traffic.report import report

        services = self._engine.services.values()
        keys = {service.provider.settings.key for service in services}
        keys |= {key for one in services if one.trouble and one.trouble.tenants for key in one.trouble.tenants.keys}
        return report(exchanges, self._engine.sent, keys)

    def excuse(self, failure: BaseException | None = None) -> None:
        """
        Let the mock close without a word about faults and answers nobody used, and save nothing: the test has failed for
        another reason, `failure`.
        """
        self._excused = True
        self._failure = failure

    def _complain(self) -> None:
        __tracebackhide__ = True
        services = self._engine.services.items()
        found = [
            complaint(service.provider, unanswered, self._name)
            for vendor, service in services
            if self._strict and (unanswered := self._engine.journal.unanswered(vendor))
        ]
        if found:
            raise UnansweredRequest("\n".join(found))
        found = [
            unused(vendor, wasted, self._engine.journal.of(vendor), self._name)
            for vendor, service in services
            if not self._excused and service.trouble and (wasted := service.trouble.wasted())
        ]
        if found:
            raise UnusedFault("\n".join(found))


def _providers(revision: str) -> tuple[Provider, ...]:
    from pytest_assistant_mock._providers import REVISIONS

    if not isinstance(revision, str) or revision not in REVISIONS:
        raise ValueError(f"revision={revision!r}: expected one of {', '.join(map(repr, REVISIONS))}")
    return REVISIONS[revision]
