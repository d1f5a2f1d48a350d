"""Uploaded files."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from pytest_assistant_mock._engine.state import State
from pytest_assistant_mock._engine.table import Deleted, Kind, Page, Place


@dataclass(frozen=True, slots=True)
class File:
    """One uploaded file, its content in bytes. `created_at` in ms; `sequence` orders equal times."""

    id: str
    name: str
    created_at: int
    sequence: int = 0
    content: bytes = field(default=b"", repr=False)
    purpose: str = ""
    description: str = ""
    owner: str = field(default="", repr=False)

    @property
    def place(self) -> Place:
        """Where it stands in the list of files."""
        return (self.created_at, self.sequence)


FILE: Kind[File] = Kind("file", owned=True, in_path=False, refusal="uploaded_file_not_found")


def add_file(state: State, name: str, content: bytes, *, id: str | None = None, **fields: str) -> File:
    """Store a file; the clock ticks 1 ms."""
    number, next_id = state.next_id("file", "file", state[FILE])
    return state[FILE].add(File(id or next_id, name, state.clock.tick(), number, content, owner=state.owner, **fields))


def keep_file(state: State, file: File) -> File:
    """Put a file there as it is, at its place in time."""
    return state[FILE].keep(replace(file, sequence=state.numbers.next("file")))


def retrieve_file(state: State, file_id: str) -> File:
    """The file of that id; refuses "uploaded_file_not_found"."""
    return state[FILE].get(file_id)


def list_files(state: State, **paging: Any) -> Page[File]:
    """A page of the files, as `Table.page` takes it."""
    return state[FILE].page(**paging)


def delete_file(state: State, file_id: str) -> Deleted:
    """Forget a file."""
    state[FILE].remove(retrieve_file(state, file_id))
    return Deleted(file_id)


def visible(state: State) -> list[File]:
    """The files that exist for who asks, oldest first."""
    return list(state[FILE].seen())
