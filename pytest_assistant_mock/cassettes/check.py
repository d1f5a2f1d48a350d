"""
What is wrong with a cassette's file: how it reads, what the contract says, secrets, size, readability.

Finds; reports nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pytest_assistant_mock import contract
from pytest_assistant_mock._engine.engine import Engine
from pytest_assistant_mock._engine.sse import is_event_stream
from pytest_assistant_mock._engine.vendor import Match
from pytest_assistant_mock._engine.wire import Exchange, Response
from pytest_assistant_mock._vendors import REVISIONS
from pytest_assistant_mock._vendors.secrets import secrets_of
from pytest_assistant_mock.cassettes import storage
from pytest_assistant_mock.cassettes.format import Cassette, Interaction
from pytest_assistant_mock.cassettes.matching import Places, canonical
from pytest_assistant_mock.cassettes.pieces import reply_of
from pytest_assistant_mock.cassettes.stream_secrets import hidden_stream
from pytest_assistant_mock.errors import CassetteError

MOST_BYTES = 1024 * 1024
"""Of a cassette people are to review."""

_ESCAPED = re.compile(r"\\u(?!00|[dD][89A-Fa-f])[0-9A-Fa-f]{4}")
_LONG_JSON = re.compile(r"^ +(?:body|string): (?:'|\")?[{\[].{500,}", re.MULTILINE)
_PACKED = re.compile(r"^ +(?:body|string): !!binary", re.MULTILINE)


class Problem(NamedTuple):
    """Something wrong, and in which line (from 1)."""

    line: int
    text: str


def problems(path: Path, keys: Iterable[str] = ()) -> list[Problem]:
    """Everything wrong with a file, in the order of its lines; `keys` are configured keys that must not stand in it."""
    try:
        text = storage.read(path)
        cassette = storage.parse(text, path)
    except CassetteError as error:
        line, _, problem = str(error).removeprefix(f"{path}:").partition(": ")
        return [Problem(int(line), problem.partition("\n")[0])]
    found = [
        *_contract(cassette),
        *_by_vcrpy(text, cassette),
        *_secrets(text, keys),
        *_split_secrets(cassette, keys),
        *_headers(cassette),
        *_size(path),
        *_readability(text),
    ]
    return sorted(found)


def _contract(cassette: Cassette) -> Iterator[Problem]:
    engine = Engine(REVISIONS["2025"])
    places = Places(engine.place, [service.vendor for service in engine.services.values()])
    for number, one in enumerate(cassette.interactions, 1):
        place = places.of(one)
        if (
            place is None
            or not isinstance(one.reply, Response)
            or (one.closed_by_client and not is_event_stream(one.reply.headers))
        ):
            continue
        match = engine.services[place.vendor].vendor.router.find(one.request.method, place.path)
        if isinstance(match, Match):
            exchange = Exchange(place.vendor, match.route.operation, one.request, reply_of(one))
            for violation in contract.violations(exchange):
                yield Problem(one.line, f"interaction {number}, {exchange.operation}: {violation}")


def _by_vcrpy(text: str, cassette: Cassette) -> Iterator[Problem]:
    """Where vcrpy, whose format it is, reads something else than we do."""
    from vcr.serialize import deserialize
    from vcr.serializers import yamlserializer

    try:
        requests, responses, *_ = deserialize(text, yamlserializer)
    except Exception as error:  # whatever it is: a user of vcrpy would meet it
        yield Problem(1, f"vcrpy cannot read it: {str(error).splitlines()[0]}")
        return
    for number, (one, asked, answered) in enumerate(zip(cassette.interactions, requests, responses, strict=True), 1):
        for what, ours, theirs in _read_by_both(one, asked, answered):
            if ours != theirs and not _same_json(ours, theirs):
                said = f"vcrpy reads {what} otherwise: {theirs!r:.60}; write it in quotes, or record it again"
                yield Problem(one.line, f"interaction {number}: {said}")


def _read_by_both(one: Interaction, asked: Any, answered: Any) -> Iterator[tuple[str, object, object]]:
    yield "the method", one.request.method, asked.method
    yield "the URL", one.request.url, asked.uri
    yield "the request's body", one.request.body, _whole(asked.body)
    if answered is not None and isinstance(one.reply, Response):
        yield "the status", one.reply.status, answered["status"]["code"]
        if not any(name.lower() == "content-encoding" for name in answered["headers"] or ()):  # we read it plain
            yield "the answer's body", one.reply.body, _whole(answered["body"].get("string"))


def _whole(body: Any) -> Any:
    """A body as vcrpy holds it: bytes, a file, an iterator or pieces."""
    if hasattr(body, "read"):
        return body.read()
    if body is None or isinstance(body, bytes):
        return body or b""
    try:
        return b"".join(one.encode() if isinstance(one, str) else one for one in body)
    except TypeError:
        return body


def _same_json(ours: object, theirs: object) -> bool:
    """JSON bodies are laid out in the file: we read them compact, vcrpy as they stand."""
    return isinstance(ours, bytes) and isinstance(theirs, bytes) and canonical(ours) == canonical(theirs)


def _secrets(text: str, keys: Iterable[str]) -> Iterator[Problem]:
    for found in secrets_of(keys).find(text):
        yield Problem(found.line, f"looks like a secret ({found.kind}): {found.beginning}; assistant-mock scrub hides it")


def _split_secrets(cassette: Cassette, keys: Iterable[str]) -> Iterator[Problem]:
    """What no line of the file shows: a secret that two events of a stream say together."""
    secrets = secrets_of(keys)
    for number, one in enumerate(cassette.interactions, 1):
        response = one.response
        if response is None or not is_event_stream(response.headers) or secrets.body(response.body) != response.body:
            continue
        if hidden_stream(response.body, secrets) != response.body:
            said = "the events of its stream together say something that looks like a secret"
            yield Problem(one.line, f"interaction {number}: {said}; assistant-mock scrub hides it")


def _headers(cassette: Cassette) -> Iterator[Problem]:
    secrets = secrets_of()
    for number, one in enumerate(cassette.interactions, 1):
        for name, value in (*one.request.headers, *(one.response.headers if one.response else ())):
            if secrets.header(name, value) != value:
                yield Problem(one.line, f"interaction {number}: the header {name} is not hidden; assistant-mock scrub hides it")


def _size(path: Path) -> Iterator[Problem]:
    size = path.stat().st_size
    if size > MOST_BYTES:
        yield Problem(1, f"{size:,} bytes; nobody reviews more than {MOST_BYTES:,}: a cassette a test")


def _readability(text: str) -> Iterator[Problem]:
    kinds = (
        (_ESCAPED, "letters written as \\uXXXX"),
        (_LONG_JSON, "a JSON body on one line"),
        (_PACKED, "a body nobody can read: compressed, or no text"),
    )
    for pattern, problem in kinds:
        if match := pattern.search(text):
            yield Problem(_line(text, match.start()), f"{problem}; assistant-mock scrub rewrites what can be read")


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
