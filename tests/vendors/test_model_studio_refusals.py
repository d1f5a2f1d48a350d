"""
Every refusal of Model Studio: status, whole body, headers; and a refused request changes nothing in the store.

Literal texts on purpose: the tables of the package are not asked what they say.
"""

from __future__ import annotations

from typing import Any

import pytest
from vendors import BAD_KEYS, STRANGE_BODIES, STUDIO, ask, filled, scene, state, stored

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._vendors import REVISIONS

NO_THREAD = "The specified thread has been deleted or does not exist."
NO_MESSAGE = "The specified message has been deleted or does not exist."
NO_FILE = "The specified message file not exist."
NO_ASSISTANT = "The specified assistant has been deleted or does not exist."
NO_RUN = "The specified run has been deleted or does not exist."
EMPTY = "The messages information cannot be empty."
ORDER = "Order must be 'asc' or 'desc'"
LIMIT = "Limit must be between 1 and 100"
PARAMETERS = "Required parameter(s) missing or invalid, please check the request parameters."
BODY = "Required body invalid, please check the request body format."
URL = "Invalid URL provided in your request."
NO_UPLOAD = "Required parameter(s) missing or invalid, please check the request parameters."

M = "/threads/{t}/messages"
STUDIO_REFUSALS: list[tuple[str, str, Any, str]] = [
    # who is not there
    ("GET", "/threads/thread_no", b"", NO_THREAD),
    ("POST", "/threads/thread_no", {"metadata": {}}, NO_THREAD),
    ("DELETE", "/threads/thread_no", b"", NO_THREAD),
    ("GET", "/threads/{gone}", b"", NO_THREAD),
    ("DELETE", "/threads/{gone}", b"", NO_THREAD),
    ("POST", "/threads/{gone}", {"metadata": {}}, NO_THREAD),
    ("POST", "/threads/{gone}/messages", {"content": "x"}, NO_THREAD),
    ("GET", "/threads/{gone}/messages", b"", NO_THREAD),
    ("GET", "/threads/{gone}/messages/{m}", b"", NO_THREAD),
    ("POST", "/threads/{gone}/messages/{m}", {"metadata": {}}, NO_THREAD),
    ("GET", "/threads/{gone}/messages/{m}/files", b"", NO_THREAD),
    ("GET", "/threads/{gone}/messages/{m}/files/file-1", b"", NO_THREAD),
    ("GET", "/threads/%7Bt%7D", b"", NO_THREAD),
    ("GET", "/threads/%FF", b"", NO_THREAD),
    ("GET", M + "/message_no", b"", NO_MESSAGE),
    ("GET", M + "/{o}", b"", NO_MESSAGE),
    ("POST", M + "/message_no", {"metadata": {}}, NO_MESSAGE),
    ("POST", M + "/{o}", {"metadata": {"k": "v"}}, NO_MESSAGE),
    ("GET", M + "/message_no/files", b"", NO_MESSAGE),
    ("GET", M + "/{o}/files/file-1", b"", NO_MESSAGE),
    ("GET", M + "/{m}/files/file-2", b"", NO_FILE),
    ("GET", M + "/{a}/files/file-1", b"", NO_FILE),
    # content
    ("POST", M, {}, EMPTY),
    ("POST", M, {"role": "user"}, EMPTY),
    ("POST", M, {"content": ""}, EMPTY),
    ("POST", M, {"content": " \n\t\u3000"}, EMPTY),
    ("POST", M, {"content": None}, EMPTY),
    ("POST", M, {"content": 5}, PARAMETERS),
    ("POST", M, {"content": True}, PARAMETERS),
    ("POST", M, {"content": ["x"]}, PARAMETERS),
    ("POST", M, {"content": {"type": "text"}}, PARAMETERS),
    # role, metadata, file_ids
    ("POST", M, {"content": "x", "role": "assistant"}, PARAMETERS),
    ("POST", M, {"content": "x", "role": "system"}, PARAMETERS),
    ("POST", M, {"content": "x", "role": "User"}, PARAMETERS),
    ("POST", M, {"content": "x", "role": ""}, PARAMETERS),
    ("POST", M, {"content": "x", "role": None}, PARAMETERS),
    ("POST", M, {"content": "x", "role": 1}, PARAMETERS),
    ("POST", M, {"content": "x", "metadata": "k=v"}, PARAMETERS),
    ("POST", M, {"content": "x", "metadata": ["k"]}, PARAMETERS),
    ("POST", M, {"content": "x", "metadata": False}, PARAMETERS),
    ("POST", M, {"content": "x", "file_ids": "file-1"}, PARAMETERS),
    ("POST", M, {"content": "x", "file_ids": [1]}, PARAMETERS),
    ("POST", M, {"content": "x", "file_ids": [None]}, PARAMETERS),
    ("POST", M, {"content": "x", "file_ids": ["file-1", ""]}, PARAMETERS),
    ("POST", M, {"content": "x", "file_ids": {"file-1": 1}}, PARAMETERS),
    ("POST", M + "/{m}", {"metadata": "k=v"}, PARAMETERS),
    ("POST", M + "/{m}", {"metadata": [["k", "v"]]}, PARAMETERS),
    ("POST", "/threads/{t}", {"metadata": 5}, PARAMETERS),
    ("POST", "/threads", {"metadata": 5}, PARAMETERS),
    ("POST", "/threads", {"messages": {"content": "x"}}, PARAMETERS),
    ("POST", "/threads", {"messages": ["x"]}, PARAMETERS),
    ("POST", "/threads", {"messages": [{"content": "x"}, {"role": "user"}]}, EMPTY),
    ("POST", "/threads", {"messages": [{"content": "x", "role": "system"}]}, PARAMETERS),
    ("POST", "/threads", {"messages": [{"content": "x", "file_ids": 5}]}, PARAMETERS),
    # lists
    *(
        ("GET", f"{M}?limit={limit}", b"", LIMIT)
        for limit in ("0", "101", "abc", "-1", "1.5", "1e1", "%EF%BC%95", "+5", "9" * 5000)
    ),
    ("GET", M + "?limit=5&limit=0", b"", LIMIT),
    *(("GET", f"{M}?order={order}", b"", ORDER) for order in ("up", "DESC", "asc%20", "created_at")),
    *(("GET", f"{M}?{cursor}={{o}}", b"", NO_MESSAGE) for cursor in ("after", "before")),
    *(("GET", f"{M}?{cursor}=a+b%C3%BC", b"", NO_MESSAGE) for cursor in ("after", "before")),
    ("GET", M + "?limit=5&after={m}&before=message_no", b"", NO_MESSAGE),
    ("GET", M + "/{m}/files?limit=0", b"", LIMIT),
    ("GET", M + "/{m}/files?order=up", b"", ORDER),
    ("GET", M + "/{m}/files?after=file-2", b"", NO_FILE),
    ("GET", M + "/{m}/files?before={m}", b"", NO_FILE),
    # bodies
    *(("POST", M, body, BODY) for body in STRANGE_BODIES.values()),
    *(("POST", M + "/{m}", body, BODY) for body in STRANGE_BODIES.values()),
    ("POST", M, b'""', BODY),
    ("POST", "/threads", b"{", BODY),
    ("POST", "/threads", b"[]", BODY),
    *(
        ("POST", path, f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\ny\r\n--b--\r\n'.encode(), NO_UPLOAD)
        for path in ("/files", "/files?files=x", "/files?descriptions=x")
        for name in ("x", "files")
    ),
    # method and path
    ("PATCH", M + "/{m}", {"metadata": {}}, "Request method 'PATCH' is not supported."),
    ("DELETE", M + "/{m}", b"", "Request method 'DELETE' is not supported."),
    ("PUT", "/threads", b"", "Request method 'PUT' is not supported."),
    ("GET", "/threads", b"", "Request method 'GET' is not supported."),
    ("post", "/threads", b"", "Request method 'post' is not supported."),
    ("OPTIONS", M, b"", "Request method 'OPTIONS' is not supported."),
    *(
        (method, path, b"{}", URL)
        for method, path in (
            ("POST", ""),
            ("POST", "/"),
            ("GET", "/threads/{t}/"),
            ("GET", "/threads//messages"),
            ("GET", "/threads/{t}/message"),
            ("GET", "/Threads/{t}"),
            ("POST", M + "/{m}/files/file-1/more"),
            ("POST", "/threads/{chat}/runs/{w}/cancel"),
            ("GET", "/threads/{chat}/runs/{w}/step"),
            ("POST", "/assistant"),
            ("POST", "/services/aigc/text-generation/generation"),
        )
    ),
    # assistants, files, runs and steps
    ("POST", "/assistants", {"name": "x"}, PARAMETERS),
    ("POST", "/assistants", {"model": 5}, PARAMETERS),
    ("POST", "/assistants", b"{", BODY),
    ("GET", "/assistants?limit=0", b"", LIMIT),
    ("GET", "/assistants?after=asst_no", b"", NO_ASSISTANT),
    *((method, "/assistants/asst_no", body, NO_ASSISTANT) for method, body in (("GET", b""), ("POST", {}), ("DELETE", b""))),
    ("POST", "/assistants/asst_no/files", {"file_id": "f"}, NO_ASSISTANT),
    ("POST", "/assistants/{s}/files", {}, PARAMETERS),
    ("GET", "/assistants/{s}/files/f", b"", "The specified assistant file has been deleted or does not exist."),
    ("DELETE", "/assistants/{s}/files/f", b"", "The specified assistant file has been deleted or does not exist."),
    ("GET", "/files/f", b"", "The specified file does not exist."),
    ("DELETE", "/files/f", b"", "The specified file does not exist."),
    ("GET", "/files?page_no=0", b"", LIMIT),
    ("POST", "/files", b"no form", BODY),
    ("POST", "/files", b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n--b--\r\n', PARAMETERS),
    ("POST", "/threads/{gone}/runs", {"assistant_id": "asst_no"}, NO_THREAD),
    ("POST", "/threads/{chat}/runs", {"assistant_id": "asst_no"}, NO_ASSISTANT),
    ("POST", "/threads/{chat}/runs", {"assistant_id": "asst_no", "stream": True}, NO_ASSISTANT),
    ("POST", "/threads/{chat}/runs", {}, PARAMETERS),
    ("POST", "/threads/{empty}/runs", {"assistant_id": "{s}"}, EMPTY),
    ("POST", "/threads/runs", {"assistant_id": "asst_no", "thread": {"messages": [{"content": "x"}]}}, NO_ASSISTANT),
    ("POST", "/threads/runs", {"assistant_id": "{s}"}, EMPTY),
    ("POST", "/threads/runs", {"assistant_id": "{s}", "thread": {"messages": [{"content": ""}]}}, EMPTY),
    *(
        (method, "/threads/{chat}/runs/run_no" + path, body, NO_RUN)
        for method, path, body in (
            ("GET", "", b""),
            ("POST", "", {}),
            ("POST", "/submit_tool_outputs", {"tool_outputs": [{"output": "x"}]}),
            ("GET", "/steps", b""),
            ("GET", "/steps/step_no", b""),
        )
    ),
    ("GET", "/threads/{t}/runs/{r}", b"", NO_RUN),
    ("GET", "/threads/{chat}/runs/{r}/steps/step_no", b"", "The specified run step does not exist."),
    ("GET", "/threads/{chat}/runs?after=run_no", b"", NO_RUN),
    *(
        ("POST", "/threads/{chat}/runs/{w}/submit_tool_outputs", {"tool_outputs": outputs}, told)
        for outputs, told in (
            ([], PARAMETERS),
            ([{}], PARAMETERS),
            ([{"output": "x"}], PARAMETERS),
            ([{"output": "x"}] * 3, "The specified tool call does not exist."),
            ([{"output": "x", "tool_call_id": "call_no"}], "The specified tool call does not exist."),
        )
    ),
    (
        "POST",
        "/threads/{chat}/runs/{r}/submit_tool_outputs",
        {"tool_outputs": [{"output": "x"}]},
        "The specified run does not require tool outputs.",
    ),
    # what is checked first
    ("POST", "/threads/{gone}/messages", {"content": ""}, NO_THREAD),
    ("GET", "/threads/{gone}/messages?limit=0", b"", NO_THREAD),
    ("POST", M + "/message_no", {"metadata": 5}, NO_MESSAGE),
    ("GET", M + "/message_no/files?order=up", b"", NO_MESSAGE),
    ("POST", "/threads/{gone}/messages", b"{", BODY),
    ("GET", M + "?limit=0&after=message_no", b"", LIMIT),
    ("POST", "/threads/{gone}/runs", b"{", BODY),
    ("POST", "/threads/{gone}/runs", {}, NO_THREAD),
    ("POST", "/threads/{empty}/runs", {"assistant_id": "asst_no"}, NO_ASSISTANT),
    ("POST", "/threads/{chat}/runs/run_no/submit_tool_outputs", {}, NO_RUN),
    ("POST", "/threads/{chat}/runs/run_no/submit_tool_outputs", b"{", BODY),
    ("POST", "/threads/{gone}/runs/run_no/submit_tool_outputs", {}, NO_THREAD),
    ("POST", "/threads/{chat}/runs/{r}/submit_tool_outputs", {"tool_outputs": []}, PARAMETERS),
    ("POST", "/threads/{gone}/runs/{r}", {"metadata": 5}, NO_THREAD),
    ("GET", "/threads/{chat}/runs?limit=0&after=run_no", b"", LIMIT),
    ("GET", "/threads/{chat}/runs/run_no/steps?order=up", b"", NO_RUN),
    ("GET", "/threads/{chat}/runs/{r}/steps?order=up", b"", ORDER),
    ("POST", "/assistants/asst_no/files", {}, NO_ASSISTANT),
    ("POST", "/threads/runs", {"thread": {"messages": [{"content": ""}]}}, PARAMETERS),
    ("POST", "/threads/runs", {"assistant_id": "asst_no"}, NO_ASSISTANT),
]


@pytest.mark.parametrize(("method", "path", "body", "message"), STUDIO_REFUSALS)
def test_model_studio_refuses(method: str, path: str, body: Any, message: str) -> None:
    """400 InvalidParameter with the vendor's text, `x-request-id` as in the body, and the store is as it was, counters too."""
    mock, _, names = scene("model_studio")
    before = state(mock)
    reply = ask(mock, method, STUDIO + filled(path, names), filled(body, names))
    request_id = "00000000-0000-9000-8000-000000000001"
    assert (reply.status, list(reply.json().items())) == (
        400,
        [("code", "InvalidParameter"), ("message", message), ("request_id", request_id)],
    )
    assert reply.header("x-request-id") == request_id
    assert state(mock) == before


@pytest.mark.parametrize("headers", BAD_KEYS.values(), ids=BAD_KEYS)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "/threads", b'""'), ("GET", "/threads/thread_no", b""), ("POST", "/threads", b"{"), ("PUT", "/nowhere", b"")],
)
def test_model_studio_wants_a_key_before_anything_else(
    headers: tuple[tuple[str, str], ...], method: str, path: str, body: bytes
) -> None:
    """401 without a bearer token, whatever else is wrong."""
    mock = AssistantMock()
    reply = ask(mock, method, STUDIO + path, body, headers)
    assert (reply.status, reply.json()) == (
        401,
        {"code": "InvalidApiKey", "message": "No API-key provided.", "request_id": "00000000-0000-9000-8000-000000000001"},
    )
    assert stored(mock) == []


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"content": "a", "content": "b"}', "b"),
        (b'{"content": "\\ud83d\\ude00 \\u4f60"}', "😀 你"),
        ('{"content": "你好\u2028"}'.encode(), "你好\u2028"),
        (b' \n{"content":"x","unknown":[1,{"a":null}]}\t', "x"),
        (b'{"content": " x "}', " x "),
        (b'{"content": "\\u0000"}', "\0"),
        (b'{"content": "x", "metadata": null, "file_ids": null}', "x"),
        (b'{"content": "x", "file_ids": []}', "x"),
        (b'{"content": "1e400", "metadata": {"a": 1.7e308, "b": 1e-400, "c": ' + b"9" * 310 + b"}}", "1e400"),
        (b'{"content": "x", "metadata": ' + b'{"a":' * 100 + b"1" + b"}" * 100 + b"}", "x"),
    ],
)
def test_bodies_that_are_json_are_taken(body: bytes, text: str) -> None:
    """The last of two equal keys, escapes, blanks, unknown fields and nesting a hundred deep are all JSON."""
    mock, handle, names = scene("model_studio")
    reply = ask(mock, "POST", f"{STUDIO}/threads/{names['other']}/messages", body)
    assert (reply.status, reply.json()["content"][0]["text"]["value"]) == (200, text)
    assert handle.messages(names["other"])[-1].text == text


ARRANGED = ("bad_key", "forbidden", "rate_limited", "quota_exceeded", "server_error", "unavailable", "too_large")
ROWS = [(kind, row.message) for kind, row in REVISIONS["2025"][0].errors.items() if kind not in ARRANGED]


@pytest.mark.parametrize(("kind", "text"), ROWS)
def test_every_row_of_errors_is_reached_by_some_request(kind: str, text: str) -> None:
    """The tables above leave no kind of refusal out, but those a test must arrange (test_faults.py)."""
    texts = {message for *_, message in STUDIO_REFUSALS} | {"No API-key provided."}
    fixed = max(text.replace("{field}", "{method}").split("{method}"), key=len)
    assert any(fixed in found for found in texts), kind
