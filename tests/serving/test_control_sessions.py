"""Sessions of the control API: worlds of their own behind one server, told apart by a header or a key."""

from __future__ import annotations

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from shutil import which

import httpx
import pytest
from sockets import KEY

from pytest_assistant_mock import AssistantServer
from pytest_assistant_mock._serving.control import worlds

pytest.importorskip("uvicorn")

STUDIO, BAIDU = "model_studio", "appbuilder"
FIRST = "thread_00000000-0000-4000-8000-000000000001"


@pytest.fixture
def server():
    """A server of its own: sessions stay."""
    with AssistantServer(strict=False) as server:
        yield server


def make(server, session=None, key=KEY["Authorization"]):
    """Make a thread at Model Studio."""
    headers = {"Authorization": key} if session is None else {"Authorization": key, "X-Assistant-Session": session}
    return httpx.post(f"{server.url}/api/v1/threads", json={}, headers=headers)


def control(server, method, path, body=None, session=None):
    """A call, in a session or in none: status and JSON."""
    headers = {} if session is None else {"X-Assistant-Session": session}
    answer = httpx.request(method, f"{server.url}/__mock__{path}", json=body, headers=headers)
    return answer.status_code, answer.json()


def test_a_session_is_a_world_of_its_own(server):
    """Ids from 1, its own threads, scripts, faults, clock and exchanges; no other world knows of them."""
    assert [make(server, name).json()["id"] for name in ("a", "b", None, "a")] == [FIRST, FIRST, FIRST, FIRST[:-1] + "2"]
    control(server, "POST", "/fail", {"vendor": STUDIO, "fault": "rate_limited"}, "a")
    control(server, "POST", "/script", {"vendor": STUDIO, "turns": ["晴"]}, "a")
    control(server, "POST", "/clock", {"advance": 60}, "a")
    assert [make(server, name).status_code for name in ("b", None, "a")] == [200, 200, 429]
    assert [control(server, "POST", "/verify", session=name)[0] for name in ("a", "b", None)] == [409, 200, 200]
    states = [control(server, "GET", "/state", session=name)[1] for name in ("a", "b", None)]
    assert [len(state[STUDIO]["threads"]) for state in states] == [2, 2, 2]
    assert states[0]["now_ms"] == states[1]["now_ms"] + 60_000 == states[2]["now_ms"] + 60_000
    assert control(server, "POST", "/reset", session="a") == (200, {})
    assert [len(control(server, "GET", "/exchanges", session=name)[1]["exchanges"]) for name in ("a", "b", None)] == [0, 2, 2]
    assert "session 'a'" in control(server, "POST", "/verify", session="a")[1].get("error", "session 'a'")


def test_the_header_is_neither_kept_nor_seen(server):
    """Not in the exchanges, and not by a function of a test that answers."""
    make(server, "a")
    (exchange,) = control(server, "GET", "/exchanges", session="a")[1]["exchanges"]
    assert "x-assistant-session" not in {name.lower() for name in exchange["request"]["headers"]}


def test_a_complaint_names_its_session(server):
    """Who reads it knows where to look."""
    httpx.get(f"{server.url}/v2/nothing", headers={**KEY, "X-Assistant-Session": "checkout test"})
    assert "session 'checkout test'" in control(server, "POST", "/verify", session="checkout test")[1]["error"]


def test_a_key_that_a_session_has_listed_leads_to_it(server):
    """Without a header; the header goes first; a key belongs to one session, and is free again with it."""
    assert control(server, "POST", "/sessions", {"name": "a", "keys": ["sk-of-a"]}) == (200, {"name": "a"})
    make(server, key="Bearer sk-of-a")
    make(server, "b", key="Bearer sk-of-a")
    counts = [len(control(server, "GET", "/state", session=name)[1][STUDIO]["threads"]) for name in ("a", "b", None)]
    assert counts == [1, 1, 0]
    status, said = control(server, "POST", "/sessions", {"name": "c", "keys": ["sk-of-a"]})
    assert (status, said["error"]) == (409, "the session 'a' has listed one of these keys already")
    assert control(server, "DELETE", "/sessions/a") == (200, {})
    assert make(server, key="Bearer sk-of-a").json()["id"] == FIRST
    assert control(server, "POST", "/sessions", {"name": "c", "keys": ["sk-of-a"]})[0] == 200


def test_a_session_that_is_deleted_begins_anew(server):
    """Its name is free; one that never was is not found."""
    make(server, "a")
    make(server, "a b/c")
    assert control(server, "GET", "/sessions") == (200, {"sessions": ["a", "a b/c"]})
    assert control(server, "DELETE", "/sessions/a%20b%2Fc") == (200, {})
    assert control(server, "DELETE", "/sessions/a") == (200, {})
    assert make(server, "a").json()["id"] == FIRST
    status, said = control(server, "DELETE", "/sessions/aa")
    assert (status, said) == (404, {"error": "there is no session 'aa'; did you mean 'a'?; there are a", "nearest": "a"})


def test_the_session_asked_longest_ago_goes(server, monkeypatch):
    """Asking it again is 410, at the vendor and at the control API, until it is made anew."""
    monkeypatch.setattr(worlds, "MOST_SESSIONS", 2)
    for name in ("a", "b", "a", "c"):
        make(server, name)
    assert control(server, "GET", "/sessions")[1] == {"sessions": ["a", "c"]}
    gone = make(server, "b")
    assert gone.status_code == 410
    assert gone.json()["error"].startswith("the session 'b' has gone: 2 others were asked since")
    assert control(server, "GET", "/state", session="b")[0] == 410
    assert control(server, "POST", "/sessions", {"name": "b"}) == (200, {"name": "b"})
    assert make(server, "b").json()["id"] == FIRST
    assert control(server, "GET", "/sessions")[1] == {"sessions": ["c", "b"]}


def test_a_client_that_names_its_session_everywhere_makes_it_anew(server, monkeypatch):
    """What is asked about sessions, and health, is of no session: the header does neither harm there nor make one."""
    monkeypatch.setattr(worlds, "MOST_SESSIONS", 1)
    for name in ("a", "b"):
        make(server, name)
    assert control(server, "GET", "/health", session="a")[0] == 200
    assert control(server, "POST", "/sessions", {"name": "a"}, session="a") == (200, {"name": "a"})
    assert control(server, "GET", "/sessions", session="c") == (200, {"sessions": ["a"]})


def test_256_sessions_are_held(server):
    """The 257th lets the first go."""
    with httpx.Client(headers=KEY, trust_env=False) as client:
        for number in range(257):
            headers = {"X-Assistant-Session": f"s{number}"}
            assert client.post(f"{server.url}/v2/threads", json={}, headers=headers).status_code == 200
    names = control(server, "GET", "/sessions")[1]["sessions"]
    assert (len(names), names[0], names[-1]) == (256, "s1", "s256")
    assert make(server, "s0").status_code == 410


@pytest.mark.parametrize("name", ["", "x" * 201, "naïve"])
def test_a_name_that_is_none_is_refused(name, server):
    """400, with what is expected; no session is made."""
    answer = httpx.post(f"{server.url}/api/v1/threads", json={}, headers={**KEY, "X-Assistant-Session": name.encode("latin-1")})
    assert answer.status_code == 400
    assert "expected 1 to 200 printable ASCII characters" in answer.json()["error"]
    assert control(server, "GET", "/sessions")[1] == {"sessions": []}


def test_nobody_without_a_key_makes_a_session():
    """Where the server knows its keys, any other is refused as ever; a session knows the server's keys and its own."""
    with AssistantServer(strict=False, keys=["sk-right"]) as server:
        assert make(server, "a", key="Bearer sk-wrong").status_code == 401
        assert control(server, "GET", "/sessions")[1] == {"sessions": []}
        assert make(server, "a", key="Bearer sk-right").status_code == 200
        control(server, "POST", "/sessions", {"name": "b", "keys": ["sk-of-b"]})
        assert make(server, key="Bearer sk-of-b").status_code == 200
        assert make(server, "b", key="Bearer sk-right").status_code == 200
        control(server, "POST", "/reset", session="b")
        assert [make(server, "b", key=f"Bearer {key}").status_code for key in ("sk-right", "sk-wrong")] == [200, 401]


def test_parallel_sessions_do_not_meet(server):
    """Eight clients at once, each in its session: each counts its own threads."""

    def work(number):
        with httpx.Client(headers={**KEY, "X-Assistant-Session": f"w{number}"}, trust_env=False) as client:
            return [client.post(f"{server.url}/api/v1/threads", json={}).json()["id"][-2:] for _ in range(20)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(8)))
    assert [len(set(ids)) for ids in found] == [20] * 8
    assert found == [found[0]] * 8


def test_a_sessions_snapshot_is_its_own(server):
    """Another world does not find it."""
    name = control(server, "POST", "/snapshot", session="a")[1]["id"]
    assert control(server, "POST", f"/restore/{name}")[0] == 404
    assert control(server, "POST", f"/restore/{name}", session="a") == (200, {})


def test_events_of_a_session_end_with_it(server):
    """Only its own exchanges come; when it is deleted the stream ends."""
    with httpx.stream("GET", f"{server.url}/__mock__/events", headers={"X-Assistant-Session": "a"}, timeout=10) as answer:
        lines = answer.iter_lines()
        assert next(lines) == ": listening"
        make(server)
        make(server, "a")
        make(server, "a")
        control(server, "DELETE", "/sessions/a")
        numbers = [line for line in lines if line.startswith("id:")]
    assert numbers == ["id: 1", "id: 2"]


def test_a_session_fails_the_test_that_made_it(pytester):
    """What no route answers, or was never used, in a session of the fixture's server fails the test too; its traffic is shown."""
    pytester.makepyfile("""
import httpx

KEY = {"Authorization": "Bearer k", "X-Assistant-Session": "a"}

def test_route(assistant_server):
    httpx.get(f"{assistant_server.url}/v2/nothing", headers=KEY)

def test_script(assistant_server):
    call = {"vendor": "appbuilder", "turns": ["x"]}
    httpx.post(f"{assistant_server.url}/__mock__/script", json=call, headers=KEY)

def test_traffic(assistant_server):
    httpx.post(f"{assistant_server.url}/v2/threads", json={}, headers=KEY)
    assert False
""")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(passed=2, errors=2, failed=1)
    result.stdout.fnmatch_lines(["*UnansweredRequest: appbuilder has no route for  GET /v2/nothing", "*#1  create_thread*"])
    result.stdout.fnmatch_lines(["*UnusedScript: assistant_server.appbuilder.script('x') was never used in *session 'a'"])


NODE = """
const url = process.env.GATEWAY_URL, headers = { "X-Assistant-Session": "node", Authorization: "Bearer k" };
const call = async (path, body) => (await fetch(`${url}${path}`, { method: "POST", headers, body: JSON.stringify(body) }));
await call("/__mock__/fail", { vendor: "appbuilder", fault: "rate_limited" });
const statuses = [(await call("/v2/threads", {})).status, (await call("/v2/threads", {})).status];
console.log(JSON.stringify([...statuses, (await call("/__mock__/verify")).status]));
"""


@pytest.mark.skipif(which("node") is None, reason="Node is not installed")
def test_node_in_a_session(server, tmp_path):
    """A fault, two calls, verify: with fetch alone."""
    (tmp_path / "a.mjs").write_text(NODE)
    done = subprocess.run(["node", tmp_path / "a.mjs"], env={**os.environ, **server.env}, capture_output=True, text=True)
    assert (json.loads(done.stdout), done.stderr) == ([429, 200, 200], "")
