"""A stream of a run by itself: made as it is taken, open over a call, closed early, cut, waited for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import RLock, Thread
from typing import Any

import pytest
from test_performing import Stage

from pytest_assistant_mock import turns
from pytest_assistant_mock._engine.habits import Habits
from pytest_assistant_mock._engine.kinds.runs import RUN, StoredRun
from pytest_assistant_mock._engine.performing import cancel_run, look_at_run, perform, submit_outputs
from pytest_assistant_mock._engine.run_events import Happened
from pytest_assistant_mock._engine.run_stream import RunStream, Streamed, Streams


class Names:
    """Prints the name of each event."""

    def __init__(self, request_id: str) -> None:
        self._id = request_id

    def begin(self, streamed: Streamed) -> Sequence[bytes]:
        return [b"begin"]

    def frames(self, happened: Happened) -> Sequence[bytes]:
        name = type(happened.event).__name__
        return [] if name == "RunStarted" else [name.encode()]

    def end(self) -> Sequence[bytes]:
        return [b"end"]


class Streaming(Stage):
    """A stage whose runs are streamed."""

    def __init__(self, stays_open: bool, *given: Any, outputs_within: float = 0.0) -> None:
        super().__init__(Habits())
        self.script(*given)
        self.streams = Streams("text/event-stream", stays_open, Names)
        self.outputs_within = outputs_within
        self.made = self.run(streamed=True)
        self.stream = self.open(self.made)

    def open(self, run: StoredRun) -> RunStream:
        return RunStream(self.state, Streamed(run), self.streams, "id", RLock(), self.outputs_within)

    @property
    def status(self) -> str:
        return self.state[RUN].get(self.made.id).status

    def read(self, stream: RunStream | None = None, most: int = 100) -> list[str]:
        """The pieces that can be taken just now."""
        found = []
        while len(found) < most and (piece := (stream or self.stream).take()) is not None:
            found.append(piece.data.decode())
        return found


PLAIN = ["StepBegan", "TextBegan", "TextPiece", "TextEnded", "StepEnded", "RunCompleted"]


def test_taking_a_piece_makes_the_next_event() -> None:
    """No event happens before its piece is taken; an event without a word makes no piece."""
    stage = Streaming(True, "hi")
    assert stage.read(most=2) == ["begin", "RunQueued"]
    assert (stage.status, stage.texts()) == ("queued", ["北京天气?"])
    assert stage.read(most=2) == ["StepBegan", "TextBegan"]
    assert (stage.status, stage.texts()) == ("in_progress", ["北京天气?"])
    assert stage.read() == [*PLAIN[2:], "end"]
    assert (stage.status, stage.texts()) == ("completed", ["北京天气?", "hi"])
    assert (stage.stream.ended, stage.stream.failure, stage.state.streams) == (True, None, {})


def test_a_stream_that_ends_at_a_call_goes_on_in_the_next() -> None:
    """The first ends after the calls; the next begins with the outputs."""
    stage = Streaming(False, turns.calls("f"), "hi")
    assert stage.read() == ["begin", "RunQueued", "StepBegan", "ToolCalled", "OutputsNeeded", "end"]
    assert stage.stream.ended
    run = submit_outputs(stage.state, stage.thread.id, stage.made.id, [("", "24")], streamed=True)
    second = stage.open(run)
    stage.stream.close()  # clients leave the first one later
    stage.state.settle()
    assert stage.read(second) == ["begin", "OutputsGiven", "StepEnded", "RunQueued", *PLAIN, "end"]
    assert stage.status == "completed"


def test_a_stream_that_stays_open_stops_at_the_call_and_goes_on() -> None:
    """Nothing can be taken until the outputs have come, in the same thread."""
    stage = Streaming(True, turns.calls("f"), "hi")
    assert stage.read()[-1] == "OutputsNeeded"
    assert not stage.stream.ended
    submit_outputs(stage.state, stage.thread.id, stage.made.id, [("", "24")])
    stage.stream.wait()
    assert stage.read() == ["OutputsGiven", "StepEnded", "RunQueued", *PLAIN, "end"]


def test_outputs_from_another_thread_wake_the_reader() -> None:
    """However long the reader would have waited."""
    stage = Streaming(True, turns.calls("f"), "hi", outputs_within=60)
    stage.read()
    other = Thread(target=submit_outputs, args=(stage.state, stage.thread.id, stage.made.id, [("", "24")]))
    other.start()
    stage.stream.wait()
    other.join()
    assert stage.read()[-2:] == ["RunCompleted", "end"]


@pytest.mark.parametrize("waiting", [1, 3])
@pytest.mark.parametrize("end", [RunStream.close, RunStream.cut])
def test_a_close_wakes_who_waits(end: Callable[[RunStream], None], waiting: int) -> None:
    """However many wait, and however long they would have; none of them makes the run expire."""
    stage = Streaming(True, turns.calls("f"), "hi", outputs_within=60)
    stage.read()
    threads = [Thread(target=stage.stream.wait, daemon=True) for _ in range(waiting)]
    for thread in threads:
        thread.start()
    end(stage.stream)
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()
    assert (stage.status, stage.stream.take()) == ("requires_action", None)


def test_a_closed_stream_is_not_waited_for() -> None:
    """The close came before the wait."""
    stage = Streaming(True, turns.calls("f"), "hi", outputs_within=60)
    stage.stream.close()
    stage.read()
    thread = Thread(target=stage.stream.wait, daemon=True)
    thread.start()
    thread.join(5)
    assert not thread.is_alive()


@pytest.mark.parametrize("how", ["expired", "cancelled"])
def test_a_reader_whose_outputs_never_come_meets_the_end(how: str) -> None:
    """The run expires after a bound, or is cancelled from elsewhere."""
    stage = Streaming(True, turns.calls("f"), "hi")
    stage.read()
    if how == "cancelled":
        assert cancel_run(stage.state, stage.thread.id, stage.made.id).status == "requires_action"  # its reader meets the end
    stage.stream.wait()
    assert stage.read() == ["StepEnded", {"expired": "RunExpired", "cancelled": "RunCancelled"}[how], "end"]
    assert stage.status == how


@pytest.mark.parametrize("read", range(9))
def test_a_run_goes_on_when_its_reader_leaves(read: int) -> None:
    """To its end, at the next look."""
    stage = Streaming(True, "hi")
    stage.read(most=read)
    stage.stream.close()
    assert stage.read() == []
    stage.state.settle()
    assert (stage.status, stage.texts(), stage.state.streams) == ("completed", ["北京天气?", "hi"], {})


@pytest.mark.parametrize(("stays_open", "status"), [(True, "expired"), (False, "requires_action")])
def test_a_run_whose_reader_left_waits_only_where_outputs_can_come(stays_open: bool, status: str) -> None:
    """Where a new stream may bring them it waits, else it expires."""
    stage = Streaming(stays_open, turns.calls("f"), "hi")
    stage.stream.close()
    stage.state.settle()
    assert stage.status == status


def test_what_happened_beside_the_reader_is_read_afterwards() -> None:
    """A second retrieve with no piece taken between performs the run; the stream still has every piece, in order."""
    stage = Streaming(True, "hi")
    stage.read(most=3)
    looks = [look_at_run(stage.state, stage.thread.id, stage.made.id).status for _ in range(2)]
    assert looks == ["in_progress", "completed"]
    assert not stage.stream.ended
    assert stage.read() == [*PLAIN[1:], "end"]


def test_a_cut_stream_ends_in_a_reset() -> None:
    """A snapshot restored under it, a reset, the mock's exit: the client meets a reset, and the run can be restored."""
    stage = Streaming(True, "hi")
    put_back = stage.state.save()
    stage.read(most=3)
    put_back()
    assert (stage.stream.ended, stage.stream.failure, stage.read()) == (True, "reset", [])
    assert perform(stage.state, stage.made.id).status == "completed"


def test_what_a_function_raises_is_raised_at_the_read() -> None:
    """The run has failed then, and the stream says so."""
    stage = Streaming(True, lambda run: 1 / 0)
    assert stage.read(most=2) == ["begin", "RunQueued"]
    with pytest.raises(ZeroDivisionError):
        stage.read()
    assert stage.read() == ["RunFailed", "end"]


def test_a_run_that_stays_in_progress_ends_the_line_without_a_word() -> None:
    """A stream cannot hang."""
    stage = Streaming(True, "hi")
    stage.state.scripts.clear()
    stage.script(turns.calls("f"))
    never = Stage()
    never.script(turns.never())
    stream = RunStream(never.state, Streamed(never.run(streamed=True)), stage.streams, "id", RLock())
    assert stage.read(stream) == ["begin", "RunQueued"]
    assert (stream.ended, stream.failure) == (True, None)


def test_pauses_move_the_clock_and_pass_only_if_they_are_to() -> None:
    """By default nobody waits."""
    for wait, passed in ((False, 0.0), (True, 1.5)):
        stage = Streaming(True, turns.says("hi", pause=1.5, wait=wait))
        stage.read(most=4)
        before = stage.state.clock.now_ms
        piece = stage.stream.take()
        assert piece is not None
        assert (piece.data, piece.pause, stage.state.clock.now_ms - before) == (b"TextPiece", passed, 1500)
