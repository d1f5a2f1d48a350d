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

from pytest_assistant_mock._doors.import_hook import imports
from pytest_assistant_mock._doors.seam import Answerer, Seam
from pytest_assistant_mock.errors import UnknownSeam

DOORS = {
    "socket": "resolver",
    "http.client": "stdlib",  # and so urllib.request
    "urllib3": "urllib3",  # and so requests
    "requests": "requests_shortcut",
    "httpx": "httpx",
    "httpx2": "httpx",
    "aiohttp": "aiohttp",
}
"""Library and door."""


def settle() -> None:
    """
    Wait for the libraries that other threads are importing just now.
    """
    for library in DOORS:
        module = sys.modules.get(library)
        if module is not None and _coming(module):
            import_module(library)


def imported(heard: Container[ModuleType] = ()) -> tuple[Seam, ...]:
    """
    The seams of every library that is there, checked: `heard` is known to be whole, what else is still coming is left out.

    Raises UnknownSeam if one has changed where a door is.
    """
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
    The seams of one library, checked. Raises UnknownSeam.
    """
    try:
        found: Sequence[Seam] = import_module(f"pytest_assistant_mock._doors.{DOORS[library]}").seams(module)
    except (ImportError, AttributeError) as error:
        version = getattr(module, "__version__", "of unknown version")
        raise UnknownSeam(f"{library} {version} is not known: {error}; install an older one, or report it") from error
    for seam in found:
        seam.check()
    return tuple(found)


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
        imports.listen(DOORS)
        self._listens = True
        settle()
        with imports.lock:  # what is imported meanwhile is added afterwards
            self._swap(imported(imports.heard))
            imports.tell.append(self.add)

    def add(self, library: str, module: ModuleType) -> None:
        """
        One more library has been imported.
        """
        seams_of.cache_clear()  # a module executed anew (importlib.reload) has other ones
        self._swap(seams_of(library, module))

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
