"""
The table of doors: which library is answered by which file. A new HTTP client is one file and one row.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec

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


@cache
def installed() -> tuple[Seam, ...]:
    """
    The seams of every library that can be imported, checked; looked up once a process, for installing takes longer.

    Raises UnknownSeam if a library has changed where a door is.
    """
    from pytest_assistant_mock._doors import resolver, stdlib

    seams: list[Seam] = [*stdlib.seams(), *resolver.seams()]
    for library, door in DOORS:
        if library in sys.modules or find_spec(library) is not None:
            seams += _seams(library, door)
    for seam in seams:
        seam.check()
    return tuple(seams)


def _seams(library: str, door: str) -> Sequence[Seam]:
    try:
        module = import_module(library)
    except Exception:
        return ()  # whoever wants to use it cannot import it either
    try:
        found: Sequence[Seam] = import_module(f"pytest_assistant_mock._doors.{door}").seams(module)
    except (ImportError, AttributeError) as error:
        version = getattr(module, "__version__", "of unknown version")
        raise UnknownSeam(f"{library} {version} is not known: {error}; install an older one, or report it") from error
    return found
