"""
What is written about a vendor: pages, the shared objects, every shape of an error, the names its SDK gives to answers.

Values only; what stands in them is the vendors' own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pytest_assistant_mock._vendors.shape import Shape

Revised: TypeAlias = Mapping[str, type[Shape]] | type[Shape]
"""A shape by revision, or the one that was never revised."""

SUMMARIES: Mapping[str, str] = {
    "create_message": "Add a message to the end of a thread",
    "list_messages": "List a thread's messages, a page at a time",
    "retrieve_message": "Retrieve one message",
    "update_message": "Change a message",
    "list_message_files": "List the files of a message, a page at a time",
    "retrieve_message_file": "Retrieve one file of a message",
    "create_thread": "Create a thread",
    "retrieve_thread": "Retrieve a thread",
    "update_thread": "Change a thread's metadata",
    "delete_thread": "Delete a thread",
}
"""What each operation is for."""


@dataclass(frozen=True, slots=True)
class Object:
    """
    A shared object: what it is, its shape, the page it is described on.
    """

    description: str
    shapes: Revised
    page: str


@dataclass(frozen=True, slots=True)
class Documents:
    """
    One vendor's. `sdk` names the operation whose answer an SDK's class holds; `nested` the shapes of objects inside its lists.
    """

    title: str
    version: str
    pages: Mapping[str, str]  # by operation
    objects: Mapping[str, Object]
    errors: tuple[type[Shape], ...]
    error_page: str
    schemes: Mapping[str, Mapping[str, str]]  # OpenAPI security schemes; any one of them will do
    package: str
    sdk: Mapping[str, str]
    nested: Mapping[str, Revised]
