"""
One ASGI app around whoever answers: HTTP in, the vendor's own bytes out, on whatever server runs it.

Tells the vendors apart by path and asks as if the request had gone to the vendor's own base URL. Knows no vendor by name.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from struct import pack
from typing import Any, Protocol, TypeAlias

from pytest_assistant_mock._doors.seam import Answerer
from pytest_assistant_mock._engine.streams import Reading
from pytest_assistant_mock._engine.wire import Failure, FailureKind, Headers, Reply, Request, Response
from pytest_assistant_mock._serving.streaming import pieces_of, send_pieces

__tracebackhide__ = True  # a failing test shows its own line

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

BODY_LIMIT = 10_000_000
"""Bytes of a request's body that are taken, unless told otherwise."""

HANG_S = 30.0
"""Seconds a client is left waiting by a timeout before the line is closed, unless told otherwise."""

TRANSPORT = "assistant_mock.transport"
"""Where `scope["state"]` holds the asyncio transport, if the server is ours: only with it can a line be reset."""

_DRIPS = 10  # parts of a body that comes slowly
_SMALLEST_GZIP = 30  # bytes, as Envoy (the vendor's gateway) has it
_FORBIDDEN = bytes.maketrans(b"\r\n\0", b"   ")


class Control(Protocol):
    """Who answers below /__mock__/."""

    def is_asked(self, scope: Scope) -> bool:
        """Whether a request is for it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send, body_limit: int) -> None:
        """Answer it."""


class App:
    """
    The ASGI app.

    mounts: by the beginning of a vendor's paths ("/api/v1/threads"), the origin that the requests are meant for. A path that
    shares only the part above ("/api/v1/…") also goes to that vendor, which refuses it.
    ask: who is asked in the place of `answerer`, where an answer may have to come from elsewhere.
    too_large: makes the reply to a request whose body has more than `body_limit` bytes. The body itself is not read.
    control: who answers below /__mock__/; None if nobody does.
    """

    def __init__(
        self,
        answerer: Answerer,
        mounts: Mapping[str, str],
        too_large: Callable[[Request], Reply],
        control: Control | None = None,
    ) -> None:
        self.answerer = answerer
        self.ask: Callable[[Request], Awaitable[Reply | None]] | None = None
        self.control = control
        self.body_limit = BODY_LIMIT
        self.hang_s = HANG_S
        self._served = ", ".join(f"{mount}… ({origin.partition('://')[2]})" for mount, origin in mounts.items())
        above = {mount.rpartition("/")[0]: origin for mount, origin in mounts.items()}
        self._mounts = (*mounts.items(), *above.items())
        self._too_large = too_large

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http" and self.control is not None and self.control.is_asked(scope):
            await self.control(scope, receive, send, self.body_limit)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close"})

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = raw_path(scope)
        url = self.vendor_url(path, scope["query_string"].decode("latin-1"))
        headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
        if url is None:
            reply: Reply = self._nobody(scope["method"], path)
        else:
            body = await read_body(receive, scope["headers"], self.body_limit)
            if body is None:
                return  # the client is gone, and with it its question
            request = Request(scope["method"], url, headers, body)
            if len(body) > self.body_limit:
                reply = self._too_large(Request(request.method, url, headers))
            else:
                asked = self.answerer.handle(request) if self.ask is None else await self.ask(request)
                reply = asked or self._nobody(scope["method"], path)
        if isinstance(reply, Failure):
            await self._fail(reply, scope, receive, send)
        elif reply.pieces is not None:
            await self._stream(reply, Reading(reply.pieces), scope, receive, send)
        elif reply.delay:
            await _drip(receive, send, _coded(reply, scope["headers"]), scope["method"])
        else:
            await respond(send, _coded(reply, scope["headers"]), scope["method"])

    def vendor_url(self, path: str, query: str) -> str | None:
        """The URL a path would have at the vendor it belongs to, whatever prefix stands before; None if it is nobody's."""
        for mount, origin in self._mounts:
            start = path.find(mount)
            end = start + len(mount)
            if start >= 0 and (end == len(path) or path[end] == "/"):
                return f"{origin}{path[start:]}?{query}" if query else f"{origin}{path[start:]}"
        return None

    def _nobody(self, method: str, path: str) -> Response:
        said = {
            "error": f"nothing is served at {method} {path}",
            "served": f"{self._served}; any prefix may stand before",
            "do": "use a base URL that `assistant-mock serve` printed, or that `assistant_server.env` holds",
        }
        body = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")
        return Response(404, (("Content-Type", "application/json"), ("Content-Length", str(len(body)))), body)

    async def _fail(self, failure: Failure, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Break the line. On a server that hands out no transport a reset is a close.

        The line was accepted before anybody was asked: a connection refused is closed at once, one never made stays silent.
        """
        if failure.delay and await _until_gone(receive, failure.delay):
            return
        if failure.response is not None:
            await _begin(send, failure.response, failure.after_bytes)
        await self._break(failure.kind, scope, receive)

    async def _stream(self, response: Response, reading: Reading, scope: Scope, receive: Receive, send: Send) -> None:
        """A reply in pieces; to a client of HTTP/1.0, which knows no chunks, the whole of it at its end."""
        try:
            if response.delay and await _until_gone(receive, response.delay):
                return
            if scope.get("http_version") == "1.0":
                reply = _whole(response, b"".join([piece async for piece in pieces_of(reading)]), reading.failure)
                if isinstance(reply, Failure):
                    await self._fail(reply, scope, receive, send)
                else:
                    await respond(send, reply, scope["method"])
                return
            headers = [pair for pair in _head(response) if pair[0] != b"content-length"]
            await send({"type": "http.response.start", "status": response.status, "headers": headers})
            if not await send_pieces(send, receive, reading):
                return
            if reading.failure is not None:
                await self._break(reading.failure, scope, receive)
            else:
                await send({"type": "http.response.body", "body": b""})
        finally:
            reading.close()

    async def _break(self, kind: FailureKind, scope: Scope, receive: Receive) -> None:
        transport = scope.get("state", {}).get(TRANSPORT)
        if kind in ("read_timeout", "connect_timeout"):
            await _until_gone(receive, self.hang_s)
        if transport is not None:
            if kind == "reset":
                _reset(transport)
            else:
                transport.close()
            await _until_gone(receive, 1.0)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def raw_path(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    return scope["path"] if raw is None else raw.decode("latin-1")


async def read_body(receive: Receive, headers: list[tuple[bytes, bytes]], limit: int) -> bytes | None:
    """The body; more than `limit` bytes if it is too large, and then not the whole of it; None if the client went away."""
    for name, value in headers:
        if name == b"content-length" and value.isdigit() and int(value) > limit:
            return bytes(limit + 1)
    message = await receive()
    body = bytearray(message.get("body", b""))
    while message.get("more_body") and len(body) <= limit:
        message = await receive()
        body += message.get("body", b"")
    return None if message["type"] == "http.disconnect" else bytes(body)


def _coded(response: Response, asked: list[tuple[bytes, bytes]]) -> Response:
    """The response, compressed if the client asked for it: without a length, as a gateway's filter sends it."""
    if len(response.body) < _SMALLEST_GZIP or response.header("content-encoding") or not _takes_gzip(asked):
        return response
    import gzip

    kept = tuple(pair for pair in response.headers if pair[0].lower() not in ("content-length", "transfer-encoding"))
    coding: Headers = (("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
    return Response(response.status, (*kept, *coding), gzip.compress(response.body, 1, mtime=0), response.delay)


def _takes_gzip(headers: list[tuple[bytes, bytes]]) -> bool:
    for name, value in headers:
        if name == b"accept-encoding":
            for coding in value.lower().split(b","):
                token, _, weight = coding.replace(b" ", b"").partition(b";q=")
                if token == b"gzip":
                    return weight.strip(b"0.") != b"" or not weight
    return False


def _whole(response: Response, body: bytes, ended: FailureKind | None) -> Reply:
    """A response that came in pieces, in one. One that broke off declares more than has come."""
    declared = len(body) + (ended is not None)
    kept = tuple(pair for pair in response.headers if pair[0].lower() not in ("content-length", "transfer-encoding"))
    whole = Response(response.status, (*kept, ("Content-Length", str(declared))), body.ljust(declared))
    return whole if ended is None else Failure(ended, len(body), whole)


def _head(response: Response) -> list[tuple[bytes, bytes]]:
    """Headers for the server to send; which of them frame the body is the server's business, but for the length."""
    chunked = response.header("transfer-encoding") is not None
    left_out = ("transfer-encoding", "content-length") if chunked else ("transfer-encoding",)
    return [
        (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace").translate(_FORBIDDEN))
        for name, value in response.headers
        if name.lower() not in left_out
    ]


async def respond(send: Send, response: Response, method: str) -> None:
    await send({"type": "http.response.start", "status": response.status, "headers": _head(response)})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else response.body})


async def _drip(receive: Receive, send: Send, response: Response, method: str) -> None:
    """
    A response that takes all of its delay to arrive: its head, then its body in parts, at even steps; no more once the client
    is gone.
    """
    body = b"" if method == "HEAD" else response.body
    size = -(-len(body) // _DRIPS) or 1
    parts = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
    messages: list[dict[str, Any]] = [
        {"type": "http.response.start", "status": response.status, "headers": _head(response)},
        *({"type": "http.response.body", "body": part, "more_body": True} for part in parts),
    ]
    messages[-1]["more_body"] = False
    for message in messages:
        if await _until_gone(receive, response.delay / len(messages)):
            return
        await send(message)


async def _begin(send: Send, response: Response, after_bytes: int) -> None:
    """A response's head, and the first bytes of its body. It declares more than that, or no client would miss the rest."""
    body, declared = response.body[:after_bytes], response.header("content-length") or ""
    length = max(int(declared) if declared.isdecimal() else 0, len(response.body), len(body) + 1)
    headers = [pair for pair in _head(response) if pair[0] != b"content-length"]
    headers.append((b"content-length", str(length).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})


def _reset(transport: asyncio.Transport) -> None:
    """Close a line so that the other side sees RST, not FIN."""
    line = transport.get_extra_info("socket")
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
    transport.abort()


async def _until_gone(receive: Receive, seconds: float) -> bool:
    """Wait for the client to go away, but not longer than so many seconds; whether it did."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(gone(), seconds)
    except TimeoutError:
        return False
    return True
