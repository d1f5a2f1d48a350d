"""
The contract of both vendors: JSON Schemas made from the shapes the fake reads and prints, and validators that explain.

It needs neither pytest nor an open mock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from pytest_assistant_mock.contract.explain import Violation
from pytest_assistant_mock.contract.operations import VENDORS, checked, shapes
from pytest_assistant_mock.contract.parse import MAX_BYTES
from pytest_assistant_mock.contract.subjects import KINDS, subjects
from pytest_assistant_mock.contract.validators import Validator, validator
from pytest_assistant_mock.contract.verdict import judge, listed
from pytest_assistant_mock.errors import ContractViolation, NotJSON

__all__ = ["KINDS", "MAX_BYTES", "VENDORS", "ContractViolation", "NotJSON", "Violation", "check", "schema", "violations"]

__tracebackhide__ = True  # a failing test shows its own line


def schema(vendor: str, operation: str, kind: str = "response", *, revision: str | None = None) -> dict[str, Any]:
    """
    The JSON Schema (2020-12) of one side of an operation, as in schemas/<vendor>/<operation>.<kind>.json; yours to change.

    kind="event": `operation` is the name of an event. revision: "2025" or "2026"; both are valid unless one is named.
    Raises ValueError for a name it does not know.
    """
    from pytest_assistant_mock.contract.schema_files import document

    return document(vendor, operation, kind, revision)


def violations(
    thing: Any,
    *,
    vendor: str | None = None,
    operation: str | None = None,
    kind: str | None = None,
    revision: str | None = None,
    strict: bool = False,
    max_bytes: int = MAX_BYTES,
    part: bool = False,
) -> list[Violation]:
    """
    Every place where a thing is not what the vendor's contract says, in document order; empty if it is.

    thing: a requests, httpx, urllib3 or (already read) aiohttp response, an SDK object, an Exchange, bytes, str or dict; or a
    stream of events: bytes, str, its frames, or what an SDK yields. Each event is checked, and then their order.
    vendor, operation: found from the thing's URL when it has one. kind: "request", "response" or "error"; left out, an
    HTTP status tells a response from an error, and of an Exchange both sides are checked. "event": the data of one, whose
    name is `operation`. part: whether a stream may begin and end anywhere. revision: pins one, "2025" or
    "2026". strict: also report fields the contract does not know. max_bytes: how large a body may be.

    Raises TypeError for a thing that does not say what it is, ValueError for an unknown name, NotJSON (a ValueError) for
    what is no JSON.
    """
    if type(thing) is dict and vendor and operation:  # the short way, for suites that check every message
        try:
            if _accepts(vendor, operation, kind, revision, strict)(thing):
                return []
        except ValueError:  # what is no JSON: `judge` says where
            pass
        return _validator(vendor, operation, kind, revision, strict).judge(thing, "dict")
    checked("kind", kind, KINDS)
    checked("vendor", vendor, VENDORS)
    found = []
    for subject in subjects(thing, kind):
        found += judge(replace(subject, part=part) if part else subject, vendor, operation, kind, revision, strict, max_bytes)
    return found


def check(
    thing: Any,
    *,
    vendor: str | None = None,
    operation: str | None = None,
    kind: str | None = None,
    revision: str | None = None,
    strict: bool = False,
    max_bytes: int = MAX_BYTES,
    part: bool = False,
) -> None:
    """`violations`, raising ContractViolation that lists them all."""
    __tracebackhide__ = True
    found = violations(
        thing,
        vendor=vendor,
        operation=operation,
        kind=kind,
        revision=revision,
        strict=strict,
        max_bytes=max_bytes,
        part=part,
    )
    if found:
        raise ContractViolation(listed(found), found)


@cache
def _validator(vendor: str, operation: str, kind: str | None, revision: str | None, strict: bool) -> Validator:
    return validator(shapes(vendor, operation, kind or "response", revision), strict)


@cache
def _accepts(vendor: str, operation: str, kind: str | None, revision: str | None, strict: bool) -> Callable[[Any], bool]:
    return _validator(vendor, operation, kind, revision, strict).accepts
