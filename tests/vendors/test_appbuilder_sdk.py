"""The real appbuilder-sdk drives AppBuilder: every operation, every refusal it lets through, its quirks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_assistant_mock import AssistantMock, Handle

sdk = pytest.importorskip("appbuilder")


@pytest.fixture
def messages(appbuilder: Handle) -> Any:
    """The SDK's messages, made while the mock is on and so with its key."""
    return sdk.assistant.threads.messages


@pytest.fixture
def threads(appbuilder: Handle) -> Any:
    """The SDK's threads."""
    return sdk.assistant.threads


def test_a_message_is_created_as_recorded(appbuilder: Handle, messages: Any) -> None:
    """Recorded creates have null ids and annotations []; the SDK parses them."""
    thread = appbuilder.add_thread()
    created = messages.create(thread.id, "地球是圆的吗?", file_ids=["file-510945304731717"])
    (message,) = appbuilder.messages(thread)
    assert created.model_dump() == {
        "id": message.id,
        "object": "thread.message",
        "role": "user",
        "content": [{"type": "text", "text": {"value": "地球是圆的吗?", "annotations": []}}],
        "created_at": 1735689600001,
        "thread_id": thread.id,
        "assistant_id": None,
        "run_id": None,
        "file_ids": ["file-510945304731717"],
    }
    assert (message.text, message.file_ids) == ("地球是圆的吗?", ("file-510945304731717",))


def test_messages_are_listed(appbuilder: Handle, messages: Any) -> None:
    """Limit, order and cursors reach the vendor; cursors belong to the page; "" is none."""
    thread = appbuilder.add_thread()
    first, second, third = [appbuilder.add_message(thread, text) for text in ("1", "2", "3")]
    everything = messages.list(thread.id)
    assert [one.id for one in everything.data] == [third.id, second.id, first.id]
    assert (everything.first_id, everything.last_id, everything.has_more) == (third.id, first.id, False)
    assert appbuilder.exchanges[-1].request.json() == {
        "thread_id": thread.id,
        "limit": 20,
        "order": "desc",
        "after": "",
        "before": "",
    }
    page = messages.list(thread.id, limit=1, order="asc", after=second.id)
    assert ([one.id for one in page.data], page.has_more) == ([second.id], True)
    assert [one.id for one in messages.list(thread.id, limit=-20).data] == [third.id, second.id, first.id]


def test_an_assistants_message_is_shown(appbuilder: Handle, messages: Any) -> None:
    """chatmsg_ before its id, the ids of its assistant and run, no annotations."""
    thread = appbuilder.add_thread()
    message = appbuilder.add_message(thread, "您好", role="assistant")
    found = messages.query(thread.id, message.id)
    assert found.id.startswith("chatmsg_")
    assert (found.role, found.assistant_id, found.run_id) == ("assistant", message.assistant_id, message.run_id)
    assert messages.list(thread.id).data[0].content[0].text.value == "您好"
    assert "annotations" not in appbuilder.exchanges[0].response.json()["content"][0]["text"]  # type: ignore[union-attr]


def test_a_message_is_updated(appbuilder: Handle, messages: Any) -> None:
    """Content and files are replaced; the [] the SDK sends for no files clears them; time and id stay."""
    thread = appbuilder.add_thread()
    message = appbuilder.add_message(thread, "before", file_ids=["file-1"])
    updated = messages.update(thread.id, message.id, "after", file_ids=["file-2"])
    assert (updated.id, updated.created_at, updated.file_ids) == (message.id, message.created_at, ["file-2"])
    assert messages.query(thread.id, message.id).content[0].text.value == "after"
    assert messages.update(thread.id, message.id, "").file_ids == []
    (kept,) = appbuilder.messages(thread)
    assert (kept.text, kept.file_ids) == ("", ())


def test_message_files_are_listed(appbuilder: Handle, messages: Any) -> None:
    """The files of a message, with the cursor's own file among them."""
    thread = appbuilder.add_thread()
    message = appbuilder.add_message(thread, "hi", file_ids=["file-1", "file-2", "file-3"])
    listed = messages.files(thread.id, message.id, after="file-2")
    assert [(one.id, one.object, one.message_id) for one in listed.data] == [
        ("file-3", "thread.message.file", message.id),
        ("file-2", "thread.message.file", message.id),
    ]


def test_threads_live_and_die(appbuilder: Handle, threads: Any) -> None:
    """Create with messages, query, update, delete."""
    from appbuilder.core.assistant.type.thread_type import AssistantMessage

    thread = threads.create([AssistantMessage(content="q"), AssistantMessage(content="a", role="assistant")])
    assert [(one.role, one.text) for one in appbuilder.messages(thread)] == [("user", "q"), ("assistant", "a")]
    assert threads.query(thread.id).model_dump() == {
        "id": thread.id,
        "object": "thread",
        "created_at": thread.created_at,
        "metadata": {},
    }
    assert threads.delete(thread.id).model_dump() == {"id": thread.id, "object": "thread.deleted", "deleted": True}
    assert appbuilder.threads() == []


def test_a_threads_update_always_sends_an_empty_dict(appbuilder: Handle, threads: Any) -> None:
    """The SDK forgets the metadata it is given and sends {}: what is stored stays; null is shown where nothing is."""
    full, empty = appbuilder.add_thread({"k": "v"}), appbuilder.add_thread()
    assert threads.update(full.id, metadata={"new": "2"}).metadata == {"k": "v"}
    assert appbuilder.exchanges[-1].request.json() == {"thread_id": full.id, "metadata": {}}
    assert threads.update(empty.id).metadata is None
    assert threads.query(empty.id).metadata == {}


REFUSALS: dict[str, tuple[Callable[[Any, str, str, str], Any], str, str]] = {
    "unknown thread": (lambda threads, t, m, a: threads.messages.create("thread_no", "x"), "threadId不存在", "thread_id"),
    "unknown thread, list": (lambda threads, t, m, a: threads.messages.list("thread_no"), "threadId不存在", "thread_id"),
    "unknown thread, query": (lambda threads, t, m, a: threads.query("thread_no"), "threadId不存在", "thread_id"),
    "unknown thread, update": (lambda threads, t, m, a: threads.update("thread_no"), "threadId不存在", "thread_id"),
    "unknown thread, delete": (lambda threads, t, m, a: threads.delete("thread_no"), "threadId不存在", "thread_id"),
    "unknown message": (lambda threads, t, m, a: threads.messages.query(t, "msg_no"), "messageId不存在", "message_id"),
    "unknown message, files": (lambda threads, t, m, a: threads.messages.files(t, "msg_no"), "messageId不存在", "message_id"),
    "unknown cursor": (lambda threads, t, m, a: threads.messages.list(t, after="msg_no"), "messageId不存在", "after"),
    "unknown file": (lambda threads, t, m, a: threads.messages.files(t, m, before="file-no"), "fileId不存在", "before"),
    "role": (lambda threads, t, m, a: threads.messages.create(t, "x", role="assistant"), "role: must be user", "role"),
    "content": (lambda threads, t, m, a: threads.messages.update(t, m, None), "content: required", "content"),
    "assistant's": (
        lambda threads, t, m, a: threads.messages.update(t, a, "x"),
        "only messages with role=user can be updated",
        "message_id",
    ),
    "files": (
        lambda threads, t, m, a: threads.messages.update(t, m, "x", file_ids=["file-1"] * 11),
        "file_ids: at most 10 files",
        "file_ids",
    ),
}


@pytest.mark.parametrize(("call", "message", "param"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_an_assistant_server_exception(
    appbuilder: Handle, threads: Any, call: Any, message: str, param: str
) -> None:
    """HTTP 200 with an error becomes the SDK's exception, with the id of the request; and nothing was stored."""
    from appbuilder.core._exception import AssistantServerException

    thread = appbuilder.add_thread()
    known, answer = appbuilder.add_message(thread, "hi"), appbuilder.add_message(thread, "hello", role="assistant")
    with pytest.raises(AssistantServerException) as refused:
        call(threads, thread.id, known.id, answer.id)
    request_id = appbuilder.exchanges[0].request.header("X-Appbuilder-Request-Id")
    assert str(refused.value) == (
        f"request_id={request_id}, code=InvalidRequestArgumentError, message={message}, "
        f"type=invalid_request_error, params={param} "
    )
    assert (appbuilder.messages(thread), appbuilder.threads()) == ([known, answer], [thread])


def test_a_token_that_is_none_is_refused_at_the_gateway(appbuilder: Handle, monkeypatch: pytest.MonkeyPatch) -> None:
    """A header that is no bearer token becomes UnAuthorizedException."""
    from appbuilder.core._exception import UnAuthorizedException

    monkeypatch.setenv("APPBUILDER_TOKEN", "Bearerglued")
    with pytest.raises(UnAuthorizedException, match=r"http status code is 401, body is .*216003"):
        sdk.assistant.threads.create()


def test_what_the_sdk_refuses_itself_never_arrives(appbuilder: Handle, messages: Any) -> None:
    """A role it does not know, too many files and a bad order are the client's own errors."""
    from pydantic import ValidationError

    for call in (
        lambda: messages.create("thread_1", "x", role="system"),
        lambda: messages.create("thread_1", "x", file_ids=["file-1"] * 11),
        lambda: messages.list("thread_1", order="up"),
    ):
        with pytest.raises(ValidationError):
            call()
    assert appbuilder.exchanges == []


def test_what_is_not_played_is_answered_and_complained_about() -> None:
    """What no route answers gets the gateway's 404, and the mock says so when it closes."""
    from appbuilder.core._exception import NotFoundException

    from pytest_assistant_mock import errors

    def run() -> None:
        with AssistantMock(), pytest.raises(NotFoundException):
            sdk.get_all_apps()

    with pytest.raises(errors.UnansweredRequest, match="appbuilder has no route for  POST /v2/app"):
        run()


@pytest.mark.parametrize(
    ("gateway", "url"),
    [
        ("https://gw.corp", "https://gw.corp/v2/threads"),
        ("https://gw.corp/", "https://gw.corp//v2/threads"),
        ("https://gw.corp:8443/ai/appbuilder", "https://gw.corp:8443/ai/appbuilder/v2/threads"),
        ("gw.corp", "https://gw.corp/v2/threads"),
        ("127.0.0.1:9", "https://127.0.0.1:9/v2/threads"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9/v2/threads"),
        ("http://localhost:9/base/", "http://localhost:9/base//v2/threads"),
    ],
)
def test_the_gateway_told_just_now_is_known(appbuilder: Handle, monkeypatch: pytest.MonkeyPatch, gateway: str, url: str) -> None:
    """GATEWAY_URL counts from the moment it is set: without scheme, with a slash at its end, with a path, on loopback."""
    monkeypatch.setenv("GATEWAY_URL", gateway)
    thread = sdk.assistant.threads.create()
    assert [one.id for one in appbuilder.threads()] == [thread.id]
    assert appbuilder.exchanges[0].request.url.replace(":443", "") == url
    monkeypatch.delenv("GATEWAY_URL")
    assert sdk.assistant.threads.query(thread.id).id == thread.id
