"""
The part of a handle that adds threads and messages to the fake and looks at them.

Hands out copies only; knows nothing of trouble.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol, TypeAlias

from pytest_assistant_mock._engine.kinds.assistants import unnamed_assistant
from pytest_assistant_mock._engine.kinds.messages import MESSAGE, Draft, Message, add_message, create_thread
from pytest_assistant_mock._engine.kinds.threads import THREAD, Thread, retrieve_thread
from pytest_assistant_mock._engine.wire import Refusal
from pytest_assistant_mock._mock.arguments import shown
from pytest_assistant_mock._mock.fake import Fake
from pytest_assistant_mock.errors import nearest

__tracebackhide__ = True  # a failing test shows its own line


class HasId(Protocol):
    """Anything with an id: a Thread or Message of ours, or an SDK's."""

    @property
    def id(self) -> str:
        """The id."""


Ref: TypeAlias = HasId | str
"""A thread or message: the object or its id."""
Role: TypeAlias = Literal["user", "assistant"]
"""Who speaks."""


class Objects:
    """One vendor's threads and messages, as a test adds and sees them."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake

    def add_thread(self, metadata: dict[str, Any], id: str | None) -> Thread:
        """A new thread. Raises ValueError for an id that is taken."""
        with self._fake.lock:
            state = self._fake.state
            self.check_free(id)
            return shown(create_thread(state, metadata=metadata, id=id))

    def add_message(self, thread: Ref, draft: Draft, id: str | None) -> Message:
        """A new message. One of an assistant gets the ids of its run and its assistant, where the draft has none."""
        with self._fake.lock:
            thread_id, state = self._find(thread).id, self._fake.state
            self.check_free(id)
            if draft.role == "assistant":
                draft = draft._replace(
                    run_id=draft.run_id or state.next_id("run", "run")[1],
                    assistant_id=draft.assistant_id or unnamed_assistant(state),
                )
            return shown(add_message(state, thread_id, draft, id=id))

    def threads(self) -> list[Thread]:
        """All threads, oldest first."""
        with self._fake.lock:
            return [shown(thread) for thread in self._fake.state[THREAD].of()]

    def thread(self, thread: Ref) -> Thread:
        """One thread. Raises ValueError if there is none of that id."""
        with self._fake.lock:
            return shown(self._find(thread))

    def messages(self, thread: Ref) -> list[Message]:
        """The messages of a thread, oldest first. Raises ValueError if there is no such thread."""
        with self._fake.lock:
            return [shown(message) for message in self._fake.state[MESSAGE].of(self._find(thread).id)]

    def check_free(self, id: str | None) -> None:
        """Raises TypeError or ValueError for an id that cannot be given to a new object."""
        if id is not None and not isinstance(id, str):
            raise TypeError(f"id is {type(id).__name__}, expected str")
        if id == "" or (id is not None and self._fake.state.has(id)):
            name = self._fake.vendor.name
            raise ValueError(f"id={id!r}: {name} has one of that id already" if id else "id='': expected an id, or None")

    def _find(self, thread: Ref) -> Thread:
        state, name, wanted = self._fake.state, self._fake.vendor.name, id_of(thread, "thread")
        try:
            return retrieve_thread(state, wanted)
        except Refusal:
            known = [one.id for one in state[THREAD].of()]
            listed = f"it has {', '.join(known[:5])}{', …' if len(known) > 5 else ''}" if known else "it has none yet"
            raise ValueError(
                f"{name} has no thread {wanted!r}{nearest(wanted, known)}; {listed}; add_thread() makes one"
            ) from None


def id_of(thing: Ref, kind: str) -> str:
    """The id of an object of ours or of an SDK's. Raises TypeError for what has none."""
    found = thing if isinstance(thing, str) else getattr(thing, "id", None)
    if not isinstance(found, str):
        raise TypeError(f"{_named(thing)} is no {kind}: expected an object with an id, or the id")
    return found


def _named(thing: Any) -> str:
    if getattr(thing, "status_code", 200) != 200:  # what dashscope returns of a refusal; it cannot even be printed
        code, message = getattr(thing, "code", ""), getattr(thing, "message", "")
        return f"this {type(thing).__name__}, a refusal ({thing.status_code:d} {code}: {message}),"
    return repr(thing)
