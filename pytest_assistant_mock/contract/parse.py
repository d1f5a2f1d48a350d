"""
JSON, read strictly: what a peer could read differently is refused, in words that name the thing.

Knows nothing of vendors or schemas.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from math import isfinite
from typing import Any, NoReturn

from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._vendors.secrets import secrets as _hiding
from pytest_assistant_mock.errors import NotJSON

MAX_BYTES = 16_000_000
"""The largest document that is read, in bytes, unless you set another limit."""
MAX_DEPTH = 100
"""How deep arrays and objects may stand in each other."""

_SHOWN = 40
_NEAR = 1000


def parse(
    data: bytes | bytearray | memoryview | str, name: str, max_bytes: int = MAX_BYTES, secrets: Secrets | None = None
) -> Any:
    """
    The value that stands in a JSON text. Raises NotJSON, naming the thing; secrets are hidden in what it quotes.

    Lone surrogates and depths beyond MAX_DEPTH are left to `look`, which a value that did not come from a text needs too.
    """
    text = text_of(data, name, max_bytes)
    if not text.strip():
        raise NotJSON(f"{name} is empty; expected JSON")
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as problem:
        raise NotJSON(_complaint(name, text, problem, secrets or _hiding())) from None
    except RecursionError:
        raise NotJSON(too_deep(name)) from None
    except ValueError as problem:
        raise NotJSON((secrets or _hiding()).text(f"{name} {problem}")) from None


def text_of(data: bytes | bytearray | memoryview | str, name: str, max_bytes: int = MAX_BYTES) -> str:
    """The text of what may be bytes. Raises NotJSON for what is no UTF-8, and for what is too large."""
    if not isinstance(data, str):
        data = bytes(data)
    if (size := len(data)) > max_bytes or (isinstance(data, str) and size * 4 > max_bytes and _bytes_in(data) > max_bytes):
        raise NotJSON(f"{name} is larger than max_bytes={max_bytes} ({_bytes_in(data)} bytes)")
    return data if isinstance(data, str) else _decode(data, name)


def look(value: Any, name: str, secrets: Secrets | None = None) -> None:
    """Raises NotJSON for what cannot stand in JSON: NaN, a lone surrogate, a key or value of another type, too deep a nesting."""
    try:
        _look(value, name, (), MAX_DEPTH)
    except NotJSON as problem:
        raise NotJSON((secrets or _hiding()).text(str(problem))) from None


def _look(value: Any, name: str, path: tuple[Any, ...], depth: int) -> None:
    if isinstance(value, str):
        if not value.isascii():
            _look_at_text(value, name, path)
    elif isinstance(value, dict | list):
        if not depth:
            raise NotJSON(too_deep(name))
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(value, dict):
                if not isinstance(key, str):
                    raise NotJSON(
                        f"{name} has the key {key!r} at {json_path(path)}, a {type(key).__name__}; JSON keys are strings"
                    )
                _look_at_text(key, name, path)
            _look(item, name, (*path, key), depth - 1)
    elif isinstance(value, float) and not isfinite(value):
        raise NotJSON(f"{name} holds {_spelled(value)} at {json_path(path)}; JSON has no such number")
    elif not (value is None or isinstance(value, bool | int | float)):
        raise NotJSON(f"{name} holds a {type(value).__name__} at {json_path(path)}; JSON has no such type")


def json_path(path: Sequence[str | int]) -> str:
    """$.data[0].content, with brackets and quotes around keys that are no names."""
    steps = (
        f"[{step}]" if isinstance(step, int) else f".{step}" if step.isidentifier() else f"[{json.dumps(step)}]" for step in path
    )
    return "$" + "".join(steps)


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        twice = next(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        raise ValueError(f"has the key {json.dumps(twice)} twice in one object")
    return values


def _constant(word: str) -> NoReturn:
    raise ValueError(f"holds {word}; JSON has no such number")


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, parse_constant=_constant)


def _decode(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")  # Windows tools write the mark
    except UnicodeDecodeError as problem:
        raise NotJSON(f"{name} is not UTF-8: byte 0x{data[problem.start]:02x} at {problem.start}") from None


def _complaint(name: str, text: str, problem: json.JSONDecodeError, secrets: Secrets) -> str:
    if problem.pos >= len(text.rstrip()) or problem.msg.startswith("Unterminated"):
        end = _quoted(text, len(text) - _SHOWN, secrets)
        return f"{name} is cut off after {len(text)} characters: {problem.msg}; it ends with {end}"
    where = f"line {problem.lineno}, column {problem.colno}"
    return f"{name} is not JSON: {problem.msg} at {where}: {_quoted(text, problem.pos, secrets)}"


def _quoted(text: str, start: int, secrets: Secrets) -> str:
    """What stands at a place, unless a secret is near: cut in two, it would not be known as one."""
    start = max(start, 0)
    around = text[max(start - _NEAR, 0) : start + _SHOWN + _NEAR]
    return repr(text[start : start + _SHOWN]) if secrets.text(around) == around else "something with a secret in it"


def _look_at_text(text: str, name: str, path: tuple[Any, ...]) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as problem:
        code = ord(text[problem.start])
        raise NotJSON(f"{name} holds a lone surrogate (\\u{code:04x}) at {json_path(path)}; UTF-8 cannot carry it") from None


def _bytes_in(data: bytes | str) -> int:
    return len(data.encode("utf-8", "surrogatepass")) if isinstance(data, str) else len(data)


def _spelled(number: float) -> str:
    return "NaN" if number != number else "Infinity" if number > 0 else "-Infinity"


def too_deep(name: str) -> str:
    """What is said of a thing that is."""
    return f"{name} is nested deeper than {MAX_DEPTH} levels"
