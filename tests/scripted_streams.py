"""The samples of streams; scripts of every kind, and the streams that the fake makes of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from vendors import ask

from pytest_assistant_mock import AssistantMock, Handle, turns

SAMPLES = {path.stem: json.loads(path.read_text("utf8")) for path in (Path(__file__).parent / "samples/runs").glob("*.json")}
GIVE_WAY: dict[tuple[str, int], set[str]] = {
    ("model_studio", 22): {"$.request_id"},  # a recording of another service, renamed, in the Java SDK's own tests
    ("model_studio", 59): {"$"},  # data that is no JSON: what the SDK makes of it
    ("model_studio", 60): {"$.request_id"},  # an error without its request: what the SDK makes of it
    ("model_studio", 64): {"$.object"},  # half a run, in two lines of data: what the SDK makes of it
    ("appbuilder", 44): {"$"},  # [DONE]: what the SDK makes of it
}
"""Samples that break the contract, and where; see docs/fidelity.md."""

TOOL = {"type": "function", "function": {"name": "f"}}
KEY = (("Authorization", "Bearer key"),)
SCRIPTS: dict[str, tuple[Any, ...]] = {
    "an answer": ("晴,24 度",),
    "pieces": (turns.says("晴,24 度", pieces=["晴", "", ",24 度"]),),
    "an empty answer": ("",),
    "line ends": ('a\n\nevent:done\r\ndata: \u2028\x00"',),
    "annotations": (turns.says("a", annotations=("b",)),),
    "a call": (turns.calls("f", city="北京"), "晴"),
    "two calls at once": ([turns.calls("f", a=1), turns.calls("f", b=2)], "晴"),
    "a call and nothing": (turns.calls("f"),),
    "two rounds": (turns.calls("f"), turns.calls("f"), "晴"),
    "words between": ("我看看", turns.calls("f"), "晴", "再见"),
    "a failure": (turns.fails("server_error", "a\nb"),),
    "a failure after words": ("a", turns.fails("server_error", "b")),
    "a cancel": (turns.cancels(),),
    "an expiry": ("a", turns.expires()),
    "a broken answer": (turns.incomplete("half"),),
    "a broken answer without a word": (turns.incomplete(""),),
    "a failure after a call": (turns.calls("f"), turns.fails("server_error", "b")),
}
STUDIOS_OWN: dict[str, tuple[Any, ...]] = {
    "no end": ("a", turns.never()),
    "a search": (turns.searches("a\nb", []), "c"),
    "code": (turns.runs_code("print(1)\n\nprint(2)", "1\n2\n"), "c"),
    "an image": (turns.uses("text_to_image", {"prompt": "cat"}, {"success": 1}), "c"),
    "a calculation": (turns.uses("calculator", "1+1", "2"), turns.uses("calculator", "", ""), "c"),
}
CASES = [
    *(("model_studio", name) for name in (*SCRIPTS, *STUDIOS_OWN)),
    *(("appbuilder", name) for name in SCRIPTS),
]


def taken(reply: Any) -> Iterator[bytes]:
    """The pieces of a streamed answer as they come; ends where the stream waits."""
    while piece := reply.pieces.take():
        yield piece.data


def outputs(stream: bytes) -> list[dict[str, str]]:
    """What answers the calls that a stream ends with."""
    last = stream.rstrip().split(b"\n\n")[-2 if stream.endswith(b"[DONE]\n\n") else -1]
    return [{"tool_call_id": call, "output": "22 摄氏度"} for call in re.findall(r'"id":"(call[^"]*)"', last.decode())]


class Scene:
    """A vendor with a thread and an assistant that has a function."""

    def __init__(self, vendor: str, script: tuple[Any, ...], **settings: Any) -> None:
        self.mock = AssistantMock(**settings)
        self.handle: Handle = getattr(self.mock, vendor)
        self.assistant = self.handle.add_assistant(model="qwen-max", tools=[TOOL])
        self.handle.script(*script)
        self.thread = self.handle.add_thread()
        self.handle.add_message(self.thread, "?")
        self.base = self.handle.base_url if vendor == "model_studio" else f"{self.handle.base_url}/v2"

    def post(self, path: str, **body: Any) -> Any:
        """Ask for something."""
        return ask(self.mock, "POST", f"{self.base}/threads{path}", json.dumps(body).encode(), KEY)

    def streams(self) -> list[bytes]:
        """The streams of a run to its end: at Model Studio one for each leg, at AppBuilder a single one."""
        legs = self._legs if self.handle.name == "model_studio" else self._one
        return list(legs())

    def _legs(self) -> Iterator[bytes]:
        found = b"".join(taken(self.post(f"/{self.thread.id}/runs", assistant_id=self.assistant.id, stream=True)))
        yield found
        (run,) = self.handle.runs()
        while b"run.requires_action" in found:
            path = f"/{self.thread.id}/runs/{run.id}/submit_tool_outputs"
            found = b"".join(taken(self.post(path, tool_outputs=outputs(found), stream=True)))
            yield found

    def _one(self) -> Iterator[bytes]:
        reply = self.post("/runs", thread_id=self.thread.id, assistant_id=self.assistant.id, stream=True)
        found: list[bytes] = []
        while not reply.pieces.ended:
            found += taken(reply)
            if not reply.pieces.ended:
                (run,) = self.handle.runs()
                self.post(
                    "/runs/submit_tool_outputs", thread_id=self.thread.id, run_id=run.id, tool_outputs=outputs(b"".join(found))
                )
        yield b"".join(found)


@cache
def printed(vendor: str, name: str) -> tuple[bytes, ...]:
    """The streams of a script."""
    return tuple(Scene(vendor, {**SCRIPTS, **STUDIOS_OWN}[name]).streams())
