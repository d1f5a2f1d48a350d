"""
Handle: one vendor of an open mock, to seed it, look into it and arrange trouble.

Nothing here goes over HTTP, and nothing here knows how the mock is opened.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from pytest_assistant_mock._engine import checks
from pytest_assistant_mock._engine.engine import Engine, Service
from pytest_assistant_mock._engine.faults import Fault
from pytest_assistant_mock._engine.kinds.assistants import Assistant
from pytest_assistant_mock._engine.kinds.files import File
from pytest_assistant_mock._engine.kinds.messages import Draft, Message
from pytest_assistant_mock._engine.kinds.runs import Step
from pytest_assistant_mock._engine.kinds.threads import Thread
from pytest_assistant_mock._engine.plans import Planned, When
from pytest_assistant_mock._engine.replies import Answer, OwnReply
from pytest_assistant_mock._engine.run_view import Run
from pytest_assistant_mock._engine.turns import Script, spelled
from pytest_assistant_mock._engine.turns import When as WhenRun
from pytest_assistant_mock._mock import sdk_environment
from pytest_assistant_mock._mock.arguments import Keys, ids, json_object, operations
from pytest_assistant_mock._mock.conversations import Conversations, Given
from pytest_assistant_mock._mock.fake import Fake
from pytest_assistant_mock._mock.objects import Objects, Ref, Role
from pytest_assistant_mock._mock.recording import remember
from pytest_assistant_mock._mock.trouble import TroubleMaker
from pytest_assistant_mock._traffic.exchanges import Exchanges, FindSecrets
from pytest_assistant_mock.errors import absent

if TYPE_CHECKING:
    from pytest_assistant_mock.cassettes import Cassette
    from pytest_assistant_mock.cassettes.usage import Tape

__tracebackhide__ = True  # a failing test shows its own line


class Handle:
    """One vendor of an open mock: seed it, look into it, arrange trouble. Nothing here goes over HTTP."""

    def __init__(self, engine: Engine, service: Service, secrets: FindSecrets, tape: Tape | None = None) -> None:
        self._engine = engine
        self._secrets = secrets
        self._service = service
        self._tape = tape
        self._fake = Fake(engine, service, tape)
        self._objects = Objects(self._fake)
        self._trouble = TroubleMaker(self._fake)
        self._conversations = Conversations(self._fake, self._objects)
        self._base_url = service.vendor.base_urls[0]
        self._served = False  # clients come by the server's address, whatever an SDK in this process is told
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
    def name(self) -> str:
        """The vendor's name: "model_studio" or "appbuilder"."""
        return self._service.vendor.name

    @property
    def base_url(self) -> str:
        """
        The base URL to tell the vendor's SDK, without a slash at its end: its default, or where the mock is served; on a
        cassette or live run the one the SDK would use just now.
        """
        if self._tape is not None and not self._served:
            told = [url for vendor, url in sdk_environment.told((self._service.vendor,))() if vendor == self.name]
            return told[-1].rstrip("/") if told else self._base_url
        return self._base_url

    @property
    def api_key(self) -> str:
        """The key the vendor's SDK finds by itself while the mock is open."""
        return self._api_key

    @property
    def exchanges(self) -> Exchanges:
        """
        What was asked and answered so far, oldest first: a list, with `of`, `last` and assertions. Seeding is not in it.
        A served mock holds the last 1,000.
        """
        with self._engine.lock:
            journal = self._engine.journal.of(self.name)
        return Exchanges(journal, self.name, operations(self._service.vendor), self._engine.sent, self._secrets)

    @property
    def counts(self) -> Counter[str | None]:
        """How often each operation was asked for so far, all exchanges counted; None counts what no route was found for."""
        with self._engine.lock:
            return self._engine.journal.counts(self.name)

    def add_thread(self, metadata: Mapping[str, Any] | None = None, *, id: str | None = None) -> Thread:
        """
        Store an empty thread, under the next id or the one given.

        Raises TypeError or ValueError for metadata that is no JSON, ValueError for an id that is taken.
        """
        return self._objects.add_thread(json_object("metadata", metadata), id)

    def add_message(
        self,
        thread: Ref,
        text: str,
        *,
        role: Role = "user",
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
        draft = Draft(checks.text("text", text), role, ids("file_ids", file_ids), json_object("metadata", metadata))
        given = {"assistant_id": assistant_id, "run_id": run_id}
        origin: dict[str, Any] = {name: checks.text(name, value) for name, value in given.items() if value is not None}
        return self._objects.add_message(thread, draft._replace(**origin), id)

    def load(self, cassette: str | PathLike[str] | Cassette) -> None:
        """
        Store the threads and messages a cassette tells of, ids and times kept; the fake goes on from there.

        cassette: one that is loaded, or its file. Raises CassetteError for a file that is none, ValueError for
        a cassette without a call to this vendor.
        """
        with self._engine.lock:
            assert self._fake.state is not None  # or there is nothing to load into
            remember(self._engine, self._service, cassette)

    def threads(self) -> list[Thread]:
        """The threads that have not been deleted, oldest first."""
        return self._objects.threads()

    def thread(self, thread: Ref) -> Thread:
        """A thread as it is now. Raises ValueError if there is none of that id."""
        return self._objects.thread(thread)

    def messages(self, thread: Ref) -> list[Message]:
        """A thread's messages, oldest first. Raises ValueError if there is no such thread."""
        return self._objects.messages(thread)

    def script(
        self,
        *turns: Given,
        when: WhenRun = None,
        assistant: Ref | None = None,
        times: int | None = 1,
        optional: bool = False,
    ) -> Script:
        """
        Say what the assistant does in the next run: script("晴,24 度"); script(turns.calls("get_weather", city="北京"), "晴").

        turns: texts, turns of `pytest_assistant_mock.turns`, lists of calls that are made at once, and functions of the run.
        A text with nothing after it ends the run. A function is asked when its turn comes, and again after each round of
        outputs until it returns a text; what it raises fails the run, and is raised at the call.
        when: a text of the last message, or a function of the run. assistant: the one whose runs take it, or its id.
        times: how many runs take it (None: always). Of several scripts that fit, the first with uses left is taken.

        A script that no run took fails the test when the mock closes, unless it is `optional`.
        Raises TypeError or ValueError for a wrong turn or an unknown assistant.
        """
        named = {"when": when, "assistant": assistant, "times": times, "optional": optional}
        usual = {"when": None, "assistant": None, "times": 1, "optional": False}
        words = [*map(spelled, turns), *(f"{name}={spelled(value)}" for name, value in named.items() if value != usual[name])]
        return self._conversations.script(turns, when, assistant, times, optional, ", ".join(words))

    def add_assistant(
        self,
        model: str = "",
        name: str = "",
        instructions: str = "",
        tools: Sequence[Mapping[str, Any]] = (),
        file_ids: Sequence[str] = (),
        metadata: Mapping[str, Any] | None = None,
        id: str | None = None,
    ) -> Assistant:
        """
        Store an assistant as the vendor's console would, so that every key sees it.

        tools: as they are sent: [{"type": "function", "function": {"name": "f", "parameters": {…}}}].
        Raises TypeError or ValueError for a value that cannot be sent, ValueError for an id that is taken.
        """
        texts = {"model": model, "name": name, "instructions": instructions}
        return self._conversations.add_assistant(id, tools, file_ids, metadata, **texts)

    def assistants(self) -> list[Assistant]:
        """The assistants that have not been deleted, oldest first."""
        return self._conversations.assistants()

    def runs(self, thread: Ref | None = None) -> list[Run]:
        """All runs, or those of one thread, oldest first. Raises ValueError if there is no such thread."""
        return self._conversations.runs(thread)

    def steps(self, run: Ref) -> list[Step]:
        """The steps of a run, oldest first. Raises ValueError if there is no such run."""
        return self._conversations.steps(run)

    def add_file(self, name: str, content: bytes | str, id: str | None = None) -> File:
        """Store an uploaded file, so that every key sees it. A text is stored as UTF-8. Raises ValueError for a taken id."""
        return self._conversations.add_file(name, content, id)

    def files(self) -> list[File]:
        """The uploaded files that have not been deleted, oldest first."""
        return self._conversations.files()

    def allow(self, operation: str) -> None:
        """
        Answer an operation that the SDK has and the vendor says does not exist: allow("cancel_run") at Model Studio.

        Raises ValueError for any other operation.
        """
        self._conversations.allow(operation)

    def fail(
        self,
        fault: Fault,
        *,
        on: str | None = None,
        times: int | None = 1,
        after: int = 0,
        when: When | None = None,
        optional: bool = False,
    ) -> Planned:
        """
        Let a fault strike: at one operation (None: at every request), `times` times (None: always), not at the first `after`
        requests of that operation, and only where `when(request)` is true. Faults strike in the order they were planned; behind
        one that ends the matter (a refusal, a broken line) the next waits for the next request.

        A fault that never struck fails the test when the mock closes, unless it is `optional`.
        What is returned counts: `.asked`, the requests it was meant for; `.used`, those it struck.
        Raises TypeError or ValueError for anything else, naming what is allowed and what comes nearest.
        """
        return self._trouble.fail(fault, on, times, after, when, optional)

    def limit(self, requests: int, per: float, *, on: str | None = None) -> None:
        """
        Admit each key at most `requests` times in any `per` seconds of the mock's clock, for one operation or all together
        (None); what is more is refused as the vendor refuses it, and is not counted. Several limits hold together.

        Raises TypeError or ValueError for a wrong number or operation.
        """
        self._trouble.limit(requests, per, on)

    def keys(self, keys: Keys) -> None:
        """
        Know these keys and no others: {"sk-a", "sk-b"}; or, with the workspaces each may use, {"sk-a": ["ws-1", "ws-2"],
        "sk-b": "ws-3", "sk-c": None}, None for any. A request that names no workspace is in the key's first.

        A thread made by one key in one workspace does not exist for another; one that is seeded, or was there before, exists
        for all. The keys named by an earlier call are forgotten. Raises TypeError or ValueError for anything else.
        """
        self._trouble.keys(keys)

    def reply(
        self, operation: str, answer: Answer, *, times: int | None = None, check: bool = True, optional: bool = False
    ) -> OwnReply:
        """
        Answer an operation in the fake's place. The fake's threads and messages stay as they are. See docs/replies.md.

        operation: one of the vendor's, or "METHOD /path/{anything}" below its base URL, for what the fake does not know. On a
        host of the vendor's, but outside of every base URL, it is the whole path.
        answer: a Response or Failure; a dict or list, sent as JSON with status 200; or a function of the Request that returns
        one of them. A function may also take what stands in the braces of the path, by name.
        times: how often it answers. Several replies to one operation take turns in the order they are given: one with `times`
        so many times, one without (None) once if another follows it; the last one without goes on for ever.
        check: whether an answer to one of the vendor's operations must keep the contract; one that is no function is checked
        at once, and raises ContractViolation.

        An answer that was never asked for fails the test when the mock closes, unless it is `optional`.
        Raises TypeError or ValueError for anything else.
        """
        return self._trouble.reply(operation, answer, times, check, optional)
