"""
The exchanges of a world as server-sent events, as they end; and which calls have changed what it holds.

A reader that sleeps loses the oldest, and is told how many; `since` gives it those that are still held.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pytest_assistant_mock._engine.wire import Exchange
from pytest_assistant_mock._serving.control import shown
from pytest_assistant_mock._serving.streaming import Receive, Send, WhileThere

if TYPE_CHECKING:
    from pytest_assistant_mock._serving.control.worlds import World

MOST_WAITING = 1000
"""How many events wait for one reader."""

_HEAD = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store")]
_QUIET_S = 15.0  # after which a comment is sent, so that nothing on the way takes the line for dead


class Listener:
    """One reader of a world's events."""

    def __init__(self, world: World, since: int | None) -> None:
        self.world = world
        self._since = since
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[str, Any]] = deque()
        self._lost = 0
        self._news = asyncio.Event()
        self._closed = False

    async def send(self, receive: Receive, send: Send) -> None:
        """Send events until the reader goes, or the world."""
        journal = self.world.mock._engine.journal
        with self.world.mock._engine.lock:
            before = shown.numbered(self.world.mock, self.world.mock._handles) if self._since is not None else []
            journal.watchers.append(self._hear)
        self._waiting.extend(("exchange", pair) for pair in before if pair[0] > (self._since or 0))
        self.world.listeners.append(self)
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEAD})
            await send({"type": "http.response.body", "body": b": listening\n\n", "more_body": True})
            async with WhileThere(receive) as client:
                await self._send_all(send)
            if not client.gone:
                await send({"type": "http.response.body", "body": b""})
        finally:
            journal.watchers.remove(self._hear)
            self.world.listeners.remove(self)

    async def _send_all(self, send: Send) -> None:
        while True:
            for text in self._texts():
                await send({"type": "http.response.body", "body": text.encode("utf-8", "replace"), "more_body": True})
                await asyncio.sleep(0)  # others have their turn, and a client that has gone is seen
            if self._closed and not self._waiting:
                return
            try:
                await asyncio.wait_for(self._news.wait(), _QUIET_S)
            except TimeoutError:
                await send({"type": "http.response.body", "body": b": still here\n\n", "more_body": True})
            self._news.clear()

    def _texts(self) -> Iterator[str]:
        while self._waiting:
            if self._lost:
                lost, self._lost = self._lost, 0
                yield _event("dropped", {"dropped": lost})
            kind, what = self._waiting.popleft()
            yield self._exchange(*what) if kind == "exchange" else _event(kind, what)

    def _exchange(self, number: int, one: Exchange) -> str:
        return _event("exchange", shown.exchange(number, one, self.world.mock._hiding.secrets([one])), number)

    def _hear(self, exchange: Exchange) -> None:
        number = self.world.mock._engine.journal.number_of(exchange)
        if number is not None:  # else it was forgotten while its reply was being read
            self.tell("exchange", (number, exchange))

    def tell(self, kind: str, what: Any) -> None:
        """Have an event sent. From any thread."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self._lost += 1
        self._waiting.append((kind, what))
        self._wake()

    def close(self) -> None:
        """No more comes. From any thread."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        with suppress(RuntimeError):  # the loop has closed meanwhile
            self._loop.call_soon_threadsafe(self._news.set)


def _event(kind: str, what: Any, number: int | None = None) -> str:
    id = "" if number is None else f"id: {number}\n"
    return f"event: {kind}\n{id}data: {json.dumps(what, ensure_ascii=False)}\n\n"
