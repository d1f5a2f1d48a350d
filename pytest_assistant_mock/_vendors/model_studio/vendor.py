"""
Model Studio's routes, errors, ids and base URLs, in tables -> MODEL_STUDIO.

Error texts: the vendor's pages "Assistant API status codes" and "Error messages".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from pytest_assistant_mock._engine.clock import Numbers
from pytest_assistant_mock._engine.habits import Habits, spaced_json
from pytest_assistant_mock._engine.vendor import Basis, ErrorRow, Settings, Vendor
from pytest_assistant_mock._engine.wire import Request
from pytest_assistant_mock._vendors.model_studio import responses
from pytest_assistant_mock._vendors.model_studio.events import STREAMS
from pytest_assistant_mock._vendors.model_studio.routes import REVISIONS, routes

_PREFIXES = {
    "thread": "thread",
    "user message": "message",
    "assistant message": "message",
    "assistant": "asst",
    "run": "run",
    "step": "step",
    "file": "file",
}


def _uuid(number: int, version: int) -> str:
    return f"00000000-0000-{version}000-8000-{number:012x}"


def format_id(kind: str, number: int) -> str:
    """`<prefix>_<uuid4>`, as in all of the vendor's samples."""
    return f"{_PREFIXES[kind]}_{_uuid(number, 4)}"


def call_id(thread_id: str, run_id: str, step: int, position: int, number: int) -> str:
    """`call_<32 hex>`, counted; the recordings of 2024 print none."""
    return f"call_{number:032x}"


def request_id(request: Request, numbers: Numbers) -> str:
    """A lower-case UUID of version 9, as in all of the vendor's samples."""
    return _uuid(numbers.next("request"), 9)


def key_of(request: Request) -> str:
    """What stands in `Authorization: Bearer <key>`; "" without one."""
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
    "assistant_not_found": _row(400, "InvalidParameter", "The specified assistant has been deleted or does not exist."),
    "assistant_file_not_found": _row(400, "InvalidParameter", "The specified assistant file has been deleted or does not exist."),
    "run_not_found": _row(400, "InvalidParameter", "The specified run has been deleted or does not exist."),
    "step_not_found": _row(400, "InvalidParameter", "The specified run step does not exist."),
    "uploaded_file_not_found": _row(400, "InvalidParameter", "The specified file does not exist.", "inferred"),
    "empty_thread": _row(400, "InvalidParameter", "The messages information cannot be empty.", "inferred"),
    "run_not_waiting": _row(400, "InvalidParameter", "The specified run does not require tool outputs.", "inferred"),
    "unknown_call": _row(400, "InvalidParameter", "The specified tool call does not exist.", "inferred"),
    "missing_output": _row(400, "InvalidParameter", _INVALID, "inferred"),
    "no_multipart": _row(400, "InvalidParameter", "Required body invalid, please check the request body format.", "inferred"),
    "no_file": _row(400, "InvalidParameter", _INVALID, "inferred"),
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
            "*.dashscope.aliyuncs.com",  # coding., coding-intl.: other services, which no fake answers
        ),
        routes=routes(revision),
        errors=ERRORS,
        format_id=format_id,
        settings=Settings(
            key="sk-assistant-mock",
            key_variable="DASHSCOPE_API_KEY",
            key_attributes=(("dashscope", "api_key"), ("dashscope.common.env", "api_key")),
            url_variable="DASHSCOPE_HTTP_BASE_URL",
            url_attributes=(("dashscope", "base_http_api_url"),),
            read_url=_read_url,
            sdk=("dashscope", "dashscope"),
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
        streams=STREAMS,
        secret_headers=("X-DashScope-WorkSpace",),
    )


MODEL_STUDIO: Mapping[str, Vendor] = {revision: _vendor(revision) for revision in REVISIONS}


def _as_its_client_reads(request: Request) -> Vendor:
    """The tables of the seed page; the newest for the Java SDK, which reads no others."""
    for name, value in request.headers:  # by hand, for it is asked for every answer
        if len(name) == 10 and name.lower() == "user-agent":
            return _read_by(value)
    return _read_by("")


@lru_cache(maxsize=32)
def _read_by(agent: str) -> Vendor:
    """By the User-Agent; the Java SDK's is `dashscope/2.22.29; java/17.0.15; platform/Linux; processor/amd64`."""
    agent = agent.lower()
    return MODEL_STUDIO["2026" if agent.startswith("dashscope/") and "; java/" in agent else "2025"]


AUTO = replace(MODEL_STUDIO["2025"], chosen_by=_as_its_client_reads)
"""Which revision prints an answer depends on who asks."""
