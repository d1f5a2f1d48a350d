"""The ways a client can read a reply as it comes, each behind one function, so that a test reads the same for all."""

from __future__ import annotations

import asyncio
import inspect
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http import client as http_client
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import pytest

Post = Callable[[str], Any]
"""Sends one more request by the same client; of an asynchronous one an awaitable."""
KEY = {"Authorization": "Bearer any-key-will-do"}
After = Callable[[bytes, Post], Any]
"""Called with each part that was read; False leaves. An awaitable is awaited."""


def _lines(lines: Any) -> Iterator[bytes]:
    for line in lines:
        if line.strip():
            yield (line.encode() if isinstance(line, str) else line).rstrip() + b"\n\n"


async def _async_lines(lines: Any) -> AsyncIterator[bytes]:
    async for line in lines:
        if line.strip():
            yield (line.encode() if isinstance(line, str) else line).rstrip() + b"\n\n"


async def _chunks(chunks: Any) -> AsyncIterator[bytes]:
    async for data, _ in chunks:
        if data:  # aiohttp gives one without any where the last chunk comes later than the one before it
            yield data


def _requests(parts: Callable[[Any], Any]) -> Any:
    @contextmanager
    def opened(url: str, timeout: float = 10) -> Iterator[Any]:
        import requests

        with requests.Session() as session, session.get(url, headers=KEY, stream=True, timeout=timeout) as response:
            yield parts(response), session.post

    return opened


def _urllib3(parts: Callable[[Any], Any]) -> Any:
    @contextmanager
    def opened(url: str, timeout: float = 10) -> Iterator[Any]:
        import urllib3

        with urllib3.PoolManager() as manager:
            response = manager.request("GET", url, headers=KEY, preload_content=False, retries=False, timeout=timeout)
            try:
                yield parts(response), lambda url: manager.request("POST", url)
            finally:
                response.close()

    return opened


def _httpx(name: str, parts: Callable[[Any], Any]) -> Any:
    @contextmanager
    def opened(url: str, timeout: float = 10) -> Iterator[Any]:
        with __import__(name).Client(timeout=timeout) as client, client.stream("GET", url, headers=KEY) as response:
            yield parts(response), client.post

    return opened


def _async_httpx(name: str, parts: Callable[[Any], Any]) -> Any:
    @asynccontextmanager
    async def opened(url: str, timeout: float = 10) -> AsyncIterator[Any]:
        async with __import__(name).AsyncClient(timeout=timeout) as client, client.stream("GET", url, headers=KEY) as response:
            yield parts(response), client.post

    return opened


def _events(response: Any) -> Iterator[bytes]:
    from httpx_sse import EventSource

    for event in EventSource(response).iter_sse():
        yield b"data: %b\n\n" % event.data.encode()


async def _async_events(response: Any) -> AsyncIterator[bytes]:
    from httpx_sse import EventSource

    async for event in EventSource(response).aiter_sse():
        yield b"data: %b\n\n" % event.data.encode()


def _aiohttp(parts: Callable[[Any], Any]) -> Any:
    @asynccontextmanager
    async def opened(url: str, timeout: float = 10) -> AsyncIterator[Any]:
        import aiohttp

        limit = aiohttp.ClientTimeout(sock_read=timeout)
        async with aiohttp.ClientSession(timeout=limit) as session, session.get(url, headers=KEY) as response:
            yield parts(response.content), session.post

    return opened


def _connection(url: str, timeout: float = 10) -> http_client.HTTPConnection:
    parts = urlsplit(url)
    kind = http_client.HTTPSConnection if parts.scheme == "https" else http_client.HTTPConnection
    return kind(parts.netloc, timeout=timeout)


def _http_client(parts: Callable[[Any], Any]) -> Any:
    def post(url: str) -> None:
        _connection(url).request("POST", urlsplit(url).path)

    @contextmanager
    def opened(url: str, timeout: float = 10) -> Iterator[Any]:
        connection = _connection(url, timeout)
        connection.request("GET", urlsplit(url).path, headers=KEY)
        response = connection.getresponse()
        try:
            yield parts(response), post
        finally:
            connection.close()

    return opened


@contextmanager
def _urllib_request(url: str, timeout: float = 10) -> Iterator[Any]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, headers=KEY), timeout=timeout) as response:
        yield _lines(response), lambda url: opener.open(url, b"").close()


@dataclass(frozen=True)
class Reader:
    """One row of the table. `whole_lines`: whether it gives lines or events, and so nothing of one that is not whole."""

    name: str
    library: str
    opened: Callable[..., Any]
    whole_lines: bool = False

    @property
    def asynchronous(self) -> bool:
        """Whether it runs in a loop."""
        return hasattr(self.opened("http://unused.invalid/"), "__aenter__")

    def read(self, url: str, after: After = lambda part, post: None, timeout: float = 10) -> None:
        """Read a reply to its end, or as long as `after` likes; `timeout` is how many seconds the client waits for a part."""
        if self.asynchronous:
            asyncio.run(self.read_async(url, after, timeout))
            return
        with self.opened(url, timeout) as (parts, post):
            for part in parts:
                if after(part, post) is False:
                    break

    async def read_async(self, url: str, after: After = lambda part, post: None, timeout: float = 10) -> None:
        """The same, in a loop that runs already."""
        async with self.opened(url, timeout) as (parts, post):
            async for part in parts:
                said = after(part, post)
                if (await said if inspect.isawaitable(said) else said) is False:
                    break


_HTTPX_WAYS: dict[str, Any] = {
    "iter_bytes": lambda response: response.iter_bytes(),
    "iter_raw": lambda response: response.iter_raw(),
}
_ASYNC_HTTPX_WAYS: dict[str, Any] = {
    "aiter_bytes": lambda response: response.aiter_bytes(),
    "aiter_raw": lambda response: response.aiter_raw(),
}


def _of_httpx(name: str) -> Iterator[Reader]:
    for way, parts in _HTTPX_WAYS.items():
        yield Reader(f"{name}-{way}", name, _httpx(name, parts))
    for way, parts in _ASYNC_HTTPX_WAYS.items():
        yield Reader(f"{name}-{way}", name, _async_httpx(name, parts))
    yield Reader(f"{name}-iter_lines", name, _httpx(name, lambda response: _lines(response.iter_lines())), whole_lines=True)
    lines = _async_httpx(name, lambda response: _async_lines(response.aiter_lines()))
    yield Reader(f"{name}-aiter_lines", name, lines, whole_lines=True)


READERS = (
    Reader("requests-iter_content-None", "requests", _requests(lambda response: response.iter_content(None))),
    Reader("requests-iter_content-512", "requests", _requests(lambda response: response.iter_content(512))),
    Reader("requests-iter_lines", "requests", _requests(lambda one: _lines(one.iter_lines())), whole_lines=True),
    Reader("urllib3-stream", "urllib3", _urllib3(lambda response: response.stream())),
    Reader("urllib3-stream-128", "urllib3", _urllib3(lambda response: response.stream(128))),
    Reader("urllib3-read_chunked", "urllib3", _urllib3(lambda response: response.read_chunked())),
    *_of_httpx("httpx"),
    Reader("httpx-sse", "httpx_sse", _httpx("httpx", _events), whole_lines=True),
    Reader("httpx-sse-async", "httpx_sse", _async_httpx("httpx", _async_events), whole_lines=True),
    *_of_httpx("httpx2"),
    Reader("aiohttp-iter_any", "aiohttp", _aiohttp(lambda content: content.iter_any())),
    Reader("aiohttp-iter_chunks", "aiohttp", _aiohttp(lambda content: _chunks(content.iter_chunks()))),
    Reader("aiohttp-iter_chunked", "aiohttp", _aiohttp(lambda content: content.iter_chunked(512))),
    Reader("aiohttp-lines", "aiohttp", _aiohttp(_async_lines), whole_lines=True),
    Reader("http.client-read1", "http", _http_client(lambda response: iter(response.read1, b""))),
    Reader("http.client-lines", "http", _http_client(_lines), whole_lines=True),
    Reader("urllib.request-lines", "urllib", _urllib_request, whole_lines=True),
)


def rows(quality: Callable[[Reader], bool] = lambda reader: True) -> list[Any]:
    """The ways of a quality as parameters; one whose library is not installed is skipped."""
    return [
        pytest.param(
            reader,
            id=reader.name,
            marks=pytest.mark.skipif(find_spec(reader.library) is None, reason=f"{reader.library} is not installed"),
        )
        for reader in READERS
        if quality(reader)
    ]
