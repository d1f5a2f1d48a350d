"""
The data of Model Studio's other events, field by field: runs, steps and messages as they are in a certain event.

Asked for by the contract alone, so that nobody else waits for pydantic to make them.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, RootModel

from pytest_assistant_mock._vendors.model_studio import runs
from pytest_assistant_mock._vendors.model_studio.fields import MessageId
from pytest_assistant_mock._vendors.model_studio.streamed import Content, StreamedMessage
from pytest_assistant_mock._vendors.shape import Shape


class SaidMessage(StreamedMessage):
    """A message that is whole."""

    content: Annotated[Content, Field(min_length=1)]


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
