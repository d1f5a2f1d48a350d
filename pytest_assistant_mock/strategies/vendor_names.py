"""A vendor by its name, as the strategies' users name it."""

from __future__ import annotations

from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock.errors import nearest

__tracebackhide__ = True  # a failing test shows its own line


def vendor_of(name: str) -> Vendor:
    """The vendor of that name, as a value. Raises ValueError for an unknown one."""
    from pytest_assistant_mock._vendors import REVISIONS

    for vendor in REVISIONS["2025"]:
        if vendor.name == name:
            return vendor
    known = [vendor.name for vendor in REVISIONS["2025"]]
    raise ValueError(f"no vendor {name!r}; the vendors are {', '.join(known)}{nearest(name, known)}")
