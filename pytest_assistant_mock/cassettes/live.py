"""
What was recorded, asked of the real service again: ids bound as answers come, the answers compared.

Knows requests and ids; who sends, and over which line, is the caller's business. Asks for no harm: nothing is changed or
deleted that this run did not make.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from urllib.parse import urljoin

from pytest_assistant_mock._engine.base_urls import BaseURL, Place
from pytest_assistant_mock._engine.engine import Engine
from pytest_assistant_mock._engine.secret_places import HIDDEN
from pytest_assistant_mock._engine.sse import is_event_stream
from pytest_assistant_mock._engine.vendor import Match, Vendor
from pytest_assistant_mock._engine.wire import Headers, Request, Response
from pytest_assistant_mock._vendors import REVISIONS
from pytest_assistant_mock.cassettes.answer_shapes import changes
from pytest_assistant_mock.cassettes.format import Cassette, Interaction
from pytest_assistant_mock.cassettes.matching import NOTHING, Places
from pytest_assistant_mock.cassettes.old_values import renamed, same_ids
from pytest_assistant_mock.cassettes.polling import ends_of_polling, waits
from pytest_assistant_mock.cassettes.symbols import Symbols, json_of

MOST_POLLS = 120
_MAKES, _READS = ("create_", "upload_"), ("retrieve_", "list_", "read_", "download_")
_OF_THE_LINE = ("host", "content-length", "connection", "accept-encoding", "transfer-encoding", "authorization", "cookie")


class NoKey(ValueError):
    """There is no key to ask the service with, or the service does not know it."""


class LiveRow(NamedTuple):
    """One recorded interaction: what the service has added, what breaks, or why it was not sent."""

    number: int
    vendor: str
    operation: str
    added: list[str]
    broken: list[str]
    skipped: str = ""


@dataclass(frozen=True)
class Line:
    """
    How the service is reached: `send` raises TimeoutError if no answer comes; `key` and `base_url` by vendor, "" for none told;
    `pause` between two polls.
    """

    send: Callable[[Request], Response]
    key: Callable[[Vendor], str]
    base_url: Callable[[Vendor], str]
    pause: Callable[[], None]


@dataclass
class _Known:
    """What the ids of the recording are called now, and which of them this run made."""

    symbols: Symbols
    names: dict[str, str] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)


def asked_again(cassette: Cassette, line: Line) -> Iterator[LiveRow]:
    """A row for each interaction that was answered, in order. Raises NoKey."""
    engine = Engine(REVISIONS["2025"])
    places = Places(engine.place, [service.vendor for service in engine.services.values()])
    keys, _ = places.keys(cassette.interactions, NOTHING)
    known, until = _Known(Symbols(cassette.interactions)), -1
    open_streams = _waiting_for_outputs(cassette, engine, places)
    for at, one in enumerate(cassette.interactions):
        place = places.of(one)
        if place is None or place.path is None or not isinstance(one.reply, Response) or at < until:
            continue
        vendor = engine.services[place.vendor].vendor
        match = vendor.router.find(one.request.method, place.path)
        if isinstance(match, Match) and waits(match.route, one.reply):
            until = ends_of_polling(at, cassette.interactions, keys, match.route)[at]
            if until > at:
                continue  # the one that ended the waiting is asked until it does
        yield _Asking(vendor, place, match if isinstance(match, Match) else None, line, known).row(
            at + 1, one, at in open_streams
        )


def _waiting_for_outputs(cassette: Cassette, engine: Engine, places: Places) -> set[int]:
    """Streams that stay open until the outputs of a tool come, in a call that was recorded after them."""
    found, latest = set[int](), -1
    for at, one in enumerate(cassette.interactions):
        place = places.of(one)
        vendor = engine.services[place.vendor].vendor if place is not None else None
        match = vendor.router.find(one.request.method, place.path) if vendor is not None and place is not None else None
        if vendor is None or not isinstance(match, Match) or not (vendor.streams and vendor.streams.stays_open):
            continue
        if match.route.operation == "create_run":
            latest = at if one.response is not None and is_event_stream(one.response.headers) else -1
        elif match.route.operation == "submit_tool_outputs" and latest >= 0:
            found.add(latest)
    return found


@dataclass(frozen=True)
class _Asking:
    """One request of the recording, to be sent."""

    vendor: Vendor
    place: Place
    match: Match | None
    line: Line
    known: _Known

    def row(self, number: int, one: Interaction, waits_for_outputs: bool) -> LiveRow:
        """Send it, unless there is a reason not to; what has changed."""
        assert isinstance(one.reply, Response)
        operation = self.match.route.operation if self.match else f"{one.request.method} {self.place.path}"
        now = self._bound(one)
        reason = "its stream waits for outputs that are sent while it is read" if waits_for_outputs else ""
        if reason := reason or self._reason_not_to(one, now):
            return LiveRow(number, self.vendor.name, operation, [], [], reason)
        try:
            answer = self._answer(now, one.reply)
        except TimeoutError:
            return LiveRow(number, self.vendor.name, operation, [], ["no answer came in time"])
        if answer.status == 401 != one.reply.status:
            raise NoKey(f"{self.vendor.name} does not know the key in {self.vendor.settings.key_variable} (it answered 401)")
        found = changes(one.reply, answer)
        self._learn(one, now, answer)
        endless = [f"still {answer.json()['status']} after {MOST_POLLS} polls"] if self._is_poll(one.reply, answer) else []
        return LiveRow(number, self.vendor.name, operation, found.added, [*found.broken, *endless])

    def _bound(self, one: Interaction) -> Request:
        """The request for today: today's ids, key and base URL."""
        path = f"{self.place.path}{'?' if self.place.query else ''}{self.place.query}"
        asked = replace(one.request, url=self._base_url(one) + path, headers=self._headers(one.request.headers, one))
        return renamed(replace(one, request=asked), self.known.names).request

    def _base_url(self, one: Interaction) -> str:
        """Where the environment says, else where it was recorded if that is the vendor's own: a key goes nowhere else."""
        if told := self.line.base_url(self.vendor):
            return told.rstrip("/")
        there = BaseURL.parse(self.vendor.name, urljoin(one.request.url, "/"))
        for base in (BaseURL.parse(self.vendor.name, url) for url in self.vendor.base_urls):
            if base.fits(there.scheme, there.host, there.port):
                return f"{there.scheme}://{there.host}{base.prefix}"
        return self.vendor.base_urls[0]

    def _headers(self, headers: Headers, one: Interaction) -> Headers:
        kept = tuple(pair for pair in headers if pair[0].lower() not in _OF_THE_LINE and HIDDEN not in pair[1])
        if isinstance(one.reply, Response) and one.reply.status == 401:
            return kept
        key = self.line.key(self.vendor)
        if not key:
            where = self.vendor.settings.key_variable
            raise NoKey(f"no key for {self.vendor.name}: set {where} in the environment; it is sent, and written nowhere")
        mine = {name.lower() for name, _ in headers} & {name.lower() for name in self.vendor.secret_headers}
        others = [name for name in self.vendor.secret_headers if name.lower() in mine]
        return (*kept, *((name, f"Bearer {key}") for name in ("Authorization", *others)))

    def _reason_not_to(self, one: Interaction, now: Request) -> str:
        if (
            isinstance(one.reply, Response)
            and one.reply.status == 401
            and any(HIDDEN in value for _, value in one.request.headers)
        ):
            return "it was refused for its key, which is not recorded"
        if HIDDEN in now.url or HIDDEN.encode() in now.body:
            return f"it holds {HIDDEN} in the place of a secret"
        unbound = [found for found in self.known.symbols.named_in(one.request) if found not in self.known.names]
        if unbound:
            return f"it names {self.known.symbols.names[unbound[0]]} ({unbound[0]}), which no answer has brought this time"
        strange = [one for one in self._changed(now) if one not in self.known.made]
        return f"it would change {strange[0]}, which this run did not make" if strange else ""

    def _changed(self, now: Request) -> list[str]:
        """What a request would change, by id: nothing if it only reads or makes."""
        operation = self.match.route.operation if self.match else ""
        if operation.startswith((*_MAKES, *_READS)) or (not operation and now.method in ("GET", "HEAD")):
            return []
        params = [self.known.names.get(one, one) for one in self.match.params.values()] if self.match else []
        value = json_of(now.body)
        pairs = value.items() if isinstance(value, dict) else ()
        named = [item for name, item in pairs if (name == "id" or name.endswith("_id")) and isinstance(item, str) and item]
        return [*params, *named] or ["something"]

    def _answer(self, now: Request, recorded: Response) -> Response:
        answer = self.line.send(now)
        for _ in range(MOST_POLLS - 1):
            if not self._is_poll(recorded, answer):
                break
            self.line.pause()
            answer = self.line.send(now)
        return answer

    def _is_poll(self, recorded: Response, answer: Response) -> bool:
        """Whether an answer says "not yet" where the recording was done."""
        return self.match is not None and waits(self.match.route, answer) and not waits(self.match.route, recorded)

    def _learn(self, one: Interaction, now: Request, answer: Response) -> None:
        """Bind the ids of an answer; they are this run's own if it asked for something to be made, or about its own."""
        assert isinstance(one.reply, Response)
        operation = self.match.route.operation if self.match else ""
        named = [self.known.names[found] for found in self.known.symbols.named_in(one.request)]
        mine = all(found in self.known.made for found in named) if named else operation.startswith(_MAKES)
        for before, today in same_ids(one.reply, answer):
            if before in self.known.symbols.names and before not in self.known.names:
                self.known.names[before] = today
                if mine:
                    self.known.made.add(today)
