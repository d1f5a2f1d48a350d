"""
Runs and their steps, as Model Studio reads and answers them, field by field, in wire order.

Source: the vendor's pages "Runs" and "Run steps", recorded JSON of March 2024 and streams of April 2024. What the fake answers
has one shape everywhere: that of the streams, with nulls. Knows nothing of routes.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from pytest_assistant_mock._engine.kinds import runs
from pytest_assistant_mock._vendors.answers import ObjectAnswer
from pytest_assistant_mock._vendors.model_studio.assistants import (
    OPTIONS,
    AssistantId,
    AttachedFiles,
    Instructions,
    MaxTokens,
    Model,
    ModelName,
    Temperature,
    Tool,
    Tools,
    TopK,
    TopP,
)
from pytest_assistant_mock._vendors.model_studio.fields import CreatedAt, Metadata, RequestId, ThreadId
from pytest_assistant_mock._vendors.model_studio.lists import ListPage
from pytest_assistant_mock._vendors.model_studio.requests import CreateThread
from pytest_assistant_mock._vendors.shape import JSONRequest, Shape

SEARCH = "quark_search"
"""The built-in tool whose recorded stream has quirks of its own."""
RunId = Annotated[str, Field(min_length=1, description="Id of the run.", examples=["run_3de634fa-75d4-4370-adcf-92ba2a60c396"])]
StepId = Annotated[
    str, Field(min_length=1, description="Id of the step.", examples=["step_4db180b5-d44a-4b12-9390-4307c6cb87a5"])
]
RunStatus = Annotated[
    Literal[
        "queued", "in_progress", "requires_action", "cancelling", "cancelled", "failed", "completed", "expired", "incomplete"
    ],
    Field(description="How far the run has come.", examples=["completed"]),
]
SETTLED = ("cancelled", "failed", "completed", "expired", "requires_action")
"""The statuses at which the SDK's `Runs.wait` ends: `incomplete` is none of them."""
StepStatus = Annotated[
    Literal["in_progress", "completed", "failed", "cancelled", "expired"],
    Field(description="How far the step has come.", examples=["completed"]),
]
Stream = Annotated[bool | None, Field(description="Whether the answer is a stream of events.", examples=[False])]
Truncation = Annotated[
    dict[str, Any] | None,
    Field(description="Which messages the model sees.", examples=[{"type": "last_messages", "last_messages": 10}]),
]
Time = Annotated[
    int | None, Field(ge=-1, description="A time in ms since 1970-01-01 UTC; null, 0 or -1 where there is none.", examples=[None])
]
JavasOwn = Annotated[Any, Field(description="Sent by the Java SDK alone; accepted, never applied.", examples=[None])]
LastError = Annotated[
    dict[str, Any] | str | None,
    Field(description="Why it failed.", examples=[{"code": "server_error", "message": "…"}]),
]


class CreateRun(JSONRequest):
    """POST /threads/{thread_id}/runs"""

    assistant_id: AssistantId
    model: Model | None = None
    instructions: Instructions = None
    additional_instructions: Annotated[
        str | None, Field(description="What it is told to do besides, in this run.", examples=[""])
    ] = None
    tools: list[Tool] | None = Field(
        default=None, description="Tools in the place of the assistant's.", examples=[[{"type": "code_interpreter"}]]
    )
    metadata: Metadata | None = None
    stream: Stream = None
    truncation_strategy: Truncation = None
    top_p: TopP = None
    top_k: TopK = None
    temperature: Temperature = None
    max_tokens: MaxTokens = None
    additional_messages: JavasOwn = None
    max_prompt_tokens: JavasOwn = None
    max_completion_tokens: JavasOwn = None
    tool_choice: JavasOwn = None
    parallel_tool_calls: JavasOwn = None
    response_format: JavasOwn = None

    def arguments(self) -> dict[str, Any]:
        names = (*OPTIONS, "truncation_strategy")
        return {
            "assistant_id": self.assistant_id,
            "model": self.model,
            "instructions": self.instructions,
            "additional_instructions": self.additional_instructions,
            "tools": self.tools,
            "metadata": self.metadata,
            "options": {name: value for name in names if (value := getattr(self, name)) is not None},
            "stream": bool(self.stream),
        }


class CreateThreadAndRun(CreateRun):
    """POST /threads/runs"""

    refusals: ClassVar = CreateThread.refusals

    thread: CreateThread | None = Field(
        default=None, description="The thread to make.", examples=[{"messages": [{"role": "user", "content": "你好"}]}]
    )

    def arguments(self) -> dict[str, Any]:
        thread = (self.thread or CreateThread()).arguments()
        return {"thread": thread, **super().arguments()}


class ToolOutput(Shape):
    """The output of one call."""

    tool_call_id: str | None = Field(default=None, description='Id of the call; "" or left out: by position.', examples=[""])
    output: str = Field(description="What the function returned.", examples=["22 摄氏度"])


class SubmitToolOutputs(JSONRequest):
    """POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs"""

    tool_outputs: list[ToolOutput] = Field(
        min_length=1, description="The outputs of all calls.", examples=[[{"tool_call_id": "", "output": "22 摄氏度"}]]
    )
    stream: Stream = None

    def arguments(self) -> dict[str, Any]:
        outputs = [(one.tool_call_id, one.output) for one in self.tool_outputs]
        return {"outputs": outputs, "stream": bool(self.stream)}


class Usage(Shape):
    """How many tokens a run used."""

    input_tokens: int | None = Field(default=None, ge=0, description="Tokens in.", examples=[66])
    output_tokens: int | None = Field(default=None, ge=0, description="Tokens out.", examples=[9])
    total_tokens: int | None = Field(default=None, ge=0, description="Both together.", examples=[75])


class RunItem(ObjectAnswer):
    """A run inside a list. What has a default was not printed, or `{}` and 0, in March 2024."""

    id: RunId
    object: Literal["thread.run"] = Field(description="Kind of object.")
    created_at: CreatedAt
    thread_id: ThreadId
    assistant_id: AssistantId
    status: RunStatus
    required_action: dict[str, Any] | None = Field(
        default=None, description="The calls whose outputs it waits for.", examples=[None]
    )
    last_error: LastError = None
    expires_at: Time = None
    started_at: Time = None
    cancelled_at: Time = None
    failed_at: Time = None
    completed_at: Time = None
    model: ModelName
    instructions: Instructions = None
    tools: Tools
    file_ids: AttachedFiles = Field(default_factory=list)
    metadata: Metadata
    usage: Usage | None = Field(default=None, description="The tokens it used, once it is completed.", examples=[None])
    temperature: Temperature = None
    top_p: TopP = None
    top_k: TopK = None
    max_tokens: MaxTokens = None
    truncation_strategy: Truncation = None

    @classmethod
    def facts(cls, run: runs.StoredRun) -> dict[str, Any]:
        """The fields of a stored run."""
        return {
            "id": run.id,
            "object": "thread.run",
            "created_at": run.created_at,
            "thread_id": run.thread_id,
            "assistant_id": run.assistant_id,
            "status": run.status,
            "required_action": required_action(run.calls),
            "last_error": last_error(run.last_error),
            "expires_at": None,
            "started_at": None,
            "cancelled_at": None,
            "failed_at": run.failed_at or None,  # the one time that is set; Java reads all of them into 32 bits
            "completed_at": None,  # as recorded: also of a run that is completed
            "model": run.model,
            "instructions": run.instructions,
            "tools": list(run.tools),
            "file_ids": [],
            "metadata": run.metadata,
            "usage": usage(run.usage),
            **{name: run.options.get(name) for name in ("temperature", "top_p", "top_k", "max_tokens", "truncation_strategy")},
        }


class Run(RunItem):
    """A run by itself."""

    request_id: RequestId


class RunList(ListPage):
    """A page of runs."""

    data: list[RunItem] = Field(description="The page, in the order asked for.", examples=[[]])


class StepItem(ObjectAnswer):
    """A step inside a list."""

    id: StepId
    object: Literal["thread.run.step"] = Field(description="Kind of object.")
    created_at: CreatedAt
    assistant_id: AssistantId
    thread_id: ThreadId
    run_id: RunId
    type: Literal["message_creation", "tool_calls"] = Field(description="What the step does.", examples=["message_creation"])
    status: StepStatus
    step_details: dict[str, Any] = Field(
        description="The message it writes, or the tools it calls.",
        examples=[{"type": "message_creation", "message_creation": {"message_id": "message_1"}}],
    )
    last_error: LastError = None
    expired_at: Time = None
    cancelled_at: Time = None
    failed_at: Time = None
    completed_at: Time = None
    metadata: Metadata
    usage: dict[str, Any] | None = Field(default=None, description="Null or empty in every recording.", examples=[None])

    @classmethod
    def facts(cls, step: runs.Step) -> dict[str, Any]:
        """The fields of a stored step."""
        return {
            "id": step.id,
            "object": "thread.run.step",
            "created_at": step.created_at,
            "assistant_id": step.assistant_id,
            "thread_id": step.thread_id,
            "run_id": step.run_id,
            "type": step.type,
            "status": step.status,
            "step_details": step_details(step),
            "last_error": last_error(step.last_error),
            "expired_at": None,
            "cancelled_at": None,
            "failed_at": step.failed_at or None,
            "completed_at": (step.completed_at or None) if step.type == "message_creation" else None,  # as recorded
            "metadata": {},
            "usage": None,
        }


class Step(StepItem):
    """A step by itself."""

    request_id: RequestId


class StepList(ListPage):
    """A page of steps."""

    data: list[StepItem] = Field(description="The page, in the order asked for.", examples=[[]])


def required_action(calls: tuple[runs.ToolCall, ...]) -> dict[str, Any] | None:
    """The calls whose outputs a run waits for: function, id, type, as recorded."""
    if not calls:
        return None
    listed = [{"function": {"name": call.name, "arguments": call.arguments}, "id": call.id, "type": "function"} for call in calls]
    return {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": listed}}


def step_details(step: runs.Step) -> dict[str, Any]:
    """What a step does."""
    if step.type == "message_creation":
        return {"type": step.type, "message_creation": {"message_id": step.message_id}}
    return {"type": step.type, "tool_calls": [tool_call(call) for call in step.calls]}


def tool_call(call: runs.ToolCall) -> dict[str, Any]:
    """A call inside a step. A built-in tool says what it did below its name; quark_search below "plugin_name", as recorded."""
    if call.type == "function":
        function = {"name": call.name, "arguments": call.arguments, "output": call.output or ""}
        return {"id": call.id, "type": "function", "function": function}
    return {"type": call.type, tool_key(call.type): {"arguments": call.arguments, "output": call.output or ""}}


def tool_key(tool: str) -> str:
    """The key below which a built-in tool's output stands."""
    return "plugin_name" if tool == SEARCH else tool


def last_error(error: runs.RunError | None) -> dict[str, str] | None:
    """Why it failed."""
    return None if error is None else {"code": error.code, "message": error.message}


def usage(used: runs.Usage | None) -> dict[str, int] | None:
    """The tokens, with their sum."""
    if used is None:
        return None
    total = used.input_tokens + used.output_tokens
    return {"input_tokens": used.input_tokens, "output_tokens": used.output_tokens, "total_tokens": total}
