"""Streams of events against the contract: the vendors' samples, what the fake prints, what the SDKs yield, and whole tables."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from scripted_streams import CASES, GIVE_WAY, SAMPLES, printed

from pytest_assistant_mock import AssistantMock, contract
from pytest_assistant_mock._vendors import DOCUMENTS
from pytest_assistant_mock._vendors.shape import Shape
from pytest_assistant_mock._vendors.streams import BEGINNING, END
from pytest_assistant_mock.contract.stream_events import Happening, Unread, looks_like_stream, read_stream

STREAMS = [
    (vendor, place, one["operation"], one["response"]["body"])
    for vendor, samples in SAMPLES.items()
    for place, one in enumerate(samples)
    if isinstance(one.get("response"), dict)
    and isinstance(one["response"].get("body"), str)
    and looks_like_stream(one["response"]["body"])
    and "{..." not in one["response"]["body"]
]
PARTS = {("model_studio", place) for place in (10, 14, 58, 61)} | {("appbuilder", place) for place in (7, 9, 13)}
"""Samples that are no whole streams: they begin or end in the middle."""


@pytest.mark.parametrize(
    ("vendor", "place", "body"), [pytest.param(one[0], one[1], one[3], id=f"{one[0]}-{one[1]}") for one in STREAMS]
)
def test_a_sample_of_a_stream_keeps_the_contract(vendor: str, place: int, body: str) -> None:
    """Event by event and in its order, strictly; a part of a stream as a part; and the exceptions are listed, no more."""
    part = (vendor, place) in PARTS | GIVE_WAY.keys()
    found = contract.violations(body, vendor=vendor, strict=True, part=part)
    assert GIVE_WAY.get((vendor, place), set()) <= {one.path for one in found}
    assert bool(found) == ((vendor, place) in GIVE_WAY)


def test_there_are_samples_of_streams() -> None:
    """Both vendors' recordings are among them."""
    assert {(vendor, place) for vendor, place, *_ in STREAMS} >= {
        ("model_studio", 6), ("model_studio", 7), ("model_studio", 8), ("appbuilder", 6)
    }  # fmt: skip


# What the fake prints


@pytest.mark.parametrize(("vendor", "name"), CASES)
def test_a_stream_of_the_fake_keeps_the_contract(vendor: str, name: str) -> None:
    """Whatever the script; only a run that never ends breaks off, as its test wants it."""
    for stream in printed(vendor, name):
        found = contract.violations(stream, vendor=vendor, strict=True)
        assert [one.came for one in found] == (["the end of the stream"] if name == "no end" else [])


@pytest.mark.parametrize(("vendor", "name"), CASES)
def test_an_event_is_printed_from_its_shape(vendor: str, name: str) -> None:
    """The data of every event, read into its shape and written again, is the same byte by byte."""
    rules = DOCUMENTS[vendor].streams
    for stream in printed(vendor, name):
        data = re.findall(r"^data: ?(.*)$", stream.decode(), re.MULTILINE)
        for text, (event_name, value) in zip(data, read_stream(stream, "a stream"), strict=True):
            shape: type[Shape] = rules.events[rules.kind(event_name, value)].shape
            assert text == "[DONE]" or shape.model_validate_json(text).to_bytes().decode() == text


@pytest.mark.parametrize("vendor", contract.VENDORS)
def test_the_fake_prints_nearly_every_event(vendor: str) -> None:
    """What no script makes it print is listed."""
    rules = DOCUMENTS[vendor].streams
    seen = {
        rules.kind(*event)
        for of, name in CASES
        if of == vendor
        for stream in printed(vendor, name)
        for event in read_stream(stream, "a stream")
    }
    never = {
        "model_studio": {"thread.created", "error"} | {
            kind for kind in rules.events if re.search(r"step\.(failed|cancelled|expired)", kind)
        },
        "appbuilder": {"ping"} | {f"tool_step_end {how}" for how in ("failed", "cancelled", "expired")},
    }  # fmt: skip
    assert set(rules.events) - seen == never[vendor]


# The tables


@pytest.mark.parametrize("vendor", contract.VENDORS)
def test_the_order_is_whole(vendor: str) -> None:
    """Each event comes somewhere, and no other; each place is reached, and has a way to the end."""
    rules = DOCUMENTS[vendor].streams
    assert {kind for row in rules.order.values() for kind in row} | rules.anywhere.keys() == set(rules.events)
    reached = (
        {BEGINNING} | {to for row in rules.order.values() for to in row.values()} | set(filter(None, rules.anywhere.values()))
    )
    assert reached == {*rules.order, END}
    ending = {END}
    while more := {place for place, row in rules.order.items() if ending & set(row.values())} - ending:
        ending |= more
    assert ending == reached


@pytest.mark.parametrize("vendor", contract.VENDORS)
def test_an_id_stands_where_the_table_says(vendor: str) -> None:
    """Each path of an id, and of a text, is a field of the event's shape that is a text, or a list."""
    rules = DOCUMENTS[vendor].streams

    def field(kind: str, path: str) -> Any:
        schema = contract.schema(vendor, kind.partition(" ")[0], "event")
        node = schema
        for step in path.split("."):
            branches = [resolved(schema, one) for one in node.get("anyOf", [node])]
            node = next(resolved(schema, one["properties"][step]) for one in branches if step in one["properties"])
            node = resolved(schema, node)
        return node["type"]

    def resolved(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
        return schema["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node  # type: ignore[no-any-return]

    for kind, event in rules.events.items():
        assert {path: "string" for path in event.ids.values() if field(kind, path) != "string"} == {}
    for kind, path in {**rules.pieces, **rules.whole}.items():
        assert field(kind, path) == "array"


# What can be given


def whole(vendor: str) -> bytes:
    """A stream that keeps the contract."""
    return printed(vendor, "an answer")[0]


GIVEN: dict[str, Callable[[bytes], Any]] = {
    "bytes": lambda stream: stream,
    "bytearray": bytearray,
    "text": lambda stream: stream.decode(),
    "text of Windows": lambda stream: "\ufeff" + stream.decode().replace("\n", "\r\n"),
    "frames": lambda stream: [frame + b"\n\n" for frame in stream.split(b"\n\n")[:-1]],
    "frames without their ends": lambda stream: stream.decode().split("\n\n")[:-1],
    "an iterator of frames": lambda stream: iter(stream.split(b"\n\n")[:-1]),
    "pieces of three bytes": lambda stream: [stream[at : at + 3] for at in range(0, len(stream), 3)],
    "comments, ids, heartbeats": lambda stream: b":ping\n\nid:1\n" + stream.replace(b"\n\n", b"\n\n: beat\n\n"),
    "pairs": lambda stream: [tuple(event) for event in read_stream(stream, "")],
}


@pytest.mark.parametrize("vendor", contract.VENDORS)
@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_a_stream_may_be_given_in_many_ways(vendor: str, given: Callable[[bytes], Any]) -> None:
    """Nobody need say whose it is; what is wrong in it is found however it is given."""
    assert contract.violations(given(whole(vendor))) == []
    contract.check(given(whole(vendor)), vendor=vendor)
    bad = whole(vendor).replace(b'"thread_id":"thread', b'"thread_id":7,"x":"thread', 1)
    (violation,) = contract.violations(given(bad))
    assert violation.path.endswith(".thread_id")
    assert (violation.expected, violation.came) == ("a string", "7")


def test_a_violation_names_the_event_and_its_place() -> None:
    """Its number, its name, the path; then what was expected and what came; all under the name of the thing."""
    bad = whole("model_studio").replace(b'"role":"assistant"', b'"role":"robot"', 1)
    with pytest.raises(contract.ContractViolation) as caught:
        contract.check(bad)
    assert str(caught.value) == (
        "bytes breaks the contract in 1 place\n"
        '  event 6 thread.message.created: $.role: expected "assistant"; came "robot"\n'
        "    Who speaks."
    )


def test_an_event_that_comes_too_early_is_told_with_what_may_come() -> None:
    """The order's words: what may follow what came before."""
    frames = whole("model_studio").split(b"\n\n")
    del frames[1]
    (violation,) = contract.violations(b"\n\n".join(frames))
    assert str(violation) == (
        "event 2 thread.run.in_progress: $: expected thread.run.queued; came thread.run.in_progress\n"
        "  What may follow thread.run.created."
    )


def test_a_stream_of_nobody_is_refused() -> None:
    """With what to say."""
    with pytest.raises(TypeError, match=r"cannot tell whose stream bytes is from its events; give vendor=…"):
        contract.check(b"event: tick\ndata: {}\n\n")
    with pytest.raises(TypeError, match=r"cannot check a stream with a int in it; expected frames \(bytes or str\)"):
        contract.check([1, 2])


def test_an_event_by_itself_is_checked_by_its_name() -> None:
    """kind="event"; contract.schema gives its schema."""
    data = read_stream(whole("model_studio"), "")[0].data
    assert contract.violations(data, vendor="model_studio", operation="thread.run.created", kind="event") == []
    assert contract.violations(json.dumps(data), vendor="model_studio", operation="thread.run.created", kind="event") == []
    (violation,) = contract.violations(data, vendor="model_studio", operation="thread.run.failed", kind="event")
    assert violation.path == "$.status"
    assert Draft202012Validator(contract.schema("model_studio", "thread.run.created", "event")).is_valid(data)
    with pytest.raises(ValueError, match=r"event='thread.run.create': expected one of .*did you mean 'thread.run.created'\?"):
        contract.schema("model_studio", "thread.run.create", "event")


def test_an_event_the_contract_does_not_know_is_drift() -> None:
    """Told with strict alone, with the nearest; what comes after it is judged as if it had not come."""
    stream = whole("model_studio").replace(b"event:thread.message.delta", b"event:thread.message.detla", 1)
    found = contract.violations(stream, strict=True)
    assert [(one.path, one.expected, one.drift) for one in found][:1] == [
        ("$", "no such event; did you mean 'thread.message.delta'?", True)
    ]
    assert all(not one.drift for one in contract.violations(stream))
    renamed = whole("appbuilder").replace(b'"event_type":"run_end"', b'"event_type":"run_ended"')
    (unknown, end) = contract.violations(renamed, strict=True)
    assert (unknown.path, unknown.drift, end.came) == ("$.event_type", True, "the end of the stream")


def test_a_part_of_a_stream_is_judged_as_a_part() -> None:
    """Its beginning and its end say nothing; what stands between is judged."""
    events: list[Happening] = read_stream(whole("model_studio"), "")
    middle = [tuple(event) for event in events[3:8]]
    assert contract.violations(middle, part=True) == []
    assert len(contract.violations(middle)) == 2
    assert [one.path for one in contract.violations([*middle[:2], *middle[3:]], part=True)] == ["$"]


# What may come from anywhere


def spoilt(old: str, new: str, vendor: str = "model_studio") -> bytes:
    """A stream with something else at each place."""
    assert old.encode() in whole(vendor)
    return whole(vendor).replace(old.encode(), new.encode())


DEEP = '{"a":' * 5000 + "1" + "}" * 5000
HOSTILE: dict[str, tuple[bytes, str]] = {
    "a lone surrogate in each piece": (spoilt('"annotations":[]', '"annotations":["\\ud800"]'), "lone surrogate"),
    "a number there is not": (spoilt('"annotations":[]', '"annotations":[NaN]'), "holds NaN"),
    "a key twice": (spoilt('"object":', '"object":"a","object":'), "twice"),
    "too deep": (spoilt('"annotations":[]', f'"annotations":[{DEEP}]'), "nested deeper"),
    "no JSON": (spoilt('"annotations":[]', '"annotations":['), "is not JSON"),
    "no object": (re.sub(rb"data:\{.*", b"data:7", whole("model_studio")), "expected an object"),
    "an empty piece of data": (re.sub(rb"data:\{.*", b"data:", whole("model_studio")), "is empty"),
}


@pytest.mark.parametrize(("stream", "told"), HOSTILE.values(), ids=HOSTILE)
def test_data_that_is_no_json_is_told_with_its_event(stream: bytes, told: str) -> None:
    """However it is given; nothing but a violation comes of it, and it can be written."""
    pairs = [(name, data) for name, data in read_stream(stream, "") if not isinstance(data, Unread)]
    for given in (stream, stream.decode(), *([pairs] if "surrogate" in told else [])):
        found = contract.violations(given)
        assert told in "\n".join(map(str, found))
        assert all(one.event for one in found)
        "\n".join(map(str, found)).encode()


def test_what_is_no_text_or_too_large_is_refused() -> None:
    """As a body of JSON is."""
    with pytest.raises(contract.NotJSON, match="bytes is not UTF-8: byte 0xff at"):
        contract.violations(whole("model_studio").replace("晴".encode(), b"\xff"))
    with pytest.raises(contract.NotJSON, match="bytes is larger than max_bytes=100"):
        contract.violations(whole("model_studio"), max_bytes=100)


def test_the_words_of_an_event_are_short_and_hide_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name, its data, its text: whatever is quoted."""
    key = "sk-0123456789abcdef0123456789abcdef"
    monkeypatch.setenv("DASHSCOPE_API_KEY", key)
    stream = (
        whole("model_studio") + f"event: {key}{'x' * 5000}\ndata: {key}\n\nevent: error\ndata: {key}{'x' * 5000}\n\n".encode()
    )
    words = "\n".join(map(str, contract.violations(stream, strict=True)))
    assert key not in words
    assert max(map(len, words.splitlines())) < 400


@pytest.mark.parametrize("library", ["requests", "httpx", "urllib3"])
def test_a_response_whose_body_is_a_stream_is_one(library: str) -> None:
    """The URL says the operation; the body says that it is a stream."""
    client = pytest.importorskip(library)
    with AssistantMock() as mock:
        handle = mock.model_studio
        handle.script("晴")
        thread, assistant = handle.add_thread(), handle.add_assistant(model="qwen-max")
        handle.add_message(thread, "?")
        url, key = f"{handle.base_url}/threads/{thread.id}/runs", {"Authorization": "Bearer k"}
        body: dict[str, Any] = {"assistant_id": assistant.id, "stream": True}
        if library == "urllib3":
            reply = client.PoolManager().request("POST", url, body=json.dumps(body), headers=key)
        else:
            reply = client.post(url, json=body, headers=key)
        assert contract.violations(reply, strict=True) == []
        assert contract.violations(handle.exchanges[-1], strict=True) == []
