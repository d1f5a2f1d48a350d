"""Whole conversations with the real `appbuilder-sdk` package: a run that answers when it is done, a stream, and a call in it."""

import pytest

from pytest_assistant_mock import turns

sdk = pytest.importorskip("appbuilder")

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def begin(question):
    """Make what a run needs."""
    assistants, threads = sdk.assistant.assistants, sdk.assistant.threads
    assistant = assistants.create(name="helper", description="helps", instructions="Be brief.", tools=[WEATHER])
    thread = threads.create()
    threads.messages.create(thread_id=thread.id, content=question)
    return {"assistant_id": assistant.id, "thread_id": thread.id}


def test_an_answer(appbuilder_mock):
    """AppBuilder answers when the run is done: there is nothing to poll."""
    appbuilder_mock.script("晴,24 度")

    run = sdk.assistant.threads.runs.run(**begin("北京天气?"))

    assert run.final_answer.message.content[0].text.value == "晴,24 度"


def test_a_call_inside_a_stream(appbuilder_mock):
    """The stream stays open at the call; the outputs are sent from inside the loop."""
    appbuilder_mock.script(turns.calls("get_weather", city="北京"), "24 度")
    ids = begin("北京天气?")
    runs = sdk.assistant.threads.runs
    answers, run_id = [], ""

    for event in runs.stream_run(**ids):
        if event.status == "requires_action":
            outputs = [{"tool_call_id": call.id, "output": "24"} for call in event.details.tool_calls]
            runs.submit_tool_outputs(run_id=run_id, thread_id=ids["thread_id"], tool_outputs=outputs)
        elif hasattr(event, "content"):
            answers += [part.text.value for part in event.content]
        elif event.details and event.details.run_object:
            run_id = event.details.run_object.id

    assert answers == ["24 度"]
    assert appbuilder_mock.runs()[0].outputs == {"get_weather": "24"}
