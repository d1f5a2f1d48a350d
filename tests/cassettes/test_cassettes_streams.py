"""Streams on a cassette: recorded as they come, readable in the file, the same bytes in the same pieces in replay."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import made
import pytest
import readers
import yaml
from readers import Reader

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._doors import http1
from pytest_assistant_mock._engine.wire import Failure, Request, Response
from pytest_assistant_mock.cassettes import Interaction, load, storage
from pytest_assistant_mock.cassettes.check import problems
from pytest_assistant_mock.cassettes.format import from_text, to_text
from pytest_assistant_mock.errors import CassetteMiss

requests = pytest.importorskip("requests")
EVENTS = (("Content-Type", "text/event-stream;charset=UTF-8"),)
PIECES = ['event:a\ndata:{"text":"北京"}\n\n'.encode(), b'event:b\ndata:{"text":"sunny"}\n\n', b"event:done\ndata:[DONE]\n\n"]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream;charset=UTF-8\r\nTransfer-Encoding: chunked\r\n\r\n"


@contextmanager
def service(act: Callable[[socket.socket], Any]) -> Iterator[str]:
    """A service that answers each request on its own line; the base URL."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(line: socket.socket) -> None:
        with line:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            data = b""
            while http1.parse_request(data, "http://x") is None:
                data += line.recv(65536)
            act(line)

    def accept() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(line,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


class Turns:
    """A service that sends one piece, and the next when its reader has said that it has read it."""

    def __init__(self, pieces: list[bytes], end: bytes = http1.LAST_CHUNK, head: bytes = HEAD) -> None:
        self._pieces, self._end, self._head = pieces, end, head
        self.read = threading.Semaphore(0)

    def __call__(self, line: socket.socket) -> None:
        line.sendall(self._head)
        for piece in self._pieces:
            line.sendall(http1.chunk(piece))
            assert self.read.acquire(timeout=10)
        line.sendall(self._end)


def mock(path: Path, base: str, record: str = "none", **options: Any) -> AssistantMock:
    """A mock on a cassette."""
    told = {"hosts": {"model_studio": [base]}, "contract": "off", **options}
    return AssistantMock(source="cassette", cassette=path, record=record, **told)


def read(url: str, read_one: Callable[[], Any] = lambda: None) -> list[bytes]:
    """The pieces a client of requests reads."""
    got = []
    with requests.get(url, stream=True, timeout=10) as response:
        for piece in response.iter_content(None):
            got.append(piece)
            read_one()
    return got


def recorded(path: Path, pieces: list[bytes] = PIECES, **options: Any) -> str:
    """A cassette of one stream; its URL."""
    turns = Turns(pieces)
    with service(turns) as base, mock(path, base, "once", **options):
        assert read(f"{base}/stream", turns.read.release) == pieces
    return f"{base}/stream"


def test_a_stream_replays_in_the_same_pieces(tmp_path: Path) -> None:
    """The same bytes, in the pieces they came in."""
    url = recorded(path := tmp_path / "c.yaml")
    with mock(path, url.removesuffix("/stream")) as one:
        assert read(url) == PIECES
        [exchange] = one.model_studio.exchanges
    assert exchange.response.body == b"".join(PIECES)


def test_a_stream_stands_in_the_file_line_by_line(tmp_path: Path) -> None:
    """Its whole text under `string`, as vcrpy wants it, each line a line, Chinese as Chinese; its pieces beside it."""
    recorded(path := tmp_path / "c.yaml")
    text = path.read_text("utf-8")
    assert '        data:{"text":"北京"}\n' in text
    body = yaml.safe_load(text)["interactions"][0]["response"]["body"]
    assert body["string"].encode() == b"".join(PIECES)
    assert [size for _, size in body["pieces"]] == [len(piece) for piece in PIECES]
    assert [ms for ms, _ in body["pieces"]] == sorted(ms for ms, _ in body["pieces"])
    assert storage.load(path).interactions[0].pieces == tuple((ms, size) for ms, size in body["pieces"])


def test_vcrpy_replays_a_recorded_stream(tmp_path: Path) -> None:
    """The whole text, by vcrpy itself."""
    vcr = pytest.importorskip("vcr")
    url = recorded(path := tmp_path / "c.yaml")
    with vcr.use_cassette(str(path), record_mode="none"):
        assert requests.get(url).content == b"".join(PIECES)


def _stream(pieces: list[bytes], **more: Any) -> Interaction:
    times = tuple((10 * at, len(piece)) for at, piece in enumerate(pieces, 1))
    reply = more.pop("reply", Response(200, EVENTS, b"".join(pieces)))
    return Interaction(made.asked("GET", "/stream"), reply, pieces=times, **more)


BODIES = {
    "json": [b'{"a": 1,', b' "b":\t2}\n\n'],
    "blank lines": [b"\n\n", b"data:x\n\n\n\n"],
    "returns": [b"data:x\r\n\r\n", b"data:y\r\n\r\n"],
    "inside a character": ["data:北".encode()[:6], "data:北".encode()[6:] + b"\n\n"],
    "cut inside a character": [b"data:x\n\n", "data:北".encode()[:6]],
    "spaces at the end": [b"data:x  \n\n", b": comment \n\n"],
    "one": [b"data:x\n\n"],
}


@pytest.mark.parametrize("name", BODIES)
def test_a_stream_comes_back_from_its_file_byte_by_byte(name: str) -> None:
    """Whatever its text looks like."""
    one = _stream(BODIES[name])
    assert from_text(to_text(made.Cassette([one]))).interactions == [one]


def test_a_stream_that_is_no_text_is_binary() -> None:
    """Cut inside a character, it stands in the file as base64."""
    assert "string: !!binary" in to_text(made.Cassette([_stream(BODIES["cut inside a character"])]))


def test_pauses_are_replayed_if_wanted(tmp_path: Path) -> None:
    """With pace="recorded" each piece waits as long as it did; by default none does."""
    from pytest_assistant_mock._engine.streams import Piece

    path = made.saved(tmp_path / "c.yaml", _stream(PIECES))
    for pace, pauses in (("recorded", [0.01, 0.01, 0.01]), ("instant", [0.0, 0.0, 0.0])):
        with made.player(path, pace=pace) as one:
            stream: Any = made.ask(one, made.asked("GET", "/stream")).pieces
            assert [stream.take() for _ in PIECES] == [Piece(*both) for both in zip(PIECES, pauses, strict=True)]


def test_a_pace_that_is_unknown_is_an_error(tmp_path: Path) -> None:
    """Named, with those that there are."""
    with pytest.raises(ValueError, match="pace='slow': expected one of 'instant', 'recorded'"):
        made.player(tmp_path / "c.yaml", pace="slow")


CUTS: dict[str, tuple[bytes, type[Exception]]] = {
    "closed between frames": (b"", requests.exceptions.ChunkedEncodingError),
    "closed inside a chunk": (b"10\r\ndata:{", requests.exceptions.ChunkedEncodingError),
}


@pytest.mark.parametrize("name", CUTS)
def test_a_stream_that_the_network_cuts_is_replayed_cut(name: str, tmp_path: Path) -> None:
    """The same pieces, then the same error."""
    end, error = CUTS[name]
    turns = Turns(PIECES[:2], end)
    with service(turns) as base, mock(path := tmp_path / "c.yaml", base, "once"), pytest.raises(error):
        read(f"{base}/stream", turns.read.release)
    [one] = storage.load(path).interactions
    assert isinstance(one.reply, Failure)
    assert one.reply.kind == "truncated"
    got: list[bytes] = []
    with mock(path, base), pytest.raises(error), requests.get(f"{base}/stream", stream=True) as response:
        got += response.iter_content(None)
    assert (sum(size for _, size in one.pieces), one.closed_by_client) == (one.reply.after_bytes, False)


def _leave(url: str) -> bytes:
    with requests.get(url, stream=True, timeout=10) as response:
        return next(response.iter_content(None))


def test_a_stream_that_the_client_closes_is_replayed_as_that(tmp_path: Path) -> None:
    """What it had read is in the file, and that it left; the same client replays it, one that reads on meets a miss."""
    turns = Turns(PIECES)
    with service(turns) as base, mock(path := tmp_path / "c.yaml", base, "once"):
        assert _leave(f"{base}/stream") == PIECES[0]
    [one] = storage.load(path).interactions
    assert (one.response.body, one.closed_by_client) == (PIECES[0], True)
    with mock(path, base):
        assert _leave(f"{base}/stream") == PIECES[0]
    with pytest.raises(CassetteMiss, match="the recording of a stream ends here"), mock(path, base):
        read(f"{base}/stream")


def test_a_stream_that_is_open_at_the_end_is_recorded_as_closed(tmp_path: Path) -> None:
    """The mock closes while the client still holds the stream."""
    turns = Turns(PIECES)
    with service(turns) as base, mock(path := tmp_path / "c.yaml", base, "once"):
        response = requests.get(f"{base}/stream", stream=True, timeout=10)
        assert next(response.iter_content(None)) == PIECES[0]
    [one] = storage.load(path).interactions
    assert (one.response.body, one.closed_by_client) == (PIECES[0], True)
    response.close()


def test_a_stream_that_was_left_unread_is_recorded(tmp_path: Path) -> None:
    """A client that only looks at the status."""
    turns = Turns(PIECES)
    with service(turns) as base, mock(path := tmp_path / "c.yaml", base, "once"):
        with requests.get(f"{base}/stream", stream=True, timeout=10) as response:
            assert response.status_code == 200
        del response
        gc.collect()
    with mock(path, base), requests.get(f"{base}/stream", stream=True) as response:
        assert response.status_code == 200


def test_the_head_of_a_slow_stream_comes_at_once_in_a_recording(tmp_path: Path) -> None:
    """The client has the head, and may ask for something else by another line, before the service has sent a piece."""
    go = threading.Event()

    def act(line: socket.socket) -> None:
        line.sendall(HEAD)
        if not go.is_set():
            go.set()
            assert released.wait(10)
        line.sendall(http1.chunk(PIECES[0]) + http1.LAST_CHUNK)

    released = threading.Event()
    with (
        service(act) as base,
        mock(path := tmp_path / "c.yaml", base, "once"),
        requests.get(f"{base}/first", stream=True, timeout=10) as response,
    ):
        assert read(f"{base}/second") == [PIECES[0]]
        released.set()
        assert list(response.iter_content(None)) == [PIECES[0]]
    assert [one.request.url.rpartition("/")[2] for one in load(path).interactions] == ["first", "second"]


def test_another_thread_may_ask_while_a_recorded_stream_waits(tmp_path: Path) -> None:
    """One thread waits for a piece, holding nothing that another one needs to record its call."""
    released, waits = threading.Event(), threading.Event()

    def act(line: socket.socket) -> None:
        if waits.is_set():
            released.set()
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
            return
        waits.set()
        line.sendall(HEAD)
        assert released.wait(10)
        line.sendall(http1.chunk(PIECES[0]) + http1.LAST_CHUNK)

    with service(act) as base, mock(tmp_path / "c.yaml", base, "once"):
        reader = threading.Thread(target=read, args=(f"{base}/stream",))
        reader.start()
        assert waits.wait(10)
        assert requests.get(f"{base}/other", timeout=10).json() == {}
        reader.join(10)
        assert not reader.is_alive()


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_a_compressed_stream_is_recorded_plain_in_its_pieces(coding: str, tmp_path: Path) -> None:
    """The client reads it as it comes; the file holds its text, and how much of it each piece brought."""
    import zlib

    machine = zlib.compressobj(wbits=31 if coding == "gzip" else 15)
    sent = [machine.compress(piece) + machine.flush(zlib.Z_SYNC_FLUSH) for piece in PIECES]
    sent[-1] += machine.flush()
    head = HEAD.replace(b"Content-Type", f"Content-Encoding: {coding}\r\nContent-Type".encode())
    turns = Turns(sent, head=head)
    with service(turns) as base, mock(path := tmp_path / "c.yaml", base, "once") as one:
        assert read(f"{base}/stream", turns.read.release) == PIECES
        [exchange] = one.model_studio.exchanges
        assert exchange.response.body == b"".join(PIECES)
    [kept] = storage.load(path).interactions
    assert [size for _, size in kept.pieces] == [len(piece) for piece in PIECES]
    with mock(path, base):
        assert read(f"{base}/stream") == PIECES


WRONG = {
    "[[0, 5]]": "response.body.pieces are 5 bytes together, response.body.string has",
    "[[0]]": r"response.body.pieces has \[0\]; expected \[milliseconds, bytes\]",
    "7": "response.body.pieces is int",
    "[[-1, 3]]": r"response.body.pieces has \[-1, 3\]",
}


@pytest.mark.parametrize("pieces", WRONG)
def test_pieces_that_do_not_fit_are_refused(pieces: str, tmp_path: Path) -> None:
    """With the file, the line, and what to do."""
    path = made.saved(tmp_path / "c.yaml", _stream(PIECES))
    text = path.read_text("utf-8")
    at = text.index("pieces: ")
    path.write_text(f"{text[:at]}pieces: {pieces}{text[text.index(chr(10), at) :]}", "utf-8")
    with pytest.raises(Exception, match=WRONG[pieces]):
        load(path)


def test_a_second_recording_that_says_the_same_keeps_the_old_times(tmp_path: Path) -> None:
    """Recorded again with "all": only the times of its pieces differ, and the file stays as it is."""
    path = tmp_path / "c.yaml"
    turns = Turns(PIECES)
    with service(turns) as base:
        with mock(path, base, "once"):
            read(f"{base}/stream", turns.read.release)
        before = storage.load(path).interactions[0]
        with mock(path, base, "all"):
            read(f"{base}/stream", turns.read.release)
    assert storage.load(path).interactions[0].pieces == before.pieces


def test_a_request_is_no_stream() -> None:
    """What a client sends has no pieces, and a plain answer none either."""
    one = made.one(Request("GET", f"{made.STUDIO}/threads/t"), {"a": 1})
    assert "pieces" not in to_text(made.Cassette([one]))


@pytest.mark.parametrize("reader", readers.rows())
def test_every_client_records_and_replays_a_stream(reader: Reader, tmp_path: Path) -> None:
    """Recorded as it comes, a piece when the one before it was read; replayed to the same bytes without the service."""
    pieces = [b"data: %d %b\n\n" % (at, b"." * 31) for at in range(4)]
    turns = Turns(pieces)
    got: list[bytes] = []

    def after(part: bytes, post: Any) -> None:
        before = b"".join(got).count(b"\n\n")
        got.append(part)
        turns.read.release(max(1, b"".join(got).count(b"\n\n") - before))

    with service(turns) as base, mock(path := tmp_path / "c.yaml", base, "once"):
        reader.read(f"{base}/stream", after)
    [one] = storage.load(path).interactions
    assert b"".join(got) == one.response.body == b"".join(pieces)
    assert ([size for _, size in one.pieces], one.closed_by_client) == ([len(piece) for piece in pieces], False)
    replayed: list[bytes] = []
    with mock(path, base):
        reader.read(f"{base}/stream", lambda part, post: replayed.append(part))
    assert replayed == got


def test_half_of_an_answer_breaks_no_contract(tmp_path: Path) -> None:
    """A client that leaves a JSON answer before its end: recorded, replayed and checked as that, and not judged as a whole."""
    half = b'{"id": "thread_1", "obj'

    def act(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n" + half)
        line.recv(1)

    path = tmp_path / "c.yaml"
    with service(act) as base:
        for record in ("once", "none"):
            with mock(path, base, record, contract="fail"), requests.get(f"{base}/threads/thread_1", stream=True) as response:
                assert next(response.raw.stream(len(half))) == half
    assert storage.load(path).interactions[0].closed_by_client
    assert not [one for one in problems(path) if "JSON" in one.text]
