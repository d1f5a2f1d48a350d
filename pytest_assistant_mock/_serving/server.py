"""
A socket served by uvicorn in a thread: whichever ASGI app is on just now answers, so that one server outlives many mocks.

Knows sockets and uvicorn; what an app answers is none of its business.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from pytest_assistant_mock._serving import own_servers
from pytest_assistant_mock._serving.asgi import TRANSPORT
from pytest_assistant_mock._serving.writing import Line

ASGI = Callable[[Any, Any, Any], Awaitable[None]]

_GRACE_S = 0.2  # what is still being answered when the server is told to stop may take so long
_BACKLOG = 2048


class Server:
    """
    A server on `host` and `port` (0: a free one), listening while the context is open. `app` may be changed at any time.

    Raises ImportError, saying what to install, without uvicorn; OSError if the address cannot be had.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, app: ASGI | None = None) -> None:
        self.app = app
        self._uvicorn = _uvicorn_server(self._play)
        self._socket = _listen(host, port)
        self.host, self.port = self._socket.getsockname()[:2]
        self.origins = own_servers.origins(self.host, self.port)
        self._thread = Thread(target=self._run, name="assistant-mock-server", daemon=True)

    @property
    def url(self) -> str:
        """
        Where it listens: "http://127.0.0.1:49152", without a slash at its end.
        """
        return self.origins[0]

    def __enter__(self) -> Self:
        own_servers.add(self.origins)
        self._thread.start()
        self._uvicorn.ready.wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._uvicorn.should_exit = True
        self._thread.join()
        own_servers.remove(self.origins)

    async def _play(self, scope: Any, receive: Any, send: Any) -> None:
        await (self.app or _nothing_on)(scope, receive, send)

    def _run(self) -> None:
        try:
            self._uvicorn.run(sockets=[self._socket])
        finally:
            self._uvicorn.ready.set()


async def _nothing_on(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 503, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": b'{"error":"no mock is open behind this server just now"}'})


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # said to be TCP, for only then does asyncio turn Nagle's algorithm off: 40 ms an answer
    line = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if host == "::" and socket.has_dualstack_ipv6():
            line.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # every address is IPv4's too
        line.bind((host, port))
        line.listen(_BACKLOG)
    except OSError as problem:
        line.close()
        raise OSError(problem.errno, f"cannot listen at {host}:{port}: {problem.strerror or problem}") from None
    return line


def _uvicorn_server(app: ASGI) -> Any:
    try:
        import uvicorn
        from uvicorn.protocols.http.auto import AutoHTTPProtocol
    except ImportError as problem:
        raise ImportError("serving needs uvicorn: pip install 'pytest-assistant-mock[server]'") from problem

    class Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
        """
        One connection, whose transport the app may have: a client's bad HTTP is not worth a warning in somebody's test log.
        """

        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.logger = _LOG
            self.access_log = False

        def connection_made(self, transport: Any) -> None:
            line = Line(transport)
            super().connection_made(line)
            self.app_state = {TRANSPORT: line}

    class Uvicorn(uvicorn.Server):
        """
        Says when it listens; when it stops, waits only so long for clients that do not go.
        """

        def __init__(self, config: uvicorn.Config) -> None:
            super().__init__(config)
            self.ready = Event()

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            self.ready.set()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            asyncio.get_running_loop().call_later(_GRACE_S, self._hang_up)
            await super().shutdown(sockets)

        def _hang_up(self) -> None:
            for line in list(self.server_state.connections):
                line.transport.abort()

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
            backlog=_BACKLOG,
        )
    )


_LOG = logging.getLogger("pytest_assistant_mock.server")
_LOG.setLevel(logging.ERROR)
