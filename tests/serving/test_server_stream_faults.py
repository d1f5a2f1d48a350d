"""Faults of a stream over the socket: one table of client x fault, every cell a test; they really happen."""

from __future__ import annotations

import json
import re
from time import perf_counter
from typing import Any

import httpx
import pytest
import requests
from sockets import KEY, alive, connect, everything

from pytest_assistant_mock import AssistantServer, Handle, faults, turns
from pytest_assistant_mock._engine.clock import EPOCH_MS

pytest.importorskip("uvicorn")

Outcome = tuple[bytes, str]
"""The bytes that arrived, and how it ended: "", the client's error, or what became of the line."""


def read_httpx(url: str, body: dict[str, Any], timeout: float) -> Outcome:
    """A stream by httpx."""
    got: list[bytes] = []
    try:
        with httpx.stream("POST", url, json=body, headers=KEY, timeout=timeout) as response:
            got.extend(response.iter_raw())
    except httpx.HTTPError as error:
        return b"".join(got), type(error).__name__
    return b"".join(got), ""


def read_requests(url: str, body: dict[str, Any], timeout: float) -> Outcome:
    """A stream by requests."""
    got: list[bytes] = []
    try:
        with requests.post(url, json=body, headers=KEY, stream=True, timeout=timeout) as response:
            got.extend(response.iter_content(None))
    except requests.RequestException as error:
        return b"".join(got), type(error).__name__
    return b"".join(got), ""


CLIENTS = {"httpx": read_httpx, "requests": read_requests}
CLOSED = ("RemoteProtocolError", "ChunkedEncodingError")
SILENT = ("ReadTimeout", "ConnectionError")
RESET = ("ReadError", "ChunkedEncodingError")
GOOD = ("", "")
GARBAGE = b'data: {"\n\n'
TABLE: tuple[tuple[faults.Fault, tuple[str, str], Any], ...] = (
    (faults.cut(after=2), CLOSED, lambda whole, error: whole[:2]),
    (faults.cut(after=0), CLOSED, lambda whole, error: []),
    (faults.stall(after=2), SILENT, lambda whole, error: whole[:2]),
    (faults.truncated(100), CLOSED, lambda whole, error: [b"".join(whole)[:100]]),
    (faults.reset(100), RESET, lambda whole, error: [b"".join(whole)[:100]]),
    (faults.error_event(after=2), GOOD, lambda whole, error: [*whole[:2], error, b"event:done\ndata:[DONE]\n\n"]),
    (faults.repeat(2), GOOD, lambda whole, error: [whole[0], whole[1], *whole[1:]]),
    (faults.out_of_order(), GOOD, lambda whole, error: [whole[1], whole[0], *whole[2:]]),
    (faults.garbage_frame(after=1), GOOD, lambda whole, error: [whole[0], GARBAGE, *whole[1:]]),
    (faults.slow_pieces(30), GOOD, lambda whole, error: whole),
    (faults.slow_pieces(0.001, wait=True), GOOD, lambda whole, error: whole),
)
"""A fault, how httpx and requests end, and what of the whole stream's frames arrives."""


def target(server: AssistantServer, handle: Handle) -> tuple[str, dict[str, Any]]:
    """Where a streamed run begins, and what is sent."""
    thread, assistant = handle.add_thread(), handle.add_assistant()
    handle.add_message(thread, "?")
    handle.script(turns.says("答", pieces=1))
    path = f"/api/v1/threads/{thread.id}/runs" if handle.name == "model_studio" else "/v2/threads/runs"
    return server.url + path, {"assistant_id": assistant.id, "thread_id": thread.id, "stream": True}


def frames(data: bytes) -> list[bytes]:
    """The frames of a stream's bytes."""
    return [frame + b"\n\n" for frame in data.split(b"\n\n") if frame]


def timeless(data: bytes) -> bytes:
    """The same, whenever it was: a slow stream tells later times."""
    return re.sub(rb'(_at":|duration:)\d+', rb"\1", data)


@pytest.mark.parametrize(("fault", "ends", "arrives"), TABLE, ids=lambda value: repr(value) if hasattr(value, "acted") else "")
@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("vendor", ["model_studio", "appbuilder"])
def test_a_fault_of_a_stream_is_real_over_the_socket(
    vendor: str, client: str, fault: faults.Fault, ends: tuple[str, str], arrives: Any
) -> None:
    """The client gets these frames of what a whole stream has, and this end; the run has ended and the server lives on."""
    if fault.worded and vendor == "appbuilder":
        pytest.skip("appbuilder has no event for an error")
    with AssistantServer() as server:
        handle = getattr(server, vendor)
        url, body = target(server, handle)
        snapshot = server.snapshot()
        whole = frames(CLIENTS[client](url, body, 5)[0])
        server.restore(snapshot)
        handle.fail(fault, on="create_run")
        got, end = CLIENTS[client](url, body, 0.15 if ends is SILENT else 5)
        exchange = handle.exchanges.last
        error = next((frame for frame in frames(exchange.response.body) if frame.startswith(b"event:error")), b"")
        expected = b"".join(arrives(whole, error))
        assert (timeless(got), end) == (timeless(expected), ends[list(CLIENTS).index(client)])
        assert (exchange.response.body, exchange.faults) == (got, (repr(fault),))
        assert ([run.status for run in handle.runs()], alive(server)) == (["completed"], True)


def ask(server: AssistantServer, url: str, body: dict[str, Any]) -> Any:
    """A line on which a stream was asked for."""
    line, data = connect(server), json.dumps(body).encode()
    head = [
        f"POST {url.removeprefix(server.url)} HTTP/1.1",
        "Host: localhost",
        f"Content-Length: {len(data)}",
        "Connection: close",
    ]
    line.sendall("\r\n".join([*head, *(f"{name}: {value}" for name, value in KEY.items()), "", ""]).encode() + data)
    return line


@pytest.mark.parametrize(
    ("fault", "end"),
    [(faults.cut(after=1), "closed"), (faults.stall(after=1), "closed"), (faults.reset(400), "reset")],
    ids=repr,
)
def test_a_bare_line_has_no_last_chunk(fault: faults.Fault, end: str) -> None:
    """The line is closed, or after a silence closed, or reset; never is the body ended."""
    with AssistantServer() as server:
        server.asgi.hang_s = 0.05
        url, body = target(server, server.model_studio)
        server.model_studio.fail(fault)
        with ask(server, url, body) as line:
            data, ended = everything(line)
        assert (ended, b"\r\n0\r\n" in data, b"thread.run.created" in data) == (end, False, True)


def test_a_stalled_stream_keeps_nobody_waiting() -> None:
    """While one client waits in vain others are served, and the server closes at once."""
    with AssistantServer() as server:
        url, body = target(server, server.model_studio)
        server.model_studio.fail(faults.stall(after=1))
        line = ask(server, url, body)
        received = b""
        while b"thread.run.created" not in received:
            received += line.recv(65536)
        assert alive(server)
        before = perf_counter()
    assert perf_counter() - before < 1
    with line:
        assert everything(line)[1] in ("closed", "reset")


def test_slow_pieces_move_the_clock_and_wait_only_when_asked() -> None:
    """An hour a frame on the mock's clock, and none for the client; with `wait`, a hundredth of a second for each."""
    with AssistantServer() as server:
        url, body = target(server, server.appbuilder)
        server.appbuilder.script(turns.says("答", pieces=1))
        server.appbuilder.fail(faults.slow_pieces(3600), on="create_run")
        count = len(frames(read_httpx(url, body, 5)[0]))
        assert server.clock.now_ms - EPOCH_MS > count * 3_600_000
        server.appbuilder.add_message(body["thread_id"], "?")
        server.appbuilder.fail(faults.slow_pieces(0.01, wait=True), on="create_run")
        before = perf_counter()
        read_httpx(url, body, 5)
        assert perf_counter() - before >= count * 0.01
