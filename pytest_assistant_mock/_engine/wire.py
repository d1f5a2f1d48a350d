"""
What travels: a request, what came back, and both together.

Values only. Knows nothing of vendors, stores or HTTP libraries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pytest_assistant_mock._engine import streams

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_assistant_mock._engine.streams import Stream

__tracebackhide__ = True  # a failing test shows its own line

Headers: TypeAlias = tuple[tuple[str, str], ...]

FailureKind: TypeAlias = Literal[
    "connect_refused",  # nobody listens
    "connect_timeout",  # the connection is never made
    "read_timeout",  # the request is sent, no answer comes
    "reset",  # the line breaks, before the answer or after some bytes of its body
    "closed",  # the line is closed in good order before the answer
    "truncated",  # the answer ends before its declared length
]


BODILESS = frozenset((204, 304))
"""The statuses whose responses have no body."""


def header(headers: Headers, name: str) -> str | None:
    """The first header of that name, whatever its case; None if there is none."""
    wanted, size = name.lower(), len(name)
    for key, value in headers:
        if len(key) == size and key.lower() == wanted:  # the length first: every request is looked through, more than once
            return value
    return None


def headers_of(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> Headers:
    """Headers as they travel, from a mapping or from pairs."""
    return tuple(headers.items() if isinstance(headers, Mapping) else headers)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, whole: an absolute URL, headers in the order sent, the body's bytes."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""

    def __repr__(self) -> str:
        """As it is written, secrets hidden: it may end up in a log or a report."""
        from pytest_assistant_mock._engine.curl import hidden_request

        return hidden_request(self)

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case; None if there is none."""
        return header(self.headers, name)

    def json(self) -> Any:
        """
        The body as JSON.

        Raises ValueError (json.JSONDecodeError, UnicodeDecodeError) if it is not.
        """
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Response:
    """
    One HTTP response: a status, headers in the order sent, the body's bytes.

    delay: seconds to wait before it is sent; none, unless a test asks for them.
    pieces: the body instead, as it is sent, one chunk for each: a list, sent anew each time, or a stream, made as it is read.
    `body` is then what there is of it: all of a list; of a reply in the journal, what its client has taken.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    delay: float = 0.0
    pieces: Stream | Sequence[bytes] | None = None

    def __post_init__(self) -> None:
        if self.pieces is not None:
            _begin_to_stream(self)

    def __repr__(self) -> str:
        """As it is written, secrets hidden: it may end up in a log or a report."""
        from pytest_assistant_mock._engine.curl import hidden_response

        return hidden_response(self)

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case; None if there is none."""
        return header(self.headers, name)

    def json(self) -> Any:
        """
        The body as JSON.

        Raises ValueError (json.JSONDecodeError, UnicodeDecodeError) if it is not.
        """
        return json.loads(self.body)

    @property
    def reason(self) -> str:
        """The standard phrase for the status: "OK", "Bad Request"; empty for a status without one."""
        return _REASONS.get(self.status, "")


def head_of(response: Response) -> Response:
    """A response without its body: the answer to HEAD."""
    if streams.is_stream(response.pieces):
        response.pieces.close()
    return replace(response, body=b"", pieces=None)


class _Streamed(Response):
    """A response that came with pieces. A class of its own, so that `body` costs the plain ones nothing."""

    __slots__ = ()
    __qualname__ = "Response"  # as it is written

    def __post_init__(self) -> None:
        if self.pieces is None:  # `dataclasses.replace` took them away
            object.__setattr__(self, "__class__", Response)
        else:
            _begin_to_stream(self)

    @property
    def body(self) -> bytes:
        """What there is of it."""
        pieces = self.pieces
        return b"".join(pieces) if isinstance(pieces, tuple) else getattr(pieces, "taken", b"")

    @body.setter
    def body(self, body: bytes) -> None:
        _BODY.__set__(self, body)


_BODY: Any = Response.__dict__["body"]


def _begin_to_stream(response: Response) -> None:
    object.__setattr__(response, "pieces", streams.checked(response.pieces))
    object.__setattr__(response, "__class__", _Streamed)


_REASONS = {status.value: status.phrase for status in HTTPStatus}


@dataclass(frozen=True, slots=True)
class Failure:
    """
    The way broke: what the client saw instead of a whole response.

    With a response ("reset", "truncated"), its status, headers and the first `after_bytes` bytes of its body arrive first.
    delay: seconds to wait before it happens; none, unless a test asks for them.
    """

    kind: FailureKind
    after_bytes: int = 0
    response: Response | None = None
    delay: float = 0.0

    def __post_init__(self) -> None:
        if self.kind == "truncated" and self.response is None:
            raise ValueError("a truncated answer needs the response that is cut: Failure('truncated', after_bytes, response)")


Reply: TypeAlias = Response | Failure


@dataclass(frozen=True, slots=True)
class Exchange:
    """
    One request and its reply, as the journal keeps them. `operation` is None where no route was found; `faults` are those
    that struck, in order, as they are written: "rate_limited()".
    """

    vendor: str
    operation: str | None
    request: Request
    reply: Reply
    faults: tuple[str, ...] = ()

    @property
    def response(self) -> Response | None:
        """The response the client saw at least the beginning of, or None if the way broke before it."""
        return self.reply if isinstance(self.reply, Response) else self.reply.response

    @property
    def status(self) -> int:
        """The status the client saw. Raises AssertionError, which names the failure, if the way broke before there was one."""
        __tracebackhide__ = True  # a failing test shows its own line
        if self.response is None:
            asked = self.operation or f"{self.request.method} {self.request.url}"
            raise AssertionError(f"{self.vendor}: {asked} has no status: the connection failed before an answer ({self.reply!r})")
        return self.response.status

    def __repr__(self) -> str:
        """As it is written, secrets hidden."""
        from pytest_assistant_mock._engine.curl import hidden_exchange

        return hidden_exchange(self)

    def __str__(self) -> str:
        """The request as a curl command, secrets hidden."""
        from pytest_assistant_mock._engine.curl import curl

        return curl(self.request)


class Refusal(Exception):
    """A request the vendor says no to. `kind` names a row of the vendor's table of errors; `details` fill its text."""

    def __init__(self, kind: str, field: str | None = None, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(kind if field is None else f"{kind}: {field}")
        self.kind = kind
        self.field = field
        self.details = details or {}
