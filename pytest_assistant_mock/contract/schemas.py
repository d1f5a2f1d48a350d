"""
Shapes -> JSON Schema 2020-12. One function feeds the files in schemas/ and the validators.

Knows what a schema looks like; validates nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema

from pytest_assistant_mock._providers.shape import Asked, Shape

JSONSchema: TypeAlias = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DEPTH = 80  # how deep the contract's untyped places may go before a verdict is left to the slow way


class _Generator(GenerateJsonSchema):
    """
    Pydantic's own, but null is one of the types instead of a branch, and fields have no title: their name says it.
    """

    def nullable_schema(self, schema: Any) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        return _joined([inner, {"type": "null"}]) or super().nullable_schema(schema)

    def union_schema(self, schema: Any) -> JsonSchemaValue:
        union = super().union_schema(schema)
        return (_joined(union["anyOf"]) if "anyOf" in union else None) or union

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _joined(branches: Sequence[JsonSchemaValue]) -> JsonSchemaValue | None:
    """
    One schema for several of different simple types; None where that cannot be said in one.
    """
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
    """
    What any one of the shapes accepts; their definitions under "$defs".
    """
    inputs: Any = [(shape, "validation") for shape in shapes]
    references, generated = models_json_schema(inputs, ref_template=template, schema_generator=_Generator)
    definitions: dict[str, JSONSchema] = generated["$defs"]
    for shape in shapes:
        if not issubclass(shape, Asked):
            _without_defaults(definitions)
    names = [references[(shape, "validation")]["$ref"].rpartition("/")[2] for shape in shapes]
    if len(names) == 1 and template.startswith("#/$defs/"):
        top = definitions.pop(names[0])
    else:
        top = {"anyOf": [{"$ref": template.format(model=name)} for name in names]}
    return {**top, "$defs": definitions} if definitions else top


def _without_defaults(definitions: JSONSchema) -> None:
    """
    In an answer a default only says that the field may be missing.
    """
    for definition in definitions.values():
        for field in definition.get("properties", {}).values():
            field.pop("default", None)


def strictly(schema: JSONSchema) -> JSONSchema:
    """
    The same, refusing fields it does not know.
    """
    return _map_objects(schema, lambda definition: {**definition, "additionalProperties": False})


def guarded(schema: JSONSchema) -> JSONSchema:
    """
    The same, with every place that takes anything taking JSON only: no NaN, no lone surrogate, not too deep.

    A compiled validator then looks into all of a thing in one go. What it accepts is fine; what it refuses is for
    the reference validator to judge.
    """
    definitions = {f"json{depth}": _json(depth) for depth in range(_DEPTH + 1)}
    anything = {"$ref": f"#/$defs/json{_DEPTH}"}

    def guard(node: Any) -> Any:
        if isinstance(node, list):
            return [guard(one) for one in node]
        if not isinstance(node, dict):
            return node
        done = {name: _guard_keyword(name, value, guard) for name, value in node.items()}
        types = done.get("type", ())
        if "object" in ([types] if isinstance(types, str) else types):
            kept = done.get("additionalProperties", True)
            done["additionalProperties"] = anything if kept is True or kept == {} else kept
        elif not types and not done.keys() & {"$ref", "anyOf", "const", "enum", "allOf", "oneOf"}:
            return anything
        return done

    whole = guard({name: value for name, value in schema.items() if name != "$defs"})
    whole["$defs"] = {**{name: guard(one) for name, one in schema.get("$defs", {}).items()}, **definitions}
    return dict(whole)


def _guard_keyword(name: str, value: Any, guard: Any) -> Any:
    if name in ("properties",):
        return {field: guard(one) for field, one in value.items()}
    if name in ("items", "additionalProperties") and isinstance(value, dict):
        return guard(value)
    return guard(value) if name == "anyOf" else value


def _json(depth: int) -> JSONSchema:
    types = ["null", "boolean", "number", "string"]
    if not depth:
        return {"type": types}
    deeper = {"$ref": f"#/$defs/json{depth - 1}"}
    return {"type": [*types, "array", "object"], "items": deeper, "additionalProperties": deeper}


def _map_objects(schema: JSONSchema, change: Any) -> JSONSchema:
    top = change(schema) if "properties" in schema else schema
    definitions = {name: change(one) if "properties" in one else one for name, one in schema.get("$defs", {}).items()}
    return {**top, "$defs": definitions} if definitions else top
