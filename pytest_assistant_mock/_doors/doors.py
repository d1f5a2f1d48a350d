"""
Which library is answered by which file, and every door of one mock. A new HTTP client is one file and one row.

Imports no library: one that is not there yet gets its door when it is imported. Process-wide, as what it swaps is.
"""

from __future__ import annotations

import sys
from collections.abc import Container, Iterable, Sequence
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

from pytest_assistant_mock._doors import unknown
from pytest_assistant_mock._doors.import_hook import imports
from pytest_assistant_mock._doors.seam import Answerer, Seam
from pytest_assistant_mock._doors.swap import Gate, Swap
from pytest_assistant_mock.errors import UnknownSeam

DOORS = {
    "socket": "resolver",
    "ssl": "tls",
    "http.client": "stdlib",  # and so urllib.request
    "urllib3": "urllib3",  # and so requests
    "requests": "requests_shortcut",
    "httpx": "httpx",
    "httpx2": "httpx",
    "aiohttp": "aiohttp",
}
"""Library and door."""


def settle() -> None:
    """Wait for the libraries that other threads are importing just now."""
    for library in DOORS:
        module = sys.modules.get(library)
        if module is not None and _coming(module):
            import_module(library)


def imported(heard: Container[ModuleType] = ()) -> tuple[Seam, ...]:
    """The seams of every library that is there: `heard` is known to be whole, what else is still coming is left out."""
    seams: list[Seam] = []
    for library in DOORS:
        module = sys.modules.get(library)
        if module is not None and (module in heard or not _coming(module)):
            seams += seams_of(library, module)
    return tuple(seams)


def _coming(module: ModuleType) -> bool:
    spec = getattr(module, "__spec__", None)  # a test's stand-in has none
    return getattr(spec, "_initializing", False) is True


@lru_cache(maxsize=32)  # by module: one that has been imported anew is another one
def seams_of(library: str, module: ModuleType) -> tuple[Seam, ...]:
    """
    The seams of one library. Of a library that is not known, as many as it has, and each refuses what it would have to answer:
    a client that nobody uses must not close the mock for the others.
    """
    try:
        return known(library, module)
    except (ImportError, AttributeError):
        return ()  # its classes are gone, and there is nothing to stand in for
    except UnknownSeam as problem:
        there = [seam for seam in _door(library).seams(module) if hasattr(seam.owner, seam.name)]
        return tuple(Seam(seam.owner, seam.name, unknown.refusing(library, module, str(problem))) for seam in there)


def known(library: str, module: ModuleType) -> tuple[Seam, ...]:
    """The seams of one library, checked. Raises UnknownSeam, ImportError or AttributeError if it has changed where a door is."""
    found: Sequence[Seam] = _door(library).seams(module)
    for seam in found:
        seam.check()
    return tuple(found)


def _door(library: str) -> Any:
    return import_module(f"pytest_assistant_mock._doors.{DOORS[library]}")


class Doors:
    """Seams swapped on `open`, put back on `close`. The innermost open mock answers first."""

    def __init__(self, answerer: Answerer) -> None:
        self._gate = Gate(answerer)
        self._listens = False
        self._swaps: list[Swap] = []

    @property
    def blocked(self) -> Sequence[Exception]:
        """The errors of clients that were stopped."""
        return self._gate.blocked

    def open(self) -> None:
        """Swap."""
        imports.listen(DOORS)
        self._listens = True
        self._gate.begin()
        settle()
        with imports.lock:  # what is imported meanwhile is added afterwards
            self._swap(imported(imports.heard))
            imports.tell.append(self.add)

    def add(self, library: str, module: ModuleType) -> None:
        """One more library has been imported."""
        seams_of.cache_clear()  # a module executed anew (importlib.reload) has other ones
        self._swap(seams_of(library, module))

    def close(self) -> None:
        """Answer nothing more, and put back what can be put back. The doors of other mocks are not touched."""
        self._gate.close()
        if not self._listens:
            return
        self._listens = False
        imports.leave(self.add)
        with imports.lock:  # or another thread's mock might swap between a look and a change
            while self._swaps:
                self._swaps.pop().undo()

    def _swap(self, seams: Iterable[Seam]) -> None:
        self._swaps += [Swap(seam, self._gate) for seam in seams]
