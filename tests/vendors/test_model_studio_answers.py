"""
Every documented answer of Model Studio's assistants, files, runs and steps, asked for as documented and compared field by field.

Ids and times are compared by kind. A sample that is answered otherwise says why in WHY; docs/fidelity.md lists them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from vendors import STUDIO, ask

from pytest_assistant_mock import AssistantMock, Handle, turns

SAMPLES = json.loads((Path(__file__).parent.parent / "samples/runs/model_studio.json").read_text("utf8"))

MARCH = "The JSON of March 2024 lacks fields, and has `{}`, 0 or -1 where the streams of April 2024 have null."
OBJECT = "The page prints the Python SDK's object, its keys sorted: status_code is the SDK's."
FIXTURE = "A fixture of the SDK's tests, after OpenAI's API."
SHORT = "A fixture of the SDK's tests: some fields are left out, some are another service's."
WHY: dict[int, str] = {
    0: MARCH, 2: MARCH, 3: MARCH, 4: MARCH, 18: MARCH, 26: MARCH, 27: MARCH, 28: MARCH,
    5: f"{MARCH} Calls have no ids there; later pages pass one on.",
    1: f"{OBJECT} enable_search, stop and tool_choice are known from this one alone.",
    16: "The page prints the Python SDK's object; on the wire, content is a list.",
    17: "The page prints the Python SDK's object; its table says that an output is a text.",
    19: "The page prints the Python SDK's object, its keys sorted.",
    20: "The page's example is no recording: seconds, and the names of OpenAI's usage.",
    21: FIXTURE,
    22: "A fixture of the Java SDK, recorded at OpenAI; a function has no deltas at Model Studio.",
    24: "The page prints no file_ids; the SDK's object has them.",
    25: f'{OBJECT} "None" stands for null.',
    31: SHORT, 32: SHORT, 33: SHORT, 35: SHORT, 36: SHORT,
    34: f"{SHORT} It says assistant.file of a deleted one too.",
}  # fmt: skip
"""By their place in the file, why some samples are answered otherwise."""

NUMBERS = {"temperature", "top_p", "top_k", "max_tokens"}
STREAMED = {*NUMBERS, "truncation_strategy"}
TIMES = {"expires_at", "started_at", "cancelled_at", "failed_at", "completed_at"}
ADDED: dict[int, set[str]] = {
    0: {*STREAMED, *TIMES, "required_action", "last_error", "file_ids", "usage"},
    **{place: {*STREAMED, "file_ids"} for place in (2, 3, 4, 5)},
    **{place: {*NUMBERS, "file_ids"} for place in (26, 27, 28)},
    20: {"request_id"},
    21: {*STREAMED, "request_id"},
    24: {"file_ids"},
    **{place: {"request_id"} for place in (31, 32, 34)},
    33: {"request_id", "object"},
    35: {"failed_uploads"},
    36: {"size"},
}
"""What ours have besides."""
MISSED: dict[int, set[str]] = {
    **{place: {"status_code"} for place in (16, 17, 25)},
    1: {"status_code", "enable_search", "stop", "tool_choice"},
    36: {"id", "url", "code", "msg", "success"},
}
"""What ours have not."""
SORTED = {1, 16, 17, 19, 20, 21, 25, 33, 36}
"""Where the order of the fields is not the wire's."""

INSTRUCTIONS = SAMPLES[3]["response"]["body"]["instructions"]
SEARCHING = [{"type": "search"}, {"type": "text_to_image"}]
WEATHER = SAMPLES[5]["response"]["body"]["tools"]


class Scene:
    """An assistant, a thread, and a run in it that is done, or waits for an output."""

    def __init__(self, *, tools: list[dict[str, Any]], turn: Any, revision: str = "2025", **fields: Any) -> None:
        self.mock = AssistantMock(revision=revision)
        self.handle: Handle = self.mock.model_studio
        fields = {"model": "qwen-max", "instructions": INSTRUCTIONS, **fields}
        self.assistant = self.handle.add_assistant(tools=tools, **fields)
        self.thread = self.handle.add_thread()
        self.handle.add_message(self.thread, "999乘以998等于多少？")
        self.handle.script(turn, times=None)

    def ask(self, method: str, path: str, body: Any = b"") -> Any:
        """A request below the base URL, its answer read."""
        reply = ask(self.mock, method, f"{STUDIO}{path}", b"" if body is None else body)
        assert reply.status == 200
        return reply.json()

    def run(self) -> str:
        """The path of a run."""
        made = self.ask("POST", f"/threads/{self.thread.id}/runs", {"assistant_id": self.assistant.id})
        return f"/threads/{self.thread.id}/runs/{made['id']}"


def sent(place: int) -> Any:
    """The body of a sample's request."""
    return SAMPLES[place]["request"]["body"]


def answered(**fields: Any) -> Scene:
    """Where an answer of 9 tokens is given."""
    tools = fields.pop("tools", SEARCHING)
    return Scene(tools=tools, turn=turns.says("999乘以998等于997002。", usage=(66, 9)), **fields)


def waiting() -> Scene:
    """Where a run waits for the weather."""
    return Scene(tools=WEATHER, turn=turns.calls("get_current_weather", location="西安"))


def created() -> Any:
    """A run just created."""
    scene = answered()
    body = {**sent(0), "assistant_id": scene.assistant.id}
    return scene.ask("POST", f"/threads/{scene.thread.id}/runs", body)


def newest() -> Any:
    """A run in progress, with nothing set."""
    scene = Scene(tools=[], turn=turns.never(), model="qwen-plus", instructions="you are a helpful assistant")
    return scene.ask("GET", scene.run())


def of_run(path: str = "", method: str = "GET", body: Any = b"", **fields: Any) -> Any:
    """A request about a completed run."""
    scene = answered(**fields)
    return scene.ask(method, scene.run() + path, body)


def runs() -> Any:
    """The runs of a thread."""
    scene = answered()
    scene.run()
    return scene.ask("GET", f"/threads/{scene.thread.id}/runs?limit=20&order=asc")


def submitted() -> Any:
    """A run whose output has just been given."""
    scene = waiting()
    return scene.ask("POST", scene.run() + "/submit_tool_outputs", sent(5))


def stepped() -> Any:
    """The one step of a completed run."""
    scene = answered()
    path = scene.run() + "/steps"
    (step,) = scene.ask("GET", path)["data"]
    return scene.ask("GET", f"{path}/{step['id']}")


def fixture() -> Any:
    """A run that waits for a function's output."""
    tools = [{"type": "code_interpreter"}, {"type": "search"}, {"type": "function", "function": {"name": "big_add"}}]
    text = SAMPLES[21]["response"]["body"]["instructions"]
    turn = turns.calls("big_add", left=87787, right=788988737)
    scene = Scene(tools=tools, turn=turn, model="qwen", instructions=text)
    body = scene.ask("GET", scene.run())
    assert body["tools"].pop() == tools[2]  # the fixture lacks the function that it calls
    (call,) = body["required_action"]["submit_tool_outputs"]["tool_calls"]
    call["function"]["arguments"] = call["function"]["arguments"].replace(", ", ",").replace(": ", ":")
    return body


def delta(name: str, turn: Any) -> Any:
    """The first delta of a stream that says something, as it is on the wire."""
    scene = Scene(tools=[], turn=turn)
    body = {"assistant_id": scene.assistant.id, "stream": True}
    reply = ask(scene.mock, "POST", f"{STUDIO}/threads/{scene.thread.id}/runs", body)
    while reply.pieces and not reply.pieces.ended:
        frame = reply.pieces.take().data.decode()  # type: ignore[union-attr]
        if frame.startswith(f"event:{name}\n"):
            return json.loads(frame.partition("data:")[2])
    raise AssertionError(name)


def said() -> Any:
    """A piece of an answer; the SDK shows the one content for the list."""
    body = delta("thread.message.delta", "x")
    (body["delta"]["content"],) = body["delta"]["content"]
    return body


def coded() -> Any:
    """A piece of code; the SDK shows an output too."""
    body = delta("thread.run.step.delta", turns.uses("code_interpreter", "x", "y"))
    (call,) = body["delta"]["step_details"]["tool_calls"]
    call["code_interpreter"]["output"] = []
    return body


def messages() -> Any:
    """The messages of a thread with a question and an answer."""
    scene = answered(revision="2026")
    scene.run()
    return scene.ask("GET", f"/threads/{scene.thread.id}/messages")


def assistants() -> Any:
    """A page of three assistants, as created."""
    scene = Scene(tools=[], turn="x")
    for one in (*reversed(SAMPLES[26]["response"]["body"]["data"]),):
        scene.ask("POST", "/assistants", {name: one[name] for name in ("model", "name", "description", "instructions", "tools")})
    return scene.ask("GET", "/assistants?limit=2&order=desc")


def assistant(method: str = "GET", place: int = 27) -> Any:
    """One assistant, asked about as in a sample."""
    tools = [*SEARCHING, {"type": "code_interpreter"}]
    told = {"name": "智能小助手", "description": "这是一个智能小助手", "instructions": INSTRUCTIONS, "tools": tools}
    scene = Scene(tools=[], turn="x")
    made = scene.ask("POST", "/assistants", {"model": "qwen-max", **told})
    return scene.ask(method, f"/assistants/{made['id']}", sent(place))


def attached(path: str = "", method: str = "GET") -> Any:
    """The files of an assistant."""
    scene = Scene(tools=[], turn="x")
    files = f"/assistants/{scene.assistant.id}/files"
    made = [scene.ask("POST", files, {"file_id": f"00000000-0000-4000-8000-00000000000{number}"}) for number in (1, 2)]
    if method == "POST":
        return made[0]
    return scene.ask(method, files + path)


def uploads(method: str) -> Any:
    """A file, uploaded as captured."""
    scene = Scene(tools=[], turn="x")
    body = sent(35).replace("<hex>", "0f").replace("a.txt", "test.txt").encode()
    made = scene.ask("POST", "/files", body)
    return made if method == "POST" else scene.ask("GET", "/files?page_no=1&page_size=20")


ANSWERED = {
    0: created, 1: newest, 2: runs, 3: of_run, 4: lambda: of_run("", "POST", sent(4)), 5: submitted, 16: said, 17: coded,
    18: lambda: of_run("/steps?limit=20&order=asc"), 19: stepped, 20: stepped, 21: fixture, 23: messages,
    24: lambda: Scene(tools=[], turn="x").ask("POST", "/assistants", sent(24)),
    25: lambda: Scene(tools=[], turn="x").ask("POST", "/assistants", sent(25)),
    26: assistants, 27: assistant, 28: lambda: assistant("POST", 28), 29: lambda: assistant("DELETE", 29),
    31: lambda: attached(method="POST"), 32: lambda: attached("/00000000-0000-4000-8000-000000000001"),
    33: lambda: attached("?limit=10&order=asc"), 34: lambda: attached("/00000000-0000-4000-8000-000000000001", "DELETE"),
    35: lambda: uploads("POST"), 36: lambda: uploads("GET"),
}  # fmt: skip
"""How each answer is asked for, by the sample's place in the file."""
ELSEWHERE = {
    **dict.fromkeys((6, 7, 8, 9, 10, 11, 14, 15), "test_model_studio_streams.py"),
    12: "test_dashscope_parsing.py",
    13: "test_model_studio_refusals.py",
    22: "no answer of ours: see WHY",
    30: "test_tools_are_echoed_as_they_were_sent",
}
UNSET = (None, {}, 0, -1, "None", {"code": "", "message": ""})
FREE = {"request_id", "first_id", "last_id", "message_id", "thread_id", "assistant_id", "run_id", "id", "file_id"}


def differences(theirs: Any, ours: Any, place: int, but: str = "", path: str = "") -> list[str]:
    """
    Where two values differ, field by field. Ids, times, what is redacted, and what is not set are compared by kind.

    but: a field that ADDED and MISSED do not excuse.
    """
    name = path.rpartition(".")[2]
    if isinstance(theirs, dict) and isinstance(ours, dict) and theirs and ours:
        return _fields(theirs, ours, place, but, path)
    if isinstance(theirs, list) and isinstance(ours, list):
        if len(theirs) != len(ours):
            return [f"{path}: {len(ours)} items, not {len(theirs)}"]
        pairs = zip(theirs, ours, strict=True)
        return [found for one, other in pairs for found in differences(one, other, place, but, path)]
    if place in WHY and theirs in UNSET and (ours in UNSET or name.endswith("_at")):
        return []
    if name.endswith("_at") and isinstance(theirs, int) and theirs > 0:
        return [] if ours is None or (isinstance(ours, int) and ours > 0) else [f"{path}: {ours!r} is no time"]
    if name in FREE or theirs in ("[REDACTED]", "<uuid>"):
        return [] if (type(ours), bool(ours)) == (type(theirs), bool(theirs)) or place in WHY else [f"{path}: {ours!r}"]
    return [] if (theirs, type(theirs)) == (ours, type(ours)) else [f"{path}: {ours!r}, not {theirs!r}"]


def _fields(theirs: dict[str, Any], ours: dict[str, Any], place: int, but: str, path: str) -> list[str]:
    added, missed = ADDED.get(place, set()) - {but}, MISSED.get(place, set()) - {but}
    expected = [name for name in theirs if name in ours or name not in missed]
    found = [name for name in ours if name in theirs or name not in added]
    if place in SORTED:
        expected, found = sorted(expected), sorted(found)
    wrong = [] if expected == found else [f"{path}: {found}, not {expected}"]
    both = [name for name in theirs if name in ours]
    return wrong + [one for name in both for one in differences(theirs[name], ours[name], place, but, f"{path}.{name}")]


KNOWN: dict[int, list[str]] = {
    20: [
        ".metadata: {}, not {'user_id': '[REDACTED]', 'context': 'order_processing'}",
        ".usage: None, not {'prompt_tokens': 10, 'completion_tokens': 20, 'total_tokens': 30}",
    ],
    34: [".object: 'assistant.file.deleted', not 'assistant.file'"],
    36: [
        ".data.files.name: 'test.txt', not 'fine_tune_example.jsonl'",
        ".data.files.description: '<text>', not 'testfilesfasfdsf'",
    ],
}
"""Values that differ on purpose."""


@pytest.mark.parametrize("place", ANSWERED)
def test_a_documented_answer_is_ours(place: int) -> None:
    """The same fields in the same order with values of the same kind, but for what WHY excuses."""
    found = differences(SAMPLES[place]["response"]["body"], ANSWERED[place](), place)
    assert found == KNOWN.get(place, [])


EXCUSED = [(place, name) for table in (ADDED, MISSED) for place, names in table.items() for name in sorted(names)]


@pytest.mark.parametrize(("place", "name"), EXCUSED)
def test_a_field_is_excused_for_a_reason_only(place: int, name: str) -> None:
    """A field that is said to be added or missing really is, and there is a reason for it."""
    assert place in WHY
    assert len(differences(SAMPLES[place]["response"]["body"], ANSWERED[place](), place, but=name)) > len(KNOWN.get(place, []))


def test_every_sample_is_asked_for_somewhere() -> None:
    """Those with an answer here or in the files named; the others are requests (test_run_samples.py) and what the SDK parses."""
    left = set(range(len(SAMPLES))) - set(ANSWERED) - set(ELSEWHERE)
    assert {SAMPLES[place]["confidence"] for place in left} == {"observed"}


def test_tools_are_echoed_as_they_were_sent() -> None:
    """Every kind of tool on the vendor's pages, with whatever it holds, in the assistant and in a run of it."""
    scene = Scene(tools=[], turn="x")
    made = scene.ask("POST", "/assistants", sent(30))
    scene.assistant = next(one for one in scene.handle.assistants() if one.id == made["id"])
    tools = sent(30)["tools"]
    assert json.dumps(made["tools"]) == json.dumps(tools)
    assert json.dumps(scene.ask("GET", scene.run())["tools"]) == json.dumps(tools)
