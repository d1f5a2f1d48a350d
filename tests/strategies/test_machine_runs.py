"""The state machine holds a client's streaming against its polling: the SDKs pass, a client with a bug in either does not."""

from __future__ import annotations

import json
import warnings
from importlib.util import find_spec
from typing import Any

import httpx
import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from pytest_assistant_mock import strategies

FEW = settings(max_examples=8, stateful_step_count=8)


def dashscope_machine() -> type[strategies.AssistantMachine]:
    """The vendor's own SDK."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from dashscope import Messages, Runs, Threads

    def outputs(run: Any, answer: Any) -> list[dict[str, str]]:
        calls = run.required_action.submit_tool_outputs.tool_calls
        return [{"tool_call_id": one.id, "output": answer(one.function.name, one.function.arguments)} for one in calls]

    class Machine(strategies.AssistantMachine):
        def create_thread(self) -> str:
            return Threads.create().id

        def create_message(self, thread_id: str, text: str) -> str:
            return Messages.create(thread_id, content=text).id

        def list_messages(self, thread_id: str, *, limit: int, order: str) -> list[tuple[str, str]]:
            page = Messages.list(thread_id, limit=limit, order=order)
            return [(message.id, message.content[0].text.value) for message in page.data]

        def create_run(self, thread_id: str, assistant_id: str, *, stream: bool, answer: Any) -> str:
            return (self.streamed if stream else self.polled)(thread_id, assistant_id, answer)

        def polled(self, thread_id: str, assistant_id: str, answer: Any) -> str:
            run = Runs.create(thread_id, assistant_id=assistant_id)
            while (run := Runs.wait(run.id, thread_id=thread_id)).status == "requires_action":
                Runs.submit_tool_outputs(run.id, thread_id=thread_id, tool_outputs=outputs(run, answer))
            newest = Messages.list(thread_id, limit=1).data[0]
            return newest.content[0].text.value if newest.role == "assistant" else ""

        def streamed(self, thread_id: str, assistant_id: str, answer: Any) -> str:
            stream, pieces = Runs.create(thread_id, assistant_id=assistant_id, stream=True), []
            while stream:
                following = None
                for event, data in stream:
                    if event == "thread.message.delta":
                        pieces.append(data.delta.content.text.value)
                    if event == "thread.run.requires_action":
                        given = outputs(data, answer)
                        following = Runs.submit_tool_outputs(data.id, thread_id=thread_id, tool_outputs=given, stream=True)
                        break
                stream = following
            return "".join(pieces)

        def cancel_run(self, thread_id: str, run_id: str) -> None:
            Runs.cancel(run_id, thread_id=thread_id)

    return Machine


def appbuilder_machine() -> type[strategies.AssistantMachine]:
    """The vendor's own SDK."""
    from appbuilder import assistant  # looks for its key when it is used: inside a mock

    def submit(thread_id: str, run_id: str, calls: Any, answer: Any) -> Any:
        given = [{"tool_call_id": one.id, "output": answer(one.function.name, one.function.arguments)} for one in calls]
        return assistant.threads.runs.submit_tool_outputs(run_id=run_id, thread_id=thread_id, tool_outputs=given)

    class Machine(strategies.AssistantMachine):
        vendor = "appbuilder"

        def create_thread(self) -> str:
            return assistant.threads.create([]).id

        def create_message(self, thread_id: str, text: str) -> str:
            return assistant.threads.messages.create(thread_id, text).id

        def list_messages(self, thread_id: str, *, limit: int, order: str) -> list[tuple[str, str]]:
            page = assistant.threads.messages.list(thread_id, limit=limit, order=order)
            return [(message.id, message.content[0].text.value) for message in page.data]

        def create_run(self, thread_id: str, assistant_id: str, *, stream: bool, answer: Any) -> str:
            return (self.streamed if stream else self.polled)(thread_id, assistant_id, answer)

        def polled(self, thread_id: str, assistant_id: str, answer: Any) -> str:
            run = assistant.threads.runs.run(thread_id=thread_id, assistant_id=assistant_id)
            while run.status == "requires_action":
                run = submit(thread_id, run.id, run.required_action.submit_tool_outputs.tool_calls, answer)
            return run.final_answer.message.content[0].text.value if run.status == "completed" else ""

        def streamed(self, thread_id: str, assistant_id: str, answer: Any) -> str:
            run_id, pieces = "", []
            for event in assistant.threads.runs.stream_run(thread_id=thread_id, assistant_id=assistant_id):
                kind = getattr(event, "event_type", "message")
                if kind == "run_begin":
                    run_id = event.details.run_object.id
                elif kind == "tool_calls":
                    submit(thread_id, run_id, event.details.tool_calls, answer)
                elif kind == "message":
                    pieces.append(event.content[0].text.value)
            return "".join(pieces)

        def cancel_run(self, thread_id: str, run_id: str) -> None:
            assistant.threads.runs.cancel(run_id=run_id, thread_id=thread_id)

    return Machine


MACHINES = [
    pytest.param(dashscope_machine, id="dashscope"),
    pytest.param(
        appbuilder_machine,
        id="appbuilder",
        marks=pytest.mark.skipif(find_spec("appbuilder") is None, reason="appbuilder-sdk is not installed here"),
    ),
]


@pytest.mark.parametrize("make", MACHINES)
def test_the_sdks_pass(make: Any) -> None:
    """Streamed and polled, every script ends in the same answer, the same steps, the same messages; a run is cancelled."""
    run_state_machine_as_test(make(), settings=FEW)
    assert FEW.max_examples == 8


class Plain(strategies.AssistantMachine):
    """Model Studio by httpx, with a place for a bug in what it reads from a stream."""

    client = httpx.Client(headers={"Authorization": "Bearer key"}, trust_env=False)

    def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return self.client.request(method, self.handle.base_url + path, json=body)

    def create_thread(self) -> str:
        return self.ask("POST", "/threads", {}).json()["id"]

    def create_message(self, thread_id: str, text: str) -> str:
        return self.ask("POST", f"/threads/{thread_id}/messages", {"content": text}).json()["id"]

    def list_messages(self, thread_id: str, *, limit: int, order: str) -> list[tuple[str, str]]:
        data = self.ask("GET", f"/threads/{thread_id}/messages?limit={limit}&order={order}").json()["data"]
        return [(message["id"], message["content"][0]["text"]["value"]) for message in data]

    def create_run(self, thread_id: str, assistant_id: str, *, stream: bool, answer: Any) -> str:
        path, body = f"/threads/{thread_id}/runs", {"assistant_id": assistant_id, "stream": stream}
        pieces: list[str] = []
        while True:
            reply = self.ask("POST", path, body)
            pieces += self.pieces(reply.text) if stream else []
            (run,) = self.ask("GET", f"/threads/{thread_id}/runs").json()["data"]
            if run["status"] != "requires_action":
                break
            calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
            given = [{"tool_call_id": call["id"], "output": self.output(answer, call, stream)} for call in calls]
            path, body = f"/threads/{thread_id}/runs/{run['id']}/submit_tool_outputs", {"tool_outputs": given, "stream": stream}
        if stream:
            return "".join(pieces)
        newest = self.ask("GET", f"/threads/{thread_id}/messages?limit=1").json()["data"][0]
        return newest["content"][0]["text"]["value"] if newest["role"] == "assistant" else ""

    def output(self, answer: Any, call: dict[str, Any], stream: bool) -> str:
        return answer(call["function"]["name"], call["function"]["arguments"])

    def pieces(self, text: str) -> list[str]:
        frames = [frame.partition("\ndata:") for frame in text.split("\n\n")]
        said = [json.loads(data) for name, _, data in frames if name == "event:thread.message.delta"]
        return [one["delta"]["content"][0]["text"]["value"] for one in said]


def loses_the_first_piece(self: Plain, text: str) -> list[str]:
    """A bug: the first delta is taken for the message's head."""
    return Plain.pieces(self, text)[1:]


def answers_half(self: Plain, answer: Any, call: dict[str, Any], stream: bool) -> str:
    """A bug: in a stream another output is sent than the function has returned."""
    return Plain.output(self, answer, call, stream) + ("!" if stream else "")


def test_a_client_without_a_bug_passes() -> None:
    """The plain client, streamed and polled."""
    run_state_machine_as_test(Plain, settings=FEW)
    assert Plain.vendor == "model_studio"


@pytest.mark.parametrize(("name", "bug"), [("pieces", loses_the_first_piece), ("output", answers_half)])
def test_a_bug_in_streaming_alone_is_caught(name: str, bug: Any) -> None:
    """Polling is right, so the two differ."""
    many = settings(max_examples=150, stateful_step_count=10, database=None, phases=[Phase.generate])
    with pytest.raises(AssertionError, match="streamed: Seen"):
        run_state_machine_as_test(type("Broken", (Plain,), {name: bug}), settings=many)
