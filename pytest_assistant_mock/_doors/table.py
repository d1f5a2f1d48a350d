"""
The table of doors: which library is answered by which file. A new HTTP client is one file and one row.

Imports no library: one that is not there yet gets its door as it comes (`late`).
"""

from __future__ import annotations

import sys
from collections.abc import Container, Sequence
from functools import lru_cache
from importlib import import_module
from types import ModuleType

from pytest_assistant_mock._doors.door import Seam
from pytest_assistant_mock.errors import UnknownSeam

DOORS = {
    "socket": "resolver",
    "http.client": "stdlib",  # and so urllib.request
    "urllib3": "urllib3",  # and so requests
    "requests": "requests",  # the short way
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
