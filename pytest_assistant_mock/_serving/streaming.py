"""
A reply in pieces, over ASGI: one message a piece, no more once the client is gone.

Knows nothing of what the pieces are. They are not compressed, for a compressor holds back what it is given.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from types import TracebackType
from typing import Any, Self, TypeAlias

from pytest_assistant_mock._doors.seam import in_thread
from pytest_assistant_mock._engine.streams import Reading

Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def pieces_of(reading: Reading) -> AsyncIterator[bytes]:
    """The pieces, each as it comes, without holding up the loop."""
    while (data := await reading.next_async(in_thread, asyncio.sleep)) is not None:
        yield data


_TURN = 32
"""Pieces after which others have their turn, and a client that has gone is seen."""


async def send_pieces(send: Send, receive: Receive, reading: Reading) -> bool:
    """Send a body whose head is sent, but for its end; whether the client stayed so long."""
    async with WhileThere(receive) as client:
        count = 0
        async for data in pieces_of(reading):
            await send({"type": "http.response.body", "body": data, "more_body": True})  # goes on its way at once
            count += 1
            if count % _TURN == 0:
                await asyncio.sleep(0)
    return not client.gone


class WhileThere:
    """A block that is left when the client goes away, wherever it waits; then `gone` says so."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._inside = True
        self.gone = False

    async def __aenter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._watch = asyncio.ensure_future(_gone(self._receive))
        self._watch.add_done_callback(self._leave)
        return self

    def _leave(self, watch: asyncio.Future[None]) -> None:
        if self._inside and not watch.cancelled():
            self.gone = True
            self._task.cancel()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self._inside = False
        self._watch.cancel()
        ours = self.gone and self._task.uncancel() <= self._cancelling  # and nobody else cancelled, as `asyncio.timeout` asks
        return ours and kind is asyncio.CancelledError


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
