"""
Messages and pieces inside Model Studio's events, field by field, in wire order.

Source: streams recorded in April 2024 and the vendor's page "Event streaming". Each has the id of its request, the same in all.
Knows nothing of the order they come in.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from pytest_assistant_mock._engine.kinds import messages
from pytest_assistant_mock._engine.run_events import TextPiece, ToolCallPiece
from pytest_assistant_mock._vendors.answers import ObjectAnswer
from pytest_assistant_mock._vendors.model_studio import responses
from pytest_assistant_mock._vendors.model_studio.fields import (
    CreatedAt,
    EndedAt,
    FileIds,
    MessageId,
    MessageObject,
    Metadata,
    RequestId,
    ThreadId,
)
from pytest_assistant_mock._vendors.model_studio.runs import SEARCH, RunId, StepId, tool_key
from pytest_assistant_mock._vendors.shape import Shape

AssistantsRole = Annotated[Literal["assistant"], Field(description="Who speaks.")]
MessagesAssistant = Annotated[
    str,
    Field(min_length=1, description="Id of the assistant that speaks.", examples=["asst_5378d83a-f612-4fc1-9034-915351d67d98"]),
]
Content = Annotated[
    list[responses.ContentItem],
    Field(
        description="What is said, piece by piece.",
        examples=[[{"type": "text", "text": {"value": "你好", "annotations": []}}]],
    ),
]


class StreamedMessage(ObjectAnswer):
    """A message inside an event: no status, name, plugin_call, tool_calls or from."""

    id: MessageId
    object: MessageObject
    created_at: CreatedAt
    thread_id: ThreadId
    incomplete_details: dict[str, Any] | None = Field(default=None, description="Why it is incomplete.", examples=[None])
    completed_at: EndedAt = None
    incomplete_at: EndedAt = None
    role: AssistantsRole
    content: Content
    assistant_id: MessagesAssistant
    run_id: RunId
    file_ids: FileIds
    metadata: Metadata
    request_id: RequestId

    @classmethod
    def facts(cls, message: messages.Message, whole: bool = True) -> dict[str, Any]:
        """The fields of a message; one that is not whole shows no content."""
        content = list(message.content) or [{"type": "text", "text": {"value": message.text, "annotations": []}}]
        return {
            "id": message.id,
            "object": "thread.message",
            "created_at": message.created_at,
            "thread_id": message.thread_id,
            "incomplete_details": None,
            "completed_at": message.completed_at or None,
            "incomplete_at": None,
            "role": message.role,
            "content": content if whole else [],
            "assistant_id": message.assistant_id,
            "run_id": message.run_id,
            "file_ids": [],
            "metadata": {},
        }


class MessagePiece(Shape):
    """Some more of a message."""

    role: AssistantsRole
    content: Annotated[Content, Field(min_length=1)]
    file_ids: FileIds


class MessageDelta(Shape):
    """Some more of the message that is being written."""

    id: MessageId
    object: Literal["thread.message.delta"] = Field(description="Kind of object.")
    delta: MessagePiece = Field(
        description="What is new.",
        examples=[
            {"role": "assistant", "content": [{"type": "text", "text": {"value": "你", "annotations": []}}], "file_ids": []}
        ],
    )
    request_id: RequestId

    @classmethod
    def facts(cls, message: messages.Message, piece: TextPiece) -> dict[str, Any]:
        """The fields of a piece that is more than text."""
        delta = {"role": "assistant", "content": list(piece.content), "file_ids": []}
        return {"id": message.id, "object": "thread.message.delta", "delta": delta}


class CallPieces(Shape):
    """Some more of a tool's arguments, or of its output."""

    type: Literal["tool_calls"] = Field(description="What the step does.")
    tool_calls: list[dict[str, Any]] = Field(
        min_length=1,
        description="A piece of one call: type, then arguments or output below the tool's name.",
        examples=[[{"type": "code_interpreter", "code_interpreter": {"arguments": "print(1)"}}]],
    )


class StepPiece(Shape):
    """What is new in a step."""

    step_details: CallPieces = Field(
        description="The piece of a call.",
        examples=[{"type": "tool_calls", "tool_calls": [{"type": SEARCH, "plugin_name": {"output": "{}"}}]}],
    )


class StepDelta(Shape):
    """Some more of the tool that a step calls."""

    id: StepId
    object: Literal["thread.run.step.delta"] = Field(description="Kind of object.")
    delta: StepPiece = Field(
        description="What is new.",
        examples=[{"step_details": {"type": "tool_calls", "tool_calls": [{"type": SEARCH, "plugin_name": {"output": "{}"}}]}}],
    )
    request_id: RequestId

    @classmethod
    def facts(cls, step: Any, piece: ToolCallPiece) -> dict[str, Any]:
        """The fields of a piece of a call."""
        if piece.arguments is not None:
            call: dict[str, Any] = {"type": piece.tool, piece.tool: {"arguments": piece.arguments}}
        elif piece.output:
            call = {"type": piece.tool, tool_key(piece.tool): {"output": piece.output}}
        else:
            call = {piece.tool: {"output": ""}}  # without its type, as recorded
        delta = {"step_details": {"type": "tool_calls", "tool_calls": [call]}}
        return {"id": step.id, "object": "thread.run.step.delta", "delta": delta}
