"""
Runs and their steps, as AppBuilder reads and answers them, field by field, in wire order.

Source: recorded outputs of the vendor's notebooks and what its SDK sends and insists on. Numbers and texts of a run are never
null: 0 and "" stand for none. Knows nothing of routes.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import Field

from pytest_assistant_mock._engine.kinds import runs
from pytest_assistant_mock._engine.kinds.messages import Draft, Message
from pytest_assistant_mock._vendors.answers import ObjectAnswer
from pytest_assistant_mock._vendors.appbuilder.assistants import (
    OPTIONS,
    AssistantId,
    ChatInstructions,
    Instructions,
    Model,
    ResponseFormat,
    ThoughtInstructions,
    Tool,
)
from pytest_assistant_mock._vendors.appbuilder.fields import (
    CreatedAt,
    Metadata,
    ModelParameters,
    ThreadId,
    UserInfo,
    UserLocation,
)
from pytest_assistant_mock._vendors.appbuilder.lists import ListFields, ListPage
from pytest_assistant_mock._vendors.appbuilder.requests import MessageFields
from pytest_assistant_mock._vendors.appbuilder.run_parts import final_answer, last_error, required_action, times
from pytest_assistant_mock._vendors.shape import JSONRequest, Shape

RunId = Annotated[str, Field(min_length=1, description="Id of the run.", examples=["run_92d06209290f4fcd913e8fc24e518d53"])]
StepId = Annotated[str, Field(min_length=1, description="Id of the step, unique in its run.", examples=["step-1"])]
Status = Annotated[
    Literal[
        "queued", "in_progress", "requires_action", "cancelling", "cancelled", "failed", "completed", "expired", "incomplete"
    ],
    Field(description="How far it has come.", examples=["completed"]),
]
SETTLED = ("cancelled", "failed", "completed", "expired", "incomplete", "requires_action")
"""The statuses that a run stays in, unless the client does something: its SDK has no wait."""
Time = Annotated[int, Field(ge=0, description="A time in ms since 1970-01-01 UTC; 0 where there is none.", examples=[0])]
LastError = Annotated[
    dict[str, Any] | str | None,
    Field(description="Why it failed.", examples=[{"type": "server_error", "message": "internal error"}]),
]
RequiredAction = Annotated[dict[str, Any] | None, Field(description="The calls whose outputs it waits for.", examples=[None])]


class FirstMessages(JSONRequest):
    """Messages that a run adds to its thread."""

    messages: list[MessageFields] = Field(
        default_factory=list, description="The messages.", examples=[[{"role": "user", "content": "你好"}]]
    )


class ToolOutput(Shape):
    """The output of one call."""

    tool_call_id: str = Field(min_length=1, description="Id of the call.", examples=["call-thread_1-run_1-step-1"])
    output: str = Field(description="What the function returned.", examples=["30 摄氏度"])
    run_id: str | None = Field(default=None, description="Id of the run, if it is resumed by another run.", examples=["run_1"])


class Run(JSONRequest):
    """POST /v2/threads/runs"""

    refusals: ClassVar = MessageFields.refusals

    thread_id: str | None = Field(default=None, description='Id of the thread; "" for a new one.', examples=["thread_1"])
    model: Model = None
    assistant_id: AssistantId
    metadata: Metadata | None = None
    response_format: ResponseFormat = None
    instructions: Instructions = None
    thought_instructions: ThoughtInstructions = None
    chat_instructions: ChatInstructions = None
    stream: bool | None = Field(default=None, description="Whether the answer is a stream of events.", examples=[False])
    model_parameters: ModelParameters = None
    thread: FirstMessages | None = Field(
        default=None, description="Messages to add first.", examples=[{"messages": [{"role": "user", "content": "你好"}]}]
    )
    tools: list[Tool] | None = Field(default=None, description="Functions in the place of the assistant's.", examples=[[]])
    tool_output: ToolOutput | None = Field(default=None, description="The output that a run waits for.", examples=[None])
    user_info: UserInfo = None
    user_loc: UserLocation = None

    def arguments(self) -> dict[str, Any]:
        first = self.thread.messages if self.thread else []
        return {
            "thread_id": self.thread_id or "",
            "assistant_id": self.assistant_id,
            "drafts": [Draft(**message.arguments()) for message in first],
            "tool_output": self.tool_output and (self.tool_output.tool_call_id, self.tool_output.output, self.tool_output.run_id),
            "stream": bool(self.stream),
            "model": self.model or None,
            "instructions": self.instructions or None,
            "tools": self.tools or None,
            "metadata": self.metadata or None,
            "options": {name: value for name in OPTIONS if (value := getattr(self, name))},
        }


class QueryRun(JSONRequest):
    """POST /v2/threads/runs/query"""

    thread_id: ThreadId
    run_id: RunId

    def arguments(self) -> dict[str, Any]:
        return {"thread_id": self.thread_id, "run_id": self.run_id}


class CancelRun(QueryRun):
    """POST /v2/threads/runs/cancel"""

    sync: bool | None = Field(default=None, description="Whether to answer when the run is cancelled.", examples=[False])

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "sync": bool(self.sync)}


class SubmitToolOutputs(QueryRun):
    """POST /v2/threads/runs/submit_tool_outputs"""

    tool_outputs: list[ToolOutput] = Field(
        min_length=1, description="The outputs of all calls.", examples=[[{"tool_call_id": "call-1", "output": "30 摄氏度"}]]
    )

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "outputs": [(one.tool_call_id, one.output) for one in self.tool_outputs]}


class ListRuns(ListFields):
    """POST /v2/threads/runs/list"""

    thread_id: ThreadId

    def arguments(self) -> dict[str, Any]:
        return {"thread_id": self.thread_id, **super().arguments()}


class ListSteps(ListRuns):
    """POST /v2/threads/runs/steps/list"""

    run_id: RunId

    def arguments(self) -> dict[str, Any]:
        return {"run_id": self.run_id, **super().arguments()}


class QueryStep(QueryRun):
    """POST /v2/threads/runs/steps/query"""

    step_id: StepId

    def arguments(self) -> dict[str, Any]:
        return {**super().arguments(), "step_id": self.step_id}


class Answered(NamedTuple):
    """A run, and its answer if it has one."""

    run: runs.StoredRun
    answer: Message | None = None


class RunResult(Shape):
    """A run as run, submit and cancel answer it."""

    id: RunId
    object: Literal["run.result"] = Field(description="Kind of object.")
    status: Status
    log_id: str = Field(description="Id of the call in the vendor's logs.", examples=["48c66b7d-6ab6-40ad-9441-47159b15401a"])
    created_at: CreatedAt
    assistant_id: AssistantId
    thread_id: ThreadId
    started_at: Time
    expired_at: Time
    cancelled_at: Time
    failed_at: Time
    completed_at: Time
    required_action: RequiredAction
    final_answer: dict[str, Any] | None = Field(description="The answer, once it is completed.", examples=[None])
    last_error: LastError

    @classmethod
    def write(cls, answered: Answered, request_id: str) -> bytes:
        """The body that answers the operation."""
        run = answered.run
        return cls.printed(
            {
                "id": run.id,
                "object": "run.result",
                "status": run.status,
                "log_id": request_id,
                "created_at": run.created_at,
                "assistant_id": run.assistant_id,
                "thread_id": run.thread_id,
                **times(run, run.leg_at),
                "required_action": required_action(run.calls),
                "final_answer": final_answer(answered.answer) if run.status == "completed" else None,
                "last_error": last_error(run.last_error),
            }
        )


class StoredRun(ObjectAnswer):
    """A run as list and query show it."""

    id: RunId
    object: Literal["thread.run"] = Field(description="Kind of object.")
    assistant_id: AssistantId
    thread_id: ThreadId
    model: str = Field(description="Name of the model.", examples=["ERNIE-4.0-8K"])
    instructions: str = Field(description="What it was told to do.", examples=[""])
    thought_instructions: str = Field(default="", description="How it was told to think.", examples=[""])
    chat_instructions: str = Field(default="", description="How it was told to talk.", examples=[""])
    tools: list[dict[str, Any]] | None = Field(description="The functions it could call; null in a list.", examples=[[]])
    file_ids: list[str] | None = Field(default=None, description="Null in every recording.", examples=[None])
    status: Status
    required_action: RequiredAction
    last_error: LastError
    final_answer: dict[str, Any] | None = Field(default=None, description="Null in every recording.", examples=[None])
    created_at: CreatedAt
    started_at: Time
    expired_at: Time
    cancelled_at: Time
    failed_at: Time
    completed_at: Time

    @classmethod
    def facts(cls, run: runs.StoredRun) -> dict[str, Any]:
        """The fields of a stored run."""
        return {
            "id": run.id,
            "object": "thread.run",
            "assistant_id": run.assistant_id,
            "thread_id": run.thread_id,
            "model": run.model,
            "instructions": run.instructions,
            "thought_instructions": run.options.get("thought_instructions", ""),
            "chat_instructions": run.options.get("chat_instructions", ""),
            "tools": [],
            "file_ids": None,
            "status": run.status,
            "required_action": required_action(run.calls),
            "last_error": last_error(run.last_error),
            "final_answer": None,
            "created_at": run.created_at,
            **times(run),
        }


class ListedRun(StoredRun):
    """As list shows it: null tools."""

    @classmethod
    def facts(cls, run: runs.StoredRun) -> dict[str, Any]:
        return {**super().facts(run), "tools": None}


class RunList(ListPage):
    """A page of runs."""

    data: list[ListedRun] = Field(description="The page, in the order asked for.", examples=[[]])


class Step(ObjectAnswer):
    """A step of a run, by itself. Its details were null in every recording; the SDK reads their misspelt name."""

    id: StepId
    object: Literal["thread.run.step"] = Field(description="Kind of object.")
    assistant_id: str | None = Field(description="Id of the assistant; null by itself, as recorded.", examples=[None])
    thread_id: ThreadId
    run_id: RunId
    status: Status
    created_at: CreatedAt
    started_at: Time
    expired_at: Time
    cancelled_at: Time
    failed_at: Time
    completed_at: Time
    last_error: LastError
    type: str | None = Field(description="Null in every recording.", examples=[None])
    step_datail: dict[str, Any] | None = Field(default=None, description="Null in every recording.", examples=[None])

    @classmethod
    def facts(cls, step: runs.Step) -> dict[str, Any]:
        """The fields of a stored step."""
        return {
            "id": step.id,
            "object": "thread.run.step",
            "assistant_id": None,
            "thread_id": step.thread_id,
            "run_id": step.run_id,
            "status": step.status,
            "created_at": step.completed_at or step.created_at,  # recorded: the row is written at the end
            **times(step),
            "last_error": "",
            "type": None,
            "step_datail": None,
        }


class ListedStep(Step):
    """As list shows it: with its assistant."""

    @classmethod
    def facts(cls, step: runs.Step) -> dict[str, Any]:
        return {**super().facts(step), "assistant_id": step.assistant_id}


class StepList(ListPage):
    """A page of steps."""

    data: list[ListedStep] = Field(description="The page, in the order asked for.", examples=[[]])
