"""
Model Studio's recorded and composed streams, byte by byte: a script that says the same must print the same.

Ids are compared by the order in which they appear, times by where they stand and where none is.
"""

from __future__ import annotations

import json
import re
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from vendors import STUDIO, ask

from pytest_assistant_mock import AssistantMock, Handle, Response, turns

SAMPLES = json.loads((Path(__file__).parent.parent / "samples/runs/model_studio.json").read_text("utf8"))
WEATHER = "get_current_weather"


def recorded(place: int) -> str:
    """The stream of a sample."""
    return str(SAMPLES[place]["response"]["body"])


def events(stream: str) -> list[tuple[str, Any]]:
    """Name and data of each event but the last, which is no JSON."""
    found = re.findall(r"event:(.+)\ndata:(\{.*\})\n\n", stream)
    return [(name, json.loads(data)) for name, data in found]


def all_of(reply: Response) -> str:
    """Every piece of a streamed answer."""
    assert reply.pieces is not None
    return b"".join(iter(lambda: reply.pieces.take().data if not reply.pieces.ended else b"", b"")).decode()  # type: ignore[union-attr]


def compared(stream: str) -> str:
    """A stream with each id replaced by its number, each time by T, and no id of a call, as in 2024."""
    numbers = count(1)
    ids: dict[str, str] = {}

    def numbered(found: re.Match[str]) -> str:
        return ids.setdefault(found[0], f"id-{next(numbers)}")

    stream = re.sub(r'"id":"call_\w{32}"', '"id":""', stream)
    stream = re.sub(r"(?<=\")(?:[a-z]+_)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", numbered, stream)
    return re.sub(r'_at":\d{13}', '_at":T', stream)


class Scene:
    """A thread with a question, and an assistant as the run of a recorded stream shows it."""

    def __init__(self, stream: str) -> None:
        self.mock = AssistantMock()
        self.handle: Handle = self.mock.model_studio
        run = next((data for name, data in events(stream) if data["object"] == "thread.run"), {"model": "m", "tools": []})
        fields = {name: run[name] for name in ("model", "instructions", "tools") if name in run}
        self.assistant = self.handle.add_assistant(**fields)
        self.thread = self.handle.add_thread()
        self.handle.add_message(self.thread, "?")

    def asked(self, path: str, **body: Any) -> str:
        """The stream that answers a request."""
        return all_of(ask(self.mock, "POST", f"{STUDIO}/threads{path}", {"stream": True, **body}))

    def run(self) -> str:
        """The stream of a run."""
        return self.asked(f"/{self.thread.id}/runs", assistant_id=self.assistant.id)


def said(stream: str) -> turns.Says:
    """What a recorded stream says, in its pieces, with its usage."""
    pieces = [data["delta"]["content"][0]["text"]["value"] for name, data in events(stream) if name == "thread.message.delta"]
    usage = events(stream)[-1][1]["usage"]
    return turns.says("".join(pieces), pieces=pieces, usage=(usage["input_tokens"], usage["output_tokens"]))


def plain() -> tuple[str, str]:
    """A thread made with its run, and a plain answer."""
    theirs = recorded(6)
    scene = Scene(theirs)
    scene.handle.script(said(theirs))
    message = {"role": "user", "content": "999乘以998等于多少?"}
    return scene.asked("/runs", assistant_id=scene.assistant.id, thread={"messages": [message]}), theirs


def searched() -> tuple[str, str]:
    """quark_search, then the answer."""
    theirs = recorded(8)
    calls = [data["delta"]["step_details"]["tool_calls"][0] for name, data in events(theirs) if name == "thread.run.step.delta"]
    arguments = [call["quark_search"]["arguments"] for call in calls if "arguments" in call.get("quark_search", {})]
    (output,) = [call["plugin_name"]["output"] for call in calls if "plugin_name" in call]
    scene = Scene(theirs)
    used = turns.uses("quark_search", "".join(arguments), output, pieces=[piece for piece in arguments if piece])
    scene.handle.script(used, said(theirs))
    return scene.run(), theirs


def called() -> tuple[str, str]:
    """The first stream of a function call."""
    scene = Scene(recorded(9))
    scene.handle.script(turns.calls(WEATHER, location="Xi'an"))
    return scene.run(), recorded(9)


def answered() -> tuple[str, str]:
    """The second stream of a function call."""
    theirs = recorded(7)
    scene = Scene(theirs)
    scene.handle.script(turns.calls(WEATHER, location="Xi'an"), said(theirs))
    scene.run()
    (run,) = scene.handle.runs()
    return scene.asked(f"/{scene.thread.id}/runs/{run.id}/submit_tool_outputs", **SAMPLES[7]["request"]["body"]), theirs


def coded() -> tuple[str, str]:
    """The deltas of a code_interpreter's step, and its end."""
    scene = Scene(recorded(10))
    scene.handle.script(turns.uses("code_interpreter", {"code": "print(1+1)"}, "2", pieces=1), "2")
    kept = [frame for frame in scene.run().split("\n\n") if '"tool_calls":[{' in frame]
    return "\n\n".join([*kept, ""]), recorded(10)


def failed() -> tuple[str, str]:
    """A failure before a step. The time of the failure is inferred: the notes of the sample leave it open."""
    theirs = recorded(11)
    scene = Scene(theirs)
    error = events(theirs)[-1][1]["last_error"]
    scene.handle.script(turns.fails(error["code"], error["message"]))
    ours = scene.run()
    assert ours.count('"failed_at":1') == 1
    return re.sub(r'"failed_at":\d+', '"failed_at":null', ours), theirs


def cancelled() -> tuple[str, str]:
    """The end of a stream whose run is cancelled."""
    theirs = recorded(14)
    scene = Scene(theirs)
    scene.handle.script(turns.cancels())
    ours = scene.run()
    return ours[ours.index("event:thread.run.cancelled") :], theirs


def expired() -> tuple[str, str]:
    """The end of a stream whose run expires; ours has no open step then."""
    theirs = recorded(15)
    scene = Scene(theirs)
    scene.handle.script(turns.expires())
    ours = scene.run()
    return ours[ours.index("event:thread.run.expired") :], theirs[theirs.index("event:thread.run.expired") :]


MADE = (plain, searched, called, answered, coded, failed, cancelled, expired)


@pytest.mark.parametrize("made", MADE, ids=lambda made: made.__name__)
def test_a_stream_is_the_recorded_one_byte_by_byte(made: Any) -> None:
    """But for ids and times."""
    ours, theirs = made()
    assert compared(ours) == compared(theirs)


SCRIPTS: dict[str, list[Any]] = {
    "an answer": ["晴,24 度"],
    "an empty answer": [""],
    "line ends and quotes": ['a\n\nevent:done\r\ndata: \u2028\x00"', " "],
    "content": [turns.says([{"type": "image_file", "image_file": {"file_id": "f"}}])],
    "a call": [turns.calls(WEATHER, location="event:error")],
    "a search": [turns.searches("a\nb", []), "c"],
    "code": [turns.runs_code("print(1)\n\nprint(2)", "1\n2\n"), "c"],
    "an image": [turns.uses("text_to_image", {"prompt": "cat"}, {"success": 1}), "c"],
    "a calculation": [turns.uses("calculator", "1+1", "2"), "c"],
    "a failure": [turns.fails("server_error", "a\nb")],
    "a cancel": [turns.cancels()],
    "an expiry": [turns.expires()],
    "a broken answer": [turns.incomplete("half")],
}


def streamed(script: list[Any]) -> str:
    """The stream of a run with a function, whatever it says."""
    scene = Scene(recorded(9))
    scene.handle.script(*script)
    return scene.run()


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_a_frame_has_one_name_and_one_line_of_data(script: list[Any]) -> None:
    """Without spaces after the colons, name first, compact JSON: dashscope raises for two lines of data, and for a space."""
    head, *frames = streamed(script).removesuffix("\n\n").split("\n\n")
    request_ids = set()
    assert head.startswith("event:thread.run.created\n")
    assert frames.pop() == "event:done\ndata:[DONE]"
    for frame in [head, *frames]:
        name, data = frame.split("\n")
        assert re.fullmatch(r"event:thread\.[a-z_.]+", name)
        body = json.loads(data.removeprefix("data:"))
        assert data == "data:" + json.dumps(body, ensure_ascii=False, separators=(",", ":"))
        request_ids.add(body["request_id"])
    assert len(request_ids) == 1


JAVA_STATUS = {"queued", "in_progress", "requires_action", "cancelling", "cancelled", "failed", "completed", "expired"}


@pytest.mark.parametrize("script", [one for name, one in SCRIPTS.items() if name != "a broken answer"])
def test_java_reads_what_stands_in_a_stream(script: list[Any]) -> None:
    """
    Its SDK knows eight statuses, reads the times of a run into 32 bits, and makes texts of calls without a type.

    So a time is null where it can be; and each call has its type, but in the two deltas recorded after a search.
    """
    for _, data in events(streamed(script)):
        if data["object"] == "thread.run":
            assert data["status"] in JAVA_STATUS
            times = {name for name, value in data.items() if name.endswith("_at") and value is not None}
            assert times == ({"created_at", "failed_at"} if data["status"] == "failed" else {"created_at"})
            assert isinstance(data["tools"], list)
        if data["object"].startswith("thread.run.step"):
            details = data.get("delta", data)["step_details"]
            typed = ["type" in call for call in details.get("tool_calls", ())]
            assert all(typed) or details["tool_calls"] == [{"quark_search": {"output": ""}}]
        if data["object"] == "thread.message.delta":
            assert isinstance(data["delta"]["content"], list)
        assert data.get("last_error") is None or set(data["last_error"]) == {"code", "message"}


def test_the_times_of_a_stream_stand_to_each_other_as_recorded() -> None:
    """A step and its message begin at once and end at once, after the run; a step of calls has no end."""
    found = {name: data for name, data in events(searched()[0]) if name != "thread.run.step.completed"}
    ends = [data for name, data in events(searched()[0]) if name == "thread.run.step.completed"]
    began, message = found["thread.run.step.created"], found["thread.message.completed"]
    assert found["thread.run.created"]["created_at"] < began["created_at"] == message["created_at"]
    assert message["created_at"] < message["completed_at"] == ends[1]["completed_at"]
    assert ends[0]["completed_at"] is None


def test_a_step_that_is_cancelled_says_so_without_a_time() -> None:
    """The run waits for outputs; its cancel ends the open step."""
    scene = Scene(recorded(9))
    scene.handle.allow("cancel_run")
    scene.handle.script(turns.calls(WEATHER, location="x"))
    scene.run()
    (run,) = scene.handle.runs()
    path = f"{STUDIO}/threads/{scene.thread.id}/runs/{run.id}"
    assert ask(scene.mock, "POST", f"{path}/cancel").json()["cancelled_at"] is None
    (step,) = ask(scene.mock, "GET", f"{path}/steps").json()["data"]
    times = {name: step[name] for name in step if name.endswith("_at")}
    assert (step["status"], times.pop("created_at") > 0, set(times.values())) == ("cancelled", True, {None})
