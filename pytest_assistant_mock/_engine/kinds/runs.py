"""Runs and their steps, as values, and how they are found. What makes them move is the business of `performing`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

from pytest_assistant_mock._engine.kinds.threads import THREAD, JSONObject, retrieve_thread
from pytest_assistant_mock._engine.state import State
from pytest_assistant_mock._engine.table import Kind, Page, Place

RunStatus: TypeAlias = Literal[
    "queued", "in_progress", "requires_action", "cancelling", "cancelled", "failed", "completed", "expired", "incomplete"
]
StepType: TypeAlias = Literal["message_creation", "tool_calls"]
StepStatus: TypeAlias = Literal["in_progress", "completed", "failed", "cancelled", "expired"]

ENDED: frozenset[RunStatus] = frozenset(("cancelled", "failed", "completed", "expired", "incomplete"))
"""The statuses in which a run has come to its end."""


class RunError(NamedTuple):
    """Why a run failed."""

    code: str
    message: str


class Usage(NamedTuple):
    """How many tokens went in and came out."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class ToolCall:
    """
    One call of a tool: its arguments as JSON text, its output once there is one.

    type: "function", or the built-in tool's own name.
    """

    id: str
    name: str
    arguments: str
    output: str | None = None
    type: str = "function"


class StoredRun(NamedTuple):
    """
    One run. All times are in ms, 0 where there is none. A tuple: a run changes eight times until it has ended.

    calls: the tool calls whose outputs it waits for. options: what else was sent and is echoed, by name.
    leg_at: when it was last queued: at its creation, or when outputs came. message_id: its last answer, "" before.
    """

    id: str
    thread_id: str
    assistant_id: str
    created_at: int
    sequence: int
    metadata: JSONObject
    options: JSONObject
    status: RunStatus = "queued"
    model: str = ""
    instructions: str = ""
    tools: tuple[JSONObject, ...] = ()
    calls: tuple[ToolCall, ...] = ()
    last_error: RunError | None = None
    usage: Usage | None = None
    leg_at: int = 0
    completed_at: int = 0
    failed_at: int = 0
    cancelled_at: int = 0
    expired_at: int = 0
    message_id: str = ""

    @property
    def place(self) -> Place:
        """Where it stands among the thread's runs."""
        return (self.created_at, self.sequence)

    @property
    def ended(self) -> bool:
        """Whether it has come to its end."""
        return self.status in ENDED


RUN: Kind[StoredRun] = Kind("run", THREAD)


@dataclass(frozen=True, slots=True)
class Step:
    """
    One step of a run. All times are in ms, 0 where there is none.

    calls: what it called, for a step of type "tool_calls"; message_id: what it wrote, for one of type "message_creation".
    """

    id: str
    run_id: str
    thread_id: str
    assistant_id: str
    created_at: int
    sequence: int = 0
    type: StepType = "message_creation"
    status: StepStatus = "in_progress"
    calls: tuple[ToolCall, ...] = ()
    message_id: str = ""
    last_error: RunError | None = None
    completed_at: int = 0
    failed_at: int = 0
    cancelled_at: int = 0
    expired_at: int = 0

    @property
    def place(self) -> Place:
        """Where it stands among the run's steps."""
        return (self.created_at, self.sequence)


STEP: Kind[Step] = Kind("step", RUN, local=True)


def find_run(state: State, thread_id: str, run_id: str) -> StoredRun:
    """The run of that id in that thread; refuses "thread_not_found", "run_not_found"."""
    retrieve_thread(state, thread_id)
    return state[RUN].get(run_id, thread_id)


def list_runs(state: State, thread_id: str, **paging: Any) -> Page[StoredRun]:
    """A page of a thread's runs, as `Table.page` takes it."""
    retrieve_thread(state, thread_id)
    return state[RUN].page(thread_id, **paging)


def update_run(state: State, thread_id: str, run_id: str, metadata: Mapping[str, Any] | None = None) -> StoredRun:
    """Replace a run's metadata; None leaves it as it is."""
    run = find_run(state, thread_id, run_id)
    return run if metadata is None else state[RUN].replace(run._replace(metadata=dict(metadata)))


def list_steps(state: State, thread_id: str, run_id: str, **paging: Any) -> Page[Step]:
    """A page of a run's steps, as `Table.page` takes it."""
    find_run(state, thread_id, run_id)
    return state[STEP].page(run_id, **paging)


def retrieve_step(state: State, thread_id: str, run_id: str, step_id: str) -> Step:
    """One step; refuses "thread_not_found", "run_not_found", "step_not_found"."""
    find_run(state, thread_id, run_id)
    return state[STEP].get(step_id, run_id)
