"""The exchanges of a handle: narrowed, asked, and printed as curl."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from typing import Any

import pytest
from vendors import BAIDU, KEY, STUDIO, ask

from pytest_assistant_mock import AssistantMock, Exchange, Failure, Request, Response


@pytest.fixture
def mock() -> AssistantMock:
    """A thread, two messages and a list, over HTTP."""
    one = AssistantMock()
    thread_id = ask(one, "POST", f"{STUDIO}/threads", {}).json()["id"]
    url = f"{STUDIO}/threads/{thread_id}/messages"
    ask(one, "POST", url, {"content": "你好", "role": "user"})
    ask(one, "POST", url, {"content": "bye", "role": "user", "metadata": {"n": 1}})
    ask(one, "GET", f"{url}?limit=2&order=asc")
    return one


THREAD = "thread_00000000-0000-4000-8000-000000000001"


def complaint(call: Any) -> str:
    """What an assertion says."""
    with pytest.raises(AssertionError) as raised:
        call()
    return str(raised.value)


def test_exchanges_are_a_list_that_can_be_narrowed(mock: AssistantMock) -> None:
    """By operation, in order; the last; equal to a plain list."""
    exchanges = mock.model_studio.exchanges
    assert [exchange.operation for exchange in exchanges] == [
        "create_thread",
        "create_message",
        "create_message",
        "list_messages",
    ]
    created = exchanges.of("create_message")
    assert (len(created), created.last, created[-1]) == (2, exchanges[2], exchanges[2])
    assert exchanges.last.operation == "list_messages"
    assert mock.appbuilder.exchanges == []


def test_an_exchange_has_a_status_or_says_why_not(mock: AssistantMock) -> None:
    """That of the answer, cut short or not; where the connection broke before it, an AssertionError names the failure."""
    studio = mock.model_studio
    assert studio.exchanges.last.status == 200
    studio.reply("POST /x", Response(503), times=1)
    studio.reply("POST /x", Failure("truncated", 1, Response(404, (), b"abc")), times=1)
    studio.reply("POST /x", Failure("connect_timeout"), times=1)
    for _ in range(3):
        mock._engine.handle(Request("POST", f"{STUDIO}/x", (KEY,)))
    assert [exchange.status for exchange in studio.exchanges[-3:-1]] == [503, 404]
    assert complaint(lambda: studio.exchanges.last.status) == (
        "model_studio: POST /x has no status: the connection failed before an answer"
        " (Failure(kind='connect_timeout', after_bytes=0, response=None, delay=0.0))"
    )


def test_there_is_no_last_of_nothing(mock: AssistantMock) -> None:
    """A clear complaint instead of an IndexError."""
    assert complaint(lambda: mock.appbuilder.exchanges.last) == "appbuilder was asked for nothing: there is no last exchange"


def test_what_was_called_passes(mock: AssistantMock) -> None:
    """Fields stand in the path, the query or the body; an object with an id stands for its id; any comparison will do."""

    class Starts(str):
        def __eq__(self, other: object) -> bool:
            return str(other).startswith(str(self))

        __hash__ = str.__hash__

    exchanges, thread = mock.model_studio.exchanges, mock.model_studio.threads()[0]
    exchanges.assert_called("create_message")
    exchanges.assert_called("create_message", times=2, role="user", thread_id=thread)
    exchanges.assert_called("create_message", times=1, content="你好")
    exchanges.assert_called("create_message", content=Starts("by"))
    exchanges.assert_called("list_messages", limit="2", order="asc")
    exchanges.assert_called("delete_thread", times=0)
    exchanges.assert_not_called("delete_thread")
    exchanges.assert_not_called("create_message", content="hello")
    exchanges.assert_order("create_thread", "create_message", "list_messages")
    mock.appbuilder.exchanges.assert_not_called()


def test_a_missing_call_is_shown_beside_the_nearest(mock: AssistantMock) -> None:
    """Field by field: what was wanted, what came; a misspelt name is told."""
    exchanges = mock.model_studio.exchanges
    said = complaint(lambda: exchanges.assert_called("create_message", content="hello", role="user", metdata={"n": 1}))
    assert said == (
        "model_studio: create_message with content='hello', role='user', metdata={'n': 1} was called 0 times,"
        " expected at least once\n"
        "  nearest:  #2 create_message\n"
        "    - content: 'hello'\n"
        "    + content: '你好'\n"
        "      role: 'user'\n"
        "    - metdata: {'n': 1}\n"
        "    + metdata: not sent"
    )
    assert complaint(lambda: exchanges.assert_called("create_message", metdata={"n": 1}, content="bye")).endswith(
        "  nearest:  #3 create_message\n"
        "    - metdata: {'n': 1}\n"
        "    + metdata: not sent; did you mean 'metadata'?\n"
        "      content: 'bye'"
    )


def test_a_wrong_count_shows_a_call(mock: AssistantMock) -> None:
    """Too many, too few, none at all."""
    exchanges = mock.model_studio.exchanges
    assert complaint(lambda: exchanges.assert_called("create_message", times=1)) == (
        "model_studio: create_message was called 2 times, expected once\n"
        f"  first:  #2 create_message(content='你好', role='user', thread_id='{THREAD}')"
    )
    assert complaint(lambda: exchanges.assert_called("delete_thread")) == (
        "model_studio: delete_thread was called 0 times, expected at least once\n"
        "  asked:  create_thread, create_message, create_message, list_messages"
    )
    assert complaint(lambda: mock.appbuilder.exchanges.assert_called("create_thread")) == (
        "appbuilder: create_thread was called 0 times, expected at least once\n  asked:  nothing"
    )


def test_a_call_that_should_not_be_is_shown(mock: AssistantMock) -> None:
    """The first of them, with its fields."""
    exchanges = mock.model_studio.exchanges
    assert complaint(lambda: exchanges.assert_not_called("create_message", content="bye")) == (
        "model_studio: create_message with content='bye' was called once, expected never\n"
        f"  first:  #3 create_message(content='bye', role='user', metadata={{'n': 1}}, thread_id='{THREAD}')"
    )
    assert complaint(lambda: exchanges.assert_not_called()).startswith(
        "model_studio: a request was called 4 times, expected never\n  first:  #1 create_thread()"
    )


def test_a_wrong_order_is_shown(mock: AssistantMock) -> None:
    """What was not called after what, what was expected, what was asked."""
    exchanges = mock.model_studio.exchanges
    assert complaint(lambda: exchanges.assert_order("list_messages", "create_message")) == (
        "model_studio: create_message was not called after list_messages\n"
        "  expected:  list_messages, create_message\n"
        "  asked:     create_thread, create_message, create_message, list_messages"
    )


@pytest.mark.parametrize("method", ["of", "assert_called", "assert_not_called", "assert_order"])
def test_a_wrong_operation_is_the_authors_mistake(mock: AssistantMock, method: str) -> None:
    """A ValueError with the nearest, never a test that passes."""
    with pytest.raises(ValueError, match="model_studio has no operation 'create_mesage'; did you mean 'create_message'"):
        getattr(mock.model_studio.exchanges, method)("create_mesage")
    with pytest.raises(ValueError, match="times=-1: expected a whole number"):
        mock.model_studio.exchanges.assert_called("create_message", times=-1)


def test_an_exchange_prints_itself_as_curl(mock: AssistantMock) -> None:
    """A command for a shell: no key in it, Chinese readable, what curl adds by itself left out."""
    body = b'{"content": "it\'s \\u4f60\\u597d, key team-key-0123"}'
    headers = (
        ("Host", "appbuilder.baidu.com"),
        ("User-Agent", "python-requests/2.32"),
        ("Content-Length", str(len(body))),
        ("Authorization", "Bearer team-key-0123"),
        ("Content-Type", "application/json"),
    )
    exchange = Exchange(
        "appbuilder", "create_message", Request("POST", f"{BAIDU}/v2/threads/messages", headers, body), Response(200)
    )
    assert str(exchange) == (
        "curl -X POST https://appbuilder.baidu.com/v2/threads/messages \\\n"
        "  -H 'Authorization: Bearer REDACTED' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        """  --data-raw '{"content": "it'"'"'s 你好, key REDACTED"}'"""
    )
    words = shlex.split(str(exchange).replace("\\\n", ""))
    assert words[-1] == '{"content": "it\'s 你好, key REDACTED"}'
    assert "team-key" not in repr(exchange)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_command_is_the_request() -> None:
    """Run by a real shell, it sends what the client sent."""
    import threading
    from http.server import BaseHTTPRequestHandler, HTTPServer

    seen: list[tuple[str, str, bytes]] = []

    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.append((self.path, self.headers["X-Trace"], body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *arguments: Any) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    body = '{"content": "a\'b \\"你好\\" $HOME"}'.encode()
    url = f"http://127.0.0.1:{server.server_port}/v2/threads?a=b c&d=é".replace(" ", "%20").replace("é", "%C3%A9")
    request = Request("POST", url, (("X-Trace", "it's"), ("Content-Length", "1")), body)
    command = str(Exchange("appbuilder", None, request, Response(200)))
    subprocess.run(["sh", "-c", command.replace("curl ", "curl -s --noproxy '*' ", 1)], check=True, timeout=20)
    thread.join(20)
    server.server_close()
    assert seen == [("/v2/threads?a=b%20c&d=%C3%A9", "it's", body)]
