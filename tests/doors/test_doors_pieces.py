"""What a client may count on when a reply comes in pieces: one table of ways to read, one test a promise."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from http import client as http_client
from math import ceil
from typing import Any

import pytest
import readers
import sessions
from answerers import Recorder, Script, behind_doors
from made_streams import Made, frames
from peers import Act, peer, resets, sends
from readers import Reader

from pytest_assistant_mock import AssistantMock, faults
from pytest_assistant_mock._doors import http1
from pytest_assistant_mock._engine.streams import Piece
from pytest_assistant_mock._engine.wire import Reply, Request, Response

BASE = "http://gw.corp.invalid/v1"
EVENTS = (("Content-Type", "text/event-stream"),)
SIZES = (12, 100, 127, 128, 129, 511, 512, 513, 4096, 8191, 8192, 8193, 20_000)


def _streaming(stream: Any) -> Response:
    return Response(200, EVENTS, pieces=stream)


def _answering(stream: Any) -> Script:
    """A stream at GET; a POST lets it go on."""

    def answer(request: Request) -> Reply:
        if request.method == "GET":
            return _streaming(stream)
        stream.go.set()
        return Response(200)

    return Script(BASE, answer)


@pytest.mark.parametrize("reader", readers.rows())
def test_pieces_come_one_by_one(reader: Reader) -> None:
    """No piece is made before the one ahead of it has been read, whatever their size; every byte arrives, in order."""
    for size in SIZES:
        pieces = frames(6, size)
        stream = Made(pieces)
        got, ahead = _read(reader, stream, Script(BASE, _streaming(stream)))
        assert (got, ahead, stream.closes) == (b"".join(pieces), {0}, 0), size


def _read(reader: Reader, stream: Made, *scripts: Script) -> tuple[bytes, set[int]]:
    """What was read of a stream of pieces of one size, and how many more pieces were made than were read, after each part."""
    got, ahead = b"", set()

    def after(part: bytes, post: Any) -> None:
        nonlocal got
        got += part
        ahead.add(stream.made - ceil(len(got) / stream.size))

    with ExitStack() as doors:
        for script in scripts:
            doors.enter_context(behind_doors(script))
        reader.read(f"{BASE}/x", after)
    return got, ahead


@pytest.mark.parametrize("reader", readers.rows())
def test_no_piece_is_made_before_the_reply_is_read(reader: Reader) -> None:
    """A reply is there from its head; who leaves without a read has made nothing."""
    stream = Made(frames(3))

    def leave() -> None:
        with reader.opened(f"{BASE}/x"):
            pass

    async def leave_async() -> None:
        async with reader.opened(f"{BASE}/x"):
            pass

    with behind_doors(Script(BASE, _streaming(stream))):
        asyncio.run(leave_async()) if reader.asynchronous else leave()
    assert (stream.made, stream.closes) == (0, 1)


@pytest.mark.parametrize("reader", readers.rows())
def test_an_open_stream_answers_in_its_middle(reader: Reader) -> None:
    """The stream stops until another request of the same client, in the same thread or task, has come; then it goes on."""
    pieces = frames(4)
    stream, got = Made(pieces, stops_at=2), []

    def after(part: bytes, post: Callable[[str], Any]) -> Any:
        got.append(part)
        return post(f"{BASE}/outputs") if len(got) == 2 else None

    with behind_doors(_answering(stream)):
        reader.read(f"{BASE}/x", after)
    assert (got, stream.waits.is_set()) == (pieces, False)


@pytest.mark.parametrize("reader", readers.rows(lambda reader: not reader.asynchronous))
def test_a_reader_that_waits_goes_on_when_another_thread_answers(reader: Reader) -> None:
    """One thread reads on and blocks; the request that lets the stream go on comes from another."""
    import urllib.request

    pieces = frames(4)
    stream, got = Made(pieces, stops_at=2), []
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def answer() -> None:
        stream.waits.wait(5)
        opener.open(f"{BASE}/outputs", b"").close()

    with behind_doors(_answering(stream)):
        thread = threading.Thread(target=answer)
        thread.start()
        reader.read(f"{BASE}/x", lambda part, post: got.append(part))
        thread.join()
    assert (got, stream.waits.is_set()) == (pieces, True)


async def _answered_by_another_task(reader: Reader, stream: Made, got: list[bytes]) -> None:
    reading = asyncio.ensure_future(reader.read_async(f"{BASE}/x", lambda part, post: got.append(part)))
    while not stream.waits.is_set():
        await asyncio.sleep(0)
    assert not reading.done()
    async with reader.opened(f"{BASE}/other") as (_, post):
        response = await post(f"{BASE}/outputs")
        getattr(response, "release", lambda: None)()
    await reading


@pytest.mark.parametrize("reader", readers.rows(lambda reader: reader.asynchronous))
def test_a_reader_that_waits_does_not_hold_up_its_loop(reader: Reader) -> None:
    """While one task waits for the stream to go on, another one of the same loop lets it."""
    pieces = frames(4)
    stream, got = Made(pieces, stops_at=2), []

    def answer(request: Request) -> Reply:
        if request.url.endswith("/outputs"):
            stream.go.set()
        return _streaming(stream) if request.url.endswith("/x") else Response(200)

    with behind_doors(Script(BASE, answer)):
        asyncio.run(_answered_by_another_task(reader, stream, got))
    assert got == pieces


@pytest.mark.parametrize("name", ["httpx", "httpx2"])
def test_a_reader_under_trio_waits_without_holding_up_its_loop(name: str) -> None:
    """httpx runs under trio too."""
    trio, httpx = pytest.importorskip("trio"), pytest.importorskip(name)
    stream, got = Made(frames(4), stops_at=2), []

    async def read() -> None:
        async with httpx.AsyncClient() as client, client.stream("GET", f"{BASE}/x") as response:
            got.extend([part async for part in response.aiter_bytes()])

    async def both() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            while not stream.waits.is_set():
                await trio.sleep(0)
            async with httpx.AsyncClient() as client:
                await client.post(f"{BASE}/outputs")

    with behind_doors(_answering(stream)):
        trio.run(both)
    assert got == frames(4)


@pytest.mark.parametrize("reader", readers.rows())
def test_a_client_that_leaves_early_closes_the_stream_once(reader: Reader) -> None:
    """After one piece the client leaves: the stream hears of it, once, and makes no more."""
    stream = Made(frames(5))
    with behind_doors(Script(BASE, _streaming(stream))):
        reader.read(f"{BASE}/x", lambda part, post: False)
        gc.collect()
    assert (stream.made, stream.closes) == (1, 1)


def _forget_http_client(url: str) -> None:
    connection = http_client.HTTPConnection("gw.corp.invalid")
    connection.request("GET", "/v1/x")
    connection.getresponse().read1()


async def _forget_httpx(httpx: Any, url: str) -> None:
    client = httpx.AsyncClient()
    response = await client.send(client.build_request("GET", url), stream=True)
    await anext(response.aiter_bytes())


async def _forget_aiohttp(aiohttp: Any, url: str) -> None:
    async with aiohttp.ClientSession() as session:
        response = await session.get(url)
        await response.content.readany()
        del response
        gc.collect()


FORGETFUL: dict[str, Callable[[Any, str], Any]] = {
    "requests": lambda requests, url: next(requests.get(url, stream=True).iter_content(None)),
    "urllib3": lambda urllib3, url: next(urllib3.PoolManager().request("GET", url, preload_content=False).stream()),
    "httpx": lambda httpx, url: next((client := httpx.Client()).send(client.build_request("GET", url), stream=True).iter_bytes()),
    "httpx ": lambda httpx, url: asyncio.run(_forget_httpx(httpx, url)),
    "aiohttp": lambda aiohttp, url: asyncio.run(_forget_aiohttp(aiohttp, url)),
    "http.client": lambda http_client, url: _forget_http_client(url),
}
"""Ways to read one piece, close nothing and keep nothing."""


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("client", FORGETFUL)
def test_a_reply_that_is_forgotten_closes_its_stream(client: str) -> None:
    """Nobody closes anything; the garbage collector does, once."""
    stream = Made(frames(5))
    module = pytest.importorskip(client.strip())
    with behind_doors(Script(BASE, _streaming(stream))):
        FORGETFUL[client](module, f"{BASE}/x")
        gc.collect()
    assert (stream.made, stream.closes) == (1, 1)


@pytest.mark.parametrize("reader", readers.rows(lambda reader: reader.asynchronous))
def test_a_task_that_is_cancelled_closes_the_stream(reader: Reader) -> None:
    """Cancelled while the stream waits: it hears of it, once, and nobody waits for it."""
    stream = Made(frames(5), stops_at=2)

    async def cancel() -> None:
        reading = asyncio.ensure_future(reader.read_async(f"{BASE}/x"))
        while not stream.waits.is_set():
            await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    with behind_doors(Script(BASE, _streaming(stream))):
        asyncio.run(cancel())
        gc.collect()
    assert (stream.made, stream.closes) == (2, 1)


PIECES = ["data: 北京\n\n".encode(), "data: 晴\n\n".encode(), b"data: end\n\n"]
CUTS = {"at the head": 0, "between": len(PIECES[0]), "inside a frame": 3, "inside a character": len(PIECES[0]) + 7}


def _ended(reader: Reader, url: str) -> tuple[bytes, type[BaseException] | None]:
    """What was read, and the error that ended it."""
    got: list[bytes] = []
    try:
        reader.read(url, lambda part, post: got.append(part))
    except Exception as error:
        return b"".join(got), type(error)
    return b"".join(got), None


def _sent(passed: int) -> bytes:
    """A head, and so many bytes of the pieces, each a chunk, on a line."""
    data = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    for piece in PIECES:
        part, passed = piece[:passed], max(passed - len(piece), 0)
        data += http1.chunk(part) if part else b""
    return data


@pytest.mark.parametrize("place", CUTS)
@pytest.mark.parametrize(("fault", "act"), [(faults.reset, resets), (faults.truncated, sends)])
@pytest.mark.parametrize("reader", readers.rows(lambda reader: not reader.whole_lines and "512" not in reader.name))
def test_a_stream_is_cut_where_the_fault_says(
    reader: Reader, fault: Callable[[int], Any], act: Callable[[bytes], Act], place: str
) -> None:
    """So many bytes arrive, then the error that a real line which breaks there gives this client."""
    after = CUTS[place]
    with peer(act(_sent(after))) as real:
        expected = _ended(reader, f"{real.url}/x")
    stream = Made(PIECES)
    with AssistantMock(hosts={"model_studio": [BASE]}) as mock:
        studio = mock.model_studio
        studio.reply("GET /x", lambda request: _streaming(stream))
        studio.fail(fault(after))
        got = _ended(reader, f"{BASE}/x")
        [exchange] = studio.exchanges
    whole = b"".join(PIECES)
    assert got == (whole[:after], expected[1])
    assert exchange.reply == type(exchange.reply)(_KINDS[fault], after, exchange.response)
    assert (exchange.response.body, exchange.faults, stream.closes) == (whole[:after], (f"{fault.__name__}({after})",), 1)


_KINDS = {faults.reset: "reset", faults.truncated: "truncated"}


@pytest.mark.parametrize("session", sessions.rows(lambda one: True))
def test_a_session_goes_on_after_a_streamed_reply(session: sessions.Session) -> None:
    """Streamed replies and plain ones take turns in one session."""

    def answer(request: Request) -> Reply:
        return _streaming([b"a", b"b"]) if request.url.endswith("s") else Response(200, (), b"plain")

    with session.opened() as get, behind_doors(Script(BASE, answer)):
        assert [get(f"{BASE}/{name}") for name in ("s", "p", "s", "s", "p")] == [b"ab", b"plain", b"ab", b"ab", b"plain"]


@pytest.mark.parametrize("reader", readers.rows())
def test_what_a_piece_raises_is_raised_where_the_client_reads(reader: Reader) -> None:
    """The very exception, after the pieces before it."""
    error = LookupError("no script")
    got: list[bytes] = []
    with behind_doors(Script(BASE, _streaming(Made(frames(2), raises=error)))), pytest.raises(LookupError) as raised:
        reader.read(f"{BASE}/x", lambda part, post: got.append(part))
    assert (raised.value, b"".join(got)) == (error, b"".join(frames(2)))


@pytest.mark.parametrize("reader", readers.rows())
def test_a_recorder_outside_holds_nothing_back(reader: Reader) -> None:
    """A mock that listens, over one that streams: no piece is made ahead, and it hears what its client has read, and no more."""
    recorder, stream = Recorder(BASE), Made(frames(4, 40))
    assert _read(reader, stream, Script(BASE, _streaming(stream)), recorder) == (b"".join(frames(4, 40)), {0})
    [(_, reply)] = recorder.told
    assert (reply, stream.closes) == (Response(200, reply.headers, b"".join(frames(4, 40))), 0)
    [(_, _, tee)] = recorder.heads
    assert [piece.data for piece in tee.arrived] == frames(4, 40)
    assert (tee.ended, tee.left) == (True, False)


@pytest.mark.parametrize("reader", readers.rows())
def test_a_recorder_hears_that_a_client_left(reader: Reader) -> None:
    """After one piece the client leaves: what it took is kept, and that it left; the real stream is closed."""
    recorder, stream = Recorder(BASE), Made(frames(5))
    with behind_doors(Script(BASE, _streaming(stream))), behind_doors(recorder):
        reader.read(f"{BASE}/x", lambda part, post: False)
        gc.collect()
    [(_, _, tee)] = recorder.heads
    assert (tee.body, tee.left, tee.failure, stream.closes) == (frames(5)[0], True, None, 1)


@pytest.mark.parametrize("reader", readers.rows())
def test_a_recorded_stream_over_a_line_arrives_as_it_is_sent(reader: Reader) -> None:
    """The service sends a piece, and the next one when the client has asked for it in the middle of the stream."""
    sent, go = frames(3, 40), threading.Event()

    def act(line: socket.socket, request: Request) -> None:
        if request.method == "POST":
            go.set()
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        line.sendall(head + http1.chunk(sent[0]))
        assert go.wait(10)
        line.sendall(b"".join([*map(http1.chunk, sent[1:]), http1.LAST_CHUNK]))

    got = b""

    def after(part: bytes, post: Callable[[str], Any]) -> Any:
        nonlocal got
        got += part
        return post(f"{real.url}/outputs") if got == sent[0] else None

    with peer(act) as real, behind_doors(recorder := Recorder(real.url)):
        reader.read(f"{real.url}/x", after)
    assert got == b"".join(sent)
    [request, _, tee], *_ = recorder.heads
    assert (request.method, tee.arrived[0].data, tee.body, tee.ended) == ("GET", sent[0], b"".join(sent), True)


@pytest.mark.parametrize("reader", readers.rows())
def test_a_mock_outside_passes_the_pieces_of_one_inside(reader: Reader) -> None:
    """A mock that lets a call through holds nothing back of what the mock below streams."""
    stream = Made(frames(4))
    outside = Script(BASE, None)
    assert _read(reader, stream, Script(BASE, _streaming(stream)), outside) == (b"".join(frames(4)), {0})
    assert outside.asked


class Pausing(Made):
    """A stream whose second piece keeps its reader waiting."""

    def take(self) -> Piece | None:
        piece = super().take()
        return piece and piece._replace(pause=0.03 if self.made == 2 else 0.0)


@pytest.mark.parametrize("reader", readers.rows())
def test_a_pause_is_waited_for(reader: Reader) -> None:
    """A piece with a pause is handed over when its pause has passed, and no later piece is made meanwhile."""
    from time import perf_counter

    times: list[float] = []
    with behind_doors(Script(BASE, _streaming(Pausing(frames(3))))):
        reader.read(f"{BASE}/x", lambda part, post: times.append(perf_counter()))
    assert times[1] - times[0] >= 0.03


def _calls(reader: Reader, count: int) -> int:
    """How many functions are called to read so many pieces."""
    counted: Counter[str] = Counter()
    with AssistantMock(hosts={"model_studio": [BASE]}) as mock:
        mock.model_studio.reply("GET /x", Response(200, EVENTS, pieces=frames(count, 40)))
        sys.setprofile(lambda frame, event, argument: counted.update((event,)))
        try:
            reader.read(f"{BASE}/x")
        finally:
            sys.setprofile(None)
    return counted["call"] + counted["c_call"]


@pytest.mark.parametrize("reader", readers.rows())
def test_reading_is_linear_to_the_number_of_pieces(reader: Reader) -> None:
    """Ten times as many pieces take at most ten times as much work."""
    _calls(reader, 10)
    assert _calls(reader, 2000) <= 10.5 * _calls(reader, 200)
