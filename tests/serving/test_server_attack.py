"""What comes at a server from outside: bad HTTP, strange ids, clients that vanish, many at once. It answers, and goes on."""

from __future__ import annotations

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.util import find_spec
from struct import pack

import pytest
from sockets import KEY, alive, ask, client, connect, everything

from pytest_assistant_mock import AssistantServer

pytest.importorskip("uvicorn")

PARSERS = [
    pytest.param("h11", id="h11"),
    pytest.param("httptools", id="httptools", marks=pytest.mark.skipif(find_spec("httptools") is None, reason="not installed")),
]


@pytest.fixture(params=PARSERS, scope="module")
def server(request):
    """One server for all attacks, on each HTTP parser uvicorn may find: what one attack breaks, the next one meets."""
    from uvicorn.protocols.http import auto
    from uvicorn.protocols.http.h11_impl import H11Protocol

    with pytest.MonkeyPatch.context() as patch:
        if request.param == "h11":
            patch.setattr(auto, "AutoHTTPProtocol", H11Protocol)
        server = AssistantServer(strict=False)
    with server:
        yield server


HEAD = b"Host: localhost\r\nAuthorization: Bearer k\r\nContent-Type: application/json\r\n"
REQUESTS = {
    "nonsense": b"\x00\x01\x02\x03\r\n\r\n",
    "tls hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    "http 2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no version": b"GET /api/v1/threads/x\r\n\r\n",
    "wrong version": b"GET /api/v1/threads/x HTTP/9.9\r\n\r\n",
    "no host": b"GET /api/v1/threads/x HTTP/1.1\r\n\r\n",
    "http 1.0": b"GET /api/v1/threads/x HTTP/1.0\r\n" + HEAD + b"\r\n",
    "unknown method": b"BREW /api/v1/threads/x HTTP/1.1\r\n" + HEAD + b"\r\n",
    "connect": b"CONNECT dashscope.aliyuncs.com:443 HTTP/1.1\r\n" + HEAD + b"\r\n",
    "trace": b"TRACE /api/v1/threads HTTP/1.1\r\n" + HEAD + b"\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\n" + HEAD + b"\r\n",
    "absolute url": b"GET https://dashscope.aliyuncs.com/api/v1/threads/x HTTP/1.1\r\n" + HEAD + b"\r\n",
    "websocket": b"GET /api/v1/threads/x HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + HEAD + b"\r\n",
    "header without colon": b"GET /api/v1/threads/x HTTP/1.1\r\nnonsense\r\n\r\n",
    "header with NUL": b"GET /api/v1/threads/x HTTP/1.1\r\nX-A: \x00\r\n" + HEAD + b"\r\n",
    "folded header": b"GET /api/v1/threads/x HTTP/1.1\r\nX-A: 1\r\n  2\r\n" + HEAD + b"\r\n",
    "huge header": b"GET /api/v1/threads/x HTTP/1.1\r\nX-A: " + b"a" * 200_000 + b"\r\n" + HEAD + b"\r\n",
    "huge path": b"GET /api/v1/threads/" + b"a" * 60_000 + b" HTTP/1.1\r\n" + HEAD + b"\r\n",
    "two lengths": b"POST /api/v1/threads HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n" + HEAD + b"\r\n{} ",
    "negative length": b"POST /api/v1/threads HTTP/1.1\r\nContent-Length: -1\r\n" + HEAD + b"\r\n",
    "length, chunks": b"POST /v2/threads HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n" + HEAD + b"\r\n0\r\n",
    "bad chunk": b"POST /api/v1/threads HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HEAD + b"\r\nzz\r\n{}\r\n0\r\n\r\n",
    "huge chunk": b"POST /api/v1/threads HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HEAD + b"\r\nffffffffffffffff\r\n{}",
    "two keys": b"GET /api/v1/threads/x HTTP/1.1\r\nAuthorization: Bearer other\r\n" + HEAD + b"\r\n",
    "two hosts": b"GET /api/v1/threads/x HTTP/1.1\r\nHost: 127.0.0.1\r\n" + HEAD + b"\r\n",
    "bytes in path": b"GET /api/v1/threads/\xe4\xbd\xa0\xff HTTP/1.1\r\n" + HEAD + b"\r\n",
    "bytes in query": b"GET /api/v1/threads/x/messages?order=\xff\xfe HTTP/1.1\r\n" + HEAD + b"\r\n",
    "bytes in header": b"GET /api/v1/threads/x HTTP/1.1\r\nX-A: \xff\xfe\r\n" + HEAD + b"\r\n",
    "invalid utf-8": b"POST /api/v1/threads HTTP/1.1\r\nContent-Length: 4\r\n" + HEAD + b'\r\n"\xff\xfe"',
    "percent nonsense": b"GET /api/v1/threads/%zz%f HTTP/1.1\r\n" + HEAD + b"\r\n",
    "split answer": b"GET /api/v1/threads/%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\n" + HEAD + b"\r\n",
    "echoed id": b"POST /v2/threads HTTP/1.1\r\nContent-Length: 2\r\nX-Appbuilder-Request-Id: a\xffb\r\n" + HEAD + b"\r\n{}",
    "pipelined": (b"GET /api/v1/threads/x HTTP/1.1\r\n" + HEAD + b"\r\n") * 3,
}  # fmt: skip


@pytest.mark.parametrize("name", REQUESTS)
def test_bad_http_is_refused_or_answered(server, name):
    """No answer at all, or one with a status below 500 and without a traceback; the server goes on."""
    with connect(server) as line:
        line.sendall(REQUESTS[name])
        with suppress(OSError):  # it may have hung up already
            line.shutdown(socket.SHUT_WR)
        data, _ = everything(line)
    assert data == b"" or (data.startswith(b"HTTP/1.1 ") and data[9:10] in b"24"), data[:200]
    assert b"Traceback" not in data
    assert b"\r\nSet-Cookie" not in data
    assert alive(server)


def test_an_error_of_our_own_is_no_traceback(server, monkeypatch):
    """What breaks inside is told where the server logs, not to the client; the server goes on."""

    def breaks(request):
        raise RuntimeError("broken inside")

    with monkeypatch.context() as patch:
        patch.setattr(server._engine, "whose", breaks)
        response, body = ask(server, "POST", "/api/v1/threads", {})
    assert (response.status, body) == (500, b"Internal Server Error")
    assert alive(server)


@pytest.mark.parametrize(
    "thread_id",
    [
        "..",
        "../..",
        "%2e%2e%2f%2e%2e",
        "a%2Fb",
        "%2Fetc%2Fpasswd",
        "..%5c..",
        "%00",
        "%E4%BD%A0",
        "%ff%fe",
        "a;b=c",
        "a" * 5000,
        "%25",
    ],
)
def test_a_strange_id_is_no_thread(server, thread_id):
    """Traversal and encoded slashes stay inside the id: it is unknown to the vendor, or its URL is, and nothing else is read."""
    response, body = ask(server, "GET", f"/api/v1/threads/{thread_id}/messages")
    assert response.status == 400
    assert json.loads(body)["message"] in (
        "The specified thread has been deleted or does not exist.",
        "Invalid URL provided in your request.",
    )


def test_an_encoded_slash_is_part_of_the_id(server):
    """`a%2Fb` names the thread "a/b"."""
    server.model_studio.add_thread(id="a/b")
    response, body = ask(server, "GET", "/api/v1/threads/a%2Fb")
    assert (response.status, json.loads(body)["id"]) == (200, "a/b")


def test_a_slow_head_keeps_nobody_waiting(server):
    """A hundred clients that send a byte and wait; others are answered meanwhile, and the slow ones when they are done."""
    lines = [connect(server) for _ in range(100)]
    for line in lines:
        line.sendall(b"G")
    assert alive(server)
    for line in lines:
        line.sendall(b"ET /api/v1/threads/x HTTP/1.1\r\n" + HEAD + b"\r\n")
    assert {line.recv(12) for line in lines} == {b"HTTP/1.1 400"}
    for line in lines:
        line.close()


def _vanish(line: socket.socket) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))
    line.close()


def test_a_client_that_vanishes_while_sending_stores_nothing(server):
    """A body that never ends is no message."""
    thread = server.model_studio.add_thread()
    for _ in range(20):
        line = connect(server)
        line.sendall(
            f"POST /api/v1/threads/{thread.id}/messages HTTP/1.1\r\nContent-Length: 30\r\n".encode()
            + HEAD
            + b'\r\n{"content": "hi"}'
        )
        _vanish(line)
    assert alive(server)
    assert server.model_studio.messages(thread) == []


def test_a_client_that_vanishes_while_reading_disturbs_nobody(server):
    """A page of several megabytes, nobody there to read it."""
    thread = server.model_studio.add_thread()
    for _ in range(20):
        server.model_studio.add_message(thread, "你" * 100_000)
    for _ in range(10):
        line = connect(server)
        line.sendall(f"GET /api/v1/threads/{thread.id}/messages?limit=20 HTTP/1.1\r\n".encode() + HEAD + b"\r\n")
        line.recv(100)
        _vanish(line)
    assert alive(server)
    assert len(json.loads(ask(server, "GET", f"/api/v1/threads/{thread.id}/messages?limit=20")[1])["data"]) == 20


CLIENTS, TURNS = 64, 8


def test_sixty_four_clients_at_once_lose_and_double_nothing(server):
    """Mixed operations of both vendors, on shared threads: no error, every message once, in the order each client sent them."""
    shared = server.model_studio.add_thread(), server.appbuilder.add_thread()
    before = server.model_studio.counts["create_message"]

    def talk(number: int) -> list[tuple[int, str]]:
        conn, told = client(server), []

        def say(method, path, body=None):
            conn.request(method, path, None if body is None else json.dumps(body).encode(), KEY)
            response = conn.getresponse()
            told.append((response.status, response.read().decode()))
            return json.loads(told[-1][1])

        studio, baidu = (thread.id for thread in shared)
        own = say("POST", "/api/v1/threads", {})["id"]
        for turn in range(TURNS):
            sent = say("POST", f"/api/v1/threads/{studio}/messages", {"content": f"{number}-{turn}"})
            say("POST", "/v2/threads/messages", {"thread_id": baidu, "role": "user", "content": f"{number}-{turn}"})
            say("GET", f"/api/v1/threads/{studio}/messages/{sent['id']}")
            say("GET", f"/api/v1/threads/{studio}/messages?limit=2")
            say("POST", "/v2/threads/messages/list", {"thread_id": baidu, "limit": 1})
            say("POST", f"/api/v1/threads/{own}", {"metadata": {"turn": turn}})
        say("DELETE", f"/api/v1/threads/{own}")
        conn.close()
        return told

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = [answer for told in pool.map(talk, range(CLIENTS)) for answer in told]

    assert {status for status, _ in answers} == {200}
    assert not [body for _, body in answers if '"error"' in body]
    for handle, thread in zip((server.model_studio, server.appbuilder), shared, strict=True):
        texts = [message.text for message in handle.messages(thread)]
        for number in range(CLIENTS):
            assert [text for text in texts if text.startswith(f"{number}-")] == [f"{number}-{turn}" for turn in range(TURNS)]
        assert len(texts) == CLIENTS * TURNS
        assert len({message.id for message in handle.messages(thread)}) == CLIENTS * TURNS
    assert server.model_studio.counts["create_message"] - before == CLIENTS * TURNS


ENDLESS = {
    "header": b"GET /api/v1/threads/x HTTP/1.1\r\nX-A: ",
    "path": b"GET /api/v1/threads/",
    "trailer": b"POST /api/v1/threads HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HEAD + b"\r\n2\r\n{}\r\n0\r\nX-A: ",
    "chunk's extension": b"POST /api/v1/threads HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HEAD + b"\r\n2;a=",
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_has_no_end_is_refused(server, name):
    """On either parser, after some tens of kilobytes: nothing is gathered for ever, or looked through again and again."""
    sent = 0
    with connect(server) as line:
        line.sendall(ENDLESS[name])
        with suppress(OSError):
            while sent < 10_000_000:
                line.sendall(b"a" * 10_000)
                sent += 10_000
    assert sent < 10_000_000
    assert alive(server)


def test_a_large_body_is_no_endless_head(server):
    """A body may come in any pieces, and behind it the next request."""
    body = json.dumps({"metadata": {}, "x": "a" * 500_000}).encode()
    head = b"POST /api/v1/threads HTTP/1.1\r\nContent-Length: %d\r\n" % len(body) + HEAD + b"\r\n"
    with connect(server) as line:
        line.sendall((head + body) * 2)
        line.shutdown(socket.SHUT_WR)
        data, _ = everything(line)
    assert data.count(b"HTTP/1.1 200 OK\r\n") == 2


HOSTS = {"localhost": 200, "LOCALHOST.:80": 200, "127.0.0.1:1": 200, "127.1.2.3": 200, "[::1]:80": 200, "": 421}
FOREIGN = ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "dashscope.aliyuncs.com", "127.evil", "[::2]"]


@pytest.mark.parametrize(("host", "status"), [*HOSTS.items(), *((name, 421) for name in FOREIGN)])
def test_only_its_own_names_are_answered(server, host, status):
    """A page elsewhere whose name points at this machine reads nothing: 421, which says what to do."""
    before = server.model_studio.counts.total()
    response, body = ask(server, "POST", "/api/v1/threads", {}, Host=host)
    assert response.status == status
    assert server.model_studio.counts.total() - before == (status == 200)
    if status == 421:
        name = host.rpartition(":")[0] if host.endswith(":80") else host.strip("[]")
        assert json.loads(body)["do"] == f"ask it by one of these names, or start it with --allow-host {name}"


def test_a_name_may_be_allowed():
    """By AssistantServer's `allow_hosts`, which is `serve --allow-host`."""
    with AssistantServer(allow_hosts=["Mock.Test"]) as server:
        assert [ask(server, "POST", "/api/v1/threads", {}, Host=name)[0].status for name in ("mock.test:80", "other")] == [
            200,
            421,
        ]


def test_on_another_address_every_name_is_answered():
    """Keys are required there, and who knows them is meant."""
    with AssistantServer(host="0.0.0.0", keys=["k"]) as server:
        assert ask(server, "POST", "/api/v1/threads", {}, Host="any.example", Authorization="Bearer k")[0].status == 200
        assert ask(server, "POST", "/api/v1/threads", {}, Host="any.example", Authorization="Bearer x")[0].status == 401
