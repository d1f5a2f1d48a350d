"""Recorded streams with one thing wrong each, in an event or in their order: each is refused, at the right event and place."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from jsonschema import Draft202012Validator
from test_contract_mutations import MISSING, RENAMED, spoiled

from pytest_assistant_mock import contract
from pytest_assistant_mock._vendors import DOCUMENTS
from pytest_assistant_mock.contract.schemas import guarded, schema_of
from pytest_assistant_mock.contract.stream_events import read_stream

Event = tuple[str, Any]
SAMPLES = {path.stem: json.loads(path.read_text("utf8")) for path in (Path(__file__).parents[1] / "samples/runs").glob("*.json")}


def sample(vendor: str, *places: int) -> list[Event]:
    """The events of a sample, or of one that was printed in parts."""
    body = "".join(SAMPLES[vendor][place]["response"]["body"] for place in places)
    return [(name, data) for name, data in read_stream(body, "a sample")]


STREAMS: dict[str, tuple[str, list[Event]]] = {
    "answer": ("model_studio", sample("model_studio", 6)),
    "outputs": ("model_studio", sample("model_studio", 7)),
    "search": ("model_studio", sample("model_studio", 8)),
    "call": ("model_studio", sample("model_studio", 9)),
    "failure": ("model_studio", sample("model_studio", 11)),
    "error": ("model_studio", sample("model_studio", 12)),
    "baidu answer": ("appbuilder", sample("appbuilder", 6)),
    "baidu call": ("appbuilder", sample("appbuilder", 7, 9)),
    "baidu cancel": ("appbuilder", sample("appbuilder", 10)),
    "baidu failure": ("appbuilder", sample("appbuilder", 12)),
}
TEXT = ("content", 0, "text", "value")
RUN = ("details", "run_object")
STEP = ("details", "run_step_object")
CALLS = ("required_action", "submit_tool_outputs", "tool_calls")

IN_EVENTS: tuple[tuple[str, int, tuple[str | int, ...], Any], ...] = (
    ("answer", 1, ("created_at",), "1714448101977"),
    ("answer", 1, ("object",), "thread.run"),
    ("answer", 2, ("status",), "in_progress"),
    ("answer", 2, ("id",), ""),
    ("answer", 2, ("tools",), None),
    ("answer", 2, ("model",), MISSING),
    ("answer", 2, ("metadata",), RENAMED),
    ("answer", 3, ("status",), "queue"),
    ("answer", 3, ("object",), MISSING),
    ("answer", 4, ("status",), "queued"),
    ("answer", 4, ("usage",), "66"),
    ("answer", 5, ("status",), "completed"),
    ("answer", 5, ("step_details",), None),
    ("answer", 5, ("step_details", "type"), "tool_calls"),
    ("answer", 5, ("step_details", "message_creation"), MISSING),
    ("answer", 5, ("step_details", "message_creation", "message_id"), ""),
    ("answer", 6, ("step_details", "message_creation", "message_id"), RENAMED),
    ("answer", 6, ("metadata",), MISSING),
    ("answer", 7, ("role",), "user"),
    ("answer", 7, ("content",), None),
    ("answer", 7, ("file_ids",), MISSING),
    ("answer", 8, ("content",), {}),
    ("answer", 8, ("completed_at",), "now"),
    ("answer", 9, ("delta",), MISSING),
    ("answer", 9, ("delta", "role"), "user"),
    ("answer", 9, ("delta", "content"), {"type": "text", "text": {"value": "9", "annotations": []}}),
    ("answer", 9, ("delta", "content"), []),
    ("answer", 9, ("delta", "content", 0, "type"), "image_file"),
    ("answer", 9, ("delta", "content", 0, "text", "annotations"), None),
    ("answer", 10, ("object",), "thread.message"),
    ("answer", 10, ("request_id",), MISSING),
    ("answer", 10, ("delta", "file_ids"), MISSING),
    ("answer", -4, ("content",), []),
    ("answer", -4, ("incomplete_at",), "never"),
    ("answer", -3, ("status",), "failed"),
    ("answer", -3, ("completed_at",), -2),
    ("answer", -2, ("status",), "in_progress"),
    ("answer", -2, ("usage", "input_tokens"), -1),
    ("outputs", 1, ("status",), "queued"),
    ("outputs", 1, ("step_details", "tool_calls"), {}),
    ("search", 6, ("delta", "step_details", "tool_calls"), []),
    ("search", 6, ("delta", "step_details", "type"), "message_creation"),
    ("search", 7, ("delta", "step_details"), MISSING),
    ("call", 4, ("step_details", "tool_calls"), MISSING),
    ("call", 6, ("required_action",), None),
    ("call", 6, ("required_action", "type"), "submit"),
    ("call", 6, CALLS, []),
    ("call", 6, (*CALLS, 0, "type"), "code_interpreter"),
    ("call", 6, (*CALLS, 0, "function", "arguments"), {"location": "西安"}),
    ("call", 6, (*CALLS, 0, "function", "name"), ""),
    ("call", 6, ("status",), "in_progress"),
    ("failure", 4, ("status",), "completed"),
    ("failure", 4, ("last_error",), ["server_error"]),
    ("error", 4, ("code",), ""),
    ("error", 4, ("message",), MISSING),
    ("error", 5, (), "[END]"),
    ("baidu answer", 1, ("status",), "running"),
    ("baidu answer", 1, ("details",), None),
    ("baidu answer", 1, (*RUN, "model"), None),
    ("baidu answer", 1, (*RUN, "failed_at"), None),
    ("baidu answer", 1, (*RUN, "object"), "run.result"),
    ("baidu answer", 1, ("message",), MISSING),
    ("baidu answer", 2, ("details", "type"), "run_object"),
    ("baidu answer", 2, (*STEP, "created_at"), RENAMED),
    ("baidu answer", 2, (*STEP, "status"), 1),
    ("baidu answer", 3, ("details", "message_creation"), MISSING),
    ("baidu answer", 3, ("details", "message_creation", "message_id"), 7),
    ("baidu answer", 4, ("message_index",), 0),
    ("baidu answer", 4, ("content",), {"type": "text", "text": {"value": "王先生"}}),
    ("baidu answer", 4, TEXT, None),
    ("baidu answer", 4, ("status",), "queued"),
    ("baidu answer", 4, ("is_end",), "0"),
    ("baidu answer", 5, (*STEP, "completed_at"), "1713122942400"),
    ("baidu answer", 6, (*RUN, "instructions"), MISSING),
    ("baidu call", 3, ("details", "tool_calls"), []),
    ("baidu call", 3, ("details", "tool_calls", 0, "function", "arguments"), {}),
    ("baidu call", 3, ("details", "tool_calls", 0, "id"), ""),
    ("baidu call", 4, ("details", "tool_calls", 0, "function", "output"), 30),
    ("baidu failure", 3, ("details", "error_info", "message"), MISSING),
    ("baidu cancel", 3, ("details", "type"), "run"),
)
"""A stream, an event by its number (from 1, or from the end), the place in its data, and what is wrong there."""


def written(events: list[Event]) -> str:
    """The events as a stream."""
    lines = [(name, data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)) for name, data in events]
    return "".join(f"event:{name}\ndata:{data}\n\n" for name, data in lines) or ":\n\n"


Change = Callable[[list[Event]], list[Event]]


def without(*numbers: int) -> Change:
    """Some events do not come."""
    return lambda events: [event for number, event in enumerate(events, 1) if number not in numbers]


def twice(number: int) -> Change:
    """An event comes again."""
    return lambda events: [*events[:number], *events[number - 1 :]]


def swapped(number: int) -> Change:
    """An event comes after the next."""
    return lambda events: [*events[: number - 1], events[number], events[number - 1], *events[number + 1 :]]


def only(first: int) -> Change:
    """Nothing comes after so many events."""
    return lambda events: events[:first]


def with_value(number: int, path: Sequence[str | int], value: Any) -> Change:
    """A value is right by itself, and wrong in its stream."""

    def change(events: list[Event]) -> list[Event]:
        name, data = events[number - 1]
        return [*events[: number - 1], (name, spoiled(data, tuple(path), value)[0]), *events[number:]]

    return change


def from_other(stream: str, number: int, at: int) -> Change:
    """An event of another stream comes in between."""
    return lambda events: [*events[:at], STREAMS[stream][1][number - 1], *events[at:]]


END = "the end of the stream"
IN_ORDER: tuple[tuple[str, Change, int, str, str], ...] = (
    ("answer", without(1, 2), 1, "$", "thread.run.queued"),
    ("answer", without(2), 2, "$", "thread.run.queued"),
    ("answer", without(3), 3, "$", "thread.run.in_progress"),
    ("answer", without(4), 4, "$", "thread.run.step.created (message_creation)"),
    ("answer", without(5), 5, "$", "thread.run.step.in_progress (message_creation)"),
    ("answer", without(6), 6, "$", "thread.message.created"),
    ("answer", without(7), 7, "$", "thread.message.in_progress"),
    ("answer", without(8), 8, "$", "thread.message.delta"),
    ("answer", without(15), 15, "$", "thread.run.step.completed (message_creation)"),
    ("answer", without(16), 16, "$", "thread.run.completed"),
    ("answer", without(17), 17, "$", "done"),
    ("answer", without(18), 18, "$", END),
    ("answer", only(12), 13, "$", END),
    ("answer", only(0), 1, "$", END),
    ("answer", twice(1), 2, "$", "thread.created"),
    ("answer", twice(2), 3, "$", "thread.run.created"),
    ("answer", twice(4), 5, "$", "thread.run.in_progress"),
    ("answer", twice(18), 19, "$", "done"),
    ("answer", without(10), 14, "$.content[0].text.value", '"999乘以998等于…'),
    ("answer", with_value(9, ("id",), "message_1"), 9, "$.id", '"message_1"'),
    ("answer", with_value(10, ("request_id",), "r_1"), 10, "$.request_id", '"r_1"'),
    ("answer", with_value(16, ("id",), "step_1"), 16, "$.id", '"step_1"'),
    ("answer", with_value(17, ("id",), "run_1"), 17, "$.id", '"run_1"'),
    ("answer", with_value(7, ("id",), "message_1"), 7, "$.id", '"message_1"'),
    ("answer", with_value(7, ("run_id",), "run_1"), 7, "$.run_id", '"run_1"'),
    ("answer", with_value(5, ("thread_id",), "thread_1"), 5, "$.thread_id", '"thread_1"'),
    ("answer", with_value(2, ("thread_id",), "thread_1"), 2, "$.thread_id", '"thread_1"'),
    ("answer", with_value(4, ("assistant_id",), "asst_1"), 4, "$.assistant_id", '"asst_1"'),
    ("outputs", without(1), 1, "$", "thread.run.queued"),
    ("outputs", without(2), 2, "$", "thread.run.in_progress"),
    ("search", without(4), 4, "$", "thread.run.step.in_progress (tool_calls)"),
    ("search", with_value(8, ("id",), "step_1"), 8, "$.id", '"step_1"'),
    ("call", without(7), 7, "$", END),
    ("call", without(4, 5), 4, "$", "thread.run.requires_action"),
    ("call", twice(6), 7, "$", "thread.run.requires_action"),
    ("failure", twice(4), 5, "$", "thread.run.failed"),
    ("failure", without(4), 4, "$", "done"),
    ("error", without(5), 5, "$", END),
    ("baidu answer", without(1), 1, "$", "tool_step_begin"),
    ("baidu answer", with_value(1, ("send_id",), 2), 1, "$.send_id", "2"),
    ("baidu answer", with_value(4, ("send_id",), 3), 4, "$.send_id", "3"),
    ("baidu answer", with_value(4, ("message_id",), "chatmsg_1"), 4, "$.message_id", '"chatmsg_1"'),
    ("baidu answer", with_value(5, (*STEP, "id"), "step-9"), 5, "$.details.run_step_object.id", '"step-9"'),
    ("baidu answer", with_value(5, (*STEP, "run_id"), "run_1"), 5, "$.details.run_step_object.run_id", '"run_1"'),
    ("baidu answer", with_value(6, (*RUN, "id"), "run_1"), 6, "$.details.run_object.id", '"run_1"'),
    ("baidu answer", with_value(2, ("event_type",), "tool_step_end"), 2, "$.status", '"in_progress"'),
    ("baidu answer", without(6), 6, "$", END),
    ("baidu call", only(3), 4, "$", END),
    ("baidu cancel", only(3), 4, "$", END),
)
"""A stream, what is done to it; then the number of the first event that is wrong, the place, and what came."""
ALSO: dict[str, Change] = {"a swap": swapped(5), "a stranger": from_other("search", 6, 9)}


def place(events: list[Event], number: int) -> int:
    """The index of an event by its number, from 1 or from the end."""
    return number - 1 if number > 0 else len(events) + number


def test_the_tables_are_long_enough() -> None:
    """At least 60 streams, no two alike."""
    rows = [json.dumps([stream, *map(repr, (number, path, change))]) for stream, number, path, change in IN_EVENTS]
    assert len({*rows}) == len(rows)
    assert len(rows) + len(IN_ORDER) >= 60
    assert len(IN_ORDER) >= 40


@pytest.mark.parametrize("name", STREAMS)
def test_nothing_is_wrong_before(name: str) -> None:
    """What is spoiled here keeps the contract by itself."""
    vendor, events = STREAMS[name]
    assert contract.violations(written(events), vendor=vendor, strict=True) == []


@pytest.mark.parametrize(("name", "number", "path", "change"), IN_EVENTS)
def test_one_thing_wrong_in_an_event_is_found_where_it_is(
    name: str, number: int, path: tuple[str | int, ...], change: Any
) -> None:
    """Its number, its name, its path, the words for what came; and the others are in order."""
    vendor, events = STREAMS[name]
    at = place(events, number)
    kind = DOCUMENTS[vendor].streams.kind(*events[at]).partition(" ")[0]
    data, where = spoiled(events[at][1], path, change) if path else (change, "$")
    found = contract.violations(written([*events[:at], (events[at][0], data), *events[at + 1 :]]), vendor=vendor)
    violation = found[0]
    assert (violation.event, violation.path) == (f"event {at + 1} {kind}", where)
    assert violation.about or not path
    if change is MISSING or change is RENAMED:
        assert violation.came == ("nothing" if change is MISSING else f'nothing, but there is "{path[-1]}_"')
    assert len(found) == 1 or path[-1] in ("status", "step_details", "type", "content")  # which also tell what may come next


@pytest.mark.parametrize(("name", "change", "number", "path", "came"), IN_ORDER)
def test_one_thing_wrong_in_the_order_is_found_where_it_is(name: str, change: Change, number: int, path: str, came: str) -> None:
    """The first event that may not come there, or does not belong there."""
    vendor, events = STREAMS[name]
    found = contract.violations(written(change(copy.copy(events))), vendor=vendor)
    first = found[0]
    assert (first.event.split()[1], first.path) == (str(number), path)
    assert first.came == came or first.came.startswith(came[:6])
    assert len(found) <= 3


@pytest.mark.parametrize("change", ALSO.values(), ids=ALSO)
@pytest.mark.parametrize("name", ["answer", "outputs"])
def test_events_that_change_places_are_found(name: str, change: Change) -> None:
    """And events of another stream."""
    vendor, events = STREAMS[name]
    assert contract.violations(written(change(copy.copy(events))), vendor=vendor)


UNSEEN = {"thread.created", "thread.message.delta", "thread.run.step.delta"}
"""What need not come, and pieces that say nothing, or nothing that is said again."""


@pytest.mark.parametrize("name", ["answer", "outputs", "search", "call", "baidu answer", "baidu call", "baidu cancel"])
def test_no_event_can_be_left_out_or_come_twice(name: str) -> None:
    """Whichever it is: the order, the text, or a number says so."""
    vendor, events = STREAMS[name]
    unseen = {
        DOCUMENTS[vendor].streams.kind(*events[number - 1])
        for number in range(1, len(events) + 1)
        for change in (without(number), twice(number))
        if not contract.violations(written(change(copy.copy(events))), vendor=vendor)
    }
    assert unseen <= UNSEEN


KINDS = [(vendor, kind) for vendor in contract.VENDORS for kind in DOCUMENTS[vendor].streams.events]
WRONG = (None, MISSING, 7, "", [], {})


@pytest.mark.parametrize(("vendor", "kind"), KINDS)
def test_both_validators_judge_an_event_alike(vendor: str, kind: str) -> None:
    """The quick one says yes where the reference does, and the other way round, whichever field is spoiled."""
    rules = DOCUMENTS[vendor].streams
    schema = schema_of([rules.events[kind].shape])
    quick, reference = jsonschema_rs.validator_for(guarded(schema)), Draft202012Validator(schema)
    told = [event for of, events in STREAMS.values() if of == vendor for event in events if rules.kind(*event) == kind]
    for _, data in told[:2]:
        fields = data if isinstance(data, dict) else ()
        spoilt = [data, *(spoiled(data, (name,), wrong)[0] for name in fields for wrong in WRONG)]
        assert [quick.is_valid(one) for one in spoilt] == [reference.is_valid(one) for one in spoilt]
        assert (
            contract.violations(
                data if fields else json.dumps(data), vendor=vendor, operation=kind.partition(" ")[0], kind="event"
            )
            == []
        )


def test_a_text_that_the_quick_validator_stumbles_over_is_a_text() -> None:
    """The character by which it is made to read each text is as good as any other."""
    vendor, events = STREAMS["answer"]
    changed = with_value(2, ("instructions",), "\ue000")(events)
    assert contract.violations(written(changed), vendor=vendor) == []
    assert contract.violations(changed, vendor=vendor) == []
