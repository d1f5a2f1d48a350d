"""
Bodies of real responses as streams, for whoever wants to hear what comes of a call that was let through.

Knows `http.client`; what the other libraries read with, their doors know.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from http.client import IncompleteRead
from typing import Any

from pytest_assistant_mock._doors import http1
from pytest_assistant_mock._engine.streams import Piece
from pytest_assistant_mock._engine.wire import FailureKind, Headers, Response, header

_MOST = 65536


class Source:
    """A body that arrives: given by who hears it on the line, or fetched by `wait`, which alone may block."""

    failure: FailureKind | None = None
    ended = False

    def __init__(self) -> None:
        self._come: deque[bytes] = deque()
        self._end: tuple[FailureKind | None] | None = None

    def give(self, data: bytes) -> None:
        """Some more has come."""
        self._come.append(data)

    def finish(self, kind: FailureKind | None = None) -> None:
        """Nothing more comes, once this is taken."""
        self._end = (kind,)

    def take(self) -> Piece | None:
        """What has come."""
        data = self._come.popleft() if self._come and not self.ended else None
        if not self._come and self._end is not None and not self.ended:
            self.ended, self.failure = True, self._end[0]
        return Piece(data) if data is not None else None

    def wait(self) -> None:
        """Fetch some more. Nothing to do where it is given."""

    def close(self) -> None:
        """The client has left."""
        self.ended = True


class Arriving(Source):
    """
    The body of a response of `http.client`'s.

    close: closes the line, which is of no more use after a failure, or if the rest is not read.
    """

    def __init__(self, real: Any, close: Callable[[], None]) -> None:
        super().__init__()
        self._real = real
        self._close = close

    def wait(self) -> None:
        kind: FailureKind | None = None
        data = b""
        try:
            data = self._real.read1(_MOST)
            if not data and getattr(self._real, "length", None):  # http.client's count of what is missing
                kind = "truncated"
        except IncompleteRead:
            kind = "truncated"
        except OSError as error:
            failure = http1.failure_of(error)
            kind = failure.kind if failure is not None else "reset"
        if data:
            self.give(data)
        if not data or _is_read(self._real):
            self.finish(kind)
            self._real.close() if kind is None else self._shut()

    def close(self) -> None:
        super().close()
        with suppress(Exception):  # another thread may just be reading
            self._shut()

    def _shut(self) -> None:
        self._close()
        self._real.close()


def is_bodyless(method: str, status: int, headers: Headers) -> bool:
    """Whether a response has no body, whatever its head declares."""
    return method == "HEAD" or status in (204, 304) or header(headers, "content-length") == "0"


def arriving(status: int, headers: Headers, real: Any, close: Callable[[], None]) -> Response:
    """A response of `http.client`'s whose body is still to come; whole if it has none."""
    if _is_read(real):
        real.close()
        return Response(status, headers)
    return Response(status, headers, pieces=Arriving(real, close))


def _is_read(real: Any) -> bool:
    return bool(real.isclosed()) or getattr(real, "length", None) == 0  # a mock below gives a file that has no length
