"""
How conversations are drawn: step by step, each from what exists at that point.

Knows no vendor by name: what a vendor cannot do is not among its routes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

from hypothesis import strategies as st

from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock.strategies import functions, values
from pytest_assistant_mock.strategies.calls import Call, JSONObject
from pytest_assistant_mock.strategies.conversation import Conversation
from pytest_assistant_mock.strategies.scripts import scripts_of
from pytest_assistant_mock.strategies.vendor_names import vendor_of

FILES = ("file-1", "file-2", "file-3")
_OURS: dict[str, st.SearchStrategy[Any]] = {
    "messages": st.just([]),
    "file_ids": st.none(),
    "tools": st.none(),
    "thread_id": st.just(""),
    "message_id": st.just(""),
    "assistant_id": st.just(""),
    "run_id": st.just(""),
}
"""What a conversation says by itself: its messages have numbers, its files are few."""


@dataclass(slots=True)
class _Run:
    """A run at some point of a conversation: how many calls each round has whose outputs it waits for."""

    thread: int
    rounds: list[int]


@dataclass(slots=True)
class _State:
    """What exists at some point of a conversation. asked: the threads whose last message is a user's."""

    vendor: Vendor
    threads: list[int] = field(default_factory=list)
    messages: dict[int, list[int]] = field(default_factory=dict)
    files: dict[int, tuple[str, ...]] = field(default_factory=dict)
    asked: set[int] = field(default_factory=set)
    tools: dict[int, list[JSONObject]] = field(default_factory=dict)
    assistants: list[int] = field(default_factory=list)
    runs: dict[int, _Run] = field(default_factory=dict)
    runs_made: int = 0


_Step: TypeAlias = Callable[[st.DrawFn, _State], Call]


def conversations(name: str, *, max_calls: int = 12) -> st.SearchStrategy[Conversation]:
    """
    Conversations the vendor accepts from first to last call: create threads, post, page, update, look at files, delete; make
    assistants, run them, streamed or not, give outputs, cancel, look at runs and steps.

    Raises ValueError for an unknown vendor or fewer than one call.
    """
    vendor = vendor_of(name)
    if max_calls < 1:
        raise ValueError(f"max_calls={max_calls}: a conversation has at least one call")
    return _conversation(vendor, max_calls)


@st.composite
def _conversation(draw: st.DrawFn, vendor: Vendor, max_calls: int) -> Conversation:
    state = _State(vendor)
    calls = [_create_thread(draw, state)]
    operations = {route.operation for route in vendor.routes}
    steps = [step for operation, step in (*_STEPS, *_OFTEN) if operation in operations]
    for choice in draw(st.lists(st.integers(0, len(steps) - 1), max_size=max_calls - 1)):
        calls.append(steps[choice](draw, state))
    return Conversation(vendor.name, tuple(calls))


@cache
def _payloads(vendor: str, operation: str) -> st.SearchStrategy[JSONObject]:
    from pytest_assistant_mock.strategies import by_vendor

    vendor_strategies = getattr(by_vendor, vendor)
    pins = {name: value for name, value in _OURS.items() if name in vendor_strategies.operations[operation].fields}
    dropped = [name for name in pins if name != "messages"]
    payloads: st.SearchStrategy[JSONObject] = vendor_strategies.accepted(operation, **pins)
    return payloads.map(lambda payload: {name: value for name, value in payload.items() if name not in dropped})


def _drawn(draw: st.DrawFn, state: _State, operation: str) -> JSONObject:
    return draw(_payloads(state.vendor.name, operation))


def _create_thread(draw: st.DrawFn, state: _State) -> Call:
    number = len(state.messages)
    state.threads.append(number)
    state.messages[number] = []
    return Call("create_thread", _drawn(draw, state, "create_thread"))


def _with_thread(step: Callable[[st.DrawFn, _State, int], Call]) -> _Step:
    def act(draw: st.DrawFn, state: _State) -> Call:
        return step(draw, state, draw(st.sampled_from(state.threads))) if state.threads else _create_thread(draw, state)

    return act


@_with_thread
def _post(draw: st.DrawFn, state: _State, thread: int) -> Call:
    return _posted(draw, state, thread)


def _posted(draw: st.DrawFn, state: _State, thread: int) -> Call:
    files = draw(st.lists(st.sampled_from(FILES), max_size=3, unique=True))
    number = sum(map(len, state.messages.values()))
    state.messages[thread].append(number)
    state.files[number] = tuple(files)
    state.asked.add(thread)
    return Call("create_message", {**_drawn(draw, state, "create_message"), "file_ids": files}, thread=thread)


@_with_thread
def _list(draw: st.DrawFn, state: _State, thread: int) -> Call:
    after = draw(st.none() | st.sampled_from(state.messages[thread])) if state.messages[thread] else None
    return Call("list_messages", _page(draw), thread=thread, after=after)


def _page(draw: st.DrawFn) -> JSONObject:
    return {"limit": draw(st.integers(1, 5)), "order": draw(st.sampled_from(["asc", "desc"]))}


def _with_message(step: Callable[[st.DrawFn, _State, int, int], Call]) -> _Step:
    def act(draw: st.DrawFn, state: _State) -> Call:
        alive = [(thread, message) for thread in state.threads for message in state.messages[thread]]
        return step(draw, state, *draw(st.sampled_from(alive))) if alive else _post(draw, state)

    return act


@_with_message
def _retrieve(draw: st.DrawFn, state: _State, thread: int, message: int) -> Call:
    return Call("retrieve_message", thread=thread, message=message)


@_with_message
def _update(draw: st.DrawFn, state: _State, thread: int, message: int) -> Call:
    return Call("update_message", _drawn(draw, state, "update_message"), thread=thread, message=message)


@_with_message
def _list_files(draw: st.DrawFn, state: _State, thread: int, message: int) -> Call:
    return Call("list_message_files", _drawn(draw, state, "list_message_files"), thread=thread, message=message)


@_with_thread
def _update_thread(draw: st.DrawFn, state: _State, thread: int) -> Call:
    return Call("update_thread", _drawn(draw, state, "update_thread"), thread=thread)


@_with_thread
def _delete_thread(draw: st.DrawFn, state: _State, thread: int) -> Call:
    state.threads.remove(thread)
    state.runs = {number: run for number, run in state.runs.items() if run.thread != thread}
    return Call("delete_thread", thread=thread)


def _create_assistant(draw: st.DrawFn, state: _State) -> Call:
    number = len(state.tools)
    state.tools[number] = draw(functions.tools(min_size=1, max_size=2))
    state.assistants.append(number)
    return Call("create_assistant", {**_drawn(draw, state, "create_assistant"), "tools": state.tools[number]})


def _with_assistant(step: Callable[[st.DrawFn, _State, int], Call]) -> _Step:
    def act(draw: st.DrawFn, state: _State) -> Call:
        return step(draw, state, draw(st.sampled_from(state.assistants))) if state.assistants else _create_assistant(draw, state)

    return act


@_with_assistant
def _run(draw: st.DrawFn, state: _State, assistant: int) -> Call:
    """A run; what it needs first, if it is not there: a thread whose last message is a user's."""
    ready = [thread for thread in state.threads if thread in state.asked]
    if not ready:
        return _post(draw, state)
    thread = draw(st.sampled_from(ready))
    state.asked.remove(thread)
    script = draw(scripts_of(state.vendor, state.tools[assistant], 2))
    rounds = [len(turn) for turn in script if isinstance(turn, list)]
    # a client that reads a stream whole cannot answer in the middle of it
    stays_open = state.vendor.streams is not None and state.vendor.streams.stays_open and bool(rounds)
    streamed = not stays_open and draw(st.booleans())
    state.runs[state.runs_made] = _Run(thread, rounds)
    state.runs_made += 1
    return Call("create_run", {"stream": streamed}, thread=thread, assistant=assistant, script=script)


@_with_assistant
def _retrieve_assistant(draw: st.DrawFn, state: _State, assistant: int) -> Call:
    return Call("retrieve_assistant", assistant=assistant)


@_with_assistant
def _update_assistant(draw: st.DrawFn, state: _State, assistant: int) -> Call:
    return Call("update_assistant", _drawn(draw, state, "update_assistant"), assistant=assistant)


@_with_assistant
def _delete_assistant(draw: st.DrawFn, state: _State, assistant: int) -> Call:
    state.assistants.remove(assistant)
    return Call("delete_assistant", assistant=assistant)


def _list_assistants(draw: st.DrawFn, state: _State) -> Call:
    return Call("list_assistants", _page(draw))


def _with_run(step: Callable[[st.DrawFn, _State, int, _Run], Call], *, waiting: bool = False) -> _Step:
    def act(draw: st.DrawFn, state: _State) -> Call:
        runs = [number for number, run in state.runs.items() if run.rounds or not waiting]
        if not runs:
            return _run(draw, state)
        number = draw(st.sampled_from(runs))
        return step(draw, state, number, state.runs[number])

    return act


def _submit(draw: st.DrawFn, state: _State, number: int, run: _Run) -> Call:
    outputs = draw(st.lists(values.text(max_size=20), min_size=run.rounds[0], max_size=run.rounds[0]))
    del run.rounds[0]
    state.asked.discard(run.thread)  # the run may speak now, after what the user has said meanwhile
    stays_open = state.vendor.streams is not None and state.vendor.streams.stays_open
    payload = {} if stays_open else {"stream": draw(st.booleans())}  # where it does, outputs are answered with the run
    return Call("submit_tool_outputs", payload, thread=run.thread, run=number, outputs=tuple(outputs))


def _cancel(draw: st.DrawFn, state: _State, number: int, run: _Run) -> Call:
    run.rounds.clear()
    return Call("cancel_run", thread=run.thread, run=number)


def _look_at_run(operation: str, paged: bool) -> _Step:
    def step(draw: st.DrawFn, state: _State, number: int, run: _Run) -> Call:
        about = None if operation == "list_runs" else number
        return Call(operation, _page(draw) if paged else {}, thread=run.thread, run=about)

    return _with_run(step)


def _update_run(draw: st.DrawFn, state: _State, number: int, run: _Run) -> Call:
    return Call("update_run", _drawn(draw, state, "update_run"), thread=run.thread, run=number)


_STEPS: tuple[tuple[str, _Step], ...] = (
    ("create_message", _post),
    ("list_messages", _list),
    ("retrieve_message", _retrieve),
    ("update_message", _update),
    ("list_message_files", _list_files),
    ("create_thread", _create_thread),
    ("update_thread", _update_thread),
    ("delete_thread", _delete_thread),
    ("create_run", _run),
    ("submit_tool_outputs", _with_run(_submit, waiting=True)),
    ("cancel_run", _with_run(_cancel, waiting=True)),
    ("retrieve_run", _look_at_run("retrieve_run", paged=False)),
    ("list_runs", _look_at_run("list_runs", paged=True)),
    ("list_run_steps", _look_at_run("list_run_steps", paged=True)),
    ("update_run", _with_run(_update_run)),
    ("create_assistant", _create_assistant),
    ("retrieve_assistant", _retrieve_assistant),
    ("update_assistant", _update_assistant),
    ("list_assistants", _list_assistants),
    ("delete_assistant", _delete_assistant),
)
"""By the operation that a vendor must have for it."""

_OFTEN = tuple(row for row in _STEPS if row[0] in ("create_run", "submit_tool_outputs")) * 5
"""What needs much before it, and so would come seldom."""
