"""Payloads with one thing wrong each, from the vendors' own samples: each is refused, at the right place."""

from __future__ import annotations

import copy
import json
from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError
from test_samples import SAMPLES
from vendors import BAIDU, STUDIO, ask

from pytest_assistant_mock import AssistantMock, contract
from pytest_assistant_mock.contract.operations import shapes
from pytest_assistant_mock.contract.schemas import guarded, schema_of, strictly

MISSING = object()
RENAMED = object()


def sample(vendor: str, name: str) -> Any:
    """A documented answer, to be spoiled."""
    return copy.deepcopy(next(one for one in SAMPLES[vendor] if one["name"] == name)["response"]["body"])


STUDIO_MESSAGE = ("model_studio", "create_message-2025", "create_message")
STUDIO_NEWER = ("model_studio", "create_message-2026", "create_message")
STUDIO_LIST = ("model_studio", "list_messages-2025", "list_messages")
STUDIO_THREAD = ("model_studio", "create_thread", "create_thread")
STUDIO_DELETED = ("model_studio", "delete_thread", "delete_thread")
BAIDU_MESSAGE = ("appbuilder", "create_message", "create_message")
BAIDU_LIST = ("appbuilder", "list_messages", "list_messages")
BAIDU_FILES = ("appbuilder", "list_message_files", "list_message_files")
BAIDU_THREAD = ("appbuilder", "create_thread", "create_thread")

TABLE: tuple[tuple[tuple[str, str, str], tuple[str | int, ...], Any], ...] = (
    *((STUDIO_MESSAGE, (name,), MISSING) for name in sample(*STUDIO_MESSAGE[:2])),
    *((STUDIO_MESSAGE, (name,), None) for name in sample(*STUDIO_MESSAGE[:2])),
    *(
        (STUDIO_MESSAGE, (name,), RENAMED)
        for name in ("id", "created_at", "thread_id", "role", "content", "tool_calls", "request_id")
    ),
    (STUDIO_MESSAGE, ("id",), ""),
    (STUDIO_MESSAGE, ("id",), 7),
    (STUDIO_MESSAGE, ("object",), "thread"),
    (STUDIO_MESSAGE, ("created_at",), "1711508433283"),
    (STUDIO_MESSAGE, ("created_at",), 1711508433.5),
    (STUDIO_MESSAGE, ("created_at",), True),
    (STUDIO_MESSAGE, ("created_at",), -1),
    (STUDIO_MESSAGE, ("role",), "User"),
    (STUDIO_MESSAGE, ("content",), "你是誰"),
    (STUDIO_MESSAGE, ("content", 0), "你是誰"),
    (STUDIO_MESSAGE, ("content", 0, "type"), "image_file"),
    (STUDIO_MESSAGE, ("content", 0, "type"), MISSING),
    (STUDIO_MESSAGE, ("content", 0, "text"), "你是誰"),
    (STUDIO_MESSAGE, ("content", 0, "text"), MISSING),
    (STUDIO_MESSAGE, ("content", 0, "text", "value"), MISSING),
    (STUDIO_MESSAGE, ("content", 0, "text", "value"), ["你是誰"]),
    (STUDIO_MESSAGE, ("content", 0, "text", "annotations"), {}),
    (STUDIO_MESSAGE, ("metadata",), "{}"),
    (STUDIO_MESSAGE, ("tool_calls",), {}),
    (STUDIO_MESSAGE, ("plugin_call",), []),
    (STUDIO_NEWER, ("completed_at",), "never"),
    (STUDIO_NEWER, ("file_ids",), "file-1"),
    (BAIDU_MESSAGE, ("file_ids", 0), ""),
    (STUDIO_NEWER, ("status",), 1),
    (STUDIO_LIST, ("object",), "array"),
    (STUDIO_LIST, ("data",), {}),
    (STUDIO_LIST, ("data", 0), None),
    (STUDIO_LIST, ("data", 0, "role"), "tool"),
    (STUDIO_LIST, ("data", 0, "content", 0, "text", "value"), None),
    (STUDIO_LIST, ("has_more",), RENAMED),
    (STUDIO_LIST, ("has_more",), "false"),
    (STUDIO_LIST, ("has_more",), 0),
    (STUDIO_LIST, ("first_id",), MISSING),
    (STUDIO_LIST, ("last_id",), 1),
    (STUDIO_THREAD, ("created_at",), None),
    (STUDIO_THREAD, ("metadata",), []),
    (STUDIO_DELETED, ("deleted",), False),
    (STUDIO_DELETED, ("object",), "thread"),
    *((BAIDU_MESSAGE, (name,), MISSING) for name in sample(*BAIDU_MESSAGE[:2])),
    (BAIDU_MESSAGE, ("assistant_id",), 7),
    (BAIDU_MESSAGE, ("file_ids",), [f"file-{number}" for number in range(11)]),
    (BAIDU_MESSAGE, ("file_ids",), None),
    (BAIDU_MESSAGE, ("created_at",), 1708660019.145),
    (BAIDU_LIST, ("data", 1, "role"), "system"),
    (BAIDU_LIST, ("data", 0, "content_type"), "image"),
    (BAIDU_LIST, ("data", 1, "metadata"), None),
    (BAIDU_LIST, ("has_more",), None),
    (BAIDU_FILES, ("data", 0, "message_id"), MISSING),
    (BAIDU_FILES, ("data", 0, "object"), "file"),
    (BAIDU_THREAD, ("object",), "threads"),
)
REQUESTS: tuple[tuple[str, str, dict[str, Any], str, str, str], ...] = (
    ("model_studio", "create_message", {}, "$.content", "a string", "nothing"),
    ("model_studio", "create_message", {"content": " "}, "$.content", "text that is not blank", '" "'),
    ("model_studio", "create_message", {"content": "x", "role": "assistant"}, "$.role", '"user"', '"assistant"'),
    ("model_studio", "create_message", {"content": "x", "file_ids": "f"}, "$.file_ids", "an array or null", '"f"'),
    ("model_studio", "list_messages", {"limit": 0}, "$.limit", "a number from 1 to 100", "0"),
    ("model_studio", "list_messages", {"limit": 101}, "$.limit", "a number from 1 to 100", "101"),
    ("model_studio", "list_messages", {"order": "up"}, "$.order", '"asc" or "desc"', '"up"'),
    ("model_studio", "create_thread", {"messages": [{}]}, "$.messages[0].content", "a string", "nothing"),
    (
        "appbuilder",
        "create_message",
        {"thread_id": "", "role": "user", "content": ""},
        "$.thread_id",
        "a string that is not empty",
        '""',
    ),
    (
        "appbuilder",
        "update_message",
        {"thread_id": "t", "message_id": "m", "content": "", "file_ids": ["f"] * 11},
        "$.file_ids",
        "at most 10 items",
        "11 items",
    ),
    (
        "appbuilder",
        "update_thread",
        {"thread_id": "t", "metadata": {"a": "b" * 513}},
        "$.metadata.a",
        "at most 512 characters",
        f'513 characters: "{"b" * 59}…',
    ),
    (
        "appbuilder",
        "update_thread",
        {"thread_id": "t", "metadata": {"a" * 65: "b"}},
        f"$.metadata.{'a' * 65}",
        "at most 64 characters",
        f'65 characters: "{"a" * 59}…',
    ),
    (
        "appbuilder",
        "update_thread",
        {"thread_id": "t", "metadata": {str(number): "" for number in range(17)}},
        "$.metadata",
        "at most 16 pairs",
        "17 pairs",
    ),
)


def spoiled(value: Any, path: tuple[str | int, ...], change: Any) -> tuple[Any, str]:
    """A copy with one place dropped, renamed or set; and the JSON path of that place."""
    spoilt = copy.deepcopy(value)
    place = spoilt
    for step in path[:-1]:
        place = place[step]
    last = path[-1]
    if change is MISSING or change is RENAMED:
        old = place.pop(last)
        if change is RENAMED:
            place[f"{last}_"] = old
    else:
        place[last] = change
    return spoilt, "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def test_the_table_is_long_enough():
    """At least 60 payloads, no two alike."""
    rows = [json.dumps(spoiled(sample(*of[:2]), path, change), sort_keys=True) for of, path, change in TABLE]
    assert len(rows) >= 60
    assert len(set(rows)) == len(rows)


@pytest.mark.parametrize(("of", "path", "change"), TABLE)
def test_one_thing_wrong_is_found_where_it_is(of, path, change):
    """Exactly one violation, at the path that was spoiled, with the words for what came."""
    value, where = spoiled(sample(*of[:2]), path, change)
    (violation,) = contract.violations(value, vendor=of[0], operation=of[2])
    came = "nothing" if change is MISSING else f'nothing, but there is "{path[-1]}_"' if change is RENAMED else violation.came
    assert violation.path == where
    assert violation.came == came
    assert violation.about


@pytest.mark.parametrize(("vendor", "operation", "body", "path", "expected", "came"), REQUESTS)
def test_one_thing_wrong_in_a_request(vendor, operation, body, path, expected, came):
    """The same for what a client asks: limits, enums, blanks, each with what was expected and what came."""
    (violation,) = contract.violations(body, vendor=vendor, operation=operation, kind="request")
    assert (violation.path, violation.expected, violation.came) == (path, expected, came)


# Properties

same_every_time = settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])

TARGETS = [
    *((of[0], of[2], "response", sample(*of[:2])) for of in dict.fromkeys(row[0] for row in TABLE)),
    *((vendor, operation, "request", body) for vendor, operation, body, *_ in REQUESTS),
]
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=5)
)
JUNK = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=6
)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, str, str, Any]:
    """A payload the contract knows, changed in none to three places."""
    vendor, operation, kind, value = draw(st.sampled_from(TARGETS))
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(0, 3))):
        place: Any = value
        while isinstance(place, dict | list) and place:
            key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
            if draw(st.booleans()) or not isinstance(place[key], dict | list) or not place[key]:
                how = draw(st.sampled_from(("drop", "set", "add")))
                if how == "drop":
                    del place[key]
                elif how == "set":
                    place[key] = draw(JUNK)
                elif isinstance(place, dict):
                    place[draw(st.text(max_size=5))] = draw(JUNK)
                break
            place = place[key]
    return vendor, operation, kind, value


def whole_floats(value: Any) -> bool:
    """Whether 1.0 stands somewhere: a whole number to JSON Schema, not to pydantic."""
    if isinstance(value, dict | list):
        return any(whole_floats(one) for one in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) and value.is_integer()


@cache
def compiled(vendor: str, operation: str, kind: str, strict: bool) -> tuple[Any, Any, Any]:
    """The reference, jsonschema-rs on the same schema, and on the one the verdicts use."""
    schema = schema_of(shapes(vendor, operation, kind, None))
    schema = strictly(schema) if strict else schema
    return Draft202012Validator(schema), jsonschema_rs.validator_for(schema), jsonschema_rs.validator_for(guarded(schema))


@same_every_time
@given(mutated())
def test_both_validators_give_the_same_verdict(case):
    """jsonschema-rs says of every payload what jsonschema says, strict or not; and so does the contract, whichever it asks."""
    vendor, operation, kind, value = case
    for strict in (False, True):
        slow, fast, guard = compiled(vendor, operation, kind, strict)
        reference = slow.is_valid(value)
        assert fast.is_valid(value) == reference
        assert guard.is_valid(value) == reference
        assert (contract.violations(value, vendor=vendor, operation=operation, kind=kind, strict=strict) == []) == reference


@same_every_time
@given(mutated())
def test_pydantic_and_the_schema_agree(case):
    """What a shape reads is what its schema accepts."""
    vendor, operation, kind, value = case
    if whole_floats(value):
        return
    accepted = []
    for shape in shapes(vendor, operation, kind, None):
        try:
            shape.model_validate(value)
            accepted.append(True)
        except ValidationError:
            accepted.append(False)
    found = contract.violations(value, vendor=vendor, operation=operation, kind=kind)
    assert any(accepted) == (found == []), found


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
WORDS = TEXT.filter(lambda text: text.strip())
METADATA = st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), TEXT, max_size=3)
CALLS = st.lists(st.tuples(st.sampled_from(("user", "assistant")), WORDS, METADATA, st.integers(0, 10)), max_size=4)


@same_every_time
@given(st.sampled_from(("2025", "2026")), CALLS, st.integers(-2, 120), st.sampled_from(("asc", "desc", "up")))
def test_every_answer_of_the_fake_passes_strictly(revision, seeds, limit, order):
    """
    Whatever is stored and however it is asked for, what the fake answers is what the contract of its revision says, and no more.
    """
    mock = AssistantMock(revision=revision)
    for handle in (mock.model_studio, mock.appbuilder):
        thread = handle.add_thread()
        ids = [
            handle.add_message(
                thread, text, role=role, metadata=metadata, file_ids=[f"file-{number}" for number in range(files)]
            ).id
            for role, text, metadata, files in seeds
        ] or ["message_0"]
        at = f"{STUDIO}/threads/{thread.id}"
        baidu = {"thread_id": thread.id, "message_id": ids[0], "limit": limit, "order": order}
        asked = {
            "model_studio": [
                ("POST", f"{STUDIO}/threads", {"metadata": seeds[0][2] if seeds else {}}),
                ("GET", at, b""),
                ("POST", at, {"metadata": {}}),
                ("POST", f"{at}/messages", {"content": seeds[0][1] if seeds else ""}),
                ("GET", f"{at}/messages?limit={limit}&order={order}", b""),
                ("GET", f"{at}/messages/{ids[0]}", b""),
                ("POST", f"{at}/messages/{ids[0]}", {"metadata": {"a": "b"}}),
                ("GET", f"{at}/messages/{ids[0]}/files?limit={limit}", b""),
                ("GET", f"{at}/messages/{ids[0]}/files/file-0", b""),
                ("GET", f"{at}/nowhere/else", b""),
                ("DELETE", at, b""),
                ("GET", at, b""),
            ],
            "appbuilder": [
                ("POST", f"{BAIDU}/v2/threads", {"messages": [{"role": "user", "content": "x"}]}),
                ("POST", f"{BAIDU}/v2/threads/query", baidu),
                ("POST", f"{BAIDU}/v2/threads/update", {**baidu, "metadata": {"a": "b"}}),
                (
                    "POST",
                    f"{BAIDU}/v2/threads/messages",
                    {**baidu, "role": "user", "content": "x", "file_ids": ["file-1"] * limit},
                ),
                ("POST", f"{BAIDU}/v2/threads/messages/list", baidu),
                ("POST", f"{BAIDU}/v2/threads/messages/query", baidu),
                ("POST", f"{BAIDU}/v2/threads/messages/update", {**baidu, "content": "x"}),
                ("POST", f"{BAIDU}/v2/threads/messages/files/list", baidu),
                ("GET", f"{BAIDU}/v2/threads/query", b""),
                ("POST", f"{BAIDU}/v2/nowhere", {}),
                ("POST", f"{BAIDU}/v2/threads/delete", baidu),
                ("POST", f"{BAIDU}/v2/threads/query", baidu),
            ],
        }[handle.name]
        for method, url, body in asked:
            ask(mock, method, url, body)
        for exchange in handle.exchanges:
            found = contract.violations(exchange, strict=True, revision=revision)
            assert [one for one in found if one.thing.startswith("the answer")] == []
