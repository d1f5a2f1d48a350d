"""The state by itself: threads and messages kept, found, changed, deleted; refusals that change nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, replace
from typing import Any

import pytest

from pytest_assistant_mock._engine.clock import Clock
from pytest_assistant_mock._engine.kinds import KINDS
from pytest_assistant_mock._engine.kinds.messages import (
    MESSAGE,
    Draft,
    Message,
    MessageFile,
    create_message,
    create_thread,
    list_message_files,
    list_messages,
    retrieve_message,
    retrieve_message_file,
    update_message,
)
from pytest_assistant_mock._engine.kinds.threads import THREAD, Thread, delete_thread, retrieve_thread, update_thread
from pytest_assistant_mock._engine.state import State
from pytest_assistant_mock._engine.table import Deleted, Kind, Order, exclusive_in_order, inclusive_in_time, page
from pytest_assistant_mock._engine.wire import Refusal


@pytest.fixture
def state() -> State:
    """A state at time 0 whose ids are a kind and a number."""
    return State(Clock(0), lambda kind, number: f"{kind}-{number}", KINDS)


def test_threads_and_messages_are_counted_and_timed(state: State) -> None:
    """A thread takes the time as it is, each message moves it by a millisecond; messages of both roles are counted together."""
    thread = create_thread(state, [Draft("q"), Draft("a", role="assistant")], {"k": "v"})
    assert thread == Thread("thread-1", 0, {"k": "v"})
    assert list(state[MESSAGE].of("thread-1")) == [
        Message("user message-1", "thread-1", "user", "q", 1, 1),
        Message("assistant message-2", "thread-1", "assistant", "a", 2, 2),
    ]
    assert create_thread(state) == Thread("thread-2", 2, {})
    assert list(state[THREAD].of()) == [thread, Thread("thread-2", 2, {})]


def test_what_is_stored_cannot_be_changed_from_outside(state: State) -> None:
    """Threads and messages are frozen."""
    thread = create_thread(state, [Draft("q")])
    with pytest.raises(FrozenInstanceError):
        thread.id = "another"  # type: ignore[misc]


def test_updates_change_only_what_they_name(state: State) -> None:
    """None leaves a field as it is; a thread's or message's other fields, its place and time stay."""
    thread = create_thread(state, [Draft("q", file_ids=("f",), metadata={"a": 1}), Draft("r")], {"k": "v"})
    message = state[MESSAGE].of(thread.id)[0]
    assert update_message(state, thread.id, message.id, text="changed", file_ids=None) == replace(message, text="changed")
    assert update_message(state, thread.id, message.id, metadata={}) == replace(message, text="changed", metadata={})
    assert state[MESSAGE].of(thread.id)[0] == retrieve_message(state, thread.id, message.id)
    assert update_thread(state, thread.id, None) == thread
    assert update_thread(state, thread.id, {}) == retrieve_thread(state, thread.id) == replace(thread, metadata={})


def test_a_deleted_thread_takes_its_messages_along(state: State) -> None:
    """Neither is found any more, in whatever thread one asks; no id is given out again, but a test may."""
    gone, other = create_thread(state, [Draft("q")]), create_thread(state)
    (message,) = list(state[MESSAGE].of(gone.id))
    assert delete_thread(state, gone.id) == Deleted(gone.id)
    assert list(state[THREAD].of()) == [other]
    for thread_id, kind in ((gone.id, "thread_not_found"), (other.id, "message_not_found")):
        with pytest.raises(Refusal, match=kind):
            retrieve_message(state, thread_id, message.id)
    assert [state.has(id) for id in (gone.id, message.id, other.id)] == [False, False, True]
    assert create_thread(state, [Draft("q")]).id == "thread-3"
    assert state[MESSAGE].of("thread-3")[0].id == "user message-2"


REFUSED: dict[str, tuple[Callable[[State], Any], str, str, str]] = {
    "retrieve_thread": (lambda s: retrieve_thread(s, "no"), "thread_not_found", "thread_id", "no"),
    "update_thread": (lambda s: update_thread(s, "no", {}), "thread_not_found", "thread_id", "no"),
    "delete_thread": (lambda s: delete_thread(s, "no"), "thread_not_found", "thread_id", "no"),
    "messages": (lambda s: list_messages(s, "no", window=inclusive_in_time, limit=1), "thread_not_found", "thread_id", "no"),
    "create_message": (lambda s: create_message(s, "no", text="x"), "thread_not_found", "thread_id", "no"),
    "update_message": (lambda s: update_message(s, "thread-1", "no", text="x"), "message_not_found", "message_id", "no"),
    "elsewhere": (
        lambda s: retrieve_message(s, "thread-2", "user message-1"),
        "message_not_found",
        "message_id",
        "user message-1",
    ),
    "files": (
        lambda s: list_message_files(s, "thread-1", "no", window=inclusive_in_time, limit=1),
        "message_not_found",
        "message_id",
        "no",
    ),
    "file": (lambda s: retrieve_message_file(s, "thread-1", "user message-1", "no"), "file_not_found", "file_id", "no"),
    "after": (
        lambda s: list_messages(s, "thread-2", window=inclusive_in_time, limit=1, after="user message-1"),
        "message_not_found",
        "after",
        "user message-1",
    ),
    "before": (
        lambda s: list_message_files(s, "thread-1", "user message-1", window=exclusive_in_order, limit=1, before="no"),
        "file_not_found",
        "before",
        "no",
    ),
}


@pytest.mark.parametrize(("call", "kind", "field", "wrong"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_names_kind_field_and_id(state: State, call: Callable[[State], Any], kind: str, field: str, wrong: str) -> None:
    """And nothing is changed: no message, no time, no number."""
    create_thread(state, [Draft("x", file_ids=("f",))])
    create_thread(state)
    before = (list(state[THREAD].of()), list(state[MESSAGE].of("thread-1")))
    with pytest.raises(Refusal) as refusal:
        call(state)
    assert (refusal.value.kind, refusal.value.field, refusal.value.details) == (kind, field, {"id": wrong})
    assert (list(state[THREAD].of()), list(state[MESSAGE].of("thread-1"))) == before
    assert create_message(state, "thread-2", text="next") == Message("user message-2", "thread-2", "user", "next", 2, 2)


def test_files_hang_on_their_message(state: State) -> None:
    """A file has its message's id and time; the list keeps the order given, equal ids included."""
    thread = create_thread(state, [Draft("x", file_ids=("f", "g", "f"))])
    (message,) = list(state[MESSAGE].of(thread.id))
    assert retrieve_message_file(state, thread.id, message.id, "g") == MessageFile("g", message.id, 1)
    listed = list_message_files(state, thread.id, message.id, window=inclusive_in_time, limit=5, order="asc")
    assert ([file.id for file in listed.items], listed.has_more) == (["f", "g", "f"], False)


def test_the_clock_turned_back_inserts_by_time(state: State) -> None:
    """A message older than the last goes to its place; of equal times, the later one behind."""
    clock = state.clock
    thread = create_thread(state)
    for time in (30, 10, 20, 10):
        clock.now_ms = time - 1
        create_message(state, thread.id, text=str(time))
    assert [(message.created_at, message.sequence) for message in list(state[MESSAGE].of(thread.id))] == [
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
    """Exclusive turns with the order, inclusive goes by time whatever the order."""
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
    """In the order asked for; crossed cursors leave nothing."""
    items = [MessageFile(str(number), "m", number) for number in range(5)]
    found = page(items, order, limit, window)
    assert ([item.created_at for item in found.items], found.has_more) == (numbers, has_more)


@dataclass(frozen=True)
class Note:
    """A toy object: a note on a message."""

    id: str
    message_id: str
    place: tuple[int, int] = (0, 1)
    created_at: int = 0


NOTE: Kind[Note] = Kind("note", MESSAGE)


def test_a_new_kind_is_one_registration() -> None:
    """A registered kind is saved, cleared, looked up, refused, paged for each parent, and goes with its parent's parent."""
    state = State(Clock(0), lambda kind, number: f"{kind}-{number}", (*KINDS, NOTE))
    thread = create_thread(state, [Draft("q"), Draft("r")])
    first, second = state[MESSAGE].of(thread.id)
    notes = [state[NOTE].add(Note(f"n{number}", first.id, (number, number))) for number in (1, 2, 3)]
    other = state[NOTE].add(Note("m1", second.id))
    restore = state.save()

    assert state.has("n1")
    assert list(state[NOTE].of(first.id)) == notes
    found = state[NOTE].page(first.id, window=exclusive_in_order, limit=1, after="n3")
    assert (found.items, found.has_more) == ([notes[1]], True)
    state.look_up({"thread_id": thread.id, "message_id": first.id, "note_id": "n1"})
    with pytest.raises(Refusal, match="note_not_found"):
        state.look_up({"thread_id": thread.id, "message_id": second.id, "note_id": "n1"})
    with pytest.raises(Refusal, match="note_not_found: after"):
        state[NOTE].page(second.id, window=exclusive_in_order, limit=1, after="n1")

    delete_thread(state, thread.id)
    assert not state.has("n1")
    assert len(state[NOTE]) == 0
    restore()
    assert (list(state[NOTE].of(first.id)), list(state[NOTE].of(second.id))) == (notes, [other])
    state.clear()
    assert not state.has("n1")


def test_local_ids_are_unique_within_their_parent() -> None:
    """Two parents may each have an object of the same local id."""
    local: Kind[Note] = Kind("note", MESSAGE, local=True)
    state = State(Clock(0), lambda kind, number: f"{kind}-{number}", (*KINDS, local))
    thread = create_thread(state, [Draft("q"), Draft("r")])
    first, second = (state[local].add(Note("note-1", message.id)) for message in state[MESSAGE].of(thread.id))
    assert state[local].get("note-1", first.message_id) == first
    assert state[local].get("note-1", second.message_id) == second
    assert list(state[local].of(second.message_id)) == [second]
    delete_thread(state, thread.id)
    assert len(state[local]) == 0


def test_an_owned_object_exists_for_its_owner_alone(state: State) -> None:
    """Whoever asks in another name is refused; nobody's object is everybody's."""
    state.owner = "a"
    mine = create_thread(state)
    state.owner = ""
    anyones = create_thread(state)
    state.owner = "b"
    assert retrieve_thread(state, anyones.id) == anyones
    with pytest.raises(Refusal, match="thread_not_found"):
        retrieve_thread(state, mine.id)
