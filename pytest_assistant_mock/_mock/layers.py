"""
Mocks are opened and closed one at a time, and a fork waits until none is being opened or closed.

Knows only that each can be put on and taken off. Their order is no matter here: doors and keys can be undone in any order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import RLock

from pytest_assistant_mock._doors.import_hook import imports
from pytest_assistant_mock._engine import forks


@dataclass(slots=True, eq=False)  # not frozen: one is made for every test
class Layer:
    """What an open mock lays over the process: steps that put it on, steps that take it off."""

    on: tuple[Callable[[], None], ...]
    off: tuple[Callable[[], None], ...]


_lock = RLock()
forks.shared(_lock, forks.OPENS)
forks.shared(imports.lock, forks.OPENS)


def enter(layer: Layer) -> None:
    """Put a layer on, over all that are open. If that fails nothing of it stays."""
    with _lock:
        try:
            for step in layer.on:
                step()
        except BaseException:
            _take_off(layer)
            raise


def leave(layer: Layer) -> None:
    """Take a layer off, in whatever order layers close: threads may close theirs at any time."""
    with _lock:
        _take_off(layer)


def _take_off(layer: Layer) -> None:
    for step in layer.off:
        step()
