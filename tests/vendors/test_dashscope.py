"""The real dashscope package, 1.26 and 2, drives Model Studio: every operation, every refusal it lets through, its quirks."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest

from pytest_assistant_mock import AssistantMock, Handle

dashscope = pytest.importorskip("dashscope")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # dashscope 2 warns at each call

NO_THREAD = "The specified thread has been deleted or does not exist."
NO_MESSAGE = "The specified message has been deleted or does not exist."
PARAMETERS = "Required parameter(s) missing or invalid, please check the request parameters."


@pytest.fixture
def files() -> Any:
    """The SDK's class for the files of a message."""
    from dashscope.threads.messages.files import Files

    return Files


def facts(thing: Any) -> dict[str, Any]:
    """An SDK object as plain JSON values, all the way down."""
    if isinstance(thing, list):
        return [facts(one) for one in thing]  # type: ignore[return-value]
    if hasattr(thing, "__dict__") and not isinstance(thing, dict | HTTPStatus):
        return {name: facts(value) for name, value in vars(thing).items()}
    return {name: facts(value) for name, value in thing.items()} if isinstance(thing, dict) else thing


def test_a_message_is_created_as_documented(model_studio: Handle) -> None:
    """The object the SDK makes of the answer has every field of the wire, and status_code beside them."""
    thread = model_studio.add_thread()
    created = dashscope.Messages.create(thread.id, content="你是谁", metadata={"键": "值"}, file_ids=["file-1"])
    (message,) = model_studio.messages(thread)
    assert facts(created) == {
        "id": message.id,
        "object": "thread.message",
        "created_at": 1735689600001,
        "thread_id": thread.id,
        "assistant_id": "",
        "run_id": "",
        "role": "user",
        "content": [{"type": "text", "text": {"value": "你是谁", "annotations": []}}],
        "metadata": {"键": "值"},
        "from": "",
        "name": "",
        "plugin_call": {},
        "tool_calls": [],
        "status": {},
        "request_id": "00000000-0000-9000-8000-000000000001",
        "status_code": 200,
        **{name: value for name, value in facts(created).items() if name in _DEFAULTS and value is None},
    }
    assert (message.text, message.metadata, message.file_ids) == ("你是谁", {"键": "值"}, ("file-1",))


_DEFAULTS = ("code", "incomplete_details", "completed_at", "incomplete_at", "file_ids", "message")


@pytest.mark.assistant(revision="2026")
def test_the_newest_shape_is_parsed_too(model_studio: Handle) -> None:
    """Revision 2026 shows file_ids, incomplete_details and completed_at; "from" is gone."""
    thread = model_studio.add_thread()
    created = dashscope.Messages.create(thread.id, content="hi", file_ids=["file-1"])
    assert (created.status_code, created.file_ids, created.incomplete_details) == (200, ["file-1"], {})
    assert (created.completed_at, created.status, hasattr(created, "from")) == (None, "", False)


@pytest.mark.assistant(revision="2026")
def test_the_newest_shape_of_an_answer(model_studio: Handle) -> None:
    """An assistant's message was completed when it was made, on its own and in a list, and has the ids of its run."""
    thread = model_studio.add_thread()
    message = model_studio.add_message(thread, "您好", role="assistant", file_ids=["file-1"])
    expected = [message.created_at, None, {}, "", message.assistant_id, message.run_id, ["file-1"]]
    for found in (dashscope.Messages.retrieve(message.id, thread_id=thread.id), dashscope.Messages.list(thread.id).data[0]):
        times = [found.completed_at, found.incomplete_at]
        assert [*times, found.incomplete_details, found.status, found.assistant_id, found.run_id, found.file_ids] == expected


@pytest.mark.parametrize("create", ["create", "call"])
def test_create_and_call_are_one(model_studio: Handle, create: str) -> None:
    """Both names of the SDK store a message."""
    thread = model_studio.add_thread()
    assert getattr(dashscope.Messages, create)(thread.id, content="hi").status_code == 200
    assert [message.text for message in model_studio.messages(thread)] == ["hi"]


@pytest.mark.parametrize("retrieve", ["retrieve", "get"])
def test_messages_are_retrieved(model_studio: Handle, retrieve: str) -> None:
    """Both names of the SDK find a message; an assistant's has the ids of its run."""
    thread = model_studio.add_thread()
    message = model_studio.add_message(thread, "您好", role="assistant")
    found = getattr(dashscope.Messages, retrieve)(message.id, thread_id=thread.id)
    assert (found.id, found.role, found.content[0].text.value) == (message.id, "assistant", "您好")
    assert (found.assistant_id, found.run_id) == (message.assistant_id, message.run_id)


def test_messages_are_listed(model_studio: Handle) -> None:
    """Limit, order and cursors reach the vendor; the newest come first."""
    thread = model_studio.add_thread()
    first, second, third = [model_studio.add_message(thread, text) for text in ("1", "2", "3")]
    everything = dashscope.Messages.list(thread.id)
    assert [one.id for one in everything.data] == [third.id, second.id, first.id]
    assert (everything.first_id, everything.last_id, everything.has_more) == (third.id, first.id, False)
    page = dashscope.Messages.list(thread.id, limit=1, order="asc", after=first.id, before="")
    assert ([one.id for one in page.data], page.has_more) == ([second.id], True)
    assert [one.id for one in dashscope.Messages.list(thread.id, after="", before="").data] == [third.id, second.id, first.id]
    assert model_studio.exchanges[-1].request.url.endswith("?after=&before=")


def test_a_messages_metadata_is_replaced_and_nothing_said_keeps_it(model_studio: Handle) -> None:
    """A dict replaces, {} empties, and the null the SDK sends for nothing leaves it alone."""
    thread = model_studio.add_thread()
    message = model_studio.add_message(thread, "hi", metadata={"old": "1"})
    update = dashscope.Messages.update
    assert update(message.id, thread_id=thread.id, metadata={"new": "2"}).metadata == {"new": "2"}
    assert update(message.id, thread_id=thread.id).metadata == {"new": "2"}
    assert model_studio.exchanges[-1].request.json() == {"metadata": None}
    assert update(message.id, thread_id=thread.id, metadata={}).metadata == {}
    assert model_studio.messages(thread)[0].created_at == message.created_at


def test_message_files_are_listed_and_retrieved(model_studio: Handle, files: Any) -> None:
    """As the vendor's page calls them, empty cursors included."""
    thread = model_studio.add_thread()
    message = model_studio.add_message(thread, "hi", file_ids=["file-1", "file-2"])
    listed = files.list(message.id, thread_id=thread.id, limit=1, order="desc", after="", before="")
    assert ([one.id for one in listed.data], listed.has_more) == (["file-2"], True)
    for retrieve in (files.retrieve, files.get):
        found = retrieve("file-1", thread_id=thread.id, message_id=message.id)
        assert (found.id, found.object, found.message_id) == ("file-1", "thread.message.file", message.id)
        assert found.created_at == message.created_at


def test_threads_live_and_die(model_studio: Handle) -> None:
    """Create, retrieve, update and delete, by every name the SDK has for them."""
    messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "metadata": {"k": "v"}}]
    thread = dashscope.Threads.create(messages=messages, metadata={"name": "一"})
    assert (thread.object, thread.metadata) == ("thread", {"name": "一"})
    assert [(one.role, one.text) for one in model_studio.messages(thread)] == [("user", "q"), ("assistant", "a")]
    assert dashscope.Threads.update(thread.id, metadata={"name": "二"}).metadata == {"name": "二"}
    assert dashscope.Threads.update(thread.id).metadata == {"name": "二"}
    assert dashscope.Threads.get(thread.id).metadata == dashscope.Threads.retrieve(thread.id).metadata == {"name": "二"}
    gone = dashscope.Threads.delete(thread.id)
    assert (gone.id, gone.object, gone.deleted) == (thread.id, "thread.deleted", True)
    assert model_studio.threads() == []


def test_an_empty_thread_is_asked_for_with_an_empty_string(model_studio: Handle) -> None:
    """Threads.create() sends the JSON string ""; it makes a thread."""
    thread = dashscope.Threads.create()
    assert (thread.status_code, [one.id for one in model_studio.threads()]) == (200, [thread.id])
    assert model_studio.exchanges[0].request.body == b'""'


REFUSALS = {
    "unknown thread": (lambda sdk, files, t, m: sdk.Messages.create("thread_no", content="x"), NO_THREAD),
    "unknown thread, list": (lambda sdk, files, t, m: sdk.Messages.list("thread_no"), NO_THREAD),
    "unknown thread, retrieve": (lambda sdk, files, t, m: sdk.Threads.retrieve("thread_no"), NO_THREAD),
    "unknown thread, update": (lambda sdk, files, t, m: sdk.Threads.update("thread_no"), NO_THREAD),
    "unknown thread, delete": (lambda sdk, files, t, m: sdk.Threads.delete("thread_no"), NO_THREAD),
    "unknown message": (lambda sdk, files, t, m: sdk.Messages.retrieve("message_no", thread_id=t), NO_MESSAGE),
    "unknown message, update": (lambda sdk, files, t, m: sdk.Messages.update("message_no", thread_id=t), NO_MESSAGE),
    "unknown message, files": (lambda sdk, files, t, m: files.list("message_no", thread_id=t), NO_MESSAGE),
    "unknown cursor": (lambda sdk, files, t, m: sdk.Messages.list(t, after="message_no"), NO_MESSAGE),
    "unknown file": (
        lambda sdk, files, t, m: files.retrieve("file-no", thread_id=t, message_id=m),
        "The specified message file not exist.",
    ),
    "role": (lambda sdk, files, t, m: sdk.Messages.create(t, content="x", role="assistant"), PARAMETERS),
    "content": (lambda sdk, files, t, m: sdk.Messages.create(t, content=["x"]), PARAMETERS),
    "blank": (lambda sdk, files, t, m: sdk.Messages.create(t, content=" "), "The messages information cannot be empty."),
    "metadata": (lambda sdk, files, t, m: sdk.Messages.create(t, content="x", metadata="k"), PARAMETERS),
    "order": (lambda sdk, files, t, m: sdk.Messages.list(t, order="up"), "Order must be 'asc' or 'desc'"),
    "limit 0": (lambda sdk, files, t, m: sdk.Messages.list(t, limit=0), "Limit must be between 1 and 100"),
    "limit 101": (lambda sdk, files, t, m: sdk.Messages.list(t, limit=101), "Limit must be between 1 and 100"),
}


@pytest.mark.parametrize(("call", "message"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_arrives_as_the_sdk_tells_it(model_studio: Handle, files: Any, call: Any, message: str) -> None:
    """No exception: an object with status_code, code, message and request_id; and nothing was stored."""
    thread = model_studio.add_thread()
    known = model_studio.add_message(thread, "hi")
    refused = call(dashscope, files, thread.id, known.id)
    assert (refused.status_code, refused.code, refused.message, refused.request_id) == (
        400,
        "InvalidParameter",
        message,
        "00000000-0000-9000-8000-000000000001",
    )
    assert model_studio.messages(thread) == [known]
    assert model_studio.threads() == [thread]


def test_what_the_sdk_refuses_itself_never_arrives(model_studio: Handle) -> None:
    """Empty content, no thread and a negative limit are the client's own errors."""
    from dashscope.common.error import InputRequired, InvalidParameter

    for error, call in (
        (InputRequired, lambda: dashscope.Messages.create("thread_1", content="")),
        (InputRequired, lambda: dashscope.Messages.create("", content="x")),
        (InvalidParameter, lambda: dashscope.Messages.list("thread_1", limit=-1)),
    ):
        with pytest.raises(error):
            call()
    assert model_studio.exchanges == []


def test_what_is_not_played_is_answered_and_complained_about() -> None:
    """A path that no route answers gets the vendor's answer to an unknown path, and the mock says so when it closes."""
    from pytest_assistant_mock import errors

    answers = []

    def run() -> None:
        with AssistantMock() as mock:
            answers.append(dashscope.Generation.call(model="qwen-plus", prompt="x"))
            assert mock.model_studio.counts[None] == 1

    with pytest.raises(errors.UnansweredRequest) as complaint:
        run()
    assert [(one.status_code, one.message) for one in answers] == [(400, "Invalid URL provided in your request.")]
    assert "model_studio has no route for  POST /api/v1/services/aigc/text-generation/generation" in str(complaint.value)


def test_a_workspace_is_no_matter(model_studio: Handle) -> None:
    """workspace= is sent as a header and does not change the answer."""
    thread = model_studio.add_thread()
    assert dashscope.Messages.create(thread.id, content="hi", workspace="llm-mine").status_code == 200
    assert model_studio.exchanges[0].request.header("x-dashscope-workspace") == "llm-mine"


INTERNATIONAL = "https://dashscope-intl.aliyuncs.com/api/v1"


@pytest.mark.parametrize("base", [INTERNATIONAL, f"{INTERNATIONAL}/", "https://dashscope.aliyuncs.com/api/v1/"])
def test_a_call_may_name_its_base_url(model_studio: Handle, base: str) -> None:
    """base_address= with any of the vendor's own base URLs, with or without a slash at the end."""
    thread = dashscope.Threads.create(base_address=base)
    assert [one.id for one in model_studio.threads()] == [thread.id]
    assert model_studio.exchanges[0].request.url.replace(":443", "") == f"{base.rstrip('/')}/threads"


@pytest.mark.parametrize(
    "base",
    [INTERNATIONAL, "https://gw.corp/ai/api/v1", "http://127.0.0.1:9/api/v1/", "http://localhost:9", "https://GW.corp:8443/x/"],
)
def test_the_base_url_set_in_a_test_is_known(model_studio: Handle, monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    """dashscope.base_http_api_url counts from the moment it is set, a loopback address too."""
    monkeypatch.setattr(dashscope, "base_http_api_url", base)
    thread = dashscope.Threads.create()
    assert [one.id for one in model_studio.threads()] == [thread.id]


@pytest.mark.parametrize("base", ["http://127.0.0.1:9/api/v1", "https://gw.corp/ai"])
def test_the_base_url_of_the_environment_is_known(model_studio: Handle, monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    """DASHSCOPE_HTTP_BASE_URL counts from the moment it is set, for clients that read it then."""
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", base)
    thread = dashscope.Threads.create(base_address=base)
    assert [one.id for one in model_studio.threads()] == [thread.id]


def test_a_message_of_another_mock_is_not_there(model_studio: Handle) -> None:
    """The innermost of two open mocks answers, and knows nothing of the outer one's threads."""
    outer = model_studio.add_thread()
    with AssistantMock() as inner:
        assert dashscope.Threads.retrieve(outer.id).message == NO_THREAD
        assert dashscope.Threads.create().id == outer.id
        assert len(inner.model_studio.exchanges) == 2
    assert dashscope.Threads.retrieve(outer.id).status_code == 200
    assert len(model_studio.exchanges) == 1
