"""
Streams that are served to eight clients at once: the fake beside the same uvicorn that sends the same frames and does nothing
else, and beside the servers of LLMock and aimock, which stream as many tokens.

Each server is a process of its own. `--serve NAME PORT` is how this file starts the two that have no command.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from statistics import median
from time import perf_counter, sleep
from typing import Any, cast

import harness
from harness import Row, effort
from server import first_answer, free_port, post

WORD = "abcd"
PIECES, CLIENTS, SECONDS = 60, 8, 0.5
"""Deltas of a stream (LLMock says no more), clients that read at once, the length of a round in seconds."""

AIMOCK = Path(__file__).parent.parent / ".venv-bench" / "node" / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
HEADERS = {"authorization": "Bearer sk-1", "content-type": "application/json"}

_RUN = {"assistant_id": "asst_1", "stream": True, "thread": {"messages": [{"role": "user", "content": "?"}]}}
"""A thread and a run in one request, so that every stream has a thread of its own."""
_ECHO = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "a " * PIECES}]}
_CHAT = {"model": "gpt-4o", "stream": True, "messages": [{"role": "user", "content": "?"}]}


@dataclass(frozen=True)
class Server:
    """How a server is started (its port comes last), what it is asked, what stands once in each of its deltas."""

    words: Sequence[str]
    asked: bytes
    delta: bytes


def _servers(folder: Path) -> dict[str, Server]:
    """Those that are here."""
    run = post("/api/v1/threads/runs", HEADERS, json.dumps(_RUN).encode())
    own = [sys.executable, __file__, "--serve"]
    found = {
        "ours": Server([*own, "ours"], run, b"event:thread.message.delta"),
        "floor": Server([*own, "floor"], run, b"event:thread.message.delta"),
    }
    if find_spec("llmock"):
        quiet = ("--response-style=echo", "--log-level=critical", "--port")
        words = [sys.executable, "-c", "from llmock.cli import app; app()", "serve", *quiet]
        found["LLMock"] = Server(words, post("/v1/chat/completions", HEADERS, json.dumps(_ECHO).encode()), b'"content":')
    if AIMOCK.exists() and (node := shutil.which("node")):
        fixture = folder / "fixture.json"
        answer = {"match": {"userMessage": "?"}, "response": {"content": WORD * PIECES}}
        fixture.write_text(json.dumps({"fixtures": [answer]}), "utf8")
        words = [node, str(AIMOCK), "--fixtures", str(fixture), f"--chunk-size={len(WORD)}", "--log-level=silent", "--port"]
        found["aimock"] = Server(words, post("/v1/chat/completions", HEADERS, json.dumps(_CHAT).encode()), b'"content":"abcd"')
    return found


def rows() -> Sequence[Row]:
    """Deltas a second, ours beside the others'."""
    harness.need("uvicorn")
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        found = _rates(_servers(Path(folder)))
    note = f"{found['ours']:,.0f} events a second, floor {found['floor']:,.0f}"
    measure = "served: events a second to 8 clients / "
    first = Row(f"{measure}the same frames sent", found["ours"] / found["floor"], 0.5, good="high", note=note)
    peers = [name for name in found if name not in ("ours", "floor")]
    return [
        first,
        *(
            Row(f"{measure}{name}'s", found["ours"] / found[name], 1, good="high", note=f"{found[name]:,.0f} a second")
            for name in peers
        ),
    ]


def _rates(servers: Mapping[str, Server]) -> dict[str, float]:
    rates: dict[str, list[float]] = {name: [] for name in servers}
    with ExitStack() as running:
        ports = {name: running.enter_context(_running(server)) for name, server in servers.items()}
        for _ in range(effort(10, 1)):
            for name, server in servers.items():
                rates[name].append(_events_a_second(server, ports[name]))
    return {name: median(rate) for name, rate in rates.items()}


@contextmanager
def _running(server: Server) -> Iterator[int]:
    port = free_port()
    words = [*server.words, str(port)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=harness.environment({}))
    try:
        first_answer(port, server.asked)
        yield port
    finally:
        process.terminate()
        process.wait()


def _events_a_second(server: Server, port: int) -> float:
    """Of streams that have come whole. Each client asks again as soon as its stream has ended."""
    events, begun = 0, perf_counter()
    with DefaultSelector() as ready, ExitStack() as lines:
        for _ in range(CLIENTS):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", port)))
            ready.register(line, EVENT_READ, bytearray())
            line.sendall(server.asked)
        while perf_counter() < begun + SECONDS:
            for key, _ in ready.select(1):
                line, read = cast("socket.socket", key.fileobj), cast(bytearray, key.data)
                read += line.recv(65536)
                if read.endswith(b"\r\n0\r\n\r\n"):
                    events += read.count(server.delta)
                    read.clear()
                    line.sendall(server.asked)
    assert events
    return events / (perf_counter() - begun)


def _serve(name: str, port: int) -> None:
    """Be the fake, or the floor: an app that has the fake's frames and sends each."""
    import uvicorn

    from pytest_assistant_mock import AssistantMock, AssistantServer, turns

    script = turns.says(WORD * PIECES, pieces=PIECES)
    if name == "ours":
        server = AssistantServer(port=port)
        server.model_studio.add_assistant(id="asst_1")
        server.model_studio.script(script, times=None)
        with server:
            sleep(3600)
    with AssistantMock() as mock:
        studio = mock.model_studio
        studio.add_assistant(id="asst_1")
        studio.script(script)
        import requests

        headers = {"Authorization": f"Bearer {studio.api_key}"}
        answer = requests.post(f"{studio.base_url}/threads/runs", json=_RUN, headers=headers, timeout=9)
    frames = [frame + b"\n\n" for frame in answer.content.split(b"\n\n") if frame]

    async def app(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        for frame in frames:
            await send({"type": "http.response.body", "body": frame, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    uvicorn.run(app, port=port, log_level="critical", access_log=False, ws="none", lifespan="off", proxy_headers=False)


if __name__ == "__main__":
    _serve(sys.argv[2], int(sys.argv[3]))
