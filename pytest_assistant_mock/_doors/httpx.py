"""
The door of httpx and of its successor httpx2: one door, for it takes the module.

The seams are `HTTPTransport.handle_request` and `AsyncHTTPTransport.handle_async_request`: the client's redirects, auth
and events run above them, and a proxy is only another transport of the same class.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from copy import copy
from functools import partial
from types import ModuleType, SimpleNamespace, TracebackType
from typing import Any, NamedTuple, Self

from pytest_assistant_mock._doors import http1
from pytest_assistant_mock._doors.seam import PASSING, Answerer, Seam, Tell, tell_of, wait
from pytest_assistant_mock._doors.swap import wrapped
from pytest_assistant_mock._engine.streams import Reading
from pytest_assistant_mock._engine.wire import Failure, FailureKind, Reply, Request, Response

__tracebackhide__ = True  # a failing test shows its own line

_PARAMETERS = (("self", "request"),)

Words = dict[FailureKind, str]
"""What an exception says, by kind of failure; the sync and async backends differ."""


def seams(httpx: ModuleType) -> Sequence[Seam]:
    """The seams of an installed httpx or httpx2."""
    bodies = _Bodies(_broken_stream(httpx), _streamed(httpx))
    return (
        Seam(httpx.HTTPTransport, "handle_request", partial(_sync, httpx, bodies), _PARAMETERS),
        Seam(httpx.AsyncHTTPTransport, "handle_async_request", partial(_asynchronous, httpx, bodies), _PARAMETERS),
    )


def _sync(httpx: ModuleType, bodies: _Bodies, answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
    plays, handle, tell = answerer.plays, answerer.handle, tell_of(answerer)
    stood_first = wrapped(original)

    def handle_request(transport: Any, request: Any) -> Any:
        url = str(request.url)
        if PASSING in vars(transport) or not plays(url):
            return original(transport, request)
        asked = _request(request, url, request.read())
        reply = _retried(transport, handle, asked)
        if reply is None and tell is not None:
            with _Line(httpx, tell, asked) as line:
                real = line.begins(original(transport, request))
                for piece in real.stream:
                    line.arrived.append(piece)
            real.close()
            reply = line.reply
        elif reply is not None and stood_first:
            pool = _Pool(reply, lambda: _response(httpx, reply, request, bodies, _WORDS))
            return original(_standing_in(transport, pool), request)
        if reply is None:
            return original(transport, request)
        wait(reply)
        return _response(httpx, reply, request, bodies, _WORDS)

    return handle_request


def _asynchronous(httpx: ModuleType, bodies: _Bodies, answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
    plays, handle, tell = answerer.plays, answerer.handle, tell_of(answerer)
    stood_first = wrapped(original)

    async def handle_async_request(transport: Any, request: Any) -> Any:
        url = str(request.url)
        if PASSING in vars(transport) or not plays(url):
            return await original(transport, request)
        asked = _request(request, url, await request.aread())
        reply = _retried(transport, handle, asked)
        if reply is None and tell is not None:
            with _Line(httpx, tell, asked) as line:
                real = line.begins(await original(transport, request))
                async for piece in real.stream:
                    line.arrived.append(piece)
            await real.aclose()
            reply = line.reply
        elif reply is not None and stood_first:
            pool = _Pool(reply, lambda: _response(httpx, reply, request, bodies, _ASYNC_WORDS))
            return await original(_standing_in(transport, pool), request)
        if reply is None:
            return await original(transport, request)
        await _wait(reply)
        return _response(httpx, reply, request, bodies, _ASYNC_WORDS)

    return handle_async_request


class _Pool:
    """
    In the place of a transport's pool, where another tool's wrapper stands between it and us: the wrapper is called, the library
    below it asks its pool, and gets our response. Nothing is sent.
    """

    def __init__(self, reply: Reply, respond: Callable[[], Any]) -> None:
        self._reply = reply
        self._respond = respond

    def handle_request(self, request: Any) -> Any:
        """As httpcore's pool does."""
        wait(self._reply)
        return self._as_httpcore()

    async def handle_async_request(self, request: Any) -> Any:
        """As httpcore's pool does."""
        await _wait(self._reply)
        return self._as_httpcore()

    def _as_httpcore(self) -> Any:
        response = self._respond()
        return SimpleNamespace(
            status=response.status_code, headers=response.headers.raw, stream=response.stream, extensions=response.extensions
        )


def _standing_in(transport: Any, pool: _Pool) -> Any:
    """The same transport with another pool, for one request: the real one serves other threads at the same time."""
    one = copy(transport)
    vars(one).update({"_pool": pool, PASSING: True})
    return one


class _Line:
    """A call that was let through: what arrives, and how it ends. An error before a response begins is the client's to meet."""

    def __init__(self, httpx: ModuleType, tell: Tell, request: Request) -> None:
        self._httpx = httpx
        self._tell = tell
        self._request = request
        self._real: Any = None
        self.arrived: list[bytes] = []
        self.reply: Reply | None = None

    def begins(self, real: Any) -> Any:
        """The response has begun."""
        self._real = real
        return real

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> bool:
        ended = self._ended(error)
        response = None
        if self._real is not None:
            headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in self._real.headers.raw)
            response = Response(self._real.status_code, headers, b"".join(self.arrived))
        if error is None:
            self.reply = response
        elif ended is not None:
            self.reply = Failure(ended, len(response.body) if response is not None else 0, response)
        if self.reply is not None:
            self._tell(self._request, self.reply)
        return response is not None and ended is not None

    def _ended(self, error: BaseException | None) -> FailureKind | None:
        httpx = self._httpx
        match error:
            case httpx.ConnectTimeout():
                return "connect_timeout"
            case httpx.ReadTimeout() | httpx.WriteTimeout():
                return "read_timeout"
            case httpx.ReadError() | httpx.WriteError():
                return "reset"
            case httpx.RemoteProtocolError():
                return "truncated" if self._real is not None else "closed"
            case httpx.ConnectError():
                failure = http1.failure_of(error)
                return failure.kind if failure is not None else None
        return None


def _retried(transport: Any, handle: Callable[[Request], Reply | None], request: Request) -> Reply | None:
    """The reply; a connection that fails is tried again as often as the transport would, which happens below the seam."""
    reply = handle(request)
    if type(reply) is Failure:
        for _ in range(getattr(transport._pool, "_retries", 0)):
            if not (isinstance(reply, Failure) and reply.kind in ("connect_refused", "connect_timeout")):
                break
            reply = handle(request)
    return reply


async def _wait(reply: Reply) -> None:
    if reply.delay:
        await _sleep(reply.delay)


async def _sleep(seconds: float) -> None:
    from anyio import sleep  # httpx's own: it runs under asyncio and trio

    await sleep(seconds)


async def _in_thread(block: Callable[[], None]) -> None:
    from anyio import to_thread

    await to_thread.run_sync(block, abandon_on_cancel=True)


def _request(request: Any, url: str, body: bytes) -> Request:
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    return Request(request.method, url, tuple(headers), body)


class _Bodies(NamedTuple):
    """Bodies of other kinds than httpx's own: those that break off, and those that come in pieces."""

    broken: Callable[[Failure, Any, Words], Any]
    streamed: Callable[[Reading, Any, Words], Any]


def _response(httpx: ModuleType, reply: Reply, request: Any, bodies: _Bodies, words: Words) -> Any:
    if isinstance(reply, Response):
        response, headers, pieces = reply, http1.framed(reply), reply.pieces
        stream = httpx.ByteStream(reply.body) if pieces is None else bodies.streamed(Reading(pieces), request, words)
    else:
        if reply.response is None:
            raise _error(httpx, reply, request, words) from http1.failure_error(reply)
        response, stream = http1.begun(reply), bodies.broken(reply, request, words)
        headers = response.headers
    return httpx.Response(
        response.status,
        headers=headers,
        stream=stream,
        extensions={"http_version": b"HTTP/1.1", "reason_phrase": response.reason.encode("ascii")},
    )


_WORDS: Words = {
    "connect_refused": str(http1.refused()),
    "connect_timeout": "timed out",
    "read_timeout": "timed out",
    "reset": str(http1.reset()),
    "closed": "Server disconnected without sending a response.",
}
_ASYNC_WORDS: Words = {
    "connect_refused": "All connection attempts failed",
    "connect_timeout": "",
    "read_timeout": "",
    "reset": "",
    "closed": "Server disconnected without sending a response.",
}
"""anyio has few words."""


def _error(httpx: ModuleType, failure: Failure, request: Any, words: Words) -> Any:
    kinds = {
        "connect_refused": httpx.ConnectError,
        "connect_timeout": httpx.ConnectTimeout,
        "read_timeout": httpx.ReadTimeout,
        "closed": httpx.RemoteProtocolError,
    }
    return kinds.get(failure.kind, httpx.ReadError)(words[failure.kind], request=request)


def _broken_stream(httpx: ModuleType) -> Callable[[Failure, Any, Words], Any]:
    class BrokenStream(httpx.SyncByteStream, httpx.AsyncByteStream):  # type: ignore[misc, name-defined]
        """A body that breaks off."""

        def __init__(self, failure: Failure, request: Any, words: Words) -> None:
            response = http1.begun(failure)
            self._data = response.body
            self._error = _cut(httpx, failure, response, request, words)
            self._error.__cause__ = http1.failure_error(failure)

        def __iter__(self) -> Iterator[bytes]:
            if self._data:
                yield self._data
            raise self._error

        async def __aiter__(self) -> AsyncIterator[bytes]:
            if self._data:
                yield self._data
            raise self._error

    return BrokenStream


def _streamed(httpx: ModuleType) -> Callable[[Reading, Any, Words], Any]:
    class StreamedBody(httpx.SyncByteStream, httpx.AsyncByteStream):  # type: ignore[misc, name-defined]
        """A body that comes in pieces."""

        def __init__(self, reading: Reading, request: Any, words: Words) -> None:
            self._reading = reading
            self._request = request
            self._words = words

        def __iter__(self) -> Iterator[bytes]:
            try:
                while (data := self._reading.next()) is not None:
                    yield data
                self._check()
            finally:
                self._reading.close()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            try:
                while (data := await self._reading.next_async(_in_thread, _sleep)) is not None:
                    yield data
                self._check()
            finally:
                self._reading.close()

        def _check(self) -> None:
            kind = self._reading.failure
            if kind in ("truncated", "closed"):
                text = "peer closed connection without sending complete message body (incomplete chunked read)"
                raise httpx.RemoteProtocolError(text, request=self._request)
            if kind is not None:
                raise _error(httpx, Failure(kind), self._request, self._words) from http1.error_of(kind)

        def close(self) -> None:
            """The client is done with it."""
            self._reading.close()

        async def aclose(self) -> None:
            """The client is done with it."""
            self._reading.close()

    return StreamedBody


def _cut(httpx: ModuleType, failure: Failure, response: Response, request: Any, words: Words) -> Any:
    if failure.kind not in ("truncated", "closed"):
        return _error(httpx, failure, request, words)
    received, expected = len(response.body), response.header("content-length")
    text = f"peer closed connection without sending complete message body (received {received} bytes, expected {expected})"
    return httpx.RemoteProtocolError(text, request=request)
