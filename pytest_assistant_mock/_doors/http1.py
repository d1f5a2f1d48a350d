"""
HTTP/1.1 as bytes, for the doors whose library wants to read a line: requests in, responses out.

Knows no library but the standard one; the clients' own parsers do the hard part.
"""

from __future__ import annotations

import io
from errno import ECONNREFUSED, ECONNRESET
from os import strerror
from typing import NamedTuple

from pytest_assistant_mock._engine.wire import Failure, Headers, Reply, Request, Response, header


def refused() -> ConnectionRefusedError:
    """
    What the operating system says when nobody listens.
    """
    return ConnectionRefusedError(ECONNREFUSED, strerror(ECONNREFUSED))


def reset() -> ConnectionResetError:
    """
    What the operating system says when the peer resets the line.
    """
    return ConnectionResetError(ECONNRESET, strerror(ECONNRESET))


def framed(response: Response) -> Headers:
    """
    A response's headers with a true Content-Length, for its body is sent in one piece.
    """
    length = str(len(response.body))
    if header(response.headers, "transfer-encoding") is None:
        declared = header(response.headers, "content-length")
        if declared == length or (declared is not None and not response.body):  # an answer to HEAD declares what it lacks
            return response.headers
    kept = (pair for pair in response.headers if pair[0].lower() not in ("content-length", "transfer-encoding"))
    return (*kept, ("Content-Length", length))


def head_bytes(response: Response) -> bytes:
    """
    The status line and headers, to the empty line.
    """
    lines = [f"HTTP/1.1 {response.status} {response.reason}"]
    lines += [f"{name}: {value}" for name, value in framed(response)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


class Bytes(NamedTuple):
    """
    What a line carries back: some bytes, then its end or an error.
    """

    data: bytes
    error: OSError | None = None


def reply_bytes(reply: Reply) -> Bytes:
    """
    A reply as a line carries it; for a failure, what arrives before it and how it ends.
    """
    if isinstance(reply, Response):
        return Bytes(head_bytes(reply) + reply.body)
    data = b""
    if reply.response is not None:
        data = head_bytes(reply.response) + reply.response.body[: reply.after_bytes]
    return Bytes(data, None if reply.kind == "truncated" else failure_error(reply))


def failure_error(failure: Failure) -> OSError | None:
    """
    The error a socket raises for a failure; None where the line just ends.
    """
    match failure.kind:
        case "connect_refused":
            return refused()
        case "connect_timeout" | "read_timeout":
            return TimeoutError("timed out")
        case "reset":
            return reset()
    return None


class BrokenFile(io.RawIOBase):
    """
    A readable that gives some bytes, then its end or an error.
    """

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


def reader(reply: Reply) -> io.BufferedIOBase:
    """
    A file to read a reply from, as `socket.makefile("rb")` gives one.
    """
    carried = reply_bytes(reply)
    return io.BytesIO(carried.data) if carried.error is None else io.BufferedReader(BrokenFile(carried))


def parse_request(data: bytes, origin: str) -> Request | None:
    """
    The request these bytes are, once they are whole; else None. `origin` goes before a target that is only a path.
    """
    head, separator, rest = data.partition(b"\r\n\r\n")
    if not separator:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
    body = _body(headers, rest)
    if body is None:
        return None
    return Request(method, target if "://" in target[:8] else origin + target, headers, body)


def _body(headers: Headers, rest: bytes) -> bytes | None:
    if "chunked" in (header(headers, "transfer-encoding") or "").lower():
        return _unchunked(rest)
    length = int(header(headers, "content-length") or 0)
    return rest[:length] if len(rest) >= length else None


def _unchunked(rest: bytes) -> bytes | None:
    pieces: list[bytes] = []
    while True:
        line, separator, rest = rest.partition(b"\r\n")
        if not separator:
            return None
        size = int(line.partition(b";")[0], 16)
        if size == 0:
            return b"".join(pieces) if rest.endswith(b"\r\n") else None
        if len(rest) < size + 2:
            return None
        pieces.append(rest[:size])
        rest = rest[size + 2 :]
