"""
Every refusal of both vendors: status, whole body, headers; and a refused request changes nothing in the store.

Literal texts on purpose: the tables of the package are not asked what they say.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from vendors import BAIDU, KEY, STUDIO, ask, stored

from pytest_assistant_mock import AssistantMock, Handle
from pytest_assistant_mock._providers import REVISIONS

NO_THREAD = "The specified thread has been deleted or does not exist."
NO_MESSAGE = "The specified message has been deleted or does not exist."
NO_FILE = "The specified message file not exist."
EMPTY = "The messages information cannot be empty."
ORDER = "Order must be 'asc' or 'desc'"
LIMIT = "Limit must be between 1 and 100"
PARAMETERS = "Required parameter(s) missing or invalid, please check the request parameters."
BODY = "Required body invalid, please check the request body format."
URL = "Invalid URL provided in your request."

METADATA = "metadata: at most 16 pairs, keys of at most 64 and values of at most 512 characters"
NOT_JSON = "the request body is not a JSON object"

ELEVEN = [f"file-{number}" for number in range(11)]

STRANGE_BODIES = {
    "empty": b"",
    "no json": b"{",
    "trailing comma": b'{"content": "x",}',
    "two values": b'{"content": "x"} {}',
    "single quotes": b"{'content': 'x'}",
    "form": b"content=x&role=user",
    "not utf-8": b'{"content": "\xff"}',
    "gb18030": '{"content": "你好"}'.encode("gb18030"),
    "utf-16": '{"content": "x"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"content": "x"}',
    "lone surrogate": b'{"content": "\\ud800"}',
    "lone surrogate key": b'{"content": "x", "metadata": {"\\udfff": "x"}}',
    "NaN": b'{"content": "x", "metadata": {"a": NaN}}',
    "Infinity": b'{"content": "x", "metadata": {"a": -Infinity}}',
    "too deep": b'{"content": "x", "metadata": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
    "a list": b'[{"content": "x"}]',
    "a string": b'"content"',
    "a number": b"1",
    "null": b"null",
    "true": b"true",
    "NUL bytes": b"\x00" * 64,
    "long number": b'{"content": "x", "metadata": {"a": ' + b"9" * 9000 + b"}}",
}


class Scene(NamedTuple):
    """
    What every refusal is asked against.
    """

    mock: AssistantMock
    handle: Handle
    names: dict[str, str]


def scene(vendor: str) -> Scene:
    """
    A thread {t} with messages {m} (a file on it) and {a} (the assistant's), {o} in thread {other}, and {gone}, deleted.
    """
    mock = AssistantMock()
    handle: Handle = getattr(mock, vendor)
    thread, other, gone = handle.add_thread({"k": "v"}), handle.add_thread(), handle.add_thread()
    names = {
        "t": thread.id,
        "other": other.id,
        "gone": gone.id,
        "m": handle.add_message(thread, "你好", file_ids=["file-1"]).id,
        "a": handle.add_message(thread, "您好", role="assistant").id,
        "o": handle.add_message(other, "elsewhere").id,
    }
    handle._service.store.delete_thread(gone.id)
    return Scene(mock, handle, names)


def filled(value: Any, names: dict[str, str]) -> Any:
    """
    A path or body with the names in braces filled in.
    """
    if isinstance(value, str):
        for name, found in names.items():
            value = value.replace(f"{{{name}}}", found)
        return value
    if isinstance(value, dict):
        return {key: filled(one, names) for key, one in value.items()}
    return value


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
            ("POST", "/threads/runs"),
            ("POST", "/threads/{t}/runs"),
            ("GET", "/threads/{t}/runs/run_1/steps"),
            ("POST", "/assistants"),
            ("GET", "/files"),
            ("POST", "/services/aigc/text-generation/generation"),
        )
    ),
    # what is checked first
    ("POST", "/threads/{gone}/messages", {"content": ""}, NO_THREAD),
    ("GET", "/threads/{gone}/messages?limit=0", b"", NO_THREAD),
    ("POST", M + "/message_no", {"metadata": 5}, NO_MESSAGE),
    ("GET", M + "/message_no/files?order=up", b"", NO_MESSAGE),
    ("POST", "/threads/{gone}/messages", b"{", BODY),
    ("GET", M + "?limit=0&after=message_no", b"", LIMIT),
]

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
            "/v2/threads/runs",
            "/v2/assistants",
            "/v2/storage/files",
            "/rpc/2.0/cloud_hub/v1",
        )
    ),
]

BAD_KEYS = {
    "no header": (),
    "empty": (("Authorization", ""),),
    "no scheme": (("Authorization", "sk-test"),),
    "no key": (("Authorization", "Bearer"),),
    "blank key": (("Authorization", "Bearer   "),),
    "glued": (("Authorization", "Bearersk-test"),),
    "basic": (("Authorization", "Basic dXNlcjpwdw=="),),
    "another header": (("X-Api-Key", "sk-test"),),
}


@pytest.mark.parametrize(("method", "path", "body", "message"), STUDIO_REFUSALS)
def test_model_studio_refuses(method: str, path: str, body: Any, message: str) -> None:
    """
    400 InvalidParameter with the vendor's text, `x-request-id` as in the body, and nothing in the store has changed.
    """
    mock, _, names = scene("model_studio")
    before = stored(mock)
    reply = ask(mock, method, STUDIO + filled(path, names), filled(body, names))
    request_id = "00000000-0000-9000-8000-000000000001"
    assert (reply.status, list(reply.json().items())) == (
        400,
        [("code", "InvalidParameter"), ("message", message), ("request_id", request_id)],
    )
    assert reply.header("x-request-id") == request_id
    assert stored(mock) == before


@pytest.mark.parametrize(("path", "body", "message", "param"), BAIDU_REFUSALS)
def test_appbuilder_refuses(path: str, body: Any, message: str, param: str | None) -> None:
    """
    HTTP 200 with an error of all four keys, the client's request id in the header, and nothing in the store has changed.
    """
    mock, _, names = scene("appbuilder")
    before = stored(mock)
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
    assert stored(mock) == before


@pytest.mark.parametrize(("method", "path", "status", "code", "message"), GATEWAY)
def test_appbuilders_gateway_refuses(method: str, path: str, status: int, code: str, message: str) -> None:
    """
    What no route answers is refused in front, with the gateway's own envelope and status.
    """
    mock, _, _ = scene("appbuilder")
    before = stored(mock)
    reply = ask(mock, method, BAIDU + path, {"thread_id": "x"}, (KEY, ("X-Appbuilder-Request-Id", "my-own-id")))
    assert (reply.status, list(reply.json().items())) == (
        status,
        [("requestId", "my-own-id"), ("code", code), ("message", message)],
    )
    assert reply.header("X-Appbuilder-Request-Id") == "my-own-id"
    assert stored(mock) == before


@pytest.mark.parametrize("headers", BAD_KEYS.values(), ids=BAD_KEYS)
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("POST", "/threads", b'""'), ("GET", "/threads/thread_no", b""), ("POST", "/threads", b"{"), ("PUT", "/nowhere", b"")],
)
def test_model_studio_wants_a_key_before_anything_else(
    headers: tuple[tuple[str, str], ...], method: str, path: str, body: bytes
) -> None:
    """
    401 without a bearer token, whatever else is wrong.
    """
    mock = AssistantMock()
    reply = ask(mock, method, STUDIO + path, body, headers)
    assert (reply.status, reply.json()) == (
        401,
        {"code": "InvalidApiKey", "message": "No API-key provided.", "request_id": "00000000-0000-9000-8000-000000000001"},
    )
    assert stored(mock) == []


@pytest.mark.parametrize("headers", BAD_KEYS.values(), ids=BAD_KEYS)
@pytest.mark.parametrize(("method", "path", "body"), [("POST", T, b"{}"), ("POST", B, b"{"), ("PUT", "/nowhere", b"")])
def test_appbuilder_wants_a_key_before_anything_else(
    headers: tuple[tuple[str, str], ...], method: str, path: str, body: bytes
) -> None:
    """
    401 from the gateway without a bearer token, whatever else is wrong; the id is the server's, as the client sent none.
    """
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


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        (f"{STUDIO}/threads", (("authorization", "bearer sk"),)),
        (f"{STUDIO}/threads", (("AUTHORIZATION", "BEARER sk"), ("X-DashScope-WorkSpace", "llm-nobody-knows"))),
        (f"{BAIDU}/v2/threads", (("Authorization", "Bearer bearer abc"),)),
        (f"{BAIDU}/v2/threads", (("X-Appbuilder-Authorization", "Bearer abc"),)),
        (f"{BAIDU}/v2/threads", (("Authorization", "Basic from-a-netrc"), ("X-Appbuilder-Authorization", "Bearer abc"))),
        (f"{BAIDU}//v2/threads", (KEY,)),
    ],
)
def test_what_looks_odd_but_is_fine(url: str, headers: tuple[tuple[str, str], ...]) -> None:
    """
    Header names and schemes in any case, any key, any workspace, AppBuilder's second header, a doubled slash.
    """
    reply = ask(AssistantMock(), "POST", url, b"{}", headers)
    assert (reply.status, reply.json()["object"]) == (200, "thread")


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
        (b'{"content": "x", "metadata": ' + b'{"a":' * 100 + b"1" + b"}" * 100 + b"}", "x"),
    ],
)
def test_bodies_that_are_json_are_taken(body: bytes, text: str) -> None:
    """
    The last of two equal keys, escapes, blanks, unknown fields and nesting a hundred deep are all JSON.
    """
    mock, handle, names = scene("model_studio")
    reply = ask(mock, "POST", f"{STUDIO}/threads/{names['other']}/messages", body)
    assert (reply.status, reply.json()["content"][0]["text"]["value"]) == (200, text)
    assert handle.messages(names["other"])[-1].text == text


@pytest.mark.parametrize("url", [f"{STUDIO}/threads", f"{BAIDU}/v2/threads"])
@pytest.mark.parametrize("body", [b"", b'""', b' "" ', b"{}", b'{"messages": null, "metadata": null}', b'{"messages": []}'])
def test_an_empty_thread_may_be_asked_for_in_any_way(url: str, body: bytes) -> None:
    """
    No body, the JSON string "" that dashscope sends, {}, null and [] all make an empty thread.
    """
    reply = ask(AssistantMock(), "POST", url, body)
    assert (reply.status, reply.json()["metadata"]) == (200, {})


def test_at_the_limits_appbuilder_accepts() -> None:
    """
    Ten files, sixteen pairs, keys of 64 and values of 512 characters, an empty content: all within the rules.
    """
    mock, handle, names = scene("appbuilder")
    metadata = {"键" * 64: "值" * 512, **{f"k{number}": "" for number in range(15)}}
    body = {"thread_id": names["t"], "role": "user", "content": "", "file_ids": ELEVEN[:10], "metadata": metadata}
    assert "error" not in ask(mock, "POST", f"{BAIDU}{B}", body).json()
    last = handle.messages(names["t"])[-1]
    assert (last.text, last.file_ids, last.metadata) == ("", tuple(ELEVEN[:10]), metadata)


def test_both_vendors_take_an_assistants_message_with_a_new_thread() -> None:
    """
    create_message is for role=user only; a conversation that create_thread starts with may have both.
    """
    mock = AssistantMock()
    messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}, {"content": "no role"}]
    for handle, url in ((mock.model_studio, f"{STUDIO}/threads"), (mock.appbuilder, f"{BAIDU}/v2/threads")):
        thread_id = ask(mock, "POST", url, {"messages": messages}).json()["id"]
        assert [message.role for message in handle.messages(thread_id)] == ["user", "assistant", "user"]


@pytest.mark.parametrize(("url", "status"), [(f"{STUDIO}/threads", 400), (f"{BAIDU}/v2/threads", 405)])
def test_head_is_answered_without_a_body(url: str, status: int) -> None:
    """
    HEAD is a wrong method everywhere; as HTTP wants it, its answer has headers only.
    """
    reply = ask(AssistantMock(), "HEAD", url)
    assert (reply.status, reply.body, reply.header("content-type")) == (status, b"", "application/json")


def test_each_row_of_errors_is_refused_by_some_request() -> None:
    """
    The tables above reach every kind of refusal the vendors word.
    """
    texts = {message for *_, message in STUDIO_REFUSALS} | {"No API-key provided."}
    texts |= {message for _, _, message, _ in BAIDU_REFUSALS} | {message for *_, message in GATEWAY}
    texts |= {"Authentication error: ( Unsupported authorization header type )"}
    served = ("bad_key", "too_large")  # tests/test_server.py
    for provider in REVISIONS["2025"]:
        for kind, row in provider.errors.items():
            if kind in served:
                continue
            pattern = row.message.partition("{")[0] or row.message.rpartition("}")[2]
            assert any(pattern in text for text in texts), (provider.name, kind)
