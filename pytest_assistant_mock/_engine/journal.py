"""
What was asked and answered in one mock, whoever answered: the fake, a cassette or the real service.

Keeps exchanges and tells who watches; judges nothing.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import TypeAlias

from pytest_assistant_mock._engine.wire import Exchange

Watcher: TypeAlias = Callable[[Exchange], None]


class Journal:
    """
    Exchanges by vendor, oldest first, all of them until `keep` is called. Watchers see each one as it is written.
    """

    def __init__(self, vendors: Iterable[str]) -> None:
        self._exchanges: dict[str, deque[Exchange]] = {vendor: deque() for vendor in vendors}
        self._unanswered: dict[str, deque[Exchange]] = {vendor: deque() for vendor in self._exchanges}
        self._counts: dict[str, Counter[str | None]] = {vendor: Counter() for vendor in self._exchanges}
        self.watchers: list[Watcher] = []

    def keep(self, last: int) -> None:
        """
        From now on hold only the last so many exchanges of each vendor, and of those no route was found for; counts go on.
        """
        for kept in (self._exchanges, self._unanswered):
            for vendor, exchanges in kept.items():
                kept[vendor] = deque(exchanges, last)

    def write(self, exchange: Exchange) -> None:
        """
        Keep an exchange.
        """
        self._exchanges[exchange.vendor].append(exchange)
        self._counts[exchange.vendor][exchange.operation] += 1
        if exchange.operation is None:
            self._unanswered[exchange.vendor].append(exchange)
        for watch in self.watchers:
            watch(exchange)

    def of(self, vendor: str) -> list[Exchange]:
        """
        One vendor's exchanges so far.
        """
        return list(self._exchanges[vendor])

    def unanswered(self, vendor: str) -> list[Exchange]:
        """
        Those of them that no route was found for.
        """
        return list(self._unanswered[vendor])

    def counts(self, vendor: str) -> Counter[str | None]:
        """
        How often each operation was asked for; None counts the requests no route was found for.
        """
        return self._counts[vendor].copy()

    def save(self) -> Callable[[], None]:
        """
        A function that forgets what was written since.
        """

        def copy(deques: dict[str, deque[Exchange]]) -> dict[str, deque[Exchange]]:
            return {vendor: exchanges.copy() for vendor, exchanges in deques.items()}

        exchanges, unanswered = copy(self._exchanges), copy(self._unanswered)
        counts = {vendor: counted.copy() for vendor, counted in self._counts.items()}

        def put_back() -> None:
            self._exchanges, self._unanswered = copy(exchanges), copy(unanswered)
            self._counts = {vendor: counted.copy() for vendor, counted in counts.items()}

        return put_back
