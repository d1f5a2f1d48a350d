"""
Passing a request on to the real service, by httpx: its answer comes piece by piece, and somebody is told what came.

Follows no redirect and adds no header. Knows base URLs by what they stand for; knows no vendor.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pytest_assistant_mock._doors.seam import in_thread
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

    urls: by the base URL that a request stands below, the one to ask instead; told: hears of every answer, once, when it has
    come whole, and of every line that broke. Raises ImportError without httpx.
    """

    def __init__(self, urls: Mapping[str, str], told: Callable[[Request, Reply], None]) -> None:
        try:
            import httpx
        except ImportError as problem:
            raise ImportError("recording over a server needs httpx: pip install httpx") from problem
        self._httpx = httpx
        self._urls = urls
        self._told = told
        self._client = httpx.Client(timeout=TIMEOUT_S, limits=httpx.Limits(max_connections=None))

    def close(self) -> None:
        """Close its lines."""
        self._client.close()

    def url(self, url: str) -> str:
        """Where a request is passed on to."""
        base = max((base for base in self._urls if url.startswith(base)), key=len)
        return self._urls[base] + url[len(base) :]

    async def pass_on(self, request: Request) -> Reply:
        """The answer, its body still to come if it has no length. Told of: what has a body, when that has come."""
        begun: list[Reply] = []
        await in_thread(lambda: begun.append(self._begin(request)))
        return begun[0]

    def _begin(self, request: Request) -> Reply:
        asked = self._httpx.Request(request.method, self.url(request.url), headers=_passed(request.headers), content=request.body)
        try:
            answer = self._client.send(asked, stream=True)
            head = Response(answer.status_code, _received(answer))
            if _has_length(request.method, head):
                return self._whole(request, head, answer)
        except (self._httpx.ConnectError, self._httpx.ConnectTimeout, self._httpx.ProxyError) as problem:
            return _unreachable(asked, problem)
        except self._httpx.HTTPError as problem:
            self._told(request, failure := Failure(_kind(self._httpx, problem, "closed")))
            return failure
        body = Arriving(self._httpx, answer, lambda body: self._told(request, body.reply(head)))
        return Response(head.status, head.headers, pieces=body)

    def _whole(self, request: Request, head: Response, answer: httpx.Response) -> Reply:
        body = Arriving(self._httpx, answer, lambda body: None)
        while not body.ended:
            body.wait()
            body.take()
        self._told(request, reply := body.reply(head))
        return reply


class Arriving:
    """A body on its way from the real service: a stream. told: called with this, once, when nothing more comes."""

    def __init__(self, httpx: Any, answer: httpx.Response, told: Callable[[Arriving], None]) -> None:
        self._httpx = httpx
        self._answer = answer
        self._parts = answer.iter_raw()
        self._told = told
        self._part: bytes | None = None
        self._over = False
        self.arrived: list[bytes] = []
        self.ended = False
        self.failure: FailureKind | None = None

    def take(self) -> Piece | None:
        """What has come."""
        part, self._part = self._part, None
        if part is None:
            if self._over:
                self._end()
            return None
        self.arrived.append(part)
        return Piece(part)

    def wait(self) -> None:
        """Read some more. Blocks: it is called in a thread of its own."""
        try:
            self._part = next(self._parts, None)
        except self._httpx.HTTPError as problem:
            self.failure = _kind(self._httpx, problem, "truncated")
        self._over = self._part is None

    def close(self) -> None:
        """The client has left: what has come is all there is."""
        with suppress(Exception):  # another thread may just be reading
            self._answer.close()
        self._end()

    def reply(self, head: Response) -> Reply:
        """All that has come, behind its head."""
        whole = Response(head.status, head.headers, b"".join(self.arrived))
        return whole if self.failure is None else Failure(self.failure, len(whole.body), whole)

    def _end(self) -> None:
        if not self.ended:
            self.ended = True
            self._told(self)


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
