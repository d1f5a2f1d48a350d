"""
Runs and steps inside AppBuilder's events, field by field, in wire order.

Source: one stream recorded in April 2024, and what the vendor's SDK reads. Knows nothing of the order they come in.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pytest_assistant_mock._engine.kinds import runs as kept
from pytest_assistant_mock._vendors.answers import ObjectAnswer
from pytest_assistant_mock._vendors.appbuilder.assistants import AssistantId
from pytest_assistant_mock._vendors.appbuilder.fields import CreatedAt, ThreadId
from pytest_assistant_mock._vendors.appbuilder.run_parts import last_error, required_action, times
from pytest_assistant_mock._vendors.appbuilder.runs import LastError, RequiredAction, RunId, Status, StepId, Time

MODEL = "qf-assistant-api3-latest"  # what a run of a stream says, as recorded


class StreamedRun(ObjectAnswer):
    """A run inside an event."""

    id: RunId
    object: Literal["thread.run"] = Field(description="Kind of object.")
    assistant_id: AssistantId
    thread_id: ThreadId
    model: str = Field(description="Name of the model.", examples=[MODEL])
    instructions: str = Field(description='What it was told to do; "***" when it ends.', examples=["***"])
    tools: list[dict[str, Any]] | None = Field(default=None, description="Empty in every recording.", examples=[[]])
    status: Status
    required_action: RequiredAction = None
    last_error: LastError = None
    final_answer: dict[str, Any] | None = Field(default=None, description="Null in every recording.", examples=[None])
    created_at: CreatedAt
    started_at: Time
    expired_at: Time
    cancelled_at: Time
    failed_at: Time
    completed_at: Time

    @classmethod
    def facts(cls, run: kept.StoredRun) -> dict[str, Any]:
        """The fields of a run."""
        return {
            "id": run.id,
            "object": "thread.run",
            "assistant_id": run.assistant_id,
            "thread_id": run.thread_id,
            "model": MODEL,
            "instructions": run.instructions,
            "tools": [],
            "status": run.status,
            "required_action": required_action(run.calls),
            "last_error": last_error(run.last_error),
            "final_answer": None,
            "created_at": run.created_at,
            **times(run, run.leg_at),
        }


class StreamedStep(ObjectAnswer):
    """A step inside an event."""

    id: StepId
    object: Literal["thread.run.step"] = Field(description="Kind of object.")
    assistant_id: str | None = Field(default=None, description="Id of the assistant.", examples=[None])
    thread_id: ThreadId
    run_id: RunId
    status: Status
    created_at: CreatedAt
    started_at: Time
    expired_at: Time
    cancelled_at: Time
    failed_at: Time
    completed_at: Time
    last_error: LastError = None
    type: str | None = Field(default=None, description='"null" in the recording.', examples=["null"])

    @classmethod
    def facts(cls, step: kept.Step) -> dict[str, Any]:
        """The fields of a step."""
        return {
            "id": step.id,
            "object": "thread.run.step",
            "assistant_id": step.assistant_id,
            "thread_id": step.thread_id,
            "run_id": step.run_id,
            "status": step.status,
            "created_at": step.created_at,
            **times(step),
            "last_error": None,
            "type": "null",
        }
