"""
Faults in a stream: each changes the pieces of another stream as they pass, or ends it.

Knows no vendor and not when a fault is meant to strike. A piece is a frame: that is how the fake sends its events.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from pytest_assistant_mock._engine.streams import Piece, Stream

if TYPE_CHECKING:
    from pytest_assistant_mock._engine.wire import FailureKind

__tracebackhide__ = True  # what a test's own function raises shows the test's own lines


class Spoilt:
    """
    A stream as a fault leaves it: a subclass says in `take` what passes.

    name: the fault, as it is written; spared: called with no argument if it did not strike; advance: moves the mock's clock.
    """

    def __init__(self, stream: Stream, name: str = "") -> None:
        self.stream = stream
        self.name = name
        self.struck = False
        self.spared: Callable[[], None] = lambda: None
        self.advance: Callable[[float], None] = lambda seconds: None

    def take(self) -> Piece | None:
        """The next piece that passes."""
        return self.stream.take()

    def _frame(self) -> Piece | None:
        """The next piece that has bytes."""
        piece = self.stream.take()
        while piece is not None and not piece.data:
            piece = self.stream.take()
        return piece

    @property
    def ended(self) -> bool:
        """Whether no more passes."""
        return self.stream.ended

    @property
    def failure(self) -> FailureKind | None:
        """How it ended, where that was not in good order."""
        return self.stream.failure

    def wait(self) -> None:
        """Wait for what comes next."""
        self.stream.wait()

    def close(self) -> None:
        """The client has left."""
        self.stream.close()


def layers(stream: Stream) -> Iterator[Spoilt]:
    """The faults in a stream, the last one first."""
    while isinstance(stream, Spoilt):
        yield stream
        stream = stream.stream


class Cut(Spoilt):
    """
    A stream that breaks once so many bytes have passed.

    A reset comes at the end at the latest. Any other kind needs a longer stream: one of no more bytes than that is not cut.
    """

    def __init__(self, stream: Stream, kind: FailureKind, after: int, name: str = "") -> None:
        super().__init__(stream, name)
        self._kind = kind
        self._left = after
        if not after:
            self._reach_the_place()

    def take(self) -> Piece | None:
        """The next piece, or as much of it as passes."""
        if self.struck:
            return None
        piece = self.stream.take()
        if piece is None or not piece.data:
            self._reach_the_end()
            return piece
        if not self._left:  # there is more than may pass
            self._strike()
            return None
        passed = piece.data[: self._left]
        self._left -= len(passed)
        if len(passed) < len(piece.data):
            self._strike()
        elif not self._left:
            self._reach_the_place()
        self._reach_the_end()
        return Piece(passed, piece.pause)

    def _reach_the_place(self) -> None:
        if self._kind == "reset":
            self._strike()

    def _reach_the_end(self) -> None:
        if self._kind == "reset" and not self.struck and self.stream.ended and self.stream.failure is None:
            self._strike()

    def _strike(self) -> None:
        self.struck = True
        self.stream.close()

    @property
    def ended(self) -> bool:
        """Whether it is cut, or has ended by itself."""
        return self.struck or self.stream.ended

    @property
    def failure(self) -> FailureKind | None:
        """The cut, or how it ended by itself."""
        return self._kind if self.struck else self.stream.failure


class Ended(Spoilt):
    """A stream that ends once so many frames have passed: with other frames in place of the rest, or broken."""

    def __init__(self, stream: Stream, kind: FailureKind | None, after: int, name: str, instead: Sequence[bytes] = ()) -> None:
        super().__init__(stream, name)
        self._kind = kind
        self._left = after
        self._instead = deque(instead)
        self._reach_the_place()

    def take(self) -> Piece | None:
        """The next frame, or the next of those in place of the rest."""
        if self.struck:
            return Piece(self._instead.popleft()) if self._instead else None
        piece = self._frame()
        if piece is not None:
            self._left -= 1
            self._reach_the_place()
        return piece

    def _reach_the_place(self) -> None:
        if self._left <= 0 and not self.stream.ended:
            self.struck = True
            self.stream.close()

    @property
    def ended(self) -> bool:
        """Whether the fault has ended it, or it has ended by itself."""
        return not self._instead if self.struck else self.stream.ended

    @property
    def failure(self) -> FailureKind | None:
        """What the fault says, or how it ended by itself."""
        return self._kind if self.struck else self.stream.failure

    def wait(self) -> None:
        """There is nothing to wait for once the fault has struck."""
        if not self.struck:
            self.stream.wait()


class Changed(Spoilt):
    """A stream in which a fault changes a few frames. Those that are made and not yet taken wait in `_ready`."""

    def __init__(self, stream: Stream, after: int, name: str) -> None:
        super().__init__(stream, name)
        self._left = after
        self._ready: deque[Piece] = deque()

    def take(self) -> Piece | None:
        """The next frame."""
        if self._ready:
            return self._ready.popleft()
        if not self.struck and self._left <= 0 and not self.stream.ended:
            return self._change()
        piece = self._frame()
        if piece is not None:
            self._left -= 1
        return piece

    def _change(self) -> Piece | None:
        """The frame behind those that pass unchanged."""
        raise NotImplementedError

    @property
    def ended(self) -> bool:
        """Whether no more frames come."""
        return not self._ready and self.stream.ended

    def wait(self) -> None:
        """Wait for what comes next."""
        if not self._ready:
            self.stream.wait()


class Repeated(Changed):
    """A frame comes twice."""

    def _change(self) -> Piece | None:
        piece = self._frame()
        if piece is not None:
            self.struck = True
            self._ready.append(Piece(piece.data))
        return piece


class Swapped(Changed):
    """Two frames change places. Where the stream stops between them to wait for its client, the next two do."""

    def _change(self) -> Piece | None:
        first = self._frame()
        second = self._frame() if first is not None and not self.stream.ended else None
        if first is None or second is None:
            return first
        self.struck = True
        self._ready.append(first)
        return second


class Inserted(Changed):
    """A frame of the fault's own comes between two others."""

    def __init__(self, stream: Stream, after: int, name: str, frame: bytes) -> None:
        super().__init__(stream, after, name)
        self._inserted = frame

    def _change(self) -> Piece | None:
        self.struck = True
        return Piece(self._inserted)


class Slowed(Spoilt):
    """A stream of which each frame comes late: on the mock's clock, and where asked for in real seconds too."""

    def __init__(self, stream: Stream, seconds: float, waits: bool, name: str) -> None:
        super().__init__(stream, name)
        self._seconds = seconds
        self._waits = waits

    def take(self) -> Piece | None:
        """The next frame."""
        piece = self._frame()
        if piece is None:
            return None
        self.struck = True
        self.advance(self._seconds)
        return piece._replace(pause=piece.pause + self._seconds) if self._waits else piece
