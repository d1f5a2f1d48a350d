"""The control API over real sockets: each call, what it answers, and how it refuses."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from shutil import which
from threading import Event

import httpx
import pytest
from sockets import KEY

from pytest_assistant_mock import AssistantMock, AssistantServer

pytest.importorskip("uvicorn")

STUDIO, BAIDU = "model_studio", "appbuilder"
FIRST = "thread_00000000-0000-4000-8000-000000000001"


@pytest.fixture(scope="module")
def one():
    """One server for all the tests of this file."""
    with AssistantServer(strict=False) as server:
        yield server


@pytest.fixture
def server(one):
    """It, empty."""
    httpx.post(f"{one.url}/__mock__/reset")
    return one


@pytest.fixture
def ask(server):
    """A function that makes a call, and gives status and JSON."""
    with httpx.Client(base_url=server.url, trust_env=False) as client:

        def call(method, path, body=None, **options):
            answer = client.request(method, f"/__mock__{path}", json=body, **options)
            assert answer.headers["content-type"] == "application/json"
            return answer.status_code, answer.json()

        yield call


def create(server, body=None, path="/api/v1/threads", **headers):
    """Make something at a vendor."""
    return httpx.post(f"{server.url}{path}", json={} if body is None else body, headers={**KEY, **headers})


def test_health_says_what_is_served_and_where(server, ask):
    """Version, vendors, base URLs as the client has come."""
    status, said = ask("GET", "/health")
    assert (status, said["status"], said["vendors"]) == (200, "ok", [STUDIO, BAIDU])
    assert said["base_urls"] == {STUDIO: f"{server.url}/api/v1", BAIDU: server.url}
    assert ask("GET", "/health", headers={"Host": "localhost:80"})[1]["base_urls"][BAIDU] == "http://localhost:80"


def test_reset_forgets_everything(server, ask):
    """Threads, scripts and exchanges; the first id comes next."""
    create(server)
    ask("POST", "/script", {"vendor": STUDIO, "turns": ["never"]})
    assert ask("POST", "/reset") == (200, {})
    assert ask("GET", "/exchanges")[1]["exchanges"] == []
    assert ask("POST", "/verify") == (200, {})
    assert create(server).json()["id"] == FIRST


SEEDS = {
    STUDIO: {
        "assistants": [{"id": "asst-1", "name": "晴", "tools": [{"type": "function", "function": {"name": "f"}}]}],
        "files": [{"id": "file-1", "name": "a.txt", "content": "内容"}],
        "threads": [{"id": "t-1", "metadata": {"u": "1"}, "messages": [{"text": "你好"}, {"text": "晴", "role": "assistant"}]}],
    },
    BAIDU: {"threads": [{"messages": [{"id": "m-1", "text": "地球"}]}]},
}


def test_what_is_seeded_is_in_the_state_and_at_the_vendor(server, ask):
    """The ids are answered as they stand in the seed; the vendor's own calls find them."""
    status, stored = ask("POST", "/seed", SEEDS)
    assert status == 200
    messages = stored[STUDIO]["threads"][0].pop("messages")
    assert stored[STUDIO] == {"assistants": ["asst-1"], "files": ["file-1"], "threads": [{"id": "t-1"}]}
    assert (len(messages), stored[BAIDU]["threads"][0]["messages"]) == (2, ["m-1"])
    state = ask("GET", "/state")[1]
    (thread,) = state[STUDIO]["threads"]
    assert [(one["role"], one["text"]) for one in thread["messages"]] == [("user", "你好"), ("assistant", "晴")]
    assert [one["bytes"] for one in state[STUDIO]["files"]] == [6]
    assert set(ask("GET", f"/state?vendor={BAIDU}")[1]) == {BAIDU, "now_ms"}
    listed = httpx.get(f"{server.url}/api/v1/threads/t-1/messages", headers=KEY).json()
    assert {one["content"][0]["text"]["value"] for one in listed["data"]} == {"你好", "晴"}


def test_a_seed_is_stored_whole_or_not_at_all(ask):
    """The second thread's id is taken: the first is not there either, and the clock has not moved."""
    before = ask("GET", "/state")
    status, said = ask("POST", "/seed", {STUDIO: {"threads": [{"id": "a", "messages": [{"text": "x"}]}, {"id": "a"}]}})
    assert (status, said["error"]) == (400, "seed: model_studio.threads[1]: id='a': model_studio has one of that id already")
    assert ask("GET", "/state") == before


def run(server, say="北京天气", **headers):
    """A run at Model Studio, as curl would make it: the run as it is at once, and a function that asks for it again."""
    base, key = f"{server.url}/api/v1", {**KEY, **headers}
    with httpx.Client(headers=key, trust_env=False) as client:
        tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
        assistant = client.post(f"{base}/assistants", json={"model": "qwen-plus", "name": "a", "tools": tools}).json()["id"]
        thread = client.post(f"{base}/threads", json={}).json()["id"]
        client.post(f"{base}/threads/{thread}/messages", json={"role": "user", "content": say})
        made = client.post(f"{base}/threads/{thread}/runs", json={"assistant_id": assistant}).json()
    return lambda: httpx.get(f"{base}/threads/{thread}/runs/{made['id']}", headers=key).json()


def test_a_script_plays_a_run_with_a_tool_call(server, ask):
    """A call, then a text; `when` chooses the run; what was scripted and not used, verify tells."""
    script = {"vendor": STUDIO, "turns": [{"calls": "weather", "arguments": {"city": "北京"}}, {"says": "晴", "pieces": 1}]}
    assert ask("POST", "/script", {**script, "when": "天气"}) == (
        200,
        {
            "script": "script(turns.calls('weather', city='北京'), turns.says('晴', pieces=1), when='天气')",
            "vendors": [STUDIO],
        },
    )
    again = run(server)
    called = again()["required_action"]["submit_tool_outputs"]["tool_calls"][0]
    assert json.loads(called["function"]["arguments"]) == {"city": "北京"}
    thread, made = again()["thread_id"], again()["id"]
    outputs = {"tool_outputs": [{"tool_call_id": called["id"], "output": "24"}]}
    httpx.post(f"{server.url}/api/v1/threads/{thread}/runs/{made}/submit_tool_outputs", json=outputs, headers=KEY)
    assert again()["status"] == "completed"
    (held,) = ask("GET", "/state")[1][STUDIO]["runs"]
    assert [(one["name"], one["output"]) for one in held["calls"]] == [("weather", "24")]
    assert [step["type"] for step in held["steps"]] == ["tool_calls", "message_creation"]
    assert ask("POST", "/verify") == (200, {})


TURNS = [
    "text",
    {"says": "text", "pieces": ["te", "xt"], "usage": [1, 2]},
    [{"calls": "f"}, {"calls": "g", "arguments": {}}],
    {"uses": "calculator", "arguments": "1+1", "output": "2"},
    {"searches": "晴", "results": [{"title": "t"}]},
    {"runs_code": "print(1)", "output": "1"},
    {"fails": "rate_limit_exceeded", "message": "slow down"},
    {"expires": True},
    {"cancels": True},
    {"incomplete": "te"},
    {"never": True},
]


@pytest.mark.parametrize("turn", TURNS, ids=str)
def test_every_turn_can_be_scripted(turn, ask):
    """Each function of `turns` by its name."""
    assert ask("POST", "/script", {"vendor": STUDIO, "turns": [turn], "optional": True})[0] == 200


def test_a_script_or_fault_without_a_vendor_serves_whichever_comes_first(server, ask):
    """It is used once, by either of them."""
    assert ask("POST", "/script", {"turns": ["晴"]})[1]["vendors"] == [STUDIO, BAIDU]
    assert ask("POST", "/fail", {"fault": "rate_limited", "on": "create_thread"})[1]["vendors"] == [STUDIO, BAIDU]
    assert create(server, path="/v2/threads").status_code == 429
    assert create(server).status_code == 200
    again = run(server)
    assert again()["status"] == "completed"
    assert ask("POST", "/verify") == (200, {})


def test_a_fault_limit_keys_and_reply(server, ask):
    """As the handle's methods: a slow answer, a quota, keys that are known, an answer of one's own."""
    assert ask("POST", "/fail", {"vendor": STUDIO, "fault": {"slow": {"seconds": 0.5}}, "after": 1, "times": None})[1] == {
        "fault": "slow(0.5)",
        "vendors": [STUDIO],
    }
    assert ask("POST", "/limit", {"vendor": BAIDU, "requests": 1, "per": 60})[0] == 200
    assert [create(server, path="/v2/threads").status_code for _ in range(2)] == [200, 429]
    ask("POST", "/reset")
    assert ask("POST", "/keys", {"vendor": STUDIO, "keys": ["sk-a-b-c"]})[0] == 200
    assert [create(server, Authorization=f"Bearer {key}").status_code for key in ("sk-a-b-c", "sk-d-e-f")] == [200, 401]
    ask("POST", "/reset")
    own = {"vendor": BAIDU, "operation": "POST /v2/apps/{id}/chat", "status": 202, "headers": {"X-A": "1"}, "text": "好"}
    assert ask("POST", "/reply", own)[0] == 200
    answer = create(server, path="/v2/apps/7/chat")
    assert (answer.status_code, answer.headers["x-a"], answer.text) == (202, "1", "好")


def test_the_clock(server, ask):
    """It moves on, stands still, goes on."""
    now = ask("GET", "/state")[1]["now_ms"]
    assert ask("POST", "/clock", {"advance": 1.5}) == (200, {"now_ms": now + 1500})
    assert ask("POST", "/clock", {"freeze": "2025-06-01T12:00:00Z"}) == (200, {"now_ms": 1748779200000})
    assert ask("POST", "/clock", {"freeze": None}) == (200, {"now_ms": 1748779200000})
    ask("POST", "/seed", {STUDIO: {"threads": [{"messages": [{"text": "a"}]}]}})
    assert ask("GET", "/state")[1]["now_ms"] == 1748779200000
    ask("POST", "/clock", {"unfreeze": True})
    ask("POST", "/seed", {STUDIO: {"threads": [{"messages": [{"text": "a"}]}]}})
    assert ask("GET", "/state")[1]["now_ms"] == 1748779200001


def test_exchanges_are_numbered_and_hide_secrets(server, ask):
    """Oldest first over both vendors; `since`, `vendor` and `operation` narrow them; numbers go on after a reset."""
    start = ask("GET", "/exchanges")[1]["last"]
    create(server, {"metadata": {"a": "1"}})
    create(server, path="/v2/threads", Authorization="Bearer sk-very-secret")
    create(server, path="/v2/nothing")
    ask("POST", "/fail", {"vendor": STUDIO, "fault": "reset"})
    with pytest.raises(httpx.TransportError):
        create(server)
    said = ask("GET", "/exchanges")[1]
    assert [(one["number"], one["vendor"], one["operation"]) for one in said["exchanges"]] == [
        (start + 1, STUDIO, "create_thread"),
        (start + 2, BAIDU, "create_thread"),
        (start + 3, BAIDU, None),
        (start + 4, STUDIO, "create_thread"),
    ]
    assert said["last"] == start + 4
    first, second, _, broken = said["exchanges"]
    assert first["request"]["json"] == {"metadata": {"a": "1"}}
    assert (first["response"]["status"], first["response"]["json"]["id"]) == (200, FIRST)
    assert "very-secret" not in json.dumps(second)
    assert (broken["response"], broken["failure"], broken["faults"]) == (None, "reset", ["reset()"])
    numbers = [
        [one["number"] - start for one in ask("GET", f"/exchanges?{query}")[1]["exchanges"]]
        for query in (
            f"since={start + 2}",
            f"vendor={BAIDU}",
            "operation=create_thread",
            f"operation=create_thread&since={start + 1}",
        )
    ]
    assert numbers == [[3, 4], [2, 3], [1, 2, 4], [2, 4]]
    assert ask("DELETE", "/exchanges") == (200, {})
    assert ask("GET", "/exchanges")[1] == {"exchanges": [], "last": start + 4}
    assert ask("GET", "/state")[1][STUDIO]["threads"] != []


def test_events_come_as_they_happen(server, ask):
    """What is held after `since`, then each exchange as it ends, and which call has changed something; no call is missed."""
    create(server)
    first = ask("GET", "/exchanges")[1]["exchanges"][0]
    listening, told_of_both, events = Event(), Event(), []

    def listen():
        with httpx.stream("GET", f"{server.url}/__mock__/events?since={first['number'] - 1}", timeout=10) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            for line in answer.iter_lines():
                events.append(line)
                listening.set()
                if line == f"id: {first['number'] + 1}":
                    told_of_both.set()
                if line == 'data: {"call": "reset"}':
                    return

    with ThreadPoolExecutor() as pool:
        done = pool.submit(listen)
        assert listening.wait(10)
        create(server, path="/v2/threads")
        assert told_of_both.wait(10)
        ask("POST", "/reset")
        done.result(10)
    told = [line for line in events if line.startswith(("event:", "id:"))]
    number = first["number"]
    assert told == [
        "event: exchange", f"id: {number}", "event: exchange", f"id: {number + 1}", "event: changed",
    ]  # fmt: skip
    assert json.loads(next(line for line in events if line.startswith("data:"))[5:]) == first


def test_verify_says_what_a_failing_test_would(server, ask):
    """Unanswered requests, unused faults and scripts, a broken contract: in the words pytest prints; nothing is changed by it."""
    create(server, path="/api/v1/thread")
    ask("POST", "/fail", {"vendor": STUDIO, "fault": "rate_limited", "on": "delete_thread"})
    ask("POST", "/script", {"vendor": BAIDU, "turns": ["never"]})
    create(server, {"metadata": 7}, path="/v2/threads")
    status, said = ask("POST", "/verify")
    assert status == 409
    assert [one["kind"] for one in said["complaints"]] == [
        "UnansweredRequest",
        "UnusedFault",
        "UnusedScript",
        "ContractViolation",
    ]
    assert "model_studio has no route for  POST /api/v1/thread\n" in said["error"]
    assert "model_studio: fail(rate_limited(), on='delete_thread') was never used" in said["error"]
    assert "appbuilder.script('never') was never used" in said["error"]
    assert "metadata" in said["complaints"][3]["text"]
    assert ask("POST", "/verify") == (status, said)
    assert "ContractViolation" not in str(ask("POST", "/verify", {"contract": "off"}))


def test_verify_does_not_judge_a_stream_that_is_being_read(server, ask):
    """Half a stream breaks no contract; `ended` tells it from a whole one."""
    ask("POST", "/script", {"vendor": STUDIO, "turns": [{"says": "晴天,有风", "pause": 0.2, "wait": True}]})
    thread = create(server).json()["id"]
    assistant = create(server, {"model": "qwen-plus", "name": "a"}, "/api/v1/assistants").json()["id"]
    create(server, {"role": "user", "content": "天气"}, f"/api/v1/threads/{thread}/messages")
    body = {"assistant_id": assistant, "stream": True}
    with httpx.stream("POST", f"{server.url}/api/v1/threads/{thread}/runs", json=body, headers=KEY) as answer:
        lines = answer.iter_lines()
        next(lines)
        assert [one["ended"] for one in ask("GET", "/exchanges?operation=create_run")[1]["exchanges"]] == [False]
        assert ask("POST", "/verify") == (200, {})
        list(lines)
    assert [one["ended"] for one in ask("GET", "/exchanges?operation=create_run")[1]["exchanges"]] == [True]
    assert ask("POST", "/verify") == (200, {})


def test_verify_says_how_many_exchanges_it_has_not_seen(server, ask):
    """Of more than 1,000 the older ones are dropped."""
    with httpx.Client(headers=KEY, trust_env=False) as client:
        for _ in range(1003):
            client.get(f"{server.url}/v2/x")
    assert ask("POST", "/verify")[1]["dropped"] == {BAIDU: 3}
    assert len(ask("GET", "/exchanges")[1]["exchanges"]) == 1000


def test_snapshots(server, ask):
    """Everything is as it was, as often as you like; one that is forgotten is not found."""
    create(server)
    name = ask("POST", "/snapshot")[1]["id"]
    for _ in range(2):
        create(server)
        assert ask("POST", f"/restore/{name}") == (200, {})
        assert len(ask("GET", "/state")[1][STUDIO]["threads"]) == 1
    assert ask("DELETE", f"/snapshot/{name}") == (200, {})
    assert ask("POST", f"/restore/{name}") == (
        404,
        {"error": f"there is no snapshot {name!r}; there is none", "nearest": None},
    )


def test_nothing_is_recorded_by_the_fake(ask):
    """`save` says so."""
    assert ask("POST", "/save")[0] == 409


REFUSED = [
    ("POST", "/seed", {"model_studi": {}}, 400, "unknown field 'model_studi'", STUDIO),
    ("POST", "/seed", {STUDIO: {"thread": []}}, 400, "model_studio.thread: unknown", "threads"),
    ("POST", "/seed", {STUDIO: []}, 400, "model_studio is an array; expected an object", None),
    ("POST", "/script", {}, 400, "it needs 'turns', an array", None),
    ("POST", "/script", {"turns": []}, 400, "script() says nothing", None),
    ("POST", "/script", {"turns": [{"say": "x"}]}, 400, 'turns[0]={"say": "x"}: expected a text, or an', "says"),
    ("POST", "/script", {"turns": [{"says": "x", "piece": 1}]}, 400, "turns[0].says: unknown 'piece'", "pieces"),
    ("POST", "/script", {"turns": [{"fails": "x"}]}, 400, "turns[0].fails: it needs 'message'", None),
    ("POST", "/script", {"turns": ["x"], "vendor": "appbuildr"}, 400, "vendor='appbuildr'", BAIDU),
    ("POST", "/script", {"turns": ["x"], "assistant": "asst"}, 400, "model_studio has no assistant 'asst'", None),
    ("POST", "/script", {"turns": ["x"], "times": 0}, 400, "times=0: expected a whole number, 1 or more", None),
    ("POST", "/script", {"turns": [{"never": True}]}, 400, "appbuilder answers when a run is done", None),
    ("POST", "/fail", {"fault": "rate_limitd"}, 400, "fault='rate_limitd'", "rate_limited"),
    ("POST", "/fail", {"fault": {"slow": {"second": 2}}}, 400, "fault.slow: unknown 'second'", "seconds"),
    ("POST", "/fail", {"fault": "reset", "on": "creat_thread"}, 400, "no operation 'creat_thread'", "create_thread"),
    ("POST", "/fail", {"fault": {"cut": 1}, "on": "create_run"}, 400, 'fault={"cut": 1}: expected a name like', None),
    ("POST", "/script", {"turns": [5]}, 400, "turns[0]=5: expected a text, or an object", None),
    ("POST", "/reply", {"vendor": STUDIO, "on": "create_thread"}, 400, "unknown field 'on'; it needs 'operation'; it", None),
    ("POST", "/limit", {"requests": 1, "per": 0}, 400, "per=0: expected a finite number", None),
    ("POST", "/keys", {"keys": {"sk-a": ["ws"]}}, 400, "appbuilder has no workspaces", None),
    ("POST", "/reply", {"operation": "create_thread", "json": {}}, 400, "it needs 'vendor'", None),
    ("POST", "/reply", {"vendor": STUDIO, "operation": "create_thread", "json": {}}, 400, "with check=False", None),
    ("POST", "/reply", {"vendor": STUDIO, "operation": "x", "status": 99}, 400, "status=99: expected a number from 200", None),
    ("POST", "/reply", {"vendor": STUDIO, "operation": "x", "headers": {"A": "1\r\nB: 2"}}, 400, "expected a text of one", None),
    ("POST", "/clock", {"advance": -1}, 400, "seconds=-1: expected a finite number, 0 or more", None),
    ("POST", "/clock", {"advance": 1e300}, 400, "before the year 9999", None),
    ("POST", "/clock", {"freeze": "soon"}, 400, "freeze: at='soon': expected a time like", None),
    ("POST", "/clock", {}, 400, "expected one of", None),
    ("GET", "/exchanges?since=x", None, 400, "since='x': expected the number of an exchange", None),
    ("GET", "/exchanges?operation=creat_run", None, 400, "operation='creat_run'", "create_run"),
    ("GET", "/exchanges?vendr=x", None, 400, "unknown field 'vendr'", "vendor"),
    ("GET", "/stat", None, 404, "there is nothing at /__mock__/stat", "/state"),
    ("GET", "/seed", None, 405, "GET /__mock__/seed: expected POST", "POST"),
    ("DELETE", "/sessions/nobody", None, 404, "there is no session 'nobody'; there is none", None),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "says", "near"), REFUSED)
def test_what_is_wrong_is_said_and_nothing_is_changed(method, path, body, status, says, near, ask):
    """4xx, what came and what was expected, the nearest allowed name; nothing else has happened, at either vendor."""
    before = ask("GET", "/state"), ask("POST", "/verify")
    got, said = ask(method, path, body)
    assert (got, set(said), said["nearest"]) == (status, {"error", "nearest"}, near)
    assert says in said["error"]
    assert (ask("GET", "/state"), ask("POST", "/verify")) == before


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "the body is no JSON: Expecting"),
        (b"[]", "the body is no JSON object"),
        (b"\xff", "the body is no UTF-8"),
        (b'{"a": "\\ud800"}', "half of a surrogate pair"),
        (b'{"a": NaN}', "NaN is no JSON"),
        (b"[" * 5000, "nested more than 100 deep"),
        (b'{"a": ' + b"9" * 5000 + b"}", "the body is no JSON: Exceeds the limit"),
    ],
)
def test_a_body_that_is_no_json_is_refused(body, says, server):
    """400, without a traceback."""
    answer = httpx.post(f"{server.url}/__mock__/seed", content=body)
    assert answer.status_code == 400
    assert says in answer.json()["error"]


def test_a_body_that_is_too_large_is_refused(server, monkeypatch):
    """413, as at the vendors."""
    monkeypatch.setattr(server.asgi, "body_limit", 100)
    answer = httpx.post(f"{server.url}/__mock__/seed", content=b" " * 101)
    assert (answer.status_code, answer.json()["error"]) == (
        413,
        "the body has more than 100 bytes, the most that this server takes",
    )


def test_a_cassette_cannot_be_seeded(tmp_path):
    """409 in the words of CannotSeed; what only looks goes on."""
    cassette = tmp_path / "c.yaml"
    cassette.write_text("version: 1\ninteractions: []\n")
    mock = AssistantMock(source="cassette", cassette=cassette, control=True)
    with httpx.Client(transport=Bridge(mock), base_url="http://localhost/__mock__") as client:
        for method, path, body in (
            ("POST", "/seed", {STUDIO: {"threads": [{}]}}),
            ("POST", "/script", {"turns": ["x"]}),
            ("POST", "/fail", {"fault": "reset"}),
            ("GET", "/state", None),
        ):
            answer = client.request(method, path, json=body)
            assert answer.status_code == 409, path
            assert "cassette" in answer.json()["error"]
        assert client.get("/exchanges").status_code == 200
        assert client.get("/exchanges", headers={"X-Assistant-Session": "a"}).status_code == 409


class Bridge(httpx.BaseTransport):
    """A plain client's way to an ASGI app of a mock."""

    def __init__(self, mock):
        self._app = httpx.ASGITransport(app=mock.asgi)

    def handle_request(self, request):
        """Ask the app."""
        import asyncio

        async def ask():
            body = request.read()
            headers = {**request.headers, "accept-encoding": "identity"}
            sent = httpx.Request(request.method, request.url, headers=headers, content=body)
            answer = await self._app.handle_async_request(sent)
            return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())

        return asyncio.run(ask())


def test_an_app_of_ones_own_has_it_only_when_told():
    """`mock.asgi` answers below /__mock__/ with control=True alone, wherever it is mounted."""
    for control, expected in ((False, 404), (True, 200)):
        with httpx.Client(transport=Bridge(AssistantMock(control=control)), base_url="http://anywhere") as client:
            assert client.get("/__mock__/health").status_code == expected
    with pytest.raises(TypeError, match="control='yes': expected True or False"):
        AssistantMock(control="yes")


def test_the_fixture_has_it(assistant_server):
    """What a client of another language seeds, the test finds."""
    httpx.post(f"{assistant_server.url}/__mock__/seed", json={BAIDU: {"threads": [{"id": "t"}]}})
    assert [thread.id for thread in assistant_server.appbuilder.threads()] == ["t"]


@pytest.mark.skipif(which("curl") is None, reason="curl is not installed")
def test_curl_can_do_it(server):
    """Seed, ask, verify."""
    url = f"{server.url}/__mock__"
    body = json.dumps({STUDIO: {"threads": [{"id": "t-1", "messages": [{"text": "你好"}]}]}}, ensure_ascii=False)
    said = [
        json.loads(subprocess.run(["curl", "-s", *words], stdout=subprocess.PIPE, check=True).stdout)
        for words in ([f"{url}/seed", "-d", body], [f"{url}/state"], ["-X", "POST", f"{url}/verify"])
    ]
    assert said[0][STUDIO]["threads"][0]["id"] == "t-1"
    assert said[1][STUDIO]["threads"][0]["messages"][0]["text"] == "你好"
    assert said[2] == {}


def test_head_has_no_body(server):
    """As everywhere in HTTP."""
    answer = httpx.head(f"{server.url}/__mock__/health")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 50
