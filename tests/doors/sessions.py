"""Clients that keep lines and cookies between requests, each as one function from URL to body."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http import client as http_client
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import pytest

Get = Callable[[str], bytes]


@contextmanager
def _requests() -> Iterator[Get]:
    import requests

    with requests.Session() as session:
        yield lambda url: session.get(url).content


@contextmanager
def _urllib3() -> Iterator[Get]:
    import urllib3

    with urllib3.PoolManager() as manager:
        yield lambda url: manager.request("GET", url).data


def _httpx(name: str) -> Callable[[], AbstractContextManager[Get]]:
    @contextmanager
    def opened() -> Iterator[Get]:
        with __import__(name).Client() as client:
            yield lambda url: client.get(url).content

    return opened


def _async_httpx(name: str) -> Callable[[], AbstractContextManager[Get]]:
    @contextmanager
    def opened() -> Iterator[Get]:
        with asyncio.Runner() as runner:
            client = __import__(name).AsyncClient()
            yield lambda url: runner.run(client.get(url)).content
            runner.run(client.aclose())

    return opened


@contextmanager
def _aiohttp() -> Iterator[Get]:
    import aiohttp

    async def get(url: str) -> bytes:
        async with session.get(url) as response:
            return await response.read()

    async def opened() -> Any:
        return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    with asyncio.Runner() as runner:
        session = runner.run(opened())
        yield lambda url: runner.run(get(url))
        runner.run(session.close())


@contextmanager
def _http_client() -> Iterator[Get]:
    kept: dict[str, http_client.HTTPConnection] = {}

    def get(url: str) -> bytes:
        parts = urlsplit(url)
        connection = kept.setdefault(parts.netloc, http_client.HTTPConnection(parts.netloc))
        connection.request("GET", parts.path)
        return connection.getresponse().read()

    yield get
    for connection in kept.values():
        connection.close()


@contextmanager
def _urllib_request() -> Iterator[Get]:
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def get(url: str) -> bytes:
        with opener.open(url) as response:
            body: bytes = response.read()
            return body

    yield get


@dataclass(frozen=True)
class Session:
    """One row of the table. `lines`: whether it keeps them; `cookies`: whether it keeps those."""

    name: str
    library: str
    opened: Callable[[], AbstractContextManager[Get]]
    lines: bool = True
    cookies: bool = True


SESSIONS = (
    Session("requests", "requests", _requests),
    Session("urllib3", "urllib3", _urllib3, cookies=False),
    Session("httpx", "httpx", _httpx("httpx")),
    Session("httpx-async", "httpx", _async_httpx("httpx")),
    Session("httpx2", "httpx2", _httpx("httpx2")),
    Session("httpx2-async", "httpx2", _async_httpx("httpx2")),
    Session("aiohttp", "aiohttp", _aiohttp),
    Session("http.client", "http", _http_client, cookies=False),
    Session("urllib.request", "urllib", _urllib_request, lines=False),
)


def rows(quality: Callable[[Session], bool]) -> list[Any]:
    """The sessions of a quality as parameters; one whose library is not installed is skipped."""
    return [
        pytest.param(
            session,
            id=session.name,
            marks=pytest.mark.skipif(find_spec(session.library) is None, reason=f"{session.library} is not installed"),
        )
        for session in SESSIONS
        if quality(session)
    ]
