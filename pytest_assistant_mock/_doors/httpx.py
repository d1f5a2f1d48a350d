"""
The door of httpx and of its successor httpx2: one door, for it takes the module.

The seams are `HTTPTransport.handle_request` and `AsyncHTTPTransport.handle_async_request`: the client's redirects, auth
and events run above them, and a proxy is only another transport of the same class.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

from pytest_assistant_mock._doors import http1
from pytest_assistant_mock._doors.door import Answerer, Seam
from pytest_assistant_mock._engine.wire import Failure, Reply, Request, Response

_PARAMETERS = (("self", "request"),)


def seams(httpx: ModuleType) -> Sequence[Seam]:
    """
    The seams of an installed httpx or httpx2.
    """
    broken = _broken_stream(httpx)

    def sync(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
        plays, handle = answerer.plays, answerer.handle

        def handle_request(transport: Any, request: Any) -> Any:
            url = str(request.url)
            if plays(url):
                reply = handle(_request(request, url, request.read()))
                if reply is not None:
                    return _response(httpx, reply, request, broken)
            return original(transport, request)

        return handle_request

    def asynchronous(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
        plays, handle = answerer.plays, answerer.handle

        async def handle_async_request(transport: Any, request: Any) -> Any:
            url = str(request.url)
            if plays(url):
                reply = handle(_request(request, url, await request.aread()))
                if reply is not None:
                    return _response(httpx, reply, request, broken)
            return await original(transport, request)

        return handle_async_request

    return (
        Seam(httpx.HTTPTransport, "handle_request", sync, _PARAMETERS),
        Seam(httpx.AsyncHTTPTransport, "handle_async_request", asynchronous, _PARAMETERS),
    )


def _request(request: Any, url: str, body: bytes) -> Request:
    return Request(request.method, url, tuple(request.headers.multi_items()), body)


def _response(httpx: ModuleType, reply: Reply, request: Any, broken: Callable[..., Any]) -> Any:
    if isinstance(reply, Response):
        response, stream = reply, httpx.ByteStream(reply.body)
    else:
        if reply.response is None:
            raise _error(httpx, reply, request)
        response, stream = reply.response, broken(reply, request)
    return httpx.Response(
        response.status,
        headers=http1.framed(response),
        stream=stream,
        extensions={"http_version": b"HTTP/1.1", "reason_phrase": response.reason.encode("ascii")},
    )


def _error(httpx: ModuleType, failure: Failure, request: Any) -> Any:
    match failure.kind:
        case "connect_refused":
            return httpx.ConnectError(str(http1.refused()), request=request)
        case "connect_timeout":
            return httpx.ConnectTimeout("timed out", request=request)
        case "read_timeout":
            return httpx.ReadTimeout("timed out", request=request)
    return httpx.ReadError(str(http1.reset()), request=request)


def _broken_stream(httpx: ModuleType) -> Callable[[Failure, Any], Any]:
    class BrokenStream(httpx.SyncByteStream, httpx.AsyncByteStream):  # type: ignore[misc, name-defined]
        """
        A body that breaks off.
        """

        def __init__(self, failure: Failure, request: Any) -> None:
            assert failure.response is not None
            self._data = failure.response.body[: failure.after_bytes]
            self._error = _cut(httpx, failure, len(self._data), request)

        def __iter__(self) -> Iterator[bytes]:
            if self._data:
                yield self._data
            raise self._error

        async def __aiter__(self) -> AsyncIterator[bytes]:
            if self._data:
                yield self._data
            raise self._error

    return BrokenStream


def _cut(httpx: ModuleType, failure: Failure, received: int, request: Any) -> Any:
    if failure.kind != "truncated":
        return _error(httpx, failure, request)
    assert failure.response is not None
    expected = len(failure.response.body)
    text = f"peer closed connection without sending complete message body (received {received} bytes, expected {expected})"
    return httpx.RemoteProtocolError(text, request=request)
