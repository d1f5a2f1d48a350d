"""
What `strategies.model_studio` and `strategies.appbuilder` are: one method an operation, one an answer.

A pin is a value or a strategy. What no payload can satisfy is refused when the strategy is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock.errors import absent, nearest
from pytest_assistant_mock.strategies import answers, run_answers, values
from pytest_assistant_mock.strategies.answers import Ids, JSONObjects
from pytest_assistant_mock.strategies.payloads import Operation, Refused

__tracebackhide__ = True  # a failing test shows its own line

KINDS = ("thread", "message", "user message", "assistant message", "assistant", "run", "step", "file", "request")


class VendorStrategies:
    """
    Strategies for one vendor's payloads and answers.

    Every method raises TypeError for an unknown pin and ValueError for a value that can never be.
    """

    def __init__(
        self, revisions: Mapping[str, Vendor], operations: Mapping[str, Operation], ids: Ids, wraps: run_answers.Wraps
    ) -> None:
        self._revisions = revisions
        self._vendor = next(iter(revisions.values()))
        self.operations = operations
        self._ids_of = ids
        self._wraps = wraps

    def __repr__(self) -> str:
        return f"strategies.{self._vendor.name}"

    if not TYPE_CHECKING:  # or every name would pass the type checker

        def __getattr__(self, name: str) -> Any:
            raise absent(self, name)

    # Payloads: the body, or for a GET the query

    def create_message(self, **pins: Any) -> JSONObjects:
        """What create_message accepts."""
        return self.accepted("create_message", **pins)

    def list_messages(self, **pins: Any) -> JSONObjects:
        """What list_messages accepts. Cursors are there only if pinned: they must name a message of the thread."""
        return self.accepted("list_messages", **pins)

    def retrieve_message(self, **pins: Any) -> JSONObjects:
        """What retrieve_message accepts."""
        return self.accepted("retrieve_message", **pins)

    def update_message(self, **pins: Any) -> JSONObjects:
        """What update_message accepts."""
        return self.accepted("update_message", **pins)

    def list_message_files(self, **pins: Any) -> JSONObjects:
        """What list_message_files accepts. Cursors are there only if pinned: they must name a file of the message."""
        return self.accepted("list_message_files", **pins)

    def retrieve_message_file(self, **pins: Any) -> JSONObjects:
        """What retrieve_message_file accepts (Model Studio only)."""
        return self.accepted("retrieve_message_file", **pins)

    def create_thread(self, **pins: Any) -> JSONObjects:
        """What create_thread accepts."""
        return self.accepted("create_thread", **pins)

    def retrieve_thread(self, **pins: Any) -> JSONObjects:
        """What retrieve_thread accepts."""
        return self.accepted("retrieve_thread", **pins)

    def update_thread(self, **pins: Any) -> JSONObjects:
        """What update_thread accepts."""
        return self.accepted("update_thread", **pins)

    def delete_thread(self, **pins: Any) -> JSONObjects:
        """What delete_thread accepts."""
        return self.accepted("delete_thread", **pins)

    def create_assistant(self, **pins: Any) -> JSONObjects:
        """What create_assistant accepts."""
        return self.accepted("create_assistant", **pins)

    def list_assistants(self, **pins: Any) -> JSONObjects:
        """What list_assistants accepts. Cursors are there only if pinned: they must name an assistant."""
        return self.accepted("list_assistants", **pins)

    def retrieve_assistant(self, **pins: Any) -> JSONObjects:
        """What retrieve_assistant accepts."""
        return self.accepted("retrieve_assistant", **pins)

    def update_assistant(self, **pins: Any) -> JSONObjects:
        """What update_assistant accepts."""
        return self.accepted("update_assistant", **pins)

    def delete_assistant(self, **pins: Any) -> JSONObjects:
        """What delete_assistant accepts."""
        return self.accepted("delete_assistant", **pins)

    def create_assistant_file(self, **pins: Any) -> JSONObjects:
        """What create_assistant_file accepts."""
        return self.accepted("create_assistant_file", **pins)

    def list_assistant_files(self, **pins: Any) -> JSONObjects:
        """What list_assistant_files accepts. Cursors are there only if pinned: they must name a file of the assistant."""
        return self.accepted("list_assistant_files", **pins)

    def retrieve_assistant_file(self, **pins: Any) -> JSONObjects:
        """What retrieve_assistant_file accepts (Model Studio only)."""
        return self.accepted("retrieve_assistant_file", **pins)

    def delete_assistant_file(self, **pins: Any) -> JSONObjects:
        """What delete_assistant_file accepts."""
        return self.accepted("delete_assistant_file", **pins)

    def list_files(self, **pins: Any) -> JSONObjects:
        """What list_files accepts."""
        return self.accepted("list_files", **pins)

    def retrieve_file(self, **pins: Any) -> JSONObjects:
        """What retrieve_file accepts."""
        return self.accepted("retrieve_file", **pins)

    def delete_file(self, **pins: Any) -> JSONObjects:
        """What delete_file accepts."""
        return self.accepted("delete_file", **pins)

    def download_file(self, **pins: Any) -> JSONObjects:
        """What download_file accepts (AppBuilder only)."""
        return self.accepted("download_file", **pins)

    def read_file(self, **pins: Any) -> JSONObjects:
        """What read_file accepts (AppBuilder only)."""
        return self.accepted("read_file", **pins)

    def create_thread_and_run(self, **pins: Any) -> JSONObjects:
        """What create_thread_and_run accepts (Model Studio only)."""
        return self.accepted("create_thread_and_run", **pins)

    def create_run(self, **pins: Any) -> JSONObjects:
        """What create_run accepts."""
        return self.accepted("create_run", **pins)

    def list_runs(self, **pins: Any) -> JSONObjects:
        """What list_runs accepts. Cursors are there only if pinned: they must name a run of the thread."""
        return self.accepted("list_runs", **pins)

    def retrieve_run(self, **pins: Any) -> JSONObjects:
        """What retrieve_run accepts."""
        return self.accepted("retrieve_run", **pins)

    def update_run(self, **pins: Any) -> JSONObjects:
        """What update_run accepts (Model Studio only)."""
        return self.accepted("update_run", **pins)

    def submit_tool_outputs(self, **pins: Any) -> JSONObjects:
        """What submit_tool_outputs accepts. Pin tool_outputs to what the run waits for: `strategies.tool_outputs(run)`."""
        return self.accepted("submit_tool_outputs", **pins)

    def cancel_run(self, **pins: Any) -> JSONObjects:
        """What cancel_run accepts."""
        return self.accepted("cancel_run", **pins)

    def list_run_steps(self, **pins: Any) -> JSONObjects:
        """What list_run_steps accepts. Cursors are there only if pinned: they must name a step of the run."""
        return self.accepted("list_run_steps", **pins)

    def retrieve_run_step(self, **pins: Any) -> JSONObjects:
        """What retrieve_run_step accepts."""
        return self.accepted("retrieve_run_step", **pins)

    def accepted(self, operation: str, /, **pins: Any) -> JSONObjects:
        """What an operation accepts, by its name."""
        return self._operation(operation).accepted(pins)

    def refused(self, operation: str, /, *, field: str | None = None, **pins: Any) -> st.SearchStrategy[Refused]:
        """
        What an operation must refuse, and how: one field (that one, or any not pinned) breaks one rule, the rest is accepted.
        """
        return self._operation(operation).refused(self._vendor, field, pins)

    # Answers

    def message(self, *, operation: str = "retrieve_message", revision: str = "2025", **pins: Any) -> JSONObjects:
        """
        A message as an operation answers it: id, thread_id, role, text, created_at (ms), file_ids, metadata, assistant_id,
        run_id can be pinned.
        """
        return answers.message(self._revision(revision), self._ids, operation, pins)

    def message_list(self, *, order: str = "desc", max_size: int = 5, revision: str = "2025", **pins: Any) -> JSONObjects:
        """A page of messages; thread_id and has_more can be pinned."""
        return answers.message_list(self._revision(revision), self._ids, order, max_size, pins)

    def message_file(self, **pins: Any) -> JSONObjects:
        """A message's file; id, message_id, created_at (ms) can be pinned."""
        return answers.message_file(self._vendor, self._ids, pins)

    def message_file_list(self, *, max_size: int = 5, **pins: Any) -> JSONObjects:
        """A page of a message's files; message_id and has_more can be pinned."""
        return answers.message_file_list(self._vendor, self._ids, max_size, pins)

    def thread(self, **pins: Any) -> JSONObjects:
        """A thread; id, created_at (ms), metadata can be pinned."""
        return answers.thread(self._vendor, self._ids, pins)

    def assistant(self, *, operation: str = "retrieve_assistant", **pins: Any) -> JSONObjects:
        """
        An assistant as an operation answers it: id, created_at (ms), model, name, description, instructions, tools, file_ids,
        metadata can be pinned.
        """
        return run_answers.one(self._vendor, self._ids, "assistant", operation, pins, {})

    def assistant_list(self, *, order: str = "desc", max_size: int = 3, **pins: Any) -> JSONObjects:
        """A page of assistants; has_more can be pinned."""
        return run_answers.several(self._vendor, self._ids, "assistant", "list_assistants", order, max_size, pins)

    def assistant_file(self, **pins: Any) -> JSONObjects:
        """A file as it is attached to an assistant; id, assistant_id, created_at (ms) can be pinned."""
        return run_answers.one(self._vendor, self._ids, "assistant_file", "create_assistant_file", pins, {})

    def assistant_file_list(self, *, order: str = "desc", max_size: int = 5, **pins: Any) -> JSONObjects:
        """A page of an assistant's files; assistant_id and has_more can be pinned."""
        return run_answers.several(self._vendor, self._ids, "assistant_file", "list_assistant_files", order, max_size, pins)

    def file(self, **pins: Any) -> JSONObjects:
        """An uploaded file; id, name, created_at (ms), content, purpose, description can be pinned."""
        return run_answers.one(self._vendor, self._ids, "file", "retrieve_file", pins, {})

    def file_list(self, *, max_size: int = 5) -> JSONObjects:
        """The list of the uploaded files, or its first page."""
        return run_answers.files(self._vendor, self._ids, max_size)

    def run(self, *, operation: str = "retrieve_run", **pins: Any) -> JSONObjects:
        """
        A run as an operation answers it: id, thread_id, assistant_id, status, created_at (ms), model, instructions, tools,
        metadata can be pinned. What else it has goes with its status: calls, an error, tokens, times.
        """
        return run_answers.one(self._vendor, self._ids, "run", operation, pins, self._wraps)

    def run_list(self, *, order: str = "desc", max_size: int = 3, **pins: Any) -> JSONObjects:
        """A page of a thread's runs; thread_id and has_more can be pinned."""
        return run_answers.several(self._vendor, self._ids, "run", "list_runs", order, max_size, pins)

    def run_step(self, **pins: Any) -> JSONObjects:
        """A step of a run; id, run_id, thread_id, assistant_id, type, status, created_at (ms) can be pinned."""
        return run_answers.one(self._vendor, self._ids, "run_step", "retrieve_run_step", pins, {})

    def run_step_list(self, *, order: str = "desc", max_size: int = 3, **pins: Any) -> JSONObjects:
        """A page of a run's steps; run_id, thread_id, assistant_id and has_more can be pinned."""
        return run_answers.several(self._vendor, self._ids, "run_step", "list_run_steps", order, max_size, pins)

    def error(self, kind: str | None = None) -> JSONObjects:
        """The body of an error: of a kind ("thread_not_found", …) or of any."""
        return answers.error(self._vendor, self._ids, kind)

    def ids(self, kind: str) -> st.SearchStrategy[str]:
        """Ids in the vendor's format: "thread", "message", "assistant", "run", "step", "file", "request"."""
        if kind not in KINDS:
            raise ValueError(f"no ids of kind {kind!r}{nearest(kind, KINDS)}; there are {', '.join(KINDS)}")
        return self._ids(kind)

    def _ids(self, kind: str) -> st.SearchStrategy[str]:
        return values.file_ids() if kind == "file" else self._ids_of(kind)

    def _operation(self, name: str) -> Operation:
        if name not in self.operations:
            known = ", ".join(self.operations)
            raise ValueError(f"{self!r} has no operation {name!r}{nearest(name, self.operations)}; it has {known}")
        return self.operations[name]

    def _revision(self, revision: str) -> Vendor:
        if revision not in self._revisions:
            raise ValueError(f"revision={revision!r}: expected one of {', '.join(map(repr, self._revisions))}")
        return self._revisions[revision]
