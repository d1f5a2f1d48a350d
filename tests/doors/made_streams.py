"""Streams for tests, that remember how they were treated."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from pytest_assistant_mock._engine.streams import Piece
from pytest_assistant_mock._engine.wire import FailureKind


class Made:
    """
    A stream that makes its pieces when they are taken. Before piece `stops_at` it waits until `go` is set.

    raises: what is raised in place of the piece behind the last.
    """

    failure: FailureKind | None = None

    def __init__(self, pieces: Sequence[bytes], stops_at: int | None = None, raises: BaseException | None = None) -> None:
        self._pieces = pieces
        self.size = len(pieces[0])
        self._stops_at = stops_at
        self._raises = raises
        self.go = threading.Event()
        self.waits = threading.Event()
        self.made = 0
        self.closes = 0

    def take(self) -> Piece | None:
        """Make the next one."""
        if self.made == self._stops_at and not self.go.is_set():
            return None
        if self.made == len(self._pieces):
            if self._raises is not None:
                raise self._raises
            return None
        self.made += 1
        return Piece(self._pieces[self.made - 1])

    @property
    def ended(self) -> bool:
        """Whether all are made, or nobody wants the rest."""
        return bool(self.closes) or (self.made == len(self._pieces) and self._raises is None)

    def wait(self) -> None:
        """Until `go` is set; a test never waits longer than 10 seconds."""
        self.waits.set()
        if not self.go.wait(10):
            raise TimeoutError("nobody let the stream go on")

    def close(self) -> None:
        """Count it."""
        self.closes += 1
        self.go.set()


def frames(count: int, size: int = 0) -> list[bytes]:
    """So many events, each of `size` bytes or as few as it needs."""
    return [(b"data: %d " % at).ljust(max(size - 2, 0), b".").rstrip() + b"\n\n" for at in range(count)]
