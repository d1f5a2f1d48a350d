"""
The door of httpx and of its successor httpx2: one door, for it takes the module.

The seams are `HTTPTransport.handle_request` and `AsyncHTTPTransport.handle_async_request`: the client's redirects, auth
and events run above them, and a proxy is only another transport of the same class.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple

from pytest_assistant_mock._doors import http1
from pytest_assistant_mock._doors.arriving import Source, is_bodyless
from pytest_assistant_mock._doors.seam import PASSING, Answerer, Seam, Tell, tell_of, wait
from pytest_assistant_mock._doors.swap import wrapped
from pytest_assistant_mock._engine.streams import Reading
from pytest_assistant_mock._engine.wire import Failure, FailureKind, Reply, Request, Response

__tracebackhide__ = True  # a failing test shows its own line

_PARAMETERS = (("self", "request"),)

Words = dict[FailureKind, str]
"""What an exception says, by kind of failure; the sync and async backends differ."""
Wait = Callable[[Callable[[], None]], Awaitable[None]]
"""How an asynchronous reader waits for more: given what would block."""


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
            with _told(httpx, tell, asked):
                real = original(transport, request)
            return _response(httpx, tell(asked, _head(asked, real, _Arriving(httpx, real))), request, bodies, _WORDS, real)
        if reply is not None and stood_first:
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
            with _told(httpx, tell, asked):
                real = await original(transport, request)
            source = _AsyncArriving(httpx, real)
            return _response(httpx, tell(asked, _head(asked, real, source)), request, bodies, _ASYNC_WORDS, real, source.arrive)
        if reply is not None and stood_first:
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


@contextmanager
def _told(httpx: ModuleType, tell: Tell, request: Request) -> Iterator[None]:
    """Tell of a call that fails before its response begins. The error is the client's to meet."""
    try:
        yield
    except Exception as error:
        if (kind := _kind(httpx, error, "closed")) is not None:
            tell(request, Failure(kind))
        raise


def _kind(httpx: ModuleType, error: Exception, ended: FailureKind) -> FailureKind | None:
    """The failure an error stands for; None if it is none of ours. ended: what it is if the line just ends."""
    match error:
        case httpx.ConnectTimeout():
            return "connect_timeout"
        case httpx.ReadTimeout() | httpx.WriteTimeout():
            return "read_timeout"
        case httpx.ReadError() | httpx.WriteError():
            return "reset"
        case httpx.RemoteProtocolError():
            return ended
        case httpx.ConnectError():
            failure = http1.failure_of(error)
            return failure.kind if failure is not None else None
    return None


def _head(asked: Request, real: Any, source: Source) -> Response:
    """A response as it begins; its body is still to come, if it has one."""
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in real.headers.raw)
    bodyless = is_bodyless(asked.method, real.status_code, headers)
    return Response(real.status_code, headers, pieces=None if bodyless else source)


class _Arriving(Source):
    """The body of a real response."""

    def __init__(self, httpx: ModuleType, real: Any) -> None:
        super().__init__()
        self._httpx = httpx
        self._real = real
        self._parts = iter(real.stream)

    def wait(self) -> None:
        try:
            _arrived(self, next(self._parts, None))
        except Exception as error:
            _broken(self, self._httpx, error)

    def close(self) -> None:
        super().close()
        self._real.close()


class _AsyncArriving(Source):
    """The same where it is awaited."""

    def __init__(self, httpx: ModuleType, real: Any) -> None:
        super().__init__()
        self._httpx = httpx
        self._parts = aiter(real.stream)

    async def arrive(self, block: Callable[[], None]) -> None:
        """Wait for the next part, or the end; in the place of what blocks."""
        try:
            _arrived(self, await anext(self._parts, None))
        except Exception as error:
            _broken(self, self._httpx, error)


def _arrived(source: Source, part: bytes | None) -> None:
    source.finish() if part is None else source.give(part)


def _broken(source: Source, httpx: ModuleType, error: Exception) -> None:
    """A body has broken off. Raises an error that is none of ours again."""
    kind = _kind(httpx, error, "truncated")
    source.finish(kind)
    if kind is None:
        raise error


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
    streamed: Callable[[Reading, Any, Words, Any, Wait], Any]


def _response(
    httpx: ModuleType, reply: Reply, request: Any, bodies: _Bodies, words: Words, real: Any = None, wait: Wait = _in_thread
) -> Any:
    """What the client gets. real: the response that was let through, of which this is told; wait: how more of it comes."""
    if isinstance(reply, Response):
        response, pieces = reply, reply.pieces
        headers = http1.framed(reply) if real is None else reply.headers
        stream = real.stream if real is not None else httpx.ByteStream(reply.body)
        if pieces is not None:
            stream = bodies.streamed(Reading(pieces), request, words, real, wait)
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


def _streamed(httpx: ModuleType) -> Callable[[Reading, Any, Words, Any, Wait], Any]:
    class StreamedBody(httpx.SyncByteStream, httpx.AsyncByteStream):  # type: ignore[misc, name-defined]
        """A body that comes in pieces."""

        def __init__(self, reading: Reading, request: Any, words: Words, real: Any, wait: Wait) -> None:
            self._reading = reading
            self._request = request
            self._words = words
            self._real = real
            self._wait = wait

        def __iter__(self) -> Iterator[bytes]:
            try:
                while (data := self._reading.next()) is not None:
                    yield data
                self._check()
            finally:
                self._reading.close()

        async def __aiter__(self) -> AsyncIterator[bytes]:
            try:
                while (data := await self._reading.next_async(self._wait, _sleep)) is not None:
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
            if self._real is not None:
                self._real.close()

        async def aclose(self) -> None:
            """The client is done with it."""
            self._reading.close()
            if self._real is not None:
                await self._real.aclose()

    return StreamedBody


def _cut(httpx: ModuleType, failure: Failure, response: Response, request: Any, words: Words) -> Any:
    if failure.kind not in ("truncated", "closed"):
        return _error(httpx, failure, request, words)
    received, expected = len(response.body), response.header("content-length")
    text = f"peer closed connection without sending complete message body (received {received} bytes, expected {expected})"
    return httpx.RemoteProtocolError(text, request=request)
