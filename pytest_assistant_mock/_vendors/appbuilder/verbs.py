"""What AppBuilder's operations do, where that is more than a verb of one kind of object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pytest_assistant_mock._engine import performing
from pytest_assistant_mock._engine.kinds import files, messages
from pytest_assistant_mock._engine.kinds.assistants import retrieve_assistant
from pytest_assistant_mock._engine.kinds.runs import RUN, StoredRun, find_run
from pytest_assistant_mock._engine.kinds.threads import retrieve_thread
from pytest_assistant_mock._engine.run_stream import Streamed
from pytest_assistant_mock._engine.state import State
from pytest_assistant_mock._engine.vendor import Download
from pytest_assistant_mock._engine.wire import Refusal
from pytest_assistant_mock._vendors.appbuilder.runs import Answered

__tracebackhide__ = True  # a failing test shows its own line


def update_user_message(state: State, thread_id: str, message_id: str, **changes: Any) -> messages.Message:
    """Only a user's message may be changed."""
    if messages.retrieve_message(state, thread_id, message_id).role != "user":
        raise Refusal("not_user_message", "message_id")
    return messages.update_message(state, thread_id, message_id, **changes)


def run(
    state: State,
    *,
    thread_id: str,
    assistant_id: str,
    drafts: Sequence[messages.Draft],
    tool_output: tuple[str, str, str | None] | None,
    stream: bool,
    **fields: Any,
) -> Answered | Streamed:
    """A run, answered when it is done or waits for outputs; or one that waits, resumed by an output."""
    if tool_output is not None:
        return _resumed(state, thread_id, tool_output, stream)
    thread_id = _thread_with(state, thread_id, assistant_id, drafts)
    made = performing.create_run(state, thread_id, assistant_id, streamed=stream, **fields)
    return Streamed(made) if stream else _done(state, made)


def submit_tool_outputs(state: State, *, thread_id: str, run_id: str, outputs: Sequence[tuple[str, str]]) -> Answered:
    """The run goes on: in its open stream, or at once where nobody reads one."""
    performing.submit_outputs(state, thread_id, run_id, outputs)
    if run_id in state.streams:
        return Answered(state[RUN].get(run_id)._replace(status="in_progress", calls=()))
    return _done(state, state[RUN].get(run_id))


def cancel_run(state: State, *, thread_id: str, run_id: str, sync: bool) -> Answered:
    """A run that has ended stays as it is; another is answered as cancelling, or, if `sync`, as cancelled."""
    before = find_run(state, thread_id, run_id)
    after = performing.cancel_run(state, thread_id, run_id)
    if before.ended:
        return _answered(state, before)
    return Answered(after if sync and after.ended else before._replace(status="cancelling", calls=()))


def list_files(state: State) -> list[files.File]:
    """All files, oldest first."""
    return files.visible(state)


def upload_file(state: State, *, name: str, content: bytes, purpose: str) -> files.File:
    """Store a file."""
    return files.add_file(state, name, content, purpose=purpose)


def query_file(state: State, *, file_id: str) -> files.File:
    """One file; refuses "unknown_file"."""
    try:
        return files.retrieve_file(state, file_id)
    except Refusal:
        raise Refusal("unknown_file", "file_id", {"id": file_id}) from None


def download_file(state: State, *, file_id: str) -> Download:
    """A file's bytes, with its name."""
    file = files.retrieve_file(state, file_id)
    headers = (("Content-Type", "application/octet-stream"), ("Content-Disposition", f"attachment; filename={_ascii(file.name)}"))
    return Download(file.content, headers)


def read_file(state: State, *, file_id: str) -> Download:
    """A file's bytes."""
    return Download(files.retrieve_file(state, file_id).content, (("Content-Type", "application/octet-stream"),))


def _resumed(state: State, thread_id: str, tool_output: tuple[str, str, str | None], stream: bool) -> Answered | Streamed:
    call_id, output, run_id = tool_output
    retrieve_thread(state, thread_id)
    waiting = run_id or next((one.id for one in state[RUN].of(thread_id) if any(call.id == call_id for call in one.calls)), "")
    resumed = performing.submit_outputs(state, thread_id, waiting, [(call_id, output)], streamed=stream)
    return Streamed(resumed) if stream else _done(state, resumed)


def _thread_with(state: State, thread_id: str, assistant_id: str, drafts: Sequence[messages.Draft]) -> str:
    """The thread of a run, with the messages the run adds; a new one where none is named. The last must be a user's."""
    if thread_id:
        retrieve_thread(state, thread_id)
    retrieve_assistant(state, assistant_id)
    if not thread_id and not drafts:
        raise Refusal("no_thread", "thread_id")
    if sum(draft.role == "user" for draft in drafts) > 1:
        raise Refusal("two_user_messages", "thread")
    history = state[messages.MESSAGE].of(thread_id) if thread_id else ()
    last = drafts[-1].role if drafts else history[-1].role if history else "user"
    if last != "user":
        raise Refusal("not_users_turn", "thread_id")
    if not thread_id:
        return messages.create_thread(state, drafts).id
    for draft in drafts:
        messages.add_message(state, thread_id, draft)
    return thread_id


def _done(state: State, run: StoredRun) -> Answered:
    return _answered(state, performing.perform(state, run.id))


def _answered(state: State, run: StoredRun) -> Answered:
    return Answered(run, state[messages.MESSAGE].get(run.message_id) if run.message_id else None)


def _ascii(name: str) -> str:
    return name.encode("ascii", "ignore").decode() or "file"
