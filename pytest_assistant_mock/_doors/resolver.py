"""
The last door, for clients without one: looking up a vendor's host, connecting to it by name, or asking a proxy for it, is a
clear error.

Covers what goes through Python's socket module, asyncio streams included; not a subprocess, pycurl, c-ares or a literal
address.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from pytest_assistant_mock._doors.seam import Answerer, Seam
from pytest_assistant_mock._doors.swap import stopped
from pytest_assistant_mock.errors import BlockedHost


def seams(socket: ModuleType) -> Sequence[Seam]:
    """The seams of the socket module."""
    lookups = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr")
    return (
        *(Seam(socket, name, _lookup) for name in lookups),
        *(Seam(socket.socket, name, _connect) for name in ("connect", "connect_ex")),
        *(Seam(socket.socket, name, _send) for name in ("send", "sendall")),
        *(Seam(socket.socket, name, _send_to) for name in ("sendto", "sendmsg")),
    )


def _lookup(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
    def lookup(host: Any, *args: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        refuse(answerer, host)
        return original(host, *args, **options)

    return lookup


def _connect(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
    def connect(sock: Any, address: Any) -> Any:
        __tracebackhide__ = True
        if isinstance(address, tuple) and address:
            refuse(answerer, address[0])
        return original(sock, address)

    return connect


def _send_to(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
    """`sendto(data, [flags,] address)` and `sendmsg(buffers, [ancillary, flags, address])`: an address is the last argument."""

    def send_to(sock: Any, *args: Any) -> Any:
        __tracebackhide__ = True
        if args and isinstance(args[-1], tuple) and args[-1]:
            refuse(answerer, args[-1][0])
        return original(sock, *args)

    return send_to


def _send(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
    """What opens a connection may be a question to a proxy, which would look the name up itself."""

    def send(sock: Any, data: Any, *args: Any) -> Any:
        __tracebackhide__ = True
        if isinstance(data, _BUFFERS) and data[:1] in _PROXY_BEGINS and (host := _asked_of_proxy(bytes(data[:_PROXY_HEAD]))):
            refuse(answerer, host)
        return original(sock, data, *args)

    return send


_BUFFERS = (bytes, bytearray, memoryview)

_PROXY_BEGINS = (b"\4", b"\5", *(bytes([letter]) for letter in b"CGHPDO"))
"""How a question to a proxy begins: SOCKS 4 and 5, CONNECT, and the methods a plain proxy is asked with."""

_PROXY_HEAD = 1024


def _asked_of_proxy(data: bytes) -> bytes | None:
    """The host a proxy is asked for; None if this is no such question."""
    if data[:1] == b"\5":  # version, command, 0, kind of address: 3 is a name, after its length
        return data[5 : 5 + data[4]] if data[1:4] == b"\1\0\3" and len(data) > 5 else None
    if data[:1] == b"\4":  # version, command, port, 0.0.0.x, user, 0, name, 0
        fields = data[8:].split(b"\0")
        return fields[1] if data[1:2] == b"\1" and data[4:7] == b"\0\0\0" and len(fields) > 2 else None
    method, _, rest = data.partition(b" ")
    target = rest.partition(b" ")[0]
    if method != b"CONNECT":
        scheme, separator, target = target.partition(b"://")
        if not separator or not method.isupper() or not scheme.isalpha():
            return None
    authority = target.partition(b"/")[0].partition(b"?")[0].rpartition(b"@")[2]
    return authority.rpartition(b":")[0] or authority


def refuse(answerer: Answerer, host: Any) -> None:
    """Raise BlockedHost for a host that nothing may connect to."""
    __tracebackhide__ = True
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("latin-1")
    if isinstance(host, str) and answerer.guards(host):
        raise stopped(
            answerer,
            BlockedHost(
                f"a connection to {host} was about to be made while an assistant mock is open; nothing was sent\n"
                "  why:  the mock cannot answer the client that makes it (it answers requests, urllib3, httpx, httpx2, aiohttp,"
                " http.client and urllib.request)\n"
                "  do:   use one of these clients in the test, or close the mock before a call that is meant for the real service"
            ),
        )
