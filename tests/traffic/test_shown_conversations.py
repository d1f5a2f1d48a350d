"""The part of the section "assistant traffic" that shows runs as conversations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from pytest_assistant_mock import AssistantMock, Exchange, Failure, Handle, Request, Response, faults, turns

httpx = pytest.importorskip("httpx")

TOOL = {"type": "function", "function": {"name": "get_weather", "description": "d", "parameters": {"type": "object"}}}
CALLED = turns.calls("get_weather", city="北京")
KEY = "sk-not-to-be-seen-0123"


class Service(NamedTuple):
    """One vendor's service as a client asks it."""

    handle: Handle
    prefix: str
    seen: list[Exchange]

    def post(self, path: str, **body: Any) -> Any:
        """A request, its answer."""
        headers = {"Authorization": f"Bearer {KEY}"}
        return httpx.post(f"{self.handle.base_url}{self.prefix}{path}", json=body, headers=headers)

    def conversations(self, mock: AssistantMock) -> str:
        """That part of the section."""
        parts = mock.traffic(self.seen).split("\n\n")
        return "\n\n".join(part for part in parts if part.startswith("<thread#") and " = " not in part.partition("\n")[0])


@pytest.fixture
def studio(assistant_mock: AssistantMock) -> Service:
    """Model Studio."""
    seen: list[Exchange] = []
    assistant_mock.watch(seen.append)
    return Service(assistant_mock.model_studio, "", seen)


@pytest.fixture
def baidu(assistant_mock: AssistantMock) -> Service:
    """AppBuilder."""
    seen: list[Exchange] = []
    assistant_mock.watch(seen.append)
    return Service(assistant_mock.appbuilder, "/v2", seen)


WEATHER = """\
<thread#1>
  user       北京天气?
  <run#1>    get_weather({"city": "北京"}) -> 晴
  assistant  晴,24 度
  <run#1>    completed"""


@pytest.mark.parametrize("stream", [False, True])
def test_a_run_is_a_conversation(studio: Service, assistant_mock: AssistantMock, stream: bool) -> None:
    """Who said what, the call with its arguments and its output, and the status it ended in; polled and streamed alike."""
    assistant = studio.handle.add_assistant(tools=[TOOL])
    studio.handle.script(CALLED, turns.says("晴,24 度", pieces=3))
    thread = studio.post("/threads", messages=[{"role": "user", "content": "北京天气?"}]).json()["id"]
    runs = f"/threads/{thread}/runs"
    studio.post(runs, assistant_id=assistant.id, stream=stream)
    url, headers = f"{studio.handle.base_url}{runs}", {"Authorization": f"Bearer {KEY}"}
    run = httpx.get(url, headers=headers).json()["data"][0]
    outputs = [{"tool_call_id": run["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"], "output": "晴"}]
    studio.post(f"{runs}/{run['id']}/submit_tool_outputs", tool_outputs=outputs, stream=stream)
    httpx.get(f"{url}/{run['id']}", headers=headers)
    httpx.get(f"{studio.handle.base_url}/threads/{thread}/messages", headers=headers)
    assert studio.conversations(assistant_mock) == WEATHER


def test_a_run_that_is_answered_when_it_is_done(baidu: Service, assistant_mock: AssistantMock) -> None:
    """The answer stands in the run itself, the output in the next request."""
    assistant = baidu.handle.add_assistant(tools=[TOOL])
    baidu.handle.script(CALLED, "晴,24 度")
    thread = baidu.post("/threads", messages=[{"role": "user", "content": "北京天气?"}]).json()["id"]
    about = {"thread_id": thread, "assistant_id": assistant.id}
    run = baidu.post("/threads/runs", **about).json()
    call = run["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"]
    baidu.post("/threads/runs", **about, tool_output={"tool_call_id": call, "output": "晴", "run_id": run["id"]})
    baidu.post("/threads/messages/list", thread_id=thread)
    assert baidu.conversations(assistant_mock) == WEATHER.replace('": "', '":"')


def test_a_stream_that_stays_open_over_a_call(baidu: Service, assistant_mock: AssistantMock) -> None:
    """The call, the output and the pieces of the answer come in one stream."""
    assistant = baidu.handle.add_assistant(tools=[TOOL])
    baidu.handle.script(CALLED, turns.says("晴,24 度", pieces=3))
    asked = {"assistant_id": assistant.id, "stream": True, "thread": {"messages": [{"role": "user", "content": "北京天气?"}]}}
    url, headers = f"{baidu.handle.base_url}/v2/threads/runs", {"Authorization": f"Bearer {KEY}"}
    with httpx.stream("POST", url, json=asked, headers=headers) as stream:
        for line in stream.iter_lines():
            if '"event_type":"tool_calls"' in line:
                run = baidu.handle.runs()[0]
                call = json.loads(line.removeprefix("data: "))["details"]["tool_calls"][0]["id"]
                outputs = [{"tool_call_id": call, "output": "晴"}]
                baidu.post("/threads/runs/submit_tool_outputs", thread_id=run.thread_id, run_id=run.id, tool_outputs=outputs)
    assert baidu.conversations(assistant_mock) == WEATHER.replace('": "', '":"')


def test_a_run_that_fails_says_why(baidu: Service, assistant_mock: AssistantMock) -> None:
    """With the vendor's word and message; a call that got no output says that."""
    assistant = baidu.handle.add_assistant(tools=[TOOL])
    baidu.handle.script(turns.fails("rate_limit", "too many"))
    baidu.handle.script(CALLED)
    for text in ("a", "b"):
        baidu.post("/threads/runs", assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": text}]})
    text = baidu.conversations(assistant_mock)
    assert "  <run#1>  failed: rate_limit: too many" in text
    assert '  <run#2>  get_weather({"city":"北京"}) -> no output yet\n  <run#2>  requires_action' in text


def test_a_stream_that_was_cut_shows_what_came(studio: Service, assistant_mock: AssistantMock) -> None:
    """The pieces that were read are what the assistant said; what was not read is not shown."""
    assistant, thread = studio.handle.add_assistant(), studio.handle.add_thread()
    studio.handle.script(turns.says("一二三四", pieces=["一二", "三四"]))
    url, headers = f"{studio.handle.base_url}/threads/{thread.id}/runs", {"Authorization": f"Bearer {KEY}"}
    studio.post(f"/threads/{thread.id}/messages", role="user", content="?")
    with httpx.stream("POST", url, json={"assistant_id": assistant.id, "stream": True}, headers=headers) as stream:
        next(line for line in stream.iter_lines() if "一二" in line)
    assert len(studio.handle.exchanges) == 2  # now the early end is noticed
    text = studio.conversations(assistant_mock)
    assert "  assistant  一二\n  <run#1>    in_progress" in text


def test_what_was_built_in_stands_before_the_answer(studio: Service, assistant_mock: AssistantMock) -> None:
    """A call that only the list of steps tells of, read after the messages."""
    assistant = studio.handle.add_assistant(tools=[{"type": "code_interpreter"}])
    studio.handle.script(turns.runs_code("print(1)", "1"), "one")
    thread = studio.post("/threads", messages=[{"role": "user", "content": "?"}]).json()["id"]
    run = studio.post(f"/threads/{thread}/runs", assistant_id=assistant.id).json()["id"]
    url, headers = f"{studio.handle.base_url}/threads/{thread}", {"Authorization": f"Bearer {KEY}"}
    for path in (f"/runs/{run}", "/messages", f"/runs/{run}/steps"):
        httpx.get(f"{url}{path}", headers=headers)
    lines = [line.split()[0] for line in studio.conversations(assistant_mock).splitlines()[1:]]
    assert lines == ["user", "<run#1>", "assistant", "<run#1>"]
    assert "code_interpreter(" in studio.conversations(assistant_mock)


def test_messages_without_a_run_have_no_conversation(studio: Service, assistant_mock: AssistantMock) -> None:
    """Their lines say it all; neither has a request that was refused."""
    thread = studio.handle.add_thread()
    studio.post(f"/threads/{thread.id}/messages", role="user", content="hi")
    studio.handle.fail(faults.rate_limited())
    studio.post(f"/threads/{thread.id}/runs", assistant_id="asst")
    assert studio.conversations(assistant_mock) == ""


def test_no_key_is_shown_that_was_split_over_pieces(studio: Service, assistant_mock: AssistantMock) -> None:
    """Joined first, then hidden: in what is said, in arguments, in outputs."""
    assistant = studio.handle.add_assistant(tools=[TOOL])
    studio.handle.script(turns.says(f"the key is {KEY}", pieces=12))
    thread = studio.post("/threads", messages=[{"role": "user", "content": f"my key: {KEY}"}]).json()["id"]
    studio.post(f"/threads/{thread}/runs", assistant_id=assistant.id, stream=True)
    text = studio.conversations(assistant_mock)
    assert KEY not in text
    assert text.count("REDACTED") == 2


def test_it_is_bounded(studio: Service, assistant_mock: AssistantMock) -> None:
    """A line each, the last thirty of a thread, the last ten threads; a long stream has its middle left out."""
    assistant = studio.handle.add_assistant()
    studio.handle.script(turns.says("长" * 4000, pieces=200), times=None)
    for count in (1, 40, *[1] * 11):
        messages = [{"role": "user", "content": f"{number}\n{'x' * 500}"} for number in range(count)]
        thread = studio.post("/threads", messages=messages).json()["id"]
        studio.post(f"/threads/{thread}/runs", assistant_id=assistant.id, stream=True)
    text = studio.conversations(assistant_mock)
    assert text.count("completed") == 10
    assert max(map(len, text.splitlines())) < 130
    assert " more events)" in assistant_mock.traffic(studio.seen)
    assert "… 12 earlier\n" in assistant_mock.traffic(studio.seen[2:4])


def hostile() -> Iterator[Any]:
    """Bodies that look like objects of a conversation, and are none."""
    for wrong in (None, 1, [], {}, "x", [None], [[]], {"id": 1}):
        yield {"id": "run_1", "status": wrong, "thread_id": wrong, "required_action": wrong, "last_error": wrong}
        yield {"step_details": wrong, "run_id": wrong}
        yield {"send_id": 1, "message_id": wrong, "content": wrong, "details": {"run_object": wrong, "tool_calls": wrong}}
        yield {"id": wrong, "role": wrong, "content": wrong, "file_ids": wrong}
        yield {"id": "m", "delta": wrong}
        yield {"data": wrong, "messages": wrong, "error": wrong}
        yield {"step_details": {"tool_calls": [{"id": wrong, "type": wrong, "function": wrong}]}}


def test_what_is_no_conversation_is_passed_over() -> None:
    """Answers of any shape, broken streams and broken lines: nothing is raised."""
    mock = AssistantMock()
    request = Request("POST", "https://dashscope.aliyuncs.com/api/v1/threads/t/runs", (), b'{"tool_outputs": [1], "thread": 1}')
    stream = (("content-type", "text/event-stream"),)
    for body in hostile():
        data = json.dumps(body).encode()
        for reply in (Response(200, (), data), Response(200, stream, b"data: " + data + b"\n\n\xff"), Failure("reset", 4)):
            assert mock.traffic([Exchange("model_studio", "create_run", request, reply)])
