"""
An in-memory fake of the Alibaba Cloud Model Studio and Baidu AppBuilder message APIs, for pytest and everything else.

The public names are found on first use: pytest imports this file in every run, so it imports nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_assistant_mock import cassettes, contract, errors, faults, strategies, turns
    from pytest_assistant_mock._engine.clock import Clock
    from pytest_assistant_mock._engine.faults import Fault
    from pytest_assistant_mock._engine.kinds.assistants import Assistant
    from pytest_assistant_mock._engine.kinds.files import File
    from pytest_assistant_mock._engine.kinds.messages import Message
    from pytest_assistant_mock._engine.kinds.runs import RunError, Step, ToolCall, Usage
    from pytest_assistant_mock._engine.kinds.threads import Thread
    from pytest_assistant_mock._engine.plans import Planned
    from pytest_assistant_mock._engine.replies import OwnReply
    from pytest_assistant_mock._engine.run_view import Run
    from pytest_assistant_mock._engine.turns import Script
    from pytest_assistant_mock._engine.wire import Exchange, Failure, Request, Response
    from pytest_assistant_mock._mock.handle import Handle
    from pytest_assistant_mock._mock.mock import AssistantMock
    from pytest_assistant_mock._mock.server import AssistantServer
    from pytest_assistant_mock._mock.snapshot import Snapshot
    from pytest_assistant_mock._serving.asgi import App
    from pytest_assistant_mock._traffic.exchanges import Exchanges
    from pytest_assistant_mock.contract.watch import Watch

__version__ = "0.1.0"

__all__ = [
    "App",
    "Assistant",
    "AssistantMock",
    "AssistantServer",
    "Clock",
    "Exchange",
    "Exchanges",
    "Failure",
    "Fault",
    "File",
    "Handle",
    "Message",
    "OwnReply",
    "Planned",
    "Request",
    "Response",
    "Run",
    "RunError",
    "Script",
    "Snapshot",
    "Step",
    "Thread",
    "ToolCall",
    "Usage",
    "Watch",
    "cassettes",
    "contract",
    "errors",
    "faults",
    "strategies",
    "turns",
]

_HOMES = {
    "App": "_serving.asgi",
    "Assistant": "_engine.kinds.assistants",
    "AssistantMock": "_mock.mock",
    "AssistantServer": "_mock.server",
    "Clock": "_engine.clock",
    "Exchange": "_engine.wire",
    "Exchanges": "_traffic.exchanges",
    "Failure": "_engine.wire",
    "Fault": "_engine.faults",
    "File": "_engine.kinds.files",
    "Handle": "_mock.handle",
    "Message": "_engine.kinds.messages",
    "OwnReply": "_engine.replies",
    "Planned": "_engine.plans",
    "Request": "_engine.wire",
    "Response": "_engine.wire",
    "Run": "_engine.run_view",
    "RunError": "_engine.kinds.runs",
    "Script": "_engine.turns",
    "Snapshot": "_mock.snapshot",
    "Step": "_engine.kinds.runs",
    "Thread": "_engine.kinds.threads",
    "ToolCall": "_engine.kinds.runs",
    "Usage": "_engine.kinds.runs",
    "Watch": "contract.watch",
}

if not TYPE_CHECKING:  # or every name would pass the type checker

    def __getattr__(name: str) -> Any:
        if name in _HOMES:
            return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        if name in __all__:
            return import_module(f"{__name__}.{name}")
        near = "" if name.startswith("_") else import_module(f"{__name__}.errors").nearest(name, __all__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{near}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
