"""Replies in pieces over the socket: as they come, not compressed, to every way of reading; cut, left early, waited for."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import httpx
import pytest
import readers
from made_streams import Made, frames
from readers import Reader
from sockets import KEY, alive, client, connect, everything

from pytest_assistant_mock import AssistantMock, AssistantServer, Request, Response, faults
from pytest_assistant_mock._engine.streams import Piece

pytest.importorskip("uvicorn")

EVENTS = (("Content-Type", "text/event-stream"),)
PATH = "/api/v1/threads/x"
PIECES = ["data: 北京\n\n".encode(), "data: 晴\n\n".encode(), b"data: end\n\n"]
WHOLE = b"".join(PIECES)


@pytest.fixture
def server() -> Iterator[AssistantServer]:
    """A server of its own."""
    with AssistantServer(strict=False) as server:
        yield server


def stream(server: AssistantServer, made: Any) -> str:
    """Answer a URL with a stream, once; a POST to it lets the stream go on."""

    def go_on(request: Request) -> Response:
        made.go.set()
        return Response(200)

    server.model_studio.reply("GET /threads/x", lambda request: Response(200, EVENTS, pieces=made))
    server.model_studio.reply("POST /threads/x", go_on, optional=True)
    return server.url + PATH


def ask(server: AssistantServer, version: str = "1.1", **headers: str) -> socket.socket:
    """A line on which the stream was asked for."""
    line = connect(server)
    head = [f"GET {PATH} HTTP/{version}", "Host: localhost", *(f"{name}: {value}" for name, value in {**KEY, **headers}.items())]
    line.sendall("\r\n".join([*head, "", ""]).encode())
    return line


@pytest.mark.parametrize("reader", readers.rows())
def test_pieces_arrive_before_the_next_is_made(server: AssistantServer, reader: Reader) -> None:
    """The stream stops after two pieces; the client has both, and its next request lets the stream go on."""
    made, got = Made(frames(4), stops_at=2), []
    url = stream(server, made)

    def after(part: bytes, post: Any) -> Any:
        got.append(part)
        if b"".join(got) != b"".join(frames(2)) or made.go.is_set():
            return None
        assert made.made == 2
        if reader.asynchronous:
            return asyncio.to_thread(httpx.post, url, headers=KEY)
        httpx.post(url, headers=KEY)
        return None

    reader.read(url, after)
    assert b"".join(got) == b"".join(frames(4))


def test_each_piece_is_a_chunk_and_nothing_is_compressed(server: AssistantServer) -> None:
    """Though the client takes gzip."""
    stream(server, Made(PIECES))
    with ask(server, Connection="close", **{"Accept-Encoding": "gzip"}) as line:
        data, end = everything(line)
    head, _, body = data.partition(b"\r\n\r\n")
    assert b"content-encoding" not in head.lower()
    assert head.lower().count(b"transfer-encoding: chunked") == 1
    assert (body, end) == (b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in (*PIECES, b"")), "closed")


def test_a_line_is_kept_after_a_stream(server: AssistantServer) -> None:
    """The same connection asks again."""
    stream(server, Made(PIECES))
    conn = client(server)
    conn.request("GET", PATH, headers=KEY)
    assert conn.getresponse().read() == WHOLE
    line = conn.sock
    conn.request("POST", "/api/v1/threads", "{}", KEY)
    assert (json.loads(conn.getresponse().read())["object"], conn.sock) == ("thread", line)
    conn.close()


@pytest.mark.parametrize("cut", [None, 3])
def test_a_client_of_http_1_0_gets_the_whole_with_its_length(server: AssistantServer, cut: int | None) -> None:
    """It knows no chunks; of a stream that is cut it gets less than was declared."""
    stream(server, Made(PIECES))
    if cut is not None:
        server.model_studio.fail(faults.truncated(cut))
    with ask(server, "1.0") as line:
        data, end = everything(line)
    head, _, body = data.partition(b"\r\n\r\n")
    declared = len(WHOLE) if cut is None else cut + 1
    assert (body, end) == (WHOLE[:cut], "closed")
    assert f"content-length: {declared}".encode() in head.lower()
    assert b"chunked" not in head.lower()


def test_the_answer_to_head_has_no_body(server: AssistantServer) -> None:
    """And its stream is closed."""
    made = Made(PIECES)
    server.model_studio.reply("HEAD /threads/x", lambda request: Response(200, EVENTS, pieces=made))
    conn = client(server)
    conn.request("HEAD", PATH, headers=KEY)
    answer = conn.getresponse()
    assert (answer.status, answer.read(), made.made, made.closes) == (200, b"", 0, 1)
    conn.close()


@pytest.mark.parametrize("after", [0, 3, len(PIECES[0]), len(PIECES[0]) + 7])
@pytest.mark.parametrize(("fault", "end"), [(faults.reset, "reset"), (faults.truncated, "closed")])
def test_a_stream_is_cut_where_the_fault_says(server: AssistantServer, fault: Any, end: str, after: int) -> None:
    """So many bytes arrive, in chunks without the last one, then the line breaks; the server lives on."""
    made = Made(PIECES)
    stream(server, made)
    server.model_studio.fail(fault(after))
    with ask(server) as line:
        data, ended = everything(line)
    body = data.partition(b"\r\n\r\n")[2]
    arrived = b"".join(part for at, part in enumerate(body.split(b"\r\n")) if at % 2) if b"\r\n" in body else b""
    assert (arrived, ended, made.closes, alive(server)) == (WHOLE[:after], end, 1, True)
    [exchange] = [one for one in server.model_studio.exchanges if one.faults]
    assert exchange.response is not None
    assert exchange.response.body == WHOLE[:after]


def test_what_a_piece_raises_breaks_the_line_and_fails_at_exit(caplog: pytest.LogCaptureFixture) -> None:
    """The client cannot be told over a socket; the test is, when the server closes."""
    caplog.set_level(logging.CRITICAL, "pytest_assistant_mock.server")
    with pytest.raises(LookupError, match="no script"), AssistantServer() as server:
        stream(server, Made(PIECES, raises=LookupError("no script")))
        conn = HTTPConnection("127.0.0.1", connectable(server), timeout=5)
        conn.request("GET", PATH, headers=KEY)
        response = conn.getresponse()
        with pytest.raises(Exception, match="IncompleteRead"):
            response.read()
        conn.close()
        assert alive(server)


def connectable(server: AssistantServer) -> int:
    """The port."""
    return int(server.url.rpartition(":")[2])


class Pausing(Made):
    """A stream whose second piece comes after an hour."""

    def take(self) -> Piece | None:
        piece = super().take()
        self.go.set()
        return piece and piece._replace(pause=3600.0 if self.made == 2 else 0.0)


class Closed(Made):
    """A stream that says when it was closed."""

    def __init__(self, stops_at: int | None) -> None:
        super().__init__(PIECES, stops_at)
        self.closed = threading.Event()

    def close(self) -> None:
        super().close()
        self.closed.set()


class ClosedInAPause(Closed, Pausing):
    """The same, of one that pauses."""


@pytest.mark.parametrize("made", [Closed(1), ClosedInAPause(None)], ids=["waiting", "pausing"])
def test_a_client_that_goes_away_closes_the_stream(server: AssistantServer, made: Closed) -> None:
    """While the stream waits or pauses: it hears of it, once, and the exchange holds what was sent."""
    stream(server, made)
    line = ask(server)
    received = b""
    while PIECES[0] not in received:
        received += line.recv(65536)
    line.close()
    assert made.closed.wait(5)
    assert (made.closes, alive(server)) == (1, True)
    assert server.model_studio.exchanges[0].response.body.startswith(PIECES[0])


def test_many_streams_wait_at_the_same_time(server: AssistantServer) -> None:
    """More of them than a pool has threads: each goes on as soon as it may."""
    waiting = [Made(frames(2), stops_at=1) for _ in range(40)]
    coming = iter(waiting)
    server.model_studio.reply("GET /threads/x", lambda request: Response(200, EVENTS, pieces=next(coming)), times=None)
    lines = [ask(server, Connection="close") for _ in waiting]
    for made in waiting:
        assert made.waits.wait(5)
    for made in reversed(waiting):
        made.go.set()
    for line in lines:
        with line:
            data, _ = everything(line)
            assert data.endswith(b"data: 1\n\n\r\n0\r\n\r\n")


def test_a_stream_that_nobody_ends_does_not_keep_the_server_open() -> None:
    """The server closes while a stream pauses for an hour and its client waits."""
    made = Pausing(PIECES)
    with AssistantServer() as server:
        stream(server, made)
        line = ask(server)
        assert made.go.wait(5)
        while made.made < 2:
            pass
    with line:
        assert everything(line)[1] in ("closed", "reset")


def test_the_app_streams_without_a_server_of_ours() -> None:
    """Through httpx's own ASGI transport, which hands out no line to break."""
    with AssistantMock(strict=False) as mock:
        mock.model_studio.reply("GET /threads/x", Response(200, EVENTS, pieces=PIECES))

        async def get() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(mock.asgi), base_url="http://testserver") as client:
                return await client.get(PATH, headers=KEY)

        answer = asyncio.run(get())
        assert (answer.status_code, answer.content) == (200, WHOLE)
        assert mock.model_studio.exchanges[0].response.body == WHOLE
