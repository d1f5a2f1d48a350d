"""
The data of AppBuilder's events, field by field, in wire order.

Asked for by the contract alone, so that nobody else waits for pydantic to make them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pytest_assistant_mock._vendors.appbuilder.fields import MessageId
from pytest_assistant_mock._vendors.appbuilder.responses import ContentItem
from pytest_assistant_mock._vendors.appbuilder.runs import Status
from pytest_assistant_mock._vendors.appbuilder.streamed import MODEL, StreamedRun, StreamedStep
from pytest_assistant_mock._vendors.shape import Shape

SendId = Annotated[int, Field(ge=1, description="Counts the events of a stream from 1.", examples=[1])]
Note = Annotated[str, Field(description="What happens, in words.", examples=["begin to run step"])]
_TIMES = {
    "created_at": 1713122932350,
    **dict.fromkeys(("started_at", "expired_at", "cancelled_at", "failed_at", "completed_at"), 0),
}
_RUN = {
    "id": "run_1", "object": "thread.run", "assistant_id": "asst_1", "thread_id": "thread_1", "model": MODEL,
    "instructions": "***", "status": "completed", **_TIMES,
}  # fmt: skip
_STEP = {
    "id": "step-1", "object": "thread.run.step", "thread_id": "thread_1", "run_id": "run_1", "status": "completed", **_TIMES,
}  # fmt: skip


class ErrorInfo(Shape):
    """Why a run failed."""

    type: str = Field(description="What kind of error.", examples=["server_error"])
    message: str = Field(description="What went wrong, in words.", examples=["internal error"])


class RunDetails(Shape):
    """The run."""

    type: Literal["run_object"] = Field(description="What the details hold.")
    run_object: StreamedRun = Field(description="The run.", examples=[_RUN])
    error_info: ErrorInfo | None = Field(default=None, description="Why it failed; inferred.", examples=[None])


class StepDetails(Shape):
    """The step."""

    type: Literal["run_step_object"] = Field(description="What the details hold.")
    run_step_object: StreamedStep = Field(description="The step.", examples=[_STEP])


class BegunMessage(Shape):
    """The message that is being written."""

    message_id: MessageId


class MessageDetails(Shape):
    """The message that begins."""

    type: Literal["message_creation"] = Field(description="What the details hold.")
    message_creation: BegunMessage = Field(
        description="The message.", examples=[{"message_id": "chatmsg_2f96c249a8314ff3ac6db65eb0007dda"}]
    )


class CalledFunction(Shape):
    """A function with its arguments, and its output when it has one."""

    name: str = Field(min_length=1, description="Name of the function.", examples=["get_cur_whether"])
    arguments: str = Field(description="The arguments as JSON text.", examples=['{"location":"北京","unit":"摄氏度"}'])
    output: str = Field(default="", description="What it returned; inferred.", examples=["30 摄氏度"])


class Call(Shape):
    """A call of a function."""

    id: str = Field(min_length=1, description="Id of the call.", examples=["call-thread_1-run_1-step-1"])
    type: Literal["function"] = Field(description="Kind of tool.")
    function: CalledFunction = Field(description="What is called.", examples=[{"name": "f", "arguments": "{}"}])


class CallDetails(Shape):
    """The calls."""

    type: Literal["tool_calls"] = Field(description="What the details hold.")
    tool_calls: list[Call] = Field(
        min_length=1,
        description="All of them.",
        examples=[[{"id": "call-1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]],
    )


class StatusEvent(Shape):
    """An event about what happens, which its `event_type` names."""

    status: Status
    send_id: SendId
    message: Note
    event_type: str = Field(description="What happens.", examples=["run_begin"])


class RunEvent(StatusEvent):
    """An event about the run."""

    details: RunDetails = Field(description="The run as it is then.", examples=[{"type": "run_object", "run_object": _RUN}])


class StepEvent(StatusEvent):
    """An event about a step."""

    details: StepDetails = Field(
        description="The step as it is then.", examples=[{"type": "run_step_object", "run_step_object": _STEP}]
    )


class MessageEvent(StatusEvent):
    """An event about a message that begins."""

    details: MessageDetails = Field(
        description="Which message it is.",
        examples=[{"type": "message_creation", "message_creation": {"message_id": "chatmsg_1"}}],
    )


class CallEvent(StatusEvent):
    """An event about calls of functions."""

    details: CallDetails = Field(
        description="Which calls they are.",
        examples=[
            {
                "type": "tool_calls",
                "tool_calls": [{"id": "call-1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            }
        ],
    )


class PieceMetadata(Shape):
    """What is said of a piece."""

    finish_reason: str = Field(description='"normal" in the recording.', examples=["normal"])


class Piece(Shape):
    """Some more of the answer."""

    status: Literal["in_progress", "completed"] = Field(description="Whether it is the last piece.", examples=["completed"])
    send_id: SendId
    is_end: int = Field(ge=0, description="0 in the recording.", examples=[0])
    message_id: MessageId
    message_index: str = Field(description="Empty in the recording.", examples=[""])
    content: list[ContentItem] = Field(
        min_length=1, description="What is new.", examples=[[{"type": "text", "text": {"value": "地球是圆的。"}}]]
    )
    metadata: PieceMetadata | None = Field(
        default=None, description="What is said of it.", examples=[{"finish_reason": "normal"}]
    )


class Ping(Shape):
    """A sign of life. Its data is unknown; the SDK skips it."""
