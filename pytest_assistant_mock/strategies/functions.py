"""
Functions that an assistant can call: tools, arguments that fit a tool's schema, and the outputs that a run waits for.

Knows JSON Schema as far as `tools` writes it; knows no vendor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from pytest_assistant_mock.strategies import values

__tracebackhide__ = True  # a failing test shows its own line

JSONObject = dict[str, Any]

_NAMES = ("f", "get_weather", "查天气", "send-mail", "a" * 64)
_FIELDS = ("city", "day", "n", "城市")
_TYPES: tuple[JSONObject, ...] = (
    {"type": "string"},
    {"type": "string", "enum": ["摄氏度", "华氏度"]},
    {"type": "integer", "minimum": 1, "maximum": 7},
    {"type": "number"},
    {"type": "boolean"},
    {"type": "array", "items": {"type": "string"}, "maxItems": 3},
    {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]},
)


def tools(*, min_size: int = 0, max_size: int = 3) -> st.SearchStrategy[list[JSONObject]]:
    """
    Functions as both vendors take them: {"type": "function", "function": {"name": …, "description": …, "parameters": …}}.

    No two have one name. Raises ValueError if that many cannot be.
    """
    if not 0 <= min_size <= max_size <= len(_NAMES):
        raise ValueError(f"tools(min_size={min_size}, max_size={max_size}): expected 0 to {len(_NAMES)}, the first the smaller")
    names = st.lists(st.sampled_from(_NAMES), min_size=min_size, max_size=max_size, unique=True)
    return names.flatmap(lambda chosen: st.tuples(*map(_tool, chosen)).map(list))


def _tool(name: str) -> st.SearchStrategy[JSONObject]:
    described = {"name": st.just(name), "description": values.text(max_size=20), "parameters": _parameters()}
    return st.fixed_dictionaries({"type": st.just("function"), "function": st.fixed_dictionaries(described)})


def _parameters() -> st.SearchStrategy[JSONObject]:
    properties = st.dictionaries(st.sampled_from(_FIELDS), st.sampled_from(_TYPES), max_size=3)
    return properties.flatmap(
        lambda fields: st.fixed_dictionaries(
            {
                "type": st.just("object"),
                "properties": st.just(fields),
                "required": st.lists(st.sampled_from(sorted(fields)), unique=True) if fields else st.just([]),
            }
        )
    )


def arguments(schema: Mapping[str, Any]) -> st.SearchStrategy[JSONObject] | None:
    """Arguments that fit the schema of a function's parameters; None where it says more than is understood here."""
    try:
        return _fitting({"type": "object", **schema})
    except (KeyError, TypeError, ValueError):
        return None


_UNDERSTOOD = {
    *("type", "const", "enum", "properties", "required", "additionalProperties", "items", "minItems", "maxItems"),
    *("minLength", "maxLength", "minimum", "maximum", "title", "description", "default", "examples"),
}


def _fitting(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    told = {name: value for name, value in schema.items() if value is not None or name in ("const", "default")}
    if not set(told) <= _UNDERSTOOD:
        raise ValueError(f"{sorted(set(told) - _UNDERSTOOD)}")
    if "const" in told:
        return st.just(told["const"])
    if "enum" in told:
        return st.sampled_from(list(told["enum"]))
    types = told.get("type", "string")
    return st.one_of(*(_MAKERS[kind](told) for kind in ([types] if isinstance(types, str) else types)))


def _object(schema: Mapping[str, Any]) -> st.SearchStrategy[JSONObject]:
    required = schema.get("required") or ()
    # a null says nothing in a call: it is left out
    fields = {name: _fitting(field or {}) for name, field in (schema.get("properties") or {}).items()}
    must = {name: fields.get(name, values.text(max_size=20)) for name in required}
    may = {name: field for name, field in fields.items() if name not in must}
    return st.fixed_dictionaries(must, optional=may)


def _array(schema: Mapping[str, Any]) -> st.SearchStrategy[list[Any]]:
    least = schema.get("minItems", 0)
    return st.lists(_fitting(schema.get("items") or {}), min_size=least, max_size=schema.get("maxItems", least + 3))


def _string(schema: Mapping[str, Any]) -> st.SearchStrategy[str]:
    least = schema.get("minLength", 0)
    return st.text(st.characters(codec="utf-8"), min_size=least, max_size=schema.get("maxLength", least + 20))


def _integer(schema: Mapping[str, Any]) -> st.SearchStrategy[int]:
    least = schema.get("minimum", -values.MAX_INT)
    return st.integers(least, schema.get("maximum", max(least, 0) + values.MAX_INT))


def _number(schema: Mapping[str, Any]) -> st.SearchStrategy[float]:
    least = schema.get("minimum", -1e6)
    return st.floats(least, schema.get("maximum", max(least, 0) + 1e6), allow_nan=False)


_MAKERS: Mapping[str, Callable[[Mapping[str, Any]], st.SearchStrategy[Any]]] = {
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": lambda schema: st.booleans(),
    "null": lambda schema: st.none(),
    "array": _array,
    "object": _object,
}


def tool_outputs(run: Any, *, output: st.SearchStrategy[str] | str | None = None) -> st.SearchStrategy[list[JSONObject]]:
    """
    The outputs of all calls that a run waits for, in any order: the `tool_outputs` of a request.

    run: the run as it was answered, as a dict or an object of the SDK. output: what the functions return; by default any text.
    Raises ValueError for a run that waits for nothing.
    """
    calls = _calls(run)
    if not calls:
        status = _field(run, "status")
        raise ValueError(f"tool_outputs({run!r}): the run is {status!r} and waits for no outputs; expected 'requires_action'")
    texts = values.text(max_size=50) if output is None else output if isinstance(output, st.SearchStrategy) else st.just(output)
    given = [st.fixed_dictionaries({"tool_call_id": st.just(_field(call, "id")), "output": texts}) for call in calls]
    return st.permutations(given).flatmap(lambda order: st.tuples(*order).map(list))


def _calls(run: Any) -> Sequence[Any]:
    found = run
    for name in ("required_action", "submit_tool_outputs", "tool_calls"):
        found = _field(found, name)
    return found or ()


def _field(thing: Any, name: str) -> Any:
    return thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)
