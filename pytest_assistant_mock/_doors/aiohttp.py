"""
The door of aiohttp: a pretend asyncio transport under aiohttp's own protocol, so its parser and ClientResponse stay real.

The seams are `TCPConnector._create_connection`, and `BaseConnector.connect` before it, lest a line from before the mock
be taken from the pool. A pretend line serves one request and is never pooled.

aiohttp is pushed: what a transport gives stands in a buffer until it is read. A reply in pieces must not be made ahead, so its
next piece is given when `StreamReader._wait` is called, which is where a reader finds that buffer empty.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from types import ModuleType
from typing import Any

from pytest_assistant_mock._doors import http1
from pytest_assistant_mock._doors.arriving import Source
from pytest_assistant_mock._doors.incoming import CONTINUE, IncomingReply, IncomingRequest
from pytest_assistant_mock._doors.seam import Answerer, Seam, Tell, in_thread, tell_of
from pytest_assistant_mock._engine.streams import Reading, Stream, is_stream
from pytest_assistant_mock._engine.wire import Failure, FailureKind, Reply, Request, Response

__tracebackhide__ = True  # a failing test shows its own line

_PARAMETERS = (("self", "req", "traces", "timeout"),)


def seams(aiohttp: ModuleType) -> Sequence[Seam]:
    """The seams of an installed aiohttp."""
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import BaseConnector, TCPConnector
    from aiohttp.streams import StreamReader

    def connect(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
        async def connect(connector: Any, req: Any, traces: Any, timeout: Any) -> Any:
            if req.connection_key in connector._conns and answerer.plays(str(req.url)):
                for protocol, _ in connector._conns.pop(req.connection_key):
                    protocol.close()
            return await original(connector, req, traces, timeout)

        return connect

    def create_connection(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
        async def create_connection(connector: Any, req: Any, traces: Any, timeout: Any) -> Any:
            if not answerer.plays(str(req.url)):
                return await original(connector, req, traces, timeout)
            protocol = ResponseHandler(asyncio.get_running_loop())

            async def open_line() -> asyncio.Transport:
                async with asyncio.timeout(timeout.connect or None):
                    line: asyncio.Transport = (await original(connector, req, traces, timeout)).transport
                return line

            protocol.connection_made(_Transport(aiohttp, answerer, protocol, req, open_line))
            protocol.force_close()
            return protocol

        return create_connection

    return (
        Seam(BaseConnector, "connect", connect, _PARAMETERS),
        Seam(TCPConnector, "_create_connection", create_connection, _PARAMETERS),
        Seam(StreamReader, "_wait", _wait, (("self", "func_name"),)),
    )


def _wait(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
    async def wait(reader: Any, func_name: str) -> None:
        line = getattr(reader._protocol, "transport", None)
        source = line.source() if isinstance(line, _Transport) else None
        if source is None or reader._waiter is not None:  # which the original refuses: another task waits
            await original(reader, func_name)
            return
        reader._waiter = waiter = asyncio.get_running_loop().create_future()
        try:
            with reader._timer:
                await source.give_next()
        finally:
            reader._waiter = None
            _ = waiter.done() and waiter.exception()  # nobody waits for it: without this look the loop would complain
        if reader._exception is not None:
            raise reader._exception

    return wait


class _Transport(asyncio.Transport):
    """Collects what the client writes; once it is a whole request, gives the reply to the protocol, or opens the real line."""

    def __init__(
        self,
        aiohttp: ModuleType,
        answerer: Answerer,
        protocol: Any,
        req: Any,
        open_line: Callable[[], Awaitable[asyncio.Transport]],
    ) -> None:
        super().__init__()
        self._aiohttp = aiohttp
        self._answerer = answerer
        self._protocol = protocol
        self._req = req
        self._open_line = open_line
        self._origin = str(req.url.origin())
        self._incoming = IncomingRequest(self._origin)
        self._passage: _Passage | None = None
        self._reading: Reading | None = None
        self._continued = False
        self._closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        incoming = self._incoming
        request = incoming.feed(data)
        if request is None:
            if not self._continued and incoming.awaits_continue:
                self._continued = True
                self._soon(self._protocol.data_received, CONTINUE)
            return
        self._incoming = IncomingRequest(self._origin)
        try:
            reply = self._answerer.handle(request)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # in the task that writes a body aiohttp would wrap it, or lose it and wait for ever
            self._soon(_client_of(self._protocol).set_exception, error)
            return
        if reply is None:
            self._passage = _Passage(self._protocol, request, bytes(incoming.data), tell_of(self._answerer))
            self._passage.begin(self._open_line, self._connection_error)
        elif reply.delay:
            asyncio.get_running_loop().call_later(reply.delay, self._give, reply)
        else:
            self._soon(self._give, reply)

    def _soon(self, do: Callable[..., None], *arguments: Any) -> None:
        """After the client's own writing is done, as an answer from outside would come."""
        asyncio.get_running_loop().call_soon(do, *arguments)

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(list_of_data))

    def _give(self, reply: Reply) -> None:
        protocol = self._protocol
        if isinstance(reply, Response) and reply.pieces is not None:
            self._begin(reply, Reading(reply.pieces))
            return
        data, error = http1.reply_bytes(reply)
        if data:
            protocol.data_received(data)
        if isinstance(reply, Failure):
            if reply.kind in ("connect_refused", "connect_timeout", "read_timeout"):
                _fail(protocol, self._error(reply), reply)
            else:
                self._closing = True
                protocol.connection_lost(error)

    def _begin(self, response: Response, reading: Reading) -> None:
        """A reply in pieces: its head."""
        if self._closing:
            reading.close()
            return
        self._reading = reading
        self._protocol.data_received(http1.head_bytes(response, http1.framed(response)))

    def source(self) -> _Transport | None:
        """The line whose pieces are read here: this one, or one of a door below."""
        if self._passage is not None:
            below = self._passage.line
            return below.source() if isinstance(below, _Transport) else None
        return self if self._reading is not None else None

    async def give_next(self) -> None:
        """Give the next piece, or how they end."""
        reading, protocol = self._reading, self._protocol
        assert reading is not None
        data = await reading.next_async(in_thread, asyncio.sleep)
        if self._closing:  # meanwhile
            return
        if data is not None:
            protocol.data_received(http1.chunk(data))
            return
        self._reading = None
        self._end(reading.failure)

    def _end(self, kind: FailureKind | None) -> None:
        if kind is None:
            self._protocol.data_received(http1.LAST_CHUNK)
            return
        self._closing = True
        if kind == "read_timeout":  # which the client finds itself: its line is still there
            _fail(self._protocol, self._error(Failure(kind)), Failure(kind))
        else:
            self._protocol.connection_lost(http1.error_of(kind))

    def set_protocol(self, protocol: Any) -> None:
        """A passage above takes the line over."""
        self._protocol = protocol

    def _error(self, failure: Failure) -> Any:
        aiohttp = self._aiohttp
        match failure.kind:
            case "connect_refused":
                url = self._req.url
                refused = OSError(http1.refused().errno, f"Connect call failed ({url.host!r}, {url.port})")
                return aiohttp.ClientConnectorError(self._req.connection_key, refused)
            case "connect_timeout":
                return self._connection_timeout()
        if self._protocol.read_timeout is not None:
            kind = getattr(aiohttp, "SocketTimeoutError", aiohttp.ServerTimeoutError)
            return kind("Timeout on reading data from socket")
        return TimeoutError()

    def _connection_timeout(self) -> Any:
        kind = getattr(self._aiohttp, "ConnectionTimeoutError", self._aiohttp.ServerTimeoutError)
        return kind(f"Connection timeout to host {self._req.url}")

    def _connection_error(self, error: BaseException) -> Any:
        return self._connection_timeout() if isinstance(error, TimeoutError) else error

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True
        if self._reading is not None:
            self._reading.close()
            self._reading = None
            with suppress(RuntimeError):  # the loop has closed, and a finalizer closes this
                self._soon(self._protocol.connection_lost, None)  # a session that closes waits to hear this
        if self._passage is not None:
            self._passage.give_up(getattr(self._req, "_timer", None))

    def abort(self) -> None:
        self.close()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def pause_reading(self) -> None:
        if self._passage is not None:
            self._passage.pause_reading()

    def resume_reading(self) -> None:
        if self._passage is not None:
            self._passage.resume_reading()


def _fail(protocol: Any, error: BaseException, failure: Failure) -> None:
    if isinstance(protocol, _Passage):
        protocol.fail(error, failure)
        return
    payload = protocol._payload
    protocol.set_exception(error)
    if payload is not None:
        payload.set_exception(error)


def _client_of(protocol: Any) -> Any:
    """aiohttp's own protocol, above whatever passages."""
    while isinstance(protocol, _Passage):
        protocol = protocol.client
    return protocol


class _Passage(asyncio.Protocol):
    """
    A call that is let through: a real line, between its transport and the client's protocol. What comes is handed on at once;
    who wants to hear the reply hears its head before the client does, and its body as it comes.
    """

    def __init__(self, protocol: Any, request: Request, written: bytes, tell: Tell | None) -> None:
        self._protocol = protocol
        self._request = request
        self._written = written
        self._tell = tell
        self.line: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._incoming = IncomingReply(request.method)
        self._body = Source()
        self._heard: Stream | None = None
        self._given_up = False

    def begin(
        self, open_line: Callable[[], Awaitable[asyncio.Transport]], as_client: Callable[[BaseException], BaseException]
    ) -> None:
        """Open the line and send the request; an error becomes the client's by `as_client`."""

        async def connect() -> None:
            try:
                self.line = await open_line()
            except Exception as error:
                failure = http1.failure_of(error, timeout="connect_timeout")
                if failure is not None:
                    self._told(failure)
                self._protocol.set_exception(as_client(error))
            else:
                self.line.set_protocol(self)
                self.line.write(self._written)

        self._task = asyncio.get_running_loop().create_task(connect())

    @property
    def client(self) -> Any:
        """The protocol above."""
        return self._protocol

    def data_received(self, data: bytes) -> None:
        self._hear(data)
        self._protocol.data_received(data)

    def _hear(self, data: bytes) -> None:
        incoming = self._incoming
        if (self._tell is None and self._heard is None) or incoming.ended:
            return
        body = incoming.feed(data)
        if self._tell is not None and incoming.has_head:
            told = self._told(Response(incoming.status, incoming.headers, pieces=None if incoming.bodyless else self._body))
            self._heard = told.pieces if isinstance(told, Response) and is_stream(told.pieces) else None
        if body:
            self._body.give(body)
        if incoming.ended:
            self._body.finish(None)
        if self._heard is not None and (body or incoming.ended):
            self._heard.take()

    def _ends(self, kind: FailureKind | None) -> None:
        """The line is of no more use: tell how, unless that was told."""
        if self._heard is not None and not self._heard.ended:
            self._body.finish(kind)
            self._heard.take()
        elif kind is not None:
            self._told(Failure(kind))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._given_up:
            return
        broken: FailureKind | None = "truncated" if self._incoming.has_head else "closed"
        self._ends("reset" if exc is not None else None if self._incoming.ends_with_the_line else broken)
        self._protocol.connection_lost(exc)

    def pause_reading(self) -> None:
        """The client has more than it can read."""
        if self.line is not None:
            self.line.pause_reading()

    def resume_reading(self) -> None:
        """The client reads again."""
        if self.line is not None:
            self.line.resume_reading()

    def fail(self, error: BaseException, failure: Failure) -> None:
        """A door below answers with a failure."""
        self._ends(failure.kind)
        _fail(self._protocol, error, failure)

    @property
    def read_timeout(self) -> Any:
        """As the client set it."""
        return self._protocol.read_timeout

    def _told(self, reply: Reply) -> Reply:
        tell, self._tell = self._tell, None
        return tell(self._request, reply) if tell is not None else reply

    def give_up(self, timer: Any) -> None:
        """
        The client closes the line: it has its reply, or has left, or its time ran out, or it was cancelled, which is no failure
        of the line.
        """
        self._given_up = True
        task = asyncio.current_task()
        in_time = _in_time(self._protocol, timer)
        if not in_time or (self._heard is None and (task is None or not task.cancelling())):
            self._ends("connect_timeout" if self.line is None else "read_timeout")
        elif self._heard is not None:
            self._heard.close()
        if self._task is not None:
            self._task.cancel()
        if self.line is not None:
            self.line.close()


def _in_time(protocol: Any, timer: Any) -> bool:
    """Whether no time of the client's has run out."""
    payload = getattr(protocol, "_payload", None)
    return not (getattr(timer, "_cancelled", False) or (payload is not None and isinstance(payload.exception(), TimeoutError)))
