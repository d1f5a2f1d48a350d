"""
The store by itself: threads and messages kept, found, changed, deleted; refusals that change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from pytest_assistant_mock._engine.clock import Clock
from pytest_assistant_mock._engine.store import (
    DeletedThread,
    Draft,
    Message,
    MessageFile,
    Order,
    Store,
    Thread,
    exclusive_in_order,
    inclusive_in_time,
    page,
)
from pytest_assistant_mock._engine.wire import Refusal


@pytest.fixture
def store() -> Store:
    """
    A store at time 0 whose ids are a kind and a number.
    """
    return Store(Clock(0), lambda kind, number: f"{kind}-{number}")


def test_threads_and_messages_are_counted_and_timed(store: Store) -> None:
    """
    A thread takes the time as it is, each message moves it by a millisecond; messages of both roles are counted together.
    """
    thread = store.create_thread([Draft("q"), Draft("a", role="assistant")], {"k": "v"})
    assert thread == Thread("thread-1", 0, {"k": "v"})
    assert store.messages("thread-1") == [
        Message("user message-1", "thread-1", "user", "q", 1, 1),
        Message("assistant message-2", "thread-1", "assistant", "a", 2, 2),
    ]
    assert store.create_thread() == Thread("thread-2", 2, {})
    assert store.threads() == [thread, Thread("thread-2", 2, {})]


def test_what_is_stored_cannot_be_changed_from_outside(store: Store) -> None:
    """
    Threads and messages are frozen, lists are copies.
    """
    thread = store.create_thread([Draft("q")])
    store.threads().clear()
    store.messages(thread.id).clear()
    assert (len(store.threads()), len(store.messages(thread.id))) == (1, 1)
    with pytest.raises(FrozenInstanceError):
        thread.id = "another"  # type: ignore[misc]


def test_updates_change_only_what_they_name(store: Store) -> None:
    """
    None leaves a field as it is; a thread's or message's other fields, its place and time stay.
    """
    thread = store.create_thread([Draft("q", file_ids=("f",), metadata={"a": 1}), Draft("r")], {"k": "v"})
    message = store.messages(thread.id)[0]
    assert store.update_message(thread.id, message.id, text="changed", file_ids=None) == replace(message, text="changed")
    assert store.update_message(thread.id, message.id, metadata={}) == replace(message, text="changed", metadata={})
    assert store.messages(thread.id)[0] == store.retrieve_message(thread.id, message.id)
    assert store.update_thread(thread.id, None) == thread
    assert store.update_thread(thread.id, {}) == store.retrieve_thread(thread.id) == replace(thread, metadata={})


def test_a_deleted_thread_takes_its_messages_along(store: Store) -> None:
    """
    Neither is found any more, in whatever thread one asks; no id is given out again, but a test may.
    """
    gone, other = store.create_thread([Draft("q")]), store.create_thread()
    (message,) = store.messages(gone.id)
    assert store.delete_thread(gone.id) == DeletedThread(gone.id)
    assert store.threads() == [other]
    for thread_id, kind in ((gone.id, "thread_not_found"), (other.id, "message_not_found")):
        with pytest.raises(Refusal, match=kind):
            store.retrieve_message(thread_id, message.id)
    assert [store.has(id) for id in (gone.id, message.id, other.id)] == [False, False, True]
    assert store.create_thread([Draft("q")]).id == "thread-3"
    assert store.messages("thread-3")[0].id == "user message-2"


REFUSED: dict[str, tuple[Callable[[Store], Any], str, str, str]] = {
    "retrieve_thread": (lambda s: s.retrieve_thread("no"), "thread_not_found", "thread_id", "no"),
    "update_thread": (lambda s: s.update_thread("no", {}), "thread_not_found", "thread_id", "no"),
    "delete_thread": (lambda s: s.delete_thread("no"), "thread_not_found", "thread_id", "no"),
    "messages": (lambda s: s.messages("no"), "thread_not_found", "thread_id", "no"),
    "create_message": (lambda s: s.create_message("no", text="x"), "thread_not_found", "thread_id", "no"),
    "update_message": (lambda s: s.update_message("thread-1", "no", text="x"), "message_not_found", "message_id", "no"),
    "elsewhere": (
        lambda s: s.retrieve_message("thread-2", "user message-1"),
        "message_not_found",
        "message_id",
        "user message-1",
    ),
    "files": (
        lambda s: s.list_message_files("thread-1", "no", window=inclusive_in_time, limit=1),
        "message_not_found",
        "message_id",
        "no",
    ),
    "file": (lambda s: s.retrieve_message_file("thread-1", "user message-1", "no"), "file_not_found", "file_id", "no"),
    "after": (
        lambda s: s.list_messages("thread-2", window=inclusive_in_time, limit=1, after="user message-1"),
        "message_not_found",
        "after",
        "user message-1",
    ),
    "before": (
        lambda s: s.list_message_files("thread-1", "user message-1", window=exclusive_in_order, limit=1, before="no"),
        "file_not_found",
        "before",
        "no",
    ),
}


@pytest.mark.parametrize(("call", "kind", "field", "wrong"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_names_kind_field_and_id(store: Store, call: Callable[[Store], Any], kind: str, field: str, wrong: str) -> None:
    """
    And nothing is changed: no message, no time, no number.
    """
    store.create_thread([Draft("x", file_ids=("f",))])
    store.create_thread()
    before = (store.threads(), store.messages("thread-1"))
    with pytest.raises(Refusal) as refusal:
        call(store)
    assert (refusal.value.kind, refusal.value.field, refusal.value.details) == (kind, field, {"id": wrong})
    assert (store.threads(), store.messages("thread-1")) == before
    assert store.create_message("thread-2", text="next") == Message("user message-2", "thread-2", "user", "next", 2, 2)


def test_files_hang_on_their_message(store: Store) -> None:
    """
    A file has its message's id and time; the list keeps the order given, equal ids included.
    """
    thread = store.create_thread([Draft("x", file_ids=("f", "g", "f"))])
    (message,) = store.messages(thread.id)
    assert store.retrieve_message_file(thread.id, message.id, "g") == MessageFile("g", message.id, 1)
    listed = store.list_message_files(thread.id, message.id, window=inclusive_in_time, limit=5, order="asc")
    assert ([file.id for file in listed.items], listed.has_more) == (["f", "g", "f"], False)


def test_the_clock_turned_back_inserts_by_time(store: Store) -> None:
    """
    A message older than the last goes to its place; of equal times, the later one behind.
    """
    clock = store._clock
    thread = store.create_thread()
    for time in (30, 10, 20, 10):
        clock.now_ms = time - 1
        store.create_message(thread.id, text=str(time))
    assert [(message.created_at, message.sequence) for message in store.messages(thread.id)] == [
        (10, 2),
        (10, 4),
        (20, 3),
        (30, 1),
    ]


@pytest.mark.parametrize(
    ("order", "after", "before", "exclusive", "inclusive"),
    [
        ("asc", None, None, (0, 9), (0, 9)),
        ("desc", None, None, (0, 9), (0, 9)),
        ("asc", 3, None, (4, 9), (3, 9)),
        ("desc", 3, None, (0, 3), (3, 9)),
        ("asc", None, 3, (0, 3), (0, 4)),
        ("desc", None, 3, (4, 9), (0, 4)),
        ("asc", 3, 6, (4, 6), (3, 7)),
        ("desc", 6, 3, (4, 6), (6, 4)),
    ],
)
def test_windows(
    order: Order, after: int | None, before: int | None, exclusive: tuple[int, int], inclusive: tuple[int, int]
) -> None:
    """
    Exclusive turns with the order, inclusive goes by time whatever the order.
    """
    assert exclusive_in_order(order, after, before, 9) == exclusive
    assert inclusive_in_time(order, after, before, 9) == inclusive


@pytest.mark.parametrize(
    ("order", "limit", "window", "numbers", "has_more"),
    [
        ("asc", 2, (0, 5), [0, 1], True),
        ("desc", 2, (0, 5), [4, 3], True),
        ("asc", 2, (3, 5), [3, 4], False),
        ("desc", 9, (1, 4), [3, 2, 1], False),
        ("desc", 2, (4, 1), [], False),
        ("asc", 2, (4, 1), [], False),
    ],
)
def test_a_page_is_the_first_of_a_window(
    order: Order, limit: int, window: tuple[int, int], numbers: list[int], has_more: bool
) -> None:
    """
    In the order asked for; crossed cursors leave nothing.
    """
    items = [MessageFile(str(number), "m", number) for number in range(5)]
    found = page(items, order, limit, window)
    assert ([item.created_at for item in found.items], found.has_more) == (numbers, has_more)
