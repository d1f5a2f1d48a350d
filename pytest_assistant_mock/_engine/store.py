"""
The only state: threads and the messages in them, oldest first.

Knows neither HTTP nor a vendor's field names; says no with a `Refusal`, and a refused call changes nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar

from pytest_assistant_mock._engine.clock import Clock, Numbers
from pytest_assistant_mock._engine.wire import Refusal

JSONObject: TypeAlias = dict[str, Any]
Order: TypeAlias = Literal["asc", "desc"]
IdFormat: TypeAlias = Callable[[str, int], str]
"""From a kind ("thread", "user message", …) and its number, the vendor's id."""


@dataclass(frozen=True, slots=True)
class Message:
    """
    One message. `created_at` in ms; `sequence` counts the store's messages and orders equal times.
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

    @property
    def place(self) -> tuple[int, int]:
        """
        Where the message stands in its thread: by time, then by the order it came in.
        """
        return (self.created_at, self.sequence)


@dataclass(frozen=True, slots=True)
class Thread:
    """
    One thread. `created_at` in ms; `owner` says for which key and workspace it exists, "" for all.
    """

    id: str
    created_at: int
    metadata: JSONObject = field(default_factory=dict)
    owner: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class DeletedThread:
    """
    What is left to say of a thread once it is gone.
    """

    id: str


@dataclass(frozen=True, slots=True)
class MessageFile:
    """
    A file as it hangs on a message. `created_at` in ms: the message's own.
    """

    id: str
    message_id: str
    created_at: int


class Draft(NamedTuple):
    """
    A message not yet stored.
    """

    text: str
    role: str = "user"
    file_ids: tuple[str, ...] = ()
    metadata: JSONObject | None = None
    assistant_id: str = ""
    run_id: str = ""


Item = TypeVar("Item", Message, MessageFile)


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """
    Some of a list, in the order asked for; `has_more` if the list goes on in that order.
    """

    items: Sequence[Item]
    has_more: bool


Window: TypeAlias = Callable[[Order, int | None, int | None, int], tuple[int, int]]
"""From order, the cursors' positions (oldest is 0) and the length of a list: the slice that may be shown."""


def exclusive_in_order(order: Order, after: int | None, before: int | None, length: int) -> tuple[int, int]:
    """
    Without the cursors themselves, and by position in the returned order (Model Studio).
    """
    if order == "desc":
        after, before = before, after
    return (0 if after is None else after + 1, length if before is None else before)


def inclusive_in_time(order: Order, after: int | None, before: int | None, length: int) -> tuple[int, int]:
    """
    With the cursors themselves, and by time whatever the order (AppBuilder).
    """
    return (0 if after is None else after, length if before is None else before + 1)


def page(items: Sequence[Item], order: Order, limit: int, window: tuple[int, int]) -> Page[Item]:
    """
    The first `limit` items of a window over a list that is kept oldest first.
    """
    low, high = window
    first = items[low : min(high, low + limit)]
    last = items[max(low, high - limit) : high]
    return Page(first if order == "asc" else last[::-1], has_more=high - low > limit)


class Store:
    """
    Threads and messages of one vendor in one mock.
    """

    def __init__(self, clock: Clock, format_id: IdFormat) -> None:
        self._clock = clock
        self._numbers = Numbers()
        self.format_id = format_id
        self._threads: dict[str, Thread] = {}
        self._lists: dict[str, list[Message]] = {}  # by thread, oldest first
        self._messages: dict[str, Message] = {}
        self.owner = ""  # who asks just now; "": one for whom all threads exist

    def clear(self) -> None:
        """
        Forget everything; the first id comes next.
        """
        self._threads, self._lists, self._messages, self._numbers = {}, {}, {}, Numbers()

    # Threads

    def create_thread(
        self, messages: Sequence[Draft] = (), metadata: Mapping[str, Any] | None = None, *, id: str | None = None
    ) -> Thread:
        """
        A new thread, with the messages it starts with.
        """
        new_id = id or self._next("thread", "thread", self._threads)[1]
        thread = Thread(new_id, self._clock.now_ms, dict(metadata or {}), self.owner)
        self._threads[thread.id] = thread
        self._lists[thread.id] = []
        for draft in messages:
            self.add(thread.id, draft)
        return thread

    def threads(self) -> list[Thread]:
        """
        Every thread that has not been deleted, oldest first.
        """
        return list(self._threads.values())

    def retrieve_thread(self, thread_id: str) -> Thread:
        """
        The thread of that id; refuses "thread_not_found".
        """
        thread = self._threads.get(thread_id)
        if thread is None or (self.owner and thread.owner and thread.owner != self.owner):
            raise Refusal("thread_not_found", "thread_id", {"id": thread_id})
        return thread

    def update_thread(self, thread_id: str, metadata: Mapping[str, Any] | None = None) -> Thread:
        """
        Replace a thread's metadata; None leaves it as it is.
        """
        thread = self.retrieve_thread(thread_id)
        if metadata is not None:
            thread = self._threads[thread_id] = replace(thread, metadata=dict(metadata))
        return thread

    def delete_thread(self, thread_id: str) -> DeletedThread:
        """
        Forget a thread and its messages.
        """
        self.retrieve_thread(thread_id)
        del self._threads[thread_id]
        for message in self._lists.pop(thread_id):
            del self._messages[message.id]
        return DeletedThread(thread_id)

    # Messages

    def add(self, thread_id: str, draft: Draft, *, id: str | None = None) -> Message:
        """
        Store a message at the end of its thread; the clock ticks 1 ms.
        """
        thread = self.retrieve_thread(thread_id)
        # one count for either role: a vendor may give both the same prefix
        number, next_id = self._next(f"{draft.role} message", "message", self._messages)
        message = Message(
            id or next_id,
            thread.id,  # not thread_id: one string for a million messages
            draft.role,
            draft.text,
            self._clock.tick(),
            number,
            draft.file_ids,
            draft.metadata or {},
            draft.assistant_id,
            draft.run_id,
        )
        self._put(self._lists[thread_id], message)
        return message

    def create_message(self, thread_id: str, **fields: Any) -> Message:
        """
        `add` with the draft's fields spelled out.
        """
        return self.add(thread_id, Draft(**fields))

    def messages(self, thread_id: str) -> list[Message]:
        """
        A thread's messages, oldest first.
        """
        self.retrieve_thread(thread_id)
        return list(self._lists[thread_id])

    def retrieve_message(self, thread_id: str, message_id: str) -> Message:
        """
        The message of that id in that thread; refuses "thread_not_found", "message_not_found".
        """
        self.retrieve_thread(thread_id)
        message = self._messages.get(message_id)
        if message is None or message.thread_id != thread_id:
            raise Refusal("message_not_found", "message_id", {"id": message_id})
        return message

    def update_message(self, thread_id: str, message_id: str, **changes: Any) -> Message:
        """
        Change the fields that are named; a None leaves its field as it is.
        """
        message = self.retrieve_message(thread_id, message_id)
        changed = replace(message, **{name: value for name, value in changes.items() if value is not None})
        self._messages[message_id] = changed
        siblings = self._lists[thread_id]
        siblings[_position(siblings, message)] = changed
        return changed

    def list_messages(
        self,
        thread_id: str,
        *,
        window: Window,
        limit: int,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
    ) -> Page[Message]:
        """
        A page of a thread; refuses "message_not_found" for a cursor that is not in it.
        """
        self.retrieve_thread(thread_id)
        messages = self._lists[thread_id]

        def position(name: str, cursor: str) -> int:
            message = self._messages.get(cursor)
            if message is None or message.thread_id != thread_id:
                raise Refusal("message_not_found", name, {"id": cursor})
            return _position(messages, message)

        first = position("after", after) if after else None
        last = position("before", before) if before else None
        return page(messages, order, limit, window(order, first, last, len(messages)))

    # Files

    def list_message_files(
        self,
        thread_id: str,
        message_id: str,
        *,
        window: Window,
        limit: int,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
    ) -> Page[MessageFile]:
        """
        A page of a message's files; refuses "file_not_found" for a cursor that is not among them.
        """
        message = self.retrieve_message(thread_id, message_id)
        files = [MessageFile(file_id, message.id, message.created_at) for file_id in message.file_ids]

        def position(name: str, cursor: str) -> int:
            if cursor not in message.file_ids:
                raise Refusal("file_not_found", name, {"id": cursor})
            return message.file_ids.index(cursor)

        first = position("after", after) if after else None
        last = position("before", before) if before else None
        return page(files, order, limit, window(order, first, last, len(files)))

    def retrieve_message_file(self, thread_id: str, message_id: str, file_id: str) -> MessageFile:
        """
        One file of a message; refuses "file_not_found".
        """
        message = self.retrieve_message(thread_id, message_id)
        if file_id not in message.file_ids:
            raise Refusal("file_not_found", "file_id", {"id": file_id})
        return MessageFile(file_id, message.id, message.created_at)

    # Inside

    def has(self, id: str) -> bool:
        """
        Whether a thread or message of that id is stored.
        """
        return id in self._threads or id in self._messages

    def new_id(self, kind: str) -> str:
        """
        The next id of a kind, in the vendor's format.
        """
        made = self.format_id(kind, self._numbers.next(kind))
        return made if made not in self._threads else self.new_id(kind)  # one of that id was kept

    def keep_thread(self, thread: Thread) -> None:
        """
        Put a thread there as it is; one of the same id is replaced, its messages stay.
        """
        self._threads[thread.id] = thread
        self._lists.setdefault(thread.id, [])

    def keep_message(self, message: Message) -> None:
        """
        Put a message into its thread as it is, at its place in time; refuses "thread_not_found".
        """
        self.retrieve_thread(message.thread_id)
        if message.id in self._messages:
            self._lists[message.thread_id].remove(self._messages[message.id])
        self._put(self._lists[message.thread_id], replace(message, sequence=self._numbers.next("message")))

    def save(self) -> Callable[[], None]:
        """
        A function that puts everything back as it is now. Threads and messages are values, so they are shared, not copied.
        """
        threads, messages, numbers = dict(self._threads), dict(self._messages), self._numbers.state()
        lists = {thread_id: tuple(siblings) for thread_id, siblings in self._lists.items()}

        def put_back() -> None:
            self._threads, self._messages = dict(threads), dict(messages)
            self._lists = {thread_id: list(siblings) for thread_id, siblings in lists.items()}
            self._numbers.restore(numbers)

        return put_back

    def _next(self, kind: str, count: str, taken: Mapping[str, Any]) -> tuple[int, str]:
        while True:
            number = self._numbers.next(count)
            id = self.format_id(kind, number)
            if id not in taken:  # a test may have given it away
                return number, id

    def _put(self, siblings: list[Message], message: Message) -> None:
        self._messages[message.id] = message
        if siblings and siblings[-1].created_at > message.created_at:  # the test has turned the clock back
            siblings.insert(_position(siblings, message), message)
        else:
            siblings.append(message)


_place = attrgetter("place")


def _position(messages: Sequence[Message], message: Message) -> int:
    return bisect_left(messages, message.place, key=_place)
