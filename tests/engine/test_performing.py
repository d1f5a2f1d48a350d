"""Runs by themselves: which script a run takes, what happens in it, how it stops and goes on, and how it is saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_assistant_mock import turns
from pytest_assistant_mock._engine.clock import Clock
from pytest_assistant_mock._engine.habits import Habits
from pytest_assistant_mock._engine.kinds import KINDS
from pytest_assistant_mock._engine.kinds.assistants import create_assistant
from pytest_assistant_mock._engine.kinds.messages import MESSAGE, Draft, add_message, create_thread
from pytest_assistant_mock._engine.kinds.performances import PERFORMANCE
from pytest_assistant_mock._engine.kinds.runs import RUN, STEP, RunError, StoredRun, Usage
from pytest_assistant_mock._engine.kinds.threads import delete_thread
from pytest_assistant_mock._engine.performing import (
    cancel_run,
    create_run,
    expire_run,
    look_at_run,
    next_event,
    perform,
    submit_outputs,
)
from pytest_assistant_mock._engine.run_events import Happened, TextPiece, ToolCallPiece
from pytest_assistant_mock._engine.run_view import Run
from pytest_assistant_mock._engine.state import State
from pytest_assistant_mock._engine.turns import Says, Script
from pytest_assistant_mock._engine.wire import Refusal
from pytest_assistant_mock._mock.conversations import _item

TOOLS = tuple({"type": "function", "function": {"name": name}} for name in ("f", "g"))
POLLED = Habits(piece_size=4, last_is_empty=True, counts_tokens=True, builtin_tools=True, polls=True)


class Stage:
    """A state with one assistant that has two functions, and one thread with one message."""

    def __init__(self, habits: Habits = POLLED) -> None:
        self.state = State(Clock(0), lambda kind, number: f"{kind}-{number}", KINDS, "studio", habits)
        self.assistant = create_assistant(self.state, instructions="be kind", tools=TOOLS)
        self.thread = create_thread(self.state, [Draft("北京天气?")])

    def script(self, *given: Any, **options: Any) -> Script:
        script = Script(tuple(_item(one, "studio", self.state.habits) for one in given), **options)
        self.state.scripts.append(script)
        return script

    def run(self, **fields: Any) -> StoredRun:
        return create_run(self.state, self.thread.id, self.assistant.id, **fields)

    def performed(self, **fields: Any) -> StoredRun:
        return perform(self.state, self.run(**fields).id)

    def events(self, run: StoredRun) -> list[Happened]:
        found = []
        while happened := next_event(self.state, run.id):
            found.append(happened)
        return found

    def texts(self) -> list[str]:
        return [message.text for message in self.state[MESSAGE].of(self.thread.id)]


@pytest.fixture
def stage() -> Stage:
    """A stage with what Model Studio does."""
    return Stage()


def names(events: list[Happened]) -> list[str]:
    """What happened, by name."""
    return [type(one.event).__name__ for one in events]


def test_a_plain_answer_is_a_step_and_a_message(stage: Stage) -> None:
    """Queued, started, one step, the text in pieces, completed; step and message end together."""
    stage.script("晴,24 度")
    run = stage.run()
    events = stage.events(run)
    assert names(events) == [
        "RunQueued", "RunStarted", "StepBegan", "TextBegan", "TextPiece", "TextPiece", "TextPiece", "TextEnded", "StepEnded",
        "RunCompleted",
    ]  # fmt: skip
    assert [one.event for one in events if isinstance(one.event, TextPiece)] == [
        TextPiece("晴,24"), TextPiece(" 度"), TextPiece("", last=True),
    ]  # fmt: skip
    done = stage.state[RUN].get(run.id)
    (step,) = stage.state[STEP].of(run.id)
    message = stage.state[MESSAGE].of(stage.thread.id)[-1]
    assert (done.status, done.usage, done.message_id) == ("completed", Usage(5, 6), message.id)
    assert (message.role, message.text, message.run_id) == ("assistant", "晴,24 度", run.id)
    assert (step.message_id, step.status, step.completed_at) == (message.id, "completed", message.completed_at)
    assert step.created_at == message.created_at < message.completed_at == done.completed_at


def test_a_call_waits_for_its_output(stage: Stage) -> None:
    """The run stops with its calls; after the outputs the step ends, and the next turn comes."""
    stage.script(turns.calls("f", city="北京"), "晴")
    run = stage.run()
    assert names(stage.events(run)) == ["RunQueued", "RunStarted", "StepBegan", "ToolCalled", "OutputsNeeded"]
    waiting = stage.state[RUN].get(run.id)
    (call,) = waiting.calls
    assert (waiting.status, call.name, call.arguments) == ("requires_action", "f", '{"city":"北京"}')
    assert submit_outputs(stage.state, stage.thread.id, run.id, [(call.id, "24")]) == waiting
    assert names(stage.events(run))[:5] == ["OutputsGiven", "StepEnded", "RunQueued", "RunStarted", "StepBegan"]
    done = stage.state[RUN].get(run.id)
    assert (done.status, done.calls) == ("completed", ())
    assert [(step.type, step.status) for step in stage.state[STEP].of(run.id)] == [
        ("tool_calls", "completed"),
        ("message_creation", "completed"),
    ]
    assert stage.texts() == ["北京天气?", "晴"]


def test_calls_in_a_list_are_one_round(stage: Stage) -> None:
    """Their outputs come together, by id or by position."""
    stage.script([turns.calls("f", a=1), turns.calls("g", a=2)], "done")
    run = stage.performed()
    assert [call.name for call in run.calls] == ["f", "g"]
    submit_outputs(stage.state, stage.thread.id, run.id, [(run.calls[1].id, "two"), ("", "one")])
    perform(stage.state, run.id)
    assert stage.state[PERFORMANCE].get(run.id).history == (*(call for call in stage.state[STEP].of(run.id)[0].calls),)
    assert [call.output for call in stage.state[STEP].of(run.id)[0].calls] == ["one", "two"]


WRONG_OUTPUTS: dict[str, tuple[list[tuple[str | None, str]], str]] = {
    "none": ([], "missing_output"),
    "one is missing": ([("", "one")], "missing_output"),
    "one too many": ([("", "one"), ("", "two"), ("", "three")], "unknown_call"),
    "an unknown call": ([("call-9", "one"), ("", "two")], "unknown_call"),
}


@pytest.mark.parametrize(("outputs", "kind"), WRONG_OUTPUTS.values(), ids=WRONG_OUTPUTS)
def test_wrong_outputs_change_nothing(stage: Stage, outputs: list[tuple[str | None, str]], kind: str) -> None:
    """The run waits as before, and takes the right ones afterwards."""
    stage.script([turns.calls("f"), turns.calls("g")], "done")
    run = stage.performed()
    with pytest.raises(Refusal, match=kind):
        submit_outputs(stage.state, stage.thread.id, run.id, outputs)
    assert stage.state[RUN].get(run.id) == run
    submit_outputs(stage.state, stage.thread.id, run.id, [("", "one"), (None, "two")])
    assert perform(stage.state, run.id).status == "completed"
    with pytest.raises(Refusal, match="run_not_waiting"):
        submit_outputs(stage.state, stage.thread.id, run.id, [("", "one")])


def test_a_function_is_asked_after_each_round(stage: Stage) -> None:
    """It sees the outputs so far; its text ends the run."""
    seen: list[dict[str, str]] = []

    def answer(run: Run) -> Any:
        seen.append(run.outputs)
        return turns.calls("f", n=len(seen)) if len(seen) < 3 else f"{run.messages[-1].text} {run.outputs['f']}"

    stage.script(answer)
    run = stage.performed()
    for output in ("a", "b"):
        submit_outputs(stage.state, stage.thread.id, run.id, [(None, output)])
        run = perform(stage.state, run.id)
    assert seen == [{}, {"f": "a"}, {"f": "b"}]
    assert (run.status, stage.texts()[-1]) == ("completed", "北京天气? b")


def test_what_a_function_raises_fails_the_run(stage: Stage) -> None:
    """It is raised where the run is performed; afterwards the run has failed."""
    stage.script(lambda run: 1 / 0)
    run = stage.run()
    with pytest.raises(ZeroDivisionError):
        perform(stage.state, run.id)
    failed = perform(stage.state, run.id)
    assert (failed.status, failed.last_error) == ("failed", RunError("server_error", "division by zero"))


ENDS: dict[str, tuple[Any, str, str]] = {
    "fails": (turns.fails("rate_limit_exceeded", "slow down"), "failed", "failed_at"),
    "expires": (turns.expires(), "expired", "expired_at"),
    "cancels": (turns.cancels(), "cancelled", "cancelled_at"),
}


@pytest.mark.parametrize(("turn", "status", "at"), ENDS.values(), ids=ENDS)
def test_a_run_may_end_badly(stage: Stage, turn: Any, status: str, at: str) -> None:
    """It says so, with the time and the error."""
    stage.script(turn)
    run = stage.performed()
    assert (run.status, getattr(run, at)) == (status, stage.state.clock.now_ms)
    assert stage.texts() == ["北京天气?"]
    assert look_at_run(stage.state, stage.thread.id, run.id) == cancel_run(stage.state, stage.thread.id, run.id) == run


def test_an_incomplete_answer_is_kept(stage: Stage) -> None:
    """The message has what was said; the run is incomplete."""
    stage.script(turns.incomplete("晴"))
    run = stage.performed()
    assert (run.status, stage.texts()[-1]) == ("incomplete", "晴")


def test_a_run_that_waits_can_be_cancelled_or_expire(stage: Stage) -> None:
    """Its open step ends with it."""
    stage.script(turns.calls("f"), times=2)
    cancelled, expired = stage.performed(), stage.performed()
    assert cancel_run(stage.state, stage.thread.id, cancelled.id).status == "cancelled"
    expire_run(stage.state, expired.id)
    assert perform(stage.state, expired.id).status == "expired"
    assert [stage.state[STEP].of(run.id)[0].status for run in (cancelled, expired)] == ["cancelled", "expired"]


def test_polls_are_counted(stage: Stage) -> None:
    """So many retrieves see the run in progress, and no message; the next sees it done."""
    stage.script(turns.says("晴", polls=2))
    run = stage.performed()
    looks = [look_at_run(stage.state, stage.thread.id, run.id).status for _ in range(2)]
    assert (run.status, looks, stage.texts()) == ("in_progress", ["in_progress"] * 2, ["北京天气?"])
    assert look_at_run(stage.state, stage.thread.id, run.id).status == "completed"


def test_never_stays_in_progress(stage: Stage) -> None:
    """However often one looks."""
    stage.script(turns.never())
    run = stage.performed()
    assert {look_at_run(stage.state, stage.thread.id, run.id).status for _ in range(5)} == {"in_progress"}


def test_a_stream_that_nobody_reads_does_not_hold_the_run_up(stage: Stage) -> None:
    """A first retrieve shows it as far as it was taken, a second one at its next stop."""
    stage.script("晴")
    run = stage.run(streamed=True)
    next_event(stage.state, run.id)
    next_event(stage.state, run.id)
    assert look_at_run(stage.state, stage.thread.id, run.id).status == "in_progress"
    next_event(stage.state, run.id)
    assert look_at_run(stage.state, stage.thread.id, run.id).status == "in_progress"
    assert look_at_run(stage.state, stage.thread.id, run.id).status == "completed"


def test_the_first_script_that_fits_is_taken(stage: Stage) -> None:
    """By text, predicate and assistant; one with no uses left is passed over; without one the run says what to do."""
    other = create_assistant(stage.state)
    scripts = [
        stage.script("rain", when="雨"),
        stage.script("other", assistant=other.id),
        stage.script("first", when=lambda run: run.assistant.id == stage.assistant.id),
        stage.script("always", times=None),
    ]
    for _ in range(3):
        stage.performed()
    assert stage.texts()[1:] == ["first", "always", "always"]
    assert [(script.used, script.wasted) for script in scripts] == [(0, True), (0, True), (1, False), (2, False)]
    stage.state.scripts.clear()
    stage.performed()
    assert stage.texts()[-1] == 'No script answers this run of the mock: studio.script("…")'


def test_a_built_in_tool_is_a_step_of_its_own(stage: Stage) -> None:
    """Its arguments come in pieces, its output in one; nothing is to be submitted."""
    stage.script(turns.uses("calculator", '{"x": 1}', "2", pieces=2), "two")
    run = stage.run()
    events = stage.events(run)
    assert [(one.event.arguments, one.event.output) for one in events if isinstance(one.event, ToolCallPiece)] == [
        ("", None), ('{"x"', None), (": 1}", None), ("", None), ("", None), (None, "2"), (None, ""), (None, ""),
    ]  # fmt: skip
    step = stage.state[STEP].of(run.id)[0]
    assert [(call.type, call.arguments, call.output) for call in step.calls] == [("calculator", '{"x": 1}', "2")]
    assert stage.state[RUN].get(run.id).status == "completed"


MISTAKES: dict[str, tuple[Any, str]] = {
    "nobody has the tool": (turns.calls("weather"), r"was not given that function; it has f, g"),
    "a function returns nothing": (lambda run: None, "the script's function returned None; expected a text"),
    "a function returns a coroutine": (lambda run: [1], r"returned \[1\]; expected a text"),
}


@pytest.mark.parametrize(("given", "told"), MISTAKES.values(), ids=MISTAKES)
def test_an_authors_mistake_is_told_at_the_run(stage: Stage, given: Any, told: str) -> None:
    """With what is there, and what was expected."""
    stage.script(given)
    run = stage.run()
    with pytest.raises((TypeError, ValueError), match=told):
        perform(stage.state, run.id)


REFUSED: dict[str, tuple[Callable[[Stage], Any], str]] = {
    "thread": (lambda stage: create_run(stage.state, "no", "no"), "thread_not_found"),
    "assistant": (lambda stage: create_run(stage.state, stage.thread.id, "no"), "assistant_not_found"),
    "empty": (lambda stage: create_run(stage.state, create_thread(stage.state).id, stage.assistant.id), "empty_thread"),
    "run": (lambda stage: look_at_run(stage.state, stage.thread.id, "no"), "run_not_found"),
    "submit": (lambda stage: submit_outputs(stage.state, stage.thread.id, stage.performed().id, [("", "x")]), "run_not_waiting"),
}


@pytest.mark.parametrize(("call", "kind"), REFUSED.values(), ids=REFUSED)
def test_a_refused_run_is_not_made(stage: Stage, call: Callable[[Stage], Any], kind: str) -> None:
    """And no script is used."""
    script = stage.script("x")
    with pytest.raises(Refusal, match=kind):
        call(stage)
    assert script.used == len(stage.state[RUN].of())


@pytest.mark.parametrize("stop", range(16))
def test_a_restored_run_goes_on_as_often_as_one_likes(stop: int) -> None:
    """Saved after any event, it goes on to the same end, twice."""
    stage = Stage()
    stage.script(turns.calls("f"), turns.says("晴,24 度", pieces=3))
    run = stage.run()

    def go_on() -> list[Happened]:
        found = stage.events(run)
        if stage.state[RUN].get(run.id).status == "requires_action":
            submit_outputs(stage.state, stage.thread.id, run.id, [("", "24")])
            found += stage.events(run)
        return found

    for _ in range(stop):
        if next_event(stage.state, run.id) is None and stage.state[RUN].get(run.id).calls:
            submit_outputs(stage.state, stage.thread.id, run.id, [("", "24")])
    put_back, time = stage.state.save(), stage.state.clock.state()
    first, end = go_on(), stage.state[RUN].get(run.id)
    put_back()
    stage.state.clock.restore(time)
    assert go_on() == first
    assert stage.state[RUN].get(run.id) == end
    assert end.status == "completed"


def test_a_thread_takes_its_runs_along(stage: Stage) -> None:
    """Runs, steps and how far they have come go with it."""
    run = stage.performed()
    delete_thread(stage.state, stage.thread.id)
    assert [len(stage.state[kind]) for kind in (RUN, STEP, PERFORMANCE)] == [0, 0, 0]
    assert not stage.state.has(run.id)


def test_a_message_posted_during_a_run_stands_at_its_time() -> None:
    """The answer has the time at which it began, so it stands before what came while it was written."""
    stage = Stage(Habits())
    stage.script("a long answer")
    run = stage.run(streamed=True)
    for _ in range(4):
        next_event(stage.state, run.id)
    add_message(stage.state, stage.thread.id, Draft("and?"))
    stage.events(run)
    assert stage.texts() == ["北京天气?", "a long answer", "and?"]


def test_scripted_usage_and_pieces_are_as_given(stage: Stage) -> None:
    """Usage is taken over, pieces are cut evenly or as listed."""
    stage.script(turns.says("abcde", pieces=2, usage=(439, 11)))
    run = stage.run()
    pieces = [one.event.text for one in stage.events(run) if isinstance(one.event, TextPiece)]
    assert pieces == ["ab", "cde", ""]
    assert stage.state[RUN].get(run.id).usage == Usage(439, 11)
    assert Says("x") == turns.says("x")
