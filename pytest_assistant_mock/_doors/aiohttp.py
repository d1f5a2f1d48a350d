"""
The door of aiohttp: a pretend asyncio transport under aiohttp's own protocol, so its parser and ClientResponse stay real.

The seams are `TCPConnector._create_connection`, and `BaseConnector.connect` before it, lest a line from before the mock
be taken from the pool. A pretend line serves one request and is never pooled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import Any

from pytest_assistant_mock._doors import http1
from pytest_assistant_mock._doors.door import Answerer, Seam
from pytest_assistant_mock._engine.wire import Failure, Reply

_PARAMETERS = (("self", "req", "traces", "timeout"),)


def seams(aiohttp: ModuleType) -> Sequence[Seam]:
    """
    The seams of an installed aiohttp.
    """
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.connector import BaseConnector, TCPConnector

    def connect(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
        async def connect(connector: Any, req: Any, traces: Any, timeout: Any) -> Any:
            if answerer.plays(str(req.url)):
                for protocol, _ in connector._conns.pop(req.connection_key, ()):
                    protocol.close()
            return await original(connector, req, traces, timeout)

        return connect

    def create_connection(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
        async def create_connection(connector: Any, req: Any, traces: Any, timeout: Any) -> Any:
            if not answerer.plays(str(req.url)):
                return await original(connector, req, traces, timeout)
            protocol = ResponseHandler(asyncio.get_running_loop())
            protocol.connection_made(_Transport(aiohttp, answerer, protocol, req))
            protocol.force_close()
            return protocol

        return create_connection

    return (
        Seam(BaseConnector, "connect", connect, _PARAMETERS),
        Seam(TCPConnector, "_create_connection", create_connection, _PARAMETERS),
    )


class _Transport(asyncio.Transport):
    """
    Collects what the client writes; once it is a whole request, gives the reply to the protocol.
    """

    def __init__(self, aiohttp: ModuleType, answerer: Answerer, protocol: Any, req: Any) -> None:
        super().__init__()
        self._aiohttp = aiohttp
        self._answerer = answerer
        self._protocol = protocol
        self._req = req
        self._written = bytearray()
        self._closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._written += data
        request = http1.parse_request(bytes(self._written), str(self._req.url.origin()))
        if request is None:
            return
        self._written.clear()
        reply = self._answerer.handle(request)
        if reply is None:
            raise RuntimeError(f"{request.url} was to be answered and is not: a mock was closed while the request was sent")
        # after the client's own writing is done, as an answer from outside would come
        asyncio.get_running_loop().call_soon(self._give, reply)

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(list_of_data))

    def _give(self, reply: Reply) -> None:
        protocol = self._protocol
        if isinstance(reply, Failure) and reply.kind in ("connect_refused", "connect_timeout", "read_timeout"):
            protocol.set_exception(self._error(reply))
            return
        data, error = http1.reply_bytes(reply)
        if data:
            protocol.data_received(data)
        if isinstance(reply, Failure):
            self._closing = True
            protocol.connection_lost(error)

    def _error(self, failure: Failure) -> Any:
        aiohttp = self._aiohttp
        match failure.kind:
            case "connect_refused":
                return aiohttp.ClientConnectorError(self._req.connection_key, http1.refused())
            case "connect_timeout":
                kind = getattr(aiohttp, "ConnectionTimeoutError", aiohttp.ServerTimeoutError)
                return kind(f"Connection timeout to host {self._req.url}")
        if self._protocol.read_timeout is not None:
            kind = getattr(aiohttp, "SocketTimeoutError", aiohttp.ServerTimeoutError)
            return kind("Timeout on reading data from socket")
        return TimeoutError()

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True

    def abort(self) -> None:
        self._closing = True

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...
