"""
The door of http.client, and so of urllib.request.

The seam is `HTTPConnection._send_output`, which begins every request with its whole head at hand; the socket it then
sends into is ours, the rest is the standard library's. `connect` leaves a vendor's host alone.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from http import client
from typing import Any

from pytest_assistant_mock._doors import http1
from pytest_assistant_mock._doors.door import Answerer, Seam
from pytest_assistant_mock._engine.wire import Failure, Reply


def seams() -> Sequence[Seam]:
    """
    The seams of the standard library.
    """
    connections = (client.HTTPConnection, client.HTTPSConnection)
    output = ("self", "message_body", "encode_chunked")
    return (
        Seam(client.HTTPConnection, "_send_output", _send_output, (output,)),
        *(Seam(connection, "connect", _connect, (("self",),)) for connection in connections),
    )


def _connect(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
    def connect(conn: Any) -> None:
        if answerer.guards(conn._tunnel_host or conn.host):
            conn.sock = _Socket(answerer, conn, "")  # replaced when the request begins
        else:
            original(conn)

    return connect


def _send_output(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
    def send_output(conn: Any, message_body: Any = None, encode_chunked: bool = False) -> None:
        target = conn._buffer[0].split(b" ", 2)[1].decode("latin-1")
        origin = _origin(conn)
        if answerer.plays(target if "://" in target[:8] else origin + target):
            if conn.sock is not None:
                conn.sock.close()  # a line from before the mock
            conn.sock = _Socket(answerer, conn, origin)
        elif isinstance(conn.sock, _Socket):
            conn.sock = None
        original(conn, message_body, encode_chunked)
        if isinstance(conn.sock, _Socket):
            conn.sock.ask()

    return send_output


def _origin(conn: Any) -> str:
    scheme = "https" if isinstance(conn, client.HTTPSConnection) else "http"
    host, port = (conn._tunnel_host, conn._tunnel_port) if conn._tunnel_host else (conn.host, conn.port)
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


class _Socket:
    """
    A socket, as far as http.client looks at one: takes a request, gives one reply.
    """

    def __init__(self, answerer: Answerer, conn: Any, origin: str) -> None:
        self._answerer = answerer
        self._conn = conn
        self._origin = origin
        self._sent = bytearray()
        self._reply: Reply | None = None

    def sendall(self, data: Any) -> None:
        """
        Take some of the request.
        """
        self._sent += data

    def ask(self) -> None:
        """
        Ask for the reply as soon as the request is whole; a connection that fails is told while the request is sent.
        """
        request = http1.parse_request(bytes(self._sent), self._origin)
        if request is None or self._reply is not None:
            return
        self._reply = self._answerer.handle(request)
        if isinstance(self._reply, Failure) and self._reply.kind in ("connect_refused", "connect_timeout"):
            self._conn.close()
            error = http1.failure_error(self._reply)
            assert error is not None
            raise error

    def makefile(self, mode: str) -> io.BufferedIOBase:
        """
        The reply, to be read. The line is not used again.
        """
        self.ask()
        self._conn.sock = None
        if self._reply is None:
            raise RuntimeError("the response was asked for before the request was whole")
        return http1.reader(self._reply)

    def close(self) -> None:
        """
        Nothing is open.
        """

    def settimeout(self, seconds: float | None) -> None:
        """
        Nothing waits.
        """

    def setsockopt(self, *options: Any) -> None:
        """
        Nothing to set.
        """
