"""A real service on loopback for the tests that record: the engine behind sockets, reached by a base URL of its own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from pytest_assistant_mock._engine.engine import Engine
from pytest_assistant_mock._engine.wire import Request, Response
from pytest_assistant_mock._vendors import REVISIONS

STUDIO = "https://dashscope.aliyuncs.com"
BAIDU = "https://appbuilder.baidu.com"


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


class Upstream:
    """Both vendors over HTTP. Counts what reaches it."""

    def __init__(self, revision: str = "2025") -> None:
        self.engine = Engine(REVISIONS[revision])
        self.requests: list[Request] = []
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self.model_studio = f"{self.url}/api/v1"
        self.appbuilder = self.url

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, request: Request) -> Response:
        """What the vendor of a path answers."""
        self.requests.append(request)
        reply = self.engine.handle(request)
        assert isinstance(reply, Response)
        return reply

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def handle_one(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                base = STUDIO if self.path.startswith("/api/v1") else BAIDU
                reply = upstream.answer(Request(self.command, base + self.path, tuple(self.headers.items()), body))
                head = [f"HTTP/1.1 {reply.status} {reply.reason}", *(f"{name}: {value}" for name, value in reply.headers)]
                self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + reply.body)

            do_GET = do_POST = do_DELETE = handle_one

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        return Handler


@contextmanager
def upstream(revision: str = "2025") -> Iterator[Upstream]:
    """A service for the length of a block."""
    one = Upstream(revision)
    try:
        yield one
    finally:
        one.close()
