"""
Makes a run move. `next_event` makes and applies one event; polling folds events into the state, a stream prints them.

Knows scripts and the state; knows neither a vendor nor how an answer is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pytest_assistant_mock._engine.applying import apply
from pytest_assistant_mock._engine.kinds.assistants import retrieve_assistant
from pytest_assistant_mock._engine.kinds.messages import MESSAGE
from pytest_assistant_mock._engine.kinds.performances import PERFORMANCE, Performance
from pytest_assistant_mock._engine.kinds.runs import RUN, STEP, StoredRun, ToolCall, Usage, find_run
from pytest_assistant_mock._engine.kinds.threads import retrieve_thread
from pytest_assistant_mock._engine.run_events import (
    Happened,
    OutputsGiven,
    OutputsNeeded,
    RunCancelled,
    RunCompleted,
    RunEvent,
    RunExpired,
    RunFailed,
    RunQueued,
    RunStarted,
    StepBegan,
    StepEnded,
    TextBroken,
    ToolCalled,
)
from pytest_assistant_mock._engine.run_view import view
from pytest_assistant_mock._engine.scripts import events_of, items, schema_of, take, tool_names
from pytest_assistant_mock._engine.state import State
from pytest_assistant_mock._engine.turns import Calls, Item, Never, Round, Says, Uses
from pytest_assistant_mock._engine.wire import Refusal

__tracebackhide__ = True  # what a test's function raises shows its own lines


def create_run(
    state: State,
    thread_id: str,
    assistant_id: str,
    *,
    model: str | None = None,
    instructions: str | None = None,
    additional_instructions: str | None = None,
    tools: Sequence[dict[str, Any]] | None = None,
    metadata: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    streamed: bool = False,
) -> StoredRun:
    """
    A new run, queued, with the first script that fits it. Refuses "thread_not_found", "assistant_not_found", "empty_thread".

    What is None is the assistant's own; additional instructions come after the others. The clock ticks 1 ms.
    """
    thread, assistant = retrieve_thread(state, thread_id), retrieve_assistant(state, assistant_id)
    if not state[MESSAGE].of(thread.id):
        raise Refusal("empty_thread", "thread_id", {"id": thread.id})
    number, run_id = state.next_id("run", "run", state[RUN])
    now = state.clock.tick()
    told = [assistant.instructions if instructions is None else instructions, additional_instructions]
    run = StoredRun(
        run_id,
        thread.id,
        assistant.id,
        now,
        number,
        model=model or assistant.model,
        instructions="\n".join(text for text in told if text),
        tools=assistant.tools if tools is None else tuple(tools),
        metadata=dict(metadata or {}),
        options=dict(options or {}),
        leg_at=now,
    )
    turns = take(state.scripts, view(state, run, ()), state.name)
    state[RUN].add(run)
    state[PERFORMANCE].add(Performance(0, 0, run_id, turns, (RunQueued(), RunStarted()), streamed=streamed))
    return run


def next_event(state: State, run_id: str, known: Performance | None = None) -> Happened | None:
    """
    The next event, made and applied; None where the run waits or has ended. What a test's function raises fails the run.

    known: the run's performance, for a caller that has just looked it up.
    """
    performance = known or state[PERFORMANCE].get(run_id)
    while not performance.stop and performance.at == len(performance.coming):
        try:
            performance = _expanded(state, performance)
        except Exception as error:
            _go_on(state, performance, (*_broken_off(performance, "failed"), RunFailed("server_error", f"{error}")))
            raise
        state[PERFORMANCE].replace(performance)
    if performance.stop:
        return None
    return apply(state, performance, performance.coming[performance.at])


def perform(state: State, run_id: str) -> StoredRun:
    """Let a run come to its end or its next stop; what happens is kept for its stream, if somebody reads one."""
    happened: list[Happened] = []
    try:
        while one := next_event(state, run_id):
            happened.append(one)
    except Exception:
        while one := next_event(state, run_id):  # it fails
            happened.append(one)
        raise
    finally:
        performance = state[PERFORMANCE].get(run_id)
        if happened and run_id in state.streams:
            state[PERFORMANCE].replace(performance._replace(unread=(*performance.unread, *happened)))
    return state[RUN].get(run_id)


def look_at_run(state: State, thread_id: str, run_id: str) -> StoredRun:
    """
    The run as a retrieve shows it.

    One that waits for retrieves comes nearer to its end. A stream that is not read on between two retrieves does not hold the
    run up: the second sees it at its next stop.
    """
    find_run(state, thread_id, run_id)
    performance = state[PERFORMANCE].get(run_id)
    if performance.stop == "polls":
        if performance.polls:
            state[PERFORMANCE].replace(performance._replace(polls=performance.polls - 1))
        else:
            state[PERFORMANCE].replace(performance._replace(stop=""))
            perform(state, run_id)
    elif not performance.stop:
        if performance.seen == performance.events:
            perform(state, run_id)
        else:
            state[PERFORMANCE].replace(performance._replace(seen=performance.events))
    return state[RUN].get(run_id)


def submit_outputs(
    state: State, thread_id: str, run_id: str, outputs: Sequence[tuple[str | None, str]], *, streamed: bool = False
) -> StoredRun:
    """
    Give a run the outputs of its calls, by the calls' ids, or by position where an id is "" or None.

    The run goes on when it is performed or read. Returned as it was. Refuses "run_not_waiting", "unknown_call", "missing_output".
    """
    run = find_run(state, thread_id, run_id)
    performance = state[PERFORMANCE].get(run_id)
    if performance.stop != "outputs":
        raise Refusal("run_not_waiting", "run_id", {"id": run_id, "status": run.status})
    calls = _answered(run.calls, outputs)
    steps = (OutputsGiven(calls), StepEnded(), RunQueued(first=False), RunStarted())
    _go_on(state, performance._replace(streamed=streamed or performance.streamed), steps)
    state.wake(run_id)
    return run


def cancel_run(state: State, thread_id: str, run_id: str) -> StoredRun:
    """Cancel a run; one that has ended stays as it is. Where somebody reads its stream, the reader meets the end."""
    find_run(state, thread_id, run_id)
    end_run(state, run_id, RunCancelled(), "cancelled")
    if run_id not in state.streams:
        perform(state, run_id)
    return state[RUN].get(run_id)


def expire_run(state: State, run_id: str) -> None:
    """Let a run expire that waits for outputs."""
    if state[PERFORMANCE].get(run_id).stop == "outputs":
        end_run(state, run_id, RunExpired(), "expired")


def end_run(state: State, run_id: str, end: RunEvent, status: Any) -> None:
    """Let a run end next, whatever it was doing; its open answer and step end with it."""
    performance = state[PERFORMANCE].get(run_id)
    if performance.stop != "ended":
        _go_on(state, performance, (*_broken_off(performance, status), end))
        state.wake(run_id)


def _go_on(state: State, performance: Performance, coming: tuple[RunEvent, ...]) -> None:
    state[PERFORMANCE].replace(performance._replace(stop="", coming=coming, at=0, seen=-1))


def _broken_off(performance: Performance, status: Any) -> tuple[RunEvent, ...]:
    """What ends with a run that ends early."""
    broken = (TextBroken(""),) if performance.message is not None else ()
    return (*broken, StepEnded(status)) if performance.step is not None else broken


def _expanded(state: State, performance: Performance) -> Performance:
    """The next turn, as the events that come; a stop where the run has to wait for something first."""
    run = state[RUN].get(performance.run_id)
    if not performance.turns:
        return performance._replace(coming=(RunCompleted(_usage(state, run, performance)),), at=0)
    turn, *left = performance.turns
    if callable(turn):
        answer = items(turn(view(state, run, performance.history)))
        again = (turn,) if isinstance(answer[-1], tuple | Uses) else ()
        return performance._replace(turns=(*answer, *again, *left), coming=(), at=0)
    performance = performance._replace(turns=tuple(left), at=0)
    if isinstance(turn, Never):
        return performance._replace(coming=(), stop="never")
    if isinstance(turn, tuple):
        return performance._replace(coming=_round(state, run, turn))
    if isinstance(turn, Says) and turn.polls and not performance.streamed:
        return performance._replace(turns=(replace(turn, polls=0), *left), coming=(), stop="polls", polls=turn.polls)
    return performance._replace(coming=_events(state, run, turn, performance), usage=_scripted_usage(turn, performance))


def _events(state: State, run: StoredRun, turn: Item, performance: Performance) -> tuple[RunEvent, ...]:
    events = events_of(turn, state.habits)
    if isinstance(turn, Uses):
        call = _call(state, run, turn.tool, turn.arguments, 0)
        return (*events, ToolCalled(replace(call, output=turn.output, type=turn.tool)), StepEnded())
    return events


def _round(state: State, run: StoredRun, turn: Round) -> tuple[RunEvent, ...]:
    """Calls that are made at once. Raises ValueError for a function the run does not have, or arguments that do not fit it."""
    called = [ToolCalled(_function_call(state, run, call, position)) for position, call in enumerate(turn)]
    return (StepBegan("tool_calls"), *called, OutputsNeeded())


def _function_call(state: State, run: StoredRun, call: Calls, position: int) -> ToolCall:
    names = tool_names(run.tools)
    if call.name not in names:
        has = f"it has {', '.join(names)}" if names else "it has none"
        raise ValueError(
            f"turns.calls({call.name!r}): the assistant {run.assistant_id} was not given that function; {has}."
            ' Give it one: tools=[{"type": "function", "function": {"name": …}}]'
        )
    schema = schema_of(run.tools, call.name)
    if call.arguments is None:
        arguments = state.tools.make(call.name, schema)
    else:
        arguments = {name: value for name, value in call.arguments.items() if value is not None}
        state.tools.check(call.name, schema, arguments)
    return _call(state, run, call.name, state.habits.print_arguments(arguments), position)


def _call(state: State, run: StoredRun, name: str, arguments: str, position: int) -> ToolCall:
    step = len(state[STEP].of(run.id)) + 1
    id = state.habits.call_id(run.thread_id, run.id, step, position, state.numbers.next("call"))
    return ToolCall(id, name, arguments)


def _answered(calls: Sequence[ToolCall], outputs: Sequence[tuple[str | None, str]]) -> tuple[ToolCall, ...]:
    known = {call.id for call in calls}
    by_id = {id: output for id, output in outputs if id}
    for id in by_id:
        if id not in known:
            raise Refusal("unknown_call", "tool_call_id", {"id": id})
    unnamed = iter([output for id, output in outputs if not id])
    answered = []
    for call in calls:
        output = by_id[call.id] if call.id in by_id else next(unnamed, None)
        if output is None:
            raise Refusal("missing_output", "tool_outputs", {"id": call.id})
        answered.append(replace(call, output=output))
    if next(unnamed, None) is not None:
        raise Refusal("unknown_call", "tool_call_id", {"id": ""})
    return tuple(answered)


def _scripted_usage(turn: Item, performance: Performance) -> Usage | None:
    return Usage(*turn.usage) if isinstance(turn, Says) and turn.usage else performance.usage


def _usage(state: State, run: StoredRun, performance: Performance) -> Usage | None:
    if performance.usage is not None or not state.habits.counts_tokens:
        return performance.usage
    read = state[MESSAGE].size_of(run.thread_id) - performance.said  # without what the run itself has said
    return Usage(max(read, 1), max(performance.said, 1))
