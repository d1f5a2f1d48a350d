"""
Model Studio's Java SDK (dashscope-sdk-java 2.22.29), in the bytes it is sent: which shape it gets, and what it cannot read.

The SDK itself does not run here. What it makes of each field is its source's word: Gson reads a field by the Java type it has.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from vendors import KEY, STUDIO, ask, state

from pytest_assistant_mock import AssistantMock, Request, Response, contract, faults, strategies, turns
from pytest_assistant_mock._commands import serve
from pytest_assistant_mock._engine.engine import Engine
from pytest_assistant_mock._vendors import PRINTED, REVISIONS

JAVA = (KEY, ("user-agent", "dashscope/2.22.29; java/17.0.15; platform/Linux; processor/amd64"))
PYTHON = (KEY, ("User-Agent", "dashscope/1.26.5; python/3.11.2; platform/Linux; processor/x86_64"))
SHAPES: dict[str, Any] = {"2025": {}, "2026": ""}
"""The status of a message, by the revision that prints it."""


def told(mock: AssistantMock, headers: Any = JAVA) -> dict[str, Any]:
    """What a client is told of a message it makes."""
    thread = mock.model_studio.add_thread()
    return ask(mock, "POST", f"{STUDIO}/threads/{thread.id}/messages", {"content": "你好"}, headers).json()


AGENTS = {
    "2026": [
        ("user-agent", "dashscope/2.22.29; java/17.0.15; platform/Linux; processor/amd64"),
        ("User-Agent", "dashscope/2.22.29; java/1.8.0_402"),
        ("USER-AGENT", "DashScope/2.0; Java/21"),
    ],
    "2025": [
        PYTHON[1],
        ("User-Agent", "okhttp/4.12.0"),
        ("User-Agent", "Java/17.0.15"),
        ("User-Agent", "my dashscope/2; java/17"),
        ("User-Agent", "dashscope/2.22.29 java/17"),
        ("User-Agent", ""),
        ("X-Agent-No", "dashscope/2.22.29; java/17"),
        ("Usér-Agent", "dashscope/2.22.29; java/17"),
    ],
}


@pytest.mark.parametrize(("revision", "agent"), [(revision, agent) for revision, agents in AGENTS.items() for agent in agents])
def test_who_asks_decides_which_shape_is_printed(revision: str, agent: tuple[str, str]) -> None:
    """Revision 2026 for the Java SDK, told by its User-Agent in any case; the seed page's shape for everybody else."""
    assert told(AssistantMock(), (KEY, agent))["status"] == SHAPES[revision]


def test_without_a_user_agent_the_seed_page_s_shape_is_printed() -> None:
    """A client that does not say who it is, is not the Java SDK."""
    assert told(AssistantMock(), (KEY,))["status"] == {}


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_revision_is_pinned_for_all(revision: str) -> None:
    """ "2025" and "2026" print one shape, whoever asks."""
    mock = AssistantMock(revision=revision)  # type: ignore[arg-type]
    assert [told(mock, headers)["status"] for headers in (JAVA, PYTHON, (KEY,))] == [SHAPES[revision]] * 3


def test_one_client_after_the_other() -> None:
    """Each reads its own shape of the same message, by itself and in a list."""
    mock = AssistantMock()
    at = f"{STUDIO}/threads/{mock.model_studio.add_thread().id}/messages"
    message = ask(mock, "POST", at, {"content": "你好", "file_ids": ["file-1"]}, JAVA).json()
    answers = [ask(mock, "GET", url, b"", who).json() for url in (at, f"{at}/{message['id']}") for who in (JAVA, PYTHON, JAVA)]
    items = [answer["data"][0] for answer in answers[:3]] + answers[3:]
    assert [one["status"] for one in items] == ["", {}, ""] * 2
    assert [one.get("file_ids") for one in items] == [["file-1"], None, ["file-1"]] * 2
    assert {one["id"] for one in items} == {message["id"]}


REFUSED = (
    ("POST", "/threads/x/messages", b"{}"),
    ("GET", "/threads/x", b""),
    ("POST", "/nothing", b"{}"),
    ("PUT", "/threads", b"{}"),
)


def test_nothing_else_depends_on_who_asks() -> None:
    """What is stored, the ids, the clock, the errors and the exchanges' operations are the same."""
    seen = []
    for headers in (JAVA, PYTHON):
        mock = AssistantMock()
        message = told(mock, headers)
        errors = [ask(mock, method, STUDIO + path, body, headers) for method, path, body in REFUSED]
        operations = [one.operation for one in mock.model_studio.exchanges]
        seen.append((message["id"], message["request_id"], errors, operations, state(mock)))
    assert seen[0] == seen[1]


def test_the_choice_is_made_once_an_answer() -> None:
    """Whatever the test has set up: a fault, an answer of its own, a refusal."""
    asked: list[Request] = []
    mock = AssistantMock()
    service = mock._engine.services["model_studio"]
    choose = service.vendor.chosen_by
    assert choose is not None
    service.vendor = replace(service.vendor, chosen_by=lambda request: (asked.append(request), choose(request))[1])
    mock.model_studio.fail(faults.rate_limited(), on="create_message")
    mock.model_studio.reply("retrieve_thread", {"mine": True}, check=False)
    at = f"{STUDIO}/threads/{mock.model_studio.add_thread().id}"
    for method, path in (("POST", "/messages"), ("POST", "/messages"), ("GET", ""), ("HEAD", "/messages"), ("POST", "/nothing")):
        ask(mock, method, at + path, {"content": "x"}, JAVA)
    assert len(asked) == 5


def test_each_answer_keeps_the_contract_of_the_revision_that_printed_it() -> None:
    """One mock, both clients: nothing breaks the contract, and each message is of its own client's revision alone."""
    mock = AssistantMock(contract="fail")
    with mock:
        told(mock, JAVA)
        told(mock, PYTHON)
    java, python = mock.model_studio.exchanges
    for exchange, its_own, other in ((java, "2026", "2025"), (python, "2025", "2026")):
        assert contract.violations(exchange, strict=True, revision=its_own) == []
        assert contract.violations(exchange, strict=True, revision=other) != []


NO_WORD_OF: dict[str, Callable[[], object]] = {
    "contract": lambda: contract.violations({}, vendor="model_studio", operation="create_message", revision="auto"),
    "schema": lambda: contract.schema("model_studio", "create_message", revision="auto"),
    "strategies": lambda: strategies.model_studio.message(revision="auto"),
}


@pytest.mark.parametrize("asked", NO_WORD_OF.values(), ids=NO_WORD_OF)
def test_auto_is_a_word_of_the_mock_alone(asked: Callable[[], object]) -> None:
    """A recorded shape has a year; "auto" is none."""
    assert "auto" not in REVISIONS
    assert tuple(PRINTED) == ("auto", *REVISIONS)
    with pytest.raises(ValueError, match="revision='auto': expected one of '2025', '2026'"):
        asked()


def test_a_vendor_with_one_shape_answers_for_itself() -> None:
    """`for_request` of a vendor that is not told to choose is the vendor."""
    request = Request("GET", f"{STUDIO}/threads/x", JAVA)
    for vendor in REVISIONS["2025"]:
        assert vendor.for_request(request) is vendor
    studio, appbuilder = PRINTED["auto"]
    assert studio.for_request(request) is REVISIONS["2026"][0]
    assert appbuilder.for_request(request) is appbuilder
    assert {one.vendor.name for one in Engine(PRINTED["auto"]).services.values()} == {"model_studio", "appbuilder"}


# What the SDK makes of an answer.


def _text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _time(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool))  # "" is no number to Gson


def _null(value: Any) -> bool:
    return value is None


def _object(value: Any) -> bool:
    return value is None or isinstance(value, dict)  # "" is no object to Gson


def _flat(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(one, str) for one in value.values())


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _typed(value: Any) -> bool:
    """A list of objects, each of which says by its type which Java class it is."""
    return isinstance(value, list) and all(isinstance(one, dict) and one.get("type") for one in value)


def _step(value: Any) -> bool:
    return isinstance(value, dict) and bool(value.get("type")) and _typed(value.get("tool_calls", []))


_ENDS = ("expires_at", "started_at", "cancelled_at", "completed_at")
READ: dict[str, dict[str, Callable[[Any], bool]]] = {
    "thread": {"metadata": _flat},
    "thread.message": {
        "status": _text, "role": _text, "content": _typed, "metadata": _flat, "file_ids": _texts, "assistant_id": _text,
        "run_id": _text, "incomplete_details": _object, "completed_at": _time, "incomplete_at": _time,
    },
    "thread.message.delta": {"delta": lambda delta: _typed(delta["content"])},
    "thread.message.file": {"message_id": _text},
    "assistant": {"tools": _typed, "metadata": _flat, "file_ids": _texts, "description": _text, "instructions": _text},
    "assistant.file": {"assistant_id": _text},
    "thread.run": {
        "status": _text, "required_action": _object, "last_error": _object, "usage": _object, "tools": _typed,
        "metadata": _flat, "file_ids": _texts, "truncation_strategy": _object, "failed_at": _time,
        **dict.fromkeys(_ENDS, _null),  # an Integer of 32 bits there: a time in ms would be another number
    },
    "thread.run.step": {
        "status": _text, "type": _text, "step_details": _step, "last_error": _object, "usage": _object, "metadata": _flat,
        "expired_at": _null, "cancelled_at": _null, "failed_at": _time, "completed_at": _time,
    },
    "thread.run.step.delta": {"delta": lambda delta: _step(delta["step_details"])},
}  # fmt: skip
"""By the kind of object: whether that SDK can read a field's value. A field that is absent is null there."""


def unread(thing: dict[str, Any]) -> list[str]:
    """Which fields of an object, or of the objects of a list, the SDK cannot read."""
    if thing["object"] == "list":
        return [f"{where} of an item" for one in thing["data"] for where in unread(one)]
    fields = {"id": _text, "object": _text, "created_at": _time, "request_id": _text, **READ.get(thing["object"], {})}
    return [
        f"{thing['object']}.{name}: {thing[name]!r}" for name, reads in fields.items() if name in thing and not reads(thing[name])
    ]


TOOLS = [
    {"type": "code_interpreter"},
    {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {}}}}},
]


class Conversation:
    """Everything that the Java SDK can ask, in one conversation: what it was answered, and its streams as they came."""

    def __init__(self, revision: str = "auto") -> None:
        self.mock = AssistantMock(revision=revision)  # type: ignore[arg-type]
        self.answers: list[dict[str, Any]] = []
        self.streams: list[tuple[Response, str]] = []

    def ask(self, method: str, path: str, body: Any = b"") -> dict[str, Any]:
        """One answer."""
        reply = ask(self.mock, method, STUDIO + path, body, JAVA)
        assert reply.status == 200, reply.body
        if reply.pieces is None:
            self.answers.append(reply.json())
            return self.answers[-1]
        pieces: Any = reply.pieces
        taken = b"".join(iter(lambda: pieces.take().data if not pieces.ended else b"", b"")).decode()
        self.streams.append((reply, taken))
        return {}

    def held(self) -> Conversation:
        """Assistants, files, threads, messages; runs that are completed, wait for a call, failed, are streamed."""
        studio = self.mock.model_studio
        assistant = self.ask("POST", "/assistants", {"model": "qwen-max", "tools": TOOLS, "metadata": {"k": "v"}})["id"]
        self.ask("POST", f"/assistants/{assistant}/files", {"file_id": "file-1"})
        for path in ("", f"/{assistant}", f"/{assistant}/files", f"/{assistant}/files/file-1"):
            self.ask("GET", f"/assistants{path}")
        thread = self.ask("POST", "/threads", {})["id"]
        at = f"/threads/{thread}"
        message = self.ask("POST", f"{at}/messages", {"role": "user", "content": "天气?", "file_ids": ["file-1"]})["id"]
        for path in ("", f"/messages/{message}", f"/messages/{message}/files", f"/messages/{message}/files/file-1"):
            self.ask("GET", at + path)
        run = {"assistant_id": assistant, "response_format": "json_object"}
        call = turns.calls("weather", city="北京")
        studio.script(turns.runs_code("1+1", "2"), call, "晴")
        studio.script(call, "晴")
        studio.script(turns.fails("rate_limit_exceeded", "too many"))
        for streamed in ({}, {"stream": True}):
            made = self.ask("POST", f"{at}/runs", {**run, **streamed})
            waiting = self.ask("GET", f"{at}/runs/{made.get('id') or studio.runs(thread)[-1].id}")
            output = {"tool_call_id": waiting["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"], "output": "晴"}
            self.ask("POST", f"{at}/runs/{waiting['id']}/submit_tool_outputs", {"tool_outputs": [output], **streamed})
        self.ask("POST", f"{at}/runs", run)
        self.ask("GET", f"{at}/messages")
        for one in self.ask("GET", f"{at}/runs")["data"]:
            self.ask("GET", f"{at}/runs/{one['id']}")
            self.ask("GET", f"{at}/runs/{one['id']}/steps")
        return self

    def frames(self) -> list[tuple[str, dict[str, Any]]]:
        """Name and data of every event of its streams, but for the last."""
        return [
            (name, json.loads(data))
            for _, stream in self.streams
            for name, data in re.findall(r"event:(.+)\ndata:({.*})\n", stream)
        ]


def test_java_can_read_every_answer() -> None:
    """No object for a status, no "" for an object or a time, flat metadata, a type in each tool, no time a run cannot hold."""
    conversation = Conversation().held()
    kinds = {one["object"] for answer in conversation.answers for one in answer.get("data", [answer])}
    assert kinds >= {
        "thread",
        "thread.message",
        "thread.message.file",
        "assistant",
        "assistant.file",
        "thread.run",
        "thread.run.step",
    }
    assert {one["status"] for one in conversation.answers if one["object"] == "thread.run"} >= {
        "completed",
        "failed",
        "requires_action",
    }
    assert [where for answer in conversation.answers for where in unread(answer)] == []


def test_java_can_read_every_event() -> None:
    """The same of each event; a delta's content is a list, each of a step's calls has a type."""
    frames = Conversation().held().frames()
    assert {data["object"] for _, data in frames} == {
        "thread.run", "thread.run.step", "thread.message", "thread.message.delta",
    }  # fmt: skip
    assert [f"{name}: {where}" for name, data in frames for where in unread(data)] == []


def test_java_cannot_read_the_seed_page_s_messages() -> None:
    """What `auto` is for: on revision 2025 every message has the status that makes Gson throw, and nothing else does."""
    wrong = {where.partition(" of an item")[0] for answer in Conversation("2025").held().answers for where in unread(answer)}
    assert wrong == {"thread.message.status: {}"}


def test_a_stream_is_one_that_java_s_reader_takes() -> None:
    """Content-Type says event stream, no space after a colon, and the last frame has its blank line."""
    for reply, stream in Conversation().held().streams:
        assert (reply.header("content-type") or "").startswith("text/event-stream")
        assert stream.endswith("\n\nevent:done\ndata:[DONE]\n\n")
        assert not re.search(r"^(event|data): ", stream, re.MULTILINE)


def test_what_the_sdk_asks_when_it_is_made_fails_no_test() -> None:
    """`new Assistants()` asks for one assistant, to warm the line up: it is answered, and the mock closes without a word."""
    with AssistantMock() as mock:
        answer = ask(mock, "GET", f"{STUDIO}/assistants?limit=1", b"", JAVA)
        assert (answer.status, answer.json()["data"]) == (200, [])


def test_the_served_fake_chooses_too(assistant_server: Any) -> None:
    """Over a socket, with what marker, ini file and `assistant-mock serve` say by themselves."""
    studio = assistant_server.model_studio
    url = f"{studio.base_url}/threads/{studio.add_thread().id}/messages"
    statuses = [httpx.post(url, json={"content": "你好"}, headers=dict(who)).json()["status"] for who in (JAVA, PYTHON)]
    assert statuses == ["", {}]
    parser = argparse.ArgumentParser()
    serve.arguments(parser)
    assert parser.parse_args([]).revision == "auto"
