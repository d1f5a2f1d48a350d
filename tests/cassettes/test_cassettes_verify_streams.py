"""`verify` of conversations: the fake's runs take the recorded course, and its streams are held beside the recorded ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from scripted_streams import CASES, SCRIPTS, STUDIOS_OWN, TOOL, Scene
from vendors import ask

from pytest_assistant_mock import AssistantMock, Response, turns
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
