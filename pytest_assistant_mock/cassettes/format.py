"""
Cassettes in memory, and as text in vcrpy's format, version 1: its own `serialize` and `deserialize`, our reader and writer.

Knows what an interaction is; knows no file, no vendor and no matching.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, get_args

from pytest_assistant_mock._engine.wire import Failure, FailureKind, Headers, Reply, Request, Response
from pytest_assistant_mock.cassettes import reader, writer, written
from pytest_assistant_mock.cassettes.coding import decoded
from pytest_assistant_mock.cassettes.reader import Broken

_OURS = ("recorded_at", "recorded_by", "vendor", "base_url")


@dataclass(frozen=True, slots=True)
class Interaction:
    """
    One request and its reply as recorded.

    recorded_at: when, in ISO 8601; recorded_by: the test, in a shared cassette; vendor and base_url: whose the request is,
    where its URL alone does not say so. Each is empty if the file says nothing.
    """

    request: Request
    reply: Reply
    recorded_at: str = ""
    recorded_by: str = ""
    vendor: str = ""
    base_url: str = ""
    line: int = field(default=0, compare=False)

    @property
    def response(self) -> Response | None:
        """
        The response, as far as it was received; None if the way broke before it.
        """
        return self.reply if isinstance(self.reply, Response) else self.reply.response


@dataclass(slots=True)
class Cassette:
    """
    Interactions in the order recorded, and what the file says about itself.
    """

    interactions: list[Interaction] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)


class _Serializer:
    """
    What vcrpy calls a serializer, for one cassette: the keys it does not know pass by it.
    """

    def __init__(self, beside: Iterable[Mapping[str, Any]] = ()) -> None:
        self.beside = list(beside)
        self.lines: list[int] = []

    def serialize(self, data: dict[str, Any]) -> str:
        for interaction, more in zip(data["interactions"], self.beside, strict=True):
            interaction.update(more)
        head = {"version": data["version"]}
        if "metadata" in data:
            head["metadata"] = data["metadata"]
        return writer.write({**head, "interactions": data["interactions"]})

    def deserialize(self, text: str) -> dict[str, Any]:
        found = written.read(text) or _read(text)
        value: dict[str, Any] = found.value
        self.lines = found.lines
        self.beside = [{name: item[name] for name in (*_OURS, "failure") if name in item} for item in value["interactions"]]
        return value


def to_text(cassette: Cassette) -> str:
    """
    The cassette as a file holds it.
    """
    from vcr.serialize import serialize

    with _no_collection():
        return str(serialize(*_vcrpy_data(cassette)))


class _Asked(NamedTuple):
    """
    A request in the place of vcrpy's own, as far as its `serialize` asks.
    """

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
        responses.append(_response_data(one.reply) if isinstance(one.reply, Response) else None)
        beside.append(_beside(one))
    data: dict[str, Any] = {"requests": requests, "responses": responses}
    if cassette.metadata:
        data["metadata"] = cassette.metadata
    return data, _Serializer(beside)


def from_text(text: str) -> Cassette:
    """
    The cassette in a text; one recorded by vcrpy or pytest-recording just as well. Raises Broken.
    """
    from vcr.serialize import deserialize

    serializer = _Serializer()
    with _no_collection():
        return _cassette(serializer, deserialize(text, serializer))


@contextmanager
def _no_collection() -> Iterator[None]:
    """
    Without the garbage collector, which would look through all that is loaded again and again, and find nothing.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _cassette(serializer: _Serializer, data: tuple[Any, ...]) -> Cassette:
    requests, responses, *metadata = data
    shared: dict[Headers, Headers] = {}
    interactions = []
    lines = serializer.lines or [0] * len(requests)
    for asked, answered, beside, line in zip(requests, responses, serializer.beside, lines, strict=True):
        headers = tuple(asked.headers.items())
        request = Request(asked.method, asked.uri, shared.setdefault(headers, headers), _bytes(asked.body))
        reply = _response(answered, shared) if answered is not None else _failure(beside["failure"], shared)
        ours = {name: beside[name] for name in _OURS if name in beside}
        interactions.append(Interaction(request, reply, **ours, line=line))
    return Cassette(interactions, metadata[0] if metadata else {})


def _beside(one: Interaction) -> dict[str, Any]:
    beside: dict[str, Any] = {}
    if isinstance(one.reply, Failure):
        failure: dict[str, Any] = {"kind": one.reply.kind, "after_bytes": one.reply.after_bytes}
        if one.reply.response is not None:
            arrived = _response_data(one.reply.response, one.reply.after_bytes)
            arrived["body"]["string"] = _unicode(arrived["body"]["string"])
            failure["response"] = arrived
        beside["failure"] = failure
    return beside | {name: getattr(one, name) for name in _OURS if getattr(one, name)}


def _response_data(response: Response, after_bytes: int | None = None) -> dict[str, Any]:
    return {
        "status": {"code": response.status, "message": response.reason},
        "headers": _grouped(response.headers),
        "body": {"string": response.body[:after_bytes]},
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
    if hasattr(body, "read"):
        return _bytes(body.read())
    return body.encode() if isinstance(body, str) else b"".join(_bytes(piece) for piece in body)


def _response(data: Mapping[str, Any], shared: dict[Headers, Headers]) -> Response:
    headers = tuple((name, str(value)) for name, values in data["headers"].items() for value in _listed(values))
    headers, body = decoded(headers, _bytes(data["body"].get("string")))
    return Response(data["status"]["code"], shared.setdefault(headers, headers), body)


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]


def _failure(data: Mapping[str, Any], shared: dict[Headers, Headers]) -> Failure:
    arrived = data.get("response")
    return Failure(data["kind"], data.get("after_bytes", 0), None if arrived is None else _response(arrived, shared))


# Reading with suspicion


def _read(text: str) -> reader.Data:
    """
    Any text, each interaction as vcrpy wants it. Raises Broken.
    """
    try:
        value, lines = reader.read(text)
    except reader.VcrpyTag:
        value, lines = _read_slowly(text), []
    return reader.Data({**_document(value), "interactions": _interactions(value["interactions"], lines)}, lines)


def _read_slowly(text: str) -> Any:
    """
    With vcrpy's own loader, for bodies that were files or iterators.
    """
    import yaml
    from vcr.serializers import yamlserializer

    try:
        return yamlserializer.deserialize(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Broken(mark.line + 1 if mark else 1, f"{error.problem or error.context}") from None


def _document(value: Any) -> dict[str, Any]:
    """
    A whole cassette. Raises Broken for what is none.
    """
    if not isinstance(value, dict):
        old = isinstance(value, list) and value and isinstance(value[0], dict) and "request" in value[0]
        raise Broken(
            1, "recorded by vcrpy before 1.0; record it again" if old else "no cassette: expected version and interactions"
        )
    if value.get("version") != 1:
        raise Broken(1, f"version {value.get('version')!r}; expected 1, the format of vcrpy 1.0 and later")
    if not isinstance(value.get("interactions"), list):
        raise Broken(1, "no cassette: expected a list under 'interactions'")
    if not isinstance(value.get("metadata", {}), dict):
        raise Broken(1, "metadata is no mapping")
    return value


def _interactions(items: list[Any], lines: list[int]) -> list[dict[str, Any]]:
    """
    Each as vcrpy wants it. Raises Broken with the line of the one that is not.
    """
    found = []
    for number, item in enumerate(items):
        try:
            found.append(_interaction(item))
        except ValueError as problem:
            raise Broken(lines[number] if number < len(lines) else 1, f"interaction {number + 1}: {problem}") from None
    return found


def _interaction(item: Any) -> dict[str, Any]:
    request = _mapping(_mapping(item, "it").get("request"), "request")
    for name in ("method", "uri"):
        if not isinstance(request.get(name), str) or not request[name]:
            raise ValueError(f"request.{name} is {request.get(name)!r}; expected text")
    if isinstance(request.get("body"), (dict, int, float)):
        raise ValueError(f"request.body is {type(request['body']).__name__}; expected text or null")
    headers = _headers(request.get("headers"), "request")
    joined = {name: [", ".join(map(str, _listed(values)))] for name, values in headers.items()}
    asked = {"method": request["method"], "uri": request["uri"], "body": request.get("body"), "headers": joined}
    for name in _OURS:
        if name in item and not isinstance(item[name], str):
            raise ValueError(f"{name} is {item[name]!r}; expected text")
    answered = item.get("response")
    if answered is None:
        _check_failure(_mapping(item.get("failure"), "response is null and failure"))
    else:
        _check_response(_mapping(answered, "response"))
    return {**item, "request": asked, "response": answered}


def _check_response(response: dict[str, Any]) -> None:
    status = _mapping(response.get("status"), "response.status")
    if not isinstance(status.get("code"), int) or not 100 <= status["code"] <= 999:
        raise ValueError(f"response.status.code is {status.get('code')!r}; expected a number like 200")
    response["headers"] = _headers(response.get("headers"), "response")
    body = _mapping(response.get("body"), "response.body")
    if not isinstance(body.get("string"), (str, bytes, type(None))):
        raise ValueError(f"response.body.string is {type(body['string']).__name__}; expected text")


def _check_failure(failure: dict[str, Any]) -> None:
    kinds = get_args(FailureKind)
    if failure.get("kind") not in kinds:
        raise ValueError(f"failure.kind is {failure.get('kind')!r}; expected one of {', '.join(kinds)}")
    after = failure.get("after_bytes", 0)
    if type(after) is not int or after < 0:
        raise ValueError(f"failure.after_bytes is {after!r}; expected a number of bytes")
    if failure.get("response") is not None:
        _check_response(_mapping(failure["response"], "failure.response"))
    elif failure["kind"] == "truncated":
        raise ValueError("failure.kind is 'truncated' and there is no failure.response to cut")


def _headers(headers: Any, whose: str) -> dict[str, Any]:
    if headers is None:
        return {}
    for name, values in _mapping(headers, f"{whose}.headers").items():
        for value in _listed(values):
            if isinstance(value, (dict, list)):
                raise ValueError(f"{whose}.headers.{name} holds a {type(value).__name__}; expected text")
    return dict(headers)


def _mapping(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is {'missing' if value is None else type(value).__name__}; expected a mapping")
    return value
