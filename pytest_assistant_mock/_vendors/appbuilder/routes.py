"""AppBuilder's operations, a row each. A row says everything there is to say about one; see docs/add-an-endpoint.md."""

from __future__ import annotations

from functools import partial

from pytest_assistant_mock._engine import performing
from pytest_assistant_mock._engine.kinds import assistants as kept_assistants
from pytest_assistant_mock._engine.kinds import files as kept_files
from pytest_assistant_mock._engine.kinds import messages, threads
from pytest_assistant_mock._engine.kinds import runs as kept_runs
from pytest_assistant_mock._engine.vendor import Route
from pytest_assistant_mock._vendors.appbuilder import assistants, requests, responses, runs, uploads, verbs

_PAGES = "https://cloud.baidu.com/doc/AppBuilder/s"
_message = partial(Route, kind="message", tag="messages", page=f"{_PAGES}/qlv0g47sk")
_message_file = partial(Route, watched=False, kind="message_file", tag="messages", page=f"{_PAGES}/qlv0g47sk")
_thread = partial(Route, kind="thread", tag="threads", page=f"{_PAGES}/Nlv0g3e50")
_assistant = partial(Route, watched=False, kind="assistant", tag="assistants", page=f"{_PAGES}/qluzl0y5e")
_assistant_file = partial(Route, watched=False, kind="assistant_file", tag="assistants", page=f"{_PAGES}/qluzl0y5e")
_file = partial(Route, watched=False, kind="file", tag="files", page=f"{_PAGES}/ulv0g1t3x")
_run = partial(Route, watched=False, kind="run", tag="runs", page=f"{_PAGES}/dlv0g4x9m")
_step = partial(Route, watched=False, kind="step", tag="runs", page=f"{_PAGES}/dlv0g4x9m")

_THREADS = "/v2/threads"
_MESSAGES = f"{_THREADS}/messages"
_RUNS = f"{_THREADS}/runs"
_ASSISTANTS = "/v2/assistants"
_FILES = "/v2/storage/files"

_MESSAGE_ROUTES = (
    _message(
        "create_message", "POST", _MESSAGES, messages.create_message, requests.CreateMessage, responses.CreatedMessage,
        summary="Add a message to the end of a thread", sdk=("AssistantMessageCreateResponse",),
    ),
    _message(
        "list_messages", "POST", f"{_MESSAGES}/list", messages.list_messages, requests.ListMessages, responses.MessageList,
        summary="List a thread's messages, a page at a time", sdk=("AssistantMessageListResponse",),
    ),
    _message(
        "retrieve_message", "POST", f"{_MESSAGES}/query", messages.retrieve_message, requests.QueryMessage, responses.Message,
        summary="Retrieve one message", sdk=("AssistantMessageQueryResponse",),
    ),
    _message(
        "update_message", "POST", f"{_MESSAGES}/update", verbs.update_user_message, requests.UpdateMessage, responses.Message,
        summary="Change a message", sdk=("AssistantMessageUpdateResponse",),
    ),
    _message_file(
        "list_message_files", "POST", f"{_MESSAGES}/files/list", messages.list_message_files, requests.ListMessageFiles,
        responses.MessageFileList, summary="List the files of a message, a page at a time",
        sdk=("AssistantMessageFilesResponse",),
    ),
)  # fmt: skip

_THREAD_ROUTES = (
    _thread(
        "create_thread", "POST", _THREADS, messages.create_thread, requests.CreateThread, responses.Thread,
        summary="Create a thread", sdk=("ThreadCreateResponse",),
    ),
    _thread(
        "retrieve_thread", "POST", f"{_THREADS}/query", threads.retrieve_thread, requests.QueryThread, responses.Thread,
        summary="Retrieve a thread", sdk=("ThreadQueryResponse",),
    ),
    _thread(
        "update_thread", "POST", f"{_THREADS}/update", threads.update_thread, requests.UpdateThread, responses.UpdatedThread,
        summary="Change a thread's metadata", sdk=("ThreadUpdateResponse",),
    ),
    _thread(
        "delete_thread", "POST", f"{_THREADS}/delete", threads.delete_thread, requests.QueryThread, responses.ThreadDeleted,
        summary="Delete a thread", sdk=("ThreadDeleteResponse",),
    ),
)  # fmt: skip

_ASSISTANT_ROUTES = (
    _assistant(
        "create_assistant", "POST", _ASSISTANTS, kept_assistants.create_assistant, assistants.CreateAssistant,
        assistants.Assistant, summary="Create an assistant", sdk=("AssistantCreateResponse",),
    ),
    _assistant(
        "list_assistants", "POST", f"{_ASSISTANTS}/list", kept_assistants.list_assistants, assistants.ListAssistants,
        assistants.AssistantList, summary="List the assistants, a page at a time", sdk=("AssistantListResponse",),
    ),
    _assistant(
        "retrieve_assistant", "POST", f"{_ASSISTANTS}/query", kept_assistants.retrieve_assistant, assistants.QueryAssistant,
        assistants.Assistant, summary="Retrieve an assistant", sdk=("AssistantQueryResponse",),
    ),
    _assistant(
        "update_assistant", "POST", f"{_ASSISTANTS}/update", kept_assistants.update_assistant, assistants.UpdateAssistant,
        assistants.UpdatedAssistant, summary="Change an assistant", sdk=("AssistantUpdateResponse",),
    ),
    _assistant(
        "delete_assistant", "POST", f"{_ASSISTANTS}/delete", kept_assistants.delete_assistant, assistants.QueryAssistant,
        assistants.AssistantDeleted, summary="Delete an assistant", sdk=("AssistantDeleteResponse",),
    ),
    _assistant_file(
        "create_assistant_file", "POST", f"{_ASSISTANTS}/files", kept_assistants.attach_file, assistants.MountFile,
        assistants.MountedFile, summary="Attach a file to an assistant", sdk=("AssistantFilesResponse",),
    ),
    _assistant_file(
        "list_assistant_files", "POST", f"{_ASSISTANTS}/files/list", kept_assistants.list_assistant_files,
        assistants.ListMountedFiles, assistants.MountedFileList, summary="List the files of an assistant, a page at a time",
        sdk=("AssistantMountedFilesListResponse",),
    ),
    _assistant_file(
        "delete_assistant_file", "POST", f"{_ASSISTANTS}/files/delete", kept_assistants.detach_file, assistants.MountFile,
        assistants.FileUnmounted, summary="Take a file off an assistant", sdk=("AssistantFilesDeleteResponse",),
    ),
)  # fmt: skip

_FILE_ROUTES = (
    _file(
        "upload_file", "POST", _FILES, verbs.upload_file, uploads.UploadFile, uploads.File,
        summary="Upload a file", sdk=("AssistantFilesCreateResponse",),
    ),
    _file(
        "list_files", "POST", f"{_FILES}/list", verbs.list_files, uploads.ListFiles, uploads.FileList,
        summary="List the uploaded files", sdk=("AssistantFilesListResponse",),
    ),
    _file(
        "retrieve_file", "POST", f"{_FILES}/query", verbs.query_file, uploads.QueryFile, uploads.QueriedFile,
        summary="Retrieve an uploaded file", sdk=("AssistantFilesQueryResponse",),
    ),
    _file(
        "delete_file", "POST", f"{_FILES}/delete", kept_files.delete_file, uploads.QueryFile, uploads.FileDeleted,
        summary="Delete an uploaded file", sdk=("AssistantFilesDeleteResponse",),
    ),
    _file(
        "download_file", "POST", f"{_FILES}/download", verbs.download_file, uploads.QueryFile, uploads.FileContent,
        summary="Download an uploaded file, with its name",
    ),
    _file(
        "read_file", "POST", f"{_FILES}/content", verbs.read_file, uploads.QueryFile, uploads.FileContent,
        summary="Read the content of an uploaded file",
    ),
)  # fmt: skip

_RUN_ROUTES = (
    _run("create_run", "POST", _RUNS, verbs.run, runs.Run, runs.RunResult, summary="Create a run", sdk=("RunResult",)),
    _run(
        "list_runs", "POST", f"{_RUNS}/list", kept_runs.list_runs, runs.ListRuns, runs.RunList,
        summary="List the runs of a thread, a page at a time", sdk=("RunListResponse",),
    ),
    _run(
        "retrieve_run", "POST", f"{_RUNS}/query", performing.look_at_run, runs.QueryRun, runs.StoredRun,
        summary="Retrieve a run", sdk=("RunResult",), settled=runs.SETTLED,
    ),
    _run(
        "submit_tool_outputs", "POST", f"{_RUNS}/submit_tool_outputs", verbs.submit_tool_outputs, runs.SubmitToolOutputs,
        runs.RunResult, summary="Give a run the outputs of its calls", sdk=("RunResult",),
    ),
    _run(
        "cancel_run", "POST", f"{_RUNS}/cancel", verbs.cancel_run, runs.CancelRun, runs.RunResult,
        summary="Cancel a run", sdk=("RunResult",),
    ),
    _step(
        "list_run_steps", "POST", f"{_RUNS}/steps/list", kept_runs.list_steps, runs.ListSteps, runs.StepList,
        summary="List the steps of a run, a page at a time", sdk=("RunStepListResponse",),
    ),
    _step(
        "retrieve_run_step", "POST", f"{_RUNS}/steps/query", kept_runs.retrieve_step, runs.QueryStep, runs.Step,
        summary="Retrieve one step of a run", sdk=("RunStepResult",),
    ),
)  # fmt: skip

ROUTES = (*_MESSAGE_ROUTES, *_THREAD_ROUTES, *_ASSISTANT_ROUTES, *_FILE_ROUTES, *_RUN_ROUTES)
"""All operations."""
