"""
A mock as it was at one moment.

Knows whose it is and how to put it back; knows nothing of what is inside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Made by `mock.snapshot()`, taken by `mock.restore()`."""

    whose: object = field(repr=False)
    put_back: Callable[[], None] = field(repr=False)


def check_snapshot(snapshot: object, whose: object) -> None:
    """Raises TypeError for anything but a snapshot, ValueError for one of somebody else."""
    if not isinstance(snapshot, Snapshot):
        raise TypeError(f"{snapshot!r} is no snapshot; mock.snapshot() makes one")
    if snapshot.whose is not whose:
        raise ValueError("this snapshot is another mock's; a mock restores only its own")
