"""
The last door, for clients without one: looking up a vendor's host, or connecting to it by name, is a clear error.

Covers what goes through Python's socket module, asyncio streams included; not a subprocess, pycurl, c-ares or a literal
address.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from pytest_assistant_mock._doors.seam import Answerer, Seam
from pytest_assistant_mock.errors import BlockedHost


def seams(socket: ModuleType) -> Sequence[Seam]:
    """
    The seams of the socket module.
    """
    lookups = ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr")
    return (
        *(Seam(socket, name, _lookup) for name in lookups),
        *(Seam(socket.socket, name, _connect) for name in ("connect", "connect_ex")),
    )


def _lookup(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
    def lookup(host: Any, *args: Any, **options: Any) -> Any:
        __tracebackhide__ = True
        _refuse(answerer, host)
        return original(host, *args, **options)

    return lookup


def _connect(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
    def connect(sock: Any, address: Any) -> Any:
        __tracebackhide__ = True
        if isinstance(address, tuple) and address:
            _refuse(answerer, address[0])
        return original(sock, address)

    return connect


def _refuse(answerer: Answerer, host: Any) -> None:
    __tracebackhide__ = True
    if isinstance(host, (bytes, bytearray)):
        host = host.decode("latin-1")
    if isinstance(host, str) and answerer.guards(host):
        raise BlockedHost(
            f"a connection to {host} was about to be made while an assistant mock is open; nothing was sent\n"
            "  why:  the client that makes it has no door here (there are doors for requests, urllib3, httpx, httpx2, aiohttp,"
            " http.client and urllib.request)\n"
            "  do:   use one of these clients in the test, or close the mock before a call that is meant for the real service"
        )
