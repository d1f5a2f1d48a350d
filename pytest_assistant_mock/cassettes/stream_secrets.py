"""
Secrets in streams of events: in each event as in any JSON, and in what the events say together.

Knows how a text is split over events; what a secret is, the registry knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from pytest_assistant_mock._engine.secret_places import HIDDEN
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock.cassettes.json_bodies import escaped

_DATA = b"data:"

Place: TypeAlias = tuple[Any, ...]
"""Where a text stands in an event: the place of what holds it, and its name there."""


class _Part(NamedTuple):
    """A text in an event: what holds it, under which name, and the line of the body that the event stands in."""

    holder: Any
    name: str | int
    line: int

    @property
    def text(self) -> str:
        return str(self.holder[self.name])


def hidden_stream(body: bytes, secrets: Secrets) -> bytes:
    """A stream without secrets; byte for byte the same if it holds none."""
    together = _hidden_together(body, secrets)  # first: the beginning of a key may look like a whole one
    return b"\n".join(_hidden_line(line, secrets) for line in secrets.body(together).split(b"\n"))


def _hidden_together(body: bytes, secrets: Secrets) -> bytes:
    """Without what several events say together."""
    lines = body.split(b"\n")
    values = {number: value for number, line in enumerate(lines) if (value := _value(line)) is not None}
    said: dict[Place, list[_Part]] = {}
    for number, value in values.items():
        _collect(value, number, said)
    changed = {line for parts in said.values() if len(parts) > 1 for line in _hide(parts, secrets)}
    for number in changed:
        lines[number] = _written(lines[number], values[number])
    return b"\n".join(lines) if changed else body


def _hidden_line(line: bytes, secrets: Secrets) -> bytes:
    """A line whose JSON holds a secret that only reading it shows."""
    if b"\\" not in line or not line.startswith(_DATA):
        return line
    space = line[len(_DATA) : len(_DATA) + 1] if line[len(_DATA) : len(_DATA) + 1] == b" " else b""
    data = line[len(_DATA) + len(space) :]
    clean = secrets.body(data)
    return line if clean == data else _DATA + space + clean


def _value(line: bytes) -> Any:
    if not line.startswith(_DATA):
        return None
    try:
        value = json.loads(line[len(_DATA) :])
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _collect(value: dict[str, Any], line: int, said: dict[Place, list[_Part]]) -> None:
    """Add the texts of an event to those of the others, by their places; ids are none."""
    todo: list[tuple[Place, Any]] = [((), value)]
    while todo:
        place, holder = todo.pop()
        for name, item in holder.items() if type(holder) is dict else enumerate(holder):
            kind = type(item)
            if kind is str:
                if item and not _is_id(name):
                    said.setdefault((place, name), []).append(_Part(holder, name, line))
            elif item and (kind is dict or kind is list):
                todo.append(((place, name), item))


def _is_id(name: str | int) -> bool:
    return isinstance(name, str) and (name == "id" or name.endswith("_id"))


def _hide(parts: Sequence[_Part], secrets: Secrets) -> set[int]:
    """Hide what is a secret in the joined text of some parts: its first part says so, the others lose theirs. The lines."""
    changed: set[int] = set()
    spans = secrets.spans("".join([part.holder[part.name] for part in parts]))
    ends = list(_ends(parts)) if spans else []
    for start, end in reversed(spans):
        for part, (begin, over) in reversed(list(zip(parts, ends, strict=True))):
            if begin < end and start < over:
                text = part.text
                shown = HIDDEN if begin <= start else ""
                part.holder[part.name] = text[: max(start - begin, 0)] + shown + text[min(end, over) - begin :]
                changed.add(part.line)
    return changed


def _ends(parts: Sequence[_Part]) -> Iterator[tuple[int, int]]:
    at = 0
    for part in parts:
        yield at, at + len(part.text)
        at += len(part.text)


def _written(line: bytes, value: Any) -> bytes:
    """A line with another value, spaced as it was."""
    spaced = line.startswith(_DATA + b" ")
    separators = (", ", ": ") if b'": ' in line else (",", ":")
    text = escaped(json.dumps(value, ensure_ascii=False, separators=separators))
    return _DATA + (b" " if spaced else b"") + text.encode() + (b"\r" if line.endswith(b"\r") else b"")
