"""The clients the doors answer, each behind one function, so that a test reads the same for all."""

from __future__ import annotations

import asyncio
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from http import client as http_client
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import pytest


@dataclass(frozen=True)
class Ask:
    """What a client is asked to send, and how."""

    method: str
    url: str
    headers: Mapping[str, str | bytes] | None = None
    body: Any = None
    timeout: float = 20
    connect_timeout: float = 20
    proxy: str | None = None
    follow: bool = False
    pieces: int | None = None  # read the response in pieces of at most so many bytes


@dataclass(frozen=True)
class Got:
    """What the client saw: header names in lower case, the body decoded as the client decodes it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    pieces: tuple[bytes, ...] = ()

    def all(self, name: str) -> list[str]:
        """Every header of that name."""
        return [value for key, value in self.headers if key == name]


def _got(status: int, headers: Any, body: bytes, pieces: Any = ()) -> Got:
    return Got(status, tuple((name.lower(), value) for name, value in headers), body, tuple(pieces))


def _requests(ask: Ask) -> Got:
    import requests

    proxies = {"http": ask.proxy, "https": ask.proxy} if ask.proxy else None
    with (
        requests.Session() as session,
        session.request(
            ask.method, ask.url, headers=ask.headers, data=ask.body, timeout=(ask.connect_timeout, ask.timeout),
            proxies=proxies, allow_redirects=ask.follow, stream=True,
        ) as response,
    ):  # fmt: skip
        pieces = list(response.iter_content(ask.pieces or 1 << 20))
        return _got(response.status_code, response.raw.headers.items(), b"".join(pieces), pieces)


def _urllib3(ask: Ask) -> Got:
    import urllib3

    manager = urllib3.ProxyManager(ask.proxy) if ask.proxy else urllib3.PoolManager()
    with manager:
        response = manager.request(
            ask.method, ask.url, headers=ask.headers, body=ask.body, preload_content=False,
            timeout=urllib3.Timeout(connect=ask.connect_timeout, read=ask.timeout),
            retries=urllib3.Retry(3) if ask.follow else False,
        )  # fmt: skip
        pieces = list(response.stream(ask.pieces or 1 << 20))
        response.release_conn()
        return _got(response.status, response.headers.items(), b"".join(pieces), pieces)


def _httpx(httpx: Any, ask: Ask) -> Got:
    options = {
        "timeout": httpx.Timeout(ask.timeout, connect=ask.connect_timeout),
        "follow_redirects": ask.follow,
        "verify": False,
    }
    with (
        httpx.Client(proxy=ask.proxy, **options) as client,
        client.stream(ask.method, ask.url, headers=ask.headers, content=ask.body) as response,
    ):
        pieces = list(response.iter_bytes(ask.pieces))
        return _got(response.status_code, response.headers.multi_items(), b"".join(pieces), pieces)


async def _async_httpx(httpx: Any, ask: Ask) -> Got:
    options = {
        "timeout": httpx.Timeout(ask.timeout, connect=ask.connect_timeout),
        "follow_redirects": ask.follow,
        "verify": False,
    }
    async with (
        httpx.AsyncClient(proxy=ask.proxy, **options) as client,
        client.stream(ask.method, ask.url, headers=ask.headers, content=_asynchronous(ask.body)) as response,
    ):
        pieces = [piece async for piece in response.aiter_bytes(ask.pieces)]
        return _got(response.status_code, response.headers.multi_items(), b"".join(pieces), pieces)


async def _aiohttp(ask: Ask) -> Got:
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=None, sock_connect=ask.connect_timeout, sock_read=ask.timeout)
    async with (
        aiohttp.ClientSession(timeout=timeout, trust_env=True) as session,
        session.request(
            ask.method, ask.url, headers=ask.headers, data=_asynchronous(ask.body), proxy=ask.proxy, allow_redirects=ask.follow
        ) as response,
    ):
        chunks = response.content.iter_chunked(ask.pieces) if ask.pieces else response.content.iter_any()
        pieces = [piece async for piece in chunks]
        return _got(response.status, response.headers.items(), b"".join(pieces), pieces)


def _asynchronous(body: Any) -> Any:
    return _one_by_one(body) if isinstance(body, Iterator) and not hasattr(body, "read") else body


async def _one_by_one(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        await asyncio.sleep(0)
        yield piece


def _http_client(ask: Ask) -> Got:
    parts = urlsplit(ask.url)
    kind = http_client.HTTPSConnection if parts.scheme == "https" else http_client.HTTPConnection
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    assert parts.hostname
    if ask.proxy:
        proxy = urlsplit(ask.proxy)
        assert proxy.hostname
        connection = kind(proxy.hostname, proxy.port, timeout=ask.timeout)
        connection.set_tunnel(parts.hostname, parts.port)
    else:
        connection = kind(parts.hostname, parts.port, timeout=min(ask.timeout, ask.connect_timeout))
    try:
        connection.request(ask.method, target, ask.body, ask.headers or {})
        response = connection.getresponse()
        pieces = list(_read(response, ask.pieces))
        return _got(response.status, response.getheaders(), b"".join(pieces), pieces)
    finally:
        connection.close()


def _urllib_request(ask: Ask) -> Got:
    proxies = None if ask.proxy is None else {"http": ask.proxy, "https": ask.proxy}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(proxies), *([] if ask.follow else [_Stay()]))
    request = urllib.request.Request(ask.url, ask.body, ask.headers or {}, method=ask.method)
    try:
        response = opener.open(request, timeout=min(ask.timeout, ask.connect_timeout))
    except urllib.error.HTTPError as error:
        response = error
    with response:
        pieces = list(_read(response, ask.pieces))
        return _got(response.status, response.headers.items(), b"".join(pieces), pieces)


class _Stay(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to the test."""

    def redirect_request(self, *arguments: Any) -> None:
        """None: the redirect is the answer."""


def _read(response: Any, pieces: int | None) -> Iterator[bytes]:
    if pieces is None:
        yield response.read()
    else:
        while piece := response.read(pieces):
            yield piece


def _run(function: Callable[[Ask], Any]) -> Callable[[Ask], Got]:
    return lambda ask: asyncio.run(function(ask))


def _with_module(name: str, function: Callable[[Any, Ask], Any]) -> Callable[[Ask], Any]:
    def send(ask: Ask) -> Any:
        return function(__import__(name), ask)

    return send


@dataclass(frozen=True)
class Client:
    """One row of the table: a name, the library it needs, how it sends."""

    name: str
    library: str
    call: Callable[[Ask], Got]

    def send(self, method: str, url: str, **options: Any) -> Got:
        """Send one request; options are the fields of `Ask`."""
        return self.call(Ask(method, url, **options))


def _requests_json(url: str, value: Any) -> None:
    import requests

    requests.post(url, json=value)


def _urllib3_json(url: str, value: Any) -> None:
    import urllib3

    with urllib3.PoolManager() as manager:
        manager.request("POST", url, json=value)


def _httpx_json(httpx: Any, url: str, value: Any) -> None:
    httpx.post(url, json=value)


async def _async_httpx_json(httpx: Any, url: str, value: Any) -> None:
    async with httpx.AsyncClient() as client:
        await client.post(url, json=value)


async def _aiohttp_json(url: str, value: Any) -> None:
    import aiohttp

    async with aiohttp.ClientSession() as session, session.post(url, json=value) as response:
        await response.read()


JSON: dict[str, Callable[[str, Any], None]] = {
    "requests": _requests_json,
    "urllib3": _urllib3_json,
    "httpx": lambda url, value: _httpx_json(__import__("httpx"), url, value),
    "httpx-async": lambda url, value: asyncio.run(_async_httpx_json(__import__("httpx"), url, value)),
    "httpx2": lambda url, value: _httpx_json(__import__("httpx2"), url, value),
    "httpx2-async": lambda url, value: asyncio.run(_async_httpx_json(__import__("httpx2"), url, value)),
    "aiohttp": lambda url, value: asyncio.run(_aiohttp_json(url, value)),
}
"""How a client sends a value as JSON by itself; those of the standard library do not."""


CLIENTS = (
    Client("requests", "requests", _requests),
    Client("urllib3", "urllib3", _urllib3),
    Client("httpx", "httpx", _with_module("httpx", _httpx)),
    Client("httpx-async", "httpx", _run(_with_module("httpx", _async_httpx))),
    Client("httpx2", "httpx2", _with_module("httpx2", _httpx)),
    Client("httpx2-async", "httpx2", _run(_with_module("httpx2", _async_httpx))),
    Client("aiohttp", "aiohttp", _run(_aiohttp)),
    Client("http.client", "http", _http_client),
    Client("urllib.request", "urllib", _urllib_request),
)


def rows(*leave_out: str) -> list[Any]:
    """The clients as parameters; one whose library is not installed is skipped."""
    return [
        pytest.param(
            client,
            id=client.name,
            marks=pytest.mark.skipif(find_spec(client.library) is None, reason=f"{client.library} is not installed"),
        )
        for client in CLIENTS
        if client.name not in leave_out
    ]
