"""
What payloads are made of: fields that say what they accept and what they refuse; pins; strategies over both.

Knows no vendor; the vendors' tables are in files of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast
from urllib.parse import urlencode

from hypothesis import strategies as st

from pytest_assistant_mock._engine.vendor import Asks, Route, Vendor
from pytest_assistant_mock._engine.wire import Refusal
from pytest_assistant_mock._vendors.shape import MultipartRequest, QueryRequest, RequestShape
from pytest_assistant_mock.errors import nearest

__tracebackhide__ = True  # a failing test shows its own line

CURSORS = ("after", "before")
MISSING = object()
"""A field that is left out."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """
    One way to get a field wrong: the rule it breaks, the kind of refusal, values that break it.

    inner: the field inside it that the refusal names, if not the field itself.
    """

    rule: str
    kind: str
    values: Callable[[], st.SearchStrategy[Any]]
    inner: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """
    One field of a payload.

    allowed: what it may be, for people. example: a value it may have, given if the field is required.
    drawn: whether it is drawn without being pinned; a cursor is not, for it must name something that exists.
    """

    values: Callable[[], st.SearchStrategy[Any]]
    allowed: str
    example: Any = MISSING
    drawn: bool = True
    wrong: tuple[Wrong, ...] = ()


Fields = Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Expected:
    """How a vendor refuses: the kind (a row of its table of errors), HTTP status, code and message."""

    kind: str
    status: int
    code: str | int
    message: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A payload that must be refused: which field breaks which rule, and how the vendor says so."""

    payload: dict[str, Any]
    field: str
    rule: str
    refusal: Expected


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation's payload: its fields, and the shape that reads it."""

    name: str
    fields: Fields
    asks: Asks
    in_query: bool = False

    def accepted(self, pins: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
        """
        Payloads the operation accepts. A pin is a value, or a strategy for it.

        Raises TypeError for an unknown field, ValueError for a value no accepted payload has.
        """
        for name, value in pins.items():
            self._check_pin(name, value)
        given = {name: value if isinstance(value, st.SearchStrategy) else st.just(value) for name, value in pins.items()}
        drawn = {name: field for name, field in self.fields.items() if field.drawn and name not in pins}
        must = {name: field.values() for name, field in drawn.items() if field.example is not MISSING}
        may = {name: field.values() for name, field in drawn.items() if field.example is MISSING}
        return st.fixed_dictionaries({**must, **given}, optional=may)

    def refused(self, vendor: Vendor, field: str | None, pins: Mapping[str, Any]) -> st.SearchStrategy[Refused]:
        """
        Payloads the operation must refuse, each wrong in one field only: in `field`, or in any that is not pinned.

        Raises ValueError if no field could be wrong, and as `accepted` does for pins and an unknown field.
        """
        if field is not None:
            self._check_name(field)
        names = [name for name in self.fields if name not in pins] if field is None else [field]
        ways = [(name, wrong) for name in names for wrong in self.fields[name].wrong]
        if not ways:
            raise ValueError(f"{self.name} refuses no payload{f' for its {field}' if field else ''}: nothing could be wrong")
        payloads = self.accepted(pins)
        return st.sampled_from(ways).flatmap(lambda way: _spoilt(vendor, payloads, *way))

    def read(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """What the vendor's shape makes of a payload. Raises Refusal."""
        if self.in_query:
            return self.asks.read({}, urlencode(payload), b"")
        return self.asks.read({}, "", json.dumps(payload).encode())

    def _check_name(self, name: str) -> None:
        if name not in self.fields:
            known = ", ".join(self.fields) or "none"
            raise TypeError(f"{self.name} has no field {name!r}{nearest(name, self.fields)}; its fields: {known}")

    def _check_pin(self, name: str, value: Any) -> None:
        self._check_name(name)
        if isinstance(value, st.SearchStrategy):
            return
        least = {other: field.example for other, field in self.fields.items() if field.example is not MISSING}
        try:
            self.read({**least, name: value})
        except (Refusal, TypeError, ValueError):
            allowed = self.fields[name].allowed
            raise ValueError(f"{self.name}: {name}={value!r} is never accepted; allowed: {allowed}") from None


def operations(routes: Sequence[Route], fields: Mapping[str, Fields]) -> dict[str, Operation]:
    """
    The payloads of every operation that takes one: of the fields that a table gives, else of those of its shape. Forms are none.
    """
    found = {}
    for route in routes:
        asks = cast("type[RequestShape]", route.asks)
        if not issubclass(asks, MultipartRequest):
            known = fields.get(route.operation)
            found[route.operation] = Operation(
                route.operation, derived(asks) if known is None else known, asks, issubclass(asks, QueryRequest)
            )
    return found


def _spoilt(vendor: Vendor, payloads: st.SearchStrategy[dict[str, Any]], name: str, wrong: Wrong) -> st.SearchStrategy[Refused]:
    row = vendor.errors[wrong.kind]
    expected = Expected(wrong.kind, row.status, row.code, row.message.replace("{field}", wrong.inner or name))

    def spoil(payload: dict[str, Any], value: Any) -> Refused:
        kept = {key: kept for key, kept in payload.items() if key != name}
        return Refused(kept if value is MISSING else {**kept, name: value}, name, wrong.rule, expected)

    return st.builds(spoil, payloads, wrong.values())


def derived(asks: type[RequestShape]) -> Fields:
    """The fields of a request that has no table of its own: each has the values its shape gives as examples."""
    fields = {}
    for name, info in asks.model_fields.items():
        examples = tuple(info.examples or ())
        values = partial(st.sampled_from, examples) if examples else st.nothing
        example = examples[0] if examples and info.is_required() else MISSING
        fields[info.alias or name] = Field(values, info.description or name, example, drawn=name not in CURSORS)
    return fields


def missing(kind: str = "missing_field") -> Wrong:
    """A required field left out."""
    return Wrong("is required", kind, lambda: st.just(MISSING))


def not_a(kinds: tuple[type, ...], rule: str, kind: str = "wrong_type") -> Wrong:
    """A value of any JSON type but the given ones."""
    values: dict[type, Any] = {str: "text", int: 7, float: 0.5, bool: True, list: [1], dict: {"key": 1}, type(None): None}
    return Wrong(rule, kind, lambda: st.sampled_from([value for type_, value in values.items() if type_ not in kinds]))
