"""What the real SDKs yield of a stream, against the contract; and the streams that clients read, seen by the watch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pytest_assistant_mock import AssistantMock, Handle, Response, contract, turns
from pytest_assistant_mock.errors import ContractViolation

requests = pytest.importorskip("requests")
TOOL = {"type": "function", "function": {"name": "get_weather", "description": "The weather"}}
SCRIPTS: dict[str, tuple[Any, ...]] = {
    "an answer": (turns.says("晴,24 度", pieces=["晴,", "24 度"]),),
    "a call": (turns.calls("get_weather", city="北京"), "晴"),
    "a failure": (turns.fails("server_error", "internal error"),),
}
SEARCHED = (turns.searches("天气", [{"title": "晴"}]), turns.runs_code("print(1)", "1"), "晴")


def studio_streams(handle: Handle, *script: Any) -> Iterator[list[Any]]:
    """What dashscope yields: the stream of each leg of a run."""
    dashscope = pytest.importorskip("dashscope")
    handle.script(*script)
    assistant = dashscope.Assistants.create(model="qwen-max", tools=[TOOL])
    thread = dashscope.Threads.create(messages=[{"role": "user", "content": "?"}])
    events = list(dashscope.Runs.create(thread.id, assistant_id=assistant.id, stream=True))
    yield events
    while events[-1][0] == "thread.run.requires_action":
        run = events[-1][1]
        outputs = [{"output": "22", "tool_call_id": one.id} for one in run.required_action.submit_tool_outputs.tool_calls]
        events = list(dashscope.Runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=outputs, stream=True))
        yield events


def baidu_stream(handle: Handle, *script: Any) -> list[Any]:
    """What appbuilder-sdk yields."""
    sdk = pytest.importorskip("appbuilder")
    handle.script(*script)
    assistant = handle.add_assistant(model="ERNIE-4.0T-8K", tools=[TOOL])
    thread = handle.add_thread()
    handle.add_message(thread, "?")
    found = []
    for event in sdk.assistant.threads.runs.stream_run(assistant_id=assistant.id, thread_id=thread.id):
        found.append(event)
        for call in getattr(getattr(event, "details", None), "tool_calls", None) or ():
            if event.event_type == "tool_calls":
                (run,) = handle.runs()
                outputs = [{"tool_call_id": call.id, "output": "30"}]
                sdk.assistant.threads.runs.submit_tool_outputs(run_id=run.id, thread_id=thread.id, tool_outputs=outputs)
    return found


@pytest.mark.parametrize("script", [*SCRIPTS.values(), SEARCHED], ids=[*SCRIPTS, "tools"])
def test_what_dashscope_yields_keeps_the_contract(model_studio: Handle, script: tuple[Any, ...]) -> None:
    """Pairs of an event and an object, from a list or from the SDK's own iterator; it keeps `done` to itself."""
    for events in studio_streams(model_studio, *script):
        assert contract.violations(events) == contract.violations(iter(events), vendor="model_studio") == []
        assert contract.violations(events[1:-1])
        events[-1][1].status = "robot"
        (violation,) = contract.violations(events)
        assert (violation.event, violation.path) == (f"event {len(events)} {events[-1][0]}", "$.status")


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_what_appbuilder_yields_keeps_the_contract(appbuilder: Handle, script: tuple[Any, ...]) -> None:
    """Objects whose class says the name of the event."""
    events = baidu_stream(appbuilder, *script)
    assert contract.violations(events) == contract.violations(iter(events), vendor="appbuilder") == []
    events[0], events[1] = events[1], events[0]
    found = contract.violations(events)
    assert (found[0].event.split()[:2], found[0].path) == (["event", "1"], "$")


# The watch


def asked(mock: AssistantMock, *script: Any) -> dict[str, Any]:
    """Where and how a run is streamed, as requests takes it."""
    handle = mock.model_studio
    handle.script(*script or ("晴,24 度",), optional=True)
    assistant, thread = handle.add_assistant(model="qwen-max"), handle.add_thread()
    handle.add_message(thread, "?")
    return {
        "url": f"{handle.base_url}/threads/{thread.id}/runs",
        "json": {"assistant_id": assistant.id, "stream": True},
        "headers": {"Authorization": f"Bearer {handle.api_key}"},
    }


def test_a_stream_of_the_fake_is_watched() -> None:
    """Read to its end, or left in the middle, in the middle of a frame too, or kept open: nothing is wrong, nothing unchecked."""
    with AssistantMock(contract="fail") as mock:
        assert requests.post(**asked(mock)).text.endswith("[DONE]\n\n")
        with requests.post(**asked(mock), stream=True) as reply:
            assert next(reply.iter_content(700))
        kept = requests.post(**asked(mock), stream=True)
        assert next(kept.iter_content(10))
        assert requests.post(**asked(mock, turns.never())).text
    assert dict(mock.unchecked) == dict(mock.drift) == {}


def own(*frames: str) -> Response:
    """A stream of a test's own."""
    return Response(200, (("Content-Type", "text/event-stream"),), pieces=[f"{frame}\n\n".encode() for frame in frames])


def test_a_streamed_answer_is_checked_whoever_gave_it() -> None:
    """An answer of the test's own breaks the contract at its end, with the event, under the name of the answer."""
    with pytest.raises(ContractViolation) as caught, AssistantMock(contract="fail") as mock:
        mock.model_studio.reply("create_run", own('event:error\ndata:{"code":"","message":"m","request_id":"r"}'), check=False)
        assert requests.post(**asked(mock)).status_code == 200
    assert "(model_studio create_run) breaks the contract in 2 places\n  event 1 error: $.code: " in str(caught.value)


def test_fields_of_events_are_told_by_the_event() -> None:
    """What the contract does not know is counted: by the event's name, without its number."""
    with AssistantMock(contract="fail") as mock:
        frame = 'event:error\ndata:{"code":"c","message":"m","request_id":"r","colour":[{"a":1}]}'
        mock.model_studio.reply("create_run", own("event:tick\ndata:{}", frame, "event:done\ndata:[DONE]"), check=False)
        requests.post(**asked(mock))
    assert dict(mock.drift) == {
        ("model_studio", "create_run", "answer", "tick $"): 1,
        ("model_studio", "create_run", "answer", "error $.colour"): 1,
    }
