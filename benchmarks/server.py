"""
The served fake beside the same uvicorn with an empty app, pytest-httpserver and moto: requests a second, and the start.

Each server is a process of its own; one client asks all of them in turn, over keep-alive connections where the server
keeps them. `--serve NAME` is how this file starts the others.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from statistics import median
from time import perf_counter, sleep

SECONDS = 0.7
ROUNDS = 5
STARTS = 7

_JSON = json.dumps({"role": "user", "content": "你是誰", "metadata": {}}, ensure_ascii=False).encode()
_DYNAMO = {"x-amz-target": "DynamoDB_20120810.PutItem", "content-type": "application/x-amz-json-1.0"}
_ITEM = json.dumps({"TableName": "t", "Item": {"id": {"S": "1"}, "text": {"S": "你是誰"}}}).encode()
_TABLE = {
    "TableName": "t",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
_AUTH = {"authorization": "Bearer sk-1", "content-type": "application/json"}
_SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=a/20250101/us-east-1/dynamodb/aws4_request", **_DYNAMO}


def post(path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """
    A POST as bytes.
    """
    lines = [f"POST {path} HTTP/1.1", "host: 127.0.0.1", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


_MESSAGES = "/api/v1/threads/thread_00000000-0000-4000-8000-000000000001/messages"
ASKED = {
    "assistant-mock": post(_MESSAGES, _AUTH, _JSON),
    "empty app": post(_MESSAGES, _AUTH, _JSON),
    "pytest-httpserver": post("/messages", _AUTH, _JSON),
    "moto": post("/", _SIGNED, _ITEM),
}
FIRST = {
    "assistant-mock": post("/api/v1/threads", _AUTH, b"{}"),
    "moto": post("/", {**_SIGNED, "x-amz-target": "DynamoDB_20120810.CreateTable"}, json.dumps(_TABLE).encode()),
}
"""What is asked once before."""
NEEDS = {"pytest-httpserver": "pytest_httpserver", "moto": "moto"}


# Servers


def serve(name: str, port: int) -> None:
    """
    Be one of the servers, until killed.
    """
    if name == "assistant-mock":
        from pytest_assistant_mock.__main__ import main

        main(["serve", "--port", str(port)])
    elif name == "empty app":
        import uvicorn

        uvicorn.run(_empty, port=port, log_level="critical", access_log=False, ws="none", lifespan="off", proxy_headers=False)
    elif name == "pytest-httpserver":
        from pytest_httpserver import HTTPServer

        server = HTTPServer(port=port)
        server.expect_request("/messages").respond_with_json({"id": "message_1", "content": "你是誰"})
        server.start()
        while True:
            sleep(1)
    else:
        import logging

        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        from moto.server import main as moto

        moto(["-p", str(port)])


async def _empty(scope, receive, send):  # type: ignore[no-untyped-def]
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})


@contextmanager
def running(name: str) -> Iterator[int]:
    """
    A server in a process of its own: its port, once it answers.
    """
    port = _free_port()
    process = _start(name, port)
    try:
        _first_answer(port, FIRST.get(name, ASKED[name]))
        yield port
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def _start(name: str, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, __file__, "--serve", name, str(port)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ))


def _first_answer(port: int, asked: bytes) -> None:
    for _ in range(10_000):
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as line:
                line.sendall(asked)
                if line.recv(65536):
                    return
        except OSError:
            sleep(0.002)
    raise RuntimeError("the server does not answer")


def start_to_answer(name: str) -> float:
    """
    Seconds from the start of a server's process to its first answer.
    """
    port, before = _free_port(), perf_counter()
    process = _start(name, port)
    try:
        _first_answer(port, FIRST.get(name, ASKED[name]))
        return perf_counter() - before
    finally:
        process.terminate()
        process.wait()


# Client


class _Client(asyncio.Protocol):
    """
    Asks again as soon as it is answered; connects again if the server hangs up.
    """

    def __init__(self, load: _Load) -> None:
        self.load = load
        self.data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        transport.write(self.load.asked)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        self.data = self.data + data if self.data else data
        head, separator, body = self.data.partition(b"\r\n\r\n")
        if not separator:
            return
        start = head.lower().index(b"content-length:") + 15
        if len(body) < int(head[start:].partition(b"\r\n")[0]):
            return
        assert b" 200 " in head[:16], self.data
        self.data = b""
        self.load.answers += 1
        if self.load.open and b"\r\nconnection: close" not in head.lower():
            self.transport.write(self.load.asked)  # type: ignore[attr-defined]
        else:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if self.load.open:
            self.load.connect()


class _Load:
    def __init__(self, port: int, asked: bytes) -> None:
        self.port, self.asked = port, asked
        self.answers = 0
        self.open = True
        self.tasks: set[asyncio.Task[object]] = set()

    def connect(self) -> None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(loop.create_connection(lambda: _Client(self), "127.0.0.1", self.port))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def requests_a_second(port: int, asked: bytes, connections: int, seconds: float = SECONDS) -> float:
    """
    How many answers a second the server at a port gives so many connections.
    """

    async def ask() -> float:
        load = _Load(port, asked)
        for _ in range(connections):
            load.connect()
        await asyncio.sleep(0.1)
        before, start = load.answers, perf_counter()
        await asyncio.sleep(seconds)
        rate = (load.answers - before) / (perf_counter() - start)
        load.open = False
        await asyncio.sleep(0.1)
        return rate

    return asyncio.run(ask())


def rates(names: Sequence[str], connections: int) -> dict[str, list[float]]:
    """
    Each server's rates, a figure a round, the servers in turn.
    """
    found: dict[str, list[float]] = {name: [] for name in names}
    with ExitStack() as stack:
        ports = {name: stack.enter_context(running(name)) for name in names}
        for _ in range(ROUNDS):
            for name in names:
                found[name].append(requests_a_second(ports[name], ASKED[name], connections))
    return found


def rows() -> list[object]:
    """
    The table's lines.
    """
    from harness import Row

    names = [name for name in ASKED if name not in NEEDS or find_spec(NEEDS[name])]
    lines = []
    for connections, targets in ((1, {"empty app": 0.5}), (8, {"empty app": 0.5, "pytest-httpserver": 3.0, "moto": 10.0})):
        found = rates(names, connections)
        ours = found["assistant-mock"]
        at = f"{connections} connection{'s' if connections > 1 else ''}"
        medians = {name: median(found[name]) for name in names}
        peers = {name: rate for name, rate in medians.items() if name != "assistant-mock"}
        lines.append(Row(f"served create_message, {at}", medians["assistant-mock"], peers=peers, good="high", unit="/s"))
        for name in names[1:]:
            times = median(mine / theirs for mine, theirs in zip(ours, found[name], strict=True))
            lines.append(Row(f"served create_message / {name}, {at}", times, targets.get(name), good="high"))
    starts = [(start_to_answer("assistant-mock"), start_to_answer("empty app")) for _ in range(STARTS)]
    slower = median(ours / theirs for ours, theirs in starts)
    note = f"{median(ours for ours, _ in starts) * 1000:.0f} ms and {median(theirs for _, theirs in starts) * 1000:.0f} ms"
    lines.append(Row("start of serve to first answer / of the empty app", slower, 2.0, note=note))
    return lines


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        import harness

        harness.main(rows)
