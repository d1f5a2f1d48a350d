"""
A recorder behind the doors: lets calls through to the real service, and keeps what came of them until the test has passed.

Knows interactions and the engine's tables; what may be recorded is the tape's business.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import TypeVar

from pytest_assistant_mock._engine import forks
from pytest_assistant_mock._engine.base_urls import Place
from pytest_assistant_mock._engine.engine import Engine
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._engine.wire import Failure, Headers, Reply, Request, Response, header
from pytest_assistant_mock._vendors.secrets import secrets_of
from pytest_assistant_mock.cassettes import storage
from pytest_assistant_mock.cassettes.ages import confirmed
from pytest_assistant_mock.cassettes.content_encoding import Unreadable, plain
from pytest_assistant_mock.cassettes.format import Cassette, Interaction, from_text, to_text
from pytest_assistant_mock.cassettes.heard import Heard, heard, sent
from pytest_assistant_mock.cassettes.in_flight import InFlight
from pytest_assistant_mock.cassettes.matching import Places, key
from pytest_assistant_mock.cassettes.misses import MissedRequest, refused
from pytest_assistant_mock.cassettes.old_values import renewed
from pytest_assistant_mock.cassettes.player import Player, write
from pytest_assistant_mock.cassettes.recorded_with import recorded_with
from pytest_assistant_mock.cassettes.redaction import literals, redacted
from pytest_assistant_mock.cassettes.redirects import Redirects
from pytest_assistant_mock.cassettes.symbols import Symbols
from pytest_assistant_mock.cassettes.usage import Tape
from pytest_assistant_mock.errors import CassetteError, CassetteMiss

__tracebackhide__ = True  # a failing test shows its own line

_Kind = TypeVar("_Kind")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Recorder:
    """
    Lets calls through and keeps them; with a `player`, only those it does not answer. Safe to call from many threads.

    before: what the file held when the test began; keys: the real keys, known before any request carries one.
    """

    def __init__(
        self,
        engine: Engine,
        tape: Tape,
        player: Player | None = None,
        *,
        before: Sequence[Interaction] = (),
        keys: Iterable[str] = (),
        now: Callable[[], str] = _now,
    ) -> None:
        self.tape = tape
        self.player = player
        self._heard: list[Heard] = []
        self.misses: list[CassetteMiss] = []
        self.late: list[Request] = []
        self._engine = engine
        self._before = Counter(before)
        self._keys = set(keys)
        self._now = now
        self._written: tuple[Cassette, Cassette] | None = None  # the file before this recording was written, and after
        self._lock = Lock()
        forks.shared(self._lock, forks.KEEPS)
        self._in_flight = InFlight()
        self._vendors = [service.vendor for service in engine.services.values()]
        self._places = Places(engine.place, self._vendors)
        self._redirects = player.redirects if player is not None else Redirects(engine.place)
        self._symbols = Symbols(player.interactions) if player is not None else None

    def plays(self, url: str) -> bool:
        """Whether a URL is a vendor's, or one where its answers sent the client."""
        return self._engine.plays(url) or self._redirects.place(url) is not None

    def knows(self, origin: str) -> bool:
        """Whether some URL of an origin is one of those."""
        return self._engine.knows(origin) or self._redirects.knows(origin)

    def guards(self, host: str) -> bool:
        """Nothing is guarded: the real service is meant."""
        return False

    def handle(self, request: Request) -> Reply | None:
        """
        None, so that the call goes through; or the recorded reply, if the player has one.

        Raises CassetteMiss for a new call that names an id of the cassette.
        """
        __tracebackhide__ = True
        place = self._place(request.url)
        if place is None:
            return None
        reply = self._replayed(request, place)
        if reply is None:
            self._in_flight.begin(request, recorded_with(request, self._vendors))
        return reply

    def _replayed(self, request: Request, place: Place) -> Reply | None:
        __tracebackhide__ = True
        if self.player is None or self._symbols is None:
            return None
        found = self.player.take(request, place)
        if found is not None:
            return write(self._engine, place, request, self.player.reply_of(found))
        if named := self._symbols.named_in(request):
            asked = MissedRequest.of(*self.player.hidden(request, place))
            secrets = self.player.secrets(request)
            self.misses.append(error := CassetteMiss(refused(self.tape, asked, named, self._symbols, secrets)))
            raise error
        return None

    def passed(self, request: Request, reply: Reply) -> Reply:
        """Keep what comes of a call that went through. The reply for the client: a body is kept as it is read."""
        made_with = self._in_flight.end(request)
        place = self._place(request.url)
        if place is None:
            return reply
        known = self._known(request, place, made_with)
        one = heard(known, reply)
        with self._lock:
            self._keys.update(literals(request.headers))
            self._heard.append(one)
            self._redirects.see(place.vendor, request.url, reply)
        if one.tee is None or isinstance(reply, Failure):
            write(self._engine, place, request, one.reply)
            return reply
        return write(self._engine, place, request, replace(reply, pieces=one.tee))

    def _known(self, request: Request, place: Place, made_with: str) -> Interaction:
        """What the file says of a call beside its reply."""
        base_url = request.url.partition("?")[0].removesuffix(place.path) if place.path else ""
        return Interaction(
            sent(request),
            _NOTHING,
            self._now(),
            self.tape.test if self.tape.shared else "",
            *(("", "") if base_url in self._public_bases(place.vendor) else (place.vendor, base_url)),
            recorded_with=made_with,
        )

    @property
    def recorded(self) -> list[Interaction]:
        """What went through, as far as it came by now, in the order it was answered."""
        return [one.interaction() for one in self._heard]

    def _place(self, url: str) -> Place | None:
        return self._engine.place(url) or self._redirects.place(url)

    def _public_bases(self, vendor: str) -> tuple[str, ...]:
        return ("", *self._engine.services[vendor].vendor.base_urls)

    @property
    def records(self) -> bool:
        """Whether there is a file to record into."""
        return self.tape.path is not None and self.tape.record != "none"

    def save(self) -> str:
        """
        Write the cassette, if something was recorded, as often as you like; what is said of calls that are not in it. Raises
        CassetteError.
        """
        if not self.records or self.tape.path is None:
            return ""
        self.late = self._in_flight.left()
        told = self._told(len(self.late), _waited(self.late, self._secrets(self.late))) if self.late else ""
        recorded = self.recorded
        if not recorded:
            return told
        if self.tape.source == "live" and self.tape.record == "once" and self.tape.path.exists() and not self.tape.begun:
            return self._told(len(recorded), _THERE)
        secrets = secrets_of(self._keys)
        for one in recorded:
            self._check_readable(one)
        new = [redacted(one, secrets) for one in recorded]
        written: list[Cassette] = []

        def change(now: Cassette) -> Cassette:
            before = self._without_ours(now)
            written[:] = before, self._changed(before, new)
            return written[1]

        storage.save(self.tape.path, change, secrets)
        self._written = written[0], written[1]
        return told

    def _without_ours(self, now: Cassette) -> Cassette:
        """The file as it would be if this recording had not been written yet; what somebody else has added since is in it."""
        if self._written is None:
            return now
        before, after = self._written
        ours = Counter(from_text(to_text(after)).interactions)  # as they are read again
        besides = [one for one in now.interactions if not _counted(ours, one)]
        return Cassette([*before.interactions, *besides], before.metadata)

    @property
    def lost(self) -> str:
        """What is said of a recording that is not kept; empty if there is none."""
        count = len(self._heard)
        return self._told(count, "a test must pass for it") if count and self.records else ""

    def _secrets(self, requests: Iterable[Request]) -> Secrets:
        return secrets_of(self._keys.union(*(literals(one.headers) for one in requests)))

    def _told(self, count: int, why: str) -> str:
        calls = f"{count} calls were" if count > 1 else "1 call was"
        return f"{calls} made and not recorded: {why}\n  cassette:  {self.tape.path}\n  mode:      {self.tape.mode}"

    def _check_readable(self, one: Interaction) -> None:
        asked, answer = one.request, one.response
        self._check_coding(one, "the body of", asked.headers, asked.body, "send it without compression")
        if answer is not None:
            arrived = answer.body if isinstance(one.reply, Response) else answer.body[: one.reply.after_bytes]
            accept = "let the client accept no compression (Accept-Encoding: identity)"
            self._check_coding(one, "the answer to", answer.headers, arrived, accept)

    def _check_coding(self, one: Interaction, what: str, headers: Headers, body: bytes, do: str) -> None:
        try:
            plain(headers, body)
        except Unreadable as problem:
            url = self._secrets([one.request]).url(one.request.url.partition("?")[0])
            raise CassetteError(
                f"{self.tape.path} is not written: {what} {one.request.method} {url} is compressed with"
                f" {header(headers, 'content-encoding')} and cannot be read here to look for secrets: {problem}\n"
                f"  do: {do}, or only with what can be read here"
            ) from None

    def _changed(self, now: Cassette, new: list[Interaction]) -> Cassette:
        """The cassette with what was recorded; what is the same again keeps its values, and the file says when that was seen."""
        if self.tape.record != "all" or self.tape.old_values != "keep":
            return Cassette(self._together(now.interactions, new), now.metadata)
        mine = [one for one in now.interactions if self._before[one] and one.recorded_by in ("", self.tape.test)]
        again = renewed(mine, new, self._key)
        together = self._together(now.interactions, [one.new for one in again])
        same = [one for one in again if one.unchanged]
        if not same or {id(one) for one in mine} & {id(one) for one in together}:
            return Cassette(together, now.metadata)
        dated = {id(one.new): replace(one.new, recorded_at=one.old.recorded_at) for one in same if one.old is not None}
        return Cassette([dated.get(id(one), one) for one in together], confirmed(now.metadata, self.tape, self._now()))

    def _key(self, one: Interaction) -> str | None:
        place = self._places.of(one)
        return place and key(one.request.method, place, one.request.url, one.request.body, self.tape.ignored)

    def _together(self, there: list[Interaction], new: list[Interaction]) -> list[Interaction]:
        """What is in the file now and what was recorded: nothing another test has added meanwhile is lost."""
        keys, new_keys = (self._places.keys(some, self.tape.ignored)[0] for some in (there, new))
        if self.tape.record == "all":
            fresh = set(new_keys)
            pairs = zip(there, keys, strict=True)
            stays = [not (self._before[one] and self._outdated(one, key, fresh)) for one, key in pairs]
            at = stays.index(False) if False in stays else len(there)  # a test's calls stay where they were in the file
            rest = [one for one, stay in zip(there[at:], stays[at:], strict=True) if stay]
            return [*there[:at], *new, *rest]
        if self.tape.source == "live" and self.tape.record == "new":
            known = Counter(keys)
            new = [one for one, key in zip(new, new_keys, strict=True) if not _counted(known, key)]
        return [*there, *new]

    def _outdated(self, one: Interaction, key: str | None, fresh: set[str | None]) -> bool:
        """
        Whether mode "all" removes an old interaction.

        It does if the interaction was recorded again. It also does if this test recorded it and no longer asks for it: the next
        replay would fail because of it.
        """
        test = self.tape.test
        if key in fresh:
            return one.recorded_by in ("", test)  # of a shared cassette, what other tests recorded stays theirs
        mine = one.recorded_by == test if self.tape.shared else True
        return bool(test and key) and mine and self.tape.unplayed == "fail"


_THERE = 'the cassette was there, and "once" records only where it is missing; "new" adds to it, "all" records it again'


def _waited(late: Sequence[Request], secrets: Secrets) -> str:
    """What to do about calls that came too late."""
    lines = [
        f"\n  {'call:' if not number else '':<9}  {one.method} {secrets.url(one.url)}" for number, one in enumerate(late[:5])
    ]
    waits = "join its thread, or await its task, before the mock closes"
    return f"no answer had come yet when the mock closed; {waits}{''.join(lines)}"


def _counted(known: Counter[_Kind], key: _Kind) -> bool:
    known[key] -= 1
    return known[key] >= 0


_NOTHING = Response(0)
