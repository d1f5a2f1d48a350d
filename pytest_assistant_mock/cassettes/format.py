"""
Cassettes in memory, and as text in vcrpy's format, version 1: written by its own `serialize` through our writer, read by ours.

Knows what an interaction is; knows no file, no vendor and no matching.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

from pytest_assistant_mock._engine.wire import Failure, Headers, Reply, Request, Response
from pytest_assistant_mock.cassettes import yaml_checked, yaml_writer
from pytest_assistant_mock.cassettes.content_encoding import decoded
from pytest_assistant_mock.cassettes.yaml_checked import OURS, listed
from pytest_assistant_mock.cassettes.yaml_reader import Data

Pieces: TypeAlias = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Interaction:
    """
    One request and its reply as recorded.

    recorded_at: when, in ISO 8601; recorded_with: the SDK and the HTTP client, with their versions; recorded_by: the test, in a
    shared cassette; vendor and base_url: whose the request is, where its URL alone does not say so. Each is empty if the file
    says nothing.

    pieces: those a stream came in, as pairs: how many ms after its head, and how many bytes. closed_by_client: whether the client
    left before the end; what it had read by then is the body.
    """

    request: Request
    reply: Reply
    recorded_at: str = ""
    recorded_by: str = ""
    vendor: str = ""
    base_url: str = ""
    recorded_with: str = ""
    pieces: Pieces = ()
    closed_by_client: bool = False
    line: int = field(default=0, compare=False)

    @property
    def response(self) -> Response | None:
        """The response, as far as it was received; None if the way broke before it."""
        return self.reply if isinstance(self.reply, Response) else self.reply.response


@dataclass(slots=True)
class Cassette:
    """Interactions in the order recorded, and what the file says about itself."""

    interactions: list[Interaction] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)


class _Serializer:
    """What vcrpy calls a serializer, for one cassette: the keys it does not know pass by it."""

    def __init__(self, beside: Iterable[Mapping[str, Any]]) -> None:
        self.beside = list(beside)

    def serialize(self, data: dict[str, Any]) -> str:
        for interaction, more in zip(data["interactions"], self.beside, strict=True):
            interaction.update(more)
        head = {"version": data["version"]}
        if "metadata" in data:
            head["metadata"] = data["metadata"]
        return yaml_writer.write({**head, "interactions": data["interactions"]})


def to_text(cassette: Cassette) -> str:
    """The cassette as a file holds it."""
    from vcr.serialize import serialize

    with _no_collection():
        return str(serialize(*_vcrpy_data(cassette)))


class _Asked(NamedTuple):
    """A request in the place of vcrpy's own, as far as its `serialize` asks."""

    request: Request
    headers: dict[str, str]

    def _to_dict(self) -> dict[str, Any]:
        asked = self.request
        headers = {name: [value] for name, value in self.headers.items()}
        return {"method": asked.method, "uri": asked.url, "body": asked.body or None, "headers": headers}


def _vcrpy_data(cassette: Cassette) -> tuple[dict[str, Any], _Serializer]:
    requests, responses, beside = [], [], []
    joined: dict[Headers, dict[str, str]] = {}
    for one in cassette.interactions:
        headers = one.request.headers
        if headers not in joined:  # most have the same
            joined[headers] = {name: ", ".join(values) for name, values in _grouped(headers).items()}
        requests.append(_Asked(one.request, joined[headers]))
        responses.append(_response_data(one.reply, one.pieces) if isinstance(one.reply, Response) else None)
        beside.append(_beside(one))
    data: dict[str, Any] = {"requests": requests, "responses": responses}
    if cassette.metadata:
        data["metadata"] = cassette.metadata
    return data, _Serializer(beside)


def from_text(text: str) -> Cassette:
    """The cassette in a text; one recorded by vcrpy or pytest-recording just as well. Raises Broken."""
    known = _remembered(text) if len(text) <= _SHORT else _parsed(text)
    return Cassette(list(known.interactions), deepcopy(known.metadata))


def _parsed(text: str) -> Cassette:
    with _no_collection():
        return _cassette(yaml_checked.read(text))


_SHORT = 65_536
_remembered = lru_cache(maxsize=32)(_parsed)  # tests share cassettes; known by its text, none is ever stale


@contextmanager
def _no_collection() -> Iterator[None]:
    """Without the garbage collector, which would look through all that is loaded again and again, and find nothing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _cassette(data: Data) -> Cassette:
    items = data.value["interactions"]
    shared: dict[Headers, Headers] = {}
    interactions = []
    for item, line in zip(items, data.lines or [0] * len(items), strict=True):
        asked = item["request"]
        headers = _joined(asked["headers"])
        request = Request(asked["method"], asked["uri"], shared.setdefault(headers, headers), _bytes(asked["body"]))
        answered = item["response"]
        reply = _response(answered, shared) if answered is not None else _failure(item["failure"], shared)
        ours = {name: item[name] for name in (*OURS, "closed_by_client") if name in item}
        arrived = answered if answered is not None else item["failure"].get("response")
        pieces = tuple(map(tuple, arrived["body"].get("pieces", ()))) if arrived is not None else ()
        interactions.append(Interaction(request, reply, **ours, pieces=pieces, line=line))
    return Cassette(interactions, data.value.get("metadata") or {})


def _joined(headers: Mapping[str, Any]) -> Headers:
    """A request's headers, those of one name as one, as vcrpy keeps them: the first spelling of a name, its last values."""
    found: dict[str, tuple[str, str]] = {}
    for name, values in headers.items():
        one = values[0] if type(values) is list and len(values) == 1 else values  # as nearly all are
        joined = one if type(one) is str else ", ".join(map(str, listed(one)))
        folded = name.lower()
        found[folded] = (found[folded][0] if folded in found else name, joined)
    return tuple(found.values())


def _beside(one: Interaction) -> dict[str, Any]:
    beside: dict[str, Any] = {}
    if isinstance(one.reply, Failure):
        failure: dict[str, Any] = {"kind": one.reply.kind, "after_bytes": one.reply.after_bytes}
        if one.reply.response is not None:
            arrived = _response_data(one.reply.response, one.pieces, one.reply.after_bytes)
            arrived["body"]["string"] = _unicode(arrived["body"]["string"])
            failure["response"] = arrived
        beside["failure"] = failure
    if one.closed_by_client:
        beside["closed_by_client"] = True
    return beside | {name: getattr(one, name) for name in OURS if getattr(one, name)}


def _response_data(response: Response, pieces: Pieces, after_bytes: int | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"string": response.body[:after_bytes]}
    if pieces:
        body["pieces"] = [list(piece) for piece in pieces]
    return {
        "status": {"code": response.status, "message": response.reason},
        "headers": _grouped(response.headers),
        "body": body,
    }


def _grouped(headers: Headers) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    spelled: dict[str, str] = {}
    for name, value in headers:
        grouped.setdefault(spelled.setdefault(name.lower(), name), []).append(value)
    return grouped


def _unicode(body: bytes) -> str | bytes:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body


def _bytes(body: Any) -> bytes:
    if body is None or isinstance(body, bytes):
        return body or b""
    return body.encode() if isinstance(body, str) else b"".join(_bytes(piece) for piece in body)


def _response(data: Mapping[str, Any], shared: dict[Headers, Headers]) -> Response:
    pairs = [(name, value) for name, values in data["headers"].items() for value in listed(values)]
    headers = tuple([pair if type(pair[1]) is str else (pair[0], str(pair[1])) for pair in pairs])
    headers, body = decoded(headers, _bytes(data["body"].get("string")))
    return Response(data["status"]["code"], shared.setdefault(headers, headers), body)


def _failure(data: Mapping[str, Any], shared: dict[Headers, Headers]) -> Failure:
    arrived = data.get("response")
    return Failure(data["kind"], data.get("after_bytes", 0), None if arrived is None else _response(arrived, shared))
