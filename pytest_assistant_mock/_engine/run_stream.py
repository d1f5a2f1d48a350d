"""
A stream of a run: a cursor over its events. Taking a piece makes the next event and prints it, one frame a piece.

Knows how a run moves and who prints its events; knows nothing of how a piece is sent.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import NamedTuple, Protocol

from pytest_assistant_mock._engine.kinds.performances import PERFORMANCE
from pytest_assistant_mock._engine.kinds.runs import StoredRun
from pytest_assistant_mock._engine.kinds.threads import Thread
from pytest_assistant_mock._engine.performing import expire_run, next_event, perform
from pytest_assistant_mock._engine.run_events import Happened, TextPiece
from pytest_assistant_mock._engine.state import State
from pytest_assistant_mock._engine.streams import Piece
from pytest_assistant_mock._engine.wire import FailureKind

__tracebackhide__ = True  # what a test's function raises shows its own lines


class Streamed(NamedTuple):
    """What a verb returns that is answered with a stream: the run, and the thread if it was made with it."""

    run: StoredRun
    thread: Thread | None = None


class FramePrinter(Protocol):
    """Prints one stream of a run in a vendor's words. Each frame is one piece on the wire."""

    def begin(self, streamed: Streamed) -> Sequence[bytes]:
        """What comes before the first event."""

    def frames(self, happened: Happened) -> Sequence[bytes]:
        """An event; none where the vendor has no word for it."""

    def end(self) -> Sequence[bytes]:
        """What comes after the last event."""


@dataclass(frozen=True, slots=True)
class Streams:
    """
    How a vendor streams a run.

    stays_open: whether a stream goes on over a call of a function, or ends there. printer: takes the id of the request.
    error: from the body of a refusal, the last frames of a stream that breaks off with it; None: the vendor has no event for it.
    """

    content_type: str
    stays_open: bool
    printer: Callable[[str], FramePrinter]
    error: Callable[[bytes], Sequence[bytes]] | None = None


class RunStream:
    """
    The pieces of one stream, made as they are taken.

    outputs_within: how many real seconds a stream that stays open waits for outputs; then the run expires.
    """

    failure: FailureKind | None = None
    unfinished = False
    """Whether it ended before its run did: a run that a test keeps in progress."""

    def __init__(
        self,
        state: State,
        streamed: Streamed,
        streams: Streams,
        request_id: str,
        lock: AbstractContextManager[object],
        outputs_within: float = 2.0,
    ) -> None:
        self._state = state
        self._run_id = streamed.run.id
        self._stays_open = streams.stays_open
        self._printer = streams.printer(request_id)
        self._lock = lock
        self._outputs_within = outputs_within
        self._frames: deque[bytes] = deque(self._printer.begin(streamed))
        self._unread: deque[Happened] = deque()
        self._over = False  # no more events come; the frames that are left still do
        self._left = False
        self._woken: SimpleQueue[None] = SimpleQueue()  # no Event: its lock must not be taken in a finalizer, which may close
        state.streams[self._run_id] = self

    def take(self) -> Piece | None:
        """The next frame. None: the stream has ended, or it waits for outputs."""
        with self._lock:
            pause = 0.0
            while not self._frames:
                if self.ended:
                    return None
                happened = self._next()
                if happened is None:
                    while not self._woken.empty():  # it waits for outputs: what woke it before is past
                        self._woken.get()
                    return None
                event = happened.event
                self._frames.extend(self._printer.frames(happened))
                if not isinstance(event, TextPiece):
                    self._end_if_over()
                elif event.wait:
                    pause = event.pause
            return None if self.ended else Piece(self._frames.popleft(), pause)

    @property
    def ended(self) -> bool:
        """Whether no more frames come."""
        return self.failure is not None or self._left or (self._over and not self._frames)

    def wait(self) -> None:
        """Wait until outputs have come, a cancel, or the reader has gone. Where none of them comes in time, the run expires."""
        if self._left:
            return
        try:
            self._woken.get(timeout=self._outputs_within)
        except Empty:
            with self._lock:
                expire_run(self._state, self._run_id)
        else:
            self.wake()  # whoever else waits

    def close(self) -> None:
        """The reader has gone. Only marks, and wakes who waits: the run goes on when somebody looks."""
        self._left = True
        self.wake()

    def wake(self) -> None:
        """What the run waits for has come."""
        self._woken.put(None)

    def settle(self) -> None:
        """Let the run go on to its next stop if the reader has gone. One whose outputs nobody can send any more expires."""
        if not self._left or self._state.streams.get(self._run_id) is not self:
            return
        del self._state.streams[self._run_id]
        if self._over:
            return
        perform(self._state, self._run_id)
        if self._stays_open and self._stop() == "outputs":
            expire_run(self._state, self._run_id)
            perform(self._state, self._run_id)

    def cut(self) -> None:
        """Break the stream off: the reader meets a reset."""
        if not self.ended:
            self.failure = "reset"
        self._forget()
        self._woken.put(None)

    def _next(self) -> Happened | None:
        """The next event: one that happened while nobody read, or a new one."""
        performance = self._state[PERFORMANCE].get(self._run_id)
        if performance.unread:
            self._unread.extend(performance.unread)
            self._state[PERFORMANCE].replace(performance._replace(unread=()))
        if self._unread:
            return self._unread.popleft()
        happened = next_event(self._state, self._run_id, performance)
        if happened is None:
            self._end_if_over()
        return happened

    def _end_if_over(self) -> None:
        performance = self._state[PERFORMANCE].get(self._run_id)
        if self._unread or performance.unread or not performance.stop or (performance.stop == "outputs" and self._stays_open):
            return
        self._over = True
        self.unfinished = performance.stop == "never"
        if not self.unfinished:  # else the line just ends
            self._frames.extend(self._printer.end())
        self._forget()

    def _stop(self) -> str:
        return self._state[PERFORMANCE].get(self._run_id).stop

    def _forget(self) -> None:
        if self._state.streams.get(self._run_id) is self:
            del self._state.streams[self._run_id]
