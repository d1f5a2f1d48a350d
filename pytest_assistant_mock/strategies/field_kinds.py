"""Fields that stand in many payloads: texts, numbers, flags, objects, lists of outputs. Knows no vendor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from pytest_assistant_mock.strategies import values
from pytest_assistant_mock.strategies.functions import tools
from pytest_assistant_mock.strategies.payloads import Field, Wrong, missing, not_a

NULL = type(None)
NOT_NULL = Wrong("is not null", "missing_field", lambda: st.none())  # null is what an SDK sends for "absent"


def id_field(ids: Callable[[str], st.SearchStrategy[str]], kind: str) -> Field:
    """The id of something that must exist; drawn, so that nothing has it unless it is pinned."""
    return Field(lambda: ids(kind), "an id", f"{kind}_1", wrong=(missing(), NOT_NULL, not_a((str, NULL), "is text")))


def text_field(most: int = 0, kind: str = "wrong_type") -> Field:
    """A text or null; of at most so many characters, or any number of them (0)."""
    said = f" of at most {most} characters" if most else ""
    long = Wrong(f"has at most {most} characters", kind, lambda: st.sampled_from(["值" * (most + 1), "a" * (most + 50)]))
    return Field(
        lambda: st.none() | values.text(max_size=50) | st.just("值" * (most or 1)),
        f"text{said} or null",
        wrong=(not_a((str, NULL), "is text"), *((long,) if most else ())),
    )


def number_field(least: float, most: float) -> Field:
    """A number or null; drawn between two, though the services are not known to hold anybody to them."""
    return Field(
        lambda: st.none() | st.floats(least, most), "a number or null", wrong=(not_a((float, int, NULL), "is a number"),)
    )


def count_field() -> Field:
    """A whole number or null."""
    drawn = Field(lambda: st.none() | st.integers(1, 2**31 - 1), "a whole number or null")
    return Field(drawn.values, drawn.allowed, wrong=(not_a((int, NULL), "is a whole number"),))


def flag_field() -> Field:
    """True, false or null."""
    return Field(lambda: st.none() | st.booleans(), "true, false or null", wrong=(not_a((bool, NULL), "is true or false"),))


def object_field(drawn: Callable[[], st.SearchStrategy[Any]]) -> Field:
    """An object or null."""
    return Field(lambda: st.none() | drawn(), "an object or null", wrong=(not_a((dict, NULL), "is an object"),))


def anything() -> Field:
    """Any JSON value."""
    return Field(values.json_values, "any JSON")


def tools_field(*more: Wrong, builtin: bool = False) -> Field:
    """A list of tools, or null. builtin: with those that the vendor runs itself."""
    own = st.sampled_from(["code_interpreter", "quark_search", "text_to_image", "calculator"])
    listed = tools() | st.lists(own.map(lambda name: {"type": name}), max_size=3) if builtin else tools()
    return Field(
        lambda: st.none() | listed,
        "a list of tools or null",
        wrong=(not_a((list, NULL), "is a list"), Wrong("holds objects only", "wrong_type", lambda: st.just([1])), *more),
    )


def outputs_field(call_ids: st.SearchStrategy[str]) -> Field:
    """The outputs of a run's calls; drawn, so pin them to what the run waits for: `tool_outputs(run)`."""
    output = st.fixed_dictionaries({"tool_call_id": call_ids, "output": values.text(max_size=50)})
    return Field(
        lambda: st.lists(output, min_size=1, max_size=3),
        "a list of outputs (tool_call_id, output), at least one",
        [{"tool_call_id": "call_1", "output": ""}],
        wrong=(
            missing(),
            NOT_NULL,
            not_a((list, NULL), "is a list"),
            Wrong("holds an output", "wrong_type", lambda: st.just([])),
            Wrong("holds texts as outputs", "wrong_type", lambda: st.just([{"tool_call_id": "call_1", "output": 24}]), "output"),
        ),
    )
