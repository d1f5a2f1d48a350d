"""Quotas by the mock's clock, and keys with their workspaces: who is let in, and what exists for whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
from vendors import BAIDU, STUDIO, ask

from pytest_assistant_mock import AssistantMock, Response


def create(mock: AssistantMock, key: str = "k", workspace: str = "") -> Response:
    """One create_thread at Model Studio."""
    named = (("X-DashScope-WorkSpace", workspace),) if workspace else ()
    return ask(mock, "POST", f"{STUDIO}/threads", {}, (("Authorization", f"Bearer {key}"), *named))


def test_a_limit_holds_until_the_clock_has_moved_on() -> None:
    """Five in sixty seconds, the sixth refused in the vendor's words; a minute later five more."""
    mock = AssistantMock()
    mock.model_studio.limit(requests=5, per=60)
    assert [create(mock).status for _ in range(7)] == [200] * 5 + [429] * 2
    assert create(mock).json()["code"] == "Throttling.RateQuota"
    mock.clock.advance(59.999)
    assert create(mock).status == 429
    mock.clock.advance(0.001)
    assert [create(mock).status for _ in range(6)] == [200] * 5 + [429]
    assert len(mock.model_studio.threads()) == 10


def test_a_limit_slides() -> None:
    """What counts is any sixty seconds, not the minute on the wall."""
    mock = AssistantMock()
    mock.model_studio.limit(requests=2, per=60)
    create(mock)
    mock.clock.advance(50)
    create(mock)
    mock.clock.advance(10)
    assert [create(mock).status for _ in range(2)] == [200, 429]


def test_a_limit_is_each_keys_own() -> None:
    """Another key, and another vendor, have their own count."""
    mock = AssistantMock()
    mock.model_studio.limit(requests=1, per=60)
    assert [create(mock, key).status for key in ("a", "a", "b")] == [200, 429, 200]
    assert ask(mock, "POST", f"{BAIDU}/v2/threads", {}).status == 200


def test_appbuilder_has_a_limit_in_its_own_words() -> None:
    """429 at the gateway."""
    mock = AssistantMock()
    mock.appbuilder.limit(requests=0, per=1)
    reply = ask(mock, "POST", f"{BAIDU}/v2/threads", {})
    assert (reply.status, reply.json()["message"]) == (429, "QPS超限")


def test_limits_hold_together_and_for_one_operation() -> None:
    """A request that one limit refuses is not counted by the other."""
    mock = AssistantMock()
    mock.model_studio.limit(requests=3, per=60)
    mock.model_studio.limit(requests=1, per=60, on="create_thread")
    url = f"{STUDIO}/threads/{mock.model_studio.add_thread().id}"
    seen = [
        create(mock).status,
        create(mock).status,
        *(ask(mock, "GET", url, b"", (("Authorization", "Bearer k"),)).status for _ in range(3)),
    ]
    assert seen == [200, 429, 200, 200, 429]


def test_a_request_without_a_key_is_not_counted() -> None:
    """It is refused for that, however many there are."""
    mock = AssistantMock()
    mock.model_studio.limit(requests=1, per=60)
    assert [ask(mock, "POST", f"{STUDIO}/threads", {}, ()).status for _ in range(3)] == [401] * 3
    assert create(mock).status == 200


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ((-1, 60), ValueError, "requests=-1: expected a whole number, 0 or more"),
        ((1.5, 60), TypeError, "requests=1.5: expected a whole number, 0 or more"),
        ((5, 0), ValueError, "per=0: expected a finite number of seconds, more than 0"),
        ((5, "60"), TypeError, "per='60': expected a number of seconds"),
    ],
)
def test_a_limit_that_cannot_be_is_refused_at_once(arguments: Any, kind: type[Exception], message: str) -> None:
    """With what was expected."""
    with pytest.raises(kind) as raised:
        AssistantMock().model_studio.limit(*arguments)
    assert str(raised.value) == message


def test_a_limit_names_a_known_operation() -> None:
    """A misspelt one is refused with the nearest."""
    with pytest.raises(ValueError, match="no operation 'create_threads'; did you mean 'create_thread'"):
        AssistantMock().model_studio.limit(5, 60, on="create_threads")


def test_unknown_keys_are_refused_in_the_vendors_words() -> None:
    """Once keys are named there are no others; the count of each vendor is its own."""
    mock = AssistantMock()
    mock.model_studio.keys({"sk-a", "sk-b"})
    assert [create(mock, key).status for key in ("sk-a", "sk-b", "sk-c")] == [200, 200, 401]
    assert create(mock, "sk-c").json()["message"] == "Invalid API-key provided."
    assert ask(mock, "POST", f"{BAIDU}/v2/threads", {}).status == 200
    mock.appbuilder.keys(["bce-v3/a"])
    assert ask(mock, "POST", f"{BAIDU}/v2/threads", {}).json()["code"] == 216003


def test_one_keys_threads_do_not_exist_for_another() -> None:
    """Every operation says so, and the other's message is not stored."""
    mock = AssistantMock()
    studio = mock.model_studio
    studio.keys({"sk-a", "sk-b"})
    thread_id = create(mock, "sk-a").json()["id"]
    theirs = (("Authorization", "Bearer sk-b"),)
    message_url = f"{STUDIO}/threads/{thread_id}/messages"
    gone = "The specified thread has been deleted or does not exist."
    for method, url, body in (
        ("GET", f"{STUDIO}/threads/{thread_id}", b""),
        ("DELETE", f"{STUDIO}/threads/{thread_id}", b""),
        ("POST", message_url, {"content": "hi"}),
        ("GET", message_url, b""),
    ):
        reply = ask(mock, method, url, body, theirs)
        assert (reply.status, reply.json()["message"]) == (400, gone)
    assert ask(mock, "POST", message_url, {"content": "hi"}, (("Authorization", "Bearer sk-a"),)).status == 200
    assert [message.text for message in studio.messages(thread_id)] == ["hi"]


def test_one_workspaces_threads_do_not_exist_for_another() -> None:
    """The same key in another workspace; without the header it is in its first; one it may not use is forbidden."""
    mock = AssistantMock()
    mock.model_studio.keys({"sk-a": ["ws-1", "ws-2"], "sk-b": "ws-1", "sk-c": None})
    url = f"{STUDIO}/threads/{create(mock, 'sk-a').json()['id']}"

    def status(key: str, workspace: str = "") -> int:
        named = (("X-DashScope-WorkSpace", workspace),) if workspace else ()
        return ask(mock, "GET", url, b"", (("Authorization", f"Bearer {key}"), *named)).status

    assert [status("sk-a"), status("sk-a", "ws-1"), status("sk-a", "ws-2"), status("sk-a", "ws-3")] == [200, 200, 400, 403]
    assert [status("sk-b"), status("sk-b", "ws-2"), status("sk-c", "ws-1"), status("sk-c", "any")] == [400, 403, 400, 400]
    assert create(mock, "sk-a", "ws-3").json()["code"] == "Workspace.AccessDenied"


def test_a_seeded_thread_exists_for_every_key() -> None:
    """And so does one made before the keys were named."""
    mock = AssistantMock()
    studio = mock.model_studio
    seeded = studio.add_thread()
    early = create(mock).json()["id"]
    studio.keys({"sk-a": "ws-1"})
    headers = (("Authorization", "Bearer sk-a"),)
    assert [ask(mock, "GET", f"{STUDIO}/threads/{one}", b"", headers).status for one in (seeded.id, early)] == [200, 200]
    assert len(studio.threads()) == 2


@pytest.mark.parametrize(
    ("vendor", "keys", "kind", "message"),
    [
        (
            "model_studio",
            "sk-a",
            TypeError,
            "keys='sk-a': expected a set of keys, or a dict of keys with their workspaces",
        ),
        ("model_studio", {""}, TypeError, "keys: '' is no key; expected a text that is not empty"),
        (
            "model_studio",
            {"sk-a": 5},
            TypeError,
            "keys['sk-a']=5: expected a workspace, a list of workspaces, or None for any",
        ),
        (
            "appbuilder",
            {"a": "ws-1"},
            ValueError,
            "keys: appbuilder has no workspaces; give a set of keys, or None for each",
        ),
    ],
)
def test_keys_that_cannot_be_are_refused_at_once(vendor: str, keys: Any, kind: type[Exception], message: str) -> None:
    """With what was expected."""
    with pytest.raises(kind) as raised:
        getattr(AssistantMock(), vendor).keys(keys)
    assert str(raised.value) == message


def test_the_sdks_own_workspace_reaches_the_mock() -> None:
    """dashscope's `workspace=` is what the keys are compared with."""
    dashscope = pytest.importorskip("dashscope")
    with AssistantMock() as mock:
        mock.model_studio.keys({mock.model_studio.api_key: ["llm-ws"]})
        assert dashscope.Threads.create(workspace="llm-ws").status_code == 200
        refused = dashscope.Threads.create(workspace="other")
        assert (refused.status_code, refused.code) == (403, "Workspace.AccessDenied")
        assert json.loads(mock.model_studio.exchanges.last.reply.body)["message"] == "Workspace access denied."  # type: ignore[union-attr]
