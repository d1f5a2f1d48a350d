"""
Model Studio's routes, errors, ids and base URLs, in tables -> MODEL_STUDIO.

Error texts: the vendor's pages "Assistant API status codes" and "Error messages".
"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_assistant_mock._engine.clock import Numbers
from pytest_assistant_mock._engine.habits import Habits, spaced_json
from pytest_assistant_mock._engine.kinds import messages, threads
from pytest_assistant_mock._engine.vendor import Answers, Basis, ErrorRow, Route, Settings, Vendor
from pytest_assistant_mock._engine.wire import Request
from pytest_assistant_mock._vendors.model_studio import requests, responses
from pytest_assistant_mock._vendors.shape import PathRequest

_PREFIXES = {
    "thread": "thread",
    "user message": "message",
    "assistant message": "message",
    "assistant": "asst",
    "run": "run",
    "step": "step",
}


def _uuid(number: int, version: int) -> str:
    return f"00000000-0000-{version}000-8000-{number:012x}"


def format_id(kind: str, number: int) -> str:
    """
    `<prefix>_<uuid4>`, as in all of the vendor's samples.
    """
    return f"{_PREFIXES[kind]}_{_uuid(number, 4)}"


def call_id(thread_id: str, run_id: str, step: int, position: int, number: int) -> str:
    """`call_<32 hex>`, counted; the recordings of 2024 print none."""
    return f"call_{number:032x}"


def request_id(request: Request, numbers: Numbers) -> str:
    """
    A lower-case UUID of version 9, as in all of the vendor's samples.
    """
    return _uuid(numbers.next("request"), 9)


def key_of(request: Request) -> str:
    """
    What stands in `Authorization: Bearer <key>`; "" without one.
    """
    scheme, _, key = (request.header("authorization") or "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _row(status: int, code: str, message: str, basis: Basis = "documented") -> ErrorRow:
    return ErrorRow(status, code, message, basis, responses.Error.write)


_INVALID = "Required parameter(s) missing or invalid, please check the request parameters."

ERRORS: Mapping[str, ErrorRow] = {
    "no_key": _row(401, "InvalidApiKey", "No API-key provided."),
    "bad_key": _row(401, "InvalidApiKey", "Invalid API-key provided."),
    "too_large": _row(413, "BadRequest.TooLarge", "Payload Too Large."),
    "forbidden": _row(403, "Workspace.AccessDenied", "Workspace access denied."),
    "rate_limited": _row(429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
    "quota_exceeded": _row(429, "Throttling.AllocationQuota", "Allocated quota exceeded, please increase your quota limit."),
    "server_error": _row(
        500, "InternalError", "An internal error has occured, please try again later or contact service support."
    ),  # "occured" is the vendor's
    "unavailable": _row(503, "ModelUnavailable", "Model is unavailable, please try again later."),
    "thread_not_found": _row(400, "InvalidParameter", "The specified thread has been deleted or does not exist."),
    "message_not_found": _row(400, "InvalidParameter", "The specified message has been deleted or does not exist."),
    "file_not_found": _row(400, "InvalidParameter", "The specified message file not exist."),
    "empty_content": _row(400, "InvalidParameter", "The messages information cannot be empty."),
    "bad_order": _row(400, "InvalidParameter", "Order must be 'asc' or 'desc'"),
    "bad_limit": _row(400, "InvalidParameter", "Limit must be between 1 and 100"),
    "missing_field": _row(400, "InvalidParameter", _INVALID, "inferred"),
    "wrong_type": _row(400, "InvalidParameter", _INVALID, "inferred"),
    "bad_json": _row(400, "InvalidParameter", "Required body invalid, please check the request body format.", "inferred"),
    "wrong_method": _row(400, "InvalidParameter", "Request method '{method}' is not supported."),
    "unknown_path": _row(400, "InvalidParameter", "Invalid URL provided in your request."),
}

_THREADS = "/threads"
_THREAD = "/threads/{thread_id}"
_MESSAGES = f"{_THREAD}/messages"
_MESSAGE = f"{_MESSAGES}/{{message_id}}"
_FILES = f"{_MESSAGE}/files"

_SHAPES: Mapping[str, tuple[Answers, Answers]] = {
    "2025": (responses.Message2025, responses.MessageList2025),
    "2026": (responses.Message2026, responses.MessageList2026),
}


def _routes(revision: str) -> tuple[Route, ...]:
    message, message_list = _SHAPES[revision]
    return (
        Route("create_message", "POST", _MESSAGES, messages.create_message, requests.CreateMessage, message),
        Route("list_messages", "GET", _MESSAGES, messages.list_messages, requests.ListPage, message_list),
        Route("retrieve_message", "GET", _MESSAGE, messages.retrieve_message, PathRequest, message),
        Route("update_message", "POST", _MESSAGE, messages.update_message, requests.UpdateMetadata, message),
        Route("list_message_files", "GET", _FILES, messages.list_message_files, requests.ListPage, responses.MessageFileList),
        Route(
            "retrieve_message_file",
            "GET",
            f"{_FILES}/{{file_id}}",
            messages.retrieve_message_file,
            PathRequest,
            responses.MessageFile,
        ),
        Route("create_thread", "POST", _THREADS, messages.create_thread, requests.CreateThread, responses.Thread),
        Route("retrieve_thread", "GET", _THREAD, threads.retrieve_thread, PathRequest, responses.Thread),
        Route("update_thread", "POST", _THREAD, threads.update_thread, requests.UpdateMetadata, responses.Thread),
        Route("delete_thread", "DELETE", _THREAD, threads.delete_thread, PathRequest, responses.ThreadDeleted),
    )


def _read_url(url: str) -> str:
    # dashscope 2 keeps a placeholder in the URL until the call names its workspace
    return url.replace("{workspace_id}.", "*.")


def _vendor(revision: str) -> Vendor:
    return Vendor(
        name="model_studio",
        base_urls=(
            "https://dashscope.aliyuncs.com/api/v1",
            "https://dashscope-intl.aliyuncs.com/api/v1",
            "https://dashscope-us.aliyuncs.com/api/v1",
            "https://*.maas.aliyuncs.com/api/v1",
        ),
        hosts=(
            "dashscope.aliyuncs.com",
            "dashscope-intl.aliyuncs.com",
            "dashscope-us.aliyuncs.com",
            "*.maas.aliyuncs.com",
        ),
        routes=_routes(revision),
        errors=ERRORS,
        format_id=format_id,
        settings=Settings(
            key="sk-assistant-mock",
            key_variable="DASHSCOPE_API_KEY",
            key_attributes=(("dashscope", "api_key"), ("dashscope.common.env", "api_key")),
            url_variable="DASHSCOPE_HTTP_BASE_URL",
            url_attributes=(("dashscope", "base_http_api_url"),),
            read_url=_read_url,
        ),
        request_id=request_id,
        request_id_header="x-request-id",
        key_of=key_of,
        workspace_header="X-DashScope-WorkSpace",
        habits=Habits(
            piece_size=4,
            last_is_empty=True,
            counts_tokens=True,
            builtin_tools=True,
            polls=True,
            print_arguments=spaced_json,
            call_id=call_id,
        ),
        left_out=(f"{_THREADS}/runs",),
    )


MODEL_STUDIO: Mapping[str, Vendor] = {revision: _vendor(revision) for revision in _SHAPES}
