"""The fixture `assistant_server`, in pytest runs of their own."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest

from pytest_assistant_mock import AssistantMock, AssistantServer
from pytest_assistant_mock.errors import BlockedHost

pytest.importorskip("uvicorn")

ASK = """
import httpx

def ask(server, path="/api/v1/threads"):
    return httpx.post(server.url + path, json={}, headers={"Authorization": "Bearer k"}).json()
"""


def test_one_server_a_run_and_a_fresh_mock_a_test(pytester):
    """The port stays, threads and ids start anew; the marker is heard; nothing in process is touched."""
    pytester.makepyfile(
        ASK
        + """
import os, pytest

urls = set()

@pytest.mark.parametrize("turn", [1, 2, 3])
def test_fresh(assistant_server, turn):
    urls.add(assistant_server.url)
    assert len(urls) == 1
    assert ask(assistant_server)["id"] == "thread_00000000-0000-4000-8000-000000000001"
    assert [one.operation for one in assistant_server.model_studio.exchanges] == ["create_thread"]
    assert assistant_server.model_studio.base_url == assistant_server.url + "/api/v1"
    assert assistant_server.appbuilder.base_url == assistant_server.url
    assert "DASHSCOPE_API_KEY" not in os.environ

@pytest.mark.assistant(revision="2026")
def test_marker(assistant_server):
    thread = assistant_server.model_studio.add_thread()
    assert ask(assistant_server, f"/api/v1/threads/{thread.id}/messages")["code"] == "InvalidParameter"
    sent = httpx.post(
        f"{assistant_server.model_studio.base_url}/threads/{thread.id}/messages",
        json={"content": "hi"}, headers={"Authorization": "Bearer k"})
    assert sent.json()["file_ids"] == []

def test_beside_a_mock_in_process(assistant_server, model_studio, monkeypatch):
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", assistant_server.model_studio.base_url)
    ask(assistant_server)
    assert len(assistant_server.model_studio.threads()) == 1
    assert model_studio.threads() == []
"""
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=5)


def test_unanswered_requests_fail_at_teardown(pytester):
    """As with the fixtures in process, and `strict=False` turns it off."""
    pytester.makepyfile(
        ASK
        + """
import socket

import pytest

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock.errors import BlockedHost

def test_wrong(assistant_server):
    ask(assistant_server, "/api/v1/thread")

@pytest.mark.assistant(strict=False)
def test_quiet(assistant_server):
    ask(assistant_server, "/api/v1/thread")
"""
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*UnansweredRequest: model_studio has no route for  POST /api/v1/thread"])


def test_a_failing_test_shows_its_traffic_and_is_asked_nothing_more(pytester):
    """
    As with the fixtures in process: the conversation beside the traceback, no complaint about a fault nobody met. Beside a mock
    in process each has a section.
    """
    pytester.makepyfile(
        ASK
        + """
from pytest_assistant_mock import faults

def test_alone(assistant_server):
    ask(assistant_server)
    assistant_server.model_studio.fail(faults.hang())
    assert False

def test_both(assistant_server, model_studio):
    ask(assistant_server)
    httpx.post(f"{model_studio.base_url}/threads", json={"metadata": {"n": "1"}}, headers={"Authorization": "Bearer k"})
    assert False
"""
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=2)
    lines = [line for line in result.outlines if "assistant traffic" in line or line.startswith("#1  ")]
    section = "------------------------------ assistant traffic -------------------------------"
    served, in_process = "#1  create_thread    -> 200 <thread#1>", '#1  create_thread  metadata={"n": "1"}  -> 200 <thread#1>'
    assert lines == [section, served, section, served, section, in_process]


def test_each_worker_has_a_server_of_its_own(pytester):
    """Under pytest -n 2 the ports differ, and each worker keeps its own for all its tests."""
    pytest.importorskip("xdist")
    pytester.makepyfile(
        ASK
        + """
import os, pathlib, pytest

@pytest.mark.parametrize("turn", range(8))
def test_ports(assistant_server, turn):
    ask(assistant_server)
    file = pathlib.Path(f"ports-{os.environ['PYTEST_XDIST_WORKER']}")
    file.write_text(file.read_text() + assistant_server.url + "\\\\n" if file.exists() else assistant_server.url + "\\\\n")
"""
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider", "-n", "2").assert_outcomes(passed=8)
    used = [set(file.read_text().split()) for file in pytester.path.glob("ports-*")]
    assert [len(urls) for urls in used] == [1, 1]
    assert used[0] != used[1]


def test_it_guards_no_host_and_a_mock_beside_it_does(assistant_server, monkeypatch):
    """
    A client that is not told of the server gets as far as asking for the vendor's address; a mock in process stops it there.
    """
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: asked.append(host) or [])
    socket.getaddrinfo("dashscope.aliyuncs.com", 443)
    assert asked == ["dashscope.aliyuncs.com"]
    with AssistantMock(strict=False), pytest.raises(BlockedHost):
        socket.getaddrinfo("dashscope.aliyuncs.com", 443)
    assert asked == ["dashscope.aliyuncs.com"]


FREEZERS = {
    "freezegun": "freezegun.freeze_time('2020-01-01')",
    "time-machine": "time_machine.travel('2020-01-01', tick=False)",
    "a stopped clock": "mock.patch('time.monotonic', lambda: 1.0)",
}


@pytest.mark.parametrize("freezer", FREEZERS)
def test_a_test_that_stops_the_clock_stops_no_server(pytester, freezer):
    """The run ends, whether the server began before the clock stood still or after, and a client that never goes is given up."""
    module = FREEZERS[freezer].partition(".")[0]
    if module != "mock":
        pytest.importorskip(module)
    pytester.makepyfile(f"""
    import socket, requests
    from unittest import mock
    from pytest_assistant_mock import AssistantServer
    {"" if module == "mock" else f"import {module}"}
    KEY = {{"Authorization": "Bearer k"}}

    def test_fixture(assistant_server):
        with {FREEZERS[freezer]}:
            url = assistant_server.model_studio.base_url
            assert requests.post(f"{{url}}/threads", json={{}}, headers=KEY, timeout=10).status_code == 200

    def test_own():
        with {FREEZERS[freezer]}, AssistantServer() as server:
            line = socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])))
            line.sendall(b"GET /api/v1/thr")
            assert requests.post(f"{{server.url}}/v2/threads", json={{}}, headers=KEY, timeout=10).status_code == 200
    """)
    pytester.runpytest_subprocess("-p", "no:cacheprovider", timeout=60).assert_outcomes(passed=2)


def test_a_cassette_on_a_socket(pytester):
    """The fixture answers from a test's cassette; what nobody asked for, and a miss, fail the test as in process."""
    recorded = Path(pytester.path) / "cassettes" / "one.yaml"
    with AssistantServer() as real:
        upstream = {"model_studio": real.model_studio.base_url}
        with AssistantServer(source="cassette", cassette=recorded, record="once", upstream=upstream) as server:
            key = {"Authorization": "Bearer sk-1234567890abcdef"}
            made = httpx.post(f"{server.model_studio.base_url}/threads", json={}, headers=key).json()["id"]
    pytester.makepyfile(
        ASK
        + f"""
import pytest

pytestmark = pytest.mark.assistant(source="cassette", cassette="one")

def test_played(assistant_server):
    assert ask(assistant_server)["id"] == {made!r}

def test_missed(assistant_server):
    assert [ask(assistant_server).get("code") for _ in range(2)] == [None, "CassetteMiss"]

def test_unplayed(assistant_server):
    pass
"""
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=3, errors=2)
    result.stdout.fnmatch_lines(["*CassetteMiss: *"])
    result.stdout.fnmatch_lines(["*UnplayedInteractions: *"])
