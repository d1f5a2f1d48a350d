"""Assistants, and the files that are attached to one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from pytest_assistant_mock._engine.kinds.threads import JSONObject
from pytest_assistant_mock._engine.state import State
from pytest_assistant_mock._engine.table import Deleted, Kind, Page, Place


@dataclass(frozen=True, slots=True)
class Assistant:
    """
    One assistant. `created_at` in ms; `sequence` orders equal times; `owner` says for which key and workspace it exists.

    tools: as they were sent. options: what else was sent and is echoed, by name: {"temperature": 0.5}.
    """

    id: str
    created_at: int
    sequence: int = 0
    model: str = ""
    name: str = ""
    description: str = ""
    instructions: str = ""
    tools: tuple[JSONObject, ...] = ()
    file_ids: tuple[str, ...] = ()
    metadata: JSONObject = field(default_factory=dict)
    options: JSONObject = field(default_factory=dict)
    owner: str = field(default="", repr=False)

    @property
    def place(self) -> Place:
        """Where it stands in the list of assistants."""
        return (self.created_at, self.sequence)


ASSISTANT: Kind[Assistant] = Kind("assistant", owned=True)


@dataclass(frozen=True, slots=True)
class AssistantFile:
    """A file as it is attached to an assistant: its own id, and when it was attached, in ms."""

    id: str
    assistant_id: str
    created_at: int
    sequence: int = 0

    @property
    def place(self) -> Place:
        """Where it stands among the assistant's files."""
        return (self.created_at, self.sequence)


ASSISTANT_FILE: Kind[AssistantFile] = Kind("assistant_file", ASSISTANT, local=True, in_path=False)


def create_assistant(state: State, *, id: str | None = None, **fields: Any) -> Assistant:
    """A new assistant; the clock ticks 1 ms. Its files are attached to it."""
    number, next_id = state.next_id("assistant", "assistant", state[ASSISTANT])
    assistant = state[ASSISTANT].add(Assistant(id or next_id, state.clock.tick(), number, owner=state.owner, **fields))
    for file_id in dict.fromkeys(assistant.file_ids):
        _attach(state, assistant, file_id)
    return assistant


def keep_assistant(state: State, assistant: Assistant) -> Assistant:
    """Put an assistant there as it is, at its place in time, with its files attached."""
    number = state.numbers.next("assistant")
    kept = state[ASSISTANT].keep(replace(assistant, sequence=number))
    _attach_only(state, kept)
    return kept


def retrieve_assistant(state: State, assistant_id: str) -> Assistant:
    """The assistant of that id; refuses "assistant_not_found"."""
    return state[ASSISTANT].get(assistant_id)


def list_assistants(state: State, **paging: Any) -> Page[Assistant]:
    """A page of the assistants that exist for who asks, as `Table.page` takes it."""
    return state[ASSISTANT].page(**paging)


def update_assistant(state: State, assistant_id: str, **changes: Any) -> Assistant:
    """Change the fields that are named; a None leaves its field as it is. `options` are merged, `file_ids` are attached."""
    assistant = retrieve_assistant(state, assistant_id)
    named = {name: value for name, value in changes.items() if value is not None}
    if "options" in named:
        named["options"] = {**assistant.options, **named["options"]}
    changed = state[ASSISTANT].replace(replace(assistant, **named))
    if "file_ids" in named:
        _attach_only(state, changed)
    return changed


def delete_assistant(state: State, assistant_id: str) -> Deleted:
    """Forget an assistant. Its runs and their threads stay."""
    state[ASSISTANT].remove(retrieve_assistant(state, assistant_id))
    return Deleted(assistant_id)


def attach_file(state: State, assistant_id: str, file_id: str) -> AssistantFile:
    """Attach a file to an assistant; one that is attached already stays as it is."""
    assistant = retrieve_assistant(state, assistant_id)
    attached = _attach(state, assistant, file_id)
    if file_id not in assistant.file_ids:
        state[ASSISTANT].replace(replace(assistant, file_ids=(*assistant.file_ids, file_id)))
    return attached


def list_assistant_files(state: State, assistant_id: str, **paging: Any) -> Page[AssistantFile]:
    """A page of the files attached to an assistant, as `Table.page` takes it."""
    retrieve_assistant(state, assistant_id)
    return state[ASSISTANT_FILE].page(assistant_id, **paging)


def retrieve_assistant_file(state: State, assistant_id: str, file_id: str) -> AssistantFile:
    """One file of an assistant; refuses "assistant_not_found", "assistant_file_not_found"."""
    retrieve_assistant(state, assistant_id)
    return state[ASSISTANT_FILE].get(file_id, assistant_id, "file_id")


def detach_file(state: State, assistant_id: str, file_id: str) -> AssistantFile:
    """Take a file off an assistant; the file itself stays."""
    attached = retrieve_assistant_file(state, assistant_id, file_id)
    state[ASSISTANT_FILE].remove(attached)
    assistant = retrieve_assistant(state, assistant_id)
    left = tuple(one for one in assistant.file_ids if one != file_id)
    state[ASSISTANT].replace(replace(assistant, file_ids=left))
    return attached


def unnamed_assistant(state: State) -> str:
    """The id of the one assistant whose messages a test seeds without naming it: no other assistant gets it."""
    number = state.numbers.once("unnamed assistant", "assistant")
    return state.format_id("assistant", number)


def _attach(state: State, assistant: Assistant, file_id: str) -> AssistantFile:
    attached = {one.id: one for one in state[ASSISTANT_FILE].of(assistant.id)}
    if file_id in attached:
        return attached[file_id]
    number = state.numbers.next("assistant file")
    return state[ASSISTANT_FILE].add(AssistantFile(file_id, assistant.id, state.clock.tick(), number))


def _attach_only(state: State, assistant: Assistant) -> None:
    for attached in tuple(state[ASSISTANT_FILE].of(assistant.id)):
        if attached.id not in assistant.file_ids:
            state[ASSISTANT_FILE].remove(attached)
    for file_id in dict.fromkeys(assistant.file_ids):
        _attach(state, assistant, file_id)
