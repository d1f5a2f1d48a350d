"""
A cassette as a conversation people can read: who asked what, who answered what, ids by name, secrets hidden.

Knows the objects both vendors print; knows no file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pytest_assistant_mock._engine.engine import Engine
from pytest_assistant_mock._engine.vendor import Match
from pytest_assistant_mock._engine.wire import Failure
from pytest_assistant_mock._vendors import REVISIONS
from pytest_assistant_mock._vendors.secrets import secrets
from pytest_assistant_mock.cassettes.format import Cassette, Interaction
from pytest_assistant_mock.cassettes.matching import Places
from pytest_assistant_mock.cassettes.symbols import Symbols, json_of


def conversation(cassette: Cassette) -> Iterator[str]:
    """Lines of text: of each interaction what was called, what was sent and what came back."""
    symbols, hiding = Symbols(cassette.interactions), secrets()
    engine = Engine(REVISIONS["2025"])
    places = Places(engine.place, [service.vendor for service in engine.services.values()])
    for number, one in enumerate(cassette.interactions, 1):
        lines = [_title(number, one, engine, places), *_sent(one), *_came(one)]
        yield from symbols.text(hiding.text("\n".join(lines))).splitlines()


def _title(number: int, one: Interaction, engine: Engine, places: Places) -> str:
    place = places.of(one)
    if place is None:
        return f"{number}.  {one.request.method} {one.request.url}"
    match = engine.services[place.vendor].vendor.router.find(one.request.method, place.path)
    operation = match.route.operation if isinstance(match, Match) else ""
    path = f"{place.path or one.request.url}{'?' if place.query else ''}{place.query}"
    return f"{number}.  {place.vendor} {operation}  {one.request.method} {path}  {one.recorded_at}".rstrip()


def _sent(one: Interaction) -> Iterator[str]:
    body = json_of(one.request.body)
    if body is None and one.request.body:
        yield f"    > {len(one.request.body):,} bytes"
    for line in _words(body):
        yield f"    > {line}"


def _came(one: Interaction) -> Iterator[str]:
    if isinstance(one.reply, Failure):
        after = f" after {one.reply.after_bytes} bytes" if one.reply.after_bytes else ""
        yield f"    < {one.reply.kind}{after}"
        return
    yield f"    < {one.reply.status} {one.reply.reason}".rstrip()
    for line in _words(json_of(one.reply.body)):
        yield f"    < {line}"


def _words(value: Any) -> Iterator[str]:
    """What is said, by whom; of anything else its name, and what went wrong."""
    items = (
        value
        if isinstance(value, list)
        else value.get("data") or value.get("messages") or [value]
        if isinstance(value, dict)
        else []
    )
    for item in items:
        if not isinstance(item, dict):
            continue
        if item.get("content"):
            yield f"{item.get('role', 'user')}: {_text(item['content'])}"
        elif "error" in item or "code" in item:
            error = item["error"] if isinstance(item.get("error"), dict) else item
            yield f"{error.get('code')}: {error.get('message')}"
        elif "id" in item:
            yield f"{item.get('object', 'object')} {item['id']}"


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    texts = [piece.get("text") for piece in content if isinstance(piece, dict)] if isinstance(content, list) else []
    return "".join(str(text.get("value", "")) if isinstance(text, dict) else str(text) for text in texts)
