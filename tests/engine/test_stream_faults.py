"""Faults of a stream: where they strike, what they leave alone, how they compose and are counted, what the server has stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from vendors import BAIDU, STUDIO, ask

from pytest_assistant_mock import AssistantMock, Failure, Handle, Response, errors, faults, turns
from pytest_assistant_mock._engine.clock import EPOCH_MS

PLAIN = [
    *("run.created", "run.queued", "run.in_progress", "run.step.created", "run.step.in_progress"),
    *("message.created", "message.in_progress", "message.delta", "message.delta", "message.completed"),
    *("run.step.completed", "run.completed", "done"),
]
"""Model Studio's events for an answer of one piece, without "thread."."""
TOOL = {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture
def mock() -> AssistantMock:
    """A mock that is not opened: nothing is judged, unless `_complain` is called."""
    one = AssistantMock(name="test_x")
    for handle in (one.model_studio, one.appbuilder):
        handle.add_assistant(tools=[TOOL])
        handle.add_message(handle.add_thread(), "?")
    return one


def begin(mock: AssistantMock, handle: Handle, stream: bool = True) -> Response:
    """A run, streamed or not; nothing of it read."""
    thread, assistant = handle.threads()[0].id, handle.assistants()[0].id
    url = f"{STUDIO}/threads/{thread}/runs" if handle is mock.model_studio else f"{BAIDU}/v2/threads/runs"
    return ask(mock, "POST", url, {"assistant_id": assistant, "thread_id": thread, "stream": stream})


def read(response: Response, frames: int = 100) -> list[bytes]:
    """The next frames of a stream, as long as it does not stop."""
    got: list[bytes] = []
    stream: Any = response.pieces
    while len(got) < frames and (piece := stream.take()) is not None:
        got.append(piece.data)
    return got


def names(frames: list[bytes]) -> list[str]:
    """The names of Model Studio's events."""
    return [frame.partition(b"\n")[0].decode().removeprefix("event:").removeprefix("thread.") for frame in frames]


def streamed(mock: AssistantMock) -> list[str]:
    """The names of the events of a new run of Model Studio's."""
    mock.model_studio.script("答")
    return names(read(begin(mock, mock.model_studio)))


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (faults.cut(after=3), PLAIN[:3]),
        (faults.stall(after=3), PLAIN[:3]),
        (faults.cut(after=0), []),
        (faults.stall(after=0), []),
        (faults.error_event(after=3), [*PLAIN[:3], "error", "done"]),
        (faults.error_event(), ["error", "done"]),
        (faults.repeat(1), [PLAIN[0], *PLAIN]),
        (faults.repeat(13), [*PLAIN, PLAIN[12]]),
        (faults.repeat(8), [*PLAIN[:8], PLAIN[7], *PLAIN[8:]]),
        (faults.out_of_order(), [PLAIN[1], PLAIN[0], *PLAIN[2:]]),
        (faults.out_of_order(after=7), [*PLAIN[:7], PLAIN[8], PLAIN[7], *PLAIN[9:]]),
        (faults.garbage_frame(), ['data: {"', *PLAIN]),
        (faults.garbage_frame(after=3), [*PLAIN[:3], 'data: {"', *PLAIN[3:]]),
        (faults.slow_pieces(1), PLAIN),
    ],
    ids=repr,
)
def test_the_server_goes_on_whatever_becomes_of_its_stream(mock: AssistantMock, fault: faults.Fault, expected: list[str]) -> None:
    """The client reads these events; the run is completed, its answer stored, and the next stream is whole."""
    studio = mock.model_studio
    plan = studio.fail(fault, on="create_run")
    assert (streamed(mock), fault.acted) == (expected, True)
    assert ([run.status for run in studio.runs()], studio.messages(studio.threads()[0])[-1].text) == (["completed"], "答")
    assert (streamed(mock), plan.asked, plan.used) == (PLAIN, 2, 1)
    assert [exchange.faults for exchange in studio.exchanges] == [(repr(fault),), ()]


@pytest.mark.parametrize("make", [faults.cut, faults.stall], ids=lambda make: make.__name__)
@pytest.mark.parametrize(("vendor", "after", "left"), [("model_studio", 5, "requires_action"), ("appbuilder", 3, "expired")])
def test_a_stream_that_ends_at_a_call_leaves_what_an_early_close_leaves(
    mock: AssistantMock, vendor: str, after: int, left: str, make: Callable[..., faults.Fault]
) -> None:
    """Model Studio's run waits for its outputs; AppBuilder's, whose outputs nobody can send any more, has expired."""
    handle = getattr(mock, vendor)
    handle.fail(make(after=after))
    handle.script(turns.calls("f"), "unsaid")
    response = begin(mock, handle)
    assert len(read(response)) == after
    assert [run.status for run in handle.runs()] == [left]


def test_the_error_is_in_the_vendors_words(mock: AssistantMock) -> None:
    """Code and message are those of a refusal, the id is the stream's own; then the stream ends in good order."""
    studio = mock.model_studio
    studio.fail(faults.error_event(after=1))
    response = begin(mock, studio)
    _, error, done = read(response)
    data = json.loads(error.partition(b"data:")[2])
    refusal = {
        "code": "InternalError",
        "message": "An internal error has occured, please try again later or contact service support.",
        "request_id": response.header("x-request-id"),
    }
    assert (data, done) == (refusal, b"event:done\ndata:[DONE]\n\n")
    assert isinstance(studio.exchanges.last.reply, Response)


def test_two_frames_change_places_only_where_the_stream_does_not_wait_between_them(mock: AssistantMock) -> None:
    """AppBuilder's stream stops at its call: the client gets the call, and the next two change places."""
    builder = mock.appbuilder
    builder.fail(faults.out_of_order(after=2))
    builder.script(turns.calls("f"), "答")
    response = begin(mock, builder)
    before = read(response)
    (run,) = builder.runs()
    (call,) = json.loads(before[-1].partition(b"data: ")[2])["details"]["tool_calls"]
    outputs = [{"tool_call_id": call["id"], "output": "30"}]
    answer = {"thread_id": run.thread_id, "run_id": run.id, "tool_outputs": outputs}
    ask(mock, "POST", f"{BAIDU}/v2/threads/runs/submit_tool_outputs", answer)
    events = [json.loads(frame.partition(b"data: ")[2]).get("event_type") for frame in [*before, *read(response)]]
    assert (len(before), events[:6]) == (
        3,
        ["run_begin", "tool_step_begin", "tool_calls", "tool_step_end", "tool_submitted_output", "tool_step_begin"],
    )


def test_faults_of_a_stream_compose(mock: AssistantMock) -> None:
    """Slowed, with a frame twice and one of garbage, then cut: one stream, all four, in the order planned."""
    studio = mock.model_studio
    for fault in (faults.slow_pieces(60), faults.repeat(1), faults.garbage_frame(after=1), faults.cut(after=4)):
        studio.fail(fault)
    assert streamed(mock) == ["run.created", 'data: {"', "run.created", "run.queued"]
    exchange = studio.exchanges.last
    assert exchange.faults == ("slow_pieces(60)", "repeat(1)", "garbage_frame(1)", "cut(4)")
    assert isinstance(exchange.reply, Failure)
    assert mock.clock.now_ms - EPOCH_MS >= 120_000


@pytest.mark.parametrize(
    "fault",
    [
        faults.cut(after=13),
        faults.stall(after=13),
        faults.error_event(after=13),
        faults.repeat(14),
        faults.out_of_order(after=12),
        faults.garbage_frame(after=13),
    ],
    ids=repr,
)
def test_a_stream_that_is_too_short_is_left_alone(mock: AssistantMock, fault: faults.Fault) -> None:
    """The fault is given back: it is none of the exchange's, and waits for a longer stream."""
    studio = mock.model_studio
    plan = studio.fail(fault)
    assert (streamed(mock), plan.used, studio.exchanges.last.faults) == (PLAIN, 0, ())
    studio.script("北京天气晴朗,24 度")
    read(begin(mock, studio))
    assert (plan.used, studio.exchanges.last.faults) == (1, (repr(fault),))


def test_a_fault_behind_a_cut_is_given_back(mock: AssistantMock) -> None:
    """A later frame would have come twice, had the stream not been cut before."""
    studio = mock.model_studio
    twice = studio.fail(faults.repeat(9))
    studio.fail(faults.cut(after=2))
    assert streamed(mock) == PLAIN[:2]
    assert (twice.used, studio.exchanges.last.faults) == (0, ("cut(2)",))
    assert streamed(mock) == [*PLAIN[:9], PLAIN[8], *PLAIN[9:]]


def test_an_answer_that_is_no_stream_is_left_alone_and_the_mock_says_so(mock: AssistantMock) -> None:
    """The code under test polls: the fault is never used, and the complaint says what it needs."""
    studio = mock.model_studio
    studio.fail(faults.cut(after=2), on="create_run")
    studio.script("答")
    assert begin(mock, studio, stream=False).json()["status"] == "in_progress"
    with pytest.raises(errors.UnusedFault) as raised:
        mock._complain()
    assert str(raised.value) == (
        "model_studio: fail(cut(2), on='create_run') was never used in test_x\n"
        "  asked:  create_run 1×\n"
        "  why:    cut(2) strikes streams, and no request asked for one: stream=True\n"
        "  do:     remove it, let the code under test come to it, or say optional=True"
    )


def test_a_stream_that_was_too_short_is_told_as_such(mock: AssistantMock) -> None:
    """There was a stream, so the reason is another one."""
    mock.model_studio.fail(faults.cut(after=100))
    streamed(mock)
    with pytest.raises(errors.UnusedFault, match="no stream that it met was long enough for it, or an earlier fault came first"):
        mock._complain()


STREAMING = {
    "model_studio": "create_thread_and_run, create_run, submit_tool_outputs",
    "appbuilder": "create_run",
}


@pytest.mark.parametrize("vendor", STREAMING)
def test_a_fault_that_can_never_strike_is_refused_at_once(mock: AssistantMock, vendor: str) -> None:
    """An operation that never answers with a stream: the error names those that do."""
    with pytest.raises(ValueError, match="cut") as raised:
        getattr(mock, vendor).fail(faults.cut(after=1), on="create_message")
    assert str(raised.value) == (
        f"cut(1) strikes streams, and create_message never answers with one; those of {vendor} that do if asked to:"
        f" {STREAMING[vendor]}"
    )


def test_a_stream_of_ones_own_can_meet_every_fault(mock: AssistantMock) -> None:
    """Whatever operation it stands in for."""
    studio = mock.model_studio
    studio.reply("create_thread", Response(200, pieces=[b"a", b"", b"b", b"c"]), check=False)
    studio.fail(faults.out_of_order(), on="create_thread")
    assert read(ask(mock, "POST", f"{STUDIO}/threads", {})) == [b"b", b"a", b"c"]


def test_appbuilder_has_no_event_for_an_error(mock: AssistantMock) -> None:
    """None is known, and none is invented: the error says how to write a run that fails."""
    with pytest.raises(ValueError, match="error_event") as raised:
        mock.appbuilder.fail(faults.error_event(after=3))
    assert str(raised.value) == (
        "error_event(3): appbuilder has no event for an error in a stream, as far as is known;"
        " write a run that fails instead: script(turns.fails('server_error', '…'))"
    )


def test_a_snapshot_brings_a_fault_of_a_stream_back(mock: AssistantMock) -> None:
    """With its count: after restore it strikes once more."""
    mock.model_studio.fail(faults.cut(after=1), on="create_run")
    snapshot = mock.snapshot()
    for _ in range(2):
        assert streamed(mock) == PLAIN[:1]
        mock.restore(snapshot)


@pytest.mark.parametrize(
    ("make", "arguments", "kind", "message"),
    [
        (faults.cut, (-1,), ValueError, "after=-1: expected a number of frames, 0 or more"),
        (faults.stall, ("2",), TypeError, "after='2': expected a number of frames, 0 or more"),
        (faults.error_event, (True,), TypeError, "after=True: expected a number of frames, 0 or more"),
        (faults.repeat, (0,), ValueError, "n=0: expected a frame's number, 1 or more"),
        (faults.out_of_order, (1.5,), TypeError, "after=1.5: expected a number of frames, 0 or more"),
        (faults.garbage_frame, (None,), TypeError, "after=None: expected a number of frames, 0 or more"),
        (faults.slow_pieces, (-1,), ValueError, "seconds=-1: expected a finite number of seconds, 0 or more"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_at_once(
    make: Any, arguments: tuple[Any, ...], kind: type[Exception], message: str
) -> None:
    """Frames and seconds are checked where they are written."""
    with pytest.raises(kind) as raised:
        make(*arguments)
    assert str(raised.value) == message
