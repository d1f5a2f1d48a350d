"""
A socket served by uvicorn in a thread: whichever ASGI app is on just now answers, so that one server outlives many mocks.

Knows sockets and uvicorn; what an app answers is none of its business.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Awaitable, Callable, Sequence
from threading import Thread
from types import TracebackType
from typing import Any, Self

from pytest_assistant_mock._serving import own_servers
from pytest_assistant_mock._serving.host_check import HostCheck, is_loopback, misdirected

ASGI = Callable[[Any, Any, Any], Awaitable[None]]

_GRACE_S = 0.2  # what is still being answered when the server is told to stop may take so long
_GIVE_UP_S = 5.0
_BACKLOG = 2048


class Server:
    """
    A server on `host` and `port` (0: a free one), listening while the context is open. `app` may be changed at any time.

    allow_hosts: names it answers to, besides those of loopback, where it is bound to loopback. On any other address it answers
    to every name.
    Raises ImportError, saying what to install, without uvicorn; OSError if the address cannot be had.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, app: ASGI | None = None, allow_hosts: Sequence[str] = ()) -> None:
        self.app = app
        self._uvicorn = _uvicorn_server(self._play)
        self._socket = _listen(host, port)
        self.host, self.port = self._socket.getsockname()[:2]
        self.origins = own_servers.origins(self.host, self.port)
        self._check = HostCheck(allow_hosts) if is_loopback(self.host) else None
        self._thread = Thread(target=self._run, name="assistant-mock-server", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens: "http://127.0.0.1:49152", without a slash at its end."""
        return self.origins[0]

    def __enter__(self) -> Self:
        own_servers.add(self.origins)
        self._thread.start()
        self._uvicorn.ready.wait()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._uvicorn.stop()
        self._thread.join(_GRACE_S)  # by the system's clock, which no test moves
        if self._thread.is_alive():
            self._uvicorn.hang_up()
            self._thread.join(_GIVE_UP_S)  # it is a daemon: better left behind than waited for without end
        own_servers.remove(self.origins)

    async def _play(self, scope: Any, receive: Any, send: Any) -> None:
        if self._check is not None and scope["type"] == "http" and (name := self._check.refused(scope)) is not None:
            await misdirected(name, send)
        else:
            await (self.app or _nothing_on)(scope, receive, send)

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=_Loop) as runner:
                runner.run(self._uvicorn.serve(sockets=[self._socket]))
        finally:
            self._uvicorn.ready.set()


class _Loop(asyncio.SelectorEventLoop):
    """A loop with a clock of its own: a test may have stopped or moved the one that everybody uses (freezegun, time-machine)."""

    _now = staticmethod(time.monotonic)  # not by its module's name, where they put theirs

    def time(self) -> float:
        """As asyncio has it."""
        return self._now()


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
        from pytest_assistant_mock._serving.uvicorn_server import uvicorn_server
    except ImportError as problem:
        raise ImportError("serving needs uvicorn: pip install 'pytest-assistant-mock[server]'") from problem
    return uvicorn_server(app, _BACKLOG)
