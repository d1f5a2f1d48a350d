"""`verify` of conversations: the fake's runs take the recorded course, and its streams are held beside the recorded ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scripted_streams import CASES, SCRIPTS, STUDIOS_OWN, TOOL, Scene
from vendors import STUDIO, ask

from pytest_assistant_mock import AssistantMock, Request, Response, turns
from pytest_assistant_mock.__main__ import main
from pytest_assistant_mock.cassettes import Cassette, Interaction
from pytest_assistant_mock.cassettes.format import to_text
from pytest_assistant_mock.cassettes.verify import Row, percentage, verify


class Talk(Scene):
    """A conversation all of which is asked for: the assistant and the thread too."""

    def __init__(self, vendor: str, script: tuple[Any, ...]) -> None:
        self.mock = AssistantMock()
        self.handle = getattr(self.mock, vendor)
        self.handle.script(*script)
        self.base = self.handle.base_url if vendor == "model_studio" else f"{self.handle.base_url}/v2"
        named = {"name": "a", "description": "d"} if vendor == "appbuilder" else {}
        self.assistant = self.made("/assistants", model="qwen-max", tools=[TOOL], **named)
        self.thread = self.made("/threads", messages=[{"role": "user", "content": "?"}])

    def made(self, path: str, **body: Any) -> Any:
        """What the vendor made, by its id."""
        return SimpleNamespace(id=ask(self.mock, "POST", self.base + path, body).json()["id"])


def recorded(vendor: str, *script: Any) -> Cassette:
    """A conversation in a cassette, its streams to their ends."""
    scene = Talk(vendor, script)
    scene.streams()
    found = []
    for exchange in scene.handle.exchanges:
        assert isinstance(exchange.reply, Response)
        headers = exchange.reply.headers
        found.append(Interaction(exchange.request, Response(exchange.reply.status, headers, exchange.reply.body)))
    return Cassette(found)


def changed(cassette: Cassette, old: str, new: str) -> Cassette:
    """The same, with something else in the answer to the run."""
    *first, run = cassette.interactions
    assert isinstance(run.reply, Response)
    assert old.encode() in run.reply.body
    body = run.reply.body.replace(old.encode(), new.encode(), 1)
    return Cassette([*first, replace(run, reply=replace(run.reply, body=body))])


def told(rows: list[Row]) -> list[str]:
    """What the fake does not explain."""
    return [f"{row.number}. {row.operation}: {row.difference}" for row in rows if row.difference]


NOT_EXPLAINED = {"no end", "a broken answer without a word"}


@pytest.mark.parametrize(("vendor", "name"), [case for case in CASES if case[1] not in NOT_EXPLAINED])
def test_the_fake_explains_what_it_said_itself(vendor: str, name: str) -> None:
    """Each script's streams, from the cassette alone: calls, outputs, tools, failures."""
    rows = verify(recorded(vendor, *{**SCRIPTS, **STUDIOS_OWN}[name]))
    assert (told(rows), percentage(rows)) == ([], 100)


def test_the_number_of_pieces_is_the_models_own() -> None:
    """A text in many pieces is explained by a fake that says another text in one."""
    assert told(verify(recorded("appbuilder", turns.says("晴,24 度", pieces=list("晴,24 度"))))) == []


def polled(vendor: str, *script: Any) -> Cassette:
    """A conversation that is not streamed: a call whose output is given, an answer, and all that can be listed then."""
    talk = Talk(vendor, script)
    ids: dict[str, Any] = {"thread_id": talk.thread.id}
    if vendor == "model_studio":
        path = f"/{talk.thread.id}/runs"
        run = talk.post(path, assistant_id=talk.assistant.id).json()
        path += f"/{run['id']}"
        ask(talk.mock, "GET", f"{talk.base}/threads{path}")
        talk.post(f"{path}/submit_tool_outputs", tool_outputs=[{"output": "22"}])
        for more in (path, f"{path}/steps", f"/{talk.thread.id}/messages"):
            ask(talk.mock, "GET", f"{talk.base}/threads{more}")
    else:
        run = talk.post("/runs", **ids, assistant_id=talk.assistant.id).json()
        (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        talk.post("/runs", **ids, assistant_id=talk.assistant.id, tool_output={"tool_call_id": call["id"], "output": "30"})
        for more in ("/runs/query", "/runs/steps/list", "/messages/list"):
            talk.post(more, **ids, run_id=run["id"])
    found = [Interaction(one.request, one.reply) for one in talk.handle.exchanges]
    assert {one.status for one in talk.handle.exchanges} == {200}
    return Cassette(found)


@pytest.mark.parametrize("vendor", ["model_studio", "appbuilder"])
def test_a_run_that_is_polled_takes_the_recorded_course_too(vendor: str) -> None:
    """The call, then the answer: each object is explained, in each answer."""
    assert told(verify(polled(vendor, turns.calls("f", city="北京"), "晴"))) == []


DIFFERENCES: dict[str, tuple[str, str, str, str]] = {
    "a name": (
        "model_studio", "event:thread.run.queued\n", "event:thread.run.waiting\n",
        "event 3 thread.run.in_progress: $: expected thread.run.queued",
    ),
    "a field": (
        "model_studio", '"file_ids":[],"metadata":{}', '"metadata":{}',
        "event 1 thread.run.created: $: keys id, object",
    ),
    "a text": (
        "model_studio", '"text":{"value":"晴', '"text":{"value":"阴',
        'event 11 thread.message.completed: $.content[0].text.value: expected "阴',
    ),
    "a type": ("appbuilder", '"message_index":""', '"message_index":0', "event 4 message: $.message_index: expected a string"),
    "an order": ("appbuilder", '"event_type":"run_begin"', '"event_type":"run_end"', "event 1 run_end: $.status: expected"),
}  # fmt: skip


@pytest.mark.parametrize(("vendor", "old", "new", "difference"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_what_the_fake_does_not_explain_is_told_with_its_event(vendor: str, old: str, new: str, difference: str) -> None:
    """Number, name and place, in the row of the interaction."""
    (row,) = [row for row in verify(changed(recorded(vendor, "晴,24 度"), old, new)) if row.difference]
    assert row.operation == "create_run"
    assert row.difference.startswith(difference)


def test_an_event_more_is_told() -> None:
    """Also where it is right by itself: a ping is passed over, a second answer is not."""
    frame = "event: ping\ndata: {}\n\n"
    begin: Callable[[Cassette], Cassette] = lambda cassette: changed(cassette, "event: message\n", f"{frame}event: message\n")  # noqa: E731
    assert told(verify(begin(recorded("appbuilder", "晴")))) == []
    rows = verify(changed(recorded("model_studio", "晴"), "event:done\n", "event:tick\ndata:{}\n\nevent:done\n"))
    assert told(rows) == ["3. create_run: event 13: tick recorded, done from the fake"]


def test_the_command_counts_streams(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what differs."""
    path = tmp_path / "run.yaml"
    path.write_text(to_text(recorded("model_studio", turns.calls("f", city="北京"), "晴")), "utf8")
    assert main(["verify", str(path)]) == 0
    assert capsys.readouterr().out.endswith("the fake explains 100 % of this traffic (4 interactions)\n")


ODD = (
    {"object": "thread.run", "id": "run_1", "status": "requires_action", "required_action": "x", "final_answer": 1},
    {"object": "thread.run", "id": "run_1", "status": "failed", "last_error": "x"},
    {
        "object": "thread.run.step",
        "run_id": "run_1",
        "step_details": {"type": "tool_calls", "tool_calls": [1, {"type": "x", "x": 1}]},
    },
    {"object": "thread.message", "run_id": "run_1", "role": "assistant", "content": "x"},
    {"type": "message_creation", "run_id": "run_1", "message_creation": None},
    {"type": "tool_calls", "run_id": ["x"], "tool_calls": {"function": {}}},
)


def test_odd_answers_make_no_course() -> None:
    """Whatever stands in a recording is compared, nothing is raised."""
    request = Request("POST", f"{STUDIO}/threads/t/runs", (), b"[]")
    bodies = [json.dumps(one).encode() for one in ODD] + [b"event: x\ndata: \xff\n\n", b"data: {\n\n", b"[[[", b""]
    found = [Interaction(request, Response(200, (("Content-Type", "text/event-stream"),), body)) for body in bodies]
    assert len(verify(Cassette(found))) == len(found)
    *before, run = recorded("appbuilder", "晴").interactions
    assert isinstance(run.reply, Response)
    for body, problem in ((b"event: message\ndata: \xff\n\n", "is not UTF-8"), (b"event: message\ndata: {\n\n", "expected JSON")):
        (row,) = [row for row in verify(Cassette([*before, replace(run, reply=replace(run.reply, body=body))])) if row.difference]
        assert problem in row.difference
