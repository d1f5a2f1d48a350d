"""
Arguments of a function by its JSON Schema: checked where a test gives them, made where it does not.

jsonschema waits until a script calls a function that has a schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__tracebackhide__ = True  # a failing test shows its own line


class ToolArguments:
    """Makes the smallest arguments that fit, and says what does not."""

    def make(self, name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        """The required fields, each as small as its schema allows. Raises ValueError where none can be made."""
        schema = _told(schema)
        made = {field: _value(name, field, _property(schema, field)) for field in schema.get("required", ())}
        try:
            self.check(name, schema, made)
        except ValueError:
            raise ValueError(_ask(name, f"no arguments of their own fit its schema ({made!r} do not)")) from None
        return made

    def check(self, name: str, schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
        """Raises ValueError for arguments that do not fit the schema."""
        if not schema:
            return
        from jsonschema.exceptions import SchemaError, best_match
        from jsonschema.validators import validator_for

        known = _told(schema)
        validator = validator_for(known)(known)
        try:
            validator.check_schema(known)
        except SchemaError as problem:
            raise ValueError(f"the parameters of the function {name!r} are no JSON Schema: {problem.message}") from None
        error = best_match(validator.iter_errors(dict(arguments)))
        if error is not None:
            where = "".join(f"[{part!r}]" for part in error.absolute_path)
            raise ValueError(f"turns.calls({name!r}, …){where}: {error.message}; the function's schema is {known!r}")


def _told(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema without keywords that are null: AppBuilder's SDK sends those that it was not given."""
    return {
        name: value if name in ("const", "default", "enum", "examples") else _kept(value)
        for name, value in schema.items()
        if value is not None or name in ("const", "default")
    }


def _kept(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _told(value)
    return [_kept(one) for one in value] if isinstance(value, list) else value


def _property(schema: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    found = (schema.get("properties") or {}).get(field, {})
    return found if isinstance(found, Mapping) else {}


def _value(name: str, field: str, schema: Mapping[str, Any]) -> Any:
    for word in ("default", "const"):
        if word in schema:
            return schema[word]
    if schema.get("enum"):
        return schema["enum"][0]
    types = schema.get("type", "string")
    kind = types if isinstance(types, str) else next(iter(types), "string")
    if kind not in _MAKERS:
        raise ValueError(_ask(name, f"its field {field!r} is of type {kind!r}"))
    return _MAKERS[kind](name, schema)


def _ask(name: str, why: str) -> str:
    return f"turns.calls({name!r}) cannot make arguments: {why}; give them: turns.calls({name!r}, …)"


def _number(name: str, schema: Mapping[str, Any]) -> Any:
    if "minimum" in schema:
        return schema["minimum"]
    if "exclusiveMinimum" in schema:
        return schema["exclusiveMinimum"] + 1
    return min(0, schema.get("maximum", 0), schema.get("exclusiveMaximum", 1) - 1)


def _array(name: str, schema: Mapping[str, Any]) -> list[Any]:
    items = schema.get("items")
    return [_value(name, "items", items if isinstance(items, Mapping) else {}) for _ in range(schema.get("minItems", 0))]


def _object(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {field: _value(name, field, _property(schema, field)) for field in schema.get("required") or ()}


_MAKERS: Mapping[str, Any] = {
    "string": lambda name, schema: "x" * schema.get("minLength", 0),
    "integer": lambda name, schema: int(_number(name, schema)),
    "number": _number,
    "boolean": lambda name, schema: False,
    "null": lambda name, schema: None,
    "array": _array,
    "object": _object,
}
