"""What Model Studio's operations do, where that is more than a verb of one kind of object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pytest_assistant_mock._engine import performing
from pytest_assistant_mock._engine.kinds.assistants import retrieve_assistant
from pytest_assistant_mock._engine.kinds.files import File, add_file
from pytest_assistant_mock._engine.kinds.messages import create_thread
from pytest_assistant_mock._engine.kinds.runs import StoredRun
from pytest_assistant_mock._engine.run_stream import Streamed
from pytest_assistant_mock._engine.state import State
from pytest_assistant_mock._engine.wire import Refusal

__tracebackhide__ = True  # a failing test shows its own line


def create_run(state: State, *, thread_id: str, assistant_id: str, stream: bool, **fields: Any) -> StoredRun | Streamed:
    """A run, which a stream performs as it is read; else it is performed at once, and answered as it was at the beginning."""
    run = performing.create_run(state, thread_id, assistant_id, streamed=stream, **fields)
    if stream:
        return Streamed(run)
    performing.perform(state, run.id)
    return run._replace(status="in_progress")


def create_thread_and_run(
    state: State, *, thread: Mapping[str, Any], assistant_id: str, stream: bool, **fields: Any
) -> StoredRun | Streamed:
    """A thread, and a run in it."""
    retrieve_assistant(state, assistant_id)
    if not thread["messages"]:
        raise Refusal("empty_thread", "thread")
    made = create_thread(state, **thread)
    run = create_run(state, thread_id=made.id, assistant_id=assistant_id, stream=stream, **fields)
    return run._replace(thread=made) if isinstance(run, Streamed) else run


def submit_tool_outputs(
    state: State, *, thread_id: str, run_id: str, outputs: Sequence[tuple[str | None, str]], stream: bool
) -> StoredRun | Streamed:
    """The run goes on. It is answered as it was, but in progress; its calls are still there, as recorded."""
    run = performing.submit_outputs(state, thread_id, run_id, outputs, streamed=stream)
    if stream:
        return Streamed(run)
    performing.perform(state, run.id)
    return run._replace(status="in_progress")


def upload_files(state: State, *, uploads: Sequence[tuple[str, bytes, str]]) -> list[File]:
    """Store files."""
    return [add_file(state, name, content, description=about) for name, content, about in uploads]
