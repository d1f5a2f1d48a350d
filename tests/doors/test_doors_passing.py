"""Calls that a door lets through, and what a witness is told of them."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from answerers import Recorder, Script, behind_doors, says
from clients import CLIENTS, Client, Got, rows
from peers import Act, deaf, hangs, peer, refusing, resets, sends

from pytest_assistant_mock._engine.wire import Failure, Response

_SHORT = 0.1  # seconds a client waits for a peer that never answers


def _wire(body: bytes, *lines: str, status: str = "200 OK", length: int | None = None) -> bytes:
    if length is not None:
        lines = (*lines, f"Content-Length: {length}")
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


_ZIPPED = gzip.compress("你好 hello".encode() * 50, mtime=0)

REPLIES = {
    "plain": (_wire(b'{"a": 1}', "Content-Type: application/json", length=8), b'{"a": 1}'),
    "gzip": (_wire(_ZIPPED, "Content-Encoding: gzip", length=len(_ZIPPED)), _ZIPPED),
    "chunked": (_wire(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "Transfer-Encoding: chunked"), b"abcde"),
    "repeated": (_wire(b"ok", "Set-Cookie: a=1; Path=/", "Set-Cookie: b=2; Path=/", length=2), b"ok"),
    "until-close": (_wire(b"to the end", "Connection: close"), b"to the end"),
    "refused by the service": (_wire(b"no", length=2, status="400 Bad Request"), b"no"),
    "nothing": (_wire(b"", status="204 No Content"), b""),
}


@pytest.mark.parametrize("case", REPLIES)
@pytest.mark.parametrize("client", rows())
def test_a_witness_hears_the_whole_reply_and_the_client_gets_it(client: Client, case: str) -> None:
    """The reply is told with its content coding left, its transfer coding undone; the client sees what it sees without doors."""
    wire, body = REPLIES[case]
    with peer(sends(wire)) as real:
        bare = client.send("POST", f"{real.url}/v1/x?q=1", body=b"question")
        recorder = Recorder(f"{real.url}/v1")
        with behind_doors(recorder):
            got = client.send("POST", f"{real.url}/v1/x?q=1", body=b"question")
    assert (got.status, got.body, got.all("set-cookie")) == (bare.status, bare.body, bare.all("set-cookie"))
    assert [(request.method, request.url, request.body) for request in real.requests] == [
        ("POST", f"{real.url}/v1/x?q=1", b"question")
    ] * 2
    [(request, reply)] = recorder.told
    assert (request.method, request.url, request.body) == ("POST", f"{real.url}/v1/x?q=1", b"question")
    head = wire.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    headers = tuple(tuple(line.split(": ", 1)) for line in head[1:])
    assert reply == Response(int(head[0].split()[1]), headers, body)


@pytest.mark.parametrize("client", rows())
def test_a_head_request_is_let_through(client: Client) -> None:
    """The answer to HEAD declares a body it does not have."""
    with peer(sends(_wire(b"", length=1234))) as real:
        recorder = Recorder(real.url)
        with behind_doors(recorder):
            got = client.send("HEAD", f"{real.url}/x")
    assert (got.status, got.body, got.all("content-length")) == (200, b"", ["1234"])
    assert [reply for _, reply in recorder.told] == [Response(200, (("Content-Length", "1234"),), b"")]


_HALF = _wire(b"12345", "X-Of: five", length=10)
_BEGUN = Response(200, (("X-Of", "five"), ("Content-Length", "10")), b"12345")

BROKEN: dict[str, tuple[Act, Failure]] = {
    "reset before the answer": (resets(), Failure("reset")),
    "closed before the answer": (sends(b""), Failure("closed")),
    "read timeout": (hangs(), Failure("read_timeout")),
    "truncated": (sends(_HALF), Failure("truncated", 5, _BEGUN)),
    "reset within the answer": (resets(_HALF), Failure("reset", 5, _BEGUN)),
}


def _outcome(client: Client, url: str, **options: Any) -> Any:
    try:
        got = client.send("POST", url, body=b"question", **options)
    except Exception as error:
        return type(error)
    return got.status, got.body


@pytest.mark.parametrize("case", BROKEN)
@pytest.mark.parametrize("client", rows())
def test_a_witness_hears_how_a_line_broke_and_the_client_meets_it(client: Client, case: str) -> None:
    """The failure is told, and the client raises what it raises without doors."""
    act, failure = BROKEN[case]
    with peer(act) as real:
        bare = _outcome(client, real.url, timeout=_SHORT)
        recorder = Recorder(real.url)
        with behind_doors(recorder):
            got = _outcome(client, real.url, timeout=_SHORT)
    assert got == bare
    assert [reply for _, reply in recorder.told] == [failure]


@pytest.mark.parametrize("client", rows())
def test_a_witness_hears_of_a_refused_connection(client: Client) -> None:
    """Nobody listens: told as such, and raised as without doors."""
    url = refusing()
    bare = _outcome(client, url)
    recorder = Recorder(url)
    with behind_doors(recorder):
        got = _outcome(client, url)
    assert got == bare
    assert [reply for _, reply in recorder.told] == [Failure("connect_refused")]


@pytest.mark.parametrize("client", rows())
def test_a_witness_hears_of_a_connection_never_made(client: Client) -> None:
    """The connection is not made in time: told as such, and raised as without doors."""
    with deaf() as url:
        bare = _outcome(client, url, connect_timeout=_SHORT)
        recorder = Recorder(url)
        with behind_doors(recorder):
            got = _outcome(client, url, connect_timeout=_SHORT)
    assert got == bare
    assert [reply for _, reply in recorder.told] == [Failure("connect_timeout")]


@pytest.mark.parametrize("client", rows())
def test_without_a_witness_the_call_is_simply_made(client: Client) -> None:
    """An answerer that has no reply and does not ask for one costs the client nothing but the way."""
    with peer(sends(REPLIES["gzip"][0])) as real, behind_doors(Script(real.url, None)):
        got = client.send("POST", f"{real.url}/x", body=iter([b"ab", b"c"]))
    assert [request.body for request in real.requests] == [b"abc"]
    assert got == Got(200, got.headers, got.body, got.pieces)
    assert got.body == (_ZIPPED if client.name in ("http.client", "urllib.request") else gzip.decompress(_ZIPPED))


@pytest.mark.parametrize("client", rows())
def test_a_witness_may_stand_inside_a_mock_that_answers(client: Client) -> None:
    """Nested: the inner one lets the call through, the outer one answers it, and the inner one hears the answer."""
    outer, inner = Script("http://gw.corp/v1", says("from outside", ("X-A", "1"))), Recorder("http://gw.corp/v1")
    with behind_doors(outer), behind_doors(inner):
        got = client.send("POST", "http://gw.corp/v1/x", body=b"question")
    assert (got.status, got.body) == (200, b"from outside")
    [(request, reply)] = inner.told
    assert isinstance(reply, Response)
    assert (request.body, reply.status, reply.header("x-a"), reply.body) == (b"question", 200, "1", b"from outside")
    assert [(one.method, one.url, one.body) for one in outer.asked] == [("POST", "http://gw.corp/v1/x", b"question")]


OUTER = {
    "connect_refused": Failure("connect_refused"),
    "connect_timeout": Failure("connect_timeout"),
    "read_timeout": Failure("read_timeout"),
    "reset": Failure("reset"),
    "closed": Failure("closed"),
    "reset within": Failure("reset", 5, _BEGUN),
    "truncated": Failure("truncated", 5, _BEGUN),
}


@pytest.mark.parametrize("kind", OUTER)
@pytest.mark.parametrize("client", rows())
def test_a_witness_inside_hears_the_failures_of_the_mock_outside(client: Client, kind: str) -> None:
    """Nested: the inner one hears of the outer one's failure as it is, and the client meets it as without the inner one."""
    url, failure = "http://gw.corp/v1/x", OUTER[kind]
    with behind_doors(Script(url, failure)):
        bare = _outcome(client, url)
        inner = Recorder(url)
        with behind_doors(inner):
            got = _outcome(client, url)
    assert got == bare
    assert [reply for _, reply in inner.told] == [failure]


def test_every_client_has_a_row() -> None:
    """The table names each client the documentation promises."""
    promised = [
        "requests",
        "urllib3",
        "httpx",
        "httpx-async",
        "httpx2",
        "httpx2-async",
        "aiohttp",
        "http.client",
        "urllib.request",
    ]
    assert [client.name for client in CLIENTS] == promised
