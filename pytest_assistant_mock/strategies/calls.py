"""
One call of a conversation, and the ids of what the calls before it have made.

Knows each vendor's routes from its table, nothing else of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pytest_assistant_mock._engine.sse import is_event_stream
from pytest_assistant_mock._engine.vendor import Route, Vendor
from pytest_assistant_mock._engine.wire import Response
from pytest_assistant_mock.contract.stream_events import read_stream
from pytest_assistant_mock.strategies.scripts import Script

JSONObject: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """
    One call of a conversation.

    thread, message, assistant, run: which one, counted from 0 in the order the conversation made them. after: the message to
    page from. script: what the assistant does in the run that is created. outputs: of the calls that a run waits for, in order.
    """

    operation: str
    payload: JSONObject = field(default_factory=dict)
    thread: int | None = None
    message: int | None = None
    file: str | None = None
    after: int | None = None
    assistant: int | None = None
    run: int | None = None
    script: Script = ()
    outputs: tuple[str, ...] = ()

    @property
    def needs_script(self) -> bool:
        """Whether it is about a run that waits, as only a scripted one does."""
        return self.operation in ("submit_tool_outputs", "cancel_run")


@dataclass(slots=True)
class Ids:
    """The ids of what a conversation has made, in order; in a script, the names of the variables that hold them."""

    threads: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    assistants: list[str] = field(default_factory=list)
    runs: Any = field(default_factory=list)

    def learn(self, call: Call, response: Response) -> None:
        """Keep the id of what a call has made."""
        made = self.made_by(call)
        if made is not None:
            made.append(_run_of(response) if call.operation == "create_run" else response.json()["id"])

    def name(self, call: Call) -> None:
        """Name the variable of what a call has made."""
        made = self.made_by(call)
        if made is not None:
            made.append(f"{{{call.operation.removeprefix('create_')}_{len(made)}}}")

    def made_by(self, call: Call) -> list[str] | None:
        """Where the id of what it makes is kept; None if it makes nothing."""
        made = {
            "create_thread": self.threads,
            "create_message": self.messages,
            "create_assistant": self.assistants,
            "create_run": self.runs,
        }
        return made.get(call.operation)

    def of(self, call: Call) -> dict[str, str]:
        """The ids that a call names, by their fields."""
        numbers = {
            "thread_id": (self.threads, call.thread),
            "message_id": (self.messages, call.message),
            "assistant_id": (self.assistants, call.assistant),
            "run_id": (self.runs, call.run),
        }
        found = {name: ids[number] for name, (ids, number) in numbers.items() if number is not None}
        return found if call.file is None else {**found, "file_id": call.file}


def parts(vendor: Vendor, call: Call, ids: Ids, waiting: Sequence[str]) -> tuple[Route, str, JSONObject]:
    """Route, path and payload, with ids where the vendor wants them: in the path, else in the body."""
    route = next(route for route in vendor.routes if route.operation == call.operation)
    found = ids.of(call)
    payload = call.payload if call.after is None else {**call.payload, "after": ids.messages[call.after]}
    if call.outputs:
        given = zip(waiting, call.outputs, strict=True)
        payload = {"tool_outputs": [{"tool_call_id": id, "output": output} for id, output in given], **payload}
    in_path = {name for name in found if f"{{{name}}}" in route.path}
    in_body = {name: value for name, value in found.items() if name not in in_path | {"file_id"}}
    return route, route.path.format(**found), {**in_body, **payload}


def _run_of(response: Response) -> str:
    """The id of the run that a response tells of: in its JSON, or in the first event of a stream about it."""
    if not is_event_stream(response.headers) and response.body.startswith(b"{"):
        return str(response.json()["id"])
    events = read_stream(response.body, "The stream")
    return str(next(id for event in events if (id := _run_in(event.data))))


def _run_in(data: Any) -> str | None:
    if not isinstance(data, dict):
        return None
    if data.get("object") == "thread.run":
        return str(data["id"])
    return next((id for value in data.values() if (id := _run_in(value))), None)
