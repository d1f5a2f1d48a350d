"""
The contract of both vendors: JSON Schemas made from the shapes the fake reads and prints, and validators that explain.

Knows nothing of pytest, doors or the fake's state.
"""

from __future__ import annotations

from typing import Any

from pytest_assistant_mock._providers import DOCUMENTS
from pytest_assistant_mock.contract.explain import Violation
from pytest_assistant_mock.contract.find import VENDORS, asks, checked, locate, revised, shapes
from pytest_assistant_mock.contract.parse import MAX_BYTES, parse
from pytest_assistant_mock.contract.requests import asked_value
from pytest_assistant_mock.contract.things import KINDS, Subject, subjects
from pytest_assistant_mock.contract.validators import validator
from pytest_assistant_mock.errors import ContractViolation, NotJSON

__all__ = ["KINDS", "MAX_BYTES", "VENDORS", "ContractViolation", "NotJSON", "Violation", "check", "schema", "violations"]


def schema(vendor: str, operation: str, kind: str = "response", *, revision: str | None = None) -> dict[str, Any]:
    """
    The JSON Schema (2020-12) of one side of an operation, as in schemas/<vendor>/<operation>.<kind>.json; yours to change.

    revision: "2025" or "2026"; both are valid unless one is named. Raises ValueError for a name it does not know.
    """
    from pytest_assistant_mock.contract.documents import document

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
) -> list[Violation]:
    """
    Every place where a thing is not what the vendor's contract says, in document order; empty if it is.

    thing: a requests, httpx, urllib3 or (already read) aiohttp response, an SDK object, an Exchange, bytes, str or dict.
    vendor, operation: found from the thing's URL when it has one. kind: "request", "response" or "error"; left out, an
    HTTP status tells a response from an error, and of an Exchange both sides are checked. revision: pins one, "2025" or
    "2026". strict: also report fields the contract does not know. max_bytes: how large a body may be.

    Raises TypeError for a thing that does not say what it is, ValueError for an unknown name, NotJSON (a ValueError) for
    what is no JSON.
    """
    if type(thing) is dict and vendor and operation:  # the short way, for suites that check every message
        return validator(shapes(vendor, operation, kind or "response", revision), strict).judge(thing, "dict")
    checked("kind", kind, KINDS)
    checked("vendor", vendor, VENDORS)
    found = []
    for subject in subjects(thing, kind):
        found += _judged(subject, vendor, operation, kind, revision, strict, max_bytes)
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
) -> None:
    """
    `violations`, raising ContractViolation that lists them all.
    """
    __tracebackhide__ = True
    found = violations(
        thing, vendor=vendor, operation=operation, kind=kind, revision=revision, strict=strict, max_bytes=max_bytes
    )
    if found:
        raise ContractViolation(listed(found), found)


def listed(found: list[Violation]) -> str:
    """
    Violations in words, thing by thing.
    """
    lines: list[str] = []
    for thing in dict.fromkeys(one.thing for one in found):
        of = [one for one in found if one.thing == thing]
        lines.append(f"{thing} breaks the contract in {len(of)} place{'' if len(of) == 1 else 's'}")
        lines += [f"  {line}" for one in of for line in str(one).splitlines()]
    return "\n".join(lines)


def _judged(
    subject: Subject,
    vendor: str | None,
    operation: str | None,
    kind: str | None,
    revision: str | None,
    strict: bool,
    max_bytes: int,
) -> list[Violation]:
    if subject.shapes is not None:
        checked("revision", revision, ("2025", "2026"))
        return validator(revised(subject.shapes, revision), strict).judge(subject.body, subject.name)
    vendor, operation = locate(subject, vendor, operation)
    name = f"{subject.name} ({vendor} {operation})" if operation else subject.name
    if subject.side == "request":
        assert operation is not None
        value = asked_value(subject, asks(vendor, operation), name, max_bytes)
        return validator(shapes(vendor, operation, "request", revision), strict).judge(value, name)
    value = subject.body if isinstance(subject.body, dict) else parse(subject.body, name, max_bytes)
    kind = kind or ("error" if operation is None or _is_error(vendor, subject.status, value) else "response")
    return validator(shapes(vendor, operation, kind, revision), strict).judge(value, name)


def _is_error(vendor: str, status: int | None, value: Any) -> bool:
    """
    Whether an answer is an error: by its status, or by its fields where the vendor's errors come with status 200.
    """
    if status is None:
        return False
    if status != 200:
        return True
    if not isinstance(value, dict):
        return False
    names = {next(iter(shape.model_fields)) for shape in DOCUMENTS[vendor].errors if len(shape.model_fields) == 1}
    return bool(names & value.keys())
