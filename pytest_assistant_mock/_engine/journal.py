"""
What was asked and answered in one mock, whoever answered: the fake, a cassette or the real service.

Keeps exchanges and tells who watches; judges nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from pytest_assistant_mock._engine.wire import Exchange

Watcher: TypeAlias = Callable[[Exchange], None]


class Journal:
    """
    Exchanges by vendor, oldest first. Watchers see each one as it is written.
    """

    def __init__(self, vendors: Iterable[str]) -> None:
        self._exchanges: dict[str, list[Exchange]] = {vendor: [] for vendor in vendors}
        self.watchers: list[Watcher] = []

    def write(self, exchange: Exchange) -> None:
        """
        Keep an exchange.
        """
        self._exchanges[exchange.vendor].append(exchange)
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
        return [exchange for exchange in self._exchanges[vendor] if exchange.operation is None]

    def save(self) -> Callable[[], None]:
        """
        A function that forgets what was written since.
        """
        kept = {vendor: list(exchanges) for vendor, exchanges in self._exchanges.items()}

        def put_back() -> None:
            self._exchanges = {vendor: list(exchanges) for vendor, exchanges in kept.items()}

        return put_back
