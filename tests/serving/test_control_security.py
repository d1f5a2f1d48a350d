"""Who may ask the control API: keys, cookies, pages of other servers, and what never comes out."""

from __future__ import annotations

import socket
from time import perf_counter

import httpx
import pytest
from sockets import KEY

from pytest_assistant_mock import AssistantServer

pytest.importorskip("uvicorn")


@pytest.fixture(scope="module")
def keyed():
    """A server whose control API has a key."""
    with AssistantServer(strict=False, control_key="secret-of-mine") as server:
        yield server


def test_where_others_are_let_in_it_is_off_without_a_key():
    """All below /__mock__/ is 403, and says how to turn it on; a session is not heard of either."""
    with AssistantServer(strict=False, host="0.0.0.0", keys=["sk-right"]) as server:
        for path in ("health", "state", "openapi.json", "", "nothing"):
            answer = httpx.get(f"{server.url}/__mock__/{path}")
            assert answer.status_code == 403
            assert "assistant-mock serve --control-key KEY" in answer.json()["error"]
        key = {"Authorization": "Bearer sk-right", "X-Assistant-Session": "a"}
        ids = [httpx.post(f"{server.url}/api/v1/threads", json={}, headers=one).json()["id"][-2:] for one in (key, key, key)]
        assert ids == ["01", "02", "03"]


def test_where_others_are_let_in_the_key_opens_it():
    """The vendors' keys do not."""
    with AssistantServer(strict=False, host="0.0.0.0", keys=["sk-right"], control_key="c") as server:
        url = f"{server.url}/__mock__/state"
        statuses = [httpx.get(url, headers={"Authorization": f"Bearer {key}"}).status_code for key in ("sk-right", "c")]
        assert statuses == [401, 200]


@pytest.mark.parametrize("path", ["/state", "/openapi.json", "/events", "/", "/nothing", "/seed"])
@pytest.mark.parametrize(
    "shown", [None, "Bearer", "Bearer wrong", "Basic secret-of-mine", "secret-of-mine", "Bearer secret-of-min"]
)
def test_without_the_key_nothing_is_said(keyed, path, shown):
    """401, with what is expected, whatever is asked: not even whether there is something."""
    answer = httpx.get(f"{keyed.url}/__mock__{path}", headers={"Authorization": shown} if shown else {})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert answer.json() == {
        "error": "the control API of this server needs its key: expected Authorization: Bearer KEY",
        "nearest": None,
    }


def test_health_needs_no_key(keyed):
    """A health check knows none."""
    assert httpx.get(f"{keyed.url}/__mock__/health").status_code == 200


def test_the_page_keeps_the_key_as_a_cookie(keyed):
    """?key= once: the way to the page without it, and a cookie that no script reads, no other site sends; it is not the key."""
    with httpx.Client(trust_env=False) as client:
        answer = client.get(f"{keyed.url}/__mock__/?key=secret-of-mine")
        cookie = answer.headers["set-cookie"]
        assert (answer.status_code, answer.headers["location"]) == (303, "/__mock__/")
        assert cookie.endswith("; Path=/__mock__/; HttpOnly; SameSite=Strict")
        assert "secret-of-mine" not in cookie
        assert client.get(f"{keyed.url}/__mock__/").headers["content-type"] == "text/html; charset=utf-8"
        assert client.post(f"{keyed.url}/__mock__/reset").status_code == 200
    assert httpx.get(f"{keyed.url}/__mock__/?key=wrong").status_code == 401
    assert httpx.get(f"{keyed.url}/__mock__/state?key=secret-of-mine").status_code == 401
    assert httpx.get(f"{keyed.url}/__mock__/state", cookies={"assistant_mock_control": "secret-of-mine"}).status_code == 401


def test_the_page_lets_nothing_in(keyed):
    """A strict policy: no script, font or frame from elsewhere."""
    answer = httpx.get(f"{keyed.url}/__mock__/", headers={"Authorization": "Bearer secret-of-mine"})
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "https://127.0.0.1", ""])
@pytest.mark.parametrize("path", ["/reset", "/health", "/?key=secret-of-mine", "/nothing"])
def test_a_page_of_another_server_is_refused(keyed, origin, path):
    """403 for each call, health too, before any key is looked at."""
    headers = {"Origin": origin, "Authorization": "Bearer secret-of-mine"}
    answer = httpx.request("POST" if path == "/reset" else "GET", f"{keyed.url}/__mock__{path}", headers=headers)
    assert (answer.status_code, answer.json()["nearest"]) == (403, None)


def test_the_servers_own_page_is_not(keyed):
    """By each of its names."""
    for name in ("127.0.0.1", "localhost"):
        url = keyed.url.replace("127.0.0.1", name)
        answer = httpx.post(f"{url}/__mock__/reset", headers={"Origin": url, "Authorization": "Bearer secret-of-mine"})
        assert answer.status_code == 200


def test_another_host_is_misdirected():
    """421, as everywhere on loopback: a name that somebody points at this machine opens nothing."""
    with AssistantServer(strict=False) as server:
        headers = {"Host": "evil.example", "Origin": "http://evil.example"}
        assert httpx.get(f"{server.url}/__mock__/state", headers=headers).status_code == 421


def test_no_key_comes_out(keyed):
    """Neither the vendors' keys nor the control key is in what it tells of exchanges and state."""
    shown = {"Authorization": "Bearer secret-of-mine"}
    httpx.post(f"{keyed.url}/api/v1/threads", json={}, headers={"Authorization": "Bearer sk-quite-another-key"})
    with_keys = {"keys": ["sk-quite-another-key"]}
    assert httpx.post(f"{keyed.url}/__mock__/keys", json=with_keys, headers=shown).status_code == 200
    httpx.post(f"{keyed.url}/api/v1/threads", json={}, headers={"Authorization": "Bearer sk-quite-another-key"})
    for path in ("state", "exchanges", "sessions", "openapi.json"):
        text = httpx.get(f"{keyed.url}/__mock__/{path}", headers=shown).text
        assert "quite-another" not in text
        assert "secret-of-mine" not in text


def test_a_path_that_only_looks_like_it_is_the_vendors():
    """A thread may be called so; a prefix does not make it ours."""
    with AssistantServer(strict=False) as server:
        server.model_studio.add_thread(id="__mock__")
        assert httpx.get(f"{server.url}/api/v1/threads/__mock__", headers=KEY).json()["id"] == "__mock__"
        assert httpx.get(f"{server.url}/__mocks__/health").status_code == 404
        assert httpx.get(f"{server.url}/x/__mock__/health").status_code == 404


def test_a_reader_that_sleeps_loses_the_oldest_and_stops_no_server(capfd):
    """No more than 1,000 events wait for it; when the server closes it is given up, and nothing is printed."""
    with AssistantServer(strict=False) as server:
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        line.connect(("127.0.0.1", int(server.url.rpartition(":")[2])))
        line.sendall(b"GET /__mock__/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert line.recv(15) == b"HTTP/1.1 200 OK"
        body = b'{"metadata": {"a": "' + b"x" * 8000 + b'"}}'
        with httpx.Client(headers=KEY, trust_env=False) as client:
            for _ in range(1500):
                client.post(f"{server.url}/v2/threads", content=body)
        (listener,) = server._control.worlds.own.listeners
        assert len(listener._waiting) == 1000
        assert listener._lost > 0
        before = perf_counter()
    assert perf_counter() - before < 2
    assert capfd.readouterr() == ("", "")
    line.close()


def test_a_reader_of_events_stops_no_server():
    """One that never goes is given up when the server closes."""
    with AssistantServer(strict=False) as server:
        client = httpx.Client(trust_env=False)
        stream = client.stream("GET", f"{server.url}/__mock__/events", timeout=10)
        answer = stream.__enter__()
        assert next(answer.iter_lines()) == ": listening"
    stream.__exit__(None, None, None)
    client.close()
