"""The fake as a server, over real sockets: the same answers, both vendors on one port, what HTTP allows, and how it stops."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
from importlib.util import find_spec
from time import perf_counter

import httpx
import pytest
from sockets import KEY, alive, ask, client, connect, everything
from vendors import BAIDU, STUDIO
from vendors import ask as ask_engine

from pytest_assistant_mock import AssistantMock, AssistantServer, Failure, Response
from pytest_assistant_mock._serving import own_servers
from pytest_assistant_mock._serving.server import Server

pytest.importorskip("uvicorn")

PARSERS = [
    pytest.param("h11", id="h11"),
    pytest.param("httptools", id="httptools", marks=pytest.mark.skipif(find_spec("httptools") is None, reason="not installed")),
]


def _has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


needs_ipv6 = pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6 loopback")


@pytest.fixture(params=PARSERS, scope="module")
def listening(request):
    """A server on each HTTP parser uvicorn may find."""
    from uvicorn.protocols.http import auto
    from uvicorn.protocols.http.h11_impl import H11Protocol

    with pytest.MonkeyPatch.context() as patch:
        if request.param == "h11":
            patch.setattr(auto, "AutoHTTPProtocol", H11Protocol)
        server = Server()
    with server:
        yield server


@pytest.fixture
def server(listening):
    """A mock of its own for each test, behind those servers."""
    with AssistantServer(strict=False, server=listening) as server:
        yield server


class Scripted:
    """Answers everything with one reply."""

    def __init__(self, reply):
        self.reply = reply

    def handle(self, request):
        return self.reply


def play(server, reply):
    """Let a server give one reply to everything."""
    server.asgi.answerer = Scripted(reply)


def test_both_vendors_share_a_port(server):
    """Model Studio below /api/v1, AppBuilder below /v2, whatever prefix stands before, and each only its own."""
    paths = ("/api/v1/threads", "/gw/corp/api/v1/threads", "/v2/threads", "//v2/threads", "/v2/api/v1/threads", "/ai/v2/threads")
    ids = [json.loads(ask(server, "POST", path, {})[1])["id"] for path in paths]

    studio, baidu = "thread_00000000-0000-4000-8000-00000000000", "thread_0000000000004000800000000000000"
    assert ids == [f"{studio}1", f"{studio}2", f"{baidu}1", f"{baidu}2", f"{studio}3", f"{baidu}3"]
    assert (len(server.model_studio.threads()), len(server.appbuilder.threads())) == (3, 3)


@pytest.mark.parametrize(
    ("method", "path", "url", "body"),
    [
        ("POST", "/api/v1/threads", f"{STUDIO}/threads", {"messages": [{"role": "user", "content": "你是誰"}]}),
        ("GET", "/api/v1/threads/no?limit=2&after=%E4%BD%A0", f"{STUDIO}/threads/no?limit=2&after=%E4%BD%A0", b""),
        ("GET", "/api/v1/thread", f"{STUDIO}/thread", b""),
        ("POST", "/v2/threads", f"{BAIDU}/v2/threads", {"messages": [{"role": "user", "content": "地球是圆的吗?"}]}),
        ("POST", "/v2/threads/query", f"{BAIDU}/v2/threads/query", {"thread_id": "no"}),
        ("PUT", "/v2/threads/query", f"{BAIDU}/v2/threads/query", {"thread_id": "no"}),
    ],
)
def test_the_answer_is_the_one_given_in_process(server, method, path, url, body):
    """Status, body and headers are the engine's; the server adds only the date."""
    response, got = ask(server, method, path, body)
    expected = ask_engine(AssistantMock(), method, url, body)

    assert (response.status, got) == (expected.status, expected.body)
    added = {name.lower(): value for name, value in response.getheaders()}
    assert added.pop("date")
    assert added == {name.lower(): value for name, value in expected.headers}


def test_a_path_of_neither_vendor_is_told_what_is_served(server):
    """404, in JSON, with what to do; it is in nobody's journal."""
    response, body = ask(server, "GET", "/health?x=1")
    assert (response.status, response.getheader("content-type")) == (404, "application/json")
    assert json.loads(body) == {
        "error": "nothing is served at GET /health",
        "served": "/api/v1/assistants… (dashscope.aliyuncs.com), /api/v1/files… (dashscope.aliyuncs.com),"
        " /api/v1/threads… (dashscope.aliyuncs.com), /v2/assistants… (appbuilder.baidu.com),"
        " /v2/storage/files… (appbuilder.baidu.com), /v2/threads… (appbuilder.baidu.com); any prefix may stand before",
        "do": "use a base URL that `assistant-mock serve` printed, or that `assistant_server.env` holds",
    }
    assert server.model_studio.exchanges == server.appbuilder.exchanges == []


def test_a_line_is_kept_for_the_next_request(server):
    """Keep-alive: two requests, one connection."""
    conn = client(server)
    lines = set()
    for _ in range(3):
        conn.request("POST", "/api/v1/threads", b"{}", KEY)
        assert conn.getresponse().read()
        lines.add(conn.sock.getsockname())
    conn.close()
    assert len(lines) == 1


def test_a_chunked_request_is_read_whole(server):
    """A body of unknown length, in pieces that cut a character."""
    thread = server.model_studio.add_thread()
    text = '{"content": "你好"}'.encode()
    conn = client(server)
    pieces = iter([text[:14], text[14:15], text[15:]])
    conn.request("POST", f"/api/v1/threads/{thread.id}/messages", pieces, KEY, encode_chunked=True)
    assert conn.getresponse().status == 200
    conn.close()
    assert [message.text for message in server.model_studio.messages(thread)] == ["你好"]
    assert server.model_studio.exchanges[-1].request.header("transfer-encoding") == "chunked"


def test_a_reply_without_a_length_is_chunked(server):
    """What says Transfer-Encoding, or says nothing, goes out in chunks and arrives whole."""
    for headers in ((), (("Transfer-Encoding", "chunked"),), (("Transfer-Encoding", "chunked"), ("Content-Length", "3"))):
        play(server, Response(200, headers, "你好".encode()))
        response, body = ask(server, "GET", "/api/v1/threads/x")
        assert (response.getheader("transfer-encoding"), response.getheader("content-length")) == ("chunked", None)
        assert body.decode() == "你好"


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("gzip", "gzip"),
        ("br, GZIP;q=0.5", "gzip"),
        ("deflate, gzip;q=1.0, *;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("gzip;q=0.0", None),
        ("br", None),
        ("", None),
    ],
)
def test_gzip_if_asked(server, asked, given):
    """Compressed, and chunked as a gateway's filter sends it, only for a client that takes it; the same bytes inside."""
    thread = server.model_studio.add_thread()
    plain = server.model_studio.add_message(thread, "你好" * 100)
    response, body = ask(server, "GET", f"/api/v1/threads/{thread.id}/messages", Accept_Encoding=asked)
    assert (response.getheader("content-encoding"), response.getheader("vary")) == (given, "Accept-Encoding" if given else None)
    assert (response.getheader("transfer-encoding"), response.getheader("content-length") is None) == (
        ("chunked", True) if given else (None, False)
    )
    page = json.loads(gzip.decompress(body) if given else body)
    assert [message["id"] for message in page["data"]] == [plain.id]


def test_head_is_get_without_the_body(server):
    """The length a GET would have, no body, and the line goes on."""
    thread = server.model_studio.add_thread()
    conn = client(server)
    told = []
    for method in ("GET", "HEAD", "GET"):
        conn.request(method, f"/api/v1/threads/{thread.id}", headers=KEY)
        response = conn.getresponse()
        told.append((response.status, response.getheader("content-length"), len(response.read())))
    conn.close()
    length = told[0][2]
    assert told == [(200, str(length), length), (200, str(length), 0), (200, str(length), length)]
    assert ask(server, "HEAD", "/v2/threads/query")[0].status == 405


# Limits

TOO_LARGE = {
    "/api/v1/threads": {
        "code": "BadRequest.TooLarge",
        "message": "Payload Too Large.",
        "request_id": "00000000-0000-9000-8000-000000000001",
    },
    "/v2/threads": {
        "requestId": "00000000-0000-4000-8000-000000000001",
        "code": "RequestTooLarge",
        "message": "The request body is too large.",
    },
}


@pytest.mark.parametrize("path", TOO_LARGE)
@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
def test_a_body_over_the_limit_gets_the_vendors_error(server, path, chunked):
    """413 in the vendor's words, nothing stored, the exchange kept without its body; a body at the limit is read."""
    server.asgi.body_limit = 1000
    body = b'{"messages": []' + b" " * 984 + b"}"
    conn = client(server)
    answers = []
    for sent in (body + b" ", body):
        if chunked:
            conn.request("POST", path, iter([sent[:500], sent[500:]]), KEY, encode_chunked=True)
        else:
            conn.request("POST", path, sent, KEY)
        response = conn.getresponse()
        answers.append((response.status, json.loads(response.read())))
    conn.close()

    assert answers[0] == (413, TOO_LARGE[path])
    assert answers[1][0] == 200
    handle = server.model_studio if "api" in path else server.appbuilder
    assert [(one.operation, len(one.request.body)) for one in handle.exchanges] == [("create_thread", 0), ("create_thread", 1000)]
    assert len(handle.threads()) == 1


@pytest.mark.parametrize(("path", "words"), [("/api/v1/files", "/api/v1/threads"), ("/v2/storage/files", "/v2/threads")])
def test_an_upload_over_the_limit_is_refused_and_not_stored(server, path, words):
    """413 in the vendor's words; the next one, which is small enough, is stored."""
    server.asgi.body_limit = 1000
    handle, field = (server.model_studio, "files") if "api" in path else (server.appbuilder, "file")
    answers = [
        httpx.post(server.url + path, files={field: ("a.txt", bytes(size))}, headers={"Authorization": "Bearer k"})
        for size in (1001, 100)
    ]
    assert (answers[0].status_code, answers[0].json()) == (413, TOO_LARGE[words])
    assert (answers[1].status_code, [len(file.content) for file in handle.files()]) == (200, [100])


def test_fifty_megabytes_are_refused(server):
    """The limit is 10 MB unless told; the client that sends five times as much reads the refusal, and others are served."""
    assert server.asgi.body_limit == 10_000_000
    response, body = ask(server, "POST", "/api/v1/threads", bytes(50_000_000))
    assert (response.status, json.loads(body)["code"]) == (413, "BadRequest.TooLarge")
    assert alive(server)


def test_the_last_thousand_exchanges_are_kept_and_all_are_counted(server):
    """Served, the journal is bounded; what no route answered is remembered however long ago it was."""
    conn = client(server)
    for path in ["/api/v1/nothing"] + ["/api/v1/threads/x"] * 1003:
        conn.request("GET", path, headers=KEY)
        conn.getresponse().read()
    conn.close()
    handle = server.model_studio
    assert len(handle.exchanges) == 1000
    assert handle.counts == {None: 1, "retrieve_thread": 1003}
    assert [one.request.url for one in server._engine.journal.unanswered("model_studio")] == [f"{STUDIO}/nothing"]


def test_in_process_the_journal_is_unbounded():
    """1,200 requests in memory, 1,200 exchanges."""
    mock = AssistantMock()
    for _ in range(1200):
        ask_engine(mock, "GET", f"{STUDIO}/threads/x")
    assert len(mock.model_studio.exchanges) == mock.model_studio.counts["retrieve_thread"] == 1200


# Keys


def test_only_the_keys_given_are_known():
    """A wrong key gets each vendor's own refusal, a right one is answered; the first is what clients are told."""
    with AssistantServer(keys=["sk-right", "sk-second"], strict=False) as server:
        answers = [
            ask(server, "POST", path, {}, Authorization=f"Bearer {key}")
            for path in ("/api/v1/threads", "/v2/threads")
            for key in ("sk-wrong", "sk-right", "sk-second")
        ]
        assert [response.status for response, _ in answers] == [401, 200, 200, 401, 200, 200]
        assert json.loads(answers[0][1]) == {
            "code": "InvalidApiKey",
            "message": "Invalid API-key provided.",
            "request_id": "00000000-0000-9000-8000-000000000001",
        }
        assert json.loads(answers[3][1]) == {
            "requestId": "00000000-0000-0000-0000-000000000000",
            "code": 216003,
            "message": "Authentication error: ( [Code: InvalidHTTPAuthHeader; Message: Fail to parse apikey authorization;"
            " RequestId: 00000000-0000-4000-8000-000000000001] )",
        }
        assert answers[3][0].getheader("x-appbuilder-request-id") == "00000000-0000-4000-8000-000000000001"
        assert server.env["DASHSCOPE_API_KEY"] == server.env["APPBUILDER_TOKEN"] == server.model_studio.api_key == "sk-right"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "example.org", "192.0.2.1"])
def test_other_machines_are_let_in_only_with_a_key(host):
    """Any address but loopback is refused without keys, and says what to do."""
    with pytest.raises(ValueError, match="lets other machines in") as refused:
        AssistantServer(host=host)
    assert str(refused.value) == (
        f"host={host!r} lets other machines in: give the keys they must know (serve --key …), or listen on loopback, 127.0.0.1"
    )


def test_with_a_key_any_address_is_served():
    """Bound to every address, it answers on loopback too."""
    with AssistantServer(host="0.0.0.0", keys=["sk-right"]) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert ask(server, "POST", "/api/v1/threads", {}, Authorization="Bearer sk-right")[0].status == 200


@needs_ipv6
@pytest.mark.parametrize(("host", "names"), [("::1", ["[::1]"]), ("::", ["[::1]", "127.0.0.1"])])
def test_it_listens_on_ipv6(host, names):
    """
    Over a real socket: its URL has the brackets, `env` keeps proxies away from the bare address, a server at every address is at
    IPv4's too.
    """
    with AssistantServer(host=host, keys=["any-key-will-do"]) as server:
        assert server.url == f"http://[::1]:{server._server.port}"
        for name in names:
            answer = httpx.post(f"http://{name}:{server._server.port}/api/v1/threads", json={}, headers=KEY)
            assert (answer.status_code, answer.json()["object"]) == (200, "thread")
        assert len(server.model_studio.threads()) == len(names)
        assert "::1" in server.env["NO_PROXY"].split(",")


def test_a_port_that_is_taken_is_said():
    """Which address, and why."""
    with AssistantServer() as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(OSError, match=rf"cannot listen at 127\.0\.0\.1:{port}: Address already in use"):
            AssistantServer(port=port)


# Failures

BODY = b'{"id": "thread_1"}'
WHOLE = Response(200, (("Content-Type", "application/json"), ("Content-Length", "18")), BODY)


@pytest.mark.parametrize(
    ("failure", "begins", "ends_with", "end"),
    [
        (Failure("connect_refused"), b"", b"", "closed"),
        (Failure("connect_timeout"), b"", b"", "closed"),
        (Failure("read_timeout"), b"", b"", "closed"),
        (Failure("reset"), b"", b"", "reset"),
        (Failure("closed"), b"", b"", "closed"),
        (Failure("reset", 5, WHOLE), b"HTTP/1.1 200 OK\r\n", b"\r\n\r\n" + BODY[:5], "reset"),
        (Failure("truncated", 0, WHOLE), b"HTTP/1.1 200 OK\r\n", b"\r\n\r\n", "closed"),
        (Failure("truncated", 7, WHOLE), b"HTTP/1.1 200 OK\r\n", b"\r\n\r\n" + BODY[:7], "closed"),
    ],
    ids=lambda value: f"{value.kind} {value.after_bytes}" if isinstance(value, Failure) else "",
)
def test_a_failure_breaks_the_line(server, failure, begins, ends_with, end):
    """A reset is an RST, a cut body declares more than comes, a hang is bounded, a refusal closes at once."""
    server.asgi.hang_s = 0.05
    play(server, failure)
    with connect(server) as line:
        line.sendall(b"GET /api/v1/threads/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\n\r\n")
        data, how = everything(line)
    assert data.startswith(begins)
    assert data.endswith(ends_with)
    assert how == end
    if failure.response is not None:
        assert b"content-length: 18\r\n" in data
    else:
        assert data == b""
    server.asgi.answerer = server._engine
    assert alive(server)


def test_a_hang_ends_when_the_client_gives_up(server):
    """The server does not wait for a client that is gone: it stops at once."""
    play(server, Failure("read_timeout"))
    with connect(server) as line:
        line.sendall(b"GET /api/v1/threads/x HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer k\r\n\r\n")
        line.settimeout(0.1)
        with pytest.raises(TimeoutError):
            line.recv(1)
    server.asgi.answerer = server._engine
    assert alive(server)


# Any ASGI server


def test_the_app_can_be_mounted_anywhere():
    """`mock.asgi` answers without a server of ours around it, and shares the mock's store and journal."""
    mock = AssistantMock(strict=False)

    async def ask():
        transport = httpx.ASGITransport(app=mock.asgi, root_path="/fake")
        async with httpx.AsyncClient(transport=transport, base_url="http://anywhere/fake") as client:
            return await client.post("/v2/threads", json={}, headers=KEY)

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.json()["id"]) == (200, mock.appbuilder.threads()[0].id)
    assert [one.operation for one in mock.appbuilder.exchanges] == ["create_thread"]
    assert mock.asgi is mock.asgi


def test_the_app_speaks_lifespan_and_no_websocket():
    """What a server asks beside HTTP is answered as the ASGI specification has it."""
    app, sent = AssistantMock().asgi, []

    async def send(message):
        sent.append(message["type"])

    def receive(*types):
        messages = iter(types)

        async def next_message():
            return {"type": next(messages)}

        return next_message

    asyncio.run(app({"type": "lifespan"}, receive("lifespan.startup", "lifespan.shutdown"), send))
    asyncio.run(app({"type": "websocket"}, receive("websocket.connect"), send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete", "websocket.close"]


def test_elsewhere_a_cut_body_is_still_cut():
    """Without a transport of ours the app begins the answer and leaves it unfinished; the server around it closes the line."""
    mock, sent = AssistantMock(), []
    mock.asgi.answerer = Scripted(Failure("truncated", 3, WHOLE))

    async def send(message):
        sent.append(message)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": "/v2/threads", "query_string": b"", "headers": []}
    asyncio.run(mock.asgi(scope, receive, send))
    assert [(message.get("status"), message.get("body"), message.get("more_body")) for message in sent] == [
        (200, None, None),
        (None, BODY[:3], True),
    ]


# No door answers for a server


CLIENTS = {
    "requests": lambda url: pytest.importorskip("requests").post(url, json={}, headers=KEY).json(),
    "httpx": lambda url: httpx.post(url, json={}, headers=KEY).json(),
    "httpx2": lambda url: pytest.importorskip("httpx2").post(url, json={}, headers=KEY).json(),
    "urllib": lambda url: json.load(__import__("urllib.request").request.urlopen(_urllib_request(url))),
    "aiohttp": lambda url: asyncio.run(_aiohttp(url)),
}


def _urllib_request(url):
    from urllib.request import Request

    return Request(url, b"{}", KEY, method="POST")


async def _aiohttp(url):
    aiohttp = pytest.importorskip("aiohttp")
    async with aiohttp.ClientSession() as session, session.post(url, json={}, headers=KEY) as response:
        return await response.json()


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", pytest.param("[::1]", marks=needs_ipv6)])
def test_no_door_answers_in_place_of_a_server(name, host, monkeypatch):
    """Told of the server by variable and by `hosts`, an open mock lets the bytes go over the socket; closed, it plays again."""
    with AssistantServer(host="::1" if host == "[::1]" else "127.0.0.1") as server:
        url = server.model_studio.base_url.replace("127.0.0.1", host)
        monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", url)
        with AssistantMock(hosts={"model_studio": [url]}) as mock:
            CLIENTS[name](f"{url}/threads")
            assert (len(server.model_studio.threads()), len(mock.model_studio.threads())) == (1, 0)
            assert not mock._engine.plays(f"{url}/threads")
    assert not [url for url in own_servers.urls() if url == server.url]
    with AssistantMock() as mock:
        CLIENTS[name](f"{url}/threads")
        assert len(mock.model_studio.threads()) == 1


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", ("http://127.0.0.1:1", "http://localhost:1")),
        ("::1", ("http://[::1]:1", "http://localhost:1")),
        ("0.0.0.0", ("http://127.0.0.1:1", "http://localhost:1", "http://0.0.0.0:1")),
        ("fe80::1", ("http://[fe80::1]:1",)),
        ("192.0.2.1", ("http://192.0.2.1:1",)),
    ],
)
def test_where_a_server_is_found(host, expected):
    """Every origin a client may write for a bound address."""
    assert own_servers.origins(host, 1) == expected


# Stopping


def test_it_stops_within_a_second():
    """With idle lines, half-sent heads, half-sent bodies and answers held back."""
    server = AssistantServer().__enter__()
    lines = [connect(server) for _ in range(40)]
    for line in lines[10:20]:
        line.sendall(b"POST /api/v1/threads HTTP/1.1\r\nHo")
    for line in lines[20:30]:
        line.sendall(b"POST /api/v1/threads HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{")
    assert alive(server)
    play(server, Failure("read_timeout"))
    for line in lines[30:]:
        line.sendall(b"GET /api/v1/threads/x HTTP/1.1\r\nHost: localhost\r\n\r\n")
    before = perf_counter()
    server.__exit__(None, None, None)
    assert perf_counter() - before < 1
    for line in lines:
        line.close()
    with pytest.raises(OSError, match="refused"), connect(server):
        pass


def test_a_server_without_a_mock_says_so():
    """Between two tests nobody answers: 503, and nothing is stored."""
    with Server() as server:
        answer = httpx.post(f"{server.url}/v2/threads", json={}, headers=KEY)
    assert (answer.status_code, answer.json()) == (503, {"error": "no mock is open behind this server just now"})


def test_many_servers_at_once_are_strangers():
    """Each has its own port, store and ids."""
    with AssistantServer() as one, AssistantServer(revision="2026") as other:
        assert alive(one)
        assert one.url != other.url
        assert (len(one.model_studio.threads()), len(other.model_studio.threads())) == (1, 0)
        assert socket.create_connection(("127.0.0.1", int(other.url.rpartition(":")[2]))).close() is None
