"""
AssistantMock: one engine, its doors open, one handle per vendor.

Only joins the parts; knows neither pytest nor how any part works inside.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from posixpath import commonpath
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias
from urllib.parse import urlsplit

from pytest_assistant_mock._arranger import Arranger
from pytest_assistant_mock._arranging import complaint as unused
from pytest_assistant_mock._arranging import operations
from pytest_assistant_mock._engine.clock import Clock
from pytest_assistant_mock._engine.engine import Engine, Service
from pytest_assistant_mock._engine.provider import Provider
from pytest_assistant_mock._engine.store import Draft, Message, Thread
from pytest_assistant_mock._engine.wire import Refusal
from pytest_assistant_mock._seeding import ids, json_object, sendable, shown
from pytest_assistant_mock._snapshots import Snapshot, check
from pytest_assistant_mock._traffic.exchanges import Exchanges
from pytest_assistant_mock._unanswered import complaint
from pytest_assistant_mock.errors import UnansweredRequest, UnusedFault, nearest

if TYPE_CHECKING:
    from pytest_assistant_mock._doors.asgi import App
    from pytest_assistant_mock._doors.door import Doors
    from pytest_assistant_mock.contract.watch import Field, Mode, Watch

SERVED_EXCHANGES = 1000
"""How many exchanges a served mock holds of each vendor."""


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

    def __init__(self, engine: Engine, service: Service) -> None:
        super().__init__(engine, service)
        self._base_url = service.provider.base_urls[0]
        self._api_key = service.provider.settings.key

    def __repr__(self) -> str:
        return f"<{self._service.provider.name}: {len(self.threads())} threads, {len(self.exchanges)} exchanges>"

    @property
    def name(self) -> str:
        """
        "model_studio" or "appbuilder".
        """
        return self._service.provider.name

    @property
    def base_url(self) -> str:
        """
        The base URL to tell the vendor's SDK, without a slash at its end: its default, or where the mock is served.
        """
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
        return Exchanges(journal, self.name, operations(self._service.provider), self._engine.sent)

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
            self._check_free(id)
            return shown(self._service.store.create_thread(metadata=given, id=id))

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
            self._check_free(id)
            store = self._service.store
            if role == "assistant" and "run_id" not in origin:
                origin["run_id"] = store.new_id("run")
            if role == "assistant" and "assistant_id" not in origin:
                origin["assistant_id"] = store.format_id("assistant", 1)
            return shown(store.add(_id(thread), replace(draft, **origin), id=id))

    def threads(self) -> list[Thread]:
        """
        The threads that have not been deleted, oldest first.
        """
        with self._engine.lock:
            return [shown(thread) for thread in self._service.store.threads()]

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
            return [shown(message) for message in self._service.store.messages(_id(thread))]

    def _check_free(self, id: str | None) -> None:
        if id is not None and not isinstance(id, str):
            raise TypeError(f"id is {type(id).__name__}, expected str")
        if id == "" or (id is not None and self._service.store.has(id)):
            raise ValueError(f"id={id!r}: {self.name} has one of that id already" if id else "id='': expected an id, or None")

    def _find_thread(self, thread: Ref) -> Thread:
        try:
            return self._service.store.retrieve_thread(_id(thread))
        except Refusal:
            known = [one.id for one in self._service.store.threads()]
            listed = f"it has {', '.join(known[:5])}{', …' if len(known) > 5 else ''}" if known else "it has none yet"
            raise ValueError(
                f"{self.name} has no thread {_id(thread)!r}{nearest(_id(thread), known)}; {listed}; add_thread() makes one"
            ) from None


class AssistantMock:
    """
    Both vendors, played in memory while the context is open; every door is open, every SDK finds a fake key.

    revision: which recorded shape of Model Studio's messages to print, "2025" (the seed page) or "2026" (the newest).
    hosts: more base URLs, by vendor: {"model_studio": ["https://gw.corp/ai/api/v1"]}.
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
    ) -> None:
        from pytest_assistant_mock import _settings

        if not isinstance(strict, bool):
            raise TypeError(f"strict={strict!r}: expected True or False")
        providers = _providers(revision)
        _check_hosts(hosts or {}, [provider.name for provider in providers])
        self._engine = Engine(providers, hosts, _settings.told(providers))
        self._keys = _settings.Keys([provider.settings for provider in providers])
        self._doors: Doors | None = None
        self._asgi: App | None = None
        self._strict = strict
        self._name = name
        self._opened = False
        self._excused = False
        self._new = self.snapshot()
        self._watch: Watch | None = None
        self._handles = {vendor: Handle(self._engine, service) for vendor, service in self._engine.services.items()}
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

    @property
    def asgi(self) -> App:
        """
        Both vendors as one ASGI app, for any server to run; from then on only the last 1,000 exchanges are held.
        """
        if self._asgi is None:
            from pytest_assistant_mock._doors.asgi import App

            engine = self._engine
            engine.journal.keep(SERVED_EXCHANGES)
            mounts = dict(_mount(service.provider) for service in engine.services.values())
            self._asgi = App(engine, mounts, lambda request: engine.refuse(request, "too_large"))
        return self._asgi

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
        try:
            self._open()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """
        Close it. Unless an exception is on its way already, raises UnansweredRequest if `strict` is on, UnusedFault, and
        ContractViolation if `contract` is "fail".
        """
        __tracebackhide__ = True
        self._close()
        if error is None:
            self._complain()
        if self._watch is not None:
            self._watch.finish(quiet=error is not None)

    def excuse(self) -> None:
        """
        Let the mock close without a word about faults and own answers nobody used: the test has failed for another reason.
        """
        self._excused = True

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

    def _open(self) -> None:
        from pytest_assistant_mock._doors.door import Doors
        from pytest_assistant_mock._doors.table import installed

        self._keys.put()
        self._doors = Doors(self._engine, installed())
        self._doors.open()

    def _close(self) -> None:
        if self._doors is not None:
            self._doors.close()
        self._keys.take_back()


def _providers(revision: str) -> tuple[Provider, ...]:
    from pytest_assistant_mock._providers import REVISIONS

    if not isinstance(revision, str) or revision not in REVISIONS:
        raise ValueError(f"revision={revision!r}: expected one of {', '.join(map(repr, REVISIONS))}")
    return REVISIONS[revision]


def _mount(provider: Provider) -> tuple[str, str]:
    """
    Where a vendor's paths begin, and the origin they belong to: ("/api/v1/threads", "https://dashscope.aliyuncs.com").
    """
    base = urlsplit(provider.base_urls[0])
    common = commonpath([route.path for route in provider.routes])
    return f"{base.path}{common}", f"{base.scheme}://{base.netloc}"


def _check_hosts(hosts: Mapping[str, Sequence[str]], vendors: Sequence[str]) -> None:
    if not isinstance(hosts, Mapping):
        raise TypeError(f"hosts={hosts!r}: expected base URLs by vendor: {{'{vendors[0]}': ['https://gw.corp/ai/api/v1']}}")
    for vendor, urls in hosts.items():
        if vendor not in vendors:
            raise ValueError(f"hosts names {vendor!r}; the vendors are {', '.join(vendors)}{nearest(vendor, vendors)}")
        if isinstance(urls, str):
            raise TypeError(f"hosts[{vendor!r}] is a string; expected a list of base URLs: [{urls!r}]")
        if wrong := [url for url in urls if not isinstance(url, str)]:
            raise TypeError(f"hosts[{vendor!r}] has {wrong[0]!r}; expected base URLs like 'https://gw.corp/ai/api/v1'")
