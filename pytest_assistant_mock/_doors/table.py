"""
The table of doors: which library is answered by which file. A new HTTP client is one file and one row.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import import_module
from types import ModuleType

from pytest_assistant_mock._doors.door import Seam
from pytest_assistant_mock.errors import UnknownSeam

DOORS = (
    ("urllib3", "urllib3"),  # and so requests
    ("requests", "requests"),  # the short way
    ("httpx", "httpx"),
    ("httpx2", "httpx"),
    ("aiohttp", "aiohttp"),
)
"""Pairs of library and door; the standard library's doors are always there."""


def installed() -> tuple[Seam, ...]:
    """
    The seams of every library that can be imported, checked; looked up once a process, for installing takes longer, and
    again if a library has been imported anew.

    Raises UnknownSeam if a library has changed where a door is.
    """
    return _checked(tuple(_module(library) for library, _ in DOORS))


def _module(library: str) -> ModuleType | None:
    return sys.modules.get(library) or (import_module(library) if _usable(library) else None)


@cache
def _usable(library: str) -> bool:
    try:
        import_module(library)
    except Exception:
        return False  # whoever wants to use it cannot import it either
    return True


@lru_cache(maxsize=4)
def _checked(modules: tuple[ModuleType | None, ...]) -> tuple[Seam, ...]:
    from pytest_assistant_mock._doors import resolver, stdlib

    seams: list[Seam] = [*stdlib.seams(), *resolver.seams()]
    for (library, door), module in zip(DOORS, modules, strict=True):
        if module is not None:
            seams += _seams(library, door, module)
    for seam in seams:
        seam.check()
    return tuple(seams)


def _seams(library: str, door: str, module: ModuleType) -> Sequence[Seam]:
    try:
        found: Sequence[Seam] = import_module(f"pytest_assistant_mock._doors.{door}").seams(module)
    except (ImportError, AttributeError) as error:
        version = getattr(module, "__version__", "of unknown version")
        raise UnknownSeam(f"{library} {version} is not known: {error}; install an older one, or report it") from error
    return found
