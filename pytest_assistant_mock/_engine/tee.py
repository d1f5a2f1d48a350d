"""
A stream on its way through us: handed on piece by piece as it comes, and kept with the time of each.

Knows streams; knows nothing of who reads, or of what is done with what was kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import NamedTuple

from pytest_assistant_mock._engine.streams import Piece, Stream
from pytest_assistant_mock._engine.wire import Failure, FailureKind, Reply, Response


class Arrived(NamedTuple):
    """A piece that came: how many ms after the head of the answer, and its bytes."""

    ms: int
    data: bytes


class Tee:
    """
    A stream that keeps what passes.

    read: makes of it, when it has ended, what is kept in its place. now: seconds.
    left: whether its client left before the end. Nobody is told: a finalizer may close it, on a thread that holds any lock.
    """

    def __init__(
        self, stream: Stream, read: Callable[[Tee], Reply] | None = None, now: Callable[[], float] = perf_counter
    ) -> None:
        self._stream = stream
        self._read = read
        self._now = now
        self._begun = now()
        self.arrived: list[Arrived] = []
        self.left = False

    @property
    def settled(self) -> Reply | None:
        """What is kept in the place of a stream that has ended; None if that is the stream itself."""
        return self._read(self) if self._read is not None else None

    def reply(self, head: Response) -> Reply:
        """What has come behind a head: the response so far, or how it broke off."""
        response = replace(head, body=self.body, pieces=None)
        return response if self.failure is None else Failure(self.failure, len(response.body), response)

    @property
    def body(self) -> bytes:
        """What has come so far."""
        return b"".join(piece.data for piece in self.arrived)

    def take(self) -> Piece | None:
        """The next piece, now kept."""
        piece = self._stream.take()
        if piece is not None and piece.data:
            self.arrived.append(Arrived(round((self._now() - self._begun) * 1000), piece.data))
        return piece

    @property
    def ended(self) -> bool:
        """Whether no more comes."""
        return self._stream.ended

    @property
    def failure(self) -> FailureKind | None:
        """How it ended, where that was not in good order."""
        return self._stream.failure

    def wait(self) -> None:
        """Wait as the stream does."""
        self._stream.wait()

    def close(self) -> None:
        """The client has left."""
        if not self._stream.ended:
            self.left = True
            self._stream.close()
