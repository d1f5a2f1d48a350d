"""Answers of the test's own: for operations, for paths the fake does not know, checked against the contract."""

from __future__ import annotations

from typing import Any

import pytest
from vendors import BAIDU, KEY, STUDIO, ask

from pytest_assistant_mock import AssistantMock, Failure, Request, Response, errors, faults

THREAD = {"id": "thread_1", "object": "thread", "created_at": 1, "metadata": {}, "request_id": "r"}


@pytest.fixture
def mock() -> AssistantMock:
    """A mock that is not opened."""
    return AssistantMock(name="test_x")


def test_a_dict_answers_with_the_vendors_headers(mock: AssistantMock) -> None:
    """Status 200, JSON, a request id; the store does not act; the exchange is in the journal."""
    own = mock.model_studio.reply("create_thread", {**THREAD, "metadata": {"城": "杭州"}})
    reply = ask(mock, "POST", f"{STUDIO}/threads", {})
    assert (reply.status, reply.json()["metadata"], reply.header("content-type")) == (200, {"城": "杭州"}, "application/json")
    assert "杭州".encode() in reply.body
    assert reply.header("x-request-id")
    assert (mock.model_studio.threads(), own.used, mock.model_studio.exchanges.last.operation) == ([], 1, "create_thread")


def test_a_function_answers_what_it_is_asked(mock: AssistantMock) -> None:
    """It sees the request, and may give a Response, a Failure or JSON."""

    def answer(request: Request) -> Any:
        name = (request.json().get("metadata") or {}).get("name", "")
        return {"broken": Failure("reset"), "busy": Response(503)}.get(name, THREAD)

    mock.model_studio.reply("create_thread", answer, check=False)

    def create(name: str) -> Any:
        body = f'{{"metadata": {{"name": "{name}"}}}}'.encode()
        return mock._engine.handle(Request("POST", f"{STUDIO}/threads", (KEY,), body))

    assert (create("broken"), create("busy"), create("fine").json()) == (Failure("reset"), Response(503), THREAD)


def test_times_then_the_fake_again(mock: AssistantMock) -> None:
    """The first two are the test's, the third is the fake's; of two answers the one given first comes first."""
    mock.model_studio.reply("create_thread", {**THREAD, "id": "thread_a"}, times=1)
    mock.model_studio.reply("create_thread", {**THREAD, "id": "thread_b"}, times=1)
    ids = [ask(mock, "POST", f"{STUDIO}/threads", {}).json()["id"] for _ in range(3)]
    assert ids == ["thread_a", "thread_b", "thread_00000000-0000-4000-8000-000000000001"]


def test_a_path_the_fake_does_not_know_can_be_answered(mock: AssistantMock) -> None:
    """ "METHOD /path/{anything}" below the base URL: no longer unanswered, and its name works in `fail` and `exchanges`."""
    completion = "POST /apps/{app_id}/completion"
    mock.model_studio.reply(completion, {"output": {"text": "晴"}})
    mock.model_studio.fail(faults.rate_limited(), on=completion)
    seen = [ask(mock, "POST", f"{STUDIO}/apps/a_1/completion", {}).status for _ in range(2)]
    assert seen == [429, 200]
    mock.model_studio.exchanges.assert_called(completion, times=2)
    mock._complain()
    ask(mock, "GET", f"{STUDIO}/apps/a_1/completion")
    with pytest.raises(errors.UnansweredRequest):
        mock._complain()


def test_an_own_answer_needs_a_key_too(mock: AssistantMock) -> None:
    """The gateway stands before it."""
    mock.appbuilder.reply("create_thread", {"id": "t"}, check=False)
    assert ask(mock, "POST", f"{BAIDU}/v2/threads", {}, ()).status == 401
    assert ask(mock, "POST", f"{BAIDU}/v2/threads", {}).json() == {"id": "t"}


def test_an_answer_that_breaks_the_contract_is_refused_at_once(mock: AssistantMock) -> None:
    """With what the contract says; unless it is not to be checked."""
    wrong = {name: value for name, value in THREAD.items() if name != "created_at"}
    with pytest.raises(errors.ContractViolation) as told:
        mock.model_studio.reply("create_thread", wrong)
    assert str(told.value) == (
        "the answer given by model_studio.reply('create_thread', …) breaks the contract in 1 place\n"
        "  $.created_at: expected a whole number; came nothing\n"
        "    When it was created, in milliseconds since 1970-01-01 UTC.\n"
        "  with check=False it is sent as it is"
    )
    mock.model_studio.reply("create_thread", wrong, check=False)
    assert ask(mock, "POST", f"{STUDIO}/threads", {}).json() == wrong


def test_a_stream_of_ones_own_is_sent_as_it_is(mock: AssistantMock) -> None:
    """One that keeps the contract; a function may give one too. JSON beside it is checked all the same."""
    data = b'{"code":"c","message":"m","request_id":"r"}'
    frames, headers = (
        [b"event:error\ndata:" + data + b"\n\n", b"event:done\ndata:[DONE]\n\n"],
        (("Content-Type", "text/event-stream; a=b"),),
    )
    mock.model_studio.reply("create_run", Response(200, headers, pieces=frames), times=1)
    mock.model_studio.reply("create_run", lambda request: Response(200, headers, pieces=frames), times=1)
    for _ in range(2):
        pieces = ask(mock, "POST", f"{STUDIO}/threads/t/runs", {}).pieces
        assert [pieces.take().data for _ in frames] == frames  # type: ignore[union-attr]
    with pytest.raises(errors.ContractViolation):
        mock.model_studio.reply("create_run", {"id": "run_1"})


def test_a_functions_answer_is_checked_when_it_is_given(mock: AssistantMock) -> None:
    """The violation is raised at the call; errors of the vendor's shape pass as errors."""
    mock.model_studio.reply("create_thread", lambda request: {"id": "thread_1"}, times=1)
    with pytest.raises(errors.ContractViolation):
        ask(mock, "POST", f"{STUDIO}/threads", {})
    error = b'{"code":"Throttling","message":"Requests throttling triggered.","request_id":"r"}'
    mock.reset()
    mock.model_studio.reply("create_thread", Response(429, (("Content-Type", "application/json"),), error))
    assert ask(mock, "POST", f"{STUDIO}/threads", {}).status == 429
    business = {"error": {"code": "1", "message": "threadId不存在", "type": "invalid_request_error", "param": None}}
    mock.appbuilder.reply("create_thread", business)
    assert ask(mock, "POST", f"{BAIDU}/v2/threads", {}).json() == business


def test_an_answer_nobody_asked_for_is_told(mock: AssistantMock) -> None:
    """Like a fault that never struck."""
    mock.appbuilder.reply("delete_thread", {"id": "t"}, check=False)
    mock.appbuilder.reply("create_thread", {"id": "t"}, check=False, optional=True)
    with pytest.raises(errors.UnusedFault) as raised:
        mock._complain()
    assert str(raised.value) == (
        "appbuilder: reply('delete_thread') was never used in test_x\n"
        "  asked:  nothing\n"
        "  do:     remove it, let the code under test come to it, or say optional=True"
    )


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "message"),
    [
        (("create_treads", {}), {}, ValueError, "model_studio has no operation 'create_treads'; did you mean 'create_thread'?;"),
        (("post /threads", {}), {}, ValueError, "reply('post /threads', …): expected \"METHOD /path\": 'POST /threads'"),
        (("/threads", {}), {}, ValueError, "reply('/threads', …): expected \"METHOD /path\": 'POST /threads'"),
        (("POST threads", {}), {}, ValueError, "reply('POST threads', …): expected \"METHOD /path\": 'POST /threads'"),
        (("DELTE /x", {}), {}, ValueError, "reply('DELTE /x', …): expected \"METHOD /path\": 'DELETE /x'"),
        (("GET /x?a=b", {}), {}, ValueError, "reply('GET /x?a=b', …): a query is no part of a path; write 'GET /x', a function"),
        (("GET /x/{}", {}), {}, ValueError, "reply('GET /x/{}', …): {} has no name a function could take; write {thread_id}"),
        (("GET /{a}/{a}", {}), {}, ValueError, "reply('GET /{a}/{a}', …): {a} stands in it twice"),
        (("GET /x/{a-b}", {}), {}, ValueError, "reply('GET /x/{a-b}', …): expected parameters like {thread_id}, in letters"),
        (
            ("POST /api/v1/threads/{t}/runs", {}),
            {},
            ValueError,
            "reply('POST /api/v1/threads/{t}/runs', …): the path begins below the base URL, https://dashscope.aliyuncs.com/api/v1;"
            " write 'POST /threads/{t}/runs'",
        ),
        (
            ("POST https://dashscope.aliyuncs.com/api/v1/threads/{t}/runs", {}),
            {},
            ValueError,
            "reply('POST https://dashscope.aliyuncs.com/api/v1/threads/{t}/runs', …): it has a host in it."
            " Write 'POST /threads/{t}/runs'",
        ),
        (
            ("POST https://gw.corp/v1/chat", {}),
            {},
            ValueError,
            "reply('POST https://gw.corp/v1/chat', …): it has a host in it. Say whose host it is when the mock is made,"
            " hosts={'model_studio': ['https://gw.corp']} (or in the ini file, assistant_hosts = model_studio = https://gw.corp),"
            " and write 'POST /v1/chat'",
        ),
        (("create_thread", "hi"), {}, TypeError, "an own answer is 'hi'; expected a Response, a Failure, a dict or list"),
        (("create_thread", {"a": {1, 2}}), {}, TypeError, "an own answer cannot be sent as JSON: Object of type set is not"),
        (("create_thread", {"a": float("nan")}), {}, ValueError, "an own answer cannot be sent as JSON: Out of range float"),
        (("create_thread", {"a": "\ud83d"}), {}, ValueError, "an own answer cannot be sent as JSON: 'utf-8' codec can't encode"),
        (("create_thread", Response(999)), {}, ValueError, "Response(status=999): expected a number from 200 to 599"),
        (("GET /x", Response(103)), {}, ValueError, "Response(status=103): expected a number from 200 to 599"),
        *(
            (
                ("GET /x", answer),
                {},
                ValueError,
                f"Response(status={answer.status}) has a body, and no client reads one behind {answer.status}:"
                " leave it out, or say 200",
            )
            for answer in (Response(204, pieces=[b"x"]), Response(304, body=b"x"), Response(204, pieces=[]))
        ),
        (("create_thread", Response(200, (), 5)), {}, TypeError, "Response(body=5): expected bytes, or text to be sent as UTF-8"),  # type: ignore[arg-type]
        (
            ("create_thread", Response(200, ("a", "b"))),
            {},
            TypeError,
            "Response(headers=('a', 'b')): expected a dict of texts, or",
        ),  # type: ignore[arg-type]
        (("create_thread", Response(200, {"Retry-After": 1})), {}, TypeError, "Response(headers={'Retry-After': 1}): expected"),  # type: ignore[arg-type, dict-item]
        (
            ("create_thread", lambda: THREAD),
            {},
            TypeError,
            "the answer to create_thread is a function of (); expected one of the Request",
        ),
        (
            ("GET /x/{id}", lambda request, run_id: {}),
            {},
            TypeError,
            "the answer to GET /x/{id} is a function of (request, run_id); expected one of the Request,"
            " and if you like of what stands in the path: id",
        ),
        (("create_thread", dict), {}, TypeError, "the answer to create_thread is the class dict; expected an answer"),
        (
            ("create_thread", THREAD),
            {"times": 0},
            ValueError,
            "times=0: expected a whole number, 1 or more (None: until the next",
        ),
    ],
)
def test_an_answer_that_cannot_be_is_refused_at_once(
    mock: AssistantMock, arguments: Any, options: Any, kind: type[Exception], message: str
) -> None:
    """With what was expected and what comes nearest."""
    with pytest.raises(kind) as raised:
        mock.model_studio.reply(*arguments, **options)
    assert str(raised.value).startswith(message)
    mock._complain()


def test_the_contract_does_not_judge_what_a_fault_has_spoilt() -> None:
    """A field taken away on purpose is no violation; the request is checked all the same."""
    import httpx

    with AssistantMock(contract="fail") as mock:
        studio = mock.model_studio
        studio.fail(faults.without("id"))
        answer = httpx.post(f"{studio.base_url}/threads", json={}, headers={"Authorization": "Bearer k"})
        assert "id" not in answer.json()


RUNS = "/threads/{thread_id}/runs"


def seen(mock: AssistantMock, path: str, times: int, method: str = "GET") -> list[Any]:
    """What is answered to so many requests for a path of Model Studio."""
    return [ask(mock, method, f"{STUDIO}{path}").json() for _ in range(times)]


@pytest.mark.parametrize(
    ("given", "answers"),
    [
        ([("a", None)], "aaaaa"),
        ([("a", None), ("b", None)], "abbbb"),
        ([("a", 2), ("b", None)], "aabbb"),
        ([("a", None), ("b", 2), ("c", None)], "abbcc"),
        ([("a", None), ("b", 1)], "abaaa"),
        ([("a", None), ("b", None), ("c", 1)], "abcbb"),
    ],
)
def test_several_replies_take_turns_in_the_order_they_were_given(mock: AssistantMock, given: Any, answers: str) -> None:
    """One with `times` so many times, one without once where another follows; the last without stays. All of them are used."""
    for answer, times in given:
        mock.model_studio.reply(f"GET {RUNS}", [answer], times=times)
    assert "".join(one for (one,) in seen(mock, "/threads/t_1/runs", 5)) == answers
    mock._complain()


def test_turns_begin_anew_where_a_snapshot_is_restored(mock: AssistantMock) -> None:
    """Whose turn it is belongs to a mock's state."""
    for answer in ("a", "b", "c"):
        mock.model_studio.reply(f"GET {RUNS}", [answer])
    assert seen(mock, "/threads/t_1/runs", 1) == [["a"]]
    snapshot = mock.snapshot()
    for _ in range(2):
        mock.restore(snapshot)
        assert seen(mock, "/threads/t_1/runs", 3) == [["b"], ["c"], ["c"]]


def test_the_path_that_is_named_more_closely_answers(mock: AssistantMock) -> None:
    """A literal path goes before one with braces, and that before an operation's name, in whatever order they are given."""
    mock.model_studio.reply("retrieve_thread", ["name"], check=False)
    mock.model_studio.reply("GET /threads/{id}", ["braces"], times=1)
    mock.model_studio.reply("GET /threads/t-{number}", ["part"], times=1)
    mock.model_studio.reply("GET /threads/t-1", ["literal"], times=1)
    assert seen(mock, "/threads/t-1", 4) == [["literal"], ["part"], ["braces"], ["name"]]


def test_what_stands_in_the_path_reaches_the_function(mock: AssistantMock) -> None:
    """By name, as many of them as the function takes, read from %XX; of a vendor's operation too."""
    studio = mock.model_studio
    studio.reply("GET /threads/{thread_id}/runs/{run_id}", lambda request, run_id: [run_id])
    studio.reply("GET /files/{name}.{suffix}", lambda request, **params: params)
    studio.reply("DELETE /threads/{thread_id}/runs/{run_id}", lambda request, *, thread_id, run_id="": [thread_id, run_id])
    studio.reply("PUT /x/{id}", lambda id: [id.method])
    studio.reply("retrieve_message", lambda request, message_id: [message_id], check=False)
    assert seen(mock, "/threads/t_1/runs/r%2F%E6%99%B4", 1) == [["r/晴"]]
    assert seen(mock, "/files/a.b.txt", 1) == [{"name": "a.b", "suffix": "txt"}]
    assert seen(mock, "/threads/t_1/runs/r_1", 1, "DELETE") == [["t_1", "r_1"]]
    assert seen(mock, "/x/1", 1, "PUT") == [["PUT"]]
    assert seen(mock, "/threads/t_1/messages/m_1", 1) == [["m_1"]]


def test_what_stands_in_the_path_can_be_asserted(mock: AssistantMock) -> None:
    """`assert_called` sees the parameters of a reply's own route, below the base URL and outside of it."""
    thread = mock.model_studio.add_thread()
    mock.model_studio.reply(f"POST {RUNS}", {})
    mock.model_studio.reply("POST /apps/{app_id}/{what}", {})
    ask(mock, "POST", f"{STUDIO}/threads/{thread.id}/runs", {"model": "qwen-max"})
    ask(mock, "POST", "https://dashscope.aliyuncs.com/apps/a_1/completion", {})
    mock.model_studio.exchanges.assert_called(f"POST {RUNS}", thread_id=thread, model="qwen-max", times=1)
    mock.model_studio.exchanges.assert_called("POST /apps/{app_id}/{what}", app_id="a_1", what="completion")
    with pytest.raises(AssertionError, match="    - thread_id: 't_2'"):
        mock.model_studio.exchanges.assert_called(f"POST {RUNS}", thread_id="t_2")


def test_outside_the_base_url_the_whole_path_is_meant() -> None:
    """Another API on the vendor's host is answered over a real client, and unanswered no longer."""
    import httpx

    with AssistantMock() as mock:
        mock.model_studio.reply("POST /compatible-mode/v1/chat/completions", {"choices": []})
        url = "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions"
        assert httpx.post(url, json={}, headers={"Authorization": "Bearer k"}).json() == {"choices": []}


def test_another_host_is_given_to_the_mock() -> None:
    """As `reply` says where a path has a host in it."""
    import httpx

    with AssistantMock(hosts={"model_studio": ["https://gw.corp"]}) as mock:
        mock.model_studio.reply("POST /v1/chat", {"choices": []})
        assert httpx.post("https://gw.corp/v1/chat", headers={"Authorization": "Bearer k"}).json() == {"choices": []}


@pytest.mark.parametrize("broken", [False, True], ids=["whole", "cut"])
@pytest.mark.parametrize("made", ["at once", "by a function"])
def test_a_response_may_have_text_and_a_dict_of_headers(broken: bool, made: str) -> None:
    """They travel as bytes and pairs; so does the response of a Failure."""
    import httpx

    response = Response(429, {"Retry-After": "1", "X-Who": "test"}, "太快了")  # type: ignore[arg-type]
    answer: Any = Failure("truncated", 6, response) if broken else response
    with AssistantMock() as mock:
        mock.model_studio.reply("POST /x", answer if made == "at once" else lambda request: answer)
        try:
            seen = httpx.post(f"{mock.model_studio.base_url}/x", headers={"Authorization": "Bearer k"})
            assert (seen.status_code, seen.headers["retry-after"], seen.text) == (429, "1", "太快了")
        except httpx.RemoteProtocolError:
            assert broken
        last = mock.model_studio.exchanges.last.response
        assert last is not None
        assert (last.headers, last.body) == ((("Retry-After", "1"), ("X-Who", "test")), "太快了".encode())


def test_a_stream_of_the_tests_own() -> None:
    """A response in pieces may have a dict of headers too, and is sent anew each time."""
    import httpx

    with AssistantMock() as mock:
        sse = {"Content-Type": "text/event-stream"}
        mock.model_studio.reply("GET /x", Response(200, sse, pieces=[b"data: 1\n\n", b"data: 2\n\n"]))  # type: ignore[arg-type]
        for _ in range(2):
            with httpx.stream("GET", f"{mock.model_studio.base_url}/x", headers={"Authorization": "Bearer k"}) as answer:
                assert list(answer.iter_raw()) == [b"data: 1\n\n", b"data: 2\n\n"]
        assert mock.model_studio.exchanges.last.response.header("content-type") == "text/event-stream"  # type: ignore[union-attr]


def test_a_stream_of_the_tests_own_keeps_the_contract_too() -> None:
    """Where it answers an operation of the vendor: what is wrong is told when it is given, with its event."""
    frames = ['event:error\ndata:{"code":"c","message":"m","request_id":"r"}\n\n', "event:done\ndata:[DONE]\n\n"]
    sse = (("Content-Type", "text/event-stream"),)
    with AssistantMock() as mock:
        mock.model_studio.reply("create_run", Response(200, sse, pieces=[one.encode() for one in frames]), optional=True)
        mock.model_studio.reply("create_run", Response(200, sse, "".join(frames).encode()), optional=True)
        with pytest.raises(errors.ContractViolation) as caught:
            mock.model_studio.reply("create_run", Response(200, sse, pieces=[frames[0].encode()]))
        assert str(caught.value) == (
            "the answer given by model_studio.reply('create_run', …) breaks the contract in 1 place\n"
            "  event 2: $: expected done; came the end of the stream\n"
            "    What may follow error.\n"
            "  with check=False it is sent as it is"
        )


def test_an_async_function_is_no_answer(mock: AssistantMock) -> None:
    """It would be called and never awaited."""

    async def answer(request: Request) -> Any:
        return {}

    with pytest.raises(TypeError, match=r"the answer to create_thread is an async function; expected .*: def, not async def"):
        mock.model_studio.reply("create_thread", answer)
