"""
Hypothesis strategies for both vendors: payloads they accept, payloads they must refuse, answers, scripts,
streams, conversations, faults.

The names are found on first use: hypothesis imports this package whenever it is imported itself, for `_entry_point`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_assistant_mock.strategies.by_vendor import appbuilder, model_studio
    from pytest_assistant_mock.strategies.calls import Call
    from pytest_assistant_mock.strategies.conversation import Conversation
    from pytest_assistant_mock.strategies.drawing import conversations
    from pytest_assistant_mock.strategies.freshness import fresh
    from pytest_assistant_mock.strategies.functions import tool_outputs, tools
    from pytest_assistant_mock.strategies.machine import AssistantMachine
    from pytest_assistant_mock.strategies.payloads import Expected, Refused
    from pytest_assistant_mock.strategies.schedules import Schedule, Strike, faults
    from pytest_assistant_mock.strategies.scripts import script
    from pytest_assistant_mock.strategies.streams import BrokenStream, EventStream, broken_stream, stream
    from pytest_assistant_mock.strategies.values import metadata, text, timestamps

__all__ = [
    "AssistantMachine",
    "BrokenStream",
    "Call",
    "Conversation",
    "EventStream",
    "Expected",
    "Refused",
    "Schedule",
    "Strike",
    "appbuilder",
    "broken_stream",
    "conversations",
    "faults",
    "fresh",
    "metadata",
    "model_studio",
    "script",
    "stream",
    "text",
    "timestamps",
    "tool_outputs",
    "tools",
]

__tracebackhide__ = True  # a failing test shows its own line

_HOMES = {
    "AssistantMachine": "machine",
    "BrokenStream": "streams",
    "Call": "calls",
    "Conversation": "conversation",
    "EventStream": "streams",
    "Expected": "payloads",
    "Refused": "payloads",
    "Schedule": "schedules",
    "Strike": "schedules",
    "appbuilder": "by_vendor",
    "broken_stream": "streams",
    "conversations": "drawing",
    "faults": "schedules",
    "fresh": "freshness",
    "metadata": "values",
    "model_studio": "by_vendor",
    "script": "scripts",
    "stream": "streams",
    "text": "values",
    "timestamps": "values",
    "tool_outputs": "functions",
    "tools": "functions",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        near = "" if name.startswith("_") else import_module("pytest_assistant_mock.errors").nearest(name, __all__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{near}")
    found = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
