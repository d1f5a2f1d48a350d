"""
JSON bodies as they stand in a cassette: one value a line, keys in their order, every letter readable; and back.

Knows JSON; knows nothing of YAML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")

_HALF = re.compile("[\ud800-\udfff]")  # of a character: it can stand in JSON, but in no UTF-8


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


def unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are all different; else ValueError, for a reader would silently keep only the last."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one JSON object")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


parse = json.JSONDecoder(object_pairs_hook=unique, parse_constant=_refuse).decode
"""A JSON text's value. Raises ValueError, also where a value would be lost; RecursionError if it is nested too deep."""

_compact = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_string = json.encoder.encode_basestring


def laid_out(text: str, newline: str = "\n") -> str | None:
    """
    A JSON object or array over several lines, each after a line break and its margin; None if the text is none, or would not
    come back with the same value.
    """
    if text[:1] not in ("{", "["):
        return None
    try:
        laid = _lines(parse(text), newline)
    except (ValueError, RecursionError):
        return None
    if "\\u" in text or not text.isprintable():  # what may need escaping stood there, escaped or not
        laid = _UNPRINTABLE.sub(_escape, laid)
    return laid if "\n" in laid else None


def _lines(value: Any, newline: str) -> str:
    """What `json.dumps` writes with an indent of 2, several times faster; `newline` is followed by the indent so far."""
    kind = type(value)
    if kind is str:
        return _string(value)
    if kind is dict and value:
        inner = f"{newline}  "
        items = [
            f"{_string(name)}: {_string(item) if type(item) is str else _lines(item, inner)}" for name, item in value.items()
        ]
        return f"{{{inner}{f',{inner}'.join(items)}{newline}}}"
    if kind is list and value:
        inner = f"{newline}  "
        return f"[{inner}{f',{inner}'.join([_lines(item, inner) for item in value])}{newline}]"
    return repr(value) if kind in _AS_IN_PYTHON else _compact(value)


_AS_IN_PYTHON = (int, dict, list)
"""A number without a fraction, and what is empty."""


def compact(text: str) -> str:
    """
    A laid out JSON text as it goes over the wire. Raises ValueError if it is no JSON; RecursionError if it is nested too deep.
    """
    wire = _compact(parse(text))
    return escaped(wire) if "\\u" in text else wire  # no other way for a half to come in


def escaped(text: str) -> str:
    """A JSON text whose halves of characters are written as escapes: it can stand in a file and in a report."""
    return _HALF.sub(_escape, text)
