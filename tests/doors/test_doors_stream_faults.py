"""One table of door x fault of a stream: every cell a test, compared with what a real server makes the client see."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any, NamedTuple

import pytest
import readers
from answerers import Recorder, behind_doors
from made_streams import Made
from peers import Act, hangs, peer, resets, sends
from readers import Reader

from pytest_assistant_mock import AssistantMock, Failure, Response, faults
from pytest_assistant_mock._doors import http1
from pytest_assistant_mock._engine.clock import EPOCH_MS

BASE = "http://gw.corp.invalid/v1"
EVENTS = (("Content-Type", "text/event-stream"),)
PIECES = tuple(f"event: message\ndata: {text}\n\n".encode() for text in ("北京", "晴", "24 度", "end"))
GARBAGE = b'data: {"\n\n'
ERROR = (
    b'event:error\ndata:{"code":"InternalError","message":"An internal error has occured, please try again later or contact'
    b' service support.","request_id":"%b"}\n\n',
    b"event:done\ndata:[DONE]\n\n",
)


class Row(NamedTuple):
    """
    A fault, and what a real server sends that does the same: the pieces, and how it ends ("": in good order).

    made: how many pieces the stream itself has made.
    """

    fault: faults.Fault
    pieces: tuple[bytes, ...]
    end: str
    made: int


ONE, TWO, THREE, FOUR = PIECES
TABLE = (
    Row(faults.cut(after=0), (), "truncated", 0),
    Row(faults.cut(after=2), (ONE, TWO), "truncated", 2),
    Row(faults.stall(after=2), (ONE, TWO), "read_timeout", 2),
    Row(faults.truncated(len(ONE) + 23), (ONE, TWO[:23]), "truncated", 2),  # inside the character
    Row(faults.reset(len(ONE) + 23), (ONE, TWO[:23]), "reset", 2),
    Row(faults.error_event(after=2), (ONE, TWO, *ERROR), "", 2),
    Row(faults.repeat(1), (ONE, *PIECES), "", 4),
    Row(faults.out_of_order(after=2), (ONE, TWO, FOUR, THREE), "", 4),
    Row(faults.garbage_frame(), (GARBAGE, *PIECES), "", 4),
    Row(faults.slow_pieces(30), PIECES, "", 4),
    Row(faults.slow_pieces(0.001, wait=True), PIECES, "", 4),
)


def outcome(reader: Reader, url: str, timeout: float = 10) -> tuple[bytes, str | None]:
    """What was read, and the error that ended it."""
    got: list[bytes] = []
    try:
        reader.read(url, lambda part, post: got.append(part), timeout)
    except Exception as error:
        return b"".join(got), f"{type(error).__module__}.{type(error).__qualname__}"
    return b"".join(got), None


def really(row: Row, request_id: str) -> Act:
    """A server that does what a row says."""
    data = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    data += b"".join(http1.chunk(piece.replace(b"%b", request_id.encode())) for piece in row.pieces)
    if not row.end:
        return sends(data + http1.LAST_CHUNK)
    return {"truncated": sends, "reset": resets, "read_timeout": hangs}[row.end](data)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: repr(row.fault))
@pytest.mark.parametrize("reader", readers.rows())
def test_a_fault_of_a_stream_is_what_a_real_server_makes_of_the_client(reader: Reader, row: Row) -> None:
    """The same bytes and the same error; the journal has what arrived, how it ended and the fault."""
    stream = Made(PIECES)
    with AssistantMock(hosts={"model_studio": [BASE]}) as mock:
        studio = mock.model_studio
        studio.reply("GET /x", lambda request: Response(200, EVENTS, pieces=stream))
        studio.fail(row.fault)
        got = outcome(reader, f"{BASE}/x")
        [exchange] = studio.exchanges
        passed = mock.clock.now_ms - EPOCH_MS
    assert exchange.response is not None
    request_id = str(exchange.response.body.partition(b'"request_id":"')[2].partition(b'"')[0], "ascii")
    with peer(really(row, request_id)) as real:
        assert got == outcome(reader, f"{real.url}/x", 0.05 if row.end == "read_timeout" else 10)
    assert exchange.faults == (repr(row.fault),)
    assert exchange.response.body == b"".join(row.pieces).replace(b"%b", request_id.encode())
    assert getattr(exchange.reply, "kind", "") == row.end
    assert (stream.made, stream.closes) == (row.made, 0 if row.made == 4 else 1)
    assert passed >= (120_000 if row.fault.name == "slow_pieces(30)" else 0)


BROKEN = [row for row in TABLE if row.end]


@pytest.mark.parametrize("row", BROKEN, ids=lambda row: repr(row.fault))
@pytest.mark.parametrize("reader", readers.rows(lambda reader: reader.name != "urllib3-read_chunked"))
def test_a_recorder_outside_hears_how_a_broken_stream_ended(reader: Reader, row: Row) -> None:
    """What came and how it ended; its client sees what it sees without it."""
    seen = []
    recorder = Recorder(BASE)
    for outside in (False, True):
        with AssistantMock(hosts={"model_studio": [BASE]}) as mock, behind_doors(recorder) if outside else nullcontext():
            mock.model_studio.reply("GET /x", lambda request: Response(200, EVENTS, pieces=Made(PIECES)))
            mock.model_studio.fail(row.fault)
            seen.append(outcome(reader, f"{BASE}/x"))
    [(_, reply)] = recorder.told
    assert isinstance(reply, Failure)
    assert (seen[0], reply.kind, reply.after_bytes) == (seen[1], row.end, len(b"".join(row.pieces)))


def test_no_fault_of_a_stream_is_left_out() -> None:
    """The table has every fault that strikes streams only."""
    listed = {row.fault.name.partition("(")[0] for row in TABLE}
    assert listed - {"truncated", "reset"} == {name for name, make in faults.FAULTS.items() if _streams(name, make)}


def _streams(name: str, make: Any) -> bool:
    arguments = {
        "slow": (1,),
        "truncated": (1,),
        "without": ("id",),
        "cut": (1,),
        "stall": (1,),
        "repeat": (1,),
        "slow_pieces": (1,),
    }
    return bool(make(*arguments.get(name, ())).streams)
