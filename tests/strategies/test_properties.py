"""What must hold of the fake whatever is asked of it, both vendors, seen through drawn conversations."""

from __future__ import annotations

import json

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_assistant_mock import AssistantMock, Response, contract, strategies
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock.cassettes import Cassette, Interaction
from pytest_assistant_mock.cassettes.format import to_text
from pytest_assistant_mock.cassettes.redaction import redacted
from pytest_assistant_mock.cassettes.storage import write
from pytest_assistant_mock.strategies.calls import Call
from pytest_assistant_mock.strategies.conversation import bound

VENDORS = ("model_studio", "appbuilder")
REVISIONS = ("2025", "2026")
FEW = settings(max_examples=25)


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("vendor", VENDORS)
def test_every_request_and_every_answer_passes_the_strict_contract(vendor, revision):
    """Whatever is said in a conversation, both sides are as the schemas of that revision say, and nothing is unknown to them."""

    @FEW
    @given(conversation=strategies.conversations(vendor))
    @strategies.fresh("assistant_mock", revision=revision)
    def passes(mock, conversation):
        conversation.play(mock._engine.handle, handle=getattr(mock, vendor), quiet=True)
        for exchange in getattr(mock, vendor).exchanges:
            assert contract.violations(exchange, strict=True, revision=revision) == []

    passes()


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("vendor", VENDORS)
def test_what_is_printed_is_what_the_shape_would_print(vendor, revision):
    """Every answer, read back by the shape that prints it, is printed again byte for byte: the same fields in the same order."""

    @FEW
    @given(conversation=strategies.conversations(vendor))
    @strategies.fresh("assistant_mock", revision=revision)
    def same(mock, conversation):
        conversation.play(mock._engine.handle, handle=getattr(mock, vendor), quiet=True)
        routes = {route.operation: route for route in mock._engine.services[vendor].vendor.routes}
        for exchange in getattr(mock, vendor).exchanges:
            shape = routes[exchange.operation].answers
            if exchange.response.body.startswith(b"event:"):
                continue  # the contract judges streams, strictly
            assert shape.model_validate_json(exchange.response.body).to_bytes() == exchange.response.body

    same()


@pytest.mark.parametrize("vendor", VENDORS)
def test_drawn_answers_pass_the_strict_contract(vendor):
    """What the answer strategies draw is what the schemas allow."""
    own = getattr(strategies, vendor)
    answers = {
        "retrieve_message": own.message(),
        "list_messages": own.message_list(),
        "list_message_files": own.message_file_list(),
        "retrieve_thread": own.thread(),
    }

    @settings(max_examples=60)
    @given(st.sampled_from(list(answers)).flatmap(lambda name: st.tuples(st.just(name), answers[name])))
    def passes(drawn):
        operation, answer = drawn
        assert contract.violations(answer, vendor=vendor, operation=operation, kind="response", strict=True) == []

    passes()


@pytest.mark.parametrize("vendor", VENDORS)
def test_drawn_errors_pass_as_errors_and_not_as_successes(vendor):
    """An error body is an error to the schemas, and never the answer of a success."""

    @settings(max_examples=40)
    @given(getattr(strategies, vendor).error())
    def told_apart(error):
        assert contract.violations(error, vendor=vendor, operation="retrieve_message", kind="error", strict=True) == []
        assert contract.violations(error, vendor=vendor, operation="retrieve_message", kind="response") != []

    told_apart()


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_update_changes_only_what_it_names(vendor):
    """After an update every other message, and every other field, is as it was."""
    allowed = {"model_studio": {"metadata"}, "appbuilder": {"text", "file_ids"}}[vendor]

    @FEW
    @given(conversation=strategies.conversations(vendor))
    @strategies.fresh("assistant_mock")
    def only(mock, conversation):
        handle = getattr(mock, vendor)
        before: dict = {}

        def send(request):
            before.update(everything(handle))
            response = mock._engine.handle(request)
            if handle.exchanges[-1].operation == "update_message":
                after = everything(handle)
                changed = [(one, name) for one in after for name in after[one] if after[one][name] != before[one][name]]
                assert {one for one, _ in changed} <= {response.json()["id"]}
                assert {name for _, name in changed} <= allowed
            return response

        conversation.play(send, handle=handle, quiet=True)

    only()


def everything(handle) -> dict:
    names = ("text", "role", "created_at", "file_ids", "metadata", "thread_id", "assistant_id", "run_id")
    return {
        message.id: {name: getattr(message, name) for name in names}
        for thread in handle.threads()
        for message in handle.messages(thread)
    }


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_is_sent_comes_back_bit_for_bit(vendor):
    """Text and metadata of any kind survive the way in and out as JSON: the same characters, the same numbers."""
    own = getattr(strategies, vendor)

    @settings(max_examples=60)
    @given(data=st.data())
    @strategies.fresh("assistant_mock")
    def same(mock, data):
        handle = getattr(mock, vendor)
        thread = handle.add_thread()
        pins = {"thread_id": thread.id} if vendor == "appbuilder" else {}
        payload = data.draw(own.create_message(**pins))
        call = Call("create_message", payload, thread=0)
        request = bound(vendor, call, threads=[thread.id])
        answer = mock._engine.handle(request).json()
        assert answer["content"][0]["text"]["value"] == payload["content"]
        assert json.dumps(answer["metadata"]) == json.dumps(payload.get("metadata") or {})
        assert [message.text for message in handle.messages(thread)] == [payload["content"]]

    same()


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_pages_of_any_size_make_up_the_whole(vendor, order):
    """Following the last id, page after page, shows every message once, without gap or double, in the order asked for."""

    @settings(max_examples=30)
    @given(count=st.integers(0, 25), limit=st.integers(2, 9))
    def whole(count, limit):
        with AssistantMock() as mock:
            handle = getattr(mock, vendor)
            thread = handle.add_thread()
            stored = [handle.add_message(thread, str(number)).id for number in range(count)]
            seen = followed(mock, vendor, thread, order, limit)
            assert seen == (stored if order == "asc" else stored[::-1])

    whole()


def followed(mock, vendor, thread, order, limit) -> list[str]:
    # AppBuilder's cursors are inclusive and by time: descending, the next page ends before the last id
    cursor = "before" if vendor == "appbuilder" and order == "desc" else "after"
    seen: list[str] = []
    payload = {"limit": limit, "order": order}
    while True:
        call = Call("list_messages", payload, thread=0)
        page = mock._engine.handle(bound(vendor, call, threads=[thread.id])).json()
        seen += [message["id"] for message in page["data"] if message["id"] not in seen[-1:]]
        if not page["has_more"]:
            return seen
        payload = {**payload, cursor: page["last_id"]}


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_cassette_of_any_conversation_replays_to_the_same_answers(vendor, tmp_path_factory):
    """What a conversation was answered, written to a file and read again, is what its requests are answered once more."""
    client = httpx.Client(trust_env=False)

    def send(request):
        got = client.request(request.method, request.url, headers=dict(request.headers), content=request.body)
        return Response(got.status_code, (), got.content)

    def comparable(response):
        return response.body if response.body.startswith(b"event:") else response.json()

    @settings(max_examples=15)
    @given(conversation=strategies.conversations(vendor))
    def same(conversation):
        file = tmp_path_factory.mktemp("cassette") / "conversation.yaml"
        with AssistantMock() as mock:
            played = conversation.play(mock._engine.handle, handle=getattr(mock, vendor), quiet=True)
        recorded = [redacted(Interaction(one.request, one.response), Secrets()) for one in played]
        write(file, to_text(Cassette(recorded)), Secrets())
        with AssistantMock(source="cassette", cassette=file, contract="off"):
            again = [send(one.request) for one in played]
        assert [comparable(one) for one in again] == [comparable(one.response) for one in played]

    same()
