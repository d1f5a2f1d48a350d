"""A conversation as Python that can be pasted into a test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pytest_assistant_mock._engine.turns import spelled
from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock.strategies.calls import Call, Ids, parts


def text_of(vendor: Vendor, calls: Sequence[Call], allowed: Sequence[str]) -> str:
    """A function that makes the calls with httpx. allowed: the operations that the test must allow first."""
    ids = Ids()
    lines = [f"def test_conversation({vendor.name}):", *_prepared(vendor, calls, allowed), *_client(vendor)]
    for call in calls:
        lines += [f"    {line}" for line in _lines(vendor, call, ids)]
        ids.name(call)
    return "\n".join(lines)


def _prepared(vendor: Vendor, calls: Sequence[Call], allowed: Sequence[str]) -> Iterator[str]:
    scripts = [call.script for call in calls if call.script]
    if scripts:
        yield "    from pytest_assistant_mock import turns"
        yield ""
    for script in scripts:
        yield f"    {vendor.name}.script({', '.join(map(spelled, script))}, optional=True)"
    for operation in allowed:
        yield f"    {vendor.name}.allow({operation!r})"


def _client(vendor: Vendor) -> list[str]:
    return [
        "    client = httpx.Client(",
        f"        base_url={vendor.base_urls[0]!r}, headers={{'Authorization': 'Bearer {vendor.settings.key}'}}",
        "    )",
    ]


def _lines(vendor: Vendor, call: Call, ids: Ids) -> Iterator[str]:
    waiting = [f"{{calls[{number}].id}}" for number in range(len(call.outputs))]
    route, path, payload = parts(vendor, call, ids, waiting)
    if waiting:
        yield f"calls = {vendor.name}.steps({ids.runs[call.run].strip('{}')})[-1].calls"
    where = f"f{path!r}" if "{" in path else repr(path)
    shown = repr(payload)
    for name in (*ids.threads, *ids.messages, *ids.assistants, *ids.runs, *waiting):
        shown = shown.replace(repr(name), name.strip("{}"))
    body = {"POST": f", json={shown}"}.get(route.method, f", params={shown}" if payload else "")
    asked = f"client.{route.method.lower()}({where}{body})"
    made = ids.made_by(call)
    if call.operation == "create_run":
        yield asked
        yield f"run_{len(ids.runs)} = {vendor.name}.runs()[-1].id"
    elif made is not None:
        yield f"{call.operation.removeprefix('create_')}_{len(made)} = {asked}.json()['id']"
    else:
        yield asked
