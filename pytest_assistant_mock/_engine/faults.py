"""
What can go wrong, each as a value that says whether the server had already acted before the client saw it.

Functions that make a `Fault`. Knows replies; knows no vendor's words, no HTTP library, and not when a fault strikes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as defined
from typing import Any, TypeAlias

from pytest_assistant_mock._engine import checks
from pytest_assistant_mock._engine.streams import Cut, opened
from pytest_assistant_mock._engine.wire import Failure, FailureKind, Reply, Response

Refuse: TypeAlias = Callable[[str], Response]
"""From a kind of refusal ("rate_limited"), the vendor's own answer."""
Instead: TypeAlias = Callable[[Refuse], Reply]
"""What the client sees of a server that did not act."""
Spoil: TypeAlias = Callable[[Response, Refuse], Reply | None]
"""What the client sees of an answer the server gave; None if there was nothing to spoil in it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """
    One kind of trouble, made by a function of this module; `repr` is the call that makes it.

    acted: whether the server does what it is asked for before the client sees the failure.
    final: whether no further fault can strike the same request.
    seconds: how far the mock's clock moves; with `waits` the client really waits them.
    """

    name: str
    acted: bool
    final: bool = True
    instead: Instead | None = defined(default=None, compare=False)
    spoil: Spoil | None = defined(default=None, compare=False)
    seconds: float = 0.0
    waits: bool = False

    def __repr__(self) -> str:
        return self.name


def _refused(name: str, kind: str, after: bool) -> Fault:
    if after:
        return Fault(f"{name}(after=True)", acted=True, spoil=lambda response, refuse: refuse(kind))
    return Fault(f"{name}()", acted=False, instead=lambda refuse: refuse(kind))


def rate_limited() -> Fault:
    """The vendor says there were too many requests (429). The server has not acted."""
    return _refused("rate_limited", "rate_limited", after=False)


def quota_exceeded() -> Fault:
    """The vendor says the quota is used up. The server has not acted."""
    return _refused("quota_exceeded", "quota_exceeded", after=False)


def unauthorized() -> Fault:
    """The vendor says the key is not valid (401). The server has not acted."""
    return _refused("unauthorized", "bad_key", after=False)


def forbidden() -> Fault:
    """The vendor says the key may not use the workspace (403). The server has not acted."""
    return _refused("forbidden", "forbidden", after=False)


def server_error(*, after: bool = False) -> Fault:
    """The vendor says something went wrong inside (500); with `after` only once it has acted."""
    return _refused("server_error", "server_error", checks.flag("after", after))


def unavailable(*, after: bool = False) -> Fault:
    """The vendor says the service is not available (503); with `after` only once it has acted."""
    return _refused("unavailable", "unavailable", checks.flag("after", after))


def connect_refused() -> Fault:
    """Nobody listens. The server has not acted."""
    return Fault("connect_refused()", acted=False, instead=lambda refuse: Failure("connect_refused"))


def connect_timeout() -> Fault:
    """The connection is never made; raised at once. The server has not acted."""
    return Fault("connect_timeout()", acted=False, instead=lambda refuse: Failure("connect_timeout"))


def hang(*, after: bool = False) -> Fault:
    """The request is sent and no answer comes: a read timeout, raised at once. With `after` the server has acted."""
    if checks.flag("after", after):
        return Fault("hang(after=True)", acted=True, spoil=lambda response, refuse: Failure("read_timeout"))
    return Fault("hang()", acted=False, instead=lambda refuse: Failure("read_timeout"))


def reset(after_bytes: int | None = None, *, after: bool = False) -> Fault:
    """
    The line breaks, before the server acts; with `after` once it has acted; with `after_bytes` once it has acted and that
    many bytes of the answer's body, and its head, have arrived, at its end at the latest.
    """
    if after_bytes is not None:
        count = checks.count("after_bytes", after_bytes, what="a number of bytes")
        name = f"reset({count})"

        def break_off(response: Response, refuse: Refuse) -> Reply:
            if response.pieces is not None:
                return _cut(response, "reset", count, name)
            return Failure("reset", min(count, len(response.body)), response)

        return Fault(name, acted=True, spoil=break_off)
    if checks.flag("after", after):
        return Fault("reset(after=True)", acted=True, spoil=lambda response, refuse: Failure("reset"))
    return Fault("reset()", acted=False, instead=lambda refuse: Failure("reset"))


def closed(*, after: bool = False) -> Fault:
    """
    The line is closed in good order where an answer should come, as by a server that restarts or gives up an idle line;
    before the server acts, with `after` once it has acted.
    """
    if checks.flag("after", after):
        return Fault("closed(after=True)", acted=True, spoil=lambda response, refuse: Failure("closed"))
    return Fault("closed()", acted=False, instead=lambda refuse: Failure("closed"))


def slow(seconds: float, *, wait: bool = False) -> Fault:
    """
    The answer comes late, whole: the mock's clock moves on by so many seconds; with `wait` the client really waits them.
    The server has acted.
    """
    checks.seconds("seconds", seconds)
    name = f"slow({seconds}, wait=True)" if checks.flag("wait", wait) else f"slow({seconds})"
    return Fault(name, acted=True, final=False, seconds=float(seconds), waits=wait)


_BAD_GATEWAY = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    b"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)  # nginx's own page, as a load balancer in front of a vendor sends it


def bad_gateway_html(*, after: bool = True) -> Fault:
    """A gateway between answers 502 with a page of HTML where JSON is expected. The server has acted, unless `after` is False."""
    headers = (("Content-Type", "text/html"), ("Content-Length", str(len(_BAD_GATEWAY))))
    page = Response(502, headers, _BAD_GATEWAY)
    if checks.flag("after", after):
        return Fault("bad_gateway_html()", acted=True, spoil=lambda response, refuse: page)
    return Fault("bad_gateway_html(after=False)", acted=False, instead=lambda refuse: page)


def empty_body() -> Fault:
    """The answer has its status and headers and no body. The server has acted. An answer that comes in pieces is left alone."""

    def empty(response: Response, refuse: Refuse) -> Reply | None:
        return _with_body(response, b"") if response.pieces is None else None

    return Fault("empty_body()", acted=True, final=False, spoil=empty)


def truncated(at: int) -> Fault:
    """
    The answer ends after `at` bytes of its body, fewer than its Content-Length; a Chinese character may be cut in two.
    The server has acted. An answer of no more than `at` bytes is not cut, and the fault waits for a longer one.
    """
    count = checks.count("at", at, what="a number of bytes")
    name = f"truncated({count})"

    def cut(response: Response, refuse: Refuse) -> Reply | None:
        if response.pieces is not None:
            return _cut(response, "truncated", count, name)
        return Failure("truncated", count, response) if count < len(response.body) else None

    return Fault(name, acted=True, spoil=cut)


def wrong_content_type(content_type: str = "text/html") -> Fault:
    """The answer is right and says it is something else. The server has acted."""
    if not isinstance(content_type, str) or not content_type.isprintable() or not content_type.isascii():
        raise TypeError(f"content_type={content_type!r}: expected a media type like 'text/html'")
    shown = "" if content_type == "text/html" else repr(content_type)
    return Fault(
        f"wrong_content_type({shown})",
        acted=True,
        final=False,
        spoil=lambda response, refuse: _with_header(response, "Content-Type", content_type),
    )


def without(field: str) -> Fault:
    """
    The answer lacks a field: "id", or a path to it, "data.0.id", "data.*.content". The server has acted.

    An answer that does not have the field is left alone, and the fault waits for one that has.
    """
    if not isinstance(field, str) or not field or not all(field.split(".")):
        raise TypeError(f"field={field!r}: expected a field's name, or a path like 'data.0.id'")
    path = tuple(field.split("."))

    def strip(response: Response, refuse: Refuse) -> Response | None:
        if response.pieces is not None:
            return None
        try:
            value = response.json()
        except ValueError:
            return None
        if not _remove(value, path):
            return None
        return _with_body(response, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())

    return Fault(f"without({field!r})", acted=True, final=False, spoil=strip)


def _cut(response: Response, kind: FailureKind, after: int, name: str) -> Response:
    assert response.pieces is not None
    return replace(response, pieces=Cut(opened(response.pieces), kind, after, name))


def _remove(value: Any, path: tuple[str, ...]) -> int:
    """Take away what a path leads to; how many fields that were."""
    name, *rest = path
    if isinstance(value, list):
        chosen = value if name == "*" else value[int(name) : int(name) + 1] if name.isdecimal() else []
        return sum(_remove(item, tuple(rest)) for item in chosen) if rest else 0
    if not isinstance(value, dict) or name not in value:
        return 0
    if rest:
        return _remove(value[name], tuple(rest))
    del value[name]
    return 1


def _with_body(response: Response, body: bytes) -> Response:
    return _with_header(replace(response, body=body), "Content-Length", str(len(body)))


def _with_header(response: Response, name: str, value: str) -> Response:
    others = [pair for pair in response.headers if pair[0].lower() != name.lower()]
    place = next((place for place, pair in enumerate(response.headers) if pair[0].lower() == name.lower()), len(others))
    return replace(response, headers=(*others[:place], (name, value), *others[place:]))


FAULTS: Mapping[str, Callable[..., Fault]] = {
    fault.__name__: fault
    for fault in (
        rate_limited, quota_exceeded, unauthorized, forbidden, server_error, unavailable,  # the vendor refuses
        connect_refused, connect_timeout, hang, reset, closed, slow,  # the way breaks
        bad_gateway_html, empty_body, truncated, wrong_content_type, without,  # the answer is spoilt
    )
}  # fmt: skip
"""Every fault, by name."""
