"""
Answers of the test's own, for what the fake does not know or should say otherwise.

Knows operations and routes by name; whether an answer keeps the contract is somebody else's business.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Concatenate, NamedTuple, TypeAlias
from urllib.parse import unquote

from pytest_assistant_mock._engine.base_urls import split
from pytest_assistant_mock._engine.wire import BODILESS, Failure, Headers, Reply, Request, Response, headers_of

Content: TypeAlias = Response | Failure | dict[str, Any] | list[Any]
"""An answer: whole, or as JSON to be sent with status 200 and the vendor's headers."""
Answer: TypeAlias = Content | Callable[[Request], Content] | Callable[Concatenate[Request, ...], Content]
"""An answer, or a function of the Request (and of what stands in the path's braces, if it takes that) that returns one."""
Respond: TypeAlias = Callable[[int, bytes], Response]
"""From a status and a body, a response with the vendor's headers."""


@dataclass(slots=True, eq=False)
class OwnReply:
    """
    An answer in the fake's place, `times` times or until the next one's turn (None).

    operation: a vendor's operation, or "METHOD /path/{anything}" below its base URL.
    check: looks at a finished reply of an operation, and raises if it may not be sent.
    takes: which of the path's parameters its function takes.
    """

    operation: str
    answer: Answer
    times: int | None = None
    optional: bool = False
    check: Callable[[Reply], None] | None = None
    takes: frozenset[str] = frozenset()
    used: int = 0

    def __repr__(self) -> str:
        times = "" if self.times is None else f", times={self.times}"
        return f"reply({self.operation!r}{times})"

    @property
    def wasted(self) -> bool:
        """Whether it was never asked for."""
        return not self.used and not self.optional

    @property
    def used_up(self) -> bool:
        """Whether it has answered as often as it may."""
        return self.times is not None and self.used >= self.times

    def reply(self, request: Request, params: Mapping[str, str], respond: Respond) -> Reply:
        """What is sent; counts it."""
        content = self.answer
        if callable(content):
            content = content(request, **{name: params[name] for name in self.takes})
        reply = as_reply(content, respond)
        if self.check is not None:
            self.check(reply)
        self.used += 1
        return reply


class Chosen(NamedTuple):
    """The answer whose turn it is, and what stands in the path's braces."""

    own: OwnReply
    params: Mapping[str, str]


def find(
    replies: Sequence[OwnReply], operation: str | None, params: Mapping[str, str], request: Request, path: str | None
) -> Chosen | None:
    """
    Whose turn it is to answer a request: to an operation, or below a base URL (None: outside of all; then the URL's whole path).

    A literal path goes before one with braces, and that before an operation's name. Those to one path or name take turns in
    the order they were given: one with `times` so many times, one without once if another follows it; the last one stays.
    """
    path = path_named(request.url, path)
    fitting = [
        Chosen(own, found)
        for own in replies
        if not own.used_up and (found := _fits(own.operation, operation, params, request.method, path)) is not None
    ]
    if not fitting:
        return None
    closest = min(_openness(one.own.operation) for one in fitting)
    queue = [one for one in fitting if _openness(one.own.operation) == closest]
    return next(one for one in queue if one is queue[-1] or one.own.times is not None or not one.own.used)


def _fits(wanted: str, operation: str | None, params: Mapping[str, str], method: str, path: str) -> Mapping[str, str] | None:
    wanted_method, space, _ = wanted.partition(" ")
    if not space:
        return params if wanted == operation else None
    return path_params(wanted, path) if method == wanted_method else None


def path_named(url: str, path: str | None) -> str:
    """The path by which a reply names a URL: the one below the base URL; outside of all (None) the whole one."""
    return split(url)[1] if path is None else path


def path_params(route: str, path: str) -> dict[str, str] | None:
    """What stands in the braces of a "METHOD /path/{name}", None if a path does not fit it."""
    templates, segments = _segments(route.partition(" ")[2]), _segments(path)
    if len(templates) != len(segments):
        return None
    found: dict[str, str] = {}
    for template, segment in zip(templates, segments, strict=True):
        match = _pattern(template).fullmatch(unquote(segment))
        if match is None:
            return None
        found |= match.groupdict()
    return found


BRACES = re.compile(r"\{(\w*)\}")
"""A parameter in a path."""


@lru_cache(maxsize=256)  # a client asks for the same few paths again and again
def _pattern(template: str) -> re.Pattern[str]:
    parts = BRACES.split(template)  # literal, name, literal, …
    written = [f"(?P<{part}>.+)" if place % 2 else re.escape(unquote(part)) for place, part in enumerate(parts)]
    return re.compile("".join(written), re.DOTALL)


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/")


@lru_cache(maxsize=256)
def _openness(operation: str) -> tuple[int, ...]:
    """How open each segment is: 0 without braces, 1 with some, 2 with nothing else; an operation's name is opener than any."""
    _, space, path = operation.partition(" ")
    return tuple("{" in one and 1 + (not BRACES.sub("", one)) for one in _segments(path)) if space else (3,)


def as_reply(content: object, respond: Respond) -> Reply:
    """An answer made whole. Raises TypeError for anything else, TypeError or ValueError for what cannot be sent."""
    if isinstance(content, Response):
        return _sendable(content)
    if isinstance(content, Failure):
        return content if content.response is None else replace(content, response=_sendable(content.response))
    if isinstance(content, (dict, list)):
        return respond(200, _json(content))
    raise TypeError(
        f"an own answer is {content!r}; expected a Response, a Failure, a dict or list to be sent as JSON,"
        " or a function that returns one of them"
    )


def _json(content: object) -> bytes:
    try:
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except RecursionError:
        raise ValueError("an own answer is nested too deep to be sent as JSON") from None
    except (TypeError, ValueError) as problem:
        kind = TypeError if isinstance(problem, TypeError) else ValueError
        raise kind(f"an own answer cannot be sent as JSON: {problem}") from None


def _sendable(response: Response) -> Response:
    """The response with its headers in pairs and its body in bytes, where a test wrote a dict and a text."""
    status, body = response.status, response.body
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        raise ValueError(f"Response(status={status!r}): expected a number from 200 to 599")
    if isinstance(body, str):
        body = body.encode()
    if not isinstance(body, (bytes, bytearray, memoryview)):
        json_hint = "; a dict or list in place of the Response is sent as JSON" if isinstance(body, (dict, list)) else ""
        raise TypeError(f"Response(body={body!r}): expected bytes, or text to be sent as UTF-8{json_hint}")
    if status in BODILESS and (response.pieces is not None or body):
        raise ValueError(
            f"Response(status={status}) has a body, and no client reads one behind {status}: leave it out, or say 200"
        )
    headers = _pairs(response.headers)
    return (
        replace(response, headers=headers)
        if response.pieces is not None
        else replace(response, headers=headers, body=bytes(body))
    )


def _pairs(given: object) -> Headers:
    try:
        pairs = headers_of(given)  # type: ignore[arg-type]
        fine = all(isinstance(name, str) and isinstance(value, str) for name, value in pairs)
    except (TypeError, ValueError):
        fine = False
    if not fine or isinstance(given, str):
        raise TypeError(f'Response(headers={given!r}): expected a dict of texts, or pairs like (("Retry-After", "1"),)')
    return tuple((name, value) for name, value in pairs)
