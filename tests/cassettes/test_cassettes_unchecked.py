"""What the contract does not know is recorded and replayed like the rest, judged by nobody, and told once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests
import vcr
from gateway import KEY, Answer, Gateway, gateway

from pytest_assistant_mock import AssistantMock, Request

RUN = b'event:thread.run.created\ndata:{"id":"run_1","status":"queued"}\n\n'


def answer(asked: Request) -> Answer:
    """What Model Studio says to a program that calls what no contract of ours knows."""
    if asked.url.endswith("/shares"):
        return Answer(RUN, (("Content-Type", "text/event-stream"),))
    kind = "dataset" if asked.url.endswith("/datasets") else "thread"
    made: dict[str, Any] = {"id": f"{kind}_12345", "object": kind, "created_at": 1, "metadata": {}, "request_id": "r"}
    return Answer(json.dumps(made).encode())


def program(base: str) -> tuple[str, str]:
    """A data set, a thread, a stream."""

    def post(path: str, **body: Any) -> requests.Response:
        return requests.post(base + path, json=body, headers=KEY, timeout=10)

    dataset = post("/datasets", model="qwen-max").json()["id"]
    thread = post("/threads").json()["id"]
    return dataset, post(f"/threads/{thread}/shares", dataset=dataset, stream=True).text


def mock(service: Gateway, path: Path, record: str = "none", **options: Any) -> AssistantMock:
    """A mock with the defaults."""
    return AssistantMock(source="cassette", cassette=path, record=record, hosts=service.hosts, **options)


UNCHECKED = {("model_studio", "POST /datasets"): 1, ("model_studio", "POST /threads/{id}/shares"): 1}


def test_a_program_of_calls_nobody_knows_is_recorded_and_replayed(tmp_path: Path) -> None:
    """With the defaults: an answer 200 of a route the contract does not know breaks nothing, and is counted."""
    path = tmp_path / "c.yaml"
    with gateway(answer) as service:
        with mock(service, path, "once") as recording:
            recorded = program(service.base)
        service.asked.clear()
        with mock(service, path) as replaying:
            assert program(service.base) == recorded
        assert (service.asked, dict(recording.unchecked), dict(replaying.unchecked)) == ([], UNCHECKED, UNCHECKED)


def test_a_cassette_of_vcrpys_of_the_same_program_replays(tmp_path: Path) -> None:
    """As recorded, with the defaults."""
    path = tmp_path / "c.yaml"
    with gateway(answer) as service:
        with vcr.use_cassette(str(path)):
            recorded = program(service.base)
        with mock(service, path):
            assert program(service.base) == recorded


SUITE = """
import pytest, requests

BASE = %r
KEY = {"Authorization": "Bearer sk-real-0123456789abcdef"}

@pytest.mark.parametrize("number", range(3))
def test_it(assistant_mock, number):
    for path in ("/datasets", "/threads/thread_%%d/shares" %% number):
        assert requests.post(BASE + path, json={}, headers=KEY, timeout=10).status_code == 200
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_what_was_not_checked_is_told_once_for_a_run(pytester: pytest.Pytester, workers: tuple[str, ...]) -> None:
    """A line a call, ids left out, whatever the number of tests and of workers; the tests pass."""
    if workers:
        pytest.importorskip("xdist")
    with gateway(answer) as service:
        pytester.makepyfile(SUITE % service.base)
        pytester.makeini(f"[pytest]\nassistant_hosts = model_studio = {service.base}\n")
        result = pytester.runpytest_subprocess("--assistant-source=cassette", "--assistant-record=once", *workers)
    result.assert_outcomes(passed=3)
    lines = result.stdout.lines
    (start,) = (number for number, line in enumerate(lines) if "calls the contract does not know, not checked" in line)
    assert lines[start + 1 : start + 3] == [
        "model_studio  POST /datasets  3 times",
        "model_studio  POST /threads/{id}/shares  3 times",
    ]


def test_the_events_of_a_run_are_judged_when_recorded_and_when_replayed(tmp_path: Path) -> None:
    """A streamed answer is held against its events and their order where a test asks for the contract, whoever gives it."""
    path = tmp_path / "c.yaml"
    events = Answer(RUN, (("Content-Type", "text/event-stream;charset=UTF-8"),))

    def run(base: str) -> bytes:
        body = {"assistant_id": "asst_1", "stream": True}
        return requests.post(f"{base}/threads/thread_1/runs", json=body, headers=KEY, timeout=10).content

    def told(mock: AssistantMock) -> list[str]:
        found = [f"{one.event} {one.path}" for one in mock.contract.violations]
        mock.contract.violations.clear()
        return found

    with gateway(events) as service:
        with mock(service, path, "once", contract="warn") as recording:
            assert run(service.base) == RUN
            recorded = told(recording)
        with mock(service, path, contract="warn") as replaying:
            assert run(service.base) == RUN
            assert told(replaying) == recorded
        with mock(service, path) as by_default:
            assert run(service.base) == RUN
    assert dict(by_default.unchecked) == {("model_studio", "create_run"): 1}
    assert recorded[0] == "event 1 thread.run.created $.object"
    assert recorded[-1] == "event 2 $"
    assert dict(replaying.unchecked) == {}
