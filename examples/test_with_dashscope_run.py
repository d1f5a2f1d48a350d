"""Whole conversations with the real `dashscope` package: the test says what the assistant answers."""

import json

import pytest

from pytest_assistant_mock import turns

pytest.importorskip("dashscope")
from dashscope import Assistants, Messages, Runs, Steps, Threads

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def get_weather(city):
    return {"北京": "24", "上海": "30"}[city]


def ask(question):
    """The code under test: it polls a run, and answers the calls of its function."""
    assistant = Assistants.create(model="qwen-plus", tools=[WEATHER])
    thread = Threads.create(messages=[{"role": "user", "content": question}])
    run = Runs.create(thread.id, assistant_id=assistant.id)
    run = Runs.wait(run.id, thread_id=thread.id)
    while run.status == "requires_action":
        calls = run.required_action.submit_tool_outputs.tool_calls
        outputs = [{"tool_call_id": call.id, "output": get_weather(**json.loads(call.function["arguments"]))} for call in calls]
        Runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=outputs)
        run = Runs.wait(run.id, thread_id=thread.id)
    return run, Messages.list(thread.id).data[0].content[0].text.value


def test_two_functions_are_called_at_once(model_studio_mock):
    """One round with two calls, then the answer; the steps are listed as the service lists them."""
    round_of_two = [turns.calls("get_weather", city="北京"), turns.calls("get_weather", city="上海")]
    model_studio_mock.script(round_of_two, "北京 24 度,上海 30 度")

    run, answer = ask("哪里更热?")

    assert answer == "北京 24 度,上海 30 度"
    assert [call.output for call in model_studio_mock.runs()[0].calls] == ["24", "30"]
    assert {step.type for step in Steps.list(run.id, thread_id=run.thread_id).data} == {"tool_calls", "message_creation"}


def test_a_stream_with_a_call(model_studio_mock):
    """The first stream ends at the call; the outputs are sent with `stream=True`, and the second stream has the answer."""
    model_studio_mock.script(turns.calls("get_weather", city="北京"), turns.says("24 度", pieces=2))
    assistant = Assistants.create(model="qwen-plus", tools=[WEATHER])
    thread = Threads.create(messages=[{"role": "user", "content": "北京天气?"}])

    events = dict(Runs.create(thread.id, assistant_id=assistant.id, stream=True))
    run = events["thread.run.requires_action"]
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    outputs = [{"tool_call_id": call.id, "output": "24"}]
    second = Runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=outputs, stream=True)
    pieces = [data.delta.content.text.value for event, data in second if event == "thread.message.delta"]

    assert "".join(pieces) == "24 度"


def test_a_run_that_fails(model_studio_mock):
    """The error is where the code under test finds the service's own."""
    model_studio_mock.script(turns.fails("rate_limit_exceeded", "请求过多"))
    assistant = Assistants.create(model="qwen-plus")
    thread = Threads.create(messages=[{"role": "user", "content": "你好"}])

    run = Runs.wait(Runs.create(thread.id, assistant_id=assistant.id).id, thread_id=thread.id)

    assert (run.status, run.last_error["code"]) == ("failed", "rate_limit_exceeded")
