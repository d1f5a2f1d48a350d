"""
AssistantMock: one engine, its doors open, one handle per vendor.

Only joins the parts; knows neither pytest nor how any part works inside.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, Unpack

from pytest_assistant_mock._doors.doors import Doors
from pytest_assistant_mock._engine import checks, forks
from pytest_assistant_mock._engine.base_urls import ToldURLs
from pytest_assistant_mock._engine.clock import Clock
from pytest_assistant_mock._engine.engine import Engine
from pytest_assistant_mock._engine.journal import Watcher
from pytest_assistant_mock._engine.replies import path_named
from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock._engine.wire import Exchange
from pytest_assistant_mock._mock import layers, sdk_environment
from pytest_assistant_mock._mock.arguments import vendors_of
from pytest_assistant_mock._mock.complaints import unanswered, unused, unused_scripts
from pytest_assistant_mock._mock.handle import Handle
from pytest_assistant_mock._mock.hiding import Hiding
from pytest_assistant_mock._mock.mounts import mounts_of
from pytest_assistant_mock._mock.recording import Recording, check_hosts, session, tape_of
from pytest_assistant_mock._mock.snapshot import Snapshot, check_snapshot
from pytest_assistant_mock._mock.tool_arguments import ToolArguments
from pytest_assistant_mock.errors import UnansweredRequest, UnusedFault, UnusedScript, absent

if TYPE_CHECKING:
    from pytest_assistant_mock._serving.asgi import App
    from pytest_assistant_mock._serving.control.front import Control
    from pytest_assistant_mock.cassettes.session import Session
    from pytest_assistant_mock.cassettes.usage import Source
    from pytest_assistant_mock.contract.watch import Field, Mode, UncheckedCall, Watch

__tracebackhide__ = True  # a failing test shows its own line

Revision: TypeAlias = Literal["auto", "2025", "2026"]
"""A recorded shape of Model Studio's messages; "auto": the one that the client reads."""


class Options(Recording, total=False):
    """What a mock takes, for a function that hands it on. The words are those of `AssistantMock`."""

    revision: Revision
    hosts: Mapping[str, Sequence[str]] | None
    strict: bool
    contract: Mode | None
    name: str
    source: Source
    control: bool


SERVED_EXCHANGES = 1000
"""How many exchanges a served mock holds of each vendor."""


class AssistantMock:
    """
    Both vendors, played in memory while the context is open: every known client is answered, every SDK finds a fake key.

    revision: which recorded shape of Model Studio's messages to print: "2025" (the seed page), "2026" (the newest) or "auto"
    ("2026" for the vendor's Java SDK, which reads no other, "2025" for every other client).
    hosts: more base URLs, by vendor: {"model_studio": ["https://gw.corp/ai/api/v1"]}.
    source: "fake"; "cassette", to answer from the file `cassette`; "live", to let every call through.
    recording: how a cassette is used: cassette, record, ignore, reuse, unplayed, pace, polls, old_values. See docs/cassettes.md.
    strict: whether a request that no route answers raises UnansweredRequest when the mock closes, and a BlockedHost that the
    code under test has swallowed is raised again.
    contract: what to do about an exchange that breaks the contract: "off" (the default), "warn" or "fail" when the mock closes.
    name: who opens it, for the words of UnansweredRequest; the fixtures give the test's name.
    control: whether `asgi` answers below /__mock__/ too, so that any client may seed, script and ask. See docs/server.md.
    Raises ValueError for an unknown revision, vendor or malformed base URL, TypeError for a value of the wrong type.
    Opened once: its threads, ids and exchanges are of one test.
    """

    def __init__(
        self,
        *,
        revision: Revision = "auto",
        hosts: Mapping[str, Sequence[str]] | None = None,
        strict: bool = True,
        contract: Mode | None = None,
        name: str = "",
        source: Source = "fake",
        control: bool = False,
        **recording: Unpack[Recording],
    ) -> None:
        if not isinstance(strict, bool):
            raise TypeError(f"strict={strict!r}: expected True or False")
        vendors = vendors_of(revision)
        check_hosts(hosts or {}, [vendor.name for vendor in vendors])
        self._engine = Engine(vendors, hosts, self._told(vendors), sdk_environment.warn_of_server(vendors))
        for service in self._engine.services.values():
            service.state.tools = ToolArguments()
        forks.shared(self._engine.lock, forks.ANSWERS)
        self._keys = sdk_environment.Keys([vendor.settings for vendor in vendors])
        self._hiding = Hiding(self._engine, self._keys)
        self._tape = tape_of(source, recording)
        self._layer: layers.Layer | None = None
        self._doors: Doors | None = None
        self._asgi: App | None = None
        self._wants_control = checks.flag("control", control)
        self._control: Control | None = None
        self._control_key = ""
        self._known_keys: tuple[str, ...] = ()
        self._like: dict[str, Any] = {"revision": revision, "hosts": hosts, "strict": strict}
        self._watchers: list[Watcher] = []
        self._strict = strict
        self._name = name
        self._opened = False
        self._session: Session | None = None
        self._failure: BaseException | None = None
        self.unplayed = ""
        self._excused = False
        self.spell: Callable[[str], str] = "mock.{}".format  # from a vendor's name, how the test calls the vendor's handle
        self._watch: Watch | None = None
        services = self._engine.services.items()
        self._handles = {vendor: Handle(self._engine, service, self._hiding.secrets, self._tape) for vendor, service in services}
        if contract is None and self._tape is not None:
            self.contract.start("fail", lenient=True)  # nobody has asked: a recording is lost only for what is surely wrong
        elif contract not in (None, "off"):
            self.contract.start(contract)

    def __repr__(self) -> str:
        state = "" if self._opened else "not opened, "
        return f"<{type(self).__name__}: {state}{self.model_studio!r}, {self.appbuilder!r}>"

    if not TYPE_CHECKING:  # or every name would pass the type checker

        def __getattr__(self, name: str) -> Any:
            if hasattr(type(self), name):
                return object.__getattribute__(self, name)  # a property that failed says why itself
            of_a_vendor = f"; a vendor has: mock.model_studio.{name}, mock.appbuilder.{name}" if hasattr(Handle, name) else ""
            raise absent(self, name, of_a_vendor)

    @property
    def model_studio(self) -> Handle:
        """Alibaba Cloud Model Studio."""
        return self._handles["model_studio"]

    @property
    def appbuilder(self) -> Handle:
        """Baidu AppBuilder."""
        return self._handles["appbuilder"]

    @property
    def contract(self) -> Watch:
        """What the contract says of the exchanges so far: nothing, while its mode is "off"."""
        if self._watch is None:
            from pytest_assistant_mock.contract.watch import Watch

            self._watch = Watch(self._engine.journal, self._hiding.keys)
        return self._watch

    @property
    def drift(self) -> Mapping[Field, int]:
        """Fields the contract does not know, and how often they came: vendor, operation, side, field -> times."""
        return self._watch.drift if self._watch else {}

    @property
    def unchecked(self) -> Mapping[UncheckedCall, int]:
        """Calls the contract does not know, and so does not judge, and how often they were made: vendor, call -> times."""
        return self._watch.unchecked if self._watch else {}

    @property
    def clock(self) -> Clock:
        """The mock's own time, in ms; it moves 1 ms a stored message."""
        return self._engine.clock

    @property
    def asgi(self) -> App:
        """Both vendors as one ASGI app, for any server to run; from then on only the last 1,000 exchanges are held."""
        if self._asgi is None:
            from pytest_assistant_mock._serving.asgi import App

            engine = self._engine
            engine.journal.keep(SERVED_EXCHANGES)
            mounts = dict(mount for service in engine.services.values() for mount in mounts_of(service.vendor))
            self._control = self._new_control()
            answerer = engine if self._control is None or self._control.off else self._control.worlds
            self._asgi = App(answerer, mounts, lambda request: answerer.refuse(request, "too_large"), self._control)
        return self._asgi

    def _new_control(self) -> Control | None:
        if not self._wants_control:
            return None
        from pytest_assistant_mock._serving.control.front import Control

        return Control(self, self._control_key)

    def _for_session(self, name: str, keys: Sequence[str] = ()) -> AssistantMock:
        """
        A mock like this one, empty, that answers a session of the control API. It is never opened.

        keys: more keys that it knows, if this one knows some only.
        """
        made = _Session(**self._like, contract=self._watch.mode if self._watch else "off")
        made._name = f"{self._name or 'the server'}, session {name!r}"
        made.spell = self.spell
        for vendor, handle in self._handles.items():
            made._handles[vendor]._base_url, made._handles[vendor]._api_key = handle._base_url, handle._api_key
        made._also_know(self._known_keys, keys)
        made._engine.journal.keep(SERVED_EXCHANGES)
        made._engine.journal.watchers.append(self._hear)
        return made

    def _hear(self, exchange: Exchange) -> None:
        for watch in self._watchers:
            watch(exchange)

    def _also_know(self, known: Sequence[str], more: Sequence[str]) -> None:
        self._known_keys = (*known, *more) if known else ()
        self._know_keys()

    def _know_keys(self) -> None:
        if self._known_keys and self._tape is None:
            for handle in self._handles.values():
                handle.keys(self._known_keys)

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
        check_snapshot(snapshot, self._engine)
        with self._engine.lock:
            snapshot.put_back()

    def reset(self) -> None:
        """Make everything as it was when the mock was made: empty, the first id next; a server's keys are kept."""
        with self._engine.lock:
            self._engine.clear()
            self._know_keys()

    def __enter__(self) -> Self:
        """Open it. Raises RuntimeError if it has been opened before."""
        if self._opened:
            raise RuntimeError(
                "this AssistantMock has been opened before, and remembers what was stored then;"
                " make one for each test: with AssistantMock() as mock"
            )
        self._opened = True
        self._layer = self._new_layer()
        layers.enter(self._layer)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """
        Close it. Unless an exception is on its way already, raises what was raised while a piece of a streamed reply was made;
        then, if `strict` is on, a BlockedHost that was swallowed, and UnansweredRequest; UnusedFault, UnusedScript, and
        ContractViolation if `contract` is "fail".
        """
        __tracebackhide__ = True
        if self._layer is not None:
            layers.leave(self._layer)
        for mock in self._all():
            mock._engine.end_streams()
        swallowed = self._swallowed() if error is None else None
        error = error or swallowed
        missed = self._session is not None and bool(self._session.answerer.misses)  # the session tells, and no vendor said it
        for mock in self._all():
            mock._excused = self._excused
            if error is None and self._session is None:
                mock._complain()
            if mock._watch is not None:
                mock._watch.finish(quiet=error is not None or missed)  # first: what breaks the contract is not recorded
        if self._session is not None:
            passed = error is None and not self._excused
            self.unplayed = self._session.finish(passed, error or self._failure, on_its_way=error is not None)
        if swallowed is not None:
            raise swallowed

    def _swallowed(self) -> BaseException | None:
        """Caught by the code under test: raised while a piece of a reply was made, or (if `strict` is on) to stop a client."""
        if self._excused:
            return None
        blocked = self._doors.blocked if self._doors and self._strict else ()
        if blocked:
            count = f"{len(blocked)} calls" if len(blocked) > 1 else "a call"
            blocked[0].add_note(f"  raised at {count} before, and swallowed by the code under test")
        return next(iter([*self._engine.journal.raised, *blocked]), None)

    def _told(self, vendors: Sequence[Vendor]) -> Callable[[], ToldURLs]:
        """A function that says which base URLs are in force besides the vendors' own."""
        return sdk_environment.told(tuple(vendors))

    def _new_layer(self) -> layers.Layer:
        sdk_environment.tidy()  # or a fake key that came back passes for a real one
        self._session = session(self._engine, self._tape) if self._tape is not None else None
        doors = self._doors = Doors(self._session.answerer if self._session else self._engine)
        if self._tape is not None:
            self._hiding.note()
        if self._session and not self._session.replays:
            return layers.Layer(on=(doors.open,), off=(doors.close,))  # with the real keys
        return layers.Layer(on=(self._keys.put, doors.open), off=(doors.close, self._keys.take_back))

    def watch(self, watcher: Watcher) -> None:
        """Tell a function every exchange of both vendors from now on, those of sessions too, in the order they end."""
        self._watchers.append(watcher)
        self._engine.journal.watchers.append(watcher)

    def traffic(self, exchanges: Sequence[Exchange]) -> str:
        """Exchanges for people: a line each, the last ones in full, secrets hidden."""
        from pytest_assistant_mock._traffic.report import report

        return report(exchanges, self._engine.sent, self._hiding.secrets(exchanges))

    def excuse(self, failure: BaseException | None = None) -> None:
        """
        Let the mock close without a word about faults and answers nobody used, and save nothing: the test has failed for
        another reason, `failure`.
        """
        self._excused = True
        self._failure = failure

    def _all(self) -> tuple[AssistantMock, ...]:
        """This mock, and those of its sessions."""
        return (self,) if self._control is None else (self, *self._control.worlds.mocks())

    def _complain(self) -> None:
        __tracebackhide__ = True
        for problem in self._complaints(self._strict, wasted=not self._excused):
            raise problem

    def _complaints(self, strict: bool = True, wasted: bool = True) -> Iterator[AssertionError]:
        """What a test would fail with just now: what no route answers, if `strict`; what was never used, if `wasted`."""
        services = self._engine.services.items()
        found = [
            unanswered(
                service.vendor,
                exchanges,
                self._path_named,
                replies=service.trouble.replies if service.trouble else (),
                handle=self.spell(vendor),
                test=self._name,
            )
            for vendor, service in services
            if strict and (exchanges := self._engine.journal.unanswered(vendor))
        ]
        if found:
            yield UnansweredRequest(self._hidden(found))
        found = [
            unused(service.vendor, left, self._engine.journal.of(vendor), self._name)
            for vendor, service in services
            if wasted and service.trouble and (left := service.trouble.wasted())
        ]
        if found:
            yield UnusedFault(self._hidden(found))
        found = [
            unused_scripts(self.spell(vendor), scripts, service.state, self._name)
            for vendor, service in services
            if wasted and (scripts := [script for script in service.state.scripts if script.wasted])
        ]
        if found:
            yield UnusedScript(self._hidden(found))

    def _hidden(self, found: Sequence[str]) -> str:
        exchanges = [exchange for vendor in self._engine.services for exchange in self._engine.journal.of(vendor)]
        return self._hiding.secrets(exchanges).text("\n".join(found))

    def _path_named(self, url: str) -> str:
        place = self._engine.place(url)
        return path_named(url, place and place.path)


class _Session(AssistantMock):
    """The mock of a session: its clients come by the server's address, so what an SDK in this process is told is not asked."""

    def _told(self, vendors: Sequence[Vendor]) -> Callable[[], ToldURLs]:
        return tuple
