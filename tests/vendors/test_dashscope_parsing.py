"""
What the real dashscope SDK makes of streams, right and wrong: why ours are framed as they are.

The samples observed at the SDK are sent to it as replies of the test, a frame a piece.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from pytest_assistant_mock import Handle, Response, turns

dashscope = pytest.importorskip("dashscope")
from dashscope import Runs  # noqa: E402

SAMPLES = json.loads((Path(__file__).parent.parent / "samples/runs/model_studio.json").read_text("utf8"))
TYPES = (("content-type", "text/event-stream"),)
RUN = '{"id":"run_1","object":"thread.run","created_at":1,"status":"failed","tools":[]}'
STEP = '{"id":"step_1","object":"thread.run.step","created_at":1,"type":"tool_calls","step_details":{}}'
DELTA = (
    '{"id":"step_1","object":"thread.run.step.delta","delta":{"step_details":{"type":"tool_calls","tool_calls":'
    '[{"type":"code_interpreter","code_interpreter":{"outputs":[{"type":"logs","logs":"1"}]}}]}}}'
)
FILLED = {
    68: DELTA,
    69: STEP.replace('"step_details":{}', '"step_details":null'),
    70: RUN.replace('"tools":[]', '"tools":null'),
}
"""The data that a sample leaves out."""


def body(place: int) -> str:
    """A sample's stream, with data where the sample has dots."""
    return re.sub(r"\{.*\.\.\..*\}", FILLED.get(place, RUN).replace("\\", r"\\"), str(SAMPLES[place]["response"]["body"]))


def parsed(studio: Handle, place: int) -> list[tuple[Any, Any]]:
    """What the SDK yields for a sample's stream."""
    studio.reply("create_run", Response(200, TYPES, pieces=[body(place).encode()]), check=False)
    return list(Runs.create("thread_1", assistant_id="asst_1", stream=True))


READ = {
    12: ["thread.run.created", "thread.run.queued", "thread.run.in_progress", "error"],
    58: ["error"],
    62: ["thread.run.created"],
    63: [None],
    65: ["thread.run.created"],
    66: ["thread.run.created"],
}
RAISED = {59: json.JSONDecodeError, 60: json.JSONDecodeError, 61: AttributeError, 64: AttributeError, 68: TypeError,
          69: TypeError, 70: TypeError}  # fmt: skip


@pytest.mark.parametrize("place", READ)
def test_the_sdk_reads_it(model_studio: Handle, place: int) -> None:
    """Spaces, comments and a missing end do no harm; an error ends the stream."""
    events = parsed(model_studio, place)
    assert [name for name, _ in events] == READ[place]
    if events[-1][0] == "error":
        assert events[-1][1].code == "InternalError"


@pytest.mark.parametrize("place", RAISED)
def test_the_sdk_raises(model_studio: Handle, place: int) -> None:
    """As observed; nothing the fake makes by itself has such a form (test_model_studio_streams.py)."""
    with pytest.raises(RAISED[place]):
        parsed(model_studio, place)


def test_a_refused_stream_is_one_answer(model_studio: Handle) -> None:
    """Without a name, and with its status: there is no stream."""
    ((name, refused),) = Runs.create("thread_none", assistant_id="asst_1", stream=True)
    assert (name, refused["status_code"], refused["code"]) == (None, 400, SAMPLES[67]["response"]["body"][9:25])
    assert refused["message"] == SAMPLES[13]["response"]["body"]["message"]


@pytest.mark.parametrize("place", [6, 7, 8, 9, 10, 11, 14, 15])
def test_the_sdk_reads_each_recorded_stream(model_studio: Handle, place: int) -> None:
    """Every event has its name and an object."""
    events = parsed(model_studio, place)
    assert [name for name, _ in events] == re.findall(r"event:(thread.+)\n", body(place))
    assert all(data.id for _, data in events)


def test_every_sample_observed_at_the_sdk_is_here() -> None:
    """None is left out."""
    assert {*READ, *RAISED, 67} >= {place for place, one in enumerate(SAMPLES) if one["operation"] and not one["request"]}


def test_the_sdk_names_each_event_of_ours(model_studio: Handle) -> None:
    """Whatever a script says, the SDK knows every event and makes its object of it."""
    tool = {"type": "function", "function": {"name": "f"}}
    assistant, thread = model_studio.add_assistant(tools=[tool]), model_studio.add_thread()
    model_studio.add_message(thread, "?")
    code, found = turns.runs_code("print(1)", "1"), turns.searches("q", [])
    scripts = [(found, code, "答"), (turns.calls("f"),), (turns.fails("a", "b"),), (turns.cancels(),), (turns.expires(),)]
    for script in scripts:
        model_studio.script(*script)
        for name, data in Runs.create(thread.id, assistant_id=assistant.id, stream=True):
            kind = data.object if hasattr(data, "object") else None
            assert kind in ("thread.run", "thread.run.step", "thread.message", f"{name}"), (name, data)
            assert name.startswith(kind)
