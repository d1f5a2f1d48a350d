"""
The documented, recorded and captured requests and answers of assistants, files, runs and steps, and the recorded streams.

A captured request is asked for objects of ours and must be understood; a documented answer keeps the contract, and ours has
its fields in its order; a recorded stream has the events, and the events the fields, of one that a script makes.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from vendors import ask

from pytest_assistant_mock import AssistantMock, Handle, Response, contract, turns
from pytest_assistant_mock._engine.performing import create_run, perform

SAMPLES = {
    path.stem: json.loads(path.read_text("utf8")) for path in (Path(__file__).parent.parent / "samples/runs").glob("*.json")
}
TOOL = {"type": "function", "function": {"name": "f"}}
KEY = (("Authorization", "Bearer key"),)

ASKED = {
    "model_studio": {
        "Runs.create_thread_and_run": "create_thread_and_run",
        "Runs.create_thread_and_run minimal": None,  # the thread would be empty
        "Threads.create_and_run": "create_thread_and_run",
        "Runs.create full": "create_run",
        "Runs.list": "list_runs",
        "Runs.retrieve": "retrieve_run",
        "Runs.update": "update_run",
        "Runs.submit_tool_outputs": "submit_tool_outputs",
        "Runs.wait": "retrieve_run",
        "Steps.list": "list_run_steps",
        "Steps.retrieve": "retrieve_run_step",
        "Assistants.create": "create_assistant",
        "Assistants.create minimal": "create_assistant",
        "Assistants.list": "list_assistants",
        "Assistants.retrieve": "retrieve_assistant",
        "Assistants.update": "update_assistant",
        "Assistants.delete": "delete_assistant",
        "assistants.files.Files.create": "create_assistant_file",
        "assistants.files.Files.list": "list_assistant_files",
        "assistants.files.Files.retrieve": "retrieve_assistant_file",
        "assistants.files.Files.delete": "delete_assistant_file",
    },
    "appbuilder": {
        "assistants.create": "create_assistant",
        "assistants.update": "update_assistant",
        "assistants.list": "list_assistants",
        "assistants.query": "retrieve_assistant",
        "assistants.delete": "delete_assistant",
        "assistants.files mount (call 1 of 2 made by the SDK)": "retrieve_file",
        "assistants.files mount (call 2 of 2 made by the SDK)": "create_assistant_file",
        "assistants.files list": "list_assistant_files",
        "assistants.files unmount (call 1 of 2 made by the SDK)": "list_assistant_files",
        "assistants.files unmount (call 2 of 2 made by the SDK)": "delete_assistant_file",
        "files.create": "upload_file",
        "files.list": "list_files",
        "files.query": "retrieve_file",
        "files.delete": "delete_file",
        "files.download (call 1 of 2 made by the SDK)": "retrieve_file",
        "files.download (call 2 of 2 made by the SDK)": "download_file",
        "files.content (call 1 of 2 made by the SDK)": "retrieve_file",
        "files.content (call 2 of 2 made by the SDK)": "read_file",
        "runs.run": "create_run",
        "runs.run thread=": "create_run",
        "runs.run tool_output": "create_run",
        "runs.stream_run": "create_run",
        "runs.submit_tool_outputs": "submit_tool_outputs",
        "runs.cancel": "cancel_run",
        "runs.list": "list_runs",
        "runs.query": "retrieve_run",
        "steps.list": "list_run_steps",
        "steps.query": "retrieve_run_step",
    },
}
"""The captured requests, by what was captured, and the operation each is."""


class World:
    """A vendor with one of each kind of object, and the ids of a sample's objects turned into ours."""

    def __init__(self, vendor: str, waits: bool) -> None:
        self.mock = AssistantMock()
        self.handle: Handle = getattr(self.mock, vendor)
        state = self.handle._service.state
        self.file = self.handle.add_file("a.txt", "text", id="file-1")
        self.assistant = self.handle.add_assistant(model="m", tools=[TOOL], file_ids=["file-1"])
        self.thread = self.handle.add_thread()
        self.handle.add_message(self.thread, "?")
        self.handle.script(turns.calls("f") if waits else "答", times=None)
        self.run = perform(state, create_run(state, self.thread.id, self.assistant.id).id)
        if not waits:
            self.handle.add_message(self.thread, "?")

    def ours(self, text: str) -> str:
        """A sample's text with our ids."""
        (step,) = self.handle.steps(self.run)
        call = self.run.calls[0].id if self.run.calls else "no"
        text = re.sub(r'"tool_call_id": "[^"]*"', f'"tool_call_id": "{call}"', text)
        for pattern, id in ((r"thread", self.thread.id), ("asst", self.assistant.id), ("run", self.run.id), ("step", step.id)):
            text = re.sub(rf"\b{pattern}[_-](?!id\b)\w+", id, text)
        return re.sub(r"\bfile[_-](?!ids?\b)\w+", "file-1", text)

    def ask(self, request: dict[str, Any]) -> Response:
        """A sample's request, of our objects."""
        body = request["body"]
        if not isinstance(body, str):
            sent = b"" if body is None else self.ours(json.dumps(body)).encode()
        else:
            sent = body.replace("<hex32>", "0f").replace("<hex>", "0f").encode()
        base = re.sub(r"^http://[^/]+", self.handle.base_url.removesuffix("/api/v1"), self.ours(request["url"]))
        return ask(self.mock, request["method"], base, sent, KEY)


CAPTURED = [
    pytest.param(vendor, sample, id=f"{vendor}-{sample['operation']}")
    for vendor, samples in sorted(SAMPLES.items())
    for sample in samples
    if sample["operation"] in ASKED[vendor] and sample["request"] and sample["response"] is None
]


@pytest.mark.parametrize(("vendor", "sample"), CAPTURED)
def test_a_captured_request_is_understood(vendor: str, sample: dict[str, Any]) -> None:
    """What an SDK sends is the operation it is meant to be, and is answered as a success."""
    operation = ASKED[vendor][sample["operation"]]
    if operation is None:
        pytest.skip("a run needs a message")
    waits = "tool_output" in json.dumps(sample["request"]["body"] or "") and '"tool_output": null' not in json.dumps(
        sample["request"]["body"]
    )
    world = World(vendor, waits)
    reply = world.ask(sample["request"])
    (exchange,) = world.handle.exchanges
    assert (exchange.operation, reply.status, b'"error":' in reply.body, b'"code":' in reply.body[:10]) == (
        operation, 200, False, False,
    )  # fmt: skip


def test_every_captured_request_is_named() -> None:
    """No captured request is left out."""
    for vendor, samples in SAMPLES.items():
        captured = {one["operation"] for one in samples if one["confidence"] == "observed" and one["response"] is None}
        assert captured - set(ASKED[vendor]) - {"request only"} == set(), vendor


ANSWERS: dict[str, list[tuple[int, str]]] = {
    "model_studio": [
        (0, "create_run"), (3, "retrieve_run"), (4, "update_run"), (5, "submit_tool_outputs"), (18, "list_run_steps"),
        (24, "create_assistant"), (27, "retrieve_assistant"), (28, "update_assistant"), (29, "delete_assistant"),
        (31, "create_assistant_file"), (32, "retrieve_assistant_file"), (34, "delete_assistant_file"), (35, "upload_file"),
    ],
    "appbuilder": [
        (1, "create_run"), (2, "create_run"), (4, "list_runs"), (5, "list_run_steps"), (8, "submit_tool_outputs"),
        (11, "cancel_run"),
    ],
}  # fmt: skip
"""The documented and recorded answers, by their place in the file, and the operation each answers."""
GIVES_WAY = {
    ("appbuilder", 2): "content is an object there; the SDK of today wants a list",
    ("model_studio", 34): "the SDK's fixture says assistant.file of a deleted one too",
}


def fields(value: Any) -> list[str]:
    """Every field with its path, in order."""
    found: list[str] = []

    def walk(one: Any, path: str) -> None:
        if isinstance(one, dict):
            for name, inner in one.items():
                found.append(f"{path}.{name}")
                walk(inner, f"{path}.{name}")
        elif isinstance(one, list) and one:
            walk(one[0], f"{path}[]")

    walk(value, "")
    return found


@pytest.mark.parametrize(("vendor", "place", "operation"), [(v, *row) for v, rows in ANSWERS.items() for row in rows])
def test_a_documented_answer_keeps_the_contract_and_ours_has_its_fields_in_order(vendor: str, place: int, operation: str) -> None:
    """What the vendor prints is valid; of the fields both have, ours are in its order."""
    documented = SAMPLES[vendor][place]["response"]["body"]
    assert contract.violations(documented, vendor=vendor, operation=operation, kind="response") == []
    routes = {route.operation: route for route in World(vendor, waits=False).handle._service.vendor.routes}
    shape: Any = routes[operation].answers
    known = [info.alias or name for name, info in shape.model_fields.items()]
    theirs = [name for name in documented if name in known]
    assert [name for name in known if name in theirs] == theirs or (vendor, place) in GIVES_WAY


def frames(body: bytes | str) -> list[tuple[str, Any]]:
    """The events of a stream: name and data."""
    text = body.decode() if isinstance(body, bytes) else body
    found = []
    for frame in filter(None, text.split("\n\n")):
        name, data = (line.partition(":")[2].strip() for line in frame.split("\n", 1))
        found.append((name, data if data == "[DONE]" else json.loads(data)))
    return found


def streamed(vendor: str, *script: Any, thread: bool = False) -> bytes:
    """All that a stream of a scripted run sends."""
    mock = AssistantMock()
    handle: Handle = getattr(mock, vendor)
    assistant = handle.add_assistant(model="qwen-max", tools=[TOOL])
    handle.script(*script)
    made = handle.add_thread()
    handle.add_message(made, "?")
    body: dict[str, Any] = {"assistant_id": assistant.id, "stream": True}
    if vendor == "appbuilder":
        url, body = f"{handle.base_url}/v2/threads/runs", {**body, "thread_id": made.id}
    elif thread:
        url, body = f"{handle.base_url}/threads/runs", {**body, "thread": {"messages": [{"role": "user", "content": "?"}]}}
    else:
        url = f"{handle.base_url}/threads/{made.id}/runs"
    reply = ask(mock, "POST", url, json.dumps(body).encode(), KEY)
    found = b""
    while piece := reply.pieces.take():  # type: ignore[union-attr]
        found += piece.data
    return found


QUERY = ('{"query": "', '今天 北京 天气"}')
SEARCHED = turns.uses("quark_search", "".join(QUERY), '{"success": true}', pieces=QUERY)
STREAMS: dict[str, tuple[str, int, bytes]] = {
    "a plain answer": ("model_studio", 6, streamed("model_studio", turns.says("你好", pieces=1), thread=True)),
    "a built-in tool": ("model_studio", 8, streamed("model_studio", SEARCHED, turns.says("晴", pieces=1))),
    "a function": ("model_studio", 9, streamed("model_studio", turns.calls("f"))),
    "a plain answer of AppBuilder": ("appbuilder", 6, streamed("appbuilder", "答")),
    "a function of AppBuilder": ("appbuilder", 7, streamed("appbuilder", turns.calls("f"))),
    "a failure of AppBuilder": ("appbuilder", 12, streamed("appbuilder", turns.fails("server_error", "internal error"))),
}


@pytest.mark.parametrize(("vendor", "place", "ours"), STREAMS.values(), ids=STREAMS)
def test_a_stream_has_the_recorded_events_with_their_fields(vendor: str, place: int, ours: bytes) -> None:
    """Names in order, deltas counted once; each event has the recorded fields in the recorded order."""
    theirs = frames(SAMPLES[vendor][place]["response"]["body"])

    def told(events: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = []
        for name, data in events:
            kind = f"{name} {data['event_type']}" if "event_type" in data else name
            if not (found and found[-1][0] == kind and "delta" in kind):
                found.append((kind, list(data) if isinstance(data, dict) else data))
        return found

    if place == 12:
        theirs = [event for event in theirs if "step" not in event[1]["event_type"]]  # ours fails before its step
    assert told(frames(ours)) == told(theirs)


def test_a_stream_is_framed_as_recorded() -> None:
    """Byte by byte but for ids and times: no spaces at Model Studio, one after each colon at AppBuilder, Chinese as it is."""
    ours = STREAMS["a plain answer"][2]
    assert re.sub(rb"\{.*\}", b"{}", ours).startswith(b"event:thread.created\ndata:{}\n\nevent:thread.run.created\ndata:{}\n\n")
    assert '"value":"你好","annotations":[]'.encode() in ours
    assert ours.endswith(b"event:done\ndata:[DONE]\n\n")
    assert re.sub(rb"\{.*\}", b"{}", STREAMS["a plain answer of AppBuilder"][2]).startswith(b"event: status\ndata: {}\n\n")


def test_the_steps_of_a_built_in_tool_are_as_recorded() -> None:
    """Each delta of quark_search has the recorded form, and the step ends without being completed."""
    theirs = [event for event in frames(SAMPLES["model_studio"][8]["response"]["body"]) if "step" in event[0]]
    ours = [event for event in frames(STREAMS["a built-in tool"][2]) if "step" in event[0]]
    assert [fields(data) for _, data in ours] == [fields(data) for _, data in theirs]
    ended = next(data for name, data in ours if name == "thread.run.step.completed")
    assert (ended["status"], ended["completed_at"]) == ("in_progress", None)
