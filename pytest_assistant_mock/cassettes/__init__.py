"""Recorded exchanges: load, match, redact, save. The public names, found on first use."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_assistant_mock.cassettes.format import Cassette, Interaction
    from pytest_assistant_mock.cassettes.storage import load

__all__ = ["Cassette", "Interaction", "load"]

_HOMES = {"Cassette": "format", "Interaction": "format", "load": "storage"}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
