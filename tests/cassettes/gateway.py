"""A service on loopback that answers what a test tells it to: for what no fake of ours would say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, NamedTuple

from pytest_assistant_mock._engine.wire import Headers, Request

KEY = {"Authorization": "Bearer sk-real-0123456789abcdef"}


class Answer(NamedTuple):
    """What is sent: `length` is what its head declares, where that is not what its body has."""

    body: bytes = b"{}"
    headers: Headers = (("Content-Type", "application/json"),)
    status: int = 200
    length: int | None = None


class Gateway:
    """A service, and what it was asked."""

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self.asked: list[Request] = []
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(answer))
        self.http.daemon_threads = True
        self.host = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.elsewhere = f"http://localhost:{self.http.server_address[1]}"
        self.base = f"{self.host}/api/v1"
        self.hosts = {"model_studio": [self.base]}

    def _handler(self, answer: Callable[[Request], Answer]) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def one(self) -> None:
                asked = Request(self.command, self.path, tuple(self.headers.items()), self.whole())
                gateway.asked.append(asked)
                found = answer(asked)
                self.send_response(found.status)
                for name, value in found.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(found.body) if found.length is None else found.length))
                self.send_header("Connection", "close")
                self.end_headers()
                self.wfile.write(found.body)

            do_GET = do_POST = do_PUT = do_DELETE = one

            def whole(self) -> bytes:
                """The body, whichever way its length is told."""
                if self.headers.get("transfer-encoding", "").lower() != "chunked":
                    return self.rfile.read(int(self.headers.get("content-length") or 0))
                found = b""
                while size := int(self.rfile.readline(), 16):
                    found += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return found

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        return Handler


@contextmanager
def gateway(answer: Answer | Callable[[Request], Answer]) -> Iterator[Gateway]:
    """A service for the length of a block."""
    one = Gateway(answer if callable(answer) else lambda asked: answer)
    thread = Thread(target=one.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.http.shutdown()
        one.http.server_close()
        thread.join()
