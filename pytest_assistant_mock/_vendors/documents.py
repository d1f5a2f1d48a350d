"""
What is written about a vendor as a whole: shared objects, every shape of an error, names of its SDK for parts of answers.
What is written about an operation stands in its row.

Values only; what stands in them is the vendors' own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pytest_assistant_mock._vendors.shape import Shape
from pytest_assistant_mock._vendors.streams import NO_STREAMS, StreamRules

Revised: TypeAlias = Mapping[str, type[Shape]] | type[Shape]
"""A shape by revision, or the one that was never revised."""


@dataclass(frozen=True, slots=True)
class Object:
    """A shared object: what it is, its shape, the page it is described on."""

    description: str
    shapes: Revised
    page: str


@dataclass(frozen=True, slots=True)
class Documents:
    """One vendor's. `nested`: by a class of its SDK, the shapes of objects inside its lists."""

    title: str
    version: str
    page: str  # where the vendor describes the API
    objects: Mapping[str, Object]
    errors: tuple[type[Shape], ...]
    error_page: str
    schemes: Mapping[str, Mapping[str, str]]  # OpenAPI security schemes; any one of them will do
    package: str
    nested: Mapping[str, Revised]
    streams: StreamRules = NO_STREAMS
