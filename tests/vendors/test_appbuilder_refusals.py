"""
Every refusal of AppBuilder: status, whole body, headers; and a refused request changes nothing in the store.

Literal texts on purpose: the tables of the package are not asked what they say.
"""

from __future__ import annotations

from typing import Any

import pytest
from vendors import BAD_KEYS, BAIDU, KEY, STRANGE_BODIES, ask, filled, scene, state, stored

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._vendors import REVISIONS

METADATA = "metadata: at most 16 pairs, keys of at most 64 and values of at most 512 characters"
NOT_JSON = "the request body is not a JSON object"

ELEVEN = [f"file-{number}" for number in range(11)]

A = "/v2/assistants"
F = "/v2/storage/files"
R = "/v2/threads/runs"
ANSWER = {"tool_call_id": "call_no", "output": "x", "run_id": ""}
NO_ASSISTANT = "assistantId不存在"
NO_RUN = "当前run不存在"
LAST = "the last message must be role=user"
B = "/v2/threads/messages"
T = "/v2/threads"
ASK = {"thread_id": "{t}", "role": "user", "content": "x"}
ONE = {"thread_id": "{t}", "message_id": "{m}"}
BAIDU_REFUSALS: list[tuple[str, Any, str, str | None]] = [
    # who is not there
    *(
        (path, {**ASK, **ONE, "thread_id": thread}, "threadId不存在", "thread_id")
        for path in (B, B + "/list", B + "/query", B + "/update", B + "/files/list", T + "/query", T + "/update", T + "/delete")
        for thread in ("thread_no", "", "{gone}")
    ),
    *(
        (path, {**ONE, "content": "x", "message_id": message}, "messageId不存在", "message_id")
        for path in (B + "/query", B + "/update", B + "/files/list")
        for message in ("msg_no", "", "{o}")
    ),
    # left out
    *((path, {}, "thread_id: required", "thread_id") for path in (B + "/list", B + "/query", T + "/query", T + "/delete")),
    (B, {"thread_id": "{t}", "role": "user"}, "content: required", "content"),
    (B, {"thread_id": "{t}", "content": "x"}, "role: required", "role"),
    (B, {"role": "user", "content": "x"}, "thread_id: required", "thread_id"),
    (B, {**ASK, "content": None}, "content: required", "content"),
    (B, {**ASK, "role": None}, "role: required", "role"),
    (B, {**ASK, "thread_id": None}, "thread_id: required", "thread_id"),
    (B + "/query", {"thread_id": "{t}"}, "message_id: required", "message_id"),
    (B + "/files/list", {"thread_id": "{t}"}, "message_id: required", "message_id"),
    (B + "/update", ONE, "content: required", "content"),
    (B + "/update", {**ONE, "content": None, "file_ids": []}, "content: required", "content"),
    (T, {"messages": [{"role": "user"}]}, "content: required", "content"),
    # of the wrong kind
    *(
        (B, {**ASK, name: value}, f"{name}: wrong type", name)
        for name, value in (
            ("thread_id", 5),
            ("thread_id", ["{t}"]),
            ("content", 5),
            ("content", ["x"]),
            ("content", {"text": "x"}),
            ("file_ids", "file-1"),
            ("file_ids", [1]),
            ("file_ids", [None]),
            ("file_ids", ["file-1", ""]),
            ("file_ids", {}),
            ("metadata", "x"),
            ("metadata", []),
            ("metadata", {"content": 5}),
            ("metadata", {"k": None}),
        )
    ),
    *(
        (B + "/list", {"thread_id": "{t}", name: value}, f"{name}: wrong type", name)
        for name, value in (
            ("limit", "20"),
            ("limit", 1.5),
            ("limit", 20.0),
            ("limit", True),
            ("limit", [20]),
            ("after", 5),
            ("after", ["{m}"]),
            ("before", False),
        )
    ),
    (B + "/update", {**ONE, "content": 5}, "content: wrong type", "content"),
    (B + "/update", {**ONE, "content": "x", "file_ids": "file-1"}, "file_ids: wrong type", "file_ids"),
    (B + "/query", {**ONE, "message_id": 5}, "message_id: wrong type", "message_id"),
    (T, {"messages": {"content": "x"}}, "messages: wrong type", "messages"),
    (T, {"messages": ["x"]}, "messages: wrong type", "messages"),
    (T, {"messages": [{"content": 5}]}, "content: wrong type", "content"),
    (T, {"metadata": "x"}, "metadata: wrong type", "metadata"),
    (T + "/update", {"thread_id": "{t}", "metadata": [1]}, "metadata: wrong type", "metadata"),
    # against the rules
    *((B, {**ASK, "role": role}, "role: must be user", "role") for role in ("assistant", "system", "User", "", 5)),
    (T, {"messages": [{"content": "x", "role": "system"}]}, "role: must be user or assistant", "role"),
    *(
        (path, {**ONE, "order": order}, "order: must be desc or asc", "order")
        for path in (B + "/list", B + "/files/list")
        for order in ("up", "DESC", 5, ["asc"])
    ),
    (B, {**ASK, "file_ids": ELEVEN}, "file_ids: at most 10 files", "file_ids"),
    (B + "/update", {**ONE, "content": "x", "file_ids": ELEVEN}, "file_ids: at most 10 files", "file_ids"),
    (T, {"messages": [{"content": "x", "file_ids": ELEVEN}]}, "file_ids: at most 10 files", "file_ids"),
    (B + "/update", {**ONE, "message_id": "{a}", "content": "x"}, "only messages with role=user can be updated", "message_id"),
    *(
        (path, {**ASK, "metadata": metadata}, METADATA, "metadata")
        for path in (B, T, T + "/update")
        for metadata in ({f"k{number}": "v" for number in range(17)}, {"k" * 65: "v"}, {"k": "v" * 513})
    ),
    (T, {"messages": [{"content": "x", "metadata": {"k": "v" * 513}}]}, METADATA, "metadata"),
    (B + "/list", {"thread_id": "{t}", "after": "msg_no"}, "messageId不存在", "after"),
    (B + "/list", {"thread_id": "{t}", "before": "{o}"}, "messageId不存在", "before"),
    (B + "/files/list", {**ONE, "after": "file-2"}, "fileId不存在", "after"),
    (B + "/files/list", {**ONE, "before": "{m}"}, "fileId不存在", "before"),
    # assistants, files, runs and steps
    *(
        (A + path, {"assistant_id": "asst_no", "name": "x"}, NO_ASSISTANT, "assistant_id")
        for path in ("/query", "/update", "/delete")
    ),
    *(
        (A + path, {"assistant_id": "asst_no", "file_id": "f"}, NO_ASSISTANT, "assistant_id")
        for path in ("/files", "/files/list", "/files/delete")
    ),
    (A, {}, "name: required", "name"),
    (A, {"name": "x" * 129}, "name: too long", "name"),
    (A, {"name": "x", "tools": [{}] * 11}, "tools: at most 10", "tools"),
    (A, {"name": "x", "file_ids": ELEVEN}, "file_ids: at most 10 files", "file_ids"),
    (A + "/files/delete", {"assistant_id": "{s}", "file_id": "f"}, "fileId不存在", "file_id"),
    *((F + path, {"file_id": "f"}, "fileId不存在", "file_id") for path in ("/delete", "/download", "/content")),
    (F, b"no form", "the request body is not multipart/form-data", None),
    *(
        (path, f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\ny\r\n--b--\r\n'.encode(), "file: required", "file")
        for path in (F, f"{F}?file=x")
        for name in ("x", "file")
    ),
    (R, {"thread_id": "{gone}", "assistant_id": "{s}"}, "threadId不存在", "thread_id"),
    (R, {"thread_id": "{chat}", "assistant_id": "asst_no"}, NO_ASSISTANT, "assistant_id"),
    (R, {"thread_id": "{chat}", "assistant_id": "asst_no", "stream": True}, NO_ASSISTANT, "assistant_id"),
    (R, {"thread_id": "", "assistant_id": "{s}"}, "thread_id or thread: required", "thread_id"),
    (R, {"thread_id": "{t}", "assistant_id": "{s}"}, LAST, "thread_id"),
    (R, {"thread_id": "{empty}", "assistant_id": "{s}"}, LAST, "thread_id"),
    (
        R,
        {"thread_id": "{chat}", "assistant_id": "{s}", "thread": {"messages": [{"role": "user", "content": "x"}] * 2}},
        "thread: at most one message with role=user",
        "thread",
    ),
    *(
        (R + path, {"thread_id": "{chat}", "run_id": "run_no", "step_id": "step-1", "tool_outputs": [ANSWER]}, NO_RUN, "run_id")
        for path in ("/query", "/cancel", "/submit_tool_outputs", "/steps/list", "/steps/query")
    ),
    (R + "/steps/query", {"thread_id": "{chat}", "run_id": "{r}", "step_id": "step-9"}, "stepId不存在", "step_id"),
    (
        R + "/submit_tool_outputs",
        {"thread_id": "{chat}", "run_id": "{r}", "tool_outputs": [ANSWER]},
        "the run does not require tool outputs",
        "run_id",
    ),
    (
        R + "/submit_tool_outputs",
        {"thread_id": "{chat}", "run_id": "{w}", "tool_outputs": [ANSWER]},
        "tool_call_id: no such tool call",
        "tool_call_id",
    ),
    (
        R + "/submit_tool_outputs",
        {"thread_id": "{chat}", "run_id": "{w}", "tool_outputs": [{**ANSWER, "tool_call_id": "call-{chat}-{w}-step-1"}]},
        "tool_outputs: an output is missing",
        "tool_outputs",
    ),
    (R, {"thread_id": "{chat}", "assistant_id": "{s}", "tool_output": ANSWER}, NO_RUN, "run_id"),
    # bodies
    *((B, body, NOT_JSON, None) for body in STRANGE_BODIES.values()),
    *((B + "/list", body, NOT_JSON, None) for body in STRANGE_BODIES.values()),
    (B, b'""', NOT_JSON, None),
    (T, b"{", NOT_JSON, None),
]

GATEWAY: list[tuple[str, str, int, str, str]] = [
    ("GET", B + "/list", 405, "MethodNotAllowed", "Request method 'GET' is not supported."),
    ("DELETE", T, 405, "MethodNotAllowed", "Request method 'DELETE' is not supported."),
    *(
        ("POST", path, 404, "NotFound", "The requested path does not exist.")
        for path in (
            "",
            "/",
            B + "/",
            B + "/delete",
            "/v2/threads/run",
            "/v2/assistants/",
            "/v2/storage",
            "/rpc/2.0/cloud_hub/v1",
        )
    ),
]


@pytest.mark.parametrize(("path", "body", "message", "param"), BAIDU_REFUSALS)
def test_appbuilder_refuses(path: str, body: Any, message: str, param: str | None) -> None:
    """
    HTTP 200 with an error of all four keys, the client's request id in the header, and the store is as it was, counters too.
    """
    mock, _, names = scene("appbuilder")
    before = state(mock)
    reply = ask(mock, "POST", BAIDU + path, filled(body, names), (KEY, ("x-appbuilder-request-id", "my-own-id")))
    assert (reply.status, [(key, list(value.items())) for key, value in reply.json().items()]) == (
        200,
        [
            (
                "error",
                [
                    ("code", "InvalidRequestArgumentError"),
                    ("message", message),
                    ("type", "invalid_request_error"),
                    ("param", param),
                ],
            )
        ],
    )
    assert reply.header("X-Appbuilder-Request-Id") == "my-own-id"
    assert state(mock) == before


@pytest.mark.parametrize(("method", "path", "status", "code", "message"), GATEWAY)
def test_appbuilders_gateway_refuses(method: str, path: str, status: int, code: str, message: str) -> None:
    """What no route answers is refused in front, with the gateway's own envelope and status."""
    mock, _, _ = scene("appbuilder")
    before = state(mock)
    reply = ask(mock, method, BAIDU + path, {"thread_id": "x"}, (KEY, ("X-Appbuilder-Request-Id", "my-own-id")))
    assert (reply.status, list(reply.json().items())) == (
        status,
        [("requestId", "my-own-id"), ("code", code), ("message", message)],
    )
    assert reply.header("X-Appbuilder-Request-Id") == "my-own-id"
    assert state(mock) == before


@pytest.mark.parametrize("headers", BAD_KEYS.values(), ids=BAD_KEYS)
@pytest.mark.parametrize(("method", "path", "body"), [("POST", T, b"{}"), ("POST", B, b"{"), ("PUT", "/nowhere", b"")])
def test_appbuilder_wants_a_key_before_anything_else(
    headers: tuple[tuple[str, str], ...], method: str, path: str, body: bytes
) -> None:
    """401 from the gateway without a bearer token, whatever else is wrong; the id is the server's, as the client sent none."""
    mock = AssistantMock()
    reply = ask(mock, method, BAIDU + path, body, headers)
    request_id = "00000000-0000-4000-8000-000000000001"
    assert (reply.status, reply.json()) == (
        401,
        {
            "requestId": request_id,
            "code": 216003,
            "message": "Authentication error: ( Unsupported authorization header type )",
        },
    )
    assert reply.header("X-Appbuilder-Request-Id") == request_id
    assert stored(mock) == []


def test_at_the_limits_appbuilder_accepts() -> None:
    """Ten files, sixteen pairs, keys of 64 and values of 512 characters, an empty content: all within the rules."""
    mock, handle, names = scene("appbuilder")
    metadata = {"键" * 64: "值" * 512, **{f"k{number}": "" for number in range(15)}}
    body = {"thread_id": names["t"], "role": "user", "content": "", "file_ids": ELEVEN[:10], "metadata": metadata}
    assert "error" not in ask(mock, "POST", f"{BAIDU}{B}", body).json()
    last = handle.messages(names["t"])[-1]
    assert (last.text, last.file_ids, last.metadata) == ("", tuple(ELEVEN[:10]), metadata)


ARRANGED = ("bad_key", "forbidden", "rate_limited", "quota_exceeded", "server_error", "unavailable", "too_large")
ROWS = [(kind, row.message) for kind, row in REVISIONS["2025"][1].errors.items() if kind not in ARRANGED]


@pytest.mark.parametrize(("kind", "text"), ROWS)
def test_every_row_of_errors_is_reached_by_some_request(kind: str, text: str) -> None:
    """The tables above leave no kind of refusal out, but those a test must arrange (test_faults.py)."""
    texts = {message for _, _, message, _ in BAIDU_REFUSALS} | {message for *_, message in GATEWAY}
    texts |= {"Authentication error: ( Unsupported authorization header type )"}
    fixed = max(text.replace("{field}", "{method}").split("{method}"), key=len)
    assert any(fixed in found for found in texts), kind
