"""What the vendors accept is accepted, what they must refuse is refused as it says, and pins are checked at once."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from pytest_assistant_mock import AssistantMock, Request, strategies, turns
from pytest_assistant_mock._engine.performing import create_run, perform
from pytest_assistant_mock._engine.wire import Response

VENDORS = {"model_studio": strategies.model_studio, "appbuilder": strategies.appbuilder}
OPERATIONS = [(vendor, operation) for vendor, own in VENDORS.items() for operation in own.operations]
REFUSING = [(v, o) for v, o in OPERATIONS if any(field.wrong for field in VENDORS[v].operations[o].fields.values())]


class Desk:
    """A vendor with one of each kind of object to ask about, reached without any HTTP library."""

    def __init__(self, mock: AssistantMock, vendor: str) -> None:
        self.handle = getattr(mock, vendor)
        self.engine = mock._engine
        self.thread = self.handle.add_thread(metadata={"first": "one"})
        self.message = self.handle.add_message(self.thread, "hello", file_ids=["file-1"])
        tools = [{"type": "function", "function": {"name": "f"}}]
        self.assistant = self.handle.add_assistant(model="m", tools=tools, file_ids=["file-1"])
        self.handle.add_file("a.txt", "text", id="file-1")
        self.handle.script(turns.calls("f"))
        state = self.handle._service.state
        self.run = perform(state, create_run(state, self.thread.id, self.assistant.id).id)
        if vendor == "model_studio":
            self.handle.allow("cancel_run")

    @property
    def ids(self) -> dict[str, str]:
        (step,) = self.handle.steps(self.run)
        ids = {"thread_id": self.thread.id, "message_id": self.message.id, "file_id": "file-1"}
        return {**ids, "assistant_id": self.assistant.id, "run_id": self.run.id, "step_id": step.id}

    @property
    def outputs(self) -> list[dict[str, str]]:
        return [{"tool_call_id": call.id, "output": "x"} for call in self.run.calls]

    def ask(self, operation: str, payload: dict) -> Response:
        vendor = self.engine.services[self.handle.name].vendor
        route = next(route for route in vendor.routes if route.operation == operation)
        headers = (("Authorization", "Bearer key"),)
        url = self.handle.base_url + route.path.format(**self.ids)
        if route.method == "POST":
            return self.engine.handle(Request("POST", url, headers, json.dumps(payload).encode()))
        return self.engine.handle(Request(route.method, f"{url}?{urlencode(payload)}", headers))

    def state(self) -> list:
        return [(thread, self.handle.messages(thread)) for thread in self.handle.threads()]


def pins(vendor: str, operation: str, desk: Desk) -> dict:
    """What a body names exists."""
    known = {**desk.ids, "tool_outputs": desk.outputs, "stream": False}
    if operation == "create_thread_and_run":
        known["thread"] = {"messages": [{"role": "user", "content": "hello"}]}
    return {name: known[name] for name in VENDORS[vendor].operations[operation].fields if name in known}


@pytest.mark.parametrize(("vendor", "operation"), OPERATIONS)
def test_what_a_strategy_says_is_accepted_is_accepted(vendor, operation):
    """Every accepted payload of every operation is answered as a success."""

    @settings(max_examples=25)
    @given(data=st.data())
    @strategies.fresh("assistant_mock")
    def accepted(mock, data):
        desk = Desk(mock, vendor)
        payload = data.draw(VENDORS[vendor].accepted(operation, **pins(vendor, operation, desk)))
        response = desk.ask(operation, payload)
        said = {} if "file" in operation and response.header("content-type") != "application/json" else response.json()
        assert (response.status, "error" in said, "code" in said) == (200, False, False)

    accepted()


@pytest.mark.parametrize(("vendor", "operation"), REFUSING)
def test_what_must_be_refused_is_refused_as_it_says(vendor, operation):
    """Every refused payload gets the status, code and message it names, and the store is as it was."""

    fields = VENDORS[vendor].operations[operation].fields

    @settings(max_examples=40)
    @given(data=st.data())
    @strategies.fresh("assistant_mock")
    def refused(mock, data):
        desk = Desk(mock, vendor)
        wrong = data.draw(st.sampled_from([name for name, field in fields.items() if field.wrong]))
        pinned = {name: value for name, value in pins(vendor, operation, desk).items() if name != wrong}
        case = data.draw(VENDORS[vendor].refused(operation, field=wrong, **pinned))
        before = desk.state()
        response = desk.ask(operation, case.payload)
        said = response.json().get("error", response.json())
        assert (response.status, said["code"], said["message"]) == (
            case.refusal.status,
            str(case.refusal.code),
            case.refusal.message,
        )
        assert desk.state() == before

    refused()


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_way_to_be_wrong_is_drawn(vendor):
    """No rule of a field is left untried; a field that several operations share is tried once."""
    operations = VENDORS[vendor].operations.values()
    fields = {id(field): (one, name, field) for one in operations for name, field in one.fields.items() if field.wrong}
    for operation, name, field in fields.values():
        alone = replace(operation, fields={name: field})
        assert _rules(alone.refused(VENDORS[vendor]._vendor, name, {})) == {wrong.rule for wrong in field.wrong}


@pytest.mark.parametrize(("vendor", "operation"), OPERATIONS)
def test_every_field_of_a_request_has_its_row(vendor, operation):
    """What the shape of a request reads is what the strategies know, neither more nor less."""
    asks = VENDORS[vendor].operations[operation].asks
    assert set(VENDORS[vendor].operations[operation].fields) == set(getattr(asks, "model_fields", {}))


def _rules(cases):
    drawn = set()

    @settings(max_examples=80, phases=[Phase.generate], database=None)
    @given(cases)
    def collect(case):
        drawn.add(case.rule)

    collect()
    return drawn


WRONG_PINS = [
    (
        lambda: strategies.model_studio.list_messages(limit=0),
        ValueError,
        "list_messages: limit=0 is never accepted; allowed: a whole number from 1 to 100",
    ),
    (
        lambda: strategies.model_studio.create_message(role="assistant"),
        ValueError,
        "create_message: role='assistant' is never accepted; allowed: 'user'",
    ),
    (
        lambda: strategies.model_studio.create_message(content=" "),
        ValueError,
        "create_message: content=' ' is never accepted; allowed: text that is not blank",
    ),
    (
        lambda: strategies.appbuilder.create_message(file_ids=["f"] * 11),
        ValueError,
        f"create_message: file_ids={['f'] * 11!r} is never accepted; allowed: a list of at most 10 file ids or null",
    ),
    (
        lambda: strategies.appbuilder.create_message(contents="x"),
        TypeError,
        "create_message has no field 'contents'; did you mean 'content'?;"
        " its fields: thread_id, role, content, file_ids, metadata",
    ),
    (
        lambda: strategies.appbuilder.create_message(metadata={1: object()}),
        ValueError,
        None,
    ),
    (
        lambda: strategies.model_studio.retrieve_thread(thread_id="t"),
        TypeError,
        "retrieve_thread has no field 'thread_id'; its fields: none",
    ),
    (
        lambda: strategies.model_studio.refused("delete_thread"),
        ValueError,
        "delete_thread refuses no payload: nothing could be wrong",
    ),
    (
        lambda: strategies.appbuilder.refused("list_messages", field="limits"),
        TypeError,
        "list_messages has no field 'limits'; did you mean 'limit'?; its fields: thread_id, limit, order, after, before",
    ),
    (
        lambda: strategies.appbuilder.refused("create_mesage"),
        ValueError,
        "strategies.appbuilder has no operation 'create_mesage'; did you mean 'create_message'?; it has "
        + ", ".join(strategies.appbuilder.operations),
    ),
]


@pytest.mark.parametrize(("make", "kind", "message"), WRONG_PINS)
def test_a_pin_that_can_never_be_is_refused_when_the_strategy_is_made(make, kind, message):
    """The error comes at once, with the allowed values, not after an endless search."""
    with pytest.raises(kind) as caught:
        make()
    assert message is None or str(caught.value) == message


def test_a_pin_may_be_a_strategy():
    """A pinned strategy is drawn from; a pinned value is in every payload."""

    @given(strategies.appbuilder.create_message(thread_id="thread_1", content=st.sampled_from(["a", "b"])))
    def pinned(payload):
        assert payload["thread_id"] == "thread_1"
        assert payload["content"] in ("a", "b")

    pinned()


@pytest.mark.parametrize(
    ("vendor", "smallest"),
    [
        ("model_studio", {"content": "a"}),
        ("appbuilder", {"thread_id": f"thread_{'0' * 12}4{'0' * 3}8{'0' * 15}", "role": "user", "content": ""}),
    ],
)
def test_payloads_shrink_to_the_least_there_can_be(vendor, smallest):
    """What fails for every payload is shown with the smallest."""
    assert find(VENDORS[vendor].create_message(), lambda payload: True) == smallest


@pytest.mark.parametrize(("vendor", "operation"), OPERATIONS)
def test_hardly_anything_is_filtered(vendor, operation):
    """No strategy throws away more than one draw in a hundred (hypothesis would call it too slow much later)."""
    drawn = 0

    @settings(max_examples=30, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.data())
    def count(data):
        nonlocal drawn
        data.draw(VENDORS[vendor].accepted(operation))
        if any(field.wrong for field in VENDORS[vendor].operations[operation].fields.values()):
            data.draw(VENDORS[vendor].refused(operation))
        drawn += 1

    with pytest.MonkeyPatch.context() as patch:
        rejected = 0
        original = st.SearchStrategy.filter

        def filter_seen(strategy, condition):
            def seen(value):
                nonlocal rejected
                fine = condition(value)
                rejected += not fine
                return fine

            return original(strategy, seen)

        patch.setattr(st.SearchStrategy, "filter", filter_seen)
        count()
    assert rejected <= drawn / 100
