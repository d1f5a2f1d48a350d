"""
Which mocks are open, innermost last: one list a process, for what a mock swaps is the process's too.

Knows only that each can be put on and taken off, in any order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import RLock


@dataclass(slots=True, eq=False)  # not frozen: one is made for every test
class Layer:
    """What an open mock lays over the process: steps that put it on, steps that take it off, whatever lies over it."""

    on: tuple[Callable[[], None], ...]
    off: tuple[Callable[[], None], ...]

    def put_on(self) -> None:
        """Swap."""
        for step in self.on:
            step()

    def take_off(self) -> None:
        """Put back what was there."""
        for step in self.off:
            step()


_lock = RLock()
_open: list[Layer] = []


def enter(layer: Layer) -> None:
    """Put a layer on, over all that are open. If that fails nothing of it stays."""
    with _lock:
        try:
            layer.put_on()
        except BaseException:
            layer.take_off()
            raise
        _open.append(layer)


def leave(layer: Layer) -> None:
    """Take a layer off. Those over it stay on (threads may close in any order), so that nothing slips past them."""
    with _lock:
        layer.take_off()
        _open.remove(layer)


def any_open() -> bool:
    """Whether some mock is open."""
    return bool(_open)
