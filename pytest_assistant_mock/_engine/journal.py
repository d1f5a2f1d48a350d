"""
What was asked and answered in one mock, whoever answered: the fake, a cassette or the real service.

Keeps exchanges and tells who watches; judges nothing.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import TypeAlias

from pytest_assistant_mock._engine.wire import Exchange

Watcher: TypeAlias = Callable[[Exchange], None]


class Kept:
    """
    One vendor's exchanges, those of them that no route was found for, and how often each operation was asked for.
    """

    def __init__(self, last: int | None) -> None:
        self.exchanges: deque[Exchange] = deque(maxlen=last)
        self.unanswered: deque[Exchange] = deque(maxlen=last)
        self.counts: Counter[str | None] = Counter()

    def copy(self, last: int | None) -> Kept:
        """
        The same, of which what comes later is not.
        """
        kept = Kept(last)
        kept.exchanges.extend(self.exchanges)
        kept.unanswered.extend(self.unanswered)
        kept.counts.update(self.counts)
        return kept


class Journal:
    """
    Exchanges by vendor, oldest first, all of them until `keep` is called. Watchers see each one as it is written.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}  # by vendor, from its first exchange on
        self._last: int | None = None
        self.watchers: list[Watcher] = []

    def keep(self, last: int) -> None:
        """
        From now on hold only the last so many exchanges of each vendor, and of those no route was found for; counts go on.
        """
        self._last = last
        self._kept = self._copy(self._kept)

    def clear(self) -> None:
        """
        Forget every exchange; who watches goes on watching.
        """
        self._kept = {}

    def write(self, exchange: Exchange) -> None:
        """
        Keep an exchange.
        """
        kept = self._kept.get(exchange.vendor)
        if kept is None:
            kept = self._kept[exchange.vendor] = Kept(self._last)
        kept.exchanges.append(exchange)
        kept.counts[exchange.operation] += 1
        if exchange.operation is None:
            kept.unanswered.append(exchange)
        for watch in self.watchers:
            watch(exchange)

    def of(self, vendor: str) -> list[Exchange]:
        """
        One vendor's exchanges so far.
        """
        return list(self._kept[vendor].exchanges) if vendor in self._kept else []

    def unanswered(self, vendor: str) -> list[Exchange]:
        """
        Those of them that no route was found for.
        """
        return list(self._kept[vendor].unanswered) if vendor in self._kept else []

    def counts(self, vendor: str) -> Counter[str | None]:
        """
        How often each operation was asked for; None counts the requests no route was found for.
        """
        return self._kept[vendor].counts.copy() if vendor in self._kept else Counter()

    def save(self) -> Callable[[], None]:
        """
        A function that forgets what was written since.
        """
        saved = self._copy(self._kept)

        def put_back() -> None:
            self._kept = self._copy(saved)

        return put_back

    def _copy(self, kept: dict[str, Kept]) -> dict[str, Kept]:
        return {vendor: one.copy(self._last) for vendor, one in kept.items()}
