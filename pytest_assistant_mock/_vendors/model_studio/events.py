"""
What happens in a run, as Model Studio's server-sent events.

Recorded: `event:<name>\\ndata:<compact JSON>\\n\\n` without a space after the colons, the same request_id in each, `done` last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic_core import to_json

from pytest_assistant_mock._engine import run_events as happens
from pytest_assistant_mock._engine.run_events import Happened
from pytest_assistant_mock._engine.run_stream import Streamed, Streams
from pytest_assistant_mock._vendors.model_studio.responses import Thread
from pytest_assistant_mock._vendors.model_studio.runs import SEARCH, RunItem, StepItem
from pytest_assistant_mock._vendors.model_studio.streamed import MessageDelta, StepDelta, StreamedMessage

Frame = tuple[str, dict[str, Any]]
"""An event's name and its data, without the request's id."""


class Events:
    """Prints one stream."""

    def __init__(self, request_id: str) -> None:
        self._request_id = request_id
        self._head = ("", b"")
        self._end = b'","annotations":[]}}],"file_ids":[]},"request_id":' + to_json(request_id) + b"}\n\n"

    def begin(self, streamed: Streamed) -> Sequence[bytes]:
        """thread.created, if the thread was made with the run."""
        if streamed.thread is None:
            return ()
        return (b"event:thread.created\ndata:" + Thread.write(streamed.thread, self._request_id) + b"\n\n",)

    def frames(self, happened: Happened) -> Sequence[bytes]:
        """An event's frames, one for each of the names the vendor has for it."""
        event, message = happened.event, happened.message
        if isinstance(event, happens.TextPiece) and message is not None:
            return (
                self._delta(message.id, event.text)
                if not event.content
                else self._frame(_PIECE, MessageDelta.facts(message, event)),
            )
        return [self._frame(*frame) for frame in _FRAMES[type(happened.event)](happened)]

    def end(self) -> Sequence[bytes]:
        """The last frame of every stream."""
        return (_DONE,)

    def _frame(self, name: str, data: dict[str, Any]) -> bytes:
        return b"event:" + name.encode() + b"\ndata:" + to_json({**data, "request_id": self._request_id}) + b"\n\n"

    def _delta(self, message_id: str, text: str) -> bytes:
        """thread.message.delta, whose fixed parts are bytes already: most frames are of this kind."""
        of, head = self._head
        if of != message_id:
            head = b'event:thread.message.delta\ndata:{"id":' + to_json(message_id) + _DELTA
            self._head = (message_id, head)
        return head + to_json(text)[1:-1] + self._end


_DONE = b"event:done\ndata:[DONE]\n\n"
_PIECE = "thread.message.delta"
_DELTA = b',"object":"thread.message.delta","delta":{"role":"assistant","content":[{"type":"text","text":{"value":"'


def _run(*names: str) -> Callable[[Happened], list[Frame]]:
    return lambda happened: [(f"thread.run.{name}", RunItem.facts(happened.run)) for name in names]


def _queued(happened: Happened) -> list[Frame]:
    first = isinstance(happened.event, happens.RunQueued) and happened.event.first
    return _run("created", "queued")(happened) if first else _run("queued")(happened)


def _step(*names: str) -> Callable[[Happened], list[Frame]]:
    return lambda happened: [(f"thread.run.step.{name}", StepItem.facts(happened.step)) for name in names if happened.step]


def _step_ended(happened: Happened) -> list[Frame]:
    assert happened.step is not None
    status = happened.step.status
    searched = any(call.type == SEARCH for call in happened.step.calls)
    step = replace(happened.step, status="in_progress") if searched and status == "completed" else happened.step  # as recorded
    return [(f"thread.run.step.{status}", StepItem.facts(step))]


def _tool_piece(happened: Happened) -> list[Frame]:
    event, step = happened.event, happened.step
    assert isinstance(event, happens.ToolCallPiece)
    assert step is not None
    if event.tool != SEARCH and not (event.arguments or event.output):
        return []  # an empty piece is recorded of the search alone, and clients stumble over a call without its type
    return [("thread.run.step.delta", StepDelta.facts(step, event))]


def _message(*names: str, whole: bool) -> Callable[[Happened], list[Frame]]:
    return lambda happened: [
        (f"thread.message.{name}", StreamedMessage.facts(happened.message, whole)) for name in names if happened.message
    ]


def _nothing(happened: Happened) -> list[Frame]:
    return []


_FRAMES: Mapping[type, Callable[[Happened], list[Frame]]] = {
    happens.RunQueued: _queued,
    happens.RunStarted: _run("in_progress"),
    happens.StepBegan: _step("created", "in_progress"),
    happens.TextBegan: _message("created", "in_progress", whole=False),
    happens.TextEnded: _message("completed", whole=True),
    happens.TextBroken: _message("incomplete", whole=True),
    happens.ToolCallPiece: _tool_piece,
    happens.ToolCalled: _nothing,
    happens.OutputsNeeded: _run("requires_action"),
    happens.OutputsGiven: _nothing,
    happens.StepEnded: _step_ended,
    happens.RunCompleted: _run("completed"),
    happens.RunFailed: _run("failed"),
    happens.RunCancelled: _run("cancelled"),
    happens.RunExpired: _run("expired"),
    happens.RunIncomplete: _run("incomplete"),
}


def _error(body: bytes) -> Sequence[bytes]:
    """Trouble of the server's in the middle of a stream."""
    return (b"event:error\ndata:" + body + b"\n\n", _DONE)


STREAMS = Streams("text/event-stream;charset=UTF-8", stays_open=False, printer=Events, error=_error)
