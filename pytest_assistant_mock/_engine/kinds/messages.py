"""Messages and the files on them, and how a thread begins with some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from pytest_assistant_mock._engine.kinds.threads import THREAD, JSONObject, Thread, retrieve_thread
from pytest_assistant_mock._engine.state import State
from pytest_assistant_mock._engine.table import Kind, Order, Page, Place, Window, page
from pytest_assistant_mock._engine.wire import Refusal


@dataclass(frozen=True, slots=True)
class Message:
    """
    One message. `created_at` and `completed_at` in ms (0: not said); `sequence` counts the messages and orders equal times.

    content: what it says, item by item, where that is more than its text; () for a message that is its text.
    """

    id: str
    thread_id: str
    role: str
    text: str
    created_at: int
    sequence: int
    file_ids: tuple[str, ...] = ()
    metadata: JSONObject = field(default_factory=dict)
    assistant_id: str = ""
    run_id: str = ""
    content: tuple[JSONObject, ...] = ()
    completed_at: int = 0

    @property
    def place(self) -> Place:
        """Where the message stands in its thread: by time, then by the order it came in."""
        return (self.created_at, self.sequence)


MESSAGE: Kind[Message] = Kind("message", THREAD, size=lambda message: len(message.text))


@dataclass(frozen=True, slots=True)
class MessageFile:
    """A file as it hangs on a message. `created_at` in ms: the message's own."""

    id: str
    message_id: str
    created_at: int


class Draft(NamedTuple):
    """A message not yet stored."""

    text: str
    role: str = "user"
    file_ids: tuple[str, ...] = ()
    metadata: JSONObject | None = None
    assistant_id: str = ""
    run_id: str = ""


def create_thread(
    state: State, messages: Sequence[Draft] = (), metadata: Mapping[str, Any] | None = None, *, id: str | None = None
) -> Thread:
    """A new thread, with the messages it starts with."""
    new_id = id or state.next_id("thread", "thread", state[THREAD])[1]
    thread = state[THREAD].add(Thread(new_id, state.clock.now_ms, dict(metadata or {}), state.owner))
    for draft in messages:
        add_message(state, thread.id, draft)
    return thread


def add_message(state: State, thread_id: str, draft: Draft, *, id: str | None = None) -> Message:
    """Store a message at the end of its thread; the clock ticks 1 ms."""
    thread = state[THREAD].get(thread_id)
    messages = state[MESSAGE]
    # one count for either role: a vendor may give both the same prefix
    number, next_id = state.next_id(f"{draft.role} message", "message", messages)
    return messages.add(
        Message(
            id or next_id,
            thread.id,  # not thread_id: one string for a million messages
            draft.role,
            draft.text,
            state.clock.tick(),
            number,
            draft.file_ids,
            draft.metadata or {},
            draft.assistant_id,
            draft.run_id,
        )
    )


def create_message(state: State, thread_id: str, **fields: Any) -> Message:
    """`add_message` with the draft's fields spelled out."""
    return add_message(state, thread_id, Draft(**fields))


def keep_message(state: State, message: Message) -> Message:
    """Put a message into its thread as it is, at its place in time; refuses "thread_not_found"."""
    retrieve_thread(state, message.thread_id)
    return state[MESSAGE].keep(replace(message, sequence=state.numbers.next("message")))


def retrieve_message(state: State, thread_id: str, message_id: str) -> Message:
    """The message of that id in that thread; refuses "thread_not_found", "message_not_found"."""
    retrieve_thread(state, thread_id)
    return state[MESSAGE].get(message_id, thread_id)


def update_message(state: State, thread_id: str, message_id: str, **changes: Any) -> Message:
    """Change the fields that are named; a None leaves its field as it is."""
    message = retrieve_message(state, thread_id, message_id)
    return state[MESSAGE].replace(replace(message, **{name: value for name, value in changes.items() if value is not None}))


def list_messages(state: State, thread_id: str, **paging: Any) -> Page[Message]:
    """A page of a thread, as `Table.page` takes it; refuses "message_not_found" for a cursor that is not in it."""
    retrieve_thread(state, thread_id)
    return state[MESSAGE].page(thread_id, **paging)


def list_message_files(
    state: State,
    thread_id: str,
    message_id: str,
    *,
    window: Window,
    limit: int,
    order: Order = "desc",
    after: str | None = None,
    before: str | None = None,
) -> Page[MessageFile]:
    """A page of a message's files; refuses "file_not_found" for a cursor that is not among them."""
    message = retrieve_message(state, thread_id, message_id)
    files = [MessageFile(file_id, message.id, message.created_at) for file_id in message.file_ids]
    first = _position(message, "after", after) if after else None
    last = _position(message, "before", before) if before else None
    return page(files, order, limit, window(order, first, last, len(files)))


def retrieve_message_file(state: State, thread_id: str, message_id: str, file_id: str) -> MessageFile:
    """One file of a message; refuses "file_not_found"."""
    message = retrieve_message(state, thread_id, message_id)
    _position(message, "file_id", file_id)
    return MessageFile(file_id, message.id, message.created_at)


def _position(message: Message, field: str, file_id: str) -> int:
    if file_id not in message.file_ids:
        raise Refusal("file_not_found", field, {"id": file_id})
    return message.file_ids.index(file_id)
