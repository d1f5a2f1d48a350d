"""
Checks per second: one message, a page of 100 and streams of 200 events, the contract beside jsonschema, jsonschema-rs and
pydantic alone.

`python benchmarks/contract.py` prints a table, `--json` the numbers; `run()` is for benchmarks/run.py. Each row is the best of
interleaved rounds: what a busy machine adds is left out as far as it goes. Read the ratios.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from time import perf_counter
from typing import Any

from pytest_assistant_mock import AssistantMock, Request, contract, turns
from pytest_assistant_mock._engine.streams import Reading
from pytest_assistant_mock._engine.wire import Response
from pytest_assistant_mock._vendors import DOCUMENTS
from pytest_assistant_mock.contract.operations import shapes
from pytest_assistant_mock.contract.stream_events import read_stream

VENDOR = "model_studio"
BASE = "https://dashscope.aliyuncs.com/api/v1"
KEY = (("Authorization", "Bearer x"),)
EVENTS = 200
ROUNDS = 15
SECONDS = 0.02  # how long one round of one row is meant to take


def answers() -> dict[str, tuple[str, Any]]:
    """A message and a page of 100, as the fake answers them: operation and value by name."""
    mock = AssistantMock()
    thread = mock.model_studio.add_thread()
    for number in range(100):
        last = mock.model_studio.add_message(thread, f"你是誰 {number}")
    urls = {
        "one message": ("retrieve_message", f"{BASE}/threads/{thread.id}/messages/{last.id}"),
        "a page of 100": ("list_messages", f"{BASE}/threads/{thread.id}/messages?limit=100"),
    }
    found = {}
    for name, (operation, url) in urls.items():
        reply = mock._engine.handle(Request("GET", url, KEY))
        assert isinstance(reply, Response)
        found[name] = (operation, reply.json())
    return found


def rows(operation: str, value: Any) -> dict[str, Callable[[], Any]]:
    """Every way to check one value, by name."""
    import jsonschema_rs
    from jsonschema import Draft202012Validator

    schema = contract.schema(VENDOR, operation, "response")
    reference, fast = Draft202012Validator(schema), jsonschema_rs.validator_for(schema)
    (shape, *_) = shapes(VENDOR, operation, "response", None)
    assert reference.is_valid(value)
    assert fast.is_valid(value)
    assert contract.violations(value, vendor=VENDOR, operation=operation) == []
    return {
        "contract.violations": lambda: contract.violations(value, vendor=VENDOR, operation=operation),
        "contract.violations, strict": lambda: contract.violations(value, vendor=VENDOR, operation=operation, strict=True),
        "jsonschema-rs alone": lambda: fast.is_valid(value),
        "jsonschema alone": lambda: reference.is_valid(value),
        "pydantic alone": lambda: shape.model_validate(value),
    }


def stream(vendor: str) -> bytes:
    """A stream of 200 events, as the fake prints it."""
    mock = AssistantMock()
    handle = getattr(mock, vendor)
    pieces = ["北京晴天"] * (EVENTS - (11 if vendor == VENDOR else 5))
    if vendor == VENDOR:
        pieces[-1] = ""
    handle.script(turns.says("".join(pieces), pieces=pieces))
    thread, assistant = handle.add_thread(), handle.add_assistant(model="qwen-max")
    handle.add_message(thread, "?")
    body: dict[str, Any] = {"assistant_id": assistant.id, "stream": True}
    url = f"{handle.base_url}/threads/{thread.id}/runs"
    if vendor != VENDOR:
        url, body = f"{handle.base_url}/v2/threads/runs", {**body, "thread_id": thread.id}
    reply = mock._engine.handle(Request("POST", url, KEY, json.dumps(body).encode()))
    assert isinstance(reply, Response)
    reading = Reading(reply.pieces or ())
    return b"".join(iter(lambda: reading.next() or b"", b""))


def stream_rows(vendor: str) -> dict[str, Callable[[], Any]]:
    """Every way to check a stream, by name; alone, a validator sees each event by itself, and no order."""
    import jsonschema_rs
    from jsonschema import Draft202012Validator

    printed = stream(vendor)
    events = [(name, data) for name, data in read_stream(printed, "a stream")]
    assert len(events) == EVENTS
    rules = DOCUMENTS[vendor].streams
    kinds = [(rules.kind(name, data).partition(" ")[0], data) for name, data in events]
    schemas = {kind: contract.schema(vendor, kind, "event") for kind, _ in kinds}
    fast = {kind: jsonschema_rs.validator_for(schema) for kind, schema in schemas.items()}
    reference = {kind: Draft202012Validator(schema) for kind, schema in schemas.items()}
    assert all(fast[kind].is_valid(data) and reference[kind].is_valid(data) for kind, data in kinds)
    assert contract.violations(events) == contract.violations(printed) == []
    return {
        "contract.violations": lambda: contract.violations(events, vendor=vendor),
        "contract.violations, strict": lambda: contract.violations(events, vendor=vendor, strict=True),
        "contract.violations of bytes": lambda: contract.violations(printed, vendor=vendor),
        "jsonschema-rs alone": lambda: [fast[kind].is_valid(data) for kind, data in kinds],
        "jsonschema alone": lambda: [reference[kind].is_valid(data) for kind, data in kinds],
    }


def seconds(check: Callable[[], Any], times: int) -> float:
    """Seconds a check takes, over so many."""
    start = perf_counter()
    for _ in range(times):
        check()
    return (perf_counter() - start) / times


def run() -> list[dict[str, Any]]:
    """The rows: what, tool, microseconds a check, checks per second, ratio to jsonschema-rs alone."""
    found = []
    checked = {what: rows(operation, value) for what, (operation, value) in answers().items()}
    checked |= {f"a stream of {EVENTS} events, {vendor}": stream_rows(vendor) for vendor in contract.VENDORS}
    for what, checks in checked.items():
        times = {name: max(1, int(SECONDS / seconds(check, 3))) for name, check in checks.items()}
        rounds = [{name: seconds(check, times[name]) for name, check in checks.items()} for _ in range(ROUNDS)]
        best = {name: min(one[name] for one in rounds) for name in checks}
        for name, took in best.items():
            ratio = took / best["jsonschema-rs alone"]
            found.append({"what": what, "tool": name, "microseconds": took * 1e6, "per_second": 1 / took, "ratio": ratio})
    return found


def table(found: list[dict[str, Any]]) -> str:
    """The rows as Markdown."""
    lines = ["| what | tool | checks per second | µs | ratio to jsonschema-rs |", "|---|---|---:|---:|---:|"]
    for row in found:
        numbers = f"{row['per_second']:,.0f} | {row['microseconds']:.1f} | {row['ratio']:.2f}"
        lines.append(f"| {row['what']} | {row['tool']} | {numbers} |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the numbers instead of a table")
    rows_found = run()
    print(json.dumps(rows_found, indent=2) if parser.parse_args().json else table(rows_found))
