"""
Shapes -> JSON Schema 2020-12. One function feeds the files in schemas/ and the validators.

Knows what a schema looks like; validates nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema

from pytest_assistant_mock._vendors.shape import Shape

JSONSchema: TypeAlias = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_READ = {"not": {"const": "\ue000"}}  # makes a compiled validator read a text, and stumble over what is not Unicode
_DEPTH = 80  # how deep the contract's untyped places may go before a verdict is left to the slow way


class _Generator(GenerateJsonSchema):
    """Pydantic's own, but null is one of the types instead of a branch, and fields have no title: their name says it."""

    def nullable_schema(self, schema: Any) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        return _joined([inner, {"type": "null"}]) or super().nullable_schema(schema)

    def union_schema(self, schema: Any) -> JsonSchemaValue:
        union = super().union_schema(schema)
        return (_joined(union["anyOf"]) if "anyOf" in union else None) or union

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _joined(branches: Sequence[JsonSchemaValue]) -> JsonSchemaValue | None:
    """One schema for several of different simple types; None where that cannot be said in one."""
    joined: JsonSchemaValue = {}
    types: list[str] = []
    for branch in branches:
        if not isinstance(branch.get("type"), str):
            return None
        types.append(branch["type"])
        joined |= {name: value for name, value in branch.items() if name != "type"}
    if "const" in joined:
        joined["enum"] = [joined.pop("const")]
    if "enum" in joined and "null" in types:
        joined["enum"] = [*joined["enum"], None]
    return {"type": types, **joined}


def schema_of(shapes: Sequence[type[Shape]], template: str = "#/$defs/{model}") -> JSONSchema:
    """What any one of the shapes accepts; their definitions under "$defs"."""
    inputs: Any = [(shape, "validation") for shape in shapes]
    references, generated = models_json_schema(inputs, ref_template=template, schema_generator=_Generator)
    definitions: dict[str, JSONSchema] = generated["$defs"]
    for definition in definitions.values():
        for field in definition.get("properties", {}).values():
            _tidy(field)
    names = [references[(shape, "validation")]["$ref"].rpartition("/")[2] for shape in shapes]
    if len(names) == 1 and template.startswith("#/$defs/"):
        top = definitions.pop(names[0])
    else:
        top = {"anyOf": [{"$ref": template.format(model=name)} for name in names]}
    return {**top, "$defs": definitions} if definitions else top


def _tidy(field: JSONSchema) -> None:
    """A default of null only says that the field may be missing; what is fixed is its own example."""
    if field.get("default", "") in (None, ""):
        field.pop("default", None)
    if "const" in field or "enum" in field:
        field.setdefault("examples", [field.get("const", field.get("enum", [None])[0])])


def strictly(schema: JSONSchema) -> JSONSchema:
    """The same, refusing fields it does not know."""
    closed = {"additionalProperties": False}
    top = {**schema, **closed} if "properties" in schema else schema
    definitions = schema.get("$defs", {})
    return {**top, "$defs": {name: {**one, **closed} if "properties" in one else one for name, one in definitions.items()}}


def guarded(schema: JSONSchema) -> JSONSchema:
    """
    The schema, made stricter: where it accepts anything, it now accepts only JSON (no NaN, no lone surrogate, not too deep).

    So one pass of the compiled validator checks the whole thing. What it accepts is valid. What it refuses is given to the
    reference validator, which decides and finds the words.
    """
    anything = {"$ref": f"#/$defs/json{_DEPTH}"}

    def guard(node: JSONSchema) -> JSONSchema:
        if not node.keys() & _SAYS_WHAT:
            return anything
        done = {name: _INSIDE[name](guard, value) if name in _INSIDE else value for name, value in node.items()}
        if "object" in node.get("type", ()) and node.get("additionalProperties", True) is True:
            done["additionalProperties"] = anything
        if "string" in node.get("type", ()) and not node.keys() & {"const", "enum", "pattern"}:
            done |= _READ
        return done

    definitions = {name: guard(one) for name, one in schema.get("$defs", {}).items()}
    whole = guard({name: value for name, value in schema.items() if name != "$defs"})
    return {**whole, "$defs": {**definitions, **{f"json{depth}": _json(depth) for depth in range(_DEPTH + 1)}}}


_SAYS_WHAT = {"type", "const", "enum", "$ref", "anyOf"}
_INSIDE: Mapping[str, Callable[[Callable[[JSONSchema], JSONSchema], Any], Any]] = {
    "properties": lambda guard, fields: {name: guard(one) for name, one in fields.items()},
    "items": lambda guard, item: guard(item),
    "additionalProperties": lambda guard, value: value if isinstance(value, bool) else guard(value),
    "anyOf": lambda guard, branches: [guard(one) for one in branches],
}


def _json(depth: int) -> JSONSchema:
    types = ["null", "boolean", "number", "string"]
    if not depth:
        return {"type": types, **_READ}
    deeper = {"$ref": f"#/$defs/json{depth - 1}"}
    return {"type": [*types, "array", "object"], **_READ, "items": deeper, "additionalProperties": deeper}
