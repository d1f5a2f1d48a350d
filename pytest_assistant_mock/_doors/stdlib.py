"""
The door of http.client, and so of urllib.request.

The seam is `HTTPConnection._send_output`, which begins every request with its whole head at hand; the socket it then
sends into is ours, the rest is the standard library's. `connect` leaves an origin that may be ours alone until then.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from http import client
from types import ModuleType
from typing import Any

from pytest_assistant_mock._doors import http1
from pytest_assistant_mock._doors.arriving import arriving
from pytest_assistant_mock._doors.seam import PASSING, Answerer, Seam, Tell, tell_of, wait
from pytest_assistant_mock._engine.wire import Failure, Reply, Request

__tracebackhide__ = True  # a failing test shows its own line


def seams(http_client: ModuleType) -> Sequence[Seam]:
    """The seams of http.client."""
    connections = (http_client.HTTPConnection, http_client.HTTPSConnection)
    output = ("self", "message_body", "encode_chunked")
    return (
        Seam(http_client.HTTPConnection, "_send_output", _send_output, (output,)),
        *(Seam(connection, "connect", _connect, (("self",),)) for connection in connections),
    )


def _connect(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
    def connect(conn: Any) -> None:
        if _SENDING not in vars(conn) and answerer.knows(_origin(conn)):
            conn.sock = _Placeholder()
        else:
            original(conn)

    return connect


def _send_output(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
    plays = answerer.plays

    def send_output(conn: Any, message_body: Any = None, encode_chunked: bool = False) -> None:
        if PASSING in vars(conn):
            original(conn, message_body, encode_chunked)
            return
        target = conn._buffer[0].split(b" ", 2)[1].decode("latin-1")
        origin = _origin(conn)
        if plays(target if "://" in target[:8] else origin + target):
            if conn.sock is not None:
                conn.sock.close()  # a line from before the mock, or a placeholder
            line = conn.sock = _Socket(answerer, conn, origin, original)
            _while(PASSING, conn, original, message_body, encode_chunked)
            line.ask()
        else:
            if isinstance(conn.sock, _Placeholder):
                conn.sock = None
            _while(_SENDING, conn, original, message_body, encode_chunked)

    return send_output


_SENDING = "_assistant_mock_sending"
"""Set on a connection while it is known where its request goes: `connect` connects."""


def _while(flag: str, conn: Any, send: Callable[..., Any], message_body: Any, encode_chunked: bool) -> None:
    vars(conn)[flag] = True
    try:
        send(conn, message_body, encode_chunked)
    finally:
        vars(conn).pop(flag, None)


def _origin(conn: Any) -> str:
    scheme = "https" if isinstance(conn, client.HTTPSConnection) else "http"
    host, port = (conn._tunnel_host, conn._tunnel_port) if conn._tunnel_host else (conn.host, conn.port)
    name = f"[{host}]" if ":" in host else host
    return f"{scheme}://{name}" if port == conn.default_port else f"{scheme}://{name}:{port}"


class _Placeholder:
    """What `connect` leaves where a line may turn out not to be needed. Nothing can be sent into it."""

    def sendall(self, data: Any) -> None:
        """Raises ConnectionResetError: the mock this was made in has closed."""
        raise http1.reset()

    def close(self) -> None:
        """Nothing is open."""

    def settimeout(self, seconds: float | None) -> None:
        """Nothing waits."""

    def setsockopt(self, *options: Any) -> None:
        """Nothing to set."""


class _Socket(_Placeholder):
    """A socket, as far as http.client looks at one: takes a request, gives one reply."""

    def __init__(self, answerer: Answerer, conn: Any, origin: str, send_output: Callable[..., Any]) -> None:
        self._answerer = answerer
        self._tell = tell_of(answerer)
        self._conn = conn
        self._origin = origin
        self._send_output = send_output
        self._sent = bytearray()
        self._request: Request | None = None
        self._reply: Reply | None = None
        self._real: Any = None

    def sendall(self, data: Any) -> None:
        """Take some of the request."""
        self._sent += memoryview(data)  # which refuses an iterator before it is begun

    def ask(self) -> None:
        """Ask for the reply as soon as the request is whole; a connection that fails is told while the request is sent."""
        if self._request is not None:
            return
        self._request = http1.parse_request(bytes(self._sent), self._origin)
        if self._request is None:
            return
        self._reply = self._answerer.handle(self._request)
        if self._reply is not None:
            wait(self._reply)
        if self._reply is None:
            self._let_through(self._request)
        elif isinstance(self._reply, Failure) and self._reply.kind in ("connect_refused", "connect_timeout"):
            self._conn.close()
            error = http1.failure_error(self._reply)
            assert error is not None
            raise error

    def _let_through(self, request: Request) -> None:
        """Send what was collected as if it had not been; who wants to hear the reply reads it first."""
        conn = self._conn
        conn.sock = None
        head, _, body = bytes(self._sent).partition(b"\r\n\r\n")
        conn._buffer[:] = head.split(b"\r\n")
        try:
            _while(_SENDING, conn, self._send_output, body or None, False)
        except Exception as error:
            failure = http1.failure_of(error, timeout="connect_timeout")
            if self._tell is not None and failure is not None:
                self._tell(request, failure)
            raise
        self._real = conn.sock
        if self._tell is not None:
            conn.sock = self

    def makefile(self, mode: str) -> io.BufferedIOBase:
        """The reply, to be read. The line is not used again."""
        self.ask()
        if self._request is None:
            raise RuntimeError("the response was asked for before the request was whole")
        if self._reply is None:
            if self._tell is None:
                file: io.BufferedIOBase = self._real.makefile(mode)
                return file
            self._reply = self._hear(self._tell, self._request)
        self._conn.sock = None
        return http1.reader(self._reply, as_it_came=self._real is not None)

    def _hear(self, tell: Tell, request: Request) -> Reply:
        response = client.HTTPResponse(self._real, method=request.method)
        try:
            response.begin()
        except Exception as error:
            failure = http1.failure_of(error)
            if failure is not None:
                tell(request, failure)
            response.close()
            self.close()
            raise
        self._real.close()  # as http.client does: the response holds it open until it is read
        return tell(request, arriving(response.status, tuple(response.headers.items()), response, response.close))

    def close(self) -> None:
        """Close the real line, if there is one."""
        if self._real is not None:
            self._real.close()
