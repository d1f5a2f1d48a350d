"""A cassette on a socket: any client's calls are passed on and recorded, and answered again when the real service is gone."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from shutil import which
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from pytest_assistant_mock import turns
from pytest_assistant_mock.cassettes import load
from pytest_assistant_mock.errors import CassetteMiss

pytest.importorskip("uvicorn")

from pytest_assistant_mock import AssistantServer

CLIENTS = Path(__file__).parent.parent / "clients"
KEY = "sk-1234567890abcdef1234567890abcdef"
JAVA = {
    "Authorization": f"Bearer {KEY}",
    "user-agent": "dashscope/2.22.29; java/17.0.15; platform/Linux; processor/amd64",
    "Accept": "application/json; charset=utf-8",
    "Content-Type": "application/json; charset=utf-8",
    "Connection": "Keep-Alive",
    "Accept-Encoding": "gzip",
}
SAID = "晴，24 度，有风"
PIECES = ["晴，24", " 度，有", "风", ""]


@contextmanager
def upstream() -> Iterator[AssistantServer]:
    """The served fake, in the real service's place; it answers two runs."""
    with AssistantServer(contract="off") as server:
        server.model_studio.script(SAID, times=None, optional=True)
        yield server


def recording(cassette: Path, real: AssistantServer | None = None, record: Any = "once", **options: Any) -> AssistantServer:
    """A server on a cassette, as `assistant-mock serve` makes one."""
    urls = {"model_studio": real.model_studio.base_url, "appbuilder": real.appbuilder.base_url} if real else None
    options = {"unplayed": "off", "contract": "off", "strict": False, **options}
    return AssistantServer(source="cassette", cassette=cassette, record=record if real else "none", upstream=urls, **options)


def by_java(server: AssistantServer) -> list[str]:
    """Requests as dashscope-sdk-java sends them, over one line; each answer is checked to be what that SDK can parse."""
    where = urlsplit(server.model_studio.base_url)
    line = HTTPConnection(where.hostname or "", where.port, timeout=10)

    def ask(method: str, path: str, body: Any = None) -> Any:
        line.request(
            method, where.path + path, None if body is None else json.dumps(body), {**JAVA, "Accept-Encoding": "identity"}
        )
        answer = line.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, text
        return text if "event-stream" in answer.headers["content-type"] else json.loads(text)

    assistant = ask("POST", "/assistants", {"model": "qwen-max", "name": "天气"})
    thread = ask("POST", "/threads", {})
    sent = ask("POST", f"/threads/{thread['id']}/messages", {"role": "user", "content": "北京天气?"})
    run = {"assistant_id": assistant["id"], "stream": True, "response_format": "json_object"}
    stream = ask("POST", f"/threads/{thread['id']}/runs", run)
    page = ask("GET", f"/threads/{thread['id']}/messages?limit=10")
    assert [sent["status"], *(one["status"] for one in page["data"])] == [""] * 3
    assert stream.endswith("\n\nevent:done\ndata:[DONE]\n\n")
    return [*_deltas(stream), page["data"][0]["content"][0]["text"]["value"]]


def by_node(server: AssistantServer) -> list[str]:
    """Node's fetch, in a process of its own."""
    environment = {**os.environ, **server.env, "DASHSCOPE_API_KEY": KEY}
    command = ["node", str(CLIENTS / "conversation.mjs")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def by_curl(server: AssistantServer) -> list[str]:
    """A process a call."""

    def ask(path: str, body: Any = None) -> str:
        data = [] if body is None else ["-d", json.dumps(body, ensure_ascii=False), "-H", "Content-Type: application/json"]
        url = server.model_studio.base_url + path
        command = ["curl", "-sS", "--fail-with-body", "--compressed", url, "-H", f"Authorization: Bearer {KEY}", *data]
        return subprocess.run(command, stdout=subprocess.PIPE, check=True, encoding="utf-8").stdout

    assistant = json.loads(ask("/assistants", {"model": "qwen-max"}))["id"]
    thread = json.loads(ask("/threads", {"messages": [{"role": "user", "content": "北京天气?"}]}))["id"]
    stream = ask(f"/threads/{thread}/runs", {"assistant_id": assistant, "stream": True})
    page = json.loads(ask(f"/threads/{thread}/messages"))
    return [*_deltas(stream), page["data"][0]["content"][0]["text"]["value"]]


def _deltas(stream: str) -> list[str]:
    found = re.findall(r"event:thread.message.delta\ndata:(.*)\n", stream)
    return [json.loads(data)["delta"]["content"][0]["text"]["value"] for data in found]


NEEDS = {"node": which("node"), "curl": which("curl"), "java": "no program: the requests are sent by hand"}


@pytest.mark.parametrize("client", ["java", "node", "curl"])
def test_recorded_once_and_replayed_when_the_real_service_is_gone(client, tmp_path):
    """A streamed run and its messages, the same again from the file; the key is not in it."""
    if NEEDS[client] is None:
        pytest.skip(f"{client} is not installed here")
    converse = {"java": by_java, "node": by_node, "curl": by_curl}[client]
    cassette = tmp_path / "weather.yaml"
    with upstream() as real, recording(cassette, real) as server:
        recorded = converse(server)
        asked = len(real.model_studio.exchanges)
    with recording(cassette) as server:
        replayed = converse(server)
    assert recorded == replayed
    assert "".join(recorded[:-1]) == recorded[-1] == SAID
    assert len(load(cassette).interactions) == asked
    assert KEY not in cassette.read_text("utf-8")
    assert "https://dashscope.aliyuncs.com/api/v1/threads" in cassette.read_text("utf-8")


def ask(server: Any, path: str, body: Any = None, **headers: str) -> httpx.Response:
    """One call of Model Studio's."""
    url, given = server.model_studio.base_url + path, {"Authorization": f"Bearer {KEY}", **headers}
    return httpx.get(url, headers=given) if body is None else httpx.post(url, headers=given, json=body)


def test_a_stream_passes_piece_by_piece(tmp_path):
    """AppBuilder's stream waits for outputs that its client sends when it has read the calls: nothing may be held back."""
    key = {"Authorization": "Bearer bce-v3/ALTAK-1234567890/1234567890abcdef"}
    tool = {"type": "function", "function": {"name": "weather", "description": "?", "parameters": {"type": "object"}}}
    cassette = tmp_path / "calls.yaml"

    def converse(server: AssistantServer) -> str:
        with httpx.Client(base_url=server.appbuilder.base_url, headers=key, timeout=10) as client:
            made = client.post("/v2/assistants", json={"model": "ERNIE", "name": "a", "description": "d", "tools": [tool]}).json()
            thread = client.post("/v2/threads", json={"messages": [{"role": "user", "content": "?"}]}).json()["id"]
            body = {"assistant_id": made["id"], "thread_id": thread, "stream": True}
            text = ""
            with client.stream("POST", "/v2/threads/runs", json=body) as stream:
                for piece in stream.iter_text():
                    text += piece
                    if '"event_type":"tool_calls"' in piece:
                        run, call = (
                            re.findall(rf'"{name}":\[?{{"id":"([^"]+)"', text)[0] for name in ("run_object", "tool_calls")
                        )
                        given = {"run_id": run, "thread_id": thread, "tool_outputs": [{"tool_call_id": call, "output": "24"}]}
                        assert client.post("/v2/threads/runs/submit_tool_outputs", json=given).status_code == 200
        return text

    with upstream() as real:
        real.appbuilder.script(turns.calls("weather"), SAID, times=None)
        with recording(cassette, real) as server:
            recorded = converse(server)
    assert SAID in recorded
    assert '"status":"expired"' not in recorded
    with recording(cassette) as server:
        assert converse(server) == recorded


def test_a_miss_is_told_to_the_client_in_its_own_words(tmp_path):
    """409, where an SDK looks for a message: what was asked, and the command that records it; the log has it too."""
    cassette = tmp_path / "c.yaml"
    with upstream() as real, recording(cassette, real) as server:
        ask(server, "/threads", {})
    with recording(cassette) as server:
        seen: list[Any] = []
        server.watch(seen.append)
        answer = ask(server, "/threads", {"metadata": {"a": "b"}})
        server.excuse()
        with pytest.raises(CassetteMiss) as raised:
            raise server._session.answerer.misses[0]
        server._session.answerer.misses.clear()
    assert (answer.status_code, answer.json()) == (409, {"code": "CassetteMiss", "message": str(raised.value)})
    assert f"assistant-mock serve --cassette {cassette} --record" in answer.json()["message"]
    assert KEY not in answer.text
    assert [(one.operation, one.status) for one in seen] == [("create_thread", 409)]


def test_a_miss_is_told_at_the_end_and_not_judged(tmp_path):
    """The 409 is ours: the contract has nothing to say of it, and what is raised is the miss."""
    cassette = tmp_path / "c.yaml"
    with upstream() as real, recording(cassette, real) as server:
        ask(server, "/threads", {})
    with pytest.raises(CassetteMiss), recording(cassette, contract="fail") as server:
        assert ask(server, "/threads", {"metadata": {"a": "b"}}).status_code == 409


class Raw:
    """A service that answers every request with the same bytes."""

    def __init__(self, answer: bytes, linger: bool = False) -> None:
        self._answer = answer
        self._linger = linger
        self.heads: list[str] = []
        self._line = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._line.getsockname()[1]}/api/v1"
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._line.accept()
            except OSError:
                return
            received = b""
            while b"\r\n\r\n" not in received:
                received += line.recv(65536)
            self.heads.append(received.decode())
            line.sendall(self._answer)
            line.shutdown(socket.SHUT_WR)
            line.close()

    def close(self) -> None:
        """Stop."""
        self._line.close()


@contextmanager
def raw(answer: bytes) -> Iterator[Raw]:
    """Such a service for the length of a block."""
    service = Raw(answer)
    try:
        yield service
    finally:
        service.close()


def onto(service: Raw, cassette: Path, **options: Any) -> AssistantServer:
    """A server that records what such a service answers."""
    given = {"unplayed": "off", "contract": "off", "strict": False, "record": "once", **options}
    return AssistantServer(source="cassette", cassette=cassette, upstream={"model_studio": service.url}, **given)


def test_a_client_that_leaves_is_recorded_so(tmp_path):
    """What it read is kept; saved while a stream is open, the file has what came so far, and all of it when it has ended."""
    cassette = tmp_path / "c.yaml"
    with AssistantServer(contract="off") as real:
        real.model_studio.script(turns.says(SAID, pieces=["晴，", SAID[2:]], pause=0.5, wait=True))
        with recording(cassette, real) as server, httpx.Client(timeout=10) as client:
            assistant = ask(server, "/assistants", {"model": "qwen-max"}).json()["id"]
            thread = ask(server, "/threads", {"messages": [{"role": "user", "content": "?"}]}).json()["id"]
            url = f"{server.model_studio.base_url}/threads/{thread}/runs"
            body, given = {"assistant_id": assistant, "stream": True}, {"Authorization": f"Bearer {KEY}"}
            with client.stream("POST", url, json=body, headers=given) as stream:
                pieces = stream.iter_text()
                while "thread.run.created" not in next(pieces):
                    pass
                server.save()
                begun = load(cassette).interactions[-1]
    ended = load(cassette).interactions[-1]
    assert [one.closed_by_client for one in (begun, ended)] == [True, True]
    assert begun.response.body in ended.response.body
    assert b"[DONE]" not in ended.response.body
    assert len(load(cassette).interactions) == 3


def test_a_redirect_is_passed_on_and_not_followed(tmp_path):
    """The client gets it, and the service that it names is not asked by us; replayed, it is the same."""
    cassette = tmp_path / "c.yaml"
    head = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: https://elsewhere.example/x\r\nContent-Length: 0\r\n\r\n"
    with raw(head) as service, onto(service, cassette) as server:
        recorded = ask(server, "/threads/t")
        assert len(service.heads) == 1
    with recording(cassette) as server:
        replayed = ask(server, "/threads/t")
    for answer in (recorded, replayed):
        assert (answer.status_code, answer.headers["location"]) == (307, "https://elsewhere.example/x")


def test_headers_of_the_line_and_of_the_control_api_stay_here(tmp_path):
    """Neither a session's name nor the client's line is passed on or recorded; of codings, those that can be read here."""
    cassette = tmp_path / "c.yaml"
    with raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}") as service:
        with onto(service, cassette) as server:
            given = {"X-Assistant-Session": "a", "Accept-Encoding": "br, gzip;q=0.5, zstd", "X-Mine": "1"}
            assert ask(server, "/threads/t", **given).status_code == 200
        (sent,) = service.heads
    lines = dict(line.lower().split(": ", 1) for line in sent.split("\r\n")[1:] if line)
    assert "x-assistant-session" not in lines
    assert lines["host"] == urlsplit(service.url).netloc
    assert (lines["accept-encoding"], lines["x-mine"]) == ("gzip;q=0.5", "1")
    assert "x-assistant-session" not in cassette.read_text("utf-8").lower()


def test_a_service_that_is_not_there_is_said_to_be_so(tmp_path):
    """502, with where it was looked for; nothing is recorded."""
    with socket.create_server(("127.0.0.1", 0)) as line:
        origin = f"http://127.0.0.1:{line.getsockname()[1]}"
    cassette = tmp_path / "c.yaml"
    with AssistantServer(
        source="cassette", cassette=cassette, record="once", upstream={"model_studio": origin}, strict=False
    ) as server:
        answer = ask(server, "/threads/t")
    assert answer.status_code == 502
    assert answer.json()["message"].startswith(f"the real service was not reached at {origin}: ")
    assert not cassette.exists()


def test_a_stream_that_breaks_off_breaks_off_here(tmp_path):
    """What came passes, and then the line breaks; replayed too."""
    cassette = tmp_path / "c.yaml"
    begun = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nevent:a\n\n\r\n"
    with raw(begun) as service, onto(service, cassette) as server, pytest.raises(httpx.HTTPError):
        ask(server, "/threads/t")
    with recording(cassette) as server, pytest.raises(httpx.HTTPError):
        ask(server, "/threads/t")


def test_only_known_keys_are_passed_on(tmp_path):
    """Where keys are named, another one gets the vendor's refusal, and the real service is not asked."""
    with raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}") as service:
        with onto(service, tmp_path / "c.yaml", keys=[KEY]) as server:
            statuses = [
                ask(server, "/threads/t", Authorization=key).status_code for key in ("Bearer sk-other", "", f"Bearer {KEY}")
            ]
        assert (statuses, len(service.heads)) == ([401, 401, 200], 1)
    with pytest.raises(ValueError, match=r"host=.0\.0\.0\.0. lets other machines in: give the keys"):
        recording(tmp_path / "d.yaml", host="0.0.0.0")


def test_saved_in_between_and_again(tmp_path):
    """`save` writes what is there so far, as often as one likes; the end adds the rest, and nothing stands there twice."""
    cassette = tmp_path / "c.yaml"
    with upstream() as real, recording(cassette, real) as server:
        made = ask(server, "/threads", {}).json()["id"]
        assert (server.save(), server.save()) == ("", "")
        assert len(load(cassette).interactions) == 1
        ask(server, f"/threads/{made}")
    assert [one.request.method for one in load(cassette).interactions] == ["POST", "GET"]


def control(server: AssistantServer, call: str, body: Any = None) -> httpx.Response:
    """One call of the control API."""
    return httpx.post(f"{server.url}/__mock__/{call}", json=body or {})


def test_saved_over_http(tmp_path):
    """`POST save` says where; on the fake, and on a cassette that is replayed, it is 409."""
    cassette = tmp_path / "c.yaml"
    with upstream() as real, recording(cassette, real) as server:
        ask(server, "/threads", {})
        answer = control(server, "save")
        assert (answer.status_code, answer.json()) == (200, {"cassette": str(cassette), "problem": None})
        assert len(load(cassette).interactions) == 1
        assert control(real, "save").status_code == 409
    with recording(cassette) as server:
        assert control(server, "save").status_code == 409


def test_a_cassette_has_nothing_to_seed(tmp_path):
    """Calls that put something into the fake are 409, in the words of CannotSeed."""
    cassette = tmp_path / "c.yaml"
    with upstream() as real, recording(cassette, real) as server:
        ask(server, "/threads", {})
    with recording(cassette) as server:
        answer = control(server, "script", {"vendor": "model_studio", "turns": ["x"]})
    assert answer.status_code == 409
    assert "this test runs on a cassette" in answer.json()["error"]


def test_verify_tells_a_miss_as_a_miss(tmp_path):
    """Not as a path without a route, and not as an answer that breaks the contract; after a reset there is none."""
    cassette = tmp_path / "c.yaml"
    with upstream() as real, recording(cassette, real) as server:
        ask(server, "/threads", {})
    with recording(cassette) as server:
        missed = [ask(server, path, {"metadata": {"a": "b"}}).json()["message"] for path in ("/threads", "/threadz")]
        answer = control(server, "verify")
        assert (answer.status_code, control(server, "reset").status_code, control(server, "verify").status_code) == (
            409,
            200,
            200,
        )
    assert answer.json()["complaints"] == [{"kind": "CassetteMiss", "text": words} for words in missed]


def test_reset_plays_from_the_beginning(tmp_path):
    """The next test asks the same again, and is answered."""
    cassette = tmp_path / "c.yaml"
    with upstream() as real, recording(cassette, real) as server:
        ask(server, "/threads", {})
    with recording(cassette) as server:
        first = ask(server, "/threads", {})
        assert control(server, "reset").status_code == 200
        again = ask(server, "/threads", {})
    assert (first.status_code, first.text) == (200, again.text)


def test_recorded_anew_it_keeps_its_old_ids_over_every_save(tmp_path):
    """With "all", ids of the old recording go on; what was saved in between and what came later name the same thread."""
    cassette = tmp_path / "c.yaml"
    ids = []
    for extra in (0, 3):
        with upstream() as real, recording(cassette, real, "all") as server:
            for _ in range(extra):
                real.model_studio.add_thread()
            ids.append(made := ask(server, "/threads", {}).json()["id"])
            server.save()
            ask(server, f"/threads/{made}")
    assert ids[0] != ids[1]
    with recording(cassette) as server:
        made = ask(server, "/threads", {}).json()["id"]
        assert (made, ask(server, f"/threads/{made}").json()["id"]) == (ids[0], ids[0])


def test_new_adds_what_the_file_does_not_answer(tmp_path):
    """What it answers is not asked again."""
    cassette = tmp_path / "c.yaml"
    with upstream() as real, recording(cassette, real) as server:
        ask(server, "/threads", {})
    with upstream() as real, recording(cassette, real, "new") as server:
        ask(server, "/threads", {})
        ask(server, "/threads", {"metadata": {"new": "1"}})
        assert len(real.model_studio.exchanges) == 1
    assert len(load(cassette).interactions) == 2


def test_nothing_to_save(tmp_path):
    """A fake and a replayed cassette say that nothing is recorded."""
    cassette = tmp_path / "c.yaml"
    with upstream() as real, recording(cassette, real) as server:
        ask(server, "/threads", {})
        with pytest.raises(RuntimeError, match="nothing is recorded here: this server answers from the fake"):
            real.save()
    with recording(cassette) as server, pytest.raises(RuntimeError, match="answers from a cassette"):
        server.save()


def test_who_records_shows_a_key_of_their_own(tmp_path):
    """A fake key would pass for the real one: while calls are passed on, the environment for clients names none."""
    cassette = tmp_path / "c.yaml"
    with upstream() as real, recording(cassette, real) as server:
        assert "DASHSCOPE_API_KEY" not in server.env
        ask(server, "/threads", {})
    with recording(cassette) as server:
        assert server.env["DASHSCOPE_API_KEY"]


def test_an_upstream_without_a_cassette_is_a_mistake():
    """The fake passes nothing on."""
    with pytest.raises(ValueError, match='add source="cassette", cassette= and record='):
        AssistantServer(upstream={"model_studio": "https://gw.corp/ai/api/v1"})


WRONG = {
    "upstream names 'studio'; the vendors are model_studio, appbuilder; did you mean 'model_studio'": {
        "studio": "https://x.example"
    },
    "upstream: 'gw.corp' is no base URL": {"model_studio": "gw.corp"},
    "upstream: 7 is no base URL": {"model_studio": 7},
}


@pytest.mark.parametrize("said", WRONG)
def test_a_wrong_upstream_says_what_is_wrong(said, tmp_path):
    """Before anything listens."""
    with pytest.raises(ValueError, match=re.escape(said)):
        AssistantServer(source="cassette", cassette=tmp_path / "c.yaml", record="once", upstream=WRONG[said])
