"""Tools, arguments that fit them, outputs that a run waits for, and scripts that a fake takes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

from pytest_assistant_mock import AssistantMock, strategies, turns
from pytest_assistant_mock._mock.tool_arguments import ToolArguments
from pytest_assistant_mock.strategies.functions import arguments

VENDORS = ("model_studio", "appbuilder")
SCHEMAS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "as a model writes it": {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "城市", "minLength": 1, "maxLength": 3},
            "unit": {"enum": ["C", "F"]},
            "days": {"type": ["integer", "null"], "minimum": 1, "maximum": 7},
            "share": {"type": "number", "minimum": 0},
            "kind": {"const": "weather"},
            "where": {"type": "object", "properties": {"x": {"type": "boolean"}}, "required": ["x"]},
            "tags": {"type": "array", "items": {"type": "string"}, "minItems": 2},
        },
        "required": ["city", "kind", "unknown"],
    },
    "with the nulls of AppBuilder's SDK": {
        "type": "object",
        "properties": {"a": {"type": "string", "enum": None}},
        "required": None,
    },
}


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_arguments_fit_their_schema(schema: dict[str, Any]) -> None:
    """Whatever is drawn for a schema passes it."""

    @settings(max_examples=40)
    @given(st.data())
    def fits(data: st.DataObject) -> None:
        drawn = arguments(schema)
        assert drawn is not None
        ToolArguments().check("f", schema, data.draw(drawn))

    fits()


@pytest.mark.parametrize(
    "schema", [{"$ref": "#/$defs/a"}, {"properties": {"a": {"pattern": "x"}}}, {"allOf": []}, {"type": "file"}]
)
def test_a_schema_that_says_more_is_left_to_the_mock(schema: dict[str, Any]) -> None:
    """Then a script calls the function without arguments, and the mock makes some."""
    assert arguments(schema) is None
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    found = find(strategies.script([tool]), lambda script: isinstance(script[0], list), settings=settings(max_examples=500))
    assert found[0] == [turns.calls("f")]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_script_is_taken_and_played_to_its_end(vendor: str) -> None:
    """Every script is one the vendor's handle takes, and no run of it fails for its author's mistake."""

    @settings(max_examples=40)
    @given(data=st.data())
    def played(data: st.DataObject) -> None:
        tools = data.draw(strategies.tools())
        script = data.draw(strategies.script(tools, vendor=vendor) | strategies.script(tools))
        with AssistantMock() as mock:
            getattr(mock, vendor).add_assistant(tools=tools)
            getattr(mock, vendor).script(*script, optional=True)
        from pytest_assistant_mock.strategies.streams import performed
        from pytest_assistant_mock.strategies.vendor_names import vendor_of

        parts = performed(vendor_of(vendor), tools, script)
        rounds = sum(isinstance(turn, list) for turn in script)
        assert len(parts) == (rounds + 1 if vendor == "model_studio" else 1)

    played()


def test_a_script_shrinks_to_one_short_answer() -> None:
    """What fails for every script is shown with the shortest answer; what needs a call, with one call."""
    tools = [{"type": "function", "function": {"name": "f"}}]
    assert find(strategies.script(tools), lambda script: True) == (turns.says("a"),)
    called = find(strategies.script(tools), lambda script: len(script) > 1, settings=settings(max_examples=500))
    assert called == ([turns.calls("f", {})], turns.says("a"))


@given(tools=strategies.tools(min_size=1, max_size=4))
@settings(max_examples=30)
def test_tools_are_functions_of_different_names(tools: list[dict[str, Any]]) -> None:
    """Each has a JSON Schema that is one, and no name comes twice."""
    names = [tool["function"]["name"] for tool in tools]
    assert len(set(names)) == len(names) >= 1
    for tool in tools:
        parameters = tool["function"]["parameters"]
        ToolArguments().make("f", parameters)
        assert set(parameters["required"]) <= set(parameters["properties"])


@pytest.mark.parametrize("vendor", VENDORS)
def test_outputs_are_those_that_a_run_waits_for(vendor: str) -> None:
    """One for each call, by its id, from the run as a dict or as an object, and never any for a run that waits for none."""
    own = getattr(strategies, vendor)

    @settings(max_examples=20)
    @given(own.run(status="requires_action"), st.data())
    def outputs(run: dict[str, Any], data: st.DataObject) -> None:
        ids = [call["id"] for call in run["required_action"]["submit_tool_outputs"]["tool_calls"]]
        for shown in (run, SimpleNamespace(**run)):
            drawn = data.draw(strategies.tool_outputs(shown, output="24"))
            assert sorted(one["tool_call_id"] for one in drawn) == sorted(ids)
            assert {one["output"] for one in drawn} == {"24"}

    outputs()
    with pytest.raises(ValueError, match="the run is 'completed' and waits for no outputs; expected 'requires_action'"):
        strategies.tool_outputs({"status": "completed", "required_action": None})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: strategies.tools(min_size=3, max_size=2),
            "tools(min_size=3, max_size=2): expected 0 to 5, the first the smaller",
        ),
        (lambda: strategies.tools(max_size=9), "tools(min_size=0, max_size=9): expected 0 to 5, the first the smaller"),
        (lambda: strategies.script(max_rounds=-1), "max_rounds=-1: expected 0 or more"),
        (
            lambda: strategies.script(vendor="appbuilde"),
            "no vendor 'appbuilde'; the vendors are model_studio, appbuilder; did you mean 'appbuilder'?",
        ),
    ],
)
def test_what_cannot_be_is_refused_at_once(make: Any, message: str) -> None:
    """The error says what is expected."""
    with pytest.raises(ValueError, match="a") as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: strategies.script("get_weather"), "tools='get_weather': expected a list of tools, each a dict"),
        (lambda: strategies.script({"type": "function"}), "tools={'type': 'function'}: expected a list of tools, each a dict"),
        (lambda: strategies.script(["get_weather"]), "tools=['get_weather']: expected a list of tools, each a dict"),
        (lambda: strategies.script(5), "tools=5: expected a list of tools, each a dict"),
    ],
    ids=["text", "tool", "names", "number"],
)
def test_tools_of_a_wrong_type_are_told(make: Any, message: str) -> None:
    """What came and what was expected, at once and in our words."""
    with pytest.raises(TypeError) as caught:
        make()
    assert str(caught.value) == message


def test_a_vendor_that_is_no_text_is_told_like_any_other() -> None:
    """What came, and the vendors there are."""
    with pytest.raises(ValueError, match=r"^no vendor 3; the vendors are model_studio, appbuilder$"):
        strategies.broken_stream(3)  # type: ignore[arg-type]


def test_a_strategy_of_a_vendor_there_is_none_of() -> None:
    """The nearest is named."""
    with pytest.raises(AttributeError) as caught:
        strategies.model_studio.create_mesage()
    assert str(caught.value) == "VendorStrategies has no 'create_mesage'; did you mean 'create_message'?"
