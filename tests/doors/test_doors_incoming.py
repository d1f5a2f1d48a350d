"""Messages that come in pieces, cut anywhere: read once, whole at the same byte as ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from time import perf_counter
from typing import Any

import pytest
from answerers import Recorder, Script, behind_doors, says
from peers import peer, sends

from pytest_assistant_mock._doors import http1
from pytest_assistant_mock._doors.incoming import IncomingReply, IncomingRequest

ORIGIN = "https://gw.corp.invalid"
REQUESTS = {
    "no body": b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n",
    "a length": b"POST /x HTTP/1.1\r\nContent-Length: 7\r\n\r\n\r\n\r\nabc",
    "chunks": b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n",
    "a trailer": b"POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\r\n\r\n0\r\nA: b\r\n\r\n",
}
REPLIES = {
    "a length": ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"),
    "chunks": ("GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
    "HEAD": ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n"),
    "204": ("DELETE", b"HTTP/1.1 204 No Content\r\n\r\n"),
    "304": ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 300\r\n\r\n"),
    "100": ("POST", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_whole_at_its_last_byte(name: str, size: int) -> None:
    """However it is cut, and not before."""
    data = REQUESTS[name]
    incoming = IncomingRequest(ORIGIN)
    found = [incoming.feed(data[start : start + size]) for start in range(0, len(data), size)]
    assert found[:-1] == [None] * (len(found) - 1)
    assert found[-1] == http1.parse_request(data, ORIGIN)
    assert found[-1] is not None


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_is_whole_at_its_last_byte(name: str, size: int) -> None:
    """However it is cut, and not before; its body is handed on as it comes."""
    method, data = REPLIES[name]
    incoming = IncomingReply(method)
    found, bodies = list[bool](), list[bytes]()
    for start in range(0, len(data), size):
        bodies.append(incoming.feed(data[start : start + size]))
        found.append(incoming.ended)
    assert found == [False] * (len(found) - 1) + [True]
    assert b"".join(bodies) == (b"abc" if b"abc" in data else b"")


@pytest.mark.parametrize(
    "data", [b"HTTP/1.1 200 OK\r\n\r\nabc", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc"]
)
def test_a_reply_that_does_not_say_its_end_is_never_whole(data: bytes) -> None:
    """The line ends it."""
    incoming = IncomingReply("GET")
    incoming.feed(data)
    assert not incoming.ended


async def _upload(pieces: int, url: str) -> None:
    aiohttp = pytest.importorskip("aiohttp")

    async def body() -> AsyncIterator[bytes]:
        for _ in range(pieces):
            yield b"x" * 1024

    async with aiohttp.ClientSession() as session, session.post(url, data=body()) as response:
        await response.read()


def _uploads(pieces: int) -> None:
    with behind_doors(Script(ORIGIN, says("ours"))):
        asyncio.run(_upload(pieces, ORIGIN))


def _records(pieces: int) -> None:
    chunks = b"".join(b"400\r\n%b\r\n" % (b"x" * 1024) for _ in range(pieces))
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with peer(sends(head + chunks + b"0\r\n\r\n")) as one, behind_doors(recorder := Recorder(one.url)):
        asyncio.run(_upload(1, one.url))
    assert len(recorder.told) == 1


@pytest.mark.parametrize("work", [_uploads, _records])
def test_four_times_the_pieces_take_about_four_times_as_long(work: Callable[[int], Any]) -> None:
    """Neither sixteen times nor sixty-four, by a wide margin."""
    work(10)
    times = []
    for pieces in (500, 2000):
        begun = perf_counter()
        work(pieces)
        times.append(perf_counter() - begun)
    assert times[1] < 10 * times[0] + 0.5
