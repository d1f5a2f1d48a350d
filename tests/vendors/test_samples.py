"""
Every documented request and answer of the message and thread operations, and the requests captured from the SDKs.

A sample's `given` is seeded, its request asked, its answer compared as text: status, keys, their order, types and values, once
the vendor's ids stand where ours do. `because` says why a sample is answered otherwise, `answers` how.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from vendors import ask, stored

from pytest_assistant_mock import AssistantMock, Response
from pytest_assistant_mock._vendors import REVISIONS

SAMPLES = {path.stem: json.loads(path.read_text("utf8")) for path in (Path(__file__).parent.parent / "samples").glob("*.json")}

CASES = [
    pytest.param(vendor, revision, sample, id=f"{vendor}-{revision}-{sample['name']}")
    for vendor, samples in sorted(SAMPLES.items())
    for sample in samples
    for revision in ([sample["revision"]] if "revision" in sample else REVISIONS)
]


def play(vendor: str, revision: str, sample: dict[str, Any]) -> tuple[AssistantMock, Response, dict[str, str]]:
    """Seed what a sample needs and ask what it asks; returns the vendor's ids by ours, too."""
    mock = AssistantMock(revision=revision)
    handle = getattr(mock, vendor)
    given = sample.get("given", {})
    theirs = {}
    now = mock.clock.now_ms = given.get("now", mock.clock.now_ms)
    if "thread" in given:
        thread = handle.add_thread()
        theirs[thread.id] = given["thread"]
        for draft in given.get("messages", ()):
            fields = {name: value for name, value in draft.items() if name not in ("id", "created_at")}
            mock.clock.now_ms = draft["created_at"] - 1
            theirs[handle.add_message(thread, **fields).id] = draft["id"]
        mock.clock.now_ms = now - 1
    request = sample["request"]
    text = json.dumps([request["url"], "" if request["body"] is None else json.dumps(request["body"], ensure_ascii=False)])
    for our_id, their_id in theirs.items():
        text = text.replace(their_id, our_id)
    url, body = json.loads(text)
    return mock, ask(mock, request["method"], url, body.encode(), tuple(request["headers"].items())), theirs


def as_documented(reply: Response, expected: dict[str, Any], theirs: dict[str, str]) -> dict[str, Any]:
    """An answer with the vendor's ids where ours stood; an id made just now takes the place of the documented one."""
    body = reply.json()
    new = {name: body[name] for name in ("id", "request_id", "requestId") if name in body and body[name] not in theirs}
    text = reply.body.decode()
    for our_id, their_id in {**theirs, **{value: expected["body"][name] for name, value in new.items()}}.items():
        text = text.replace(our_id, their_id)
    return {"status": reply.status, "body": json.loads(text)}


def in_order(value: object) -> str:
    """JSON text: it tells order from order, true from 1, and 1 from 1.0, as a comparison of dicts does not."""
    return json.dumps(value, ensure_ascii=False, indent=1)


@pytest.mark.parametrize(("vendor", "revision", "sample"), CASES)
def test_a_documented_request_gets_the_documented_answer(vendor: str, revision: str, sample: dict[str, Any]) -> None:
    """Same status, same keys in the same order, same types and values; where the sample gives way, exactly as it says it does."""
    _, reply, theirs = play(vendor, revision, sample)
    expected = sample.get("answers") or sample["response"]
    if expected is None:
        assert reply.status == 200
        assert "error" not in reply.json()
        return
    assert in_order(as_documented(reply, expected, theirs)) == in_order(expected)


@pytest.mark.parametrize(("vendor", "revision", "sample"), CASES)
def test_an_answer_carries_its_request_id_in_a_header_and_is_json(vendor: str, revision: str, sample: dict[str, Any]) -> None:
    """`x-request-id` is the body's request_id; AppBuilder's header is the client's own, or the body's requestId."""
    _, reply, _ = play(vendor, revision, sample)
    body = reply.json()
    if vendor == "model_studio":
        assert reply.header("x-request-id") == body["request_id"]
    else:
        sent = sample["request"]["headers"].get("X-Appbuilder-Request-Id")
        default = "00000000-0000-4000-8000-000000000001"
        assert reply.header("X-Appbuilder-Request-Id") == (sent or default) == body.get("requestId", sent or default)
    assert (reply.header("content-type"), reply.header("content-length")) == ("application/json", str(len(reply.body)))


@pytest.mark.parametrize(("vendor", "revision", "sample"), CASES)
def test_a_documented_request_is_known_by_its_operation(vendor: str, revision: str, sample: dict[str, Any]) -> None:
    """The journal calls each documented request by the operation it is."""
    mock, *_ = play(vendor, revision, sample)
    assert [exchange.operation for exchange in getattr(mock, vendor).exchanges] == [sample["operation"]]


@pytest.mark.parametrize("vendor", sorted(SAMPLES))
def test_every_operation_has_a_sample(vendor: str) -> None:
    """No operation on messages and threads is without a documented or captured request; the others: test_run_samples.py."""
    asked = {sample["operation"] for sample in SAMPLES[vendor] if sample["operation"]}
    (described,) = (one for one in REVISIONS["2025"] if one.name == vendor)
    assert asked == {route.operation for route in described.routes if route.tag in ("messages", "threads")}


def test_a_sample_gives_way_for_a_reason_only() -> None:
    """A sample that is answered otherwise says how and why, and really differs from what is answered."""
    for samples in SAMPLES.values():
        for sample in samples:
            assert ("answers" in sample) == ("because" in sample)
            assert sample.get("answers") != sample["response"] or "answers" not in sample


def test_what_create_thread_was_given_is_stored() -> None:
    """The messages of a documented create_thread are in the thread, though the answer does not echo them."""
    for vendor, text in (("model_studio", "你好"), ("appbuilder", "地球是圆的吗?")):
        sample = next(sample for sample in SAMPLES[vendor] if sample["name"] == "create_thread")
        mock, *_ = play(vendor, "2025", sample)
        ((_, messages),) = stored(mock)
        assert [(message.role, message.text) for message in messages] == [("user", text)]
