"""
The pydantic base of every shape: `read` in, `write` out, a validation error becomes a `Refusal`.

Knows pydantic; knows no vendor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json, to_json

from pytest_assistant_mock._engine.wire import Refusal
from pytest_assistant_mock._vendors.multipart import parts

Self = TypeVar("Self", bound="Shape")


class Shape(BaseModel):
    """One JSON object on the wire. Fields stand in wire order; a field not set is not written."""

    media_type: ClassVar[str] = "application/json"

    model_config = ConfigDict(frozen=True, populate_by_name=True, strict=True, defer_build=True)

    def to_bytes(self) -> bytes:
        """The object as it goes over the wire: compact UTF-8 JSON, Chinese unescaped."""
        return self.__pydantic_serializer__.to_json(self, by_alias=True, exclude_unset=True)

    @classmethod
    def printed(cls, facts: Mapping[str, Any]) -> bytes:
        """`cls(**facts).to_bytes()` for facts in wire order, a third of its time: what the tests show to be the same bytes."""
        return to_json(facts)

    @classmethod
    def in_order(cls, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Facts in wire order."""
        return {name: facts[name] for name in cls.model_fields if name in facts}


class RequestShape(Shape):
    """
    What a request asks for.

    `refusals` says which kind of refusal a validation error is: by (field, pydantic error type), else by (field, "").
    """

    refusals: ClassVar[Mapping[tuple[str, str], str]] = {}

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments for the verb, without the path's."""
        return {}

    @classmethod
    def read(cls, params: Mapping[str, str], query: str, body: bytes) -> dict[str, Any]:
        """Keyword arguments for the verb. Raises Refusal."""
        try:
            asked = cls.__pydantic_validator__.validate_python(cls.parse(query, body))
        except ValidationError as problem:
            raise cls._refusal(problem) from None
        return {**params, **asked.arguments()}

    @classmethod
    def parse(cls, query: str, body: bytes) -> Any:
        """Where the fields stand: in the body, the query, or nowhere."""
        return {}

    @classmethod
    def _refusal(cls, problem: ValidationError) -> Refusal:
        error = problem.errors(include_url=False, include_context=False)[0]
        name, whole = _field(error["loc"])
        kind = "missing" if whole and error["input"] is None else error["type"]  # null where a value must be says nothing
        fallback = "missing_field" if kind == "missing" else "wrong_type"
        if kind == "string_too_short" and name.endswith("_id"):
            fallback = f"{name.removesuffix('_id')}_not_found"  # "" is nobody's id
        return Refusal(cls.refusals.get((name, kind)) or cls.refusals.get((name, "")) or fallback, name)


def _field(place: tuple[int | str, ...]) -> tuple[str, bool]:
    """
    The innermost field an error is about, and whether it is about the whole of it.

    A name right after a name is no field but a key the user chose.
    """
    steps = enumerate(zip((0, *place), place, strict=False))
    last = [at for at, (before, name) in steps if isinstance(before, int) and isinstance(name, str)][-1]
    return str(place[last]), last == len(place) - 1


class JSONRequest(RequestShape):
    """Fields in a JSON object in the body. `bodiless`: no body and the JSON string "" count as {}."""

    bodiless: ClassVar[bool] = False

    @classmethod
    def parse(cls, query: str, body: bytes) -> Any:
        if cls.bodiless and body.strip() in (b"", b'""'):
            return {}
        try:
            fields = from_json(body, allow_inf_nan=False)
        except ValueError:
            raise Refusal("bad_json") from None
        if not isinstance(fields, dict) or not _finite(fields.values()):
            raise Refusal("bad_json")
        return fields


def _finite(values: Iterable[Any]) -> bool:
    """Whether no number among them was too large and so read as infinity, which is no JSON: 1e400."""
    for value in values:
        kind = type(value)
        if kind is float and not isfinite(value):
            return False
        if (kind is dict and not _finite(value.values())) or (kind is list and not _finite(value)):
            return False
    return True


class QueryRequest(RequestShape):
    """Fields in the query string; an empty value counts as absent."""

    @classmethod
    def parse(cls, query: str, body: bytes) -> Any:
        return dict(parse_qsl(query)) if query else {}


class MultipartRequest(RequestShape):
    """Fields in a form in the body. Each is a list: of texts, or of `multipart.Part` where the form has a file."""

    @classmethod
    def parse(cls, query: str, body: bytes) -> Any:
        try:
            found = parts(body)
        except ValueError:
            raise Refusal("no_multipart") from None
        fields: dict[str, Any] = {}
        for part in found:
            value = part.content.decode("utf-8", "replace") if part.filename is None else part
            fields.setdefault(part.name, []).append(value)
        return {**dict(parse_qsl(query)), **fields}


def files_alone(parts: Any) -> Any:
    """The parts of a form's field that are files; a text in its place is none."""
    return [part for part in parts if hasattr(part, "filename")] if isinstance(parts, list) else parts


class PathRequest(RequestShape):
    """Nothing but the path."""

    @classmethod
    def read(cls, params: Mapping[str, str], query: str, body: bytes) -> dict[str, Any]:
        return dict(params)
