"""
What was asked and answered in one mock, whoever answered: the fake, a cassette or the real service.

Keeps exchanges and tells who watches; judges nothing. An exchange stands here from the head of its reply; who watches hears
of it when the reply has ended.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from threading import RLock
from typing import TypeAlias

from pytest_assistant_mock._engine.stream_faults import Cut, layers
from pytest_assistant_mock._engine.streams import Sending, opened
from pytest_assistant_mock._engine.wire import Exchange, Failure, Reply, Response

Watcher: TypeAlias = Callable[[Exchange], None]


class Kept:
    """One vendor's exchanges, those of them that no route was found for, and how often each operation was asked for."""

    def __init__(self, last: int | None) -> None:
        self.exchanges: deque[Exchange] = deque(maxlen=last)
        self.numbers: deque[int] = deque(maxlen=last)  # of the exchanges, among those of all vendors
        self.unanswered: deque[Exchange] = deque(maxlen=last)
        self.counts: Counter[str | None] = Counter()

    def copy(self, last: int | None) -> Kept:
        """The same, of which what comes later is not."""
        kept = Kept(last)
        kept.exchanges.extend(self.exchanges)
        kept.numbers.extend(self.numbers)
        kept.unanswered.extend(self.unanswered)
        kept.counts.update(self.counts)
        return kept


class Journal:
    """
    Exchanges by vendor, oldest first, all of them until `keep` is called. Watchers see each one once, when it has ended.

    lock: held while a piece of a reply is made, and while a watcher is told of a reply that came in pieces.
    """

    def __init__(self, lock: RLock | None = None) -> None:
        self._lock = lock or RLock()
        self._open: dict[Sending, Exchange] = {}  # replies that are still being read
        self._kept: dict[str, Kept] = {}  # by vendor, from its first exchange on
        self._last: int | None = None
        self.last_number = 0
        """The newest exchange's. Numbers count all vendors' exchanges, and go on whatever is forgotten."""
        self.watchers: list[Watcher] = []
        self.raised: list[BaseException] = []
        """What was raised while a piece was made, which the code that read it may have swallowed."""

    def keep(self, last: int) -> None:
        """From now on hold only the last so many exchanges of each vendor, and of those no route was found for; counts go on."""
        self.settle()
        self._last = last
        self._kept = self._copy(self._kept)

    def clear(self) -> None:
        """Forget every exchange; who watches goes on watching. Replies that are still being read break off."""
        self.cut()
        self._kept = {}

    def forget(self) -> None:
        """Forget every exchange; replies that are still being read go on."""
        self._kept = {}

    def write(self, exchange: Exchange) -> Reply:
        """Keep an exchange. The reply to send: the same, but a streamed one tells us how far it is read."""
        if self._open:
            self.settle()
        pieces = _in_pieces(exchange.reply)
        if pieces is None:
            self._keep(exchange)
            self._tell(exchange)
            return exchange.reply
        sending = Sending(opened(pieces.pieces or ()), self._lock, self._hear)
        exchange = replace(exchange, reply=replace(pieces, pieces=sending))
        self._keep(exchange)
        self._open[sending] = exchange
        self.settle()
        return exchange.reply

    def _keep(self, exchange: Exchange) -> None:
        kept = self._kept.get(exchange.vendor)
        if kept is None:
            kept = self._kept[exchange.vendor] = Kept(self._last)
        self.last_number += 1
        kept.exchanges.append(exchange)
        kept.numbers.append(self.last_number)
        kept.counts[exchange.operation] += 1
        if exchange.operation is None:
            kept.unanswered.append(exchange)

    def _tell(self, exchange: Exchange) -> None:
        for watch in self.watchers:
            watch(exchange)

    def _hear(self, error: BaseException | None) -> None:
        if error is not None:
            self.raised.append(error)
        self.settle()

    def settle(self) -> None:
        """Tell of the streamed replies that have ended, in the order they were asked for."""
        if not self._open:
            return
        with self._lock:
            for sending in [one for one in self._open if one.ended]:
                exchange = self._open.pop(sending)
                settled = _settled(exchange, sending)
                if settled is not exchange:
                    self._put(exchange, settled)
                self._tell(settled)

    def cut(self) -> None:
        """Break off every streamed reply that is still being read, and tell of it."""
        with self._lock:
            for sending in self._open:
                sending.cut()
        self.settle()

    def _put(self, exchange: Exchange, settled: Exchange) -> None:
        kept = self._kept.get(exchange.vendor)
        for exchanges in (kept.exchanges, kept.unanswered) if kept is not None else ():
            for at, one in enumerate(exchanges):
                if one is exchange:
                    exchanges[at] = settled

    def of(self, vendor: str) -> list[Exchange]:
        """One vendor's exchanges so far."""
        self.settle()
        return list(self._kept[vendor].exchanges) if vendor in self._kept else []

    def numbered(self, vendor: str) -> list[tuple[int, Exchange]]:
        """The same, each with its number."""
        exchanges = self.of(vendor)
        return list(zip(self._kept[vendor].numbers, exchanges, strict=True)) if exchanges else []

    def number_of(self, exchange: Exchange) -> int | None:
        """The number of an exchange that is held, mostly one of the newest."""
        kept = self._kept.get(exchange.vendor)
        pairs = zip(reversed(kept.numbers), reversed(kept.exchanges), strict=True) if kept is not None else ()
        return next((number for number, held in pairs if held is exchange), None)

    def dropped(self, vendor: str) -> int:
        """How many of one vendor's exchanges are no longer held."""
        kept = self._kept.get(vendor)
        return kept.counts.total() - len(kept.exchanges) if kept is not None else 0

    def unanswered(self, vendor: str) -> list[Exchange]:
        """Those of them that no route was found for."""
        return list(self._kept[vendor].unanswered) if vendor in self._kept else []

    def counts(self, vendor: str) -> Counter[str | None]:
        """How often each operation was asked for; None counts the requests no route was found for."""
        return self._kept[vendor].counts.copy() if vendor in self._kept else Counter()

    def save(self) -> Callable[[], None]:
        """A function that forgets what was written since."""
        saved = self._copy(self._kept)

        def put_back() -> None:
            self.cut()
            self._kept = self._copy(saved)

        return put_back

    def _copy(self, kept: dict[str, Kept]) -> dict[str, Kept]:
        return {vendor: one.copy(self._last) for vendor, one in kept.items()}


def _in_pieces(reply: Reply) -> Response | None:
    """The response of a reply that comes in pieces, cut where the reply is; None for a reply that does not."""
    if isinstance(reply, Response):
        return None if reply.pieces is None else reply
    response = reply.response
    if response is None or response.pieces is None:
        return None
    cut = Cut(opened(response.pieces), reply.kind, reply.after_bytes)
    return replace(response, delay=reply.delay, pieces=cut)


def _settled(exchange: Exchange, sending: Sending) -> Exchange:
    """An exchange whose reply has ended: as a failure if it broke, and without the faults that did not strike."""
    response, faults = exchange.reply, list(exchange.faults)
    assert isinstance(response, Response)
    for spoilt in layers(sending.stream):
        if not spoilt.struck:
            spoilt.spared()
            if spoilt.name in faults:
                faults.remove(spoilt.name)
    if len(faults) < len(exchange.faults):
        exchange = replace(exchange, faults=tuple(faults))
    if not sending.left and (kept := getattr(sending.stream, "settled", None)) is not None:
        return replace(exchange, reply=kept)
    if sending.failure is not None and not sending.left:
        exchange = replace(exchange, reply=Failure(sending.failure, len(sending.taken), response))
    return exchange
