"""What a test puts into a store is checked and copied, and what it is shown is a copy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_assistant_mock import AssistantMock, Handle, Message, Thread


@pytest.fixture(params=["model_studio", "appbuilder"])
def handle(request: pytest.FixtureRequest) -> Handle:
    """Each vendor of a mock that is not open: seeding needs no doors."""
    found: Handle = getattr(AssistantMock(), request.param)
    return found


def test_what_is_seeded_is_stored_whole(handle: Handle) -> None:
    """Every field of add_message is in the message it returns, which is the one that is listed."""
    thread = handle.add_thread({"k": ["v", 1, None]})
    message = handle.add_message(thread, "你好", role="assistant", file_ids=["file-1"], metadata={"a": 1}, run_id="run_1")
    assert handle.thread(thread) == thread == Thread(thread.id, thread.created_at, {"k": ["v", 1, None]})
    assert handle.messages(thread.id) == [message]
    assert message == Message(
        message.id,
        thread.id,
        "assistant",
        "你好",
        thread.created_at + 1,
        1,
        ("file-1",),
        {"a": 1},
        handle._service.state.format_id("assistant", 1),
        "run_1",
    )


@pytest.mark.parametrize("ids", [(), ("file-1",), ("file-1", "file-2")])
def test_ids_of_files_may_be_compared_with_a_list_or_a_tuple(handle: Handle, ids: tuple[str, ...]) -> None:
    """Whether the message is returned, listed, or compared as a whole; it can still be neither changed nor unlike itself."""
    thread = handle.add_thread()
    message = handle.add_message(thread, "x", file_ids=list(ids))
    for one in (message, *handle.messages(thread)):
        assert one.file_ids == list(ids) == one.file_ids
        assert one.file_ids == ids == one.file_ids
        assert [one.file_ids != other for other in (list(ids), ids, [*ids, "x"], (*ids, "x"), "x")] == [False] * 2 + [True] * 3
        assert (one, hash(one.file_ids), hasattr(one.file_ids, "append")) == (message, hash(ids), False)


def test_an_assistants_message_gets_the_ids_of_a_run_of_its_own(handle: Handle) -> None:
    """One assistant, a run a message, in the vendor's format; a user's message has neither."""
    thread = handle.add_thread()
    one, two = (handle.add_message(thread, "x", role="assistant") for _ in range(2))
    user = handle.add_message(thread, "x")
    assert (one.assistant_id[:5], one.run_id[:4]) == ("asst_", "run_")
    assert one.assistant_id == two.assistant_id
    assert one.run_id != two.run_id
    assert (user.assistant_id, user.run_id) == ("", "")


def test_what_was_given_may_be_changed_afterwards(handle: Handle) -> None:
    """The store keeps copies of metadata and file ids, all the way down."""
    metadata: dict[str, Any] = {"deep": {"list": [1]}}
    files = ["file-1"]
    thread = handle.add_thread(metadata)
    handle.add_message(thread, "x", file_ids=files, metadata=metadata)
    metadata["deep"]["list"].append(2)
    metadata["new"] = 1
    files.append("file-2")
    (message,) = handle.messages(thread)
    assert (handle.thread(thread).metadata, message.metadata) == ({"deep": {"list": [1]}}, {"deep": {"list": [1]}})
    assert message.file_ids == ("file-1",)


def test_what_is_shown_may_be_changed_afterwards(handle: Handle) -> None:
    """Threads and messages handed out are copies."""
    thread = handle.add_thread({"a": {}})
    added = handle.add_message(thread, "x", metadata={"a": {}})
    for shown in (thread, handle.thread(thread), *handle.threads(), added, *handle.messages(thread)):
        shown.metadata["a"]["b"] = 1
    assert (handle.thread(thread).metadata, handle.messages(thread)[0].metadata) == ({"a": {}}, {"a": {}})


MISTAKES: dict[str, tuple[Callable[[Handle, Thread], Any], type[Exception], str]] = {
    "role": (lambda h, t: h.add_message(t, "x", role="system"), ValueError, "role='system': expected 'user' or 'assistant'"),
    "text": (lambda h, t: h.add_message(t, 5), TypeError, "text is int, expected str"),  # type: ignore[arg-type]
    "surrogate": (
        lambda h, t: h.add_message(t, "\ud800"),
        ValueError,
        "text='\\ud800' cannot be sent as UTF-8: it has half of a surrogate pair",
    ),
    "one file": (lambda h, t: h.add_message(t, "x", file_ids="file-1"), TypeError, "file_ids='file-1': expected a list of ids"),
    "a number": (lambda h, t: h.add_message(t, "x", file_ids=[5]), TypeError, "file_ids[0] is int, expected str"),  # type: ignore[list-item]
    "empty id": (lambda h, t: h.add_message(t, "x", file_ids=["a", ""]), ValueError, "file_ids=['a', '']: an id is never empty"),
    "run": (lambda h, t: h.add_message(t, "x", run_id=5), TypeError, "run_id is int, expected str"),  # type: ignore[arg-type]
    "list": (lambda h, t: h.add_thread([1]), TypeError, "metadata=[1]: expected a dict whose keys are strings"),  # type: ignore[arg-type]
    "keys": (lambda h, t: h.add_thread({1: 2}), TypeError, "metadata={1: 2}: expected a dict whose keys are strings"),  # type: ignore[dict-item]
    "set": (
        lambda h, t: h.add_message(t, "x", metadata={"a": {1}}),
        TypeError,
        "metadata={'a': {1}} cannot be sent as JSON: Object of type set is not JSON serializable",
    ),
    "no thread": (lambda h, t: h.messages(None), TypeError, "None is no thread: expected an object with an id, or the id"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("mistake", "kind", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_and_stores_nothing(
    handle: Handle, mistake: Callable[[Handle, Thread], Any], kind: type[Exception], message: str
) -> None:
    """What came and what was expected; no message, no thread and no number is used up."""
    thread = handle.add_thread()
    with pytest.raises(kind) as told:
        mistake(handle, thread)
    assert str(told.value) == message
    assert (handle.threads(), handle.messages(thread)) == ([thread], [])
    assert handle.add_message(thread, "x", role="assistant").run_id == handle._service.state.format_id("run", 1)


@pytest.mark.parametrize(
    "look", [lambda h, ref: h.messages(ref), lambda h, ref: h.thread(ref), lambda h, ref: h.add_message(ref, "x")]
)
def test_an_unknown_thread_is_named_with_those_there_are(handle: Handle, look: Callable[[Handle, str], Any]) -> None:
    """A ValueError: which vendor, which id, what it has instead, what makes one."""
    with pytest.raises(ValueError, match="it has none yet; add_thread"):
        look(handle, "thread_no")
    thread = handle.add_thread()
    almost = thread.id[:-1] + "2"
    with pytest.raises(ValueError, match="has no thread") as told:
        look(handle, almost)
    assert str(told.value) == (
        f"{handle.name} has no thread {almost!r}; did you mean {thread.id!r}?; it has {thread.id}; add_thread() makes one"
    )
