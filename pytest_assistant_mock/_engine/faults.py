"""
What can go wrong, each as a value that says whether the server had already acted before the client saw it.

Functions that make a `Fault`. Knows replies; knows no vendor's words, no HTTP library, and not when a fault strikes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as defined
from typing import Any, Protocol, TypeAlias, cast

from pytest_assistant_mock._engine import checks
from pytest_assistant_mock._engine.stream_faults import Cut, Ended, Inserted, Repeated, Slowed, Spoilt, Swapped
from pytest_assistant_mock._engine.streams import Stream, opened
from pytest_assistant_mock._engine.wire import Failure, FailureKind, Reply, Response

__tracebackhide__ = True  # a failing test shows its own line


class Refuse(Protocol):
    """From a kind of refusal ("rate_limited"), the vendor's own answer; `streamed`, as the last frames of a stream."""

    def __call__(self, kind: str, /, *, streamed: bool = False) -> Response:
        """The answer."""


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
    streams: whether it strikes streams only. worded: whether it needs the vendor's event for an error.
    """

    name: str
    acted: bool
    final: bool = True
    instead: Instead | None = defined(default=None, compare=False)
    spoil: Spoil | None = defined(default=None, compare=False)
    seconds: float = 0.0
    waits: bool = False
    streams: bool = False
    worded: bool = False

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


def _of_stream(name: str, spoilt: Callable[[Stream, Refuse], Spoilt], *, final: bool = False, worded: bool = False) -> Fault:
    """A fault that lets the server act, and changes how its stream arrives; an answer that is no stream is left alone."""

    def spoil(response: Response, refuse: Refuse) -> Reply | None:
        if response.pieces is None:
            return None
        return replace(response, pieces=spoilt(opened(response.pieces), refuse))

    return Fault(name, acted=True, final=final, spoil=spoil, streams=True, worded=worded)


def _frames(name: str, after: object) -> int:
    return checks.count(name, after, what="a number of frames")


def cut(after: int) -> Fault:
    """
    The line is closed once `after` frames of a stream have arrived, between two of them and without an end.

    The server has acted, and goes on: the run ends, or waits for outputs, as if its client had left there.
    A stream of no more frames is not cut, and the fault waits for a longer one.
    """
    count = _frames("after", after)
    name = f"cut({count})"
    return _of_stream(name, lambda stream, refuse: Ended(stream, "truncated", count, name), final=True)


def stall(after: int) -> Fault:
    """
    Once `after` frames of a stream have arrived nothing more comes: a read timeout in the middle, raised at once.

    The server has acted, and goes on as for `cut`. A stream of no more frames does not stall, and the fault waits for one.
    """
    count = _frames("after", after)
    name = f"stall({count})"
    return _of_stream(name, lambda stream, refuse: Ended(stream, "read_timeout", count, name), final=True)


def error_event(after: int = 0) -> Fault:
    """
    Once `after` frames of a stream have arrived the vendor's event for an error comes, and the stream ends in good order.

    The server has acted, and goes on as for `cut`. A stream of no more frames has none, and the fault waits for one.
    """
    count = _frames("after", after)
    name = f"error_event({count or ''})"

    def end(stream: Stream, refuse: Refuse) -> Spoilt:
        frames = refuse("server_error", streamed=True).pieces
        return Ended(stream, None, count, name, cast("Sequence[bytes]", frames))

    return _of_stream(name, end, final=True, worded=True)


def repeat(n: int) -> Fault:
    """Frame number `n` of a stream comes twice. The server has acted. A stream of fewer frames is left alone."""
    number = checks.count("n", n, 1, "a frame's number")
    name = f"repeat({number})"
    return _of_stream(name, lambda stream, refuse: Repeated(stream, number - 1, name))


def out_of_order(after: int = 0) -> Fault:
    """
    The two frames behind the first `after` of a stream change places. The server has acted.

    Where the stream stops between them for the client's outputs, the next two do. A stream of fewer frames is left alone.
    """
    count = _frames("after", after)
    name = f"out_of_order({count or ''})"
    return _of_stream(name, lambda stream, refuse: Swapped(stream, count, name))


GARBAGE = b'data: {"\n\n'
"""A frame that is no event of any vendor: its data has only the beginning of a JSON object."""


def garbage_frame(after: int = 0) -> Fault:
    """
    A frame that nobody can parse comes behind the first `after` of a stream, then the rest. The server has acted.

    A stream of no more frames is left alone.
    """
    count = _frames("after", after)
    name = f"garbage_frame({count or ''})"
    return _of_stream(name, lambda stream, refuse: Inserted(stream, count, name, GARBAGE))


def slow_pieces(seconds: float, *, wait: bool = False) -> Fault:
    """
    Each frame of a stream comes late: the mock's clock moves on by so many seconds; with `wait` the client really waits them.

    The server has acted.
    """
    checks.seconds("seconds", seconds)
    name = f"slow_pieces({seconds}, wait=True)" if checks.flag("wait", wait) else f"slow_pieces({seconds})"
    return _of_stream(name, lambda stream, refuse: Slowed(stream, float(seconds), wait, name))


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
        cut, stall, error_event, repeat, out_of_order, garbage_frame, slow_pieces,  # a stream goes wrong
    )
}  # fmt: skip
"""Every fault, by name."""
