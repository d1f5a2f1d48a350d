"""
Mocks are opened and closed one at a time, and a fork waits until none of them is in the middle of something.

Knows only that each can be put on and taken off. Their order is no matter here: doors and keys can be undone in any order.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from threading import RLock
from typing import Any
from weakref import WeakSet

from pytest_assistant_mock._doors.import_hook import imports


@dataclass(slots=True, eq=False)  # not frozen: one is made for every test
class Layer:
    """What an open mock lays over the process: steps that put it on, steps that take it off."""

    on: tuple[Callable[[], None], ...]
    off: tuple[Callable[[], None], ...]


_lock = RLock()


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


class _Fork:
    """Locks that a fork must find free: what another thread held would stay held in the child for ever."""

    def __init__(self) -> None:
        self.locks: WeakSet[Any] = WeakSet()
        self._held: list[Any] = []

    def hold(self) -> None:
        """Wait until no other thread is in the middle of an answer, or of opening or closing a mock."""
        self._held = [*self.locks, _lock, imports.lock]  # in this order: a function of a test may open a mock while it answers
        for lock in self._held:
            lock.acquire()

    def release(self) -> None:
        """In the parent as in the child, where the same thread holds them."""
        while self._held:
            self._held.pop().release()


_fork = _Fork()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_fork.hold, after_in_parent=_fork.release, after_in_child=_fork.release)


def shared(lock: Any) -> None:
    """A lock that is held while a request is answered."""
    _fork.locks.add(lock)
