"""Parts of a run that AppBuilder prints in answers and in the events of a stream alike."""

from __future__ import annotations

from typing import Any

from pytest_assistant_mock._engine.kinds import runs
from pytest_assistant_mock._engine.kinds.messages import Message


def tool_calls(calls: tuple[runs.ToolCall, ...]) -> list[dict[str, Any]]:
    """Calls: id, type, function, with the output if there is one."""
    listed = []
    for call in calls:
        function = {"name": call.name, "arguments": call.arguments}
        listed.append(
            {
                "id": call.id,
                "type": "function",
                "function": function if call.output is None else {**function, "output": call.output},
            }
        )
    return listed


def required_action(calls: tuple[runs.ToolCall, ...]) -> dict[str, Any] | None:
    """The calls whose outputs a run waits for."""
    return {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": tool_calls(calls)}} if calls else None


def content_of(message: Message) -> list[dict[str, Any]]:
    """What an assistant's message says: texts come without annotations unless it has some."""
    return list(message.content) or [{"type": "text", "text": {"value": message.text}}]


def final_answer(message: Message | None) -> dict[str, Any] | None:
    """The answer of a run."""
    if message is None:
        return None
    return {"type": "message", "message": {"content": content_of(message), "message_id": message.id}}


def times(of: runs.StoredRun | runs.Step, started_at: int = 0) -> dict[str, int]:
    """When a run or a step began and ended, in ms; 0 for what has not happened."""
    return {
        "started_at": started_at,
        "expired_at": of.expired_at,
        "cancelled_at": of.cancelled_at,
        "failed_at": of.failed_at,
        "completed_at": of.completed_at,
    }


def last_error(error: runs.RunError | None) -> dict[str, str] | None:
    """Why it failed."""
    return None if error is None else {"type": error.code, "message": error.message}
