"""The words for a request that no route answers."""

from __future__ import annotations

import pytest

from pytest_assistant_mock import AssistantMock, errors, faults
from pytest_assistant_mock._engine.wire import Exchange, Request, Response
from pytest_assistant_mock._mock import complaints
from pytest_assistant_mock._vendors import APPBUILDER, MODEL_STUDIO

STUDIO = MODEL_STUDIO["2025"]
BASE = "https://dashscope.aliyuncs.com/api/v1"


MOCK = AssistantMock()


def asked(method, url, key="k"):
    """An exchange no route was found for."""
    return Exchange("any", None, Request(method, url, (("Authorization", f"Bearer {key}"),)), Response(401 if key == "" else 404))


def unanswered(vendor, exchanges, **more):
    """The words for some exchanges."""
    return complaints.unanswered(vendor, exchanges, MOCK._path_named, **more)


def test_one_request_asked_once():
    """What was asked, the nearest route, how often and where, what to do."""
    assert unanswered(STUDIO, [asked("POST", f"{BASE}/threads/t_1/message")], test="test_reply_is_stored") == (
        "model_studio has no route for  POST /api/v1/threads/t_1/message\n"
        "  nearest:  POST /api/v1/threads/{thread_id}/messages   (create_message)\n"
        "  asked 1 time in test_reply_is_stored\n"
        "  do:       mend the request, or answer it as the real service would:\n"
        '            model_studio.reply("POST /threads/{thread_id}/message", {...})'
    )


def test_outside_of_a_test():
    """A mock without a name says no place; two of the same are counted, the query does not make them two."""
    twice = [asked("POST", "https://appbuilder.baidu.com/v2/thread"), asked("POST", "https://appbuilder.baidu.com/v2/thread?a=b")]
    assert unanswered(APPBUILDER, twice, handle="mock.appbuilder") == (
        "appbuilder has no route for  POST /v2/thread\n"
        "  nearest:  POST /v2/threads   (create_thread)\n"
        "  asked 2 times\n"
        "  do:       mend the request, or answer it as the real service would:\n"
        '            mock.appbuilder.reply("POST /v2/thread", {...})'
    )


def test_only_the_first_ten_are_told():
    """A client in a loop does not fill the screen."""
    many = [asked("GET", f"{BASE}/{letter}") for letter in "abcdefghijklm"]
    lines = unanswered(STUDIO, many).splitlines()
    assert len(lines) == 4 * 10 + 1
    assert lines[-1] == "… and 3 more requests to model_studio that no route answers"


def test_requests_that_one_reply_would_answer_are_told_once():
    """A client that polls many ids gets one line to paste."""
    many = [asked("GET", f"{BASE}/apps/a_{number}/sessions/s_{number}") for number in range(13)]
    assert unanswered(STUDIO, many) == (
        "model_studio has no route for  GET /api/v1/apps/a_0/sessions/s_0\n"
        "  asked 13 times, with other ids too\n"
        "  do:       mend the request, or answer it as the real service would:\n"
        '            model_studio.reply("GET /apps/{app_id}/sessions/{session_id}", {...})'
    )


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/threads/abc/votes", "/threads/{thread_id}/votes"),
        ("/threads/t_1/votes/v_1/marks/m_1", "/threads/{thread_id}/votes/{vote_id}/marks/{mark_id}"),
        ("/apps/app_1", "/apps/{app_id}"),
        ("/services/aigc/text2image/image-synthesis", "/services/aigc/text2image/image-synthesis"),
        ("/tasks/1", "/tasks/{task_id}"),
        ("/tasks/1/tasks/2", "/tasks/{task_id}/tasks/2"),
        ("/", "/"),
    ],
)
def test_the_line_to_paste_has_names_for_ids(path, route):
    """And pasted, with an answer for the dots, it answers the very request."""
    mock = AssistantMock()
    request = Request("POST", f"{BASE}{path}", (("Authorization", "Bearer k"),))
    mock._engine.handle(request)
    with pytest.raises(errors.UnansweredRequest) as raised:
        mock._complain()
    line = str(raised.value).splitlines()[-1].strip()
    assert line == f'mock.model_studio.reply("POST {route}", {{...}})'
    mock.reset()
    exec(line.replace("...", ""))
    assert mock._engine.handle(request).json() == {}


def test_the_line_to_paste_outside_the_base_url_and_below_another():
    """It names the path as `reply` reads it."""
    urls = ["https://dashscope.aliyuncs.com/compatible-mode/v1/chat", "https://gw.corp/ai/api/v1/chat"]
    mock = AssistantMock(hosts={"model_studio": ["https://gw.corp/ai/api/v1"]})
    for url in urls:
        mock._engine.handle(Request("POST", url, (("Authorization", "Bearer k"),)))
    with pytest.raises(errors.UnansweredRequest) as raised:
        mock._complain()
    for line in [one for one in str(raised.value).splitlines() if ".reply(" in one]:
        exec(line.strip().replace("...", ""))
    assert [mock._engine.handle(Request("POST", url, (("Authorization", "Bearer k"),))).json() for url in urls] == [{}, {}]


def test_a_request_without_a_key_is_told_as_that():
    """Beside the route it has none of: the client saw a 401, whatever the path."""
    lines = unanswered(STUDIO, [asked("GET", f"{BASE}/models", key=""), asked("GET", f"{BASE}/models")]).splitlines()
    assert lines[2] == "  no key:   1 of them carried no API key, and the answer was HTTP 401"
    assert unanswered(STUDIO, [asked("GET", f"{BASE}/models", key="")]).splitlines()[2] == (
        "  no key:   it carried no API key, and the answer was HTTP 401"
    )


def test_a_reply_that_is_used_up_or_near_is_told():
    """It is what the test meant."""
    mock = AssistantMock()
    mock.model_studio.reply("POST /x", {}, times=1)
    mock.model_studio.reply("POST /apps/{id}/complete", {}, optional=True)
    for path in ("/x", "/x", "/apps/a_1/completion"):
        mock._engine.handle(Request("POST", f"{BASE}{path}", (("Authorization", "Bearer k"),)))
    with pytest.raises(errors.UnansweredRequest) as raised:
        mock._complain()
    lines = str(raised.value).splitlines()
    assert lines[1] == "  used up:  reply('POST /x', times=1) has answered 1 time"
    assert "  nearest:  POST /api/v1/apps/{id}/complete   (your reply)" in lines


@pytest.mark.parametrize(
    ("arrange", "key", "why"),
    [
        (lambda studio: None, "", "1 request to it carried no API key, and the answer was HTTP 401"),
        (lambda studio: studio.keys({"sk-1"}), "k", "1 request to it got another answer first: HTTP 401"),
        (lambda studio: studio.limit(0, 1), "k", "1 request to it got another answer first: HTTP 429"),
        (lambda studio: studio.fail(faults.closed()), "k", "1 request to it met a fault first: closed()"),
    ],
)
def test_why_a_reply_was_never_used(arrange, key, why):
    """Not for want of a request: what the request met in its place."""
    mock = AssistantMock()
    mock.model_studio.reply("POST /x", {})
    arrange(mock.model_studio)
    mock._engine.handle(Request("POST", f"{BASE}/x", (("Authorization", f"Bearer {key}"),)))
    with pytest.raises(errors.UnusedFault) as raised:
        mock._complain()
    assert str(raised.value) == (
        "model_studio: reply('POST /x') was never used\n"
        "  asked:  POST /x 1×\n"
        f"  why:    {why}\n"
        "  do:     remove it, let the code under test come to it, or say optional=True"
    )


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
    """The likest path comes first, then the method."""
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
    """A base URL that is wrong, or the test's own, does not hide what was meant."""
    line = unanswered(STUDIO, [asked("POST", url)]).splitlines()[1]
    assert line == "  nearest:  POST /api/v1/threads/{thread_id}/messages   (create_message)"


@pytest.mark.parametrize(
    ("vendor", "url"),
    [
        *(
            (STUDIO, BASE + path)
            for path in ("", "/", "/apps", "/threads/t_1/votes", "/apps/a_1/completion", "/threads/t_1/votes/v_1")
        ),
        (STUDIO, f"{BASE}/threads/t_1/messages/m_1/files/f_1/more"),
        (STUDIO, "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions"),
        *((APPBUILDER, f"https://appbuilder.baidu.com{path}") for path in ("/v2/apps/runs", "/v2/conversation", "/")),
    ],
)
def test_where_nothing_is_near_nothing_is_said(vendor, url):
    """Runs, assistants, other services: naming a route that only has as many segments would mislead."""
    path = url.split("/", 3)[3]
    lines = unanswered(vendor, [asked("POST", url)]).splitlines()
    assert lines[:2] == [f"{vendor.name} has no route for  POST /{path}", "  asked 1 time"]
