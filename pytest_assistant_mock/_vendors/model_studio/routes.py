"""Model Studio's operations, a row each. A row says everything there is to say about one; see docs/add-an-endpoint.md."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from pytest_assistant_mock._engine import performing
from pytest_assistant_mock._engine.kinds import assistants as kept_assistants
from pytest_assistant_mock._engine.kinds import files as kept_files
from pytest_assistant_mock._engine.kinds import messages, threads
from pytest_assistant_mock._engine.kinds import runs as kept_runs
from pytest_assistant_mock._engine.vendor import Answers, Route
from pytest_assistant_mock._vendors.model_studio import assistants, requests, responses, runs, uploads, verbs
from pytest_assistant_mock._vendors.shape import PathRequest

_PAGES = "https://help.aliyun.com/zh/model-studio"
_message = partial(Route, kind="message", tag="messages", page=f"{_PAGES}/message")
_message_file = partial(
    Route, kind="message_file", tag="messages", page=f"{_PAGES}/developer-reference/sdk-message-related-files"
)
_thread = partial(Route, kind="thread", tag="threads", page=f"{_PAGES}/thread")
_assistant = partial(Route, watched=False, kind="assistant", tag="assistants", page=f"{_PAGES}/assistant")
_assistant_file = partial(Route, watched=False, kind="assistant_file", tag="assistants", page=f"{_PAGES}/assistant")
_file = partial(Route, watched=False, kind="file", tag="files", page=f"{_PAGES}/assistant")
_run = partial(Route, watched=False, kind="run", tag="runs", page=f"{_PAGES}/runs")
_step = partial(Route, watched=False, kind="step", tag="runs", page=f"{_PAGES}/run-steps")

_THREADS = "/threads"
_THREAD = "/threads/{thread_id}"
_MESSAGES = f"{_THREAD}/messages"
_MESSAGE = f"{_MESSAGES}/{{message_id}}"
_FILES = f"{_MESSAGE}/files"
_RUNS = f"{_THREAD}/runs"
_RUN = f"{_RUNS}/{{run_id}}"
_STEPS = f"{_RUN}/steps"
_ASSISTANTS = "/assistants"
_ASSISTANT = f"{_ASSISTANTS}/{{assistant_id}}"
_ATTACHED = f"{_ASSISTANT}/files"
_UPLOADS = "/files"

_MESSAGE_SHAPES: Mapping[str, tuple[Answers, Answers]] = {
    "2025": (responses.Message2025, responses.MessageList2025),
    "2026": (responses.Message2026, responses.MessageList2026),
}
REVISIONS = tuple(_MESSAGE_SHAPES)
"""The recorded shapes of a message, by the year of the page that prints them. Everything else has one shape."""


def routes(revision: str) -> tuple[Route, ...]:
    """All operations."""
    return (*_message_routes(*_MESSAGE_SHAPES[revision]), *_THREAD_ROUTES, *_ASSISTANT_ROUTES, *_FILE_ROUTES, *_RUN_ROUTES)


def _message_routes(message: Answers, message_list: Answers) -> tuple[Route, ...]:
    page, path, update = requests.ListPage, PathRequest, requests.UpdateMetadata
    one, many = ("ThreadMessage",), ("ThreadMessageList",)
    file, files = ("MessageFile",), ("MessageFileList",)
    return (
        _message(
            "create_message", "POST", _MESSAGES, messages.create_message, requests.CreateMessage, message,
            summary="Add a message to the end of a thread", sdk=one,
        ),
        _message(
            "list_messages", "GET", _MESSAGES, messages.list_messages, page, message_list,
            summary="List a thread's messages, a page at a time", sdk=many,
        ),
        _message(
            "retrieve_message", "GET", _MESSAGE, messages.retrieve_message, path, message,
            summary="Retrieve one message", sdk=one,
        ),
        _message(
            "update_message", "POST", _MESSAGE, messages.update_message, update, message, summary="Change a message", sdk=one,
        ),
        _message_file(
            "list_message_files", "GET", _FILES, messages.list_message_files, page, responses.MessageFileList,
            summary="List the files of a message, a page at a time", sdk=files,
        ),
        _message_file(
            "retrieve_message_file", "GET", f"{_FILES}/{{file_id}}", messages.retrieve_message_file, path, responses.MessageFile,
            summary="Retrieve one file of a message", sdk=file,
        ),
    )  # fmt: skip


_THREAD_ROUTES = (
    _thread(
        "create_thread", "POST", _THREADS, messages.create_thread, requests.CreateThread, responses.Thread,
        summary="Create a thread", sdk=("Thread",),
    ),
    _thread(
        "retrieve_thread", "GET", _THREAD, threads.retrieve_thread, PathRequest, responses.Thread,
        summary="Retrieve a thread", sdk=("Thread",),
    ),
    _thread(
        "update_thread", "POST", _THREAD, threads.update_thread, requests.UpdateMetadata, responses.Thread,
        summary="Change a thread's metadata", sdk=("Thread",),
    ),
    _thread(
        "delete_thread", "DELETE", _THREAD, threads.delete_thread, PathRequest, responses.ThreadDeleted,
        summary="Delete a thread", sdk=("DeleteResponse",),
    ),
)  # fmt: skip

_ASSISTANT_ROUTES = (
    _assistant(
        "create_assistant", "POST", _ASSISTANTS, kept_assistants.create_assistant, assistants.CreateAssistant,
        assistants.Assistant, summary="Create an assistant", sdk=("Assistant",),
    ),
    _assistant(
        "list_assistants", "GET", _ASSISTANTS, kept_assistants.list_assistants, requests.ListPage, assistants.AssistantList,
        summary="List the assistants, a page at a time", sdk=("AssistantList",),
    ),
    _assistant(
        "retrieve_assistant", "GET", _ASSISTANT, kept_assistants.retrieve_assistant, PathRequest, assistants.Assistant,
        summary="Retrieve an assistant", sdk=("Assistant",),
    ),
    _assistant(
        "update_assistant", "POST", _ASSISTANT, kept_assistants.update_assistant, assistants.UpdateAssistant,
        assistants.Assistant, summary="Change an assistant", sdk=("Assistant",),
    ),
    _assistant(
        "delete_assistant", "DELETE", _ASSISTANT, kept_assistants.delete_assistant, PathRequest, assistants.AssistantDeleted,
        summary="Delete an assistant", sdk=("DeleteResponse",),
    ),
    _assistant_file(
        "create_assistant_file", "POST", _ATTACHED, kept_assistants.attach_file, assistants.AttachFile,
        assistants.AssistantFile, summary="Attach a file to an assistant", sdk=("AssistantFile",),
    ),
    _assistant_file(
        "list_assistant_files", "GET", _ATTACHED, kept_assistants.list_assistant_files, requests.ListPage,
        assistants.AssistantFileList, summary="List the files of an assistant, a page at a time", sdk=("AssistantFileList",),
    ),
    _assistant_file(
        "retrieve_assistant_file", "GET", f"{_ATTACHED}/{{file_id}}", kept_assistants.retrieve_assistant_file, PathRequest,
        assistants.AssistantFile, summary="Retrieve one file of an assistant", sdk=("AssistantFile",),
    ),
    _assistant_file(
        "delete_assistant_file", "DELETE", f"{_ATTACHED}/{{file_id}}", kept_assistants.detach_file, PathRequest,
        assistants.AssistantFileDeleted, summary="Take a file off an assistant", sdk=("DeleteResponse",),
    ),
)  # fmt: skip

_FILE_ROUTES = (
    _file("upload_file", "POST", _UPLOADS, verbs.upload_files, uploads.UploadFile, uploads.Upload, summary="Upload files"),
    _file(
        "list_files", "GET", _UPLOADS, uploads.page_of_files, uploads.ListUploads, uploads.FileList,
        summary="List the uploaded files, a page at a time",
    ),
    _file(
        "retrieve_file", "GET", f"{_UPLOADS}/{{file_id}}", kept_files.retrieve_file, PathRequest, uploads.FileAnswer,
        summary="Retrieve an uploaded file",
    ),
    _file(
        "delete_file", "DELETE", f"{_UPLOADS}/{{file_id}}", kept_files.delete_file, PathRequest, uploads.FileDeleted,
        summary="Delete an uploaded file",
    ),
)  # fmt: skip

_RUN_ROUTES = (
    _run(
        "create_thread_and_run", "POST", f"{_THREADS}/runs", verbs.create_thread_and_run, runs.CreateThreadAndRun, runs.Run,
        summary="Create a thread and a run in it", sdk=("Run",),
    ),
    _run("create_run", "POST", _RUNS, verbs.create_run, runs.CreateRun, runs.Run, summary="Create a run", sdk=("Run",)),
    _run(
        "list_runs", "GET", _RUNS, kept_runs.list_runs, requests.ListPage, runs.RunList,
        summary="List the runs of a thread, a page at a time", sdk=("RunList",),
    ),
    _run(
        "retrieve_run", "GET", _RUN, performing.look_at_run, PathRequest, runs.Run,
        summary="Retrieve a run", sdk=("Run",), settled=runs.SETTLED,
    ),
    _run(
        "update_run", "POST", _RUN, kept_runs.update_run, requests.UpdateMetadata, runs.Run,
        summary="Change a run's metadata", sdk=("Run",),
    ),
    _run(
        "submit_tool_outputs", "POST", f"{_RUN}/submit_tool_outputs", verbs.submit_tool_outputs, runs.SubmitToolOutputs,
        runs.Run, summary="Give a run the outputs of its calls", sdk=("Run",),
    ),
    _run(
        "cancel_run", "POST", f"{_RUN}/cancel", performing.cancel_run, PathRequest, runs.Run,
        summary="Cancel a run; the SDK has it, the vendor says that it does not exist", sdk=("Run",), switch=True,
    ),
    _step(
        "list_run_steps", "GET", _STEPS, kept_runs.list_steps, requests.ListPage, runs.StepList,
        summary="List the steps of a run, a page at a time", sdk=("RunStepList",),
    ),
    _step(
        "retrieve_run_step", "GET", f"{_STEPS}/{{step_id}}", kept_runs.retrieve_step, PathRequest, runs.Step,
        summary="Retrieve one step of a run", sdk=("RunStep",),
    ),
)  # fmt: skip
