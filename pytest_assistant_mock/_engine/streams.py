"""
A body in pieces, each made when its reader takes it.

Knows no vendor, no run and no HTTP library: who writes a stream has `take`, who reads one has a `Reading`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from threading import RLock
from time import sleep
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeGuard, cast

if TYPE_CHECKING:
    from pytest_assistant_mock._engine.wire import FailureKind

__tracebackhide__ = True  # what a test's own function raises shows the test's own lines


class Piece(NamedTuple):
    """A part of a body. pause: real seconds to let pass before it is handed over; none, unless a test asks for them."""

    data: bytes
    pause: float = 0.0


class Stream(Protocol):
    """The pieces of a body, made when they are taken, once."""

    def take(self) -> Piece | None:
        """
        The next piece. None: there is none just now; it has ended, or it waits for something to happen elsewhere.

        What this raises is raised where the client reads.
        """

    @property
    def ended(self) -> bool:
        """Whether no more pieces come."""

    @property
    def failure(self) -> FailureKind | None:
        """How it ended, where that was not in good order."""

    def wait(self) -> None:
        """Block until `take` has something, or it has ended. Called without any lock; the stream itself sets the bound."""

    def close(self) -> None:
        """The client has left. Only marks: a finalizer may call it, on a thread that holds any lock."""


class Listed:
    """Pieces that are known beforehand."""

    failure: FailureKind | None = None

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces
        self._next = 0

    def take(self) -> Piece | None:
        """The next one."""
        if self.ended:
            return None
        self._next += 1
        return Piece(self._pieces[self._next - 1])

    @property
    def ended(self) -> bool:
        """Whether all are taken."""
        return self._next >= len(self._pieces)

    def wait(self) -> None:
        """Nothing to wait for."""

    def close(self) -> None:
        """The rest is not asked for."""
        self._next = len(self._pieces)


class Sending:
    """
    A stream on its way to one client: what has been taken so far, and how it ended.

    lock: held while a piece is made. told: called, under the lock, when it has ended by itself; given what a piece's making
    raised, if it did.
    """

    def __init__(self, stream: Stream, lock: RLock, told: Callable[[BaseException | None], None]) -> None:
        self.stream = stream
        self._lock = lock
        self._told = told
        self._taken: list[bytes] = []
        self._broken: FailureKind | None = None
        self.left = False
        """Whether it was given up before its end: by its client, or because the mock closed."""

    @property
    def taken(self) -> bytes:
        """What the client has been given."""
        with self._lock:
            self._taken = [b"".join(self._taken)]
            return self._taken[0]

    def take(self) -> Piece | None:
        """The next piece, made under the lock."""
        if self.ended:
            return None
        with self._lock:
            try:
                piece = self.stream.take()
            except BaseException as error:
                self._broken = "reset"
                self._told(error)
                raise
            if piece is not None:
                self._taken.append(piece.data)
            if self.stream.ended:
                self._told(None)
        return piece

    @property
    def ended(self) -> bool:
        """Whether no more comes, for whatever reason."""
        return self.left or self._broken is not None or self.stream.ended

    @property
    def failure(self) -> FailureKind | None:
        """How it ended, where that was not in good order."""
        return self._broken or self.stream.failure

    def wait(self) -> None:
        """Wait as the stream does."""
        if not self.ended:
            self.stream.wait()

    def close(self) -> None:
        """The client has left: only marked, the journal finds it at its next look."""
        if not self.ended:
            self.left = True
            self.stream.close()

    def cut(self) -> None:
        """Nobody makes the rest any more: the client meets a reset if it reads on."""
        self.close()
        if self.left:
            self._broken = "reset"


class Reading:
    """One client's hold on a stream: its pieces one by one, and its close, once, at the latest when the client forgets it."""

    def __init__(self, pieces: Stream | Sequence[bytes]) -> None:
        self._stream = opened(pieces)
        self._closed = False

    def next(self) -> bytes | None:
        """The next piece, waited for. None: it has ended, `failure` says how."""
        while not self._closed:
            piece = self._stream.take()
            if piece is not None:
                if piece.pause:
                    sleep(piece.pause)
                if piece.data:
                    return piece.data
            elif self._stream.ended:
                break
            else:
                self._stream.wait()
        return None

    async def next_async(
        self, in_thread: Callable[[Callable[[], None]], Awaitable[None]], sleep: Callable[[float], Awaitable[None]]
    ) -> bytes | None:
        """The same, waited for without holding up the loop: `in_thread` runs what blocks."""
        while not self._closed:
            piece = self._stream.take()
            if piece is not None:
                if piece.pause:
                    await sleep(piece.pause)
                if piece.data:
                    return piece.data
            elif self._stream.ended:
                break
            else:
                await in_thread(self._stream.wait)
        return None

    @property
    def failure(self) -> FailureKind | None:
        """How it ended, where that was not in good order."""
        return self._stream.failure

    def close(self) -> None:
        """The client is done with it."""
        if not self._closed:
            self._closed = True
            if not self._stream.ended:
                self._stream.close()

    def __del__(self) -> None:
        self.close()


def opened(pieces: Stream | Sequence[bytes]) -> Stream:
    """A stream to be read once."""
    return pieces if is_stream(pieces) else Listed(cast("Sequence[bytes]", pieces))


def is_stream(pieces: object) -> TypeGuard[Stream]:
    """Whether it has a stream's methods."""
    return hasattr(pieces, "take")


def checked(pieces: object) -> Stream | tuple[bytes, ...]:
    """Pieces as a response holds them. Raises TypeError for what is neither a stream nor a sequence of bytes."""
    if is_stream(pieces):
        return pieces
    if isinstance(pieces, (bytes, bytearray, str)) or not isinstance(pieces, Iterable):
        raise TypeError(f"pieces={pieces!r}: expected a list of bytes: pieces=[b'…', b'…']")
    listed = tuple(pieces)
    for piece in listed:
        if not isinstance(piece, bytes):
            raise TypeError(f"pieces has {piece!r}; expected bytes: pieces=[b'…', b'…']")
    return listed
