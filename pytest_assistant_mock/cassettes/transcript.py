"""
A cassette as a conversation people can read: who asked what, who answered what, ids by name, secrets hidden.

Knows the objects both vendors print; knows no file.
"""

from __future__ import annotations

from collections.abc import Iterator

from pytest_assistant_mock._engine.engine import Engine
from pytest_assistant_mock._engine.sse import is_event_stream
from pytest_assistant_mock._engine.vendor import Match
from pytest_assistant_mock._engine.wire import Failure, Response
from pytest_assistant_mock._vendors import REVISIONS
from pytest_assistant_mock._vendors.secrets import secrets
from pytest_assistant_mock.cassettes.events import events
from pytest_assistant_mock.cassettes.format import Cassette, Interaction
from pytest_assistant_mock.cassettes.matching import Places
from pytest_assistant_mock.cassettes.symbols import Symbols, json_of
from pytest_assistant_mock.cassettes.words import stream_words, words


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
    for line in words(body):
        yield f"    > {line}"


def _came(one: Interaction) -> Iterator[str]:
    if one.response is not None:
        yield f"    < {one.response.status} {one.response.reason}".rstrip()
        stream = is_event_stream(one.response.headers)
        if stream or isinstance(one.reply, Response):
            said = stream_words(events(one.response)) if stream else words(json_of(one.response.body))
            yield from (f"    < {line}" for line in said)
    if isinstance(one.reply, Failure):
        after = f" after {one.reply.after_bytes} bytes" if one.reply.after_bytes else ""
        yield f"    < {one.reply.kind}{after}"
    if one.closed_by_client:
        yield "    < (closed by the client)"
