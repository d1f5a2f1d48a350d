"""Applying an event: the only way a run, a step or an assistant's answer changes. One function an event, in one table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pytest_assistant_mock._engine.kinds.messages import MESSAGE, Message
from pytest_assistant_mock._engine.kinds.performances import PERFORMANCE, Performance
from pytest_assistant_mock._engine.kinds.runs import RUN, STEP, RunError, Step, StoredRun
from pytest_assistant_mock._engine.run_events import (
    Happened,
    OutputsGiven,
    OutputsNeeded,
    RunCancelled,
    RunCompleted,
    RunEvent,
    RunExpired,
    RunFailed,
    RunIncomplete,
    RunQueued,
    RunStarted,
    StepBegan,
    StepEnded,
    TextBegan,
    TextBroken,
    TextEnded,
    TextPiece,
    ToolCalled,
    ToolCallPiece,
)
from pytest_assistant_mock._engine.state import State

Applied = tuple[Performance, Step | None, Message | None]
"""What an event leaves of the performance, and the step and the answer it was about, as they are then."""


def apply(state: State, performance: Performance, event: RunEvent) -> Happened:
    """Change the state as an event says."""
    changed, step, message = _APPLY[type(event)](state, performance, event)
    state[PERFORMANCE].replace(changed.one_further())
    return Happened(event, state[RUN].get(performance.run_id), step, message)


def _queued(state: State, performance: Performance, event: RunQueued) -> Applied:
    if not event.first:
        _change(state, performance, status="queued", leg_at=state.clock.tick())
    return _same(performance)


def _started(state: State, performance: Performance, event: RunStarted) -> Applied:
    _change(state, performance, status="in_progress")
    return _same(performance)


def _step_began(state: State, performance: Performance, event: StepBegan) -> Applied:
    run = state[RUN].get(performance.run_id)
    number, id = _next_step(state, run.id)
    writes = event.type == "message_creation"
    answer, message_id = state.next_id("assistant message", "message", state[MESSAGE]) if writes else (0, "")
    now = state.clock.tick()
    step = Step(id, run.id, run.thread_id, run.assistant_id, now, number, event.type, message_id=message_id)
    if not writes:
        state[STEP].add(step)  # a step that writes is listed when it has written: clients read its message at once
    return performance._replace(step=step, answer=answer), step, None


def _text_began(state: State, performance: Performance, event: TextBegan) -> Applied:
    step, run = performance.step, state[RUN].get(performance.run_id)
    assert step is not None
    origin: dict[str, Any] = {"assistant_id": run.assistant_id, "run_id": run.id}
    message = Message(step.message_id, run.thread_id, "assistant", "", step.created_at, performance.answer, **origin)
    return performance._replace(message=message), step, message


def _text_piece(state: State, performance: Performance, event: TextPiece) -> Applied:
    if event.pause:
        state.clock.advance(event.pause)
    return _same(performance)


def _text_ended(state: State, performance: Performance, event: TextEnded) -> Applied:
    assert performance.message is not None
    message = replace(performance.message, text=event.text, content=event.content, completed_at=state.clock.tick())
    state[MESSAGE].add(message)
    _change(state, performance, message_id=message.id)
    said = performance.said + len(event.text)
    return performance._replace(message=None, said=said), performance.step, message


def _text_broken(state: State, performance: Performance, event: TextBroken) -> Applied:
    message = performance.message
    assert message is not None
    if event.text:
        message = state[MESSAGE].add(replace(message, text=event.text))
    return performance._replace(message=None), performance.step, message


def _called(state: State, performance: Performance, event: ToolCalled) -> Applied:
    assert performance.step is not None
    step = state[STEP].replace(replace(performance.step, calls=(*performance.step.calls, event.call)))
    return performance._replace(step=step), step, None


def _outputs_needed(state: State, performance: Performance, event: OutputsNeeded) -> Applied:
    assert performance.step is not None
    _change(state, performance, status="requires_action", calls=performance.step.calls)
    return performance._replace(stop="outputs"), performance.step, None


def _outputs_given(state: State, performance: Performance, event: OutputsGiven) -> Applied:
    assert performance.step is not None
    step = state[STEP].replace(replace(performance.step, calls=event.calls))
    _change(state, performance, status="in_progress", calls=())
    return performance._replace(step=step, history=(*performance.history, *event.calls)), step, None


def _step_ended(state: State, performance: Performance, event: StepEnded) -> Applied:
    step = performance.step
    assert step is not None
    writes = step.type == "message_creation"
    # the answer and its step end at the same time
    now = state.clock.now_ms if writes else state.clock.tick()
    changes: dict[str, Any] = {"status": event.status, _ENDED_AT[event.status]: now}
    ended = replace(step, **changes)
    if writes:
        state[STEP].add(ended)
    else:
        state[STEP].replace(ended)
    return performance._replace(step=None), ended, None


def _completed(state: State, performance: Performance, event: RunCompleted) -> Applied:
    return _ended(state, performance, status="completed", completed_at=state.clock.now_ms, usage=event.usage)


def _failed(state: State, performance: Performance, event: RunFailed) -> Applied:
    error = RunError(event.code, event.message)
    return _ended(state, performance, status="failed", failed_at=state.clock.tick(), last_error=error)


def _cancelled(state: State, performance: Performance, event: RunCancelled) -> Applied:
    return _ended(state, performance, status="cancelled", cancelled_at=state.clock.tick())


def _expired(state: State, performance: Performance, event: RunExpired) -> Applied:
    return _ended(state, performance, status="expired", expired_at=state.clock.tick())


def _incomplete(state: State, performance: Performance, event: RunIncomplete) -> Applied:
    return _ended(state, performance, status="incomplete")


def _ended(state: State, performance: Performance, **changes: Any) -> Applied:
    _change(state, performance, calls=(), **changes)
    return performance._replace(stop="ended", turns=(), step=None, message=None), None, None


def _next_step(state: State, run_id: str) -> tuple[int, str]:
    if not state.habits.local_steps:
        return state.next_id("step", "step")
    number = len(state[STEP].of(run_id)) + 1
    return number, state.format_id("step", number)


def _same(performance: Performance) -> Applied:
    return performance, performance.step, performance.message


def _change(state: State, performance: Performance, **changes: Any) -> StoredRun:
    return state[RUN].replace(state[RUN].get(performance.run_id)._replace(**changes))


_ENDED_AT: Mapping[str, str] = {
    "completed": "completed_at",
    "failed": "failed_at",
    "cancelled": "cancelled_at",
    "expired": "expired_at",
}

_APPLY: Mapping[type, Callable[[State, Performance, Any], Applied]] = {
    RunQueued: _queued,
    RunStarted: _started,
    StepBegan: _step_began,
    TextBegan: _text_began,
    TextPiece: _text_piece,
    TextEnded: _text_ended,
    TextBroken: _text_broken,
    ToolCallPiece: lambda state, performance, event: _same(performance),
    ToolCalled: _called,
    OutputsNeeded: _outputs_needed,
    OutputsGiven: _outputs_given,
    StepEnded: _step_ended,
    RunCompleted: _completed,
    RunFailed: _failed,
    RunCancelled: _cancelled,
    RunExpired: _expired,
    RunIncomplete: _incomplete,
}
