"""
The data of Model Studio's events, field by field, in wire order.

Source: streams recorded in April 2024 and the vendor's page "Event streaming". Each has the id of its request, the same in all.
Knows nothing of the order they come in.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, RootModel

from pytest_assistant_mock._engine.kinds import messages
from pytest_assistant_mock._engine.run_events import TextPiece, ToolCallPiece
from pytest_assistant_mock._vendors.answers import ObjectAnswer
from pytest_assistant_mock._vendors.model_studio import responses, runs
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


class SaidMessage(StreamedMessage):
    """A message that is whole."""

    content: Annotated[Content, Field(min_length=1)]


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


class MessageCreation(Shape):
    """The message that a step writes."""

    message_id: MessageId


class MessageDetails(Shape):
    """What a step of type message_creation does."""

    type: Literal["message_creation"] = Field(description="What the step does.")
    message_creation: MessageCreation = Field(description="The message.", examples=[{"message_id": "message_1"}])


class CallDetails(Shape):
    """What a step of type tool_calls does."""

    type: Literal["tool_calls"] = Field(description="What the step does.")
    tool_calls: list[dict[str, Any]] = Field(
        description="The tools it calls; empty while it is not completed.",
        examples=[[{"id": "", "type": "function", "function": {"name": "f", "arguments": "{}", "output": "22 摄氏度"}}]],
    )


class MessageStep(runs.Step):
    """A step that writes a message."""

    type: Literal["message_creation"] = Field(description="What the step does.")
    step_details: MessageDetails = Field(  # type: ignore[assignment]
        description="The message it writes.",
        examples=[{"type": "message_creation", "message_creation": {"message_id": "message_1"}}],
    )


class CallStep(runs.Step):
    """A step that calls tools."""

    type: Literal["tool_calls"] = Field(description="What the step does.")
    step_details: CallDetails = Field(  # type: ignore[assignment]
        description="The tools it calls.", examples=[{"type": "tool_calls", "tool_calls": []}]
    )


class AskedFunction(Shape):
    """A function with its arguments."""

    name: str = Field(min_length=1, description="Name of the function.", examples=["get_current_weather"])
    arguments: str = Field(description="The arguments as JSON text.", examples=['{"location": "西安"}'])


class AskedCall(Shape):
    """A call whose output a run waits for."""

    function: AskedFunction = Field(description="What to call.", examples=[{"name": "f", "arguments": "{}"}])
    id: str | None = Field(default=None, description='Id of the call; "" in the recordings.', examples=[""])
    type: Literal["function"] = Field(description="Kind of tool.")


class AskedCalls(Shape):
    """The calls whose outputs a run waits for."""

    tool_calls: list[AskedCall] = Field(
        min_length=1,
        description="All of them.",
        examples=[[{"function": {"name": "f", "arguments": "{}"}, "id": "", "type": "function"}]],
    )


class RequiredAction(Shape):
    """What a run waits for."""

    type: Literal["submit_tool_outputs"] = Field(description="What to do.")
    submit_tool_outputs: AskedCalls = Field(
        description="The calls.",
        examples=[{"tool_calls": [{"function": {"name": "f", "arguments": "{}"}, "id": "", "type": "function"}]}],
    )


class WaitingRun(runs.Run):
    """A run that waits for outputs."""

    status: Literal["requires_action"] = Field(description="How far the run has come.")
    required_action: RequiredAction = Field(  # type: ignore[assignment]
        description="The calls whose outputs it waits for.",
        examples=[{"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [
            {"function": {"name": "f", "arguments": "{}"}, "id": "", "type": "function"}
        ]}}],
    )  # fmt: skip


class Done(Shape, RootModel[Literal["[DONE]"]]):
    """The text that ends every stream; no JSON."""

    media_type: ClassVar[str] = "text/plain"
