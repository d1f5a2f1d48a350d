"""The same table for the vendors' SDKs: what their callers see of a stream that goes wrong, and what the server has stored."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest

from pytest_assistant_mock import AssistantMock, Handle, faults, turns

ANSWER = turns.says("晴,24 度", pieces=["晴,", "24 ", "度"])
CHUNKED, CONNECTION = "ChunkedEncodingError", "ConnectionError"  # of requests


def run_model_studio(seen: list[str]) -> None:
    """Stream one run with dashscope: its text, and `error` for the event."""
    dashscope = pytest.importorskip("dashscope")
    assistant = dashscope.Assistants.create(model="qwen-max")
    thread = dashscope.Threads.create(messages=[{"role": "user", "content": "?"}])
    for event, data in dashscope.Runs.create(thread.id, assistant_id=assistant.id, stream=True):
        if event == "thread.message.delta":
            seen.append(data.delta.content.text.value)
        elif event in ("error", "thread.run.completed"):
            seen.append(event)


def run_appbuilder(seen: list[str]) -> None:
    """Stream one run with appbuilder-sdk: its text, and `run_end`."""
    pytest.importorskip("appbuilder")
    sdk = import_module("appbuilder").assistant
    assistant, thread = sdk.assistants.create(name="helper", description="d"), sdk.threads.create()
    sdk.threads.messages.create(thread_id=thread.id, content="?")
    for event in sdk.threads.runs.stream_run(assistant_id=assistant.id, thread_id=thread.id):
        if hasattr(event, "content"):
            seen.append(event.content[0].text.value)
        elif event.event_type == "run_end":
            seen.append("run_end")


STUDIO: tuple[tuple[faults.Fault, list[str], str], ...] = (
    (faults.cut(after=8), ["晴,"], CHUNKED),
    (faults.stall(after=8), ["晴,"], CONNECTION),
    (faults.truncated(5000), ["晴,", "24 "], CHUNKED),
    (faults.reset(5000), ["晴,", "24 "], CHUNKED),
    (faults.error_event(after=8), ["晴,", "error"], ""),
    (faults.repeat(8), ["晴,", "晴,", "24 ", "度", "", "thread.run.completed"], ""),
    (faults.out_of_order(after=7), ["24 ", "晴,", "度", "", "thread.run.completed"], ""),
    (faults.garbage_frame(after=8), ["晴,"], "AttributeError"),  # of the SDK's own, which stumbles over the JSON error
    (faults.slow_pieces(30), ["晴,", "24 ", "度", "", "thread.run.completed"], ""),
)
BUILDER: tuple[tuple[faults.Fault, list[str], str], ...] = (
    (faults.cut(after=4), ["晴,"], CHUNKED),
    (faults.stall(after=4), ["晴,"], CONNECTION),
    (faults.truncated(1500), [], CHUNKED),
    (faults.reset(1500), [], CHUNKED),
    (faults.repeat(4), ["晴,", "晴,", "24 ", "度", "run_end"], ""),
    (faults.out_of_order(after=3), ["24 ", "晴,", "度", "run_end"], ""),
    (faults.garbage_frame(after=4), ["晴,", "晴,", "24 ", "度", "run_end"], ""),  # the SDK gives the event before it again
    (faults.garbage_frame(), [], "UnboundLocalError"),  # and has none before the first
    (faults.slow_pieces(30), ["晴,", "24 ", "度", "run_end"], ""),
)


def check(handle: Handle, run: Any, fault: faults.Fault, expected: list[str], error: str) -> None:
    """What the SDK's caller sees; whatever that is, the run has ended and its answer is stored."""
    handle.script(ANSWER)
    handle.fail(fault, on="create_run")
    seen: list[str] = []
    raised = ""
    try:
        run(seen)
    except Exception as problem:
        raised = type(problem).__name__
    assert (seen, raised) == (expected, error)
    (stored,) = handle.runs()
    assert (stored.status, stored.messages[-1].text) == ("completed", "晴,24 度")


@pytest.mark.parametrize(("fault", "expected", "error"), STUDIO, ids=lambda value: repr(value) if hasattr(value, "acted") else "")
def test_dashscope_meets_the_faults_of_a_stream(fault: faults.Fault, expected: list[str], error: str) -> None:
    """The text that its caller could print, and the exception."""
    with AssistantMock() as mock:
        check(mock.model_studio, run_model_studio, fault, expected, error)


@pytest.mark.parametrize(
    ("fault", "expected", "error"), BUILDER, ids=lambda value: repr(value) if hasattr(value, "acted") else ""
)
def test_appbuilder_sdk_meets_the_faults_of_a_stream(fault: faults.Fault, expected: list[str], error: str) -> None:
    """The text that its caller could print, and the exception."""
    with AssistantMock() as mock:
        check(mock.appbuilder, run_appbuilder, fault, expected, error)


def test_no_fault_of_a_stream_is_left_out() -> None:
    """Each table has every fault that its vendor can meet."""
    listed = [{fault.name.partition("(")[0] for fault, _, _ in table} for table in (STUDIO, BUILDER)]
    names = {"cut", "stall", "truncated", "reset", "error_event", "repeat", "out_of_order", "garbage_frame", "slow_pieces"}
    assert listed == [names, names - {"error_event"}]
