"""
What hypothesis calls through its entry point when it is imported: `st.from_type` learns the public types.

Must stay cheap: imports only those of our modules that need nothing but the standard library; strategies wait until drawn.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pytest_assistant_mock._engine.kinds.messages import Message, MessageFile
from pytest_assistant_mock._engine.kinds.threads import Thread
from pytest_assistant_mock._engine.wire import Exchange, Failure, Request, Response

if TYPE_CHECKING:
    from hypothesis import strategies as st

TYPES = (Message, MessageFile, Thread, Request, Response, Failure, Exchange)


def register() -> None:
    """Register a strategy for each public type."""
    from hypothesis import strategies as st

    for type_ in TYPES:
        st.register_type_strategy(type_, _strategy)


def _strategy(type_: Any) -> st.SearchStrategy[Any]:
    table: dict[Any, st.SearchStrategy[Any]] = import_module("pytest_assistant_mock.strategies.types").strategies()
    return table[type_]
