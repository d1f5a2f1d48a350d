"""How far a run has come, and what it has still to do: data, so that it can be saved and go on as often as one likes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from pytest_assistant_mock._engine.kinds.messages import Message
from pytest_assistant_mock._engine.kinds.runs import RUN, Step, ToolCall, Usage
from pytest_assistant_mock._engine.table import Kind

if TYPE_CHECKING:
    from pytest_assistant_mock._engine.run_events import Happened, RunEvent
    from pytest_assistant_mock._engine.turns import Function, Item

Stop: TypeAlias = Literal["", "outputs", "polls", "never", "ended"]
"""What a run waits for: nothing, outputs of its calls, retrieves, what never comes; or it has come to its end."""


class Performance(NamedTuple):
    """
    at: how many of the events `coming` have happened; events: how many of the whole run.
    id: the run's. turns: what comes after `coming`, the events of the turn at hand.
    step, message: the open ones; answer: the number of the message that is being written.
    history: calls with outputs, in order. said: characters said so far.
    polls: how many retrieves see the run in progress. seen: how many events had happened at the last retrieve.
    streamed: whether a stream was asked for; unread: what happened in it that nobody has read.
    """

    at: int
    events: int
    id: str
    turns: tuple[Item | Function, ...]
    coming: tuple[RunEvent, ...]
    stop: Stop = ""
    step: Step | None = None
    message: Message | None = None
    answer: int = 0
    history: tuple[ToolCall, ...] = ()
    said: int = 0
    usage: Usage | None = None
    polls: int = 0
    seen: int = -1
    streamed: bool = False
    unread: tuple[Happened, ...] = ()

    @property
    def run_id(self) -> str:
        """The run it belongs to: there is one a run."""
        return self.id

    def one_further(self) -> Performance:
        """After one more event. Every piece of a stream is one, and `_replace` takes four times as long."""
        return Performance._make((self.at + 1, self.events + 1, *self[2:]))


PERFORMANCE: Kind[Performance] = Kind("performance", RUN, listed=False, in_path=False)
