"""
uvicorn, as a server of ours runs it: bounded heads, no warnings of a client's bad HTTP, and a stop that looks at no clock.

The one file that imports uvicorn: it is imported when a server starts.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from threading import Event
from typing import Any

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from pytest_assistant_mock._serving.asgi import TRANSPORT
from pytest_assistant_mock._serving.writing import Line

HEAD_LIMIT = 65536
"""Bytes of a request's head, or of what stands between the parts of its body, that are taken."""

ASGI = Callable[[Any, Any, Any], Awaitable[None]]
_HEAD_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

_LEAVING_S = 0.5

_LOG = logging.getLogger("pytest_assistant_mock.server")
_LOG.setLevel(logging.ERROR)


class Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """
    One connection, whose transport the app may have: a client's bad HTTP is not worth a warning in somebody's test log.

    httptools takes a head of any length, and looks through all of it again with each piece; h11 has a limit of its own.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.logger = _LOG
        self.access_log = False
        self._without_end = 0  # bytes that came since something was whole

    def connection_made(self, transport: Any) -> None:
        line = Line(transport)
        super().connection_made(line)
        self.app_state = {TRANSPORT: line}

    def data_received(self, data: bytes) -> None:
        self._without_end += len(data)
        super().data_received(data)
        if self._without_end > HEAD_LIMIT and hasattr(super(), "on_headers_complete"):
            self.transport.write(_HEAD_TOO_LARGE)
            self.transport.close()

    def on_headers_complete(self) -> None:
        self._without_end = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._without_end = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._without_end = 0
        super().on_message_complete()


class Uvicorn(uvicorn.Server):
    """
    Says when it listens, and stops when it is told to, not when it looks at a clock; what is still being answered then is
    given up when it is told so.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped = asyncio.Event()
        self._hung_up = asyncio.Event()

    def stop(self) -> None:
        """Begin to stop. Said from another thread."""
        self.should_exit = True
        self._tell(self._stopped)

    def hang_up(self) -> None:
        """Wait for no client any more."""
        self._tell(self._hung_up)

    def _tell(self, event: asyncio.Event) -> None:
        with suppress(RuntimeError):  # the loop has closed meanwhile
            if self._loop is not None:
                self._loop.call_soon_threadsafe(event.set)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        await _first(super().main_loop(), self._stopped.wait())

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await _first(super().shutdown(sockets), self._hung_up.wait())
        for line in list(self.server_state.connections):
            line.transport.abort()
        if self.server_state.tasks:  # they leave as when their client goes; cancelled by the loop's end they would be logged
            await asyncio.wait(self.server_state.tasks, timeout=_LEAVING_S)


def uvicorn_server(app: ASGI, backlog: int) -> Uvicorn:
    """The server of an app, not yet run."""
    return Uvicorn(
        uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            loop="asyncio",
            interface="asgi3",
            lifespan="off",
            log_config=None,
            server_header=False,
            proxy_headers=False,
            backlog=backlog,
        )
    )


async def _first(*these: Coroutine[Any, Any, Any]) -> None:
    """Run all until one is done; the others are given up."""
    tasks = [asyncio.ensure_future(one) for one in these]
    _, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    await asyncio.wait(tasks)
