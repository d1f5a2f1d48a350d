"""
What happens in a run, in words that are no vendor's. Applying an event is the only way a run, a step or an answer changes.

Values only. A vendor prints each event as its own frames, or not at all.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

from pytest_assistant_mock._engine.kinds.messages import Message
from pytest_assistant_mock._engine.kinds.runs import Step, StepStatus, StepType, StoredRun, ToolCall, Usage


class RunQueued(NamedTuple):
    """The run waits for its turn: `first` after it was made, else after outputs were given."""

    first: bool = True


class RunStarted(NamedTuple):
    """The run is in progress."""


class StepBegan(NamedTuple):
    """A step is in progress."""

    type: StepType = "message_creation"


class TextBegan(NamedTuple):
    """An answer begins, empty."""


class TextPiece(NamedTuple):
    """Some more of the answer. `pause` in seconds before it comes; they really pass if `wait`. `content`: more than text."""

    text: str
    last: bool = False
    pause: float = 0.0
    wait: bool = False
    content: tuple[dict[str, Any], ...] = ()


class TextEnded(NamedTuple):
    """The answer is whole: its text, and its content item by item where that is more than the text."""

    text: str
    content: tuple[dict[str, Any], ...] = ()


class TextBroken(NamedTuple):
    """The answer stays as it is: the run ends before it is whole."""

    text: str


class ToolCallPiece(NamedTuple):
    """Some more of a built-in tool's arguments, or of its output; the other is None."""

    tool: str
    arguments: str | None = None
    output: str | None = None


class ToolCalled(NamedTuple):
    """A tool is called; a built-in one has its output already."""

    call: ToolCall


class OutputsNeeded(NamedTuple):
    """The run waits for the outputs of its calls."""


class OutputsGiven(NamedTuple):
    """The outputs have come."""

    calls: tuple[ToolCall, ...]


class StepEnded(NamedTuple):
    """The step ends."""

    status: StepStatus = "completed"


class RunCompleted(NamedTuple):
    """The run ends well."""

    usage: Usage | None = None


class RunFailed(NamedTuple):
    """The run fails."""

    code: str
    message: str


class RunCancelled(NamedTuple):
    """The run is cancelled."""


class RunExpired(NamedTuple):
    """The run took too long."""


class RunIncomplete(NamedTuple):
    """The run ends with an answer that is not whole."""


RunEvent: TypeAlias = (
    RunQueued
    | RunStarted
    | StepBegan
    | TextBegan
    | TextPiece
    | TextEnded
    | TextBroken
    | ToolCallPiece
    | ToolCalled
    | OutputsNeeded
    | OutputsGiven
    | StepEnded
    | RunCompleted
    | RunFailed
    | RunCancelled
    | RunExpired
    | RunIncomplete
)


class Happened(NamedTuple):
    """An event that has been applied, with the run as it was right after it, and the step and the answer it was about."""

    event: RunEvent
    run: StoredRun
    step: Step | None = None
    message: Message | None = None
