"""
What a request asks for, as one JSON object: its body's fields or its query's, whichever the operation reads.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from pytest_assistant_mock._vendors.multipart import parts
from pytest_assistant_mock._vendors.shape import JSONRequest, MultipartRequest, QueryRequest, RequestShape
from pytest_assistant_mock.contract.parse import parse
from pytest_assistant_mock.contract.schemas import schema_of
from pytest_assistant_mock.contract.subjects import Subject


def asked_value(subject: Subject, asks: type[RequestShape], name: str, max_bytes: int) -> Any:
    """
    The object to check. Raises NotJSON for a body that is none.
    """
    if isinstance(subject.body, dict):
        return subject.body
    if issubclass(asks, MultipartRequest):
        return _form(subject)
    if subject.url is not None and not issubclass(asks, JSONRequest):
        return _query(subject.url, asks) if issubclass(asks, QueryRequest) else {}
    body = subject.body
    if issubclass(asks, JSONRequest) and asks.bodiless and _bare(body) in ("", '""') and (subject.url is not None or body):
        return {}  # the SDK sends "" for a thread without anything
    return parse(body, name, max_bytes)


def _bare(body: Any) -> str:
    return body.strip() if isinstance(body, str) else bytes(body[:16]).decode("latin-1").strip()


def _form(subject: Subject) -> dict[str, Any]:
    """The fields of a form, a file by its name, and those of the query; none for a body that is no form."""
    body = subject.body.encode() if isinstance(subject.body, str) else bytes(subject.body)
    fields: dict[str, Any] = dict(parse_qsl(urlsplit(subject.url or "").query))
    try:
        for part in parts(body):
            fields.setdefault(part.name, []).append(part.filename or part.content.decode("utf-8", "replace"))
    except ValueError:
        return fields
    return fields


def _query(url: str, asks: type[RequestShape]) -> dict[str, Any]:
    fields = schema_of([asks])["properties"]
    return {
        name: int(value) if fields.get(name, {}).get("type") == "integer" and _is_whole(value) else value
        for name, value in parse_qsl(urlsplit(url).query)
    }


def _is_whole(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").isdecimal()
