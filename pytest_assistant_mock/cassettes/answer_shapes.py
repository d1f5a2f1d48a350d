"""
What two answers to the same request have in common: fields, their types, events of a stream; never the words in them.

Knows JSON and the frames of a stream; knows no vendor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pytest_assistant_mock._engine.wire import Response
from pytest_assistant_mock.cassettes.symbols import json_of

Paths = Mapping[str, set[str]]
"""Where something stands -> its types, of all that stands there."""

_FREE = ("metadata",)
"""What the client itself puts there."""
_FRAMES = re.compile(r"\r?\n\r?\n")
_LINE = re.compile(r"^(event|data): ?(.*?)\r?$", re.MULTILINE)
_NUMBERS = {int: "number", float: "number", str: "text", bool: "boolean", type(None): "null", dict: "object", list: "list"}


class Changes(NamedTuple):
    """What is there now and was not; and what breaks who relied on the recording: removed, retyped, or answered otherwise."""

    added: list[str]
    broken: list[str]


def changes(recorded: Response, now: Response) -> Changes:
    """What has changed from a recorded answer to one of now."""
    if recorded.status != now.status:
        return Changes([], [f"status {recorded.status} recorded, {now.status} now{_said(now)}"])
    there, here = paths_of(recorded), paths_of(now)
    added = [f"{path} ({_types(here[path])})" for path in here if path not in there and _judged(path, there)]
    removed = [f"{path} is gone" for path in there if path not in here and _judged(path, here)]
    retyped = [
        f"{path}: {_types(there[path])} recorded, {_types(here[path])} now"
        for path in there
        if path in here and not _agree(there[path], here[path])
    ]
    return Changes(added, [*removed, *retyped, *_codes(recorded, now)])


def _judged(path: str, other: Paths) -> bool:
    """Whether the other answer could have it there: what it is in stands there, and is not empty."""
    if path.endswith("$"):  # a kind of event
        return True
    parent = path.rpartition(".")[0]
    if path.endswith("]"):  # of an empty list
        return False
    return "object" in other.get(parent, ()) and any(one.startswith(f"{parent}.") for one in other)


def _agree(there: set[str], here: set[str]) -> bool:
    """Null says nothing of a type: it is what is not there yet."""
    before, now = there - {"null"}, here - {"null"}
    return not before or now <= before


def _codes(recorded: Response, now: Response) -> Iterator[str]:
    """The code of an error is what clients ask for."""
    there, here = json_of(recorded.body), json_of(now.body)
    if isinstance(there, dict) and isinstance(here, dict):
        for name in ("code", "error_code"):
            if name in there and name in here and there[name] != here[name]:
                yield f"$.{name}: {there[name]!r} recorded, {here[name]!r} now"


def _said(now: Response) -> str:
    value = json_of(now.body)
    message = value.get("message") or value.get("error") if isinstance(value, dict) else None
    return f": {str(message)[:200]}" if message else ""


def paths_of(response: Response) -> Paths:
    """Every place of an answer; of a stream, every place of every kind of event."""
    found: dict[str, set[str]] = {}
    value = json_of(response.body)
    if value is not None:
        _collect(value, "$", found)
    else:
        for name, data in _events(response.body.decode("utf-8", "replace")):
            _collect(data, f"event {name}: $" if name else "$", found)
    return found


def _events(text: str) -> Iterator[tuple[str, Any]]:
    """The events of a stream: name, and the value of its data."""
    for frame in _FRAMES.split(text):
        lines = dict(_LINE.findall(frame))
        if lines:
            data = lines.get("data", "")
            yield lines.get("event", ""), json_of(data.encode())


def _collect(value: Any, path: str, found: dict[str, set[str]]) -> None:
    found.setdefault(path, set()).add(_NUMBERS[type(value)])
    if isinstance(value, dict):
        for name, item in value.items():
            if name in _FREE:
                found.setdefault(f"{path}.{name}", set()).add(_NUMBERS[type(item)])
            else:
                _collect(item, f"{path}.{name}", found)
    elif isinstance(value, list):
        for item in value:
            kind = item.get("type") if isinstance(item, dict) else ""
            _collect(item, f"{path}[{kind}]" if isinstance(kind, str) else f"{path}[]", found)


def _types(of: set[str]) -> str:
    return " or ".join(sorted(of))
