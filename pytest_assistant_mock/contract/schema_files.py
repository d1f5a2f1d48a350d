"""
The files in schemas/: requests, responses, errors, events and shared objects; and the OpenAPI documents of each vendor.

Builds them; where they are written is the command's business.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from pytest_assistant_mock._vendors import DOCUMENTS
from pytest_assistant_mock._vendors.shape import Shape
from pytest_assistant_mock.contract.operations import VENDORS, events, operations, revised, row, shapes
from pytest_assistant_mock.contract.schemas import DIALECT, JSONSchema, schema_of


def document(vendor: str, operation: str, kind: str, revision: str | None = None) -> JSONSchema:
    """One side of an operation. Raises ValueError for a name it does not know."""
    found = shapes(vendor, operation, kind, revision)
    documents = DOCUMENTS[vendor]
    if kind == "event":
        rules = documents.streams
        about = " ".join(dict.fromkeys(rules.events[one].about for one in rules.kinds(operation)))
        return _document(f"{vendor}:events:{operation}", f"{operation} ({vendor})", about, rules.page, found)
    if kind == "error":
        return _document(f"{vendor}:error", f"Error ({vendor})", "Every error of every operation.", documents.error_page, found)
    name = f"{vendor}:{operation}.{kind}" + (f".{revision}" if revision else "")
    about = f"{row(vendor, operation).summary}: what the {'client asks' if kind == 'request' else 'service answers'}."
    return _document(name, f"{operation} {kind} ({vendor})", about, row(vendor, operation).page, found)


def files() -> dict[str, str]:
    """The text of every file, by its path below schemas/."""
    from pytest_assistant_mock.contract.openapi import openapi

    found: dict[str, JSONSchema] = {}
    for vendor in VENDORS:
        for operation in operations(vendor):
            for kind in ("request", "response"):
                found[f"{vendor}/{operation}.{kind}.json"] = document(vendor, operation, kind)
        found[f"{vendor}/error.json"] = document(vendor, operations(vendor)[0], "error")
        for name, thing in DOCUMENTS[vendor].objects.items():
            title = f"{name} ({vendor})"
            found[f"{vendor}/{name}.json"] = _document(
                f"{vendor}:{name}", title, thing.description, thing.page, tuple(dict.fromkeys(revised(thing.shapes, None)))
            )
        for event in events(vendor):
            found[f"{vendor}/events/{event}.json"] = document(vendor, event, "event")
        found[f"{vendor}/openapi.json"] = openapi(vendor)
        found[f"{vendor}/openapi-3.2.json"] = openapi(vendor, "3.2.0")
    return {path: json.dumps(one, ensure_ascii=False, indent=2) + "\n" for path, one in found.items()}


def _document(name: str, title: str, about: str, page: str, found: Sequence[type[Shape]]) -> JSONSchema:
    head = {
        "$schema": DIALECT,
        "$id": f"urn:pytest-assistant-mock:{name}",
        "title": title,
        "description": about,
        "externalDocs": {"description": "The vendor's page", "url": page},
    }
    body = schema_of(found)
    return {**head, **{key: value for key, value in body.items() if key not in ("title", "description")}}
