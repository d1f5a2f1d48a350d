"""
What happens in a run, as AppBuilder's server-sent events: `event: status` and `event: message`, counted by send_id.

Names, order, numbers and texts are recorded; the framing is inferred from other streams of the same gateway.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic_core import to_json

from pytest_assistant_mock._engine import run_events as happens
from pytest_assistant_mock._engine.run_events import Happened
from pytest_assistant_mock._engine.run_stream import Streamed, Streams
from pytest_assistant_mock._vendors.appbuilder.run_parts import last_error, tool_calls
from pytest_assistant_mock._vendors.appbuilder.streamed import StreamedRun, StreamedStep

Status = tuple[str, str, str, dict[str, Any] | None]
"""An event's type, its status, its message and its details."""


class Events:
    """Prints one stream."""

    def __init__(self, request_id: str) -> None:
        self.log_id = request_id
        self._sent = 0

    def begin(self, streamed: Streamed) -> Sequence[bytes]:
        """Nothing comes before the run."""
        return ()

    def frames(self, happened: Happened) -> Sequence[bytes]:
        """An event's frames."""
        event = happened.event
        if isinstance(event, happens.TextPiece):
            return (self._message(happened, event),)
        return [self._status(*status) for status in _STATUSES[type(event)](self.log_id, happened)]

    def end(self) -> Sequence[bytes]:
        """The line just ends."""
        return ()

    def _status(self, event_type: str, status: str, message: str, details: dict[str, Any] | None) -> bytes:
        self._sent += 1
        data = {
            "status": status,
            "send_id": self._sent,
            "message": message,
            "event_type": event_type,
            "details": details,
        }
        return b"event: status\ndata: " + to_json(data) + b"\n\n"

    def _message(self, happened: Happened, piece: happens.TextPiece) -> bytes:
        assert happened.message is not None
        self._sent += 1
        data = {
            "status": "completed" if piece.last else "in_progress",
            "send_id": self._sent,
            "is_end": 0,
            "message_id": happened.message.id,
            "message_index": "",
            "content": list(piece.content) or [{"type": "text", "text": {"value": piece.text}}],
            "metadata": {"finish_reason": "normal"},
        }
        return b"event: message\ndata: " + to_json(data) + b"\n\n"


def run_object(happened: Happened, **changes: Any) -> dict[str, Any]:
    """The details of an event about the run."""
    return {"type": "run_object", "run_object": {**StreamedRun.facts(happened.run), **changes}}


def _step_object(happened: Happened) -> dict[str, Any]:
    assert happened.step is not None
    return {"type": "run_step_object", "run_step_object": StreamedStep.facts(happened.step)}


def _run_begin(log_id: str, happened: Happened) -> list[Status]:
    if isinstance(happened.event, happens.RunQueued) and not happened.event.first:
        return []
    return [("run_begin", "queued", f"begin to run. logId:{log_id}", run_object(happened))]


def _step_begin(log_id: str, happened: Happened) -> list[Status]:
    return [("tool_step_begin", "in_progress", "begin to run step", _step_object(happened))]


def _message_creation(log_id: str, happened: Happened) -> list[Status]:
    assert happened.message is not None
    details = {"type": "message_creation", "message_creation": {"message_id": happened.message.id}}
    return [("message_creation", "in_progress", "message created", details)]


def _tool_calls(log_id: str, happened: Happened) -> list[Status]:
    details = {"type": "tool_calls", "tool_calls": tool_calls(happened.run.calls)}
    return [("tool_calls", "requires_action", "tool calls", details)]


def _outputs(log_id: str, happened: Happened) -> list[Status]:
    assert isinstance(happened.event, happens.OutputsGiven)
    details = {"type": "tool_calls", "tool_calls": tool_calls(happened.event.calls)}
    return [("tool_submitted_output", "in_progress", "tool submitted output", details)]


def _step_end(log_id: str, happened: Happened) -> list[Status]:
    assert happened.step is not None
    return [("tool_step_end", happened.step.status, "step end", _step_object(happened))]


def _run_end(log_id: str, happened: Happened) -> list[Status]:
    run = happened.run
    ended = run.completed_at or run.cancelled_at or run.failed_at or run.expired_at or run.created_at
    seconds = (ended - run.created_at) // 1000
    details = run_object(happened, instructions="***")
    if run.last_error is not None:
        details["error_info"] = last_error(run.last_error)
    return [("run_end", run.status, f"run end. duration:{seconds}s logId:{log_id}", details)]


def _cancelled(log_id: str, happened: Happened) -> list[Status]:
    details = run_object(happened, status="cancelling", cancelled_at=0)
    return [("run_cancelling", "cancelling", "run cancelling", details), *_run_end(log_id, happened)]


def _nothing(log_id: str, happened: Happened) -> list[Status]:
    return []


_STATUSES: Mapping[type, Callable[[str, Happened], list[Status]]] = {
    happens.RunQueued: _run_begin,
    happens.RunStarted: _nothing,
    happens.StepBegan: _step_begin,
    happens.TextBegan: _message_creation,
    happens.TextEnded: _nothing,
    happens.TextBroken: _nothing,
    happens.ToolCallPiece: _nothing,
    happens.ToolCalled: _nothing,
    happens.OutputsNeeded: _tool_calls,
    happens.OutputsGiven: _outputs,
    happens.StepEnded: _step_end,
    happens.RunCompleted: _run_end,
    happens.RunFailed: _run_end,
    happens.RunCancelled: _cancelled,
    happens.RunExpired: _run_end,
    happens.RunIncomplete: _run_end,
}

STREAMS = Streams("text/event-stream", stays_open=True, printer=Events)
