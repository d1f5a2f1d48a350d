"""
One function in the middle: `Engine.handle` turns a request into the vendor's reply and writes both into the journal.

Knows no HTTP library and no vendor by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from threading import RLock
from typing import Any
from urllib.parse import parse_qsl

from pytest_assistant_mock._engine.base_urls import Bases, Place, ToldURLs
from pytest_assistant_mock._engine.clock import EPOCH_MS, Clock, Numbers
from pytest_assistant_mock._engine.journal import Journal
from pytest_assistant_mock._engine.kinds import KINDS
from pytest_assistant_mock._engine.plans import strike
from pytest_assistant_mock._engine.replies import find, path_named, path_params
from pytest_assistant_mock._engine.run_stream import RunStream, Streamed
from pytest_assistant_mock._engine.state import State
from pytest_assistant_mock._engine.trouble import Trouble
from pytest_assistant_mock._engine.vendor import Download, Match, Vendor
from pytest_assistant_mock._engine.wire import Exchange, Refusal, Reply, Request, Response, head_of

__tracebackhide__ = True  # a failing test shows its own line


@dataclass(slots=True)
class Service:
    """One vendor at work: the vendor's tables, a state of its own, and what the test has set up besides, if anything."""

    vendor: Vendor
    state: State
    numbers: Numbers = field(default_factory=Numbers)
    trouble: Trouble | None = None
    outputs_within: float = 2.0  # real seconds that an open stream waits for outputs


class Engine:
    """The vendors at work in one mock. Safe to call from many threads: one request is answered at a time."""

    def __init__(
        self,
        vendors: Sequence[Vendor],
        hosts: Mapping[str, Sequence[str]] | None = None,
        told: Callable[[], ToldURLs] = lambda: (),
        left_alone: Callable[[str], None] = lambda origin: None,
    ) -> None:
        self.lock = RLock()
        self.journal = Journal(self.lock)
        self.clock = Clock(lock=self.lock)
        self.services = {
            vendor.name: Service(vendor, State(self.clock, vendor.format_id, KINDS, vendor.name, vendor.habits))
            for vendor in vendors
        }
        own, owned = _known(tuple(vendors))
        added = tuple((vendor, url) for vendor, urls in hosts.items() for url in urls) if hosts else ()
        self._bases = Bases(own + added, owned, told, left_alone)
        self._latest: tuple[str, Place | None] = ("", None)

    def place(self, url: str) -> Place | None:
        """Whose a URL is, and where it points; None if nobody's that we play."""
        return self._bases.look_again(url)

    def plays(self, url: str) -> bool:
        """Whether a request to this URL is ours to answer."""
        place = self._bases.find(url)
        self._latest = (url, place)
        return place is not None

    def knows(self, origin: str) -> bool:
        """Whether some requests to this origin ("https://host:port") are ours to answer."""
        return self._bases.knows(origin)

    def guards(self, host: str) -> bool:
        """Whether a host is wholly a vendor's, so that nothing may connect to it."""
        return self._bases.owner(host) is not None

    def handle(self, request: Request) -> Reply | None:
        """Answer one request, or None if it is for nobody we play."""
        place = self.whose(request)
        if place is None:
            return None
        with self.lock:
            service = self.services[place.vendor]
            if service.state.streams:
                service.state.settle()
            return self._answer(service, place, request)

    def whose(self, request: Request) -> Place | None:
        """Where a request points, None if to nobody we play. What is told is asked only where no route is found without."""
        url, place = self._latest  # what `plays` has just found, in most calls
        if url != request.url:
            place = self._bases.find(request.url)
        if place is None or isinstance(self.services[place.vendor].vendor.router.find(request.method, place.path), Match):
            return place
        return self.place(request.url)

    def refuse(self, request: Request, kind: str) -> Response:
        """
        Say no to a request whose URL is a vendor's, before anything else is looked at; the journal keeps it like any other.

        Raises KeyError for a kind that is not in the vendor's table of errors.
        """
        place = self.place(request.url)
        if place is None:
            raise ValueError(f"{request.url}: the URL of no vendor")
        with self.lock:
            service = self.services[place.vendor]
            reply = service.vendor.refuse(Refusal(kind), service.vendor.request_id(request, service.numbers))
            match = service.vendor.router.find(request.method, place.path)
            operation = match.route.operation if isinstance(match, Match) else None
            self.journal.write(Exchange(place.vendor, operation, request, reply))
            return reply

    def _answer(self, service: Service, place: Place, request: Request) -> Reply:
        vendor = service.vendor.for_request(request)
        request_id = vendor.request_id(request, service.numbers)
        match = vendor.router.find(request.method, place.path)
        if request.method == "HEAD" and isinstance(as_get := vendor.router.find("GET", place.path), Match):
            match = as_get
        operation = match.route.operation if isinstance(match, Match) else None
        faults: tuple[str, ...] = ()
        reply: Reply
        if service.trouble is None:
            try:
                reply = self._ask(service, match, place, request, request_id)
            except Refusal as refusal:
                reply = vendor.refuse(refusal, request_id)
        else:
            operation, reply, faults = self._ask_in_trouble(service.trouble, service, match, place, request, request_id)
        if request.method == "HEAD" and isinstance(reply, Response):
            reply = head_of(reply)
        return self.journal.write(Exchange(vendor.name, operation, request, reply, faults))

    def _ask(self, service: Service, match: Match | Refusal, place: Place, request: Request, request_id: str) -> Response:
        if not service.vendor.key_of(request):
            raise Refusal("no_key")
        if isinstance(match, Refusal):
            raise match
        if match.route.switch and (service.trouble is None or match.route.operation not in service.trouble.allowed):
            raise Refusal("unknown_path")
        return self._perform(service, match, place, request, request_id)

    def _ask_in_trouble(
        self, trouble: Trouble, service: Service, match: Match | Refusal, place: Place, request: Request, request_id: str
    ) -> tuple[str | None, Reply, tuple[str, ...]]:
        """The operation, the reply and the faults that struck, where the test has set up faults, quotas, keys or answers."""
        vendor, state = service.vendor, service.state
        operation = match.route.operation if isinstance(match, Match) else None
        params = match.params if isinstance(match, Match) else {}
        chosen = find(trouble.replies, operation, params, request, place.path)
        if chosen is not None:
            operation = chosen.own.operation

        def act() -> Reply:
            try:
                if key := vendor.key_of(request):
                    workspace = request.header(vendor.workspace_header) or ""
                    state.owner = trouble.admit(operation, key, workspace, self.clock.now_ms)
                    if chosen is not None:
                        return chosen.own.reply(
                            request, chosen.params, lambda status, body: vendor.respond(status, body, request_id)
                        )
                return self._ask(service, match, place, request, request_id)
            except Refusal as refusal:
                return vendor.refuse(refusal, request_id)
            finally:
                state.owner = ""

        def refuse(kind: str, /, *, streamed: bool = False) -> Response:
            return (vendor.end_stream if streamed else vendor.refuse)(Refusal(kind), request_id)

        return operation, *strike(trouble.plans, operation, request, refuse, act, self.clock)

    def sent(self, exchange: Exchange) -> dict[str, Any]:
        """The fields of a request: in its JSON body, its query, its path."""
        request, fields = exchange.request, dict[str, Any]()
        try:
            body = request.json()
        except (ValueError, RecursionError):
            body = None
        if isinstance(body, dict):
            fields |= body
        place = self.place(request.url)
        if place is not None:
            fields |= dict(parse_qsl(place.query, keep_blank_values=True))
            match = self.services[place.vendor].vendor.router.find(request.method, place.path)
            fields |= match.params if isinstance(match, Match) else {}
            if " " in (exchange.operation or ""):  # a route of the test's own
                fields |= path_params(exchange.operation or "", path_named(request.url, place.path)) or {}
        return fields

    def end_streams(self) -> None:
        """Let the runs go on whose readers have gone, and break off the streams that are still open."""
        with self.lock:
            for service in self.services.values():
                service.state.settle()
            self.journal.cut()  # first: whoever is open now is left by its client, not broken by the vendor
            for service in self.services.values():
                service.state.cut_streams()

    def clear(self) -> None:
        """Make everything as it was at the beginning."""
        self.clock.restore((EPOCH_MS, 1))
        self.journal.clear()
        for service in self.services.values():
            service.state.clear()
            service.numbers.restore({})
            service.trouble = None

    def save(self) -> Callable[[], None]:
        """A function that puts everything back as it is now: stores, numbers, journal, clock, and what the test has set up."""
        clock, journal = self.clock.state(), self.journal.save()
        services = [
            (service, service.state.save(), service.numbers.state(), service.trouble and service.trouble.save())
            for service in self.services.values()
        ]

        def put_back() -> None:
            self.clock.restore(clock)
            journal()
            for service, state, numbers, trouble in services:
                state()
                service.numbers.restore(numbers)
                service.trouble = trouble and trouble()

        return put_back

    def _perform(self, service: Service, match: Match, place: Place, request: Request, request_id: str) -> Response:
        route = match.route
        try:
            arguments = route.asks.read(match.params, place.query, request.body)
        except Refusal as refusal:
            if refusal.kind != "bad_json":
                service.state.look_up(match.params)  # what does not exist outranks what is wrong with the question
            raise
        result = route.act(service.state, **arguments)
        if isinstance(result, Streamed):
            return self._streamed(service, result, request_id)
        if isinstance(result, Download):
            return _download(service.vendor, result, request_id)
        return service.vendor.respond(200, route.answers.write(result, request_id), request_id)

    def _streamed(self, service: Service, streamed: Streamed, request_id: str) -> Response:
        streams = service.vendor.streams
        assert streams is not None, f"{service.vendor.name} has no streams"
        headers = (
            ("Content-Type", streams.content_type),
            ("Transfer-Encoding", "chunked"),
            (service.vendor.request_id_header, request_id),
        )
        return Response(
            200, headers, pieces=RunStream(service.state, streamed, streams, request_id, self.lock, service.outputs_within)
        )


@lru_cache(maxsize=8)  # the same for every mock
def _known(vendors: tuple[Vendor, ...]) -> tuple[ToldURLs, ToldURLs]:
    """The vendors' own base URLs, and the hosts that are wholly theirs."""
    own = tuple((vendor.name, url) for vendor in vendors for url in vendor.base_urls)
    return own, tuple((vendor.name, host) for vendor in vendors for host in vendor.hosts)


def _download(vendor: Vendor, download: Download, request_id: str) -> Response:
    length = ("Content-Length", str(len(download.content)))
    return Response(200, (*download.headers, length, (vendor.request_id_header, request_id)), download.content)


def _state(clock: Clock, vendor: Vendor) -> State:
    return State(clock, vendor.format_id, KINDS, vendor.name, vendor.habits)
