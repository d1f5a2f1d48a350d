"""A run as a test sees it: frozen, with what belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_assistant_mock._engine.kinds.assistants import ASSISTANT, Assistant
from pytest_assistant_mock._engine.kinds.messages import MESSAGE, Message
from pytest_assistant_mock._engine.kinds.runs import RunError, RunStatus, StoredRun, ToolCall, Usage
from pytest_assistant_mock._engine.state import State


@dataclass(frozen=True, slots=True)
class Run:
    """
    One run.

    messages: the thread's, oldest first. tools: as they were sent, the assistant's unless the run had its own.
    calls: the calls of functions that have outputs, in order. outputs: the last output of each function, by its name.
    created_at: in ms.
    """

    id: str
    thread_id: str
    status: RunStatus
    assistant: Assistant
    messages: tuple[Message, ...] = field(repr=False)
    tools: tuple[dict[str, Any], ...] = field(repr=False)
    instructions: str
    metadata: Mapping[str, Any]
    calls: tuple[ToolCall, ...] = ()
    usage: Usage | None = None
    last_error: RunError | None = None
    created_at: int = 0

    @property
    def outputs(self) -> dict[str, str]:
        """The last output of each function, by its name; {} before the first."""
        return {call.name: call.output for call in self.calls if call.output is not None}


def view(state: State, run: StoredRun, calls: tuple[ToolCall, ...]) -> Run:
    """A stored run, and the calls it has made so far, as a test sees them."""
    assistants = state[ASSISTANT]
    known = run.assistant_id in assistants
    return Run(
        run.id,
        run.thread_id,
        run.status,
        assistants.get(run.assistant_id) if known else Assistant(run.assistant_id, 0),
        tuple(state[MESSAGE].of(run.thread_id)),
        run.tools,
        run.instructions,
        run.metadata,
        calls,
        run.usage,
        run.last_error,
        run.created_at,
    )
