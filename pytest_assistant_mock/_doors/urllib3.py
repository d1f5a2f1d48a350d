"""
The door of urllib3, 1.26 and 2.x, and so of requests.

The seam is `HTTPConnectionPool._make_request`: the pool's own retries and redirects run above it. `_prepare_proxy` runs
before it and would send CONNECT to a proxy, so it waits until the request is known not to be ours.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from http.client import HTTPResponse, RemoteDisconnected
from threading import local
from types import ModuleType
from typing import Any, ClassVar

from pytest_assistant_mock._doors import http1
from pytest_assistant_mock._doors.arriving import arriving
from pytest_assistant_mock._doors.seam import PASSING, Answerer, Seam, Tell, body_bytes, tell_of, wait
from pytest_assistant_mock._engine.wire import Failure, Headers, Reply, Request, Response

__tracebackhide__ = True  # a failing test shows its own line

_VERSION_1 = ("self", "conn", "method", "url", "timeout", "chunked", "httplib_request_kw")
_VERSION_2 = (
    "self", "conn", "method", "url", "body", "headers", "retries", "timeout", "chunked", "response_conn",
    "preload_content", "decode_content", "enforce_content_length",
)  # fmt: skip


def seams(urllib3: ModuleType) -> Sequence[Seam]:
    """The seams of an installed urllib3."""
    pools = urllib3.connectionpool
    version = _Version2(urllib3) if urllib3.__version__.startswith("2") else _Version1(urllib3)
    return (
        Seam(
            pools.HTTPConnectionPool,
            "_make_request",
            lambda answerer, original: _make_request(answerer, original, version),
            (_VERSION_1, _VERSION_2),
        ),
        Seam(pools.HTTPSConnectionPool, "_prepare_proxy", _prepare_proxy, (("self", "conn"),)),
    )


def _make_request(answerer: Answerer, original: Callable[..., Any], version: _Version1) -> Callable[..., Any]:
    plays, handle, tell = answerer.plays, answerer.handle, tell_of(answerer)

    def make_request(pool: Any, conn: Any, method: str, url: str, *args: Any, **options: Any) -> Any:
        absolute = url if url.startswith(("http://", "https://")) else _origin(pool) + url  # a plain proxy gets whole URLs
        if plays(absolute):
            body = body_bytes(options.get("body"), version.text_encoding)
            request = Request(method, absolute, text_pairs(options.get("headers")), body)
            reply = HANDED.reply or handle(request)
            if reply is not None:
                wait(reply)
                if pool.proxy is not None:
                    vars(conn).pop(_WAITING, None)
                pool.num_requests += 1
                return version.reply(reply, pool, conn, method, url, options)
            if options.get("body") is not None:
                options["body"] = body
            return let_through(request, pool, conn, method, url, *args, **options)
        _connect_to_proxy(pool, conn)
        return original(pool, conn, method, url, *args, **options)

    def let_through(request: Request, pool: Any, conn: Any, *args: Any, **options: Any) -> Any:
        vars(conn)[PASSING] = True
        try:
            _connect_to_proxy(pool, conn)
            if tell is None:
                return original(pool, conn, *args, **options)
            return _witnessed(tell, request, original, version, pool, conn, *args, **options)
        finally:
            vars(conn).pop(PASSING, None)

    return make_request


def _witnessed(
    tell: Tell, request: Request, original: Callable[..., Any], version: _Version1,
    pool: Any, conn: Any, method: str, url: str, *args: Any, **options: Any,
) -> Any:  # fmt: skip
    try:
        real = original(pool, conn, method, url, *args, **(options | version.unread))
    except Exception as error:
        failure = version.failure(error)
        if failure is not None:
            tell(request, failure)
        raise
    reply = tell(request, version.arriving(real, conn.close))
    return version.reply(reply, pool, conn, method, url, options, as_it_came=True)


def _prepare_proxy(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
    def prepare_proxy(pool: Any, conn: Any) -> None:
        if answerer.knows(_origin(pool)):
            vars(conn)[_WAITING] = original
        else:
            original(pool, conn)

    return prepare_proxy


class _Handed(local):
    """
    What a door above says of this thread's next request: the reply it has already been given, and that no other door above is
    to answer.
    """

    reply: Reply | None = None
    long = False


HANDED = _Handed()

_WAITING = "_assistant_mock_prepare_proxy"


def _connect_to_proxy(pool: Any, conn: Any) -> None:
    """What waited until the request was known not to be ours; a timeout is told as `urlopen` tells it."""
    prepare_proxy = vars(conn).pop(_WAITING, None)
    if prepare_proxy is None:
        return
    try:
        prepare_proxy(pool, conn)
    except OSError as error:
        pool._raise_timeout(err=error, url=str(pool.proxy), timeout_value=conn.timeout)
        raise


def _origin(pool: Any) -> str:
    host = f"[{pool.host}]" if ":" in pool.host else pool.host
    port = pool.port
    return f"{pool.scheme}://{host}" if port == _PORTS[pool.scheme] or not port else f"{pool.scheme}://{host}:{port}"


_PORTS = {"http": 80, "https": 443}


def text_pairs(headers: Any) -> Headers:
    """Headers as they travel, from a client's mapping."""
    return tuple((_text(name), _text(value)) for name, value in headers.items()) if headers else ()


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


class _Version1:
    """urllib3 1.26: `_make_request` returns what `http.client` would."""

    text_encoding = "latin-1"
    unread: ClassVar[dict[str, Any]] = {}  # options that leave a real response unread, and its connection ours

    def __init__(self, urllib3: ModuleType) -> None:
        self._urllib3 = urllib3
        self._header_dict = urllib3._collections.HTTPHeaderDict

    def reply(
        self, reply: Reply, pool: Any, conn: Any, method: str, url: str, options: dict[str, Any], as_it_came: bool = False
    ) -> Any:
        """What the pool goes on with, or the exception it would have met. as_it_came: it is read from the connection."""
        if isinstance(reply, Response):
            if reply.pieces is None:
                return self.whole(reply, pool, method, url, options)
        elif reply.response is None:
            raise self.error(reply, pool, conn, url, options) from http1.cause(reply)
        return self.read_on(reply, pool, method, url, options, as_it_came)

    def error(self, failure: Failure, pool: Any, conn: Any, url: str, options: dict[str, Any]) -> Any:
        """What the pool meets when no response begins."""
        exceptions = self._urllib3.exceptions
        timeout = pool._get_timeout(options["timeout"]) if "timeout" in options else pool.timeout
        match failure.kind:
            case "connect_refused":
                return exceptions.NewConnectionError(conn, f"Failed to establish a new connection: {http1.refused()}")
            case "connect_timeout":
                text = f"Connection to {pool.host} timed out. (connect timeout={timeout.connect_timeout})"
                return exceptions.ConnectTimeoutError(conn, text)
            case "read_timeout":
                return exceptions.ReadTimeoutError(pool, url, f"Read timed out. (read timeout={timeout.read_timeout})")
            case "closed":
                return RemoteDisconnected("Remote end closed connection without response")
        return http1.reset()

    def failure(self, error: Exception) -> Failure | None:
        """The failure behind what the pool met."""
        exceptions = self._urllib3.exceptions
        connecting = isinstance(error, exceptions.ConnectTimeoutError) and not isinstance(error, exceptions.NewConnectionError)
        if connecting:
            return Failure("connect_timeout")
        return Failure("read_timeout") if isinstance(error, exceptions.ReadTimeoutError) else http1.failure_of(error)

    def arriving(self, real: Any, close: Callable[[], None]) -> Response:
        """A real response, its body still to be read."""
        return arriving(real.status, tuple(real.msg.items()), real, close)

    def whole(self, response: Response, pool: Any, method: str, url: str, options: dict[str, Any]) -> Any:
        """A response whose body is all there."""
        return Original(response, self._header_dict(http1.framed(response)))

    def read_on(self, reply: Reply, pool: Any, method: str, url: str, options: dict[str, Any], as_it_came: bool) -> Any:
        """A response whose body comes in pieces, or breaks: read by `http.client` itself, which knows chunks and short bodies."""
        line = http1.Line(http1.reader(reply, as_it_came=as_it_came))
        response = HTTPResponse(line, method=method)  # type: ignore[arg-type]
        response.begin()
        return response


class _Version2(_Version1):
    """urllib3 2.x: `_make_request` returns urllib3's own response."""

    text_encoding = "utf-8"
    unread: ClassVar[dict[str, Any]] = {"preload_content": False, "response_conn": None}

    def arriving(self, real: Any, close: Callable[[], None]) -> Response:
        def close_both() -> None:  # and keep the response: forgotten, it would close what it read from
            close()
            real.close()

        return arriving(real.status, tuple(real.headers.items()), real._fp, close_both)

    def whole(self, response: Response, pool: Any, method: str, url: str, options: dict[str, Any]) -> Any:
        headers = self._header_dict(http1.framed(response))
        original = Original(response, headers) if "set-cookie" in headers else None
        facts = {"status": response.status, "reason": response.reason, "headers": headers, "original_response": original}
        return self._response(Body(response.body), facts, pool, method, url, options)

    def read_on(self, reply: Reply, pool: Any, method: str, url: str, options: dict[str, Any], as_it_came: bool) -> Any:
        original = super().read_on(reply, pool, method, url, options, as_it_came)
        headers = self._header_dict(original.msg.items())
        facts = {"status": original.status, "reason": original.reason, "headers": headers, "original_response": original}
        if as_it_came:
            facts["connection"] = options.pop("response_conn", None)
        return self._response(original, facts, pool, method, url, options)

    def _response(self, body: Any, facts: dict[str, Any], pool: Any, method: str, url: str, options: dict[str, Any]) -> Any:
        response = self._urllib3.response.HTTPResponse(
            body=body,
            version=11,
            version_string="HTTP/1.1",
            preload_content=options.get("preload_content", True),
            decode_content=options.get("decode_content", True),
            enforce_content_length=options.get("enforce_content_length", True),
            request_method=method,
            request_url=url,
            pool=pool,
            **facts,
        )
        response.retries = options.get("retries")
        held = options.get("response_conn")
        if held is not None:  # nothing more comes by it: free at once, for the response would not give it back
            pool._put_conn(held)
        return response


class Body(io.BytesIO):
    """A body that is all there. `read()` does not close a file, and urllib3 asks one that is not closed for more, for ever."""

    def isclosed(self) -> bool:
        """Whether it has been read to its end, as `http.client` has it."""
        return self.closed or self.tell() == len(self.getbuffer())


class Original(Body):
    """As much of an `http.client` response as urllib3 1.26, and the cookie jar of requests, look at."""

    def __init__(self, response: Response, headers: Any) -> None:
        super().__init__(response.body)
        self.msg = headers
        self.status = response.status
        self.reason = response.reason
        self.version = 11
