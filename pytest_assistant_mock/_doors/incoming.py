"""
HTTP/1.1 messages that come in pieces: each byte is looked at once, however many pieces there are.

Knows no library and nothing of what a message says.
"""

from __future__ import annotations

from pytest_assistant_mock._engine.wire import Headers, Request, header

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Incoming:
    """The bytes of one message so far: its head, once that is whole, and its body, as the head frames it."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._first = ""
        self._headers: Headers = ()
        self._body_at: int | None = None
        self._chunks: _Chunks | None = None

    @property
    def has_head(self) -> bool:
        """Whether the head is whole."""
        return self._body_at is not None

    def _take(self, data: bytes | bytearray | memoryview) -> None:
        seen = max(0, len(self.data) - 3)  # an empty line may be cut anywhere
        self.data += data
        if self._body_at is None:
            self._find_head(seen)

    def _find_head(self, seen: int) -> None:
        end = self.data.find(b"\r\n\r\n", seen)
        if end < 0:
            return
        self._first, *lines = self.data[:end].decode("latin-1").split("\r\n")
        self._headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        self._body_at = end + 4
        if "chunked" in (header(self._headers, "transfer-encoding") or "").lower():
            self._chunks = _Chunks(self.data, self._body_at)

    def _body(self, length: int) -> bytes | None:
        """The body, once it is whole; `length` counts where it is not chunked."""
        if self._chunks is not None:
            return self._chunks.read()
        assert self._body_at is not None
        end = self._body_at + length
        return bytes(self.data[self._body_at : end]) if len(self.data) >= end else None


class IncomingRequest(Incoming):
    """A request. `origin` goes before a target that is only a path."""

    def __init__(self, origin: str) -> None:
        super().__init__()
        self._origin = origin

    @property
    def awaits_continue(self) -> bool:
        """Whether the head is whole, and the body waits for leave to be sent."""
        return self.has_head and (header(self._headers, "expect") or "").lower() == "100-continue"

    def feed(self, data: bytes | bytearray | memoryview) -> Request | None:
        """The request, once it is whole."""
        self._take(data)
        if not self.has_head:
            return None
        body = self._body(int(header(self._headers, "content-length") or 0))
        if body is None:
            return None
        method, target, _ = self._first.split(" ", 2)
        return Request(method, target if "://" in target[:8] else self._origin + target, self._headers, body)


class IncomingReply(Incoming):
    """A reply to a method, as far as its end is seen in it: one that ends with the line is never whole here."""

    def __init__(self, method: str) -> None:
        super().__init__()
        self._method = method

    def feed(self, data: bytes) -> bool:
        """Take some more; whether it is whole."""
        self._take(data)
        while self.has_head and self._first[9:12] == "100":  # there is another head behind
            del self.data[: self._body_at]
            self._body_at = None
            self._find_head(0)
        if not self.has_head:
            return False
        if self._method == "HEAD" or self._first[9:12] in ("204", "304"):
            return True
        length = header(self._headers, "content-length") or ""
        try:
            return (self._chunks is not None or length.isdecimal()) and self._body(int(length or 0)) is not None
        except ValueError:
            return False  # no HTTP: whoever reads it at its end will see that


class _Chunks:
    """A chunked body, from a place in the bytes on."""

    def __init__(self, data: bytearray, at: int) -> None:
        self._data = data
        self._at = at
        self._pieces: list[bytes] = []

    def read(self) -> bytes | None:
        """The body, once its last chunk is there. Raises ValueError where no length stands."""
        while True:
            line_end = self._data.find(b"\r\n", self._at)
            if line_end < 0:
                return None
            size = int(bytes(self._data[self._at : line_end]).partition(b";")[0], 16)
            start, end = line_end + 2, line_end + 2 + size
            if size == 0:  # an empty line follows, or trailers and then an empty line
                whole = self._data[start : start + 2] == b"\r\n" or self._data.find(b"\r\n\r\n", start) >= 0
                return b"".join(self._pieces) if whole else None
            if len(self._data) < end + 2:
                return None
            self._pieces.append(bytes(self._data[start:end]))
            self._at = end + 2
