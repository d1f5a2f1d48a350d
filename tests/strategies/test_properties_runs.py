"""What must hold of runs whatever their script says: streamed and polled, through every door, cut anywhere."""

from __future__ import annotations

import json

import pytest
from clients import CLIENTS, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_assistant_mock import Request, contract, strategies, turns
from pytest_assistant_mock._engine.kinds.runs import ENDED
from pytest_assistant_mock._engine.streams import Reading

VENDORS = ("model_studio", "appbuilder")
TOOLS = [{"type": "function", "function": {"name": "f", "parameters": {"properties": {"city": {"type": "string"}}}}}]
KEY = {"Authorization": "Bearer key", "Content-Type": "application/json"}


def run_of(handle, stream):
    """The request of a run in a thread of its own: method, URL, body."""
    thread = handle.add_thread()
    handle.add_message(thread, "你好")
    assistant = (handle.assistants() or [handle.add_assistant(model="m", tools=TOOLS)])[0]
    body = {"assistant_id": assistant.id, "stream": stream}
    if handle.name == "model_studio":
        return thread, f"{handle.base_url}/threads/{thread.id}/runs", body
    return thread, f"{handle.base_url}/v2/threads/runs", {"thread_id": thread.id, **body}


def left(handle, thread):
    """What a service holds after a run: its status, its error, its steps, what was said."""
    (run,) = handle.runs(thread)
    steps = [(one.type, one.status, [(call.name, call.arguments) for call in one.calls]) for one in handle.steps(run)]
    error = run.last_error and tuple(run.last_error)
    return run.status, error, steps, [(one.role, one.text) for one in handle.messages(thread)]


@pytest.mark.parametrize("client", rows(CLIENTS))
@pytest.mark.parametrize("vendor", VENDORS)
def test_polling_and_streaming_end_in_the_same_state_through_every_door(vendor, client):
    """To the end, or to the same stop for outputs; and what came through the door keeps the contract."""
    tools = TOOLS if vendor == "model_studio" else []  # AppBuilder's stream would wait for outputs: the SDK's machine gives them

    @settings(max_examples=5)
    @given(script=strategies.script(tools, vendor=vendor, incomplete=True))
    @strategies.fresh("assistant_mock")
    def same(mock, script):
        handle, states = getattr(mock, vendor), []
        for stream in (False, True):
            handle.script(*script)
            thread, url, body = run_of(handle, stream)
            got = client.send("POST", url, headers=KEY, body=json.dumps(body).encode())
            states.append(left(handle, thread))
        assert states[0] == states[1]
        assert contract.violations(got.body, vendor=vendor, strict=True) == []

    same()


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_stream_left_anywhere_leaves_a_state_the_vendor_could_leave(vendor):
    """A client that leaves after any frame leaves what polling leaves; AppBuilder's run expires if it waits for outputs."""

    @settings(max_examples=40)
    @given(data=st.data(), script=strategies.script(TOOLS, vendor=vendor, incomplete=True))
    @strategies.fresh("assistant_mock")
    def leaves(mock, data, script):
        handle = getattr(mock, vendor)
        handle.script(*script)
        thread, url, body = run_of(handle, True)
        reply = mock._engine.handle(Request("POST", url, tuple(KEY.items()), json.dumps(body).encode()))
        reading = Reading(reply.pieces)
        for _ in range(data.draw(st.integers(0, 6))):
            if any(one.status == "requires_action" for one in handle.runs(thread)):
                break  # an AppBuilder stream would wait here
            reading.next()
        reading.close()
        status, _, steps, messages = left(handle, thread)
        waits = isinstance(script[0], list) or any(isinstance(turn, list) for turn in script[:-1])
        assert status == expected(vendor, script, waits)
        assert all(one != "in_progress" or status == "requires_action" for _, one, _ in steps)
        said = [turn.text for turn in script if isinstance(turn, turns.Says | turns.Incomplete)]
        assert messages == [("user", "你好"), *(("assistant", text) for text in ([] if waits else said))]

    leaves()


def expected(vendor, script, waits):
    """How a run ends that nobody reads to its end."""
    if waits:
        return "requires_action" if vendor == "model_studio" else "expired"
    ends = {turns.Says: "completed", turns.Fails: "failed", turns.Incomplete: "incomplete"}
    status = ends.get(type(script[-1])) or script[-1].how
    assert status in ENDED
    return status
