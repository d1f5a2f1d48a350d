"""
Trouble over the socket: one table of vendor x client x fault, every cell a test; then what takes time, and who does not wait.
"""

from __future__ import annotations

import json
import socket
from time import perf_counter
from typing import Any, NamedTuple

import httpx
import pytest
import requests
import urllib3
from sockets import KEY, alive, connect, everything

from pytest_assistant_mock import AssistantServer, Failure, Handle, Response, faults
from pytest_assistant_mock._engine.clock import EPOCH_MS

pytest.importorskip("uvicorn")


class Got(NamedTuple):
    """What a client was given."""

    status: int
    content_type: str | None
    body: bytes


def ask_httpx(server: AssistantServer, path: str, body: bytes, timeout: float = 5) -> Got:
    """One POST by httpx."""
    answer = httpx.post(server.url + path, content=body, headers=KEY, timeout=timeout)
    return Got(answer.status_code, answer.headers.get("content-type"), answer.content)


def ask_requests(server: AssistantServer, path: str, body: bytes, timeout: float = 5) -> Got:
    """One POST by requests."""
    answer = requests.post(server.url + path, data=body, headers=KEY, timeout=timeout)
    return Got(answer.status_code, answer.headers.get("content-type"), answer.content)


def begin(line: socket.socket, path: str, body: bytes) -> None:
    """Write one POST to a line, and read nothing."""
    head = [f"POST {path} HTTP/1.1", "Host: localhost", "Connection: close", f"Content-Length: {len(body)}"]
    head += [f"{name}: {value}" for name, value in KEY.items()]
    line.sendall("\r\n".join([*head, "", ""]).encode() + body)


def ask_socket(server: AssistantServer, path: str, body: bytes, timeout: float = 5) -> Got | str:
    """One POST by hand: what came, or how the line ended when nothing came or less than was declared."""
    with connect(server) as line:
        begin(line, path, body)
        data, end = everything(line)  # which has a time limit of its own
    if not data:
        return f"nothing, {end}"
    head, _, whole = data.partition(b"\r\n\r\n")
    headers = dict(pair.split(": ", 1) for pair in head.decode().split("\r\n")[1:])
    if end != "closed" or len(whole) != int(headers["content-length"]):
        return f"{len(whole)} bytes of the body, {end}"
    return Got(int(head.split()[1]), headers.get("content-type"), whole)


CLIENTS = {"httpx": ask_httpx, "requests": ask_requests, "socket": ask_socket}

CLOSED = ("httpx.RemoteProtocolError", "requests.exceptions.ConnectionError", "nothing, closed")
SILENT = ("httpx.ReadTimeout", "requests.exceptions.ReadTimeout", "nothing, closed")
RESET = ("httpx.ReadError", "requests.exceptions.ConnectionError", "nothing, reset")
CUT = "requests.exceptions.ChunkedEncodingError"
SHORT = 200 if urllib3.__version__.startswith("1.") else CUT  # urllib3 1.26 takes a short body, and requests with it

TABLE: tuple[tuple[faults.Fault, Any], ...] = (
    (faults.rate_limited(), 429),
    (faults.quota_exceeded(), {"model_studio": 429, "appbuilder": 400}),
    (faults.unauthorized(), 401),
    (faults.forbidden(), 403),
    (faults.server_error(), 500),
    (faults.server_error(after=True), 500),
    (faults.unavailable(), 503),
    (faults.unavailable(after=True), 503),
    (faults.connect_refused(), CLOSED),
    (faults.connect_timeout(), SILENT),
    (faults.hang(), SILENT),
    (faults.hang(after=True), SILENT),
    (faults.reset(), RESET),
    (faults.reset(after=True), RESET),
    (faults.reset(0), ("httpx.ReadError", CUT, "0 bytes of the body, reset")),
    (faults.reset(10), ("httpx.ReadError", CUT, "10 bytes of the body, reset")),
    (faults.closed(), CLOSED),
    (faults.closed(after=True), CLOSED),
    (faults.slow(30), 200),
    (faults.slow(0.01, wait=True), 200),
    (faults.bad_gateway_html(), 502),
    (faults.bad_gateway_html(after=False), 502),
    (faults.empty_body(), 200),
    (faults.truncated(0), ("httpx.RemoteProtocolError", SHORT, "0 bytes of the body, closed")),
    (faults.truncated(100), ("httpx.RemoteProtocolError", SHORT, "100 bytes of the body, closed")),
    (faults.wrong_content_type(), 200),
    (faults.without("id"), 200),
)
"""What comes of a fault: the status that every client sees, or what httpx, requests and a bare socket see."""


def target(handle: Handle) -> tuple[str, bytes]:
    """Where a message is sent to a new thread, and what is sent."""
    thread = handle.add_thread().id
    said = {"role": "user", "content": "地球是圆的吗?"}
    if handle.name == "model_studio":
        return f"/api/v1/threads/{thread}/messages", json.dumps(said).encode()
    return "/v2/threads/messages", json.dumps({**said, "thread_id": thread}).encode()


@pytest.mark.parametrize(("fault", "expected"), TABLE, ids=repr)
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("vendor", ["model_studio", "appbuilder"])
def test_a_fault_is_real_over_the_socket(
    assistant_server: AssistantServer, vendor: str, client: str, fault: faults.Fault, expected: Any
) -> None:
    """The client meets what is in the table, byte for byte; the message is stored if the fault says so; the server lives on."""
    if client == "socket":
        assistant_server.asgi.hang_s = 0.05
    handle = getattr(assistant_server, vendor)
    path, body = target(handle)
    plan = handle.fail(fault, on="create_message")
    try:
        got: Any = CLIENTS[client](assistant_server, path, body, 0.2 if expected is SILENT else 5)
    except Exception as error:
        got = f"{type(error).__module__}.{type(error).__qualname__}"
    exchange = handle.exchanges.last
    if isinstance(expected, tuple):
        expected = expected[list(CLIENTS).index(client)]
    if isinstance(expected, dict):
        expected = expected[vendor]
    reply = exchange.reply
    if isinstance(expected, str):
        assert got == expected
    elif isinstance(reply, Response):
        assert got == (expected, reply.header("content-type"), reply.body)
    else:
        assert isinstance(reply, Failure)
        assert reply.response is not None
        assert got == (expected, reply.response.header("content-type"), reply.response.body[: reply.after_bytes])
    stored = [message.text for message in handle.messages(handle.threads()[0])]
    assert (exchange.faults, plan.used, stored) == ((repr(fault),), 1, ["地球是圆的吗?"] if fault.acted else [])
    assert alive(assistant_server)


OF_STREAMS = {"cut", "stall", "error_event", "repeat", "out_of_order", "garbage_frame", "slow_pieces"}


def test_no_fault_is_left_out() -> None:
    """The table has every function of the module; those of streams have tables of their own."""
    assert {repr(fault).partition("(")[0] for fault, _ in TABLE} == set(faults.FAULTS) - OF_STREAMS


def test_a_clients_own_retries_meet_the_faults(assistant_server: AssistantServer) -> None:
    """Refused, cut off, refused by the vendor: the fourth try goes through, and one message is stored."""
    studio = assistant_server.model_studio
    path, body = target(studio)
    for fault in (faults.connect_refused(), faults.reset(), faults.unavailable()):
        studio.fail(fault, on="create_message")
    session = requests.Session()
    retry = urllib3.Retry(total=3, status_forcelist=[503], allowed_methods=None, backoff_factor=0)
    session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retry))
    with session:
        answer = session.post(assistant_server.url + path, data=body, headers=KEY, timeout=5)
    assert answer.json()["content"][0]["text"]["value"] == "地球是圆的吗?"
    assert studio.counts["create_message"] == 4
    assert len(studio.messages(studio.threads()[0])) == 1


def test_slow_moves_the_clock_and_waits_only_when_asked(assistant_server: AssistantServer) -> None:
    """An hour passes on the mock's clock and none for the client."""
    studio = assistant_server.model_studio
    path, body = target(studio)
    studio.fail(faults.slow(3600), on="create_message")
    assert ask_httpx(assistant_server, path, body).status == 200
    assert assistant_server.clock.now_ms - EPOCH_MS > 3_600_000


@pytest.mark.parametrize("client", ["httpx", "requests"])
def test_slow_with_wait_drips(assistant_server: AssistantServer, client: str) -> None:
    """The answer comes whole, over more seconds than the client waits for any one part of it, gzip or not."""
    studio = assistant_server.model_studio
    path, body = target(studio)
    studio.fail(faults.slow(0.6, wait=True), on="create_message")
    before = perf_counter()
    got = CLIENTS[client](assistant_server, path, body, 0.5)
    assert perf_counter() - before >= 0.6
    assert got == (200, "application/json", studio.exchanges.last.reply.body)


def test_while_an_answer_drips_others_are_served(assistant_server: AssistantServer) -> None:
    """The head is here, the body is not; another client is answered; then the rest comes."""
    studio = assistant_server.model_studio
    path, body = target(studio)
    studio.fail(faults.slow(0.5, wait=True), on="create_message")
    with connect(assistant_server) as line:
        begin(line, path, body)
        first = line.recv(65536)
        assert alive(assistant_server)
        rest, end = everything(line)
    whole = studio.exchanges[-2].reply.body
    assert first.startswith(b"HTTP/1.1 200 OK\r\n")
    assert not first.endswith(whole)
    assert ((first + rest).partition(b"\r\n\r\n")[2], end) == (whole, "closed")


@pytest.mark.parametrize(
    ("fault", "end"),
    [(faults.reset(), "nothing, reset"), (faults.truncated(7), "7 bytes of the body, closed")],
    ids=repr,
)
def test_a_slow_failure_is_late(assistant_server: AssistantServer, fault: faults.Fault, end: str) -> None:
    """slow goes with a broken line, too: first the seconds, then the failure."""
    studio = assistant_server.model_studio
    path, body = target(studio)
    studio.fail(faults.slow(0.1, wait=True), on="create_message")
    studio.fail(fault, on="create_message")
    before = perf_counter()
    assert ask_socket(assistant_server, path, body) == end
    assert perf_counter() - before >= 0.1


@pytest.mark.parametrize("fault", [faults.hang(), faults.connect_timeout(), faults.slow(60, wait=True)], ids=repr)
def test_a_server_told_to_stop_waits_for_no_fault(fault: faults.Fault) -> None:
    """Within a second the line is closed and the server gone."""
    server = AssistantServer(strict=False).__enter__()
    path, body = target(server.model_studio)
    server.model_studio.fail(fault, on="create_message")
    with connect(server) as line:
        begin(line, path, body)
        while not server.model_studio.counts["create_message"]:
            assert alive(server)
        before = perf_counter()
        server.__exit__(None, None, None)
        assert perf_counter() - before < 1
        assert everything(line)[1] in ("closed", "reset")


@pytest.mark.parametrize("fault", [faults.hang(after=True), faults.slow(60, wait=True)], ids=repr)
def test_a_client_that_gives_up_is_not_waited_for(assistant_server: AssistantServer, fault: faults.Fault) -> None:
    """The client has its timeout, the message is stored, and the server is busy with nothing any more."""
    studio = assistant_server.model_studio
    path, body = target(studio)
    studio.fail(fault, on="create_message")
    with pytest.raises(httpx.ReadTimeout):
        ask_httpx(assistant_server, path, body, 0.1)
    assert len(studio.messages(studio.threads()[0])) == 1
    answering = assistant_server._server._uvicorn.server_state.tasks
    left = next((tries for tries in range(1000, 0, -1) if alive(assistant_server) and not answering), 0)
    assert left, "still answering a client that is gone"
