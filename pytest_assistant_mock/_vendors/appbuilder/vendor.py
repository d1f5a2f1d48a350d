"""
AppBuilder's routes, errors, ids and base URLs, in tables -> APPBUILDER.

Of the error texts only "threadId不存在" and the 401 are recorded; the codes of business errors are unknown, see docs/fidelity.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_assistant_mock._engine.clock import EPOCH_MS, Numbers
from pytest_assistant_mock._engine.habits import Habits
from pytest_assistant_mock._engine.vendor import Basis, ErrorRow, Settings, Vendor
from pytest_assistant_mock._engine.wire import Request
from pytest_assistant_mock._vendors.appbuilder import responses
from pytest_assistant_mock._vendors.appbuilder.events import STREAMS
from pytest_assistant_mock._vendors.appbuilder.routes import ROUTES

_PREFIXES = {"thread": "thread", "user message": "msg", "assistant message": "chatmsg", "assistant": "asst", "run": "run"}
_REQUEST_ID = "X-Appbuilder-Request-Id"
_FIRST_MS = 1_582_136_402_000  # when the vendor's file ids begin to count, in ms since 1970


def format_id(kind: str, number: int) -> str:
    """`<prefix>_<32 hex of a uuid4>`, as in all of the vendor's samples."""
    if kind == "file":
        return f"file-{((EPOCH_MS - _FIRST_MS + number) << 12) | 69}"  # a snowflake of the vendor's: time, worker, sequence
    if kind == "step":
        return f"step-{number}"  # counted in each run
    return f"{_PREFIXES[kind]}_00000000000040008000{number:012x}"


def call_id(thread_id: str, run_id: str, step: int, position: int, number: int) -> str:
    """`call-<thread>-<run>-step-<n>` as recorded; a further call of the same step has a further number."""
    return f"call-{thread_id}-{run_id}-step-{step}" + (f"-{position + 1}" if position else "")


def request_id(request: Request, numbers: Numbers) -> str:
    """The client's own, echoed; else a uuid4."""
    return request.header(_REQUEST_ID) or f"00000000-0000-4000-8000-{numbers.next('request'):012x}"


def key_of(request: Request) -> str:
    """The bearer token in `Authorization` (curl) or `X-Appbuilder-Authorization` (the SDK sends both); "" without one."""
    for name in ("authorization", "x-appbuilder-authorization"):
        scheme, _, key = (request.header(name) or "").partition(" ")
        if scheme.lower() == "bearer" and key.strip():
            return key.strip()
    return ""


def _error(message: str, basis: Basis = "inferred") -> ErrorRow:
    return ErrorRow(200, "InvalidRequestArgumentError", message, basis, responses.Error.write)


def _gateway(status: int, code: str | int, message: str, basis: Basis = "inferred") -> ErrorRow:
    return ErrorRow(status, code, message, basis, responses.GatewayError.write)


# the wording of the vendor's sister service, which answers with the same code
_BAD_KEY = (
    "Authentication error: ( [Code: InvalidHTTPAuthHeader; Message: Fail to parse apikey authorization;"
    " RequestId: {request_id}] )"
)

ERRORS: Mapping[str, ErrorRow] = {
    "no_key": _gateway(401, 216003, "Authentication error: ( Unsupported authorization header type )", "recorded"),
    "bad_key": ErrorRow(401, 216003, _BAD_KEY, "inferred", responses.GatewayError.write_unknown_key),
    "forbidden": _gateway(403, "PermissionDeniedError", "The account has no permission to access the resource."),
    "rate_limited": _gateway(429, "RateLimitExceeded", "QPS超限"),
    "quota_exceeded": ErrorRow(  # recorded at the vendor's newer gateway
        400, "QuotaLimitExceeded", "quota资源已达上限", "inferred", responses.OpenAPIError.write
    ),
    "server_error": _gateway(500, "InternalServerError", "Internal server error."),
    "unavailable": _gateway(503, "ServiceUnavailable", "The service is temporarily unavailable."),
    "too_large": _gateway(413, "RequestTooLarge", "The request body is too large."),
    "thread_not_found": _error("threadId不存在", "recorded"),
    "message_not_found": _error("messageId不存在"),
    "file_not_found": _error("fileId不存在"),
    "uploaded_file_not_found": _error("fileId不存在"),
    "unknown_file": ErrorRow(200, "", "", "SDK-implied", responses.Nothing.write),  # a query of an unknown file: null
    "assistant_file_not_found": _error("fileId不存在"),
    "assistant_not_found": _error("assistantId不存在"),
    "run_not_found": _error("当前run不存在", "recorded"),
    "step_not_found": _error("stepId不存在"),
    "empty_thread": _error("the last message must be role=user"),
    "not_users_turn": _error("the last message must be role=user"),
    "two_user_messages": _error("thread: at most one message with role=user"),
    "no_thread": _error("thread_id or thread: required"),
    "run_not_waiting": _error("the run does not require tool outputs"),
    "unknown_call": _error("{field}: no such tool call"),
    "missing_output": _error("{field}: an output is missing"),
    "no_multipart": _error("the request body is not multipart/form-data"),
    "no_file": _error("file: required"),
    "too_many_tools": _error("tools: at most 10"),
    "text_too_long": _error("{field}: too long"),
    "too_many_files": _error("file_ids: at most 10 files"),
    "not_user_message": _error("only messages with role=user can be updated"),
    "bad_role": _error("role: must be user"),
    "bad_first_role": _error("role: must be user or assistant"),
    "bad_order": _error("order: must be desc or asc"),
    "bad_metadata": _error("metadata: at most 16 pairs, keys of at most 64 and values of at most 512 characters"),
    "missing_field": _error("{field}: required"),
    "wrong_type": _error("{field}: wrong type"),
    "bad_json": _error("the request body is not a JSON object"),
    "wrong_method": _gateway(405, "MethodNotAllowed", "Request method '{method}' is not supported."),
    "unknown_path": _gateway(404, "NotFound", "The requested path does not exist."),
}


def _read_url(url: str) -> str:
    # the SDK puts https:// before a GATEWAY_URL that does not begin with "http"
    return url if url.startswith("http") else f"https://{url}"


APPBUILDER = Vendor(
    name="appbuilder",
    base_urls=("https://appbuilder.baidu.com",),
    hosts=("appbuilder.baidu.com", "qianfan.baidubce.com"),  # the SDK's other parts talk to the second
    routes=ROUTES,
    errors=ERRORS,
    format_id=format_id,
    settings=Settings(
        key="bce-v3/ALTAK-assistant-mock",
        key_variable="APPBUILDER_TOKEN",
        url_variable="GATEWAY_URL",
        read_url=_read_url,
        sdk=("appbuilder", "appbuilder-sdk"),
    ),
    request_id=request_id,
    request_id_header=_REQUEST_ID,
    key_of=key_of,
    habits=Habits(local_steps=True, text_annotations=True, call_id=call_id),
    streams=STREAMS,
    secret_headers=("X-Appbuilder-Authorization",),
)
