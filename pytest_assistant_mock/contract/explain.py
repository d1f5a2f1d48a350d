"""
A validator's errors -> violations: where, what was expected, what came, what the field means, the name that comes nearest.

Knows JSON Schema's keywords; knows no vendor.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pytest_assistant_mock.contract.parse import json_path
from pytest_assistant_mock.contract.schemas import JSONSchema
from pytest_assistant_mock.errors import nearest

NOTHING = "nothing"
_SHOWN = 60
_LIKE = 0.75


@dataclass(frozen=True, slots=True)
class Violation:
    """
    One place where a thing is not what the contract says.

    path: JSON path. expected, came: in words. about: what the field means. thing: what was checked.
    drift: whether the contract does not know the field at all (reported with strict=True).
    """

    path: str
    expected: str
    came: str
    about: str = ""
    thing: str = ""
    drift: bool = False

    def __str__(self) -> str:
        first = f"{self.path}: expected {self.expected}; came {self.came}"
        return f"{first}\n  {self.about}" if self.about else first


@dataclass(frozen=True, slots=True)
class _Found:
    """
    A violation with its place in the document, and how telling it is among others at that place.
    """

    place: tuple[int, ...]
    rank: int
    violation: Violation


def explain(schema: JSONSchema, errors: Iterable[Any], value: Any, thing: str) -> list[Violation]:
    """
    The errors of one validator as violations, in document order, one a place.
    """
    found = sorted(
        (one for error in errors for one in _found(schema, error, value, thing)), key=lambda one: (one.place, one.rank)
    )
    first = {one.violation.path: one.violation for one in reversed(found)}
    return sorted(first.values(), key=lambda one: next(other.place for other in found if other.violation is one))


def _found(schema: JSONSchema, error: Any, value: Any, thing: str) -> Iterator[_Found]:
    path = list(error.absolute_path)
    keyword = error.validator
    if keyword == "required":
        yield from _missing(schema, error, value, path, thing)
    elif keyword == "additionalProperties":
        yield from _unknown(schema, error, value, path, thing)
    else:
        if error.parent is None and "propertyNames" in list(error.absolute_schema_path):
            path = [*path, error.instance]
        expected = error.schema.get("x-expected") or _EXPECTED.get(keyword, _by_message)(error)
        came = _CAME.get(keyword, shown)(error.instance)
        rank = _RANKS.index(keyword) if keyword in _RANKS else len(_RANKS)
        yield _Found(_place(value, path), rank, Violation(json_path(path), expected, came, _about(schema, path), thing))


_RANKS = ("const", "enum", "type")  # of several at one place, the most telling first


def _missing(schema: JSONSchema, error: Any, value: Any, path: Sequence[Any], thing: str) -> Iterator[_Found]:
    known = list(error.schema.get("properties", {}))
    unknown = [key for key in error.instance if key not in known]
    for number, name in enumerate(error.validator_value):
        if name in error.instance:
            continue
        close = get_close_matches(name, unknown, n=1, cutoff=_LIKE)
        came = f"{NOTHING}, but there is {json.dumps(close[0], ensure_ascii=False)}" if close else NOTHING
        field = _resolved(schema, error.schema["properties"].get(name, {}))
        place = (*_place(value, path), len(error.instance) + number)
        here = [*path, name]
        yield _Found(place, 0, Violation(json_path(here), _of_field(field), came, _about(schema, here), thing))


def _unknown(schema: JSONSchema, error: Any, value: Any, path: Sequence[Any], thing: str) -> Iterator[_Found]:
    known = list(error.schema.get("properties", {}))
    absent = [name for name in known if name not in error.instance]
    for key in error.instance:
        if key not in known:
            here = [*path, key]
            expected = f"no such field{nearest(key, absent)}"
            about = "A field the contract does not know."
            violation = Violation(json_path(here), expected, shown(error.instance[key]), about, thing, drift=True)
            yield _Found(_place(value, here), 0, violation)


def shown(value: Any) -> str:
    """
    A value as JSON, shortened.
    """
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


_TYPES = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "an array",
    "null": "null",
}


def _of_types(types: str | Sequence[str]) -> str:
    return " or ".join(_TYPES[one] for one in ([types] if isinstance(types, str) else types))


def _of_values(values: Sequence[Any]) -> str:
    return " or ".join(json.dumps(one, ensure_ascii=False) for one in values)


def _of_field(field: Mapping[str, Any]) -> str:
    if "const" in field:
        return _of_values([field["const"]])
    if "enum" in field:
        return _of_values(field["enum"])
    return _of_types(field["type"]) if "type" in field else "a value"


def _of_range(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f"a number from {low} to {high}"
    return f"a number of at least {low}" if high is None else f"a number of at most {high}"


def _by_message(error: Any) -> str:
    return f"something else: {error.message}"


_EXPECTED: Mapping[str, Callable[[Any], str]] = {
    "type": lambda error: _of_types(error.validator_value),
    "const": lambda error: _of_values([error.validator_value]),
    "enum": lambda error: _of_values(error.validator_value),
    "minimum": lambda error: _of_range(error.schema),
    "maximum": lambda error: _of_range(error.schema),
    "minLength": lambda error: "a string that is not empty",
    "maxLength": lambda error: f"at most {error.validator_value} characters",
    "maxItems": lambda error: f"at most {error.validator_value} items",
    "maxProperties": lambda error: f"at most {error.validator_value} pairs",
    "pattern": lambda error: f"a string matching {error.validator_value}",
}
_CAME: Mapping[str, Callable[[Any], str]] = {
    "maxLength": lambda value: f"{len(value)} characters: {shown(value)}",
    "maxItems": lambda value: f"{len(value)} items",
    "maxProperties": lambda value: f"{len(value)} pairs",
}


def _resolved(schema: JSONSchema, node: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in node:
        return node
    definition = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return {**definition, **{name: value for name, value in node.items() if name != "$ref"}}


def _about(schema: JSONSchema, path: Sequence[Any]) -> str:
    """
    What the schema says of the field at a path: of the innermost one it says anything of.
    """
    node = _resolved(schema, schema)
    about = ""
    for step in path:
        node = _resolved(schema, node.get("items", {}) if isinstance(step, int) else node.get("properties", {}).get(step, {}))
        about = node.get("description", about)
    return about


def _place(value: Any, path: Sequence[Any]) -> tuple[int, ...]:
    """
    Where a path stands in the document: the position of each step among its siblings.
    """
    place = []
    for step in path:
        if isinstance(step, int):
            place.append(step)
            value = value[step]
        elif step in value:
            place.append(list(value).index(step))
            value = value[step]
    return tuple(place)
