"""
Locks that a fork must find free: what another thread held would stay held in the child for ever.

Knows locks and in which order they are taken; nothing of what they guard.
"""

from __future__ import annotations

import os
from typing import Any
from weakref import WeakSet

ANSWERS, OPENS, KEEPS = range(3)
"""
When a lock is taken: while a request is answered; while a mock opens or closes, which a function of a test may do in an answer;
while something is written down, in which no other lock is asked for.
"""


class _Fork:
    def __init__(self) -> None:
        self.locks: tuple[WeakSet[Any], ...] = (WeakSet(), WeakSet(), WeakSet())
        self._held: list[Any] = []

    def hold(self) -> None:
        """Wait until no other thread is in the middle of something."""
        self._held = [lock for locks in self.locks for lock in tuple(locks)]
        for lock in self._held:
            lock.acquire()

    def release(self) -> None:
        """In the parent as in the child, where the same thread holds them."""
        while self._held:
            self._held.pop().release()


_fork = _Fork()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_fork.hold, after_in_parent=_fork.release, after_in_child=_fork.release)


def shared(lock: Any, when: int) -> None:
    """A lock that other threads may hold when this one forks. It is known as long as somebody else keeps it."""
    _fork.locks[when].add(lock)
