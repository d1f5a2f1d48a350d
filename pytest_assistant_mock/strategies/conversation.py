"""
Whole conversations: shrinkable lists of calls that always have something to act on.

A call names threads, messages, assistants, runs and files by number, for their ids are known only when it is played. Knows each
vendor's routes from its table, nothing else of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlencode

from hypothesis import currently_in_test_context, note

from pytest_assistant_mock._engine.streams import Reading
from pytest_assistant_mock._engine.vendor import Route, Vendor
from pytest_assistant_mock._engine.wire import Request, Response
from pytest_assistant_mock.contract.stream_events import read_stream
from pytest_assistant_mock.errors import nearest
from pytest_assistant_mock.strategies.scripts import Script

if TYPE_CHECKING:
    from pytest_assistant_mock._mock.handle import Handle

JSONObject: TypeAlias = dict[str, Any]
Send: TypeAlias = Callable[[Request], Response]
"""A client: sends a request, returns the response."""


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


@dataclass(frozen=True, slots=True)
class Played:
    """A call as it was played: the request with ids bound, and its response; a streamed one whole."""

    call: Call
    request: Request
    response: Response


@dataclass(frozen=True, slots=True)
class Conversation:
    """Calls to one vendor, in order."""

    vendor: str
    calls: tuple[Call, ...]

    def play(
        self,
        send: Send,
        *,
        handle: Handle | None = None,
        base_url: str | None = None,
        key: str | None = None,
        quiet: bool = False,
    ) -> list[Played]:
        """
        Make every call through a client; returns what was sent and answered.

        handle: of the fake that answers, which is given the script of each run. Without it no run calls a function, and the
        calls that give outputs or cancel are left out. base_url, key: by default the vendor's own, and the fake key.
        In a failing example the calls are printed as a script, unless quiet.
        """
        if not quiet and currently_in_test_context():
            note(self.script())
        vendor = vendor_of(self.vendor)
        if handle is not None:
            prepare(self, handle)
        ids = Ids()
        played = []
        for call in self.calls:
            if handle is None and call.needs_script:
                continue
            waiting = [one.id for one in handle.steps(ids.runs[call.run])[-1].calls] if handle and call.outputs else []
            request = _request(vendor, call, ids, waiting, base_url or vendor.base_urls[0], key or vendor.settings.key)
            response = _whole(send(request))
            ids.learn(call, response)
            played.append(Played(call, request, response))
        return played

    def script(self) -> str:
        """The calls as Python that can be pasted into a test."""
        from pytest_assistant_mock.strategies.conversation_text import text_of

        return text_of(self)


def prepare(conversation: Conversation, handle: Handle) -> None:
    """Give a fake the scripts of the runs, and allow what the vendor says does not exist."""
    for call in conversation.calls:
        if call.script:
            handle.script(*call.script, optional=True)
    for operation in switched(conversation):
        handle.allow(operation)


def switched(conversation: Conversation) -> list[str]:
    """The operations of a conversation that are refused unless a test allows them."""
    switches = [route.operation for route in vendor_of(conversation.vendor).routes if route.switch]
    return [one for one in switches if any(call.operation == one for call in conversation.calls)]


def bound(name: str, call: Call, *, threads: Sequence[str] = (), messages: Sequence[str] = ()) -> Request:
    """One call as a request to the vendor's own base URL, with the ids its numbers stand for."""
    vendor = vendor_of(name)
    return _request(vendor, call, Ids(list(threads), list(messages)), [], vendor.base_urls[0], vendor.settings.key)


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


def vendor_of(name: str) -> Vendor:
    """The vendor of that name, as a value. Raises ValueError for an unknown one."""
    from pytest_assistant_mock._vendors import REVISIONS

    for vendor in REVISIONS["2025"]:
        if vendor.name == name:
            return vendor
    known = [vendor.name for vendor in REVISIONS["2025"]]
    raise ValueError(f"no vendor {name!r}; the vendors are {', '.join(known)}{nearest(name, known)}")


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


def _request(vendor: Vendor, call: Call, ids: Ids, waiting: Sequence[str], base_url: str, key: str) -> Request:
    route, path, payload = parts(vendor, call, ids, waiting)
    headers = (("Authorization", f"Bearer {key}"), ("Content-Type", "application/json"))
    if route.method == "POST":
        return Request("POST", base_url + path, headers, json.dumps(payload, ensure_ascii=False).encode())
    query = f"?{urlencode(payload)}" if payload else ""
    return Request(route.method, base_url + path + query, headers)


def _whole(response: Response) -> Response:
    """A response whose body is all there; a stream is read to its end."""
    if response.pieces is None:
        return response
    reading, read = Reading(response.pieces), []
    while (piece := reading.next()) is not None:
        read.append(piece)
    return Response(response.status, response.headers, b"".join(read))


def _run_of(response: Response) -> str:
    """The id of the run that a response tells of: in its JSON, or in the first event of a stream about it."""
    if not (response.header("content-type") or "").startswith("text/event-stream") and response.body.startswith(b"{"):
        return str(response.json()["id"])
    events = read_stream(response.body, "The stream")
    return str(next(id for event in events if (id := _run_in(event.data))))


def _run_in(data: Any) -> str | None:
    if not isinstance(data, dict):
        return None
    if data.get("object") == "thread.run":
        return str(data["id"])
    return next((id for value in data.values() if (id := _run_in(value))), None)
