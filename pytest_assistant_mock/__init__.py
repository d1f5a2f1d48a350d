"""
An in-memory fake of the Alibaba Cloud Model Studio and Baidu AppBuilder message APIs, for pytest and everything else.

The public names are found on first use: pytest imports this file in every run, so it imports nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_assistant_mock import cassettes, contract, errors, faults, strategies, turns
    from pytest_assistant_mock._engine.kinds.assistants import Assistant
    from pytest_assistant_mock._engine.kinds.files import File
    from pytest_assistant_mock._engine.kinds.messages import Message
    from pytest_assistant_mock._engine.kinds.runs import RunError, Step, ToolCall, Usage
    from pytest_assistant_mock._engine.kinds.threads import Thread
    from pytest_assistant_mock._engine.run_view import Run
    from pytest_assistant_mock._engine.turns import Script
    from pytest_assistant_mock._engine.wire import Exchange, Failure, Request, Response
    from pytest_assistant_mock._mock.handle import Handle
    from pytest_assistant_mock._mock.mock import AssistantMock
    from pytest_assistant_mock._mock.server import AssistantServer

__version__ = "0.1.0"

__all__ = [
    "Assistant",
    "AssistantMock",
    "AssistantServer",
    "Exchange",
    "Failure",
    "File",
    "Handle",
    "Message",
    "Request",
    "Response",
    "Run",
    "RunError",
    "Script",
    "Step",
    "Thread",
    "ToolCall",
    "Usage",
    "cassettes",
    "contract",
    "errors",
    "faults",
    "strategies",
    "turns",
]

_HOMES = {
    "AssistantMock": "_mock.mock",
    "AssistantServer": "_mock.server",
    "Handle": "_mock.handle",
    "Exchange": "_engine.wire",
    "Failure": "_engine.wire",
    "Request": "_engine.wire",
    "Response": "_engine.wire",
    "Message": "_engine.kinds.messages",
    "Thread": "_engine.kinds.threads",
    "Assistant": "_engine.kinds.assistants",
    "File": "_engine.kinds.files",
    "RunError": "_engine.kinds.runs",
    "Step": "_engine.kinds.runs",
    "ToolCall": "_engine.kinds.runs",
    "Usage": "_engine.kinds.runs",
    "Run": "_engine.run_view",
    "Script": "_engine.turns",
}
_MODULES = (
    "cassettes",
    "contract",
    "errors",
    "faults",
    "strategies",
    "turns",
)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
