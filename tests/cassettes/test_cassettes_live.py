"""`assistant-mock verify --live`: what the real service, here a served fake or gateway, answers today to what was recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from gateway import Answer, Gateway, gateway
from made import BAIDU, STUDIO, asked, one, saved

from pytest_assistant_mock import AssistantMock, turns
from pytest_assistant_mock.__main__ import main
from pytest_assistant_mock._commands import verify_live
from pytest_assistant_mock._engine.wire import Request, Response
from pytest_assistant_mock._mock.server import AssistantServer
from pytest_assistant_mock._vendors.secrets import secrets_of
from pytest_assistant_mock.cassettes import Cassette, Interaction
from pytest_assistant_mock.cassettes.live import Line, NoKey, asked_again
from pytest_assistant_mock.cassettes.redaction import redacted

KEY = "sk-real-0123456789abcdef"
THREAD = {"id": "thread_1", "object": "thread", "created_at": 1700000000000, "metadata": {}, "request_id": "r"}


@pytest.fixture(autouse=True)
def line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the environment; no pause between polls."""
    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
    monkeypatch.setenv("APPBUILDER_TOKEN", "bce-v3/ALTAK-real/0123456789abcdef")
    monkeypatch.setattr(verify_live, "PAUSE", 0.0)


def studio_talk(base: str) -> None:
    """A thread, a message, an assistant, a run polled to its end, its steps, a stream, and all deleted."""
    with httpx.Client(headers={"Authorization": f"Bearer {KEY}"}, timeout=20) as client:

        def call(method: str, path: str, **body: Any) -> Any:
            answer = client.request(method, base + path, json=body if method == "POST" else None)
            return answer.json() if "json" in answer.headers["content-type"] else answer.text

        assistant = call("POST", "/assistants", model="qwen-max", name="n")["id"]
        thread = call("POST", "/threads", metadata={"n": "1"})["id"]
        call("POST", f"/threads/{thread}/messages", role="user", content="你好")
        run = call("POST", f"/threads/{thread}/runs", assistant_id=assistant)["id"]
        while call("GET", f"/threads/{thread}/runs/{run}")["status"] in ("queued", "in_progress"):
            pass
        call("GET", f"/threads/{thread}/runs/{run}/steps")
        call("GET", f"/threads/{thread}/messages?limit=10")
        call("POST", f"/threads/{thread}/messages", role="user", content="再说")
        assert "event" in call("POST", f"/threads/{thread}/runs", assistant_id=assistant, stream=True)
        call("POST", f"/threads/{thread}", metadata={"n": "2"})
        call("DELETE", f"/threads/{thread}")
        call("GET", f"/threads/{thread}")


def baidu_talk(base: str) -> None:
    """A thread, a message in it, and the thread deleted."""
    with httpx.Client(headers={"Authorization": f"Bearer {KEY}"}, timeout=20) as client:

        def call(path: str, **body: Any) -> Any:
            return client.post(base + path, json=body).json()

        thread = call("/v2/threads", messages=[{"role": "user", "content": "你好"}])["id"]
        call("/v2/threads/messages", thread_id=thread, role="user", content="世界")
        call("/v2/threads/query", thread_id=thread)
        call("/v2/threads/delete", thread_id=thread)


TALKS: dict[str, Callable[[str], None]] = {"model_studio": studio_talk, "appbuilder": baidu_talk}


def served(polls: int = 0, threads: int = 0) -> AssistantServer:
    """A service: its runs take so many polls, and somebody has made threads there before."""
    server = AssistantServer()
    for _ in range(threads):
        server.model_studio.add_thread()
        server.appbuilder.add_thread()
    server.model_studio.script(turns.says("好", polls=polls), times=None, optional=True)
    return server


@pytest.mark.parametrize("vendor", TALKS)
def test_a_service_that_answers_as_recorded(
    vendor: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other ids, other times, more polls or fewer, streams: nothing of it counts; status 0, and the file is as it was."""
    path = tmp_path / "c.yaml"
    with served(polls=3) as service:
        handle = service.model_studio if vendor == "model_studio" else service.appbuilder
        TALKS[vendor](handle.base_url)
    secrets = secrets_of([KEY])
    saved(path, *(redacted(Interaction(one.request, one.reply), secrets) for one in handle.exchanges))
    before = path.read_bytes()
    for polls in (0, 5):
        with served(polls, threads=7) as today:
            monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", today.model_studio.base_url)
            monkeypatch.setenv("GATEWAY_URL", today.appbuilder.base_url)
            assert main(["verify", "--live", str(path)]) == 0
            handle = today.model_studio if vendor == "model_studio" else today.appbuilder
            assert len(handle.threads()) == 7
            assert not [exchange for exchange in handle.exchanges if exchange.response and exchange.response.status == 401]
        out = capsys.readouterr().out
        assert out.endswith("the service still answers as recorded\n")
        assert "skip" not in out
        assert "DIFF" not in out
    assert path.read_bytes() == before


def against(
    answer: Any, recorded: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int = 200
) -> tuple[int, Gateway]:
    """The exit status for one recorded answer against a service that gives another."""
    path = saved(tmp_path / "c.yaml", one(asked("POST", "/threads", {"metadata": {"k": "v"}}), recorded))
    with gateway(Answer(json.dumps(answer).encode(), status=status)) as service:
        monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", service.base)
        return main(["verify", "--live", str(path)]), service


@pytest.mark.parametrize(
    ("answer", "said", "expected"),
    [
        ({**THREAD, "id": "thread_9", "created_at": 5}, "ok  ", 0),
        ({**THREAD, "tool_resources": {"a": 1}}, "added: $.tool_resources (object)", 0),
        ({key: value for key, value in THREAD.items() if key != "created_at"}, "$.created_at is gone", 1),
        ({**THREAD, "created_at": "2026"}, "$.created_at: number recorded, text now", 1),
        ({**THREAD, "created_at": None}, "ok  ", 0),
        ({**THREAD, "metadata": {"other": 1}}, "ok  ", 0),
        ({**THREAD, "metadata": []}, "$.metadata: object recorded, list now", 1),
        ([], "$: object recorded, list now", 1),
    ],
)
def test_what_has_changed_by_tier(
    answer: Any, said: str, expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was added is told, what was removed or has another type fails; values, null and metadata are nobody's business."""
    status, _ = against(answer, THREAD, tmp_path, monkeypatch)
    out = capsys.readouterr().out
    assert (status, said in out) == (expected, True)


def test_lists_and_kinds_of_items_are_compared_kind_by_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty list says nothing; an item of a kind that came before must have what it had; another kind is told."""
    recorded = {"data": [{"type": "text", "text": "a"}, {"type": "image", "url": "u"}]}
    assert against({"data": []}, recorded, tmp_path, monkeypatch)[0] == 0
    assert against({"data": [{"type": "text", "text": "b"}]}, recorded, tmp_path, monkeypatch)[0] == 0
    capsys.readouterr()
    assert against({"data": [{"type": "text", "value": "b"}]}, recorded, tmp_path, monkeypatch)[0] == 1
    out = capsys.readouterr().out
    assert "$.data[text].text is gone" in out
    assert "added: $.data[text].value (text)" in out


def test_another_status_and_another_code_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was answered and is refused now is a difference, with what the service says."""
    assert against({"code": "Gone", "message": "no such API"}, THREAD, tmp_path, monkeypatch, status=404)[0] == 1
    assert "status 200 recorded, 404 now: no such API" in capsys.readouterr().out
    refusal = Response(400, (), b'{"code":"InvalidParameter","message":"m","request_id":"r"}')
    changed = {"code": "BadParameter", "message": "n", "request_id": "r"}
    assert against(changed, refusal, tmp_path, monkeypatch, status=400)[0] == 1
    assert "$.code: 'InvalidParameter' recorded, 'BadParameter' now" in capsys.readouterr().out


def test_events_of_a_stream_are_compared_by_name() -> None:
    """An event that is gone or has lost a field breaks, a new one is told; how often one comes does not count."""

    def stream(*events: tuple[str, Any]) -> Response:
        text = "".join(f"event:{name}\ndata:{json.dumps(data)}\n\n" for name, data in events)
        return Response(200, (("Content-Type", "text/event-stream"),), text.encode())

    recorded = stream(("thread.a", {"x": 1, "y": "t"}), ("thread.b", {"z": 1}), ("done", "[DONE]"))
    now = stream(("thread.a", {"x": 1}), ("thread.a", {"x": 2, "w": 1}), ("thread.c", {}), ("done", "[DONE]"))
    (row,) = rows(one(asked("POST", "/threads/thread_1/runs", {}), recorded), answers=[now])
    assert row.broken == ["event thread.a: $.y is gone", "event thread.b: $ is gone"]
    assert row.added == ["event thread.a: $.w (number)", "event thread.c: $ (object)"]


def rows(*recorded: Interaction, answers: Any = None, sent: list[Request] | None = None, base: str = "", key: str = KEY) -> Any:
    """What is found, without a socket: `answers` come one after the other, else as recorded."""
    left = list(answers or [one.reply for one in recorded])

    def send(request: Request) -> Response:
        if sent is not None:
            sent.append(request)
        answer = left.pop(0)
        assert isinstance(answer, Response)
        return answer

    return list(asked_again(Cassette(list(recorded)), Line(send, lambda vendor: key, lambda vendor: base, lambda: None)))


def test_a_key_goes_only_to_the_vendor_or_where_the_environment_says() -> None:
    """A cassette names no host that a key is sent to: a recorded gateway is asked only if the environment names it."""
    call = one(asked("POST", "/threads", {}), THREAD)
    urls = {
        "https://dashscope-intl.aliyuncs.com/api/v1": "https://dashscope-intl.aliyuncs.com/api/v1/threads",
        "https://llm-x.cn.maas.aliyuncs.com/api/v1": "https://llm-x.cn.maas.aliyuncs.com/api/v1/threads",
        "https://evil.example/api/v1": "https://dashscope.aliyuncs.com/api/v1/threads",
        "https://dashscope.aliyuncs.com.evil.example/api/v1": "https://dashscope.aliyuncs.com/api/v1/threads",
    }
    for base, expected in urls.items():
        there = replace(call, request=replace(call.request, url=f"{base}/threads"), vendor="model_studio", base_url=base)
        rows(there, sent=(sent := list[Request]()))
        assert [request.url for request in sent] == [expected]
        assert sent[0].header("authorization") == f"Bearer {KEY}"
        rows(there, sent=(sent := list[Request]()), base="https://gw.corp/x/")
        assert [request.url for request in sent] == ["https://gw.corp/x/threads"]


def test_nothing_is_changed_that_this_run_did_not_make() -> None:
    """A thread of before the recording, or one from a list of the service's, is read and never changed or deleted."""
    listed = {"object": "list", "data": [{"id": "asst_theirs", "object": "assistant"}]}
    calls = (
        one(asked("DELETE", "/threads/thread_old"), {"id": "thread_old", "object": "thread.deleted", "deleted": True}),
        one(asked("GET", "/assistants"), listed),
        one(asked("DELETE", "/assistants/asst_theirs"), {"id": "asst_theirs", "object": "assistant.deleted", "deleted": True}),
        one(asked("GET", "/assistants/asst_theirs"), listed["data"][0]),
        one(asked("POST", "/threads", {}), THREAD),
        one(asked("DELETE", "/threads/thread_1"), {"id": "thread_1", "object": "thread.deleted", "deleted": True}),
        one(asked("POST", "/v2/threads/delete", {"thread_id": "thread_old"}, BAIDU), {"deleted": True}),
    )
    today = json.loads(json.dumps(listed).replace("theirs", "today"))
    answers = [today, today["data"][0], {**THREAD, "id": "thread_2"}, {"id": "thread_2", "object": "x", "deleted": True}]
    found = rows(*calls, answers=[Response(200, (), json.dumps(one).encode()) for one in answers], sent=(sent := list[Request]()))
    assert [f"{request.method} {request.url.removeprefix(STUDIO)}" for request in sent] == [
        "GET /assistants", "GET /assistants/asst_today", "POST /threads", "DELETE /threads/thread_2",
    ]  # fmt: skip
    assert [row.skipped for row in found if row.skipped] == [
        "it would change thread_old, which this run did not make",
        "it would change asst_today, which this run did not make",
        "it would change thread_old, which this run did not make",
    ]


def test_what_cannot_be_sent_is_said() -> None:
    """A secret that is not recorded, a refused key, and an id that no answer brought."""
    headers = (("Authorization", "Bearer REDACTED"),)
    refused = one(Request("POST", f"{STUDIO}/threads", headers, b"{}"), {"code": "InvalidApiKey"}, status=401)
    calls = (
        refused,
        one(asked("POST", "/threads", {"metadata": {"k": "REDACTED"}}), THREAD),
        one(asked("GET", "/threads/thread_1"), THREAD),
    )
    assert [row.skipped for row in rows(*calls)] == [
        "it was refused for its key, which is not recorded",
        "it holds REDACTED in the place of a secret",
        "it names <thread#1> (thread_1), which no answer has brought this time",
    ]


def test_a_stream_that_waits_for_outputs_is_not_sent() -> None:
    """AppBuilder's stream stays open over a call of a tool: read to its end first, it would never end."""
    stream = Response(200, (("Content-Type", "text/event-stream"),), b'event: status\ndata: {"run_id": "run_1", "n": 1}\n\n')
    calls = (
        one(asked("POST", "/v2/threads/runs", {"thread_id": "t", "stream": True}, BAIDU), stream),
        one(asked("POST", "/v2/threads/runs/submit_tool_outputs", {"run_id": "run_1"}, BAIDU), {"id": "run_1"}),
        one(asked("POST", "/v2/threads/runs", {"thread_id": "u", "stream": True}, BAIDU), stream),
    )
    assert [row.skipped for row in rows(*calls, answers=[stream])] == [
        "its stream waits for outputs that are sent while it is read",
        "it names <run#1> (run_1), which no answer has brought this time",
        "",
    ]


def test_the_verdict_says_how_many_calls_were_not_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of what was not sent nothing is known, and the last line says so."""
    saved(tmp_path / "a.yaml", one(asked("DELETE", "/threads/thread_old"), {"id": "thread_old", "deleted": True}))
    path = saved(tmp_path / "b.yaml", one(asked("POST", "/threads", {}), THREAD))
    with gateway(Answer(json.dumps(THREAD).encode())) as service:
        monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", service.base)
        assert main(["verify", "--live", str(tmp_path / "a.yaml"), str(path)]) == 0
    end = "the service still answers as recorded; not sent: 1 call, of which nothing is known\n"
    assert capsys.readouterr().out.endswith(end)


def test_a_call_without_any_key_is_sent_without(tmp_path: Path) -> None:
    """What was refused because it had no key is asked again without one."""
    (row,) = rows(one(asked("GET", "/threads/x"), {"code": "InvalidApiKey"}, status=401), sent=(sent := list[Request]()))
    assert (row.broken, sent[0].header("authorization")) == ([], None)


def test_without_a_key_nothing_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2, and the name of the variable to set."""
    monkeypatch.delenv("DASHSCOPE_API_KEY")
    status, service = against(THREAD, THREAD, tmp_path, monkeypatch)
    assert (status, service.asked) == (2, [])
    assert capsys.readouterr().err == (
        "assistant-mock verify --live: no key for model_studio: set DASHSCOPE_API_KEY in the environment;"
        " it is sent, and written nowhere\n"
    )


def test_a_key_that_the_service_refuses_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2: nothing has changed but the key; and whatever the service says of the key, it is not printed."""
    assert against({"message": KEY}, THREAD, tmp_path, monkeypatch, status=401)[0] == 2
    assert "model_studio does not know the key in DASHSCOPE_API_KEY (it answered 401)" in capsys.readouterr().err
    assert against({"message": f"bad {KEY}"}, THREAD, tmp_path, monkeypatch, status=403)[0] == 1
    assert KEY not in "".join(capsys.readouterr())


def test_a_service_that_is_gone_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2, and which URL did not answer."""
    _, service = against(THREAD, THREAD, tmp_path, monkeypatch)
    capsys.readouterr()
    assert main(["verify", "--live", str(tmp_path / "c.yaml")]) == 2
    assert f"POST {service.base}/threads: " in capsys.readouterr().err


@pytest.mark.parametrize("url", ["https://{workspace_id}.cn.maas.aliyuncs.com/api/v1"])
def test_a_base_url_that_is_no_host_is_an_error(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A placeholder cannot be asked."""
    path = saved(tmp_path / "c.yaml", one(asked("POST", "/threads", {}), THREAD))
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", url)
    assert main(["verify", "--live", str(path)]) == 2
    assert "expected the URL of one host, without a placeholder" in capsys.readouterr().err


def test_a_run_that_never_ends_is_told() -> None:
    """Polls go on for a while and not for ever: the last answer is compared."""
    poll = one(asked("GET", "/threads/thread_x/runs/run_x"), {"id": "run_x", "status": "completed"})
    waiting = Response(200, (), b'{"id":"run_x","status":"in_progress"}')
    (row,) = rows(poll, answers=[waiting] * 200)
    assert row.broken == ["still in_progress after 120 polls"]


def test_no_answer_in_time_is_a_difference() -> None:
    """A service that does not answer is told with the call, and the others are asked all the same."""

    def send(request: Request) -> Response:
        raise TimeoutError

    line = Line(send, lambda vendor: KEY, lambda vendor: "", lambda: None)
    (row,) = asked_again(Cassette([one(asked("POST", "/threads", {}), THREAD)]), line)
    assert row.broken == ["no answer came in time"]


def test_no_key_is_an_error_of_its_own() -> None:
    """For who uses the function."""
    with pytest.raises(NoKey, match="set DASHSCOPE_API_KEY"):
        rows(one(asked("POST", "/threads", {}), THREAD), key="")


def test_the_command_is_one_with_verify(tmp_path: Path) -> None:
    """Without --live it asks the fake, as ever."""
    path = saved(tmp_path / "c.yaml", one(asked("POST", "/threads", {}), THREAD))
    assert main(["verify", str(path)]) == 0
    with AssistantMock() as mock:
        mock.model_studio.load(path)
