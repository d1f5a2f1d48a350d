"""
What a call takes, field by field, as JSON Schema says it: the same rows check a body and describe it.

Checks names and the kind of each value; what a value means, the mock checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from pytest_assistant_mock.errors import nearest

Schema: TypeAlias = Mapping[str, Any]
Fields: TypeAlias = Mapping[str, Schema]

_KINDS: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
_NAMES = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", int: "a number", float: "a number"}


def check(what: str, value: Mapping[str, Any], fields: Fields, needed: Sequence[str] = ()) -> None:
    """Raises ValueError unless a mapping has only these fields, each of its kind, and those that are needed."""
    for name, inner in value.items():
        if name not in fields:
            missing = [one for one in needed if one not in value]
            needs = f"; it needs {', '.join(map(repr, missing))}" if missing else ""
            taken = f"it takes {', '.join(fields)}" if fields else "it takes nothing"
            raise ValueError(f"{what}: unknown field {name!r}{nearest(name, missing or fields)}{needs}; {taken}")
        check_kind(name, inner, fields[name])
    for name in needed:
        if name not in value:
            raise ValueError(f"{what}: it needs {name!r}, {described(fields[name])}")


def check_kind(name: str, value: object, schema: Schema) -> None:
    """Raises ValueError unless a value is of a kind that its schema names."""
    kinds = kinds_of(schema)
    if kinds and not any(_is(value, kind) for kind in kinds):
        came = _NAMES.get(type(value), "null")
        raise ValueError(f"{name} is {came}; expected {described(schema)}")
    if "enum" in schema and value not in schema["enum"]:
        raise ValueError(f"{name}={value!r}{nearest(str(value), schema['enum'])}; expected {' or '.join(schema['enum'])}")


def kinds_of(schema: Schema) -> list[str]:
    """The kinds of value that a schema allows; none if it allows any."""
    if "anyOf" in schema:
        return [kind for one in schema["anyOf"] for kind in kinds_of(one)]
    kinds = schema.get("type", ())
    return [kinds] if isinstance(kinds, str) else list(kinds)


def described(schema: Schema) -> str:
    """What a schema expects, in words."""
    kinds = [kind if kind == "null" else f"{'an' if kind[0] in 'aio' else 'a'} {kind}" for kind in kinds_of(schema)]
    return " or ".join(dict.fromkeys(kinds)) or "a value"


def _is(value: object, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _KINDS[kind])
