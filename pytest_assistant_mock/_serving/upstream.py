"""
Passing a request on to the real service, by httpx: its answer comes piece by piece, and somebody is told what came.

Follows no redirect and adds no header. Knows base URLs by what they stand for; knows no vendor.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_assistant_mock._doors.seam import Tell, in_thread
from pytest_assistant_mock._engine.streams import Piece
from pytest_assistant_mock._engine.wire import Failure, FailureKind, Headers, Reply, Request, Response

if TYPE_CHECKING:
    import httpx

__tracebackhide__ = True  # a failing test shows its own line

TIMEOUT_S = 300.0
"""Seconds without a byte after which the real service is given up, as the vendors' SDKs have it."""

_OF_THE_LINE = (
    "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade",
)  # fmt: skip
_READABLE = ("gzip", "deflate", "identity")
"""Codings that can be looked through for secrets whatever is installed."""


class Upstream:
    """
    The real service behind a served recording.

    urls: by the base URL that a request stands below, the one to ask instead. tell: hears of every answer, once, when its head
    has come, and of every line that broke; the client gets what it returns. Raises ImportError without httpx.
    """

    def __init__(self, urls: Mapping[str, str], tell: Tell) -> None:
        try:
            import httpx
        except ImportError as problem:
            raise ImportError("recording over a server needs httpx: pip install httpx") from problem
        self._httpx = httpx
        self._urls = urls
        self._tell = tell
        self._client = httpx.Client(timeout=TIMEOUT_S, limits=httpx.Limits(max_connections=None))

    def close(self) -> None:
        """Close its lines."""
        self._client.close()

    def url(self, url: str) -> str:
        """Where a request is passed on to."""
        base = max((base for base in self._urls if url.startswith(base)), key=len)
        return self._urls[base] + url[len(base) :]

    async def pass_on(self, request: Request) -> Reply:
        """The answer; its body is still to come, unless it says how long it is."""
        begun: list[Reply] = []
        await in_thread(lambda: begun.append(self._begin(request)))
        return begun[0]

    def _begin(self, request: Request) -> Reply:
        asked = self._httpx.Request(request.method, self.url(request.url), headers=_passed(request.headers), content=request.body)
        try:
            answer = self._client.send(asked, stream=True)
            head = Response(answer.status_code, _received(answer))
            if _has_length(request.method, head):
                return self._tell(request, _whole(head, Arriving(self._httpx, answer)))
        except (self._httpx.ConnectError, self._httpx.ConnectTimeout, self._httpx.ProxyError) as problem:
            return _unreachable(asked, problem)
        except self._httpx.HTTPError as problem:
            return self._tell(request, Failure(_kind(self._httpx, problem, "closed")))
        return self._tell(request, replace(head, pieces=Arriving(self._httpx, answer)))


class Arriving:
    """A body on its way from the real service: a stream."""

    def __init__(self, httpx: Any, answer: httpx.Response) -> None:
        self._httpx = httpx
        self._answer = answer
        self._parts = answer.iter_raw()
        self._part: bytes | None = None
        self._over = False
        self.ended = False
        self.failure: FailureKind | None = None

    def take(self) -> Piece | None:
        """What has come."""
        part, self._part = self._part, None
        self.ended = self.ended or (part is None and self._over)
        return None if part is None else Piece(part)

    def wait(self) -> None:
        """Read some more. Blocks: it is called in a thread of its own."""
        try:
            self._part = next(self._parts, None)
        except self._httpx.HTTPError as problem:
            self.failure = _kind(self._httpx, problem, "truncated")
        self._over = self._part is None

    def close(self) -> None:
        """The client has left."""
        with suppress(Exception):  # another thread may just be reading
            self._answer.close()
        self.ended = True


def _whole(head: Response, body: Arriving) -> Reply:
    """An answer whose length is known, when all of it has come."""
    parts = []
    while not body.ended:
        body.wait()
        if (piece := body.take()) is not None:
            parts.append(piece.data)
    whole = replace(head, body=b"".join(parts))
    return whole if body.failure is None else Failure(body.failure, len(whole.body), whole)


def _passed(headers: Headers) -> list[tuple[str, str]]:
    """Headers of the message, not of the line; of codings those that can be read here."""
    named = [name.strip().lower() for key, value in headers if key.lower() == "connection" for name in value.split(",")]
    left_out = {*_OF_THE_LINE, "accept-encoding", *named}
    kept = [(name, value) for name, value in headers if name.lower() not in left_out]
    accepted = [value for name, value in headers if name.lower() == "accept-encoding"]
    readable = [one.strip() for one in ",".join(accepted).split(",") if one.partition(";")[0].strip().lower() in _READABLE]
    return [*kept, ("Accept-Encoding", ", ".join(readable) or "identity")]


def _received(answer: httpx.Response) -> Headers:
    pairs = ((name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers.raw)
    return tuple(pair for pair in pairs if pair[0].lower() not in ("connection", "keep-alive"))


def _has_length(method: str, head: Response) -> bool:
    return method == "HEAD" or head.status in (204, 304) or head.header("content-length") is not None


def _kind(httpx: Any, problem: Exception, ended: FailureKind) -> FailureKind:
    if isinstance(problem, httpx.TimeoutException):
        return "read_timeout"
    return ended if isinstance(problem, httpx.RemoteProtocolError) else "reset"


def _unreachable(asked: httpx.Request, problem: Exception) -> Response:
    """Nothing was asked, so nothing is recorded."""
    said = {
        "code": "UpstreamUnreachable",
        "message": f"the real service was not reached at {asked.url.scheme}://{asked.url.netloc.decode()}: {problem};"
        " nothing was recorded; another base URL is named by --upstream VENDOR=URL",
    }
    body = json.dumps(said, ensure_ascii=False).encode()
    return Response(502, (("Content-Type", "application/json"), ("Content-Length", str(len(body)))), body)
