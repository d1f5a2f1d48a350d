"""What looks odd but is taken, by both vendors."""

from __future__ import annotations

import pytest
from vendors import BAIDU, KEY, STUDIO, ask

from pytest_assistant_mock import AssistantMock


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        (f"{STUDIO}/threads", (("authorization", "bearer sk"),)),
        (f"{STUDIO}/threads", (("AUTHORIZATION", "BEARER sk"), ("X-DashScope-WorkSpace", "llm-nobody-knows"))),
        (f"{BAIDU}/v2/threads", (("Authorization", "Bearer bearer abc"),)),
        (f"{BAIDU}/v2/threads", (("X-Appbuilder-Authorization", "Bearer abc"),)),
        (f"{BAIDU}/v2/threads", (("Authorization", "Basic from-a-netrc"), ("X-Appbuilder-Authorization", "Bearer abc"))),
        (f"{BAIDU}//v2/threads", (KEY,)),
    ],
)
def test_what_looks_odd_but_is_fine(url: str, headers: tuple[tuple[str, str], ...]) -> None:
    """Header names and schemes in any case, any key, any workspace, AppBuilder's second header, a doubled slash."""
    reply = ask(AssistantMock(), "POST", url, b"{}", headers)
    assert (reply.status, reply.json()["object"]) == (200, "thread")


@pytest.mark.parametrize("url", [f"{STUDIO}/threads", f"{BAIDU}/v2/threads"])
@pytest.mark.parametrize("body", [b"", b'""', b' "" ', b"{}", b'{"messages": null, "metadata": null}', b'{"messages": []}'])
def test_an_empty_thread_may_be_asked_for_in_any_way(url: str, body: bytes) -> None:
    """No body, the JSON string "" that dashscope sends, {}, null and [] all make an empty thread."""
    reply = ask(AssistantMock(), "POST", url, body)
    assert (reply.status, reply.json()["metadata"]) == (200, {})


def test_both_vendors_take_an_assistants_message_with_a_new_thread() -> None:
    """create_message is for role=user only; a conversation that create_thread starts with may have both."""
    mock = AssistantMock()
    messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}, {"content": "no role"}]
    for handle, url in ((mock.model_studio, f"{STUDIO}/threads"), (mock.appbuilder, f"{BAIDU}/v2/threads")):
        thread_id = ask(mock, "POST", url, {"messages": messages}).json()["id"]
        assert [message.role for message in handle.messages(thread_id)] == ["user", "assistant", "user"]


@pytest.mark.parametrize(("url", "status"), [(f"{STUDIO}/threads", 400), (f"{BAIDU}/v2/threads", 405)])
def test_head_is_answered_without_a_body(url: str, status: int) -> None:
    """HEAD is a wrong method everywhere; as HTTP wants it, its answer has headers only."""
    reply = ask(AssistantMock(), "HEAD", url)
    assert (reply.status, reply.body, reply.header("content-type")) == (status, b"", "application/json")


@pytest.mark.parametrize(("more", "left"), [({}, ("file-1",)), ({"file_ids": None}, ("file-1",)), ({"file_ids": []}, ())])
def test_appbuilder_clears_the_files_of_a_message_only_when_told(
    more: dict[str, list[str] | None], left: tuple[str, ...]
) -> None:
    """update with no file_ids, or null, leaves them; [] clears them. The content is replaced by whatever is sent."""
    mock = AssistantMock()
    thread = mock.appbuilder.add_thread()
    message = mock.appbuilder.add_message(thread, "before", file_ids=["file-1"])
    body = {"thread_id": thread.id, "message_id": message.id, "content": "", **more}
    assert ask(mock, "POST", f"{BAIDU}/v2/threads/messages/update", body).json()["file_ids"] == list(left)
    (kept,) = mock.appbuilder.messages(thread)
    assert (kept.text, kept.file_ids) == ("", left)


@pytest.mark.parametrize("value", [None, {}, {"new": "2"}])
def test_a_threads_metadata_is_replaced_and_only_model_studio_empties_it(value: dict[str, str] | None) -> None:
    """null leaves it at both vendors; {} empties it at Model Studio, and at AppBuilder leaves it, for the SDK always sends {}."""
    mock = AssistantMock()
    studio, baidu = mock.model_studio.add_thread({"old": "1"}), mock.appbuilder.add_thread({"old": "1"})
    ask(mock, "POST", f"{STUDIO}/threads/{studio.id}", {"metadata": value})
    ask(mock, "POST", f"{BAIDU}/v2/threads/update", {"thread_id": baidu.id, "metadata": value})
    kept = mock.model_studio.thread(studio).metadata, mock.appbuilder.thread(baidu).metadata
    assert kept == ({"old": "1"} if value is None else value, value or {"old": "1"})
