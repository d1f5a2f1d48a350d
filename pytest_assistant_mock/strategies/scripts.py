"""Scripts of a run: turns of `pytest_assistant_mock.turns`, which shrink to one short answer. Knows no vendor by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from hypothesis import strategies as st

from pytest_assistant_mock import turns
from pytest_assistant_mock._engine.scripts import schema_of, tool_names
from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock.strategies import values
from pytest_assistant_mock.strategies.functions import arguments
from pytest_assistant_mock.strategies.vendor_names import vendor_of

__tracebackhide__ = True  # a failing test shows its own line

Script: TypeAlias = tuple[turns.Turn | list[turns.Calls], ...]
"""What a handle's `script(*turns)` takes; a list of calls is one round."""


def script(
    tools: Sequence[Mapping[str, Any]] = (), *, vendor: str | None = None, max_rounds: int = 2, incomplete: bool = False
) -> st.SearchStrategy[Script]:
    """
    Scripts of one run, for `handle.script(*script)`: rounds of calls of these tools, and how the run ends.

    Arguments fit the tool's schema. vendor: with what that one alone has; left out: what both take. incomplete: whether a run
    may end so; dashscope's `Runs.wait` does not know that status, and waits for ever.
    Raises ValueError for an unknown vendor or a number of rounds below 0, TypeError for tools that are no list of dicts.
    """
    if not isinstance(tools, Sequence) or not all(isinstance(tool, Mapping) for tool in tools):
        raise TypeError(f"tools={tools!r}: expected a list of tools, each a dict")
    if max_rounds < 0:
        raise ValueError(f"max_rounds={max_rounds}: expected 0 or more")
    return scripts_of(None if vendor is None else vendor_of(vendor), tools, max_rounds, incomplete)


def scripts_of(
    vendor: Vendor | None, tools: Sequence[Mapping[str, Any]], max_rounds: int, incomplete: bool = False
) -> st.SearchStrategy[Script]:
    """The same, for a vendor as a value."""
    builtin = vendor is not None and vendor.habits.builtin_tools
    calls = [_call(name, schema_of(tools, name)) for name in tool_names(tools)]
    steps: list[st.SearchStrategy[Any]] = []
    if calls:
        steps += [st.lists(st.one_of(*calls), min_size=1, max_size=3)]
    if builtin:
        steps += [st.builds(turns.searches, values.text(max_size=20), st.just([])), st.builds(turns.runs_code, _TEXT, _TEXT)]
    before = st.lists(st.one_of(*steps), max_size=max_rounds) if steps and max_rounds else st.just([])
    return st.tuples(before, _ends(incomplete)).map(lambda both: (*both[0], both[1]))


_TEXT = values.text(max_size=20)


def _call(name: str, schema: Mapping[str, Any]) -> st.SearchStrategy[turns.Calls]:
    fitting = arguments(schema)
    if fitting is None:
        return st.just(turns.calls(name))
    return fitting.map(lambda given: turns.calls(name, given))


def _ends(incomplete: bool) -> st.SearchStrategy[turns.Turn]:
    says = st.builds(turns.says, values.text(max_size=50), pieces=st.none() | st.integers(1, 5))
    fails = st.builds(turns.fails, st.sampled_from(["server_error", "rate_limit_exceeded"]), _TEXT)
    early = st.sampled_from([turns.expires(), turns.cancels()])
    shortest = st.just(turns.says("a"))  # what a failing example shrinks to: fewer choices than any other
    return st.one_of(shortest, says, says, fails, early, *([st.builds(turns.incomplete, _TEXT)] if incomplete else []))
