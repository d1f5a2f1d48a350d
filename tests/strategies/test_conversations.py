"""Conversations are accepted from first to last call, and print themselves as a script that does the same."""

from __future__ import annotations

import json

import pytest
from clients import CLIENTS, rows
from hypothesis import HealthCheck, find, given, settings

from pytest_assistant_mock import AssistantMock, Request, Response, strategies

VENDORS = ("model_studio", "appbuilder")
FEW = settings(max_examples=25)


def fine(played) -> bool:
    if played.response.body.startswith(b"event:"):
        return played.response.status == 200 and b"event:error" not in played.response.body
    body = played.response.json()
    return played.response.status == 200 and "error" not in body


@pytest.mark.parametrize("client", rows(CLIENTS))
@pytest.mark.parametrize("vendor", VENDORS)
def test_every_call_is_accepted_through_every_door(vendor, client):
    """There is always something to act on: no call of any conversation is refused, whichever client makes it."""

    def send(request):
        got = client.send(request.method, request.url, headers=dict(request.headers), body=request.body or None)
        return Response(got.status, got.headers, got.body)

    @settings(max_examples=3)
    @given(strategies.conversations(vendor))
    @strategies.fresh("assistant_mock")
    def accepted(mock, conversation):
        played = conversation.play(send, handle=getattr(mock, vendor))
        assert [one.call for one in played if not fine(one)] == []
        assert len(getattr(mock, vendor).exchanges) == len(conversation.calls)

    accepted()


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_is_created_is_what_is_retrieved_and_listed(vendor):
    """At the end of any conversation the store and the whole list agree, and descending is ascending reversed."""

    @FEW
    @given(strategies.conversations(vendor))
    @strategies.fresh("assistant_mock")
    def agree(mock, conversation):
        handle, send = getattr(mock, vendor), mock._engine.handle
        conversation.play(send, handle=handle)
        for thread in handle.threads():
            stored = [(message.id, message.text) for message in handle.messages(thread)]
            up, down = (_listed(vendor, handle, send, thread, order) for order in ("asc", "desc"))
            assert up == stored
            assert down == stored[::-1]

    agree()


def _listed(vendor, handle, send, thread, order):
    headers = (("Authorization", "Bearer key"),)
    if vendor == "model_studio":
        url = f"{handle.base_url}/threads/{thread.id}/messages?limit=100&order={order}"
        request = Request("GET", url, headers)
    else:
        body = json.dumps({"thread_id": thread.id, "limit": 100, "order": order}).encode()
        request = Request("POST", f"{handle.base_url}/v2/threads/messages/list", headers, body)
    return [(message["id"], message["content"][0]["text"]["value"]) for message in send(request).json()["data"]]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_conversation_plays_the_same_twice(vendor):
    """Two fresh mocks give the same answers, byte for byte."""

    @FEW
    @given(strategies.conversations(vendor))
    def same(conversation):
        answers = []
        for _ in range(2):
            with AssistantMock() as mock:
                played = conversation.play(mock._engine.handle, handle=getattr(mock, vendor))
                answers.append([one.response for one in played])
        assert answers[0] == answers[1]

    same()


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_script_does_what_the_conversation_does(vendor):
    """Pasted into a test, the script makes the same calls with the same answers."""
    import httpx

    @settings(max_examples=8)
    @given(strategies.conversations(vendor))
    def same(conversation):
        with AssistantMock() as mock:
            conversation.play(mock._engine.handle, handle=getattr(mock, vendor))
            expected = [(one.operation, _body(one.request)) for one in getattr(mock, vendor).exchanges]
        names = {"httpx": httpx}
        exec(conversation.script(), names)
        with AssistantMock() as mock:
            names["test_conversation"](getattr(mock, vendor))
            assert [(one.operation, _body(one.request)) for one in getattr(mock, vendor).exchanges] == expected

    same()


def _body(request):
    return json.loads(request.body) if request.body else request.url.partition("?")[2]


def test_a_conversation_shrinks_to_the_calls_that_matter():
    """What fails because a thread was deleted is shown with two calls."""
    found = find(
        strategies.conversations("appbuilder"),
        lambda conversation: any(call.operation == "delete_thread" for call in conversation.calls),
        settings=settings(max_examples=500, suppress_health_check=list(HealthCheck)),
    )
    assert [call.operation for call in found.calls] == ["create_thread", "delete_thread"]


def test_a_failing_conversation_is_printed_as_a_script(pytester):
    """The report of a failing example holds the calls, ready to be pasted."""
    pytester.makepyfile(
        """
        import httpx
        from hypothesis import Phase, given, settings
        from pytest_assistant_mock import Response, strategies

        CLIENT = httpx.Client()

        def send(request):
            got = CLIENT.request(request.method, request.url, headers=dict(request.headers), content=request.body)
            return Response(got.status_code, tuple(got.headers.items()), got.content)

        @settings(database=None, deadline=None, phases=[Phase.generate, Phase.shrink])
        @given(strategies.conversations("model_studio"))
        @strategies.fresh("assistant_mock")
        def test_it(mock, conversation):
            conversation.play(send)
            assert not mock.model_studio.threads()
        """
    )
    result = pytester.runpytest()
    result.stdout.fnmatch_lines(
        [
            "*def test_conversation(model_studio):",
            "*client = httpx.Client(",
            "*thread_0 = client.post(*",
        ]
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: strategies.conversations("appbuilde"),
            "no vendor 'appbuilde'; the vendors are model_studio, appbuilder; did you mean 'appbuilder'?",
        ),
        (
            lambda: strategies.conversations("appbuilder", max_calls=0),
            "max_calls=0: a conversation has at least one call",
        ),
    ],
)
def test_an_impossible_conversation_is_refused_at_once(make, message):
    """An unknown vendor, or less than one call."""
    with pytest.raises(ValueError, match="a") as caught:
        make()
    assert str(caught.value) == message
