"""
A validator's errors -> violations: where, what was expected, what came, what the field means, the name that comes nearest.

Knows JSON Schema's keywords; knows no vendor, but what hides their secrets.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._vendors.secrets import secrets as _hiding
from pytest_assistant_mock.contract.parse import json_path
from pytest_assistant_mock.contract.schemas import JSONSchema
from pytest_assistant_mock.errors import closest, nearest

NOTHING = "nothing"
_SHOWN = 60
_LIKE = 0.75


@dataclass(frozen=True, slots=True)
class Violation:
    """
    One place where a thing is not what the contract says.

    path: JSON path. expected, came: in words. about: what the field means. thing: what was checked.
    drift: whether the contract does not know the field at all (reported with strict=True).
    event: of a stream, its number and its name, to which the path belongs.
    """

    path: str
    expected: str
    came: str
    about: str = ""
    thing: str = ""
    drift: bool = False
    event: str = ""

    def __str__(self) -> str:
        where = f"{self.event}: {self.path}" if self.event else self.path
        first = f"{where}: expected {self.expected}; came {self.came}"
        return f"{first}\n  {self.about}" if self.about else first


@dataclass(frozen=True, slots=True)
class _Found:
    """A violation with its place in the document, and how telling it is among others at that place."""

    place: tuple[int, ...]
    rank: int
    violation: Violation


def explain(schema: JSONSchema, errors: Iterable[Any], value: Any, thing: str, secrets: Secrets) -> list[Violation]:
    """The errors of one validator as violations, in document order, one a place."""
    place = _Places(value, secrets)
    told: set[tuple[Any, ...]] = set()  # where "required" or "additionalProperties" has named all there is to name
    found: list[_Found] = []
    for error in _innermost(errors):
        at = (error.validator, *error.absolute_path)
        if error.validator not in _TELL_ALL or at not in told:
            told.add(at)
            found += _found(schema, error, place, thing)
    first: dict[str, Violation] = {}
    for one in sorted(found, key=lambda one: (one.place, one.rank)):
        first.setdefault(one.violation.path, one.violation)
    return list(first.values())


def _innermost(errors: Iterable[Any]) -> Iterator[Any]:
    """The errors; where something may be null and is not, those of what it then must be."""
    for error in errors:
        branches: dict[Any, list[Any]] = {}
        for one in error.context or () if error.validator == "anyOf" and error.instance is not None else ():
            branches.setdefault(one.schema_path[0], []).append(one)
        inner = [found for found in branches.values() if found[0].validator_value != "null"]
        yield from _innermost(inner[0]) if len(inner) == 1 < len(branches) else [error]


class _Places:
    """Where paths stand in one document: the position of each step among its siblings; and how values are shown."""

    def __init__(self, value: Any, secrets: Secrets) -> None:
        self._value = value
        self._secrets = secrets
        self._positions: dict[int, dict[str, int]] = {}  # of the names in an object, by its identity

    def of(self, path: Sequence[Any]) -> tuple[int, ...]:
        """The place of a path."""
        place, value = [], self._value
        for step in path:
            if isinstance(step, int):
                place.append(step)
                value = value[step]
            elif step in value:
                if id(value) not in self._positions:
                    self._positions[id(value)] = {name: position for position, name in enumerate(value)}
                place.append(self._positions[id(value)][step])
                value = value[step]
        return tuple(place)

    def named(self, path: Sequence[Any]) -> str:
        """A path in words."""
        return self._secrets.text(json_path(path))

    def shown(self, value: Any, name: Any = "") -> str:
        """A value as JSON, shortened, without secrets; `name` is that of its field."""
        return shown(self._secrets.value(name, value) if isinstance(name, str) else value, self._secrets)


def _found(schema: JSONSchema, error: Any, places: _Places, thing: str) -> Iterator[_Found]:
    path = list(error.absolute_path)
    keyword = error.validator
    if keyword == "required":
        yield from _missing(schema, error, places, path, thing)
    elif keyword == "additionalProperties":
        yield from _unknown(schema, error, places, path, thing)
    else:
        if error.parent is None and "propertyNames" in list(error.absolute_schema_path):
            path = [*path, error.instance]
        expected = error.schema.get("x-expected") or _EXPECTED.get(keyword, _by_message)(error)
        came = places.shown(error.instance, path[-1] if path else "")
        came = _CAME[keyword](error.instance, came) if keyword in _CAME else came
        rank = _RANKS.index(keyword) if keyword in _RANKS else len(_RANKS)
        yield _Found(places.of(path), rank, Violation(places.named(path), expected, came, _about(schema, path), thing))


_RANKS = ("const", "enum", "type")  # of several at one place, the most telling first
_TELL_ALL = ("required", "additionalProperties")


def _missing(schema: JSONSchema, error: Any, places: _Places, path: Sequence[Any], thing: str) -> Iterator[_Found]:
    known = error.schema.get("properties", {})
    unknown = [key for key in error.instance if key not in known]
    start = places.of(path)
    for number, name in enumerate(error.validator_value):
        if name in error.instance:
            continue
        close = closest(name, unknown, _LIKE)
        came = f"{NOTHING}, but there is {json.dumps(close, ensure_ascii=False)}" if close else NOTHING
        field = _resolved(schema, error.schema["properties"].get(name, {}))
        place = (*start, len(error.instance) + number)
        here = [*path, name]
        yield _Found(place, 0, Violation(places.named(here), _of_field(field), came, _about(schema, here), thing))


def _unknown(schema: JSONSchema, error: Any, places: _Places, path: Sequence[Any], thing: str) -> Iterator[_Found]:
    known = error.schema.get("properties", {})
    absent = [name for name in known if name not in error.instance]
    for key in error.instance:
        if key not in known:
            here = [*path, key]
            expected = f"no such field{nearest(key, absent)}"
            about = "A field the contract does not know."
            violation = Violation(places.named(here), expected, places.shown(error.instance[key], key), about, thing, drift=True)
            yield _Found(places.of(here), 0, violation)


def shown(value: Any, secrets: Secrets | None = None) -> str:
    """A value as JSON, shortened; secrets are hidden before it is cut."""
    text = ""
    for piece in _ENCODER.iterencode(value[:_LOOKED_AT] if isinstance(value, str) else value):
        text += piece[:_LOOKED_AT]
        if len(text) > _LOOKED_AT:
            break
    text = (secrets or _hiding()).text(text)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


_ENCODER = json.JSONEncoder(ensure_ascii=False)
_LOOKED_AT = 2000


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
    "minItems": lambda error: "an array that is not empty",
    "maxItems": lambda error: f"at most {error.validator_value} items",
    "maxProperties": lambda error: f"at most {error.validator_value} pairs",
    "pattern": lambda error: f"a string matching {error.validator_value}",
}
_CAME: Mapping[str, Callable[[Any, str], str]] = {
    "maxLength": lambda value, shown: f"{len(value)} characters: {shown}",
    "maxItems": lambda value, shown: f"{len(value)} items",
    "maxProperties": lambda value, shown: f"{len(value)} pairs",
}


def _resolved(schema: JSONSchema, node: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in node:
        return node
    definition = schema["$defs"][node["$ref"].rpartition("/")[2]]
    return {**definition, **{name: value for name, value in node.items() if name != "$ref"}}


def _about(schema: JSONSchema, path: Sequence[Any]) -> str:
    """What the schema says of the field at a path: of the innermost one it says anything of."""
    node = _resolved(schema, schema)
    about = ""
    for step in path:
        node = _resolved(schema, node.get("items", {}) if isinstance(step, int) else node.get("properties", {}).get(step, {}))
        about = node.get("description", about)
    return about
