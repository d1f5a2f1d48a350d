"""
What can be checked: responses of HTTP libraries, SDK objects, exchanges, bytes, text, dicts -> `Subject`s.

Knows how each library spells status, URL and body, by duck and module name: imports none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast, get_args
from urllib.parse import urlsplit

from pytest_assistant_mock._engine import sse
from pytest_assistant_mock._engine.vendor import Route
from pytest_assistant_mock._engine.wire import Exchange, Headers, Response
from pytest_assistant_mock._vendors import DOCUMENTS, REVISIONS
from pytest_assistant_mock._vendors.documents import Revised
from pytest_assistant_mock._vendors.shape import Shape
from pytest_assistant_mock.contract.parse import too_deep
from pytest_assistant_mock.contract.stream_events import (
    StreamOfEvents,
    is_stream_of_things,
    joined,
    looks_like_stream,
    told_by_sdk,
)
from pytest_assistant_mock.errors import NotJSON

__tracebackhide__ = True  # a failing test shows its own line

KINDS = ("request", "response", "error", "event")


@dataclass(frozen=True, slots=True)
class Subject:
    """
    One thing to check, or one side of it, as far as it says itself what it is.

    body: bytes or text to parse, or a value. status: of an HTTP answer, which tells an error from a response.
    shapes: given where the thing knows its own, an object of an SDK. headers: the request's, whose keys no word may hold.
    stream: whether the body is one of events, or said to be; part: whether it may begin and end anywhere.
    """

    name: str
    body: Any
    side: str = "answer"  # or "request"
    status: int | None = None
    method: str | None = None
    url: str | None = None
    vendor: str | None = None
    operation: str | None = None
    shapes: Revised | None = None
    headers: Headers = ()
    stream: bool = False
    part: bool = False


def subjects(thing: Any, kind: str | None) -> list[Subject]:
    """
    What there is to check in a thing; of an exchange both sides unless `kind` names one.

    Raises TypeError for what cannot be checked, or not yet.
    """
    if isinstance(thing, bytes | bytearray | memoryview | str | dict):
        stream = kind != "request" and not isinstance(thing, dict) and looks_like_stream(thing)
        return [Subject(type(thing).__name__, thing, "request" if kind == "request" else "answer", stream=stream)]
    if isinstance(thing, Exchange):
        return _of_exchange(thing, kind)
    for base in type(thing).__mro__:
        package = base.__module__.partition(".")[0]
        if (read := _LIBRARIES.get(package)) and base.__name__.endswith("Response"):
            return [read(thing, kind == "request")]
        for vendor, documents in DOCUMENTS.items():
            if package == documents.package:
                return [_of_sdk(thing, base.__name__, vendor)]
    if is_stream_of_things(thing):
        return [_of_stream(list(thing))]
    raise TypeError(
        f"cannot check a {type(thing).__name__}; expected a response of requests, httpx, urllib3 or aiohttp,"
        " an object of the vendor's SDK, an Exchange, bytes, str, dict, or a stream: its frames, or what the SDK yields"
    )


def _of_stream(things: list[Any]) -> Subject:
    if all(isinstance(thing, bytes | bytearray | memoryview | str) for thing in things):
        return Subject("a stream", joined(things), stream=True)
    names = {name: event for documents in DOCUMENTS.values() for name, event in documents.streams.sdk.items()}
    try:
        events = told_by_sdk(things, names, _as_json)
    except RecursionError:
        raise NotJSON(too_deep("a stream")) from None
    return Subject("a stream", StreamOfEvents(events, heard=True), stream=True)


def _of_exchange(exchange: Exchange, kind: str | None) -> list[Subject]:
    request, response = exchange.request, exchange.response
    where = f"{request.method} {request.url}"
    asked = Subject(
        f"the request {where}",
        request.body,
        "request",
        method=request.method,
        url=request.url,
        vendor=exchange.vendor,
        operation=exchange.operation,
        headers=request.headers,
    )
    found = [asked] if kind in (None, "request") and exchange.operation else []
    judged = response is not None and response is exchange.reply and request.method != "HEAD"
    if response is not None and judged and kind != "request":
        part = is_part(response)
        answer = Subject(
            f"the answer to {where}",
            sse.whole_frames(response.body) if part else response.body,
            status=response.status,
            vendor=exchange.vendor,
            operation=exchange.operation,
            headers=request.headers,
            stream=sse.is_event_stream(response.headers),
            part=part,
        )
        found.append(answer)
    return found


def streams(exchange: Exchange) -> bool:
    """Whether the answer is a stream of events."""
    return exchange.response is not None and sse.is_event_stream(exchange.response.headers)


def is_part(answer: Response) -> bool:
    """Whether there is more of a streamed answer than its client took."""
    return getattr(answer.pieces, "left", False) or getattr(getattr(answer.pieces, "stream", None), "unfinished", False)


def _of_requests(thing: Any, asked: bool) -> Subject:
    request = thing.request
    if request is None:
        return _http(None, None, thing.status_code, thing.content, asked)
    headers = tuple(request.headers.items())
    return _http(request.method, thing.url, thing.status_code, request.body if asked else thing.content, asked, headers)


def _of_httpx(thing: Any, asked: bool) -> Subject:
    request = getattr(thing, "_request", None)  # the public name raises where there is none
    try:
        body = request.content if asked and request is not None else thing.content
    except RuntimeError:  # httpx.StreamError
        raise TypeError("this httpx response is not read yet; read() it first") from None
    if request is None:
        return _http(None, None, thing.status_code, body, asked)
    return _http(request.method, str(request.url), thing.status_code, body, asked, tuple(request.headers.items()))


def _of_urllib3(thing: Any, asked: bool) -> Subject:
    _answers_only(asked, "urllib3")
    method = getattr(getattr(thing, "_original_response", None), "_method", None)  # nothing public names it
    return _http(method, thing.geturl(), thing.status, thing.data, asked)


def _of_aiohttp(thing: Any, asked: bool) -> Subject:
    _answers_only(asked, "aiohttp")
    if thing._body is None:
        raise TypeError("this aiohttp response is not read yet; await its read() first")
    return _http(thing.method, str(thing.url), thing.status, thing._body, asked)


def _answers_only(asked: bool, library: str) -> None:
    if asked:
        raise TypeError(f"a response of {library} does not keep its request's body; check the bytes you sent")


def _http(
    method: str | None, url: str | None, status: int, body: Any, asked: bool, headers: tuple[tuple[Any, Any], ...] = ()
) -> Subject:
    if asked and url is None:
        raise TypeError("this response was made by hand, without its request; check the bytes you sent")
    name = (
        f"the {'request' if asked else 'answer to'} {method or 'a request for'} {url}"
        if url
        else "a response without its request"
    )
    if asked:
        return Subject(name, body or b"", "request", method=method, url=url, headers=_text(headers))
    stream = status == 200 and looks_like_stream(body or b"")
    return Subject(name, body or b"", status=status, method=method, url=url, headers=_text(headers), stream=stream)


def _text(headers: Iterable[tuple[Any, Any]]) -> Headers:
    """Headers as text: requests takes bytes as well."""
    return tuple((_decoded(name), _decoded(value)) for name, value in headers)


def _decoded(word: Any) -> str:
    return word.decode("latin-1") if isinstance(word, bytes) else str(word)


_LIBRARIES = {"requests": _of_requests, "httpx": _of_httpx, "httpx2": _of_httpx, "urllib3": _of_urllib3, "aiohttp": _of_aiohttp}


def _of_sdk(thing: Any, class_name: str, vendor: str) -> Subject:
    documents = DOCUMENTS[vendor]
    try:
        value = _plain(thing)
    except RecursionError:
        raise NotJSON(too_deep(class_name)) from None
    status = value.pop("status_code", None)
    nested = documents.nested.get(class_name)
    rows = _rows(vendor)
    if class_name not in rows and nested is None:
        known = ", ".join(sorted({*rows, *documents.nested}))
        raise TypeError(f"cannot check {vendor}'s {class_name}; of its SDK's classes: {known}")
    if isinstance(status, int) and status != 200:
        value = {name: one for name, one in value.items() if one != []}  # a list's default
    inside = nested if class_name not in rows or (status is None and "request_id" not in value) else None
    operation = _held(rows.get(class_name, ()), value)
    return Subject(class_name, value, status=status, vendor=vendor, operation=operation, shapes=inside)


@cache
def _rows(vendor: str) -> Mapping[str, Sequence[Route]]:
    """The operations whose answers each class of a vendor's SDK holds."""
    newest = list(REVISIONS)[-1]
    found: dict[str, list[Route]] = {}
    for route in next(one for one in REVISIONS[newest] if one.name == vendor).routes:
        for class_name in route.sdk:
            found.setdefault(class_name, []).append(route)
    return found


def _held(rows: Sequence[Route], value: Any) -> str | None:
    """Which operation an SDK's object answers: the one whose answer is of its kind of object, a retrieve before others."""
    said = value.get("object") if isinstance(value, dict) else None
    fitting = [route for route in rows if said is None or said in _objects(cast("type[Shape]", route.answers))] or rows
    first = min(fitting, key=lambda route: not route.operation.startswith("retrieve_"), default=None)
    return first.operation if first else None


def _objects(shape: type[Shape]) -> tuple[Any, ...]:
    return get_args(shape.model_fields["object"].annotation) if "object" in shape.model_fields else ()


def _as_json(thing: Any) -> Any:
    """An SDK's object of a stream as JSON."""
    value = _plain(thing)
    if isinstance(value, dict):
        value.pop("status_code", None)
    return value


def _plain(thing: Any) -> Any:
    """An SDK's object as the JSON it was made from, without what the class adds by itself."""
    if hasattr(thing, "model_dump"):
        return thing.model_dump(mode="json", exclude_unset=True)
    if isinstance(thing, Mapping):
        return {name: _plain(value) for name, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [_plain(value) for value in thing]
    if not hasattr(thing, "__dict__"):
        return thing
    return {name: _plain(value) for name, value in vars(thing).items() if value is not None}  # None: a class's default


def paths(url: str) -> Iterator[str]:
    """Where a path may begin below a base URL nobody told us of: at each of its slashes, the longest first."""
    path = urlsplit(url).path
    for start, character in enumerate(path):
        if character == "/":
            yield path[start:]
