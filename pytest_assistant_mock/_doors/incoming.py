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


class IncomingReply:
    """
    A reply to a method, whose body is handed on as it comes. Nothing that has come is kept.

    ended: whether its end was seen in it. One that ends with the line has none, nor has what is no HTTP.
    bodyless: whether the head is all there is of it.
    """

    def __init__(self, method: str) -> None:
        self._method = method
        self._begun = bytearray()
        self._left: int | None = None  # bytes of the body, where the head says how many
        self._chunks: _ChunksOnTheWay | None = None
        self.status = 0
        self.headers: Headers = ()
        self.has_head = self.bodyless = False
        self.ended = False

    @property
    def ends_with_the_line(self) -> bool:
        """Whether the head says nothing of where the body ends."""
        return self.has_head and self._left is None and self._chunks is None

    def feed(self, data: bytes) -> bytes:
        """Take some more; what of it is body."""
        if self.ended:
            return b""
        if not self.has_head:
            seen = max(0, len(self._begun) - 3)  # an empty line may be cut anywhere
            self._begun += data
            if not self._find_head(seen):
                return b""
            data, self._begun = bytes(self._begun), bytearray()
        return self._body(data)

    def _find_head(self, seen: int) -> bool:
        while (end := self._begun.find(b"\r\n\r\n", seen)) >= 0:
            first, *lines = self._begun[:end].decode("latin-1").split("\r\n")
            del self._begun[: end + 4]
            seen = 0
            if first[9:12] != "100":  # else there is another head behind
                pairs = (line.partition(":") for line in lines)
                self._read_head(first, tuple((name, value.strip()) for name, _, value in pairs))
                return True
        return False

    def _read_head(self, first: str, headers: Headers) -> None:
        status = first[9:12]
        self.status, self.headers, self.has_head = int(status) if status.isdecimal() else 0, headers, True
        length = header(headers, "content-length") or ""
        if self._method == "HEAD" or status in ("204", "304"):
            self._left = 0
        elif "chunked" in (header(headers, "transfer-encoding") or "").lower():
            self._chunks = _ChunksOnTheWay()
        elif length.isdecimal():
            self._left = int(length)
        self.bodyless = self.ended = self._left == 0

    def _body(self, data: bytes) -> bytes:
        if self._chunks is not None:
            found = self._chunks.feed(data)
            self.ended = self._chunks.ended
            return found
        if self._left is not None:
            data = data[: self._left]
            self._left -= len(data)
            self.ended = not self._left
        return data


class _ChunksOnTheWay:
    """A chunked body as it comes. What is no chunk is left alone, and it never ends: whoever reads it will complain."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._left = 0  # of a chunk, with the line's end behind it
        self._trailers = False
        self.ended = False

    def feed(self, data: bytes) -> bytes:
        """What of the next bytes is body."""
        self._rest += data
        found: list[bytes] = []
        while not self.ended and self._step(found):
            pass
        return b"".join(found)

    def _step(self, found: list[bytes]) -> bool:
        """Whether there is another one to make."""
        if self._left:
            part = self._cut(min(self._left, len(self._rest)))
            found.append(part[: max(0, self._left - 2)])
            self._left -= len(part)
            return bool(part)
        end = self._rest.find(b"\r\n")
        if end < 0:
            return False
        line = self._cut(end + 2)[:-2]
        if self._trailers:
            self.ended = not line
            return True
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            return False
        self._left, self._trailers = (size + 2, False) if size else (0, True)
        return True

    def _cut(self, count: int) -> bytes:
        part = bytes(self._rest[:count])
        del self._rest[:count]
        return part


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
