"""
Every door of one mock: open for the libraries that are imported, and for those to come.

Knows no library; process-wide, as what it swaps is.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import ModuleType
from typing import Any

from pytest_assistant_mock._doors import table
from pytest_assistant_mock._doors.door import Answerer, Seam
from pytest_assistant_mock._doors.late import imports


class Doors:
    """
    Seams swapped on `open`, put back on `close`. The innermost open mock answers first.
    """

    def __init__(self, answerer: Answerer) -> None:
        self._answerer = answerer
        self._listens = False
        self._swapped: list[tuple[Any, str, bool, Any]] = []

    def open(self) -> None:
        """
        Swap. Raises UnknownSeam if a library has changed where a door is.
        """
        imports.listen(table.DOORS)
        self._listens = True
        table.settle()
        with imports.lock:  # what is imported meanwhile is added afterwards
            self._swap(table.imported(imports.heard))
            imports.tell.append(self.add)

    def add(self, library: str, module: ModuleType) -> None:
        """
        One more library has been imported.
        """
        table.seams_of.cache_clear()  # a module executed anew (importlib.reload) has other ones
        self._swap(table.seams_of(library, module))

    def close(self) -> None:
        """
        Put everything back, last first.
        """
        if not self._listens:
            return
        self._listens = False
        imports.leave(self.add)
        while self._swapped:
            owner, name, own, original = self._swapped.pop()
            if own:
                setattr(owner, name, original)
            else:
                delattr(owner, name)

    def _swap(self, seams: Iterable[Seam]) -> None:
        for seam in seams:
            owner, name = seam.owner, seam.name
            original = getattr(owner, name)
            self._swapped.append((owner, name, name in vars(owner), original))
            setattr(owner, name, seam.make(self._answerer, original))
