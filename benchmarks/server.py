"""
The served fake beside the same uvicorn with an empty app, pytest-httpserver and moto: requests a second, what one costs the
server, and the start.

Each server is a process of its own. One client, cheaper than any of them, asks them in turn in many short rounds, over
keep-alive connections where the server keeps them. `--serve NAME PORT` is how this file starts the peers without a command.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from statistics import median
from time import perf_counter, sleep

import harness
from harness import Row

SECONDS, ROUNDS, SERVERS, STARTS = 0.2, 16, 3, 15
"""Length of a round, rounds, how often all servers are started afresh for them; how often the start is measured."""

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
    """A POST as bytes."""
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
    """Be one of the peers that have no command, or whose command logs every request; until killed."""
    if name == "pytest-httpserver":
        from pytest_httpserver import HTTPServer

        server = HTTPServer(port=port)
        server.expect_request("/messages").respond_with_json({"id": "message_1", "content": "你是誰"})
        server.start()
        while True:
            sleep(1)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    from moto.server import main as moto

    moto(["-p", str(port)])


def command(name: str, port: int) -> list[str]:
    """How a server is started."""
    bare = ("--log-level=critical", "--no-access-log", "--ws=none", "--lifespan=off", "--no-proxy-headers")
    commands = {
        "assistant-mock": ("-m", "pytest_assistant_mock", "serve", f"--port={port}"),
        "empty app": ("-m", "uvicorn", "empty_app:app", f"--app-dir={Path(__file__).parent}", f"--port={port}", *bare),
    }
    return [sys.executable, *commands.get(name, (__file__, "--serve", name, str(port)))]


@contextmanager
def running(name: str) -> Iterator[tuple[int, int]]:
    """A server in a process of its own: its port and process id, once it answers."""
    port = free_port()
    process = subprocess.Popen(
        command(name, port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=harness.environment({})
    )
    try:
        first_answer(port, FIRST.get(name, ASKED[name]))
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def first_answer(port: int, asked: bytes) -> None:
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
    """Seconds from the start of a server's process to its first answer."""
    before = perf_counter()
    with running(name):
        return perf_counter() - before


def cpu_s(process: int) -> float:
    """Seconds of CPU that a process has used so far, all its threads together."""
    user, system = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


# Client


class Load:
    """So many connections, each of which asks again as soon as it is answered, and connects again if the server hangs up."""

    def __init__(self, port: int, asked: bytes, connections: int) -> None:
        self.port, self.asked = port, asked
        self.answers = 0
        self.ready = DefaultSelector()
        for _ in range(connections):
            self._connect()

    def run(self, seconds: float) -> float:
        """How many answers a second come."""
        begun = perf_counter()
        while perf_counter() < begun + seconds:
            for key, _ in self.ready.select(1):
                self._read(key.fileobj, key.data)  # type: ignore[arg-type]
        return self.answers / (perf_counter() - begun)

    def close(self) -> None:
        """Hang up."""
        for key in list(self.ready.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self.ready.close()

    def _connect(self) -> None:
        line = socket.create_connection(("127.0.0.1", self.port))
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ready.register(line, EVENT_READ, bytearray())
        line.sendall(self.asked)

    def _read(self, line: socket.socket, data: bytearray) -> None:
        if not (piece := line.recv(65536)):
            raise ConnectionError(f"the server hung up after {bytes(data)!r}")
        data += piece
        head, separator, body = data.partition(b"\r\n\r\n")
        if not separator:
            return
        start = head.lower().index(b"content-length:") + 15
        if len(body) < int(head[start:].partition(b"\r\n")[0]):
            return
        assert b" 200 " in head[:16], data
        data.clear()
        self.answers += 1
        if b"\r\nconnection: close" in head.lower():
            self.ready.unregister(line)
            line.close()
            self._connect()
        else:
            line.sendall(self.asked)


def measured(names: Sequence[str], connections: int) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Each server's answers a second, a figure a round, the servers in turn; and the CPU time each spent on one, in seconds."""
    rates, answers, spent = defaultdict[str, list[float]](list), defaultdict[str, int](int), defaultdict[str, float](float)
    order = list(names)
    for _ in range(harness.effort(SERVERS)):
        with ExitStack() as stack:
            servers = {name: stack.enter_context(running(name)) for name in names}
            before = {name: cpu_s(process) for name, (_, process) in servers.items()}
            for _ in range(harness.effort(ROUNDS)):
                for name in order:
                    load = Load(servers[name][0], ASKED[name], connections)
                    rates[name].append(load.run(SECONDS))
                    load.close()
                    answers[name] += load.answers
                order.reverse()
            for name, (_, process) in servers.items():
                spent[name] += cpu_s(process) - before[name]
    return rates, {name: spent[name] / answers[name] for name in names}


# Rows


def load_rows(connections: int, targets: Mapping[str, float]) -> list[Row]:
    """What so many connections find."""
    names = [name for name in ASKED if name not in NEEDS or find_spec(NEEDS[name])]
    rates, spent = measured(names, connections)
    at = f"{connections} connection{'s' if connections > 1 else ''}"
    medians = {name: median(rates[name]) for name in names[1:]}
    rows = [Row(f"served create_message, {at}", median(rates[names[0]]), peers=medians, good="high", unit="/s")]
    for name in names[1:]:
        times = median(ours / theirs for ours, theirs in zip(rates[names[0]], rates[name], strict=True))
        rows.append(Row(f"served create_message / {name}, {at}", times, targets.get(name), good="high"))
    note = f"{spent[names[0]] * 1e6:.0f} and {spent['empty app'] * 1e6:.0f} µs"
    cost = spent[names[0]] / spent["empty app"]
    return [*rows, Row(f"CPU time of the server a request / of the empty app's, {at}", cost, note=note)]


def start_row() -> Row:
    """The start; the first of each, which fills the caches, is not counted."""
    pairs = [(start_to_answer("assistant-mock"), start_to_answer("empty app")) for _ in range(harness.effort(STARTS) + 1)][1:]
    ours, theirs = (f"{median(side) * 1000:.0f} ms" for side in zip(*pairs, strict=True))
    ratio = median(ours / theirs for ours, theirs in pairs)
    return Row("start of serve to first answer / of the empty app", ratio, 2.0, note=f"{ours} and {theirs}")


def rows() -> list[Row]:
    """The table's lines."""
    harness.need("uvicorn")
    every = {"empty app": 0.5, "pytest-httpserver": 3.0, "moto": 10.0}
    return [*load_rows(1, {"empty app": 0.5}), *load_rows(8, every), start_row()]


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        harness.main(rows)
