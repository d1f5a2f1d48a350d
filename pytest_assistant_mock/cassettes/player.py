"""
A cassette behind the doors: answers from the recording, and never lets a call through.

Knows interactions and the engine's tables; knows no store and no HTTP library.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock

from pytest_assistant_mock._engine import forks
from pytest_assistant_mock._engine.base_urls import Place
from pytest_assistant_mock._engine.engine import Engine
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._engine.vendor import Match
from pytest_assistant_mock._engine.wire import Exchange, Reply, Request
from pytest_assistant_mock._vendors.secrets import secrets_of
from pytest_assistant_mock.cassettes.format import Interaction
from pytest_assistant_mock.cassettes.matching import Index, Places, key
from pytest_assistant_mock.cassettes.misses import MissedRequest, miss, read_beyond, unplayed
from pytest_assistant_mock.cassettes.pieces import reply_of
from pytest_assistant_mock.cassettes.polling import ends_of_polling, waits
from pytest_assistant_mock.cassettes.redaction import literals, redacted_place, redacted_request
from pytest_assistant_mock.cassettes.usage import Tape
from pytest_assistant_mock.errors import CassetteMiss

__tracebackhide__ = True  # a failing test shows its own line


class Player:
    """
    Answers each request once for each time it was recorded, in the order recorded. Safe to call from many threads.

    keys: the real ones, if there are any: a request may hold one, and the file holds none.
    """

    def __init__(self, engine: Engine, tape: Tape, interactions: Sequence[Interaction], keys: Iterable[str] = ()) -> None:
        self.tape = tape
        self.misses: list[CassetteMiss] = []
        self.interactions = interactions
        self._engine = engine
        places = Places(engine.place, [service.vendor for service in engine.services.values()])
        self._keys, self.redirects = places.keys(interactions, tape.ignored)
        self._keys_known = frozenset(keys)
        self._ends: dict[int, int] = {}
        self._lock = Lock()
        forks.shared(self._lock, forks.KEEPS)
        self.rewind()

    def rewind(self) -> None:
        """Answer as if nothing had been asked yet."""
        self.misses.clear()
        tape = self.tape
        self._index = Index(self._keys, [tape.shared and one.recorded_by == tape.test for one in self.interactions])

    def plays(self, url: str) -> bool:
        """Whether a URL is a vendor's, or one where its answers sent the client."""
        return self._engine.plays(url) or self.redirects.place(url) is not None

    def knows(self, origin: str) -> bool:
        """Whether some URL of an origin is one of those."""
        return self._engine.knows(origin) or self.redirects.knows(origin)

    def guards(self, host: str) -> bool:
        """Whether a host is wholly a vendor's: nothing may connect to it."""
        return self._engine.guards(host)

    def handle(self, request: Request) -> Reply | None:
        """The recorded reply; None for a request to nobody we play. Raises CassetteMiss."""
        __tracebackhide__ = True
        place = self._engine.whose(request) or self.redirects.place(request.url)
        if place is None:
            return None
        found = self.take(request, place)
        if found is None:
            raise self.missed(request, place)
        return write(self._engine, place, request, self.reply_of(found))

    def reply_of(self, one: Interaction) -> Reply:
        """What is sent for an interaction: a stream in the pieces it came in, with their pauses if that is wanted."""

        def beyond() -> CassetteMiss:
            return CassetteMiss(read_beyond(self.tape, one, self.secrets(one.request)))

        return reply_of(one, beyond, paced=self.tape.pace == "recorded")

    def take(self, request: Request, place: Place) -> Interaction | None:
        """The interaction that answers a request, now played; None if there is none left."""
        asked = key(request.method, place, request.url, request.body, self.tape.ignored)
        with self._lock:
            at = self._index.take(asked, self.tape.reuse)
            if at is None and (hidden := self.hidden(request, place)[1]) != asked:  # the file holds it without its secrets
                at = self._index.take(hidden, self.tape.reuse)
            if at is not None and self.tape.polls == "skip":
                at = self._skipped(at, place, request.method)
        return None if at is None else self.interactions[at]

    def _skipped(self, at: int, place: Place, method: str) -> int:
        """The position to play in the place of one: nobody waits for a run that has ended long ago."""
        match = self._engine.services[place.vendor].vendor.router.find(method, place.path)
        if not isinstance(match, Match) or not match.route.settled or not waits(match.route, self.interactions[at].reply):
            return at
        if at not in self._ends:
            self._ends |= ends_of_polling(at, self.interactions, self._keys, match.route)
        last = self._ends[at]
        self._index.skip(self._keys[at] or "", at, last)
        return last

    def missed(self, request: Request, place: Place) -> CassetteMiss:
        """The error for a request without an answer; it is remembered."""
        asked = MissedRequest.of(*self.hidden(request, place))
        secrets = self.secrets(request)
        error = CassetteMiss(miss(self.tape, asked, self.interactions, self._keys, self._index.played, secrets))
        self.misses.append(error)
        return error

    def unplayed(self) -> str:
        """What was recorded for this test and not asked for, in words; empty if nothing."""
        mine = ("", self.tape.test)
        left = [
            at
            for at, one in enumerate(self.interactions)
            if not self._index.played[at] and self._keys[at] is not None and one.recorded_by in mine
        ]
        secrets = secrets_of(self._keys_known)
        return unplayed(self.tape, left, self.interactions, self._keys, secrets) if left else ""

    def secrets(self, request: Request) -> Secrets:
        """What hides the keys that are known, and those a request carries."""
        return secrets_of(self._keys_known.union(literals(request.headers)))

    def hidden(self, request: Request, place: Place) -> tuple[Request, str]:
        """A request without its secrets, and its key: as the file holds it."""
        secrets = self.secrets(request)
        clean = redacted_request(request, secrets)
        return clean, key(clean.method, redacted_place(place, secrets), clean.url, clean.body, self.tape.ignored)


def write(engine: Engine, place: Place, request: Request, reply: Reply) -> Reply:
    """
    Put an exchange into the journal, with its operation if there is a route; one at a time, as the engine itself does. The
    reply to send.
    """
    match = engine.services[place.vendor].vendor.router.find(request.method, place.path)
    operation = match.route.operation if isinstance(match, Match) else None
    with engine.lock:
        return engine.journal.write(Exchange(place.vendor, operation, request, reply))
