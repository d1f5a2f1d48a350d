"""
HTTP/1.1 as bytes, for the doors whose library wants to read a line: requests in, responses out.

Knows no library but the standard one; the clients' own parsers do the hard part.
"""

from __future__ import annotations

import io
from errno import ECONNREFUSED, ECONNRESET
from http.client import RemoteDisconnected
from os import strerror
from typing import NamedTuple

from pytest_assistant_mock._doors.incoming import IncomingRequest
from pytest_assistant_mock._engine.streams import Reading
from pytest_assistant_mock._engine.wire import BODILESS, Failure, FailureKind, Headers, Reply, Request, Response, header

__tracebackhide__ = True  # a failing test shows its own line


def refused() -> ConnectionRefusedError:
    """What the operating system says when nobody listens."""
    return ConnectionRefusedError(ECONNREFUSED, strerror(ECONNREFUSED))


def reset() -> ConnectionResetError:
    """What the operating system says when the peer resets the line."""
    return ConnectionResetError(ECONNRESET, strerror(ECONNRESET))


def framed(response: Response) -> Headers:
    """A response's headers with a true Content-Length, for its body is sent in one piece; or chunked, if it comes in pieces."""
    if response.pieces is not None:
        return (*_unframed(response.headers), ("Transfer-Encoding", "chunked"))
    length = str(len(response.body))
    if header(response.headers, "transfer-encoding") is None:
        declared = header(response.headers, "content-length")
        if declared == length or (declared is not None and not response.body):  # an answer to HEAD declares what it lacks
            return response.headers
        if declared is None and response.status in BODILESS:
            return response.headers
    return _declaring(response.headers, length)


def _declaring(headers: Headers, length: str) -> Headers:
    return (*_unframed(headers), ("Content-Length", length))


def _unframed(headers: Headers) -> Headers:
    return tuple(pair for pair in headers if pair[0].lower() not in ("content-length", "transfer-encoding"))


def begun(failure: Failure) -> Response:
    """As much of a failure's response as arrives. It declares more than that, or no client would miss the rest."""
    assert failure.response is not None
    response, body = failure.response, failure.response.body[: failure.after_bytes]
    declared = header(response.headers, "content-length") or ""
    length = max(int(declared) if declared.isdecimal() else len(response.body), len(body) + 1)
    return Response(response.status, _declaring(response.headers, str(length)), body)


def is_chunked(headers: Headers) -> bool:
    """Whether a body is framed in chunks."""
    return "chunked" in (header(headers, "transfer-encoding") or "").lower()


def head_bytes(response: Response, headers: Headers) -> bytes:
    """The status line and headers, to the empty line."""
    lines = [f"HTTP/1.1 {response.status} {response.reason}", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


class Bytes(NamedTuple):
    """What a line carries back: some bytes, then its end or an error."""

    data: bytes
    error: OSError | None = None


def reply_bytes(reply: Reply) -> Bytes:
    """A reply as a line carries it; for a failure, what arrives before it and how it ends."""
    if isinstance(reply, Response):
        return Bytes(head_bytes(reply, framed(reply)) + reply.body)
    data = b""
    if reply.response is not None:
        response = begun(reply)
        data = head_bytes(response, response.headers) + response.body
    return Bytes(data, failure_error(reply))


def failure_error(failure: Failure) -> OSError | None:
    """The error a socket raises for a failure; None where the line just ends."""
    return error_of(failure.kind)


def error_of(kind: FailureKind) -> OSError | None:
    """The error a socket raises for a kind of failure; None where the line just ends."""
    match kind:
        case "connect_refused":
            return refused()
        case "connect_timeout" | "read_timeout":
            return TimeoutError("timed out")
        case "reset":
            return reset()
    return None


def cause(failure: Failure) -> OSError | None:
    """The error of the operating system from which a client makes its own; None for a reset, which it raises as it is."""
    return None if failure.kind == "reset" else failure_error(failure)


class BrokenFile(io.RawIOBase):
    """A readable that gives some bytes, then its end or an error."""

    def __init__(self, carried: Bytes) -> None:
        super().__init__()
        self._data = io.BytesIO(carried.data)
        self._error = carried.error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        read = self._data.readinto(buffer)
        if not read and self._error is not None:
            raise self._error
        return read


def chunk(data: bytes) -> bytes:
    """One piece of a body that is sent chunked."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


class StreamedFile(io.RawIOBase):
    """
    A readable that gives a head, then one piece a read, framed as the head says: no piece is made before the one ahead of it
    has been read, however large the buffer of the reader is.
    """

    def __init__(self, head: bytes, reading: Reading, chunked: bool) -> None:
        super().__init__()
        self._chunked = chunked
        self._ready = memoryview(head)
        self._reading = reading
        self._over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._ready and not self._over:
            self._ready = memoryview(self._next())
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def _next(self) -> bytes:
        data = self._reading.next()
        if data is not None:
            return chunk(data) if self._chunked else data
        self._over = True
        kind = self._reading.failure
        if kind is None:
            return LAST_CHUNK if self._chunked else b""
        error = error_of(kind)
        if error is not None:
            raise error
        return b""

    def close(self) -> None:
        if not self.closed:
            self._reading.close()
        super().close()


def reader(reply: Reply, *, as_it_came: bool = False) -> io.BufferedIOBase:
    """
    A file to read a reply from, as `socket.makefile("rb")` gives one.

    as_it_came: the head is a real one, and says itself how its pieces are framed.
    """
    if isinstance(reply, Response) and reply.pieces is not None:
        headers = reply.headers if as_it_came else framed(reply)
        return io.BufferedReader(StreamedFile(head_bytes(reply, headers), Reading(reply.pieces), is_chunked(headers)))
    carried = reply_bytes(reply)
    return io.BytesIO(carried.data) if carried.error is None else io.BufferedReader(BrokenFile(carried))


def parse_request(data: bytes, origin: str) -> Request | None:
    """The request these bytes are, once they are whole; else None. `origin` goes before a target that is only a path."""
    return IncomingRequest(origin).feed(data)


class Line:
    """A socket, as far as `http.client` looks at one that answers."""

    def __init__(self, file: io.BufferedIOBase) -> None:
        self._file = file

    def makefile(self, mode: str) -> io.BufferedIOBase:
        """The reply, to be read."""
        return self._file


def failure_of(error: BaseException | None, timeout: FailureKind = "read_timeout") -> Failure | None:
    """The failure an error stands for, or the errors it came from; None if it is none of ours. `timeout` names what waited."""
    while error is not None:
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        for kind, name in _ERRORS:
            if isinstance(error, kind):
                return Failure(name or timeout)
        error = error.__cause__ or error.__context__
    return None


_ERRORS: tuple[tuple[type[BaseException], FailureKind | None], ...] = (
    (ConnectionRefusedError, "connect_refused"),
    (RemoteDisconnected, "closed"),
    (ConnectionError, "reset"),
    (TimeoutError, None),
)
