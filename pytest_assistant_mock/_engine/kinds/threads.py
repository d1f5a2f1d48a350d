"""Threads: found, changed, deleted. How one begins is the business of `messages`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from pytest_assistant_mock._engine.state import State
from pytest_assistant_mock._engine.table import Deleted, Kind

JSONObject: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Thread:
    """One thread. `created_at` in ms; `owner` says for which key and workspace it exists, "" for all."""

    id: str
    created_at: int
    metadata: JSONObject = field(default_factory=dict)
    owner: str = field(default="", repr=False)


THREAD: Kind[Thread] = Kind("thread", owned=True, listed=False)


def retrieve_thread(state: State, thread_id: str) -> Thread:
    """The thread of that id; refuses "thread_not_found"."""
    return state[THREAD].get(thread_id)


def update_thread(state: State, thread_id: str, metadata: Mapping[str, Any] | None = None) -> Thread:
    """Replace a thread's metadata; None leaves it as it is."""
    thread = retrieve_thread(state, thread_id)
    return thread if metadata is None else state[THREAD].replace(replace(thread, metadata=dict(metadata)))


def delete_thread(state: State, thread_id: str) -> Deleted:
    """Forget a thread and all that belongs to it."""
    state[THREAD].remove(retrieve_thread(state, thread_id))
    return Deleted(thread_id)
