"""
Which operation a thing belongs to, from what the caller says and from its URL; which shapes that means, and what it asks for.

Knows the tables of the vendors and where a request's fields stand; judges nothing.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from pytest_assistant_mock._engine.base_urls import Bases
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._engine.vendor import Match, Route, Vendor
from pytest_assistant_mock._vendors import DOCUMENTS, REVISIONS
from pytest_assistant_mock._vendors.documents import Revised
from pytest_assistant_mock._vendors.multipart import parts
from pytest_assistant_mock._vendors.shape import JSONRequest, MultipartRequest, QueryRequest, RequestShape, Shape
from pytest_assistant_mock.contract.parse import parse
from pytest_assistant_mock.contract.schemas import schema_of
from pytest_assistant_mock.contract.subjects import KINDS, Subject, paths
from pytest_assistant_mock.errors import nearest

__tracebackhide__ = True  # a failing test shows its own line

VENDORS = tuple(DOCUMENTS)
NEWEST = list(REVISIONS)[-1]


def checked(what: str, word: str | None, words: Collection[str]) -> None:
    """Raises ValueError for a word that is none of the words, naming the nearest."""
    if word is None or word in words:
        return
    known = list(words)
    raise ValueError(f"{what}={word!r}: expected one of {', '.join(map(repr, known))}{nearest(str(word), known)}")


@cache
def revisions(vendor: str) -> dict[str, Vendor]:
    """A vendor's tables by revision."""
    return {revision: next(one for one in known if one.name == vendor) for revision, known in REVISIONS.items()}


@cache
def operations(vendor: str) -> tuple[str, ...]:
    """The names of a vendor's operations."""
    return tuple(route.operation for route in revisions(vendor)[NEWEST].routes)


@cache
def events(vendor: str) -> tuple[str, ...]:
    """The names of a vendor's events."""
    return tuple(dict.fromkeys(kind.partition(" ")[0] for kind in DOCUMENTS[vendor].streams.events))


def has_row(vendor: str | None, operation: str | None) -> bool:
    """Whether the contract knows an operation; what a test answers by itself, "POST /x", it does not."""
    return vendor in DOCUMENTS and operation in operations(vendor)


def path_of(vendor: str, url: str) -> str:
    """A URL's path below its base, a gateway's too, ids left out: "/threads/{id}/runs"."""
    path = urlsplit(url).path
    for base in revisions(vendor)[NEWEST].base_urls:
        path = path.rpartition(urlsplit(base).path.rstrip("/") or "\0")[2]
    return _ID.sub("{id}", path) or "/"


_ID = re.compile(r"(?<=/)(?=[^/]*[0-9])[^/]{4,}")


@cache
def row(vendor: str, operation: str) -> Route:
    """An operation's row in the newest tables."""
    return next(route for route in revisions(vendor)[NEWEST].routes if route.operation == operation)


def routes(vendor: str, operation: str, revision: str | None = None) -> list[Route]:
    """The operation's row in the tables, of one revision or of each."""
    found = [one for name, one in revisions(vendor).items() if revision in (None, name)]
    return [next(route for route in one.routes if route.operation == operation) for one in found]


@cache
def shapes(vendor: str, operation: str | None, kind: str, revision: str | None) -> tuple[type[Shape], ...]:
    """
    What may stand there: more than one shape where revisions differ, or errors do.

    Raises ValueError for an unknown vendor, operation, kind or revision.
    """
    checked("vendor", vendor, VENDORS)
    checked("kind", kind, KINDS)
    checked("revision", revision, REVISIONS)
    if kind == "event":
        checked("event", operation, events(vendor))
        return DOCUMENTS[vendor].streams.shapes(DOCUMENTS[vendor].streams.kinds(operation or ""))
    checked("operation", operation, operations(vendor))
    if kind == "error":
        return DOCUMENTS[vendor].errors
    assert operation is not None
    found = (route.asks if kind == "request" else route.answers for route in routes(vendor, operation, revision))
    return tuple(cast("dict[type[Shape], None]", dict.fromkeys(found)))


def revised(of: Revised, revision: str | None) -> tuple[type[Shape], ...]:
    """The shapes of one revision, or of each."""
    if isinstance(of, type):
        return (of,)
    return tuple(shape for name, shape in of.items() if revision in (None, name))


@cache
def asks(vendor: str, operation: str) -> type[RequestShape]:
    """The shape of an operation's request."""
    return cast("type[RequestShape]", routes(vendor, operation)[0].asks)


def locate(subject: Subject, vendor: str | None, operation: str | None) -> tuple[str, list[str | None]]:
    """
    Vendor and operation of a subject; more than one operation where a library does not keep its request's method, None
    for one that the contract does not know.

    Raises TypeError where neither the caller nor a URL tells, ValueError for an unknown name.
    """
    checked("vendor", vendor, VENDORS)
    found = _by_url(subject, vendor) if subject.url and not (subject.vendor and subject.operation) else set()
    names = {name for name, _ in found}
    vendor = vendor or subject.vendor or (names.pop() if len(names) == 1 else None)
    if operation is None and subject.operation and not has_row(subject.vendor, subject.operation):
        return subject.vendor or "", [None]
    operation = operation or subject.operation
    if vendor and operation:
        checked("operation", operation, operations(vendor))
        return vendor, [operation]
    if vendor and subject.vendor:  # an exchange no route was found for
        return vendor, [None]
    possible: list[str | None] = [*sorted(one for name, one in found if name == vendor)]
    if vendor and possible:
        return vendor, possible
    missing = " and ".join(f"{word}=…" for word, given in (("vendor", vendor), ("operation", operation)) if not given)
    raise TypeError(f"cannot tell which {subject.side} {subject.name} is; give {missing}")


def _by_url(subject: Subject, vendor: str | None) -> set[tuple[str, str]]:
    assert subject.url is not None
    place = _bases().find(subject.url) if "://" in subject.url else None
    if place is not None and place.path is not None:
        return _routes_at(place.vendor, place.path, subject.method)
    for path in paths(subject.url):
        found = set()
        for name in (vendor,) if vendor else VENDORS:
            prefix = "" if vendor else urlsplit(revisions(name)[NEWEST].base_urls[0]).path
            if path.startswith(prefix):
                found |= _routes_at(name, path[len(prefix) :], subject.method)
        if found:
            return found
    return set()


def _routes_at(vendor: str, path: str, method: str | None) -> set[tuple[str, str]]:
    router = revisions(vendor)[NEWEST].router
    matches: list[Any] = [router.find(one, path) for one in ((method,) if method else ("GET", "POST", "DELETE"))]
    return {(vendor, match.route.operation) for match in matches if isinstance(match, Match)}


@cache
def _bases() -> Bases:
    return Bases(tuple((one.name, url) for one in REVISIONS[NEWEST] for url in one.base_urls), ())


def asked_value(subject: Subject, asks: type[RequestShape], name: str, max_bytes: int, secrets: Secrets) -> Any:
    """What a request asks for, as one JSON object: its body's fields or its query's. Raises NotJSON for a body that is none."""
    if isinstance(subject.body, dict):
        return subject.body
    if issubclass(asks, MultipartRequest):
        return _form(subject)
    if subject.url is not None and not issubclass(asks, JSONRequest):
        return _query(subject.url, asks) if issubclass(asks, QueryRequest) else {}
    body = subject.body
    if issubclass(asks, JSONRequest) and asks.bodiless and _bare(body) in ("", '""') and (subject.url is not None or body):
        return {}  # the SDK sends "" for a thread without anything
    return parse(body, name, max_bytes, secrets)


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
