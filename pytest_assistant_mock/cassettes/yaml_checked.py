"""
Any cassette's text -> plain data, each interaction checked: read with suspicion; refused, with the line.

Knows what a cassette may hold; knows nothing of what it means.
"""

from __future__ import annotations

from typing import Any, get_args

from pytest_assistant_mock._engine.wire import FailureKind
from pytest_assistant_mock.cassettes import yaml_reader
from pytest_assistant_mock.cassettes.yaml_reader import Broken

OURS = ("recorded_at", "recorded_with", "recorded_by", "vendor", "base_url")
"""Keys beside vcrpy's."""


def read(text: str) -> yaml_reader.Data:
    """What a cassette's text holds. Raises Broken."""
    value, lines, _ = yaml_reader.read(text)
    return yaml_reader.Data({**_document(value), "interactions": _interactions(value["interactions"], lines)}, lines)


def _document(value: Any) -> dict[str, Any]:
    """A whole cassette. Raises Broken for what is none."""
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
    """Each, checked. Raises Broken with the line of the one that is wrong."""
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
    headers = _headers(request.get("headers"), "request")
    asked = {"method": request["method"], "uri": request["uri"], "body": _pieces(request.get("body")), "headers": headers}
    for name in OURS:
        if name in item and not isinstance(item[name], str):
            raise ValueError(f"{name} is {item[name]!r}; expected text")
    if type(item.get("closed_by_client", False)) is not bool:
        raise ValueError(f"closed_by_client is {item['closed_by_client']!r}; expected true or false")
    answered = item.get("response")
    if answered is None:
        _check_failure(_mapping(item.get("failure"), "response is null and failure"))
    else:
        _check_response(_mapping(answered, "response"))
    return {**item, "request": asked, "response": answered}


def _pieces(body: Any) -> Any:
    for piece in body if isinstance(body, list) else [body]:
        if not isinstance(piece, (str, bytes, type(None))):
            raise ValueError(f"request.body is {type(piece).__name__}; expected text or null")
    return body


def _check_response(response: dict[str, Any]) -> None:
    status = _mapping(response.get("status"), "response.status")
    if not isinstance(status.get("code"), int) or not 100 <= status["code"] <= 999:
        raise ValueError(f"response.status.code is {status.get('code')!r}; expected a number like 200")
    response["headers"] = _headers(response.get("headers"), "response")
    body = _mapping(response.get("body"), "response.body")
    if not isinstance(body.get("string"), (str, bytes, type(None))):
        raise ValueError(f"response.body.string is {type(body['string']).__name__}; expected text")
    if "pieces" in body:
        _check_pieces(body["pieces"], body.get("string") or b"")


def _check_pieces(pieces: Any, body: str | bytes) -> None:
    """Raises ValueError for what are no times and lengths, or not those of the body."""
    wanted = "expected [milliseconds, bytes] for each piece"
    if not isinstance(pieces, list):
        raise ValueError(f"response.body.pieces is {type(pieces).__name__}; {wanted}")
    for piece in pieces:
        if type(piece) is not list or len(piece) != 2 or not all(type(one) is int and one >= 0 for one in piece):
            raise ValueError(f"response.body.pieces has {piece!r}; {wanted}")
    said, there = sum(piece[1] for piece in pieces), len(body.encode() if isinstance(body, str) else body)
    if said != there:
        raise ValueError(
            f"response.body.pieces are {said:,} bytes together, response.body.string has {there:,};"
            " after a change by hand remove pieces, and the stream comes in one"
        )


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


def listed(values: Any) -> list[Any]:
    """A header's values, of which there may be only one."""
    return values if isinstance(values, list) else [values]


def _headers(headers: Any, whose: str) -> dict[str, Any]:
    if headers is None:
        return {}
    for name, values in _mapping(headers, f"{whose}.headers").items():
        for value in values if type(values) is list else (values,):
            if type(value) is not str and isinstance(value, (dict, list)):
                raise ValueError(f"{whose}.headers.{name} holds a {type(value).__name__}; expected text")
    return dict(headers)


def _mapping(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name} is {'missing' if value is None else type(value).__name__}; expected a mapping")
    return value
