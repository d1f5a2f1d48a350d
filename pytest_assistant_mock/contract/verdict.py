"""One subject against the contract: which side it is, which operation, which shapes; then the verdict, in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._vendors import DOCUMENTS, REVISIONS
from pytest_assistant_mock._vendors.secrets import configured, secrets_of
from pytest_assistant_mock.contract.explain import Violation
from pytest_assistant_mock.contract.operations import VENDORS, asked_value, asks, checked, locate, revised, shapes
from pytest_assistant_mock.contract.parse import MAX_BYTES, parse
from pytest_assistant_mock.contract.stream_events import StreamOfEvents, read_stream
from pytest_assistant_mock.contract.stream_verdict import judge_stream, vendor_of
from pytest_assistant_mock.contract.subjects import Subject
from pytest_assistant_mock.contract.validators import nearest_of, validator
from pytest_assistant_mock.errors import NotJSON

__tracebackhide__ = True  # a failing test shows its own line

_MOST = 100
"""How many things are listed, and of each how many places; `violations` holds all of them."""


def listed(found: Sequence[Violation]) -> str:
    """Violations in words, thing by thing."""
    things: dict[str, list[Violation]] = {}
    for one in found:
        things.setdefault(one.thing, []).append(one)
    lines: list[str] = []
    for thing, of in list(things.items())[:_MOST]:
        lines.append(f"{thing} breaks the contract in {len(of)} place{'' if len(of) == 1 else 's'}")
        lines += [f"  {line}" for one in of[:_MOST] for line in str(one).splitlines()]
        lines += [f"  … and {len(of) - _MOST} more"] if len(of) > _MOST else []
    lines += [f"… and {len(things) - _MOST} more that break it"] if len(things) > _MOST else []
    return "\n".join(lines)


def judge(
    subject: Subject,
    vendor: str | None = None,
    operation: str | None = None,
    kind: str | None = None,
    revision: str | None = None,
    strict: bool = False,
    max_bytes: int = MAX_BYTES,
    keys: Iterable[str] = (),
) -> list[Violation]:
    """
    What is wrong with one side of a thing; the arguments are those of `contract.violations`. Nothing is, where the contract
    knows no such operation, unless the caller says what it is.

    keys: what is hidden in the words, besides the keys that are configured and those the thing's request carries.
    """
    try:
        if not _judged(subject, vendor, operation, kind, revision, strict, max_bytes, secrets_of()):
            return []
    except (NotJSON, TypeError):
        pass  # which is raised again below, in words without secrets
    secrets = secrets_of({*keys, *configured(), *secrets_of().carried(subject.headers)})
    hidden = replace(subject, name=secrets.text(subject.name))
    return _judged(hidden, vendor, operation, kind, revision, strict, max_bytes, secrets)


def _judged(
    subject: Subject,
    vendor: str | None,
    operation: str | None,
    kind: str | None,
    revision: str | None,
    strict: bool,
    max_bytes: int,
    secrets: Secrets,
) -> list[Violation]:
    if subject.shapes is not None:
        checked("revision", revision, REVISIONS)
        return validator(revised(subject.shapes, revision), strict).judge(subject.body, subject.name, secrets)
    if subject.stream and kind in (None, "response"):
        return _stream_judged(subject, vendor, operation, strict, max_bytes, secrets)
    if kind == "event":
        value = subject.body if isinstance(subject.body, dict) else parse(subject.body, subject.name, max_bytes, secrets)
        return validator(shapes(vendor or "", operation, kind, revision), strict).judge(value, subject.name, secrets)
    vendor, possible = locate(subject, vendor, operation)
    if possible == [None] and kind != "error":
        return []
    names = [f"{subject.name} ({vendor} {one})" if one else subject.name for one in possible]
    if subject.side == "request":
        (operation,) = possible
        assert operation is not None
        value = asked_value(subject, asks(vendor, operation), names[0], max_bytes, secrets)
        return validator(shapes(vendor, operation, "request", revision), strict).judge(value, names[0], secrets)
    value = subject.body if isinstance(subject.body, dict) else parse(subject.body, names[0], max_bytes, secrets)
    kind = kind or ("error" if _is_error(vendor, subject.status, value) else "response")
    return nearest_of(
        validator(shapes(vendor, one, kind, revision), strict).judge(value, name, secrets)
        for one, name in zip(possible, names, strict=True)
    )


def _stream_judged(
    subject: Subject, vendor: str | None, operation: str | None, strict: bool, max_bytes: int, secrets: Secrets
) -> list[Violation]:
    """A stream says itself whose it is, where nobody else does."""
    stream, name = subject.body, subject.name
    if not isinstance(stream, StreamOfEvents):
        stream = StreamOfEvents(read_stream(stream, name, max_bytes, secrets))
    stream = replace(stream, part=subject.part)
    checked("vendor", vendor, VENDORS)
    if subject.vendor or subject.url or operation:
        vendor, possible = locate(subject, vendor or subject.vendor or vendor_of(stream), operation)
        if possible == [None]:
            return []
        name = f"{name} ({vendor} {' or '.join(map(str, possible))})"
    vendor = vendor or vendor_of(stream)
    if vendor is None:
        raise TypeError(f"cannot tell whose stream {name} is from its events; give vendor=…")
    return judge_stream(stream, vendor, name, strict, secrets)


def _is_error(vendor: str, status: int | None, value: Any) -> bool:
    """Whether an answer is an error: by its status, or by its fields where the vendor's errors come with status 200."""
    if status is None:
        return False
    if status != 200:
        return True
    if not isinstance(value, dict):
        return False
    return bool(_error_fields(vendor) & value.keys())


@cache
def _error_fields(vendor: str) -> frozenset[str]:
    return frozenset(next(iter(shape.model_fields)) for shape in DOCUMENTS[vendor].errors if len(shape.model_fields) == 1)
