"""
The words for a request that no route answers.
"""

from __future__ import annotations

import pytest

from pytest_assistant_mock._engine.wire import Exchange, Request, Response
from pytest_assistant_mock._mock.complaints import unanswered
from pytest_assistant_mock._vendors import APPBUILDER, MODEL_STUDIO

STUDIO = MODEL_STUDIO["2025"]
BASE = "https://dashscope.aliyuncs.com/api/v1"


def asked(method, url):
    """
    An exchange no route was found for.
    """
    return Exchange("any", None, Request(method, url), Response(404))


def test_one_request_asked_once():
    """
    What was asked, the nearest route, how often and where, what to do.
    """
    assert unanswered(STUDIO, [asked("POST", f"{BASE}/threads/t_1/message")], "test_reply_is_stored") == (
        "model_studio has no route for  POST /api/v1/threads/t_1/message\n"
        "  nearest:  POST /api/v1/threads/{thread_id}/messages   (create_message)\n"
        "  asked 1 time in test_reply_is_stored. A path the real service answers? See docs/add-an-endpoint.md."
    )


def test_outside_of_a_test():
    """
    A mock without a name says no place; two of the same are counted, the query does not make them two.
    """
    twice = [asked("POST", "https://appbuilder.baidu.com/v2/thread"), asked("POST", "https://appbuilder.baidu.com/v2/thread?a=b")]
    assert unanswered(APPBUILDER, twice) == (
        "appbuilder has no route for  POST /v2/thread\n"
        "  nearest:  POST /v2/threads   (create_thread)\n"
        "  asked 2 times. A path the real service answers? See docs/add-an-endpoint.md."
    )


def test_only_the_first_ten_are_told():
    """
    A client in a loop does not fill the screen.
    """
    many = [asked("GET", f"{BASE}/runs/{number}") for number in range(13)]
    lines = unanswered(STUDIO, many).splitlines()
    assert len(lines) == 2 * 10 + 1
    assert lines[-1] == "… and 3 more requests to model_studio that no route answers"


@pytest.mark.parametrize(
    ("method", "path", "nearest"),
    [
        ("PUT", "/threads/t_1", "GET /api/v1/threads/{thread_id}   (retrieve_thread)"),
        ("GET", "/threads/t_1/message", "GET /api/v1/threads/{thread_id}/messages   (list_messages)"),
        (
            "GET",
            "/threads/t_1/messages/m_1/file",
            "GET /api/v1/threads/{thread_id}/messages/{message_id}/files   (list_message_files)",
        ),
        ("DELETE", "/thread/t_1", "DELETE /api/v1/threads/{thread_id}   (delete_thread)"),
        ("GET", "/Threads/t_1/", "GET /api/v1/threads/{thread_id}   (retrieve_thread)"),
        ("GET", "/threads//messages", "GET /api/v1/threads/{thread_id}/messages   (list_messages)"),
    ],
)
def test_the_nearest_route(method, path, nearest):
    """
    The likest path comes first, then the method.
    """
    assert unanswered(STUDIO, [asked(method, f"{BASE}{path}")]).splitlines()[1] == f"  nearest:  {nearest}"


@pytest.mark.parametrize(
    "url",
    [
        "https://dashscope.aliyuncs.com/threads/t_1/messages",
        "https://dashscope.aliyuncs.com/compatible-mode/v1/threads/t_1/messages",
        "https://gw.corp/ai/api/v1/threads/t_1/message",
    ],
)
def test_the_nearest_route_whatever_stands_before_it(url):
    """
    A base URL that is wrong, or the test's own, does not hide what was meant.
    """
    line = unanswered(STUDIO, [asked("POST", url)]).splitlines()[1]
    assert line == "  nearest:  POST /api/v1/threads/{thread_id}/messages   (create_message)"


@pytest.mark.parametrize(
    ("vendor", "url"),
    [
        *(
            (STUDIO, BASE + path)
            for path in ("", "/", "/assistants", "/threads/t_1/runs", "/threads/runs", "/threads/t_1/runs/r_1")
        ),
        (STUDIO, f"{BASE}/threads/t_1/messages/m_1/files/f_1/more"),
        (STUDIO, "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions"),
        *((APPBUILDER, f"https://appbuilder.baidu.com{path}") for path in ("/v2/threads/runs", "/v2/assistants/list", "/")),
    ],
)
def test_where_nothing_is_near_nothing_is_said(vendor, url):
    """
    Runs, assistants, other services: naming a route that only has as many segments would mislead.
    """
    path = url.split("/", 3)[3]
    assert unanswered(vendor, [asked("POST", url)]) == (
        f"{vendor.name} has no route for  POST /{path}\n"
        "  asked 1 time. A path the real service answers? See docs/add-an-endpoint.md."
    )
