"""
The part of a handle that adds threads and messages to the fake and looks at them.

Hands out copies only; knows nothing of trouble.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

from pytest_assistant_mock._engine.store import Draft, Message, Thread
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


Ref: TypeAlias = "HasId | str"
"""A thread or message: the object or its id."""


class Objects:
    """One vendor's threads and messages, as a test adds and sees them."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake

    def add_thread(self, metadata: dict[str, Any], id: str | None) -> Thread:
        """A new thread. Raises ValueError for an id that is taken."""
        with self._fake.lock:
            store = self._fake.store
            self._check_free(id)
            return shown(store.create_thread(metadata=metadata, id=id))

    def add_message(self, thread: Ref, draft: Draft, id: str | None) -> Message:
        """A new message. One of an assistant gets the ids of its run and its assistant, where the draft has none."""
        with self._fake.lock:
            thread_id, store = self._find(thread).id, self._fake.store
            self._check_free(id)
            if draft.role == "assistant":
                draft = draft._replace(
                    run_id=draft.run_id or store.new_id("run"),
                    assistant_id=draft.assistant_id or store.format_id("assistant", 1),
                )
            return shown(store.add(thread_id, draft, id=id))

    def threads(self) -> list[Thread]:
        """All threads, oldest first."""
        with self._fake.lock:
            return [shown(thread) for thread in self._fake.store.threads()]

    def thread(self, thread: Ref) -> Thread:
        """One thread. Raises ValueError if there is none of that id."""
        with self._fake.lock:
            return shown(self._find(thread))

    def messages(self, thread: Ref) -> list[Message]:
        """The messages of a thread, oldest first. Raises ValueError if there is no such thread."""
        with self._fake.lock:
            return [shown(message) for message in self._fake.store.messages(self._find(thread).id)]

    def _check_free(self, id: str | None) -> None:
        if id is not None and not isinstance(id, str):
            raise TypeError(f"id is {type(id).__name__}, expected str")
        if id == "" or (id is not None and self._fake.store.has(id)):
            name = self._fake.vendor.name
            raise ValueError(f"id={id!r}: {name} has one of that id already" if id else "id='': expected an id, or None")

    def _find(self, thread: Ref) -> Thread:
        store, name, wanted = self._fake.store, self._fake.vendor.name, _id(thread)
        try:
            return store.retrieve_thread(wanted)
        except Refusal:
            known = [one.id for one in store.threads()]
            listed = f"it has {', '.join(known[:5])}{', …' if len(known) > 5 else ''}" if known else "it has none yet"
            raise ValueError(
                f"{name} has no thread {wanted!r}{nearest(wanted, known)}; {listed}; add_thread() makes one"
            ) from None


def _id(thing: Ref) -> str:
    found = thing if isinstance(thing, str) else getattr(thing, "id", None)
    if not isinstance(found, str):
        raise TypeError(f"{_named(thing)} is no thread: expected an object with an id, or the id")
    return found


def _named(thing: Any) -> str:
    if getattr(thing, "status_code", 200) != 200:  # what dashscope returns of a refusal; it cannot even be printed
        code, message = getattr(thing, "code", ""), getattr(thing, "message", "")
        return f"this {type(thing).__name__}, a refusal ({thing.status_code:d} {code}: {message}),"
    return repr(thing)
