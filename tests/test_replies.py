"""
Answers of the test's own: for operations, for paths the fake does not know, checked against the contract.
"""

from __future__ import annotations

from typing import Any

import pytest
from vendors import BAIDU, KEY, STUDIO, ask

from pytest_assistant_mock import AssistantMock, Failure, Request, Response, errors, faults

THREAD = {"id": "thread_1", "object": "thread", "created_at": 1, "metadata": {}, "request_id": "r"}


@pytest.fixture
def mock() -> AssistantMock:
    """
    A mock that is not opened.
    """
    return AssistantMock(name="test_x")


def test_a_dict_answers_with_the_vendors_headers(mock: AssistantMock) -> None:
    """
    Status 200, JSON, a request id; the store does not act; the exchange is in the journal.
    """
    own = mock.model_studio.reply("create_thread", {**THREAD, "metadata": {"城": "杭州"}})
    reply = ask(mock, "POST", f"{STUDIO}/threads", {})
    assert (reply.status, reply.json()["metadata"], reply.header("content-type")) == (200, {"城": "杭州"}, "application/json")
    assert "杭州".encode() in reply.body
    assert reply.header("x-request-id")
    assert (mock.model_studio.threads(), own.used, mock.model_studio.exchanges.last.operation) == ([], 1, "create_thread")


def test_a_function_answers_what_it_is_asked(mock: AssistantMock) -> None:
    """
    It sees the request, and may give a Response, a Failure or JSON.
    """

    def answer(request: Request) -> Any:
        name = (request.json().get("metadata") or {}).get("name", "")
        return {"broken": Failure("reset"), "busy": Response(503)}.get(name, THREAD)

    mock.model_studio.reply("create_thread", answer, check=False)

    def create(name: str) -> Any:
        body = f'{{"metadata": {{"name": "{name}"}}}}'.encode()
        return mock._engine.handle(Request("POST", f"{STUDIO}/threads", (KEY,), body))

    assert (create("broken"), create("busy"), create("fine").json()) == (Failure("reset"), Response(503), THREAD)


def test_times_then_the_fake_again(mock: AssistantMock) -> None:
    """
    The first two are the test's, the third is the fake's; of two answers the one given first comes first.
    """
    mock.model_studio.reply("create_thread", {**THREAD, "id": "thread_a"}, times=1)
    mock.model_studio.reply("create_thread", {**THREAD, "id": "thread_b"}, times=1)
    ids = [ask(mock, "POST", f"{STUDIO}/threads", {}).json()["id"] for _ in range(3)]
    assert ids == ["thread_a", "thread_b", "thread_00000000-0000-4000-8000-000000000001"]


def test_a_path_the_fake_does_not_know_can_be_answered(mock: AssistantMock) -> None:
    """
    "METHOD /path/{anything}" below the base URL: no longer unanswered, and its name works in `fail` and `exchanges`.
    """
    runs = "POST /threads/{thread_id}/runs"
    mock.model_studio.reply(runs, {"id": "run_1", "status": "queued"})
    mock.model_studio.fail(faults.rate_limited(), on=runs)
    seen = [ask(mock, "POST", f"{STUDIO}/threads/t_1/runs", {}).status for _ in range(2)]
    assert seen == [429, 200]
    mock.model_studio.exchanges.assert_called(runs, times=2)
    mock._complain()
    ask(mock, "GET", f"{STUDIO}/threads/t_1/runs")
    with pytest.raises(errors.UnansweredRequest):
        mock._complain()


def test_an_own_answer_needs_a_key_too(mock: AssistantMock) -> None:
    """
    The gateway stands before it.
    """
    mock.appbuilder.reply("create_thread", {"id": "t"}, check=False)
    assert ask(mock, "POST", f"{BAIDU}/v2/threads", {}, ()).status == 401
    assert ask(mock, "POST", f"{BAIDU}/v2/threads", {}).json() == {"id": "t"}


def test_an_answer_that_breaks_the_contract_is_refused_at_once(mock: AssistantMock) -> None:
    """
    With what the contract says; unless it is not to be checked.
    """
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


def test_a_functions_answer_is_checked_when_it_is_given(mock: AssistantMock) -> None:
    """
    The violation is raised at the call; errors of the vendor's shape pass as errors.
    """
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
    """
    Like a fault that never struck.
    """
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
        (("post /threads", {}), {}, ValueError, "model_studio has no operation 'post /threads'"),
        (("create_thread", "hi"), {}, TypeError, "an own answer is 'hi'; expected a Response, a Failure, or a dict or list"),
        (("create_thread", dict), {}, TypeError, "the answer to create_thread is the class dict; expected an answer"),
        (("create_thread", THREAD), {"times": 0}, ValueError, "times=0: expected a whole number, 1 or more (None: always)"),
    ],
)
def test_an_answer_that_cannot_be_is_refused_at_once(
    mock: AssistantMock, arguments: Any, options: Any, kind: type[Exception], message: str
) -> None:
    """
    With what was expected and what comes nearest.
    """
    with pytest.raises(kind) as raised:
        mock.model_studio.reply(*arguments, **options)
    assert str(raised.value).startswith(message)
    mock._complain()


def test_the_contract_does_not_judge_what_a_fault_has_spoilt() -> None:
    """
    A field taken away on purpose is no violation; the request is checked all the same.
    """
    import httpx

    with AssistantMock(contract="fail") as mock:
        studio = mock.model_studio
        studio.fail(faults.without("id"))
        answer = httpx.post(f"{studio.base_url}/threads", json={}, headers={"Authorization": "Bearer k"})
        assert "id" not in answer.json()
