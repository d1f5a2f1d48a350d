"""Real peers on loopback, well-behaved and not: what a door's work is compared with."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pytest_assistant_mock._doors import http1
from pytest_assistant_mock._engine.wire import Request

Act = Callable[[socket.socket, Request], bool | None]
"""Answers one request on a connection; True keeps the connection open for another."""


class Peer:
    """A server that does one thing to every request. Remembers the requests, and how many connections were made."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.requests: list[Request] = []
        self.connections = 0
        self.closing = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            if self.closing.is_set():
                line.close()
                return
            self.connections += 1
            self._threads.append(threading.Thread(target=self._serve, args=(line,), daemon=True))
            self._threads[-1].start()

    def _serve(self, line: socket.socket) -> None:
        with line:
            try:
                while (request := self._read(line)) is not None:
                    self.requests.append(request)
                    if not self._act(line, request):
                        return
            except OSError:
                return

    def _read(self, line: socket.socket) -> Request | None:
        data = b""
        while True:
            piece = line.recv(65536)
            if not piece:
                return None
            data += piece
            request = http1.parse_request(data, self.url)
            if request is not None:
                return request

    def close(self) -> None:
        """Stop listening, and hanging."""
        self.closing.set()
        with socket.create_connection(self._listener.getsockname()):
            pass
        self._threads[0].join()
        self._listener.close()


@contextmanager
def peer(act: Act) -> Iterator[Peer]:
    """A peer for the length of a block."""
    one = Peer(act)
    try:
        yield one
    finally:
        one.close()


def sends(data: bytes, *, keep: bool = False) -> Act:
    """Send these bytes; then close in order, or keep the line."""

    def act(line: socket.socket, request: Request) -> bool:
        line.sendall(data)
        return keep

    return act


def resets(data: bytes = b"") -> Act:
    """Send these bytes, let them arrive, then reset."""

    def act(line: socket.socket, request: Request) -> None:
        line.sendall(data)
        while data and struct.unpack("i", _outstanding(line))[0]:
            pass  # a reset overtakes what is not yet delivered
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return act


def _outstanding(line: socket.socket) -> bytes:
    import fcntl
    import termios

    return fcntl.ioctl(line.fileno(), termios.TIOCOUTQ, b"\0\0\0\0")


def hangs(data: bytes = b"") -> Act:
    """Send these bytes, then nothing until the client goes away."""

    def act(line: socket.socket, request: Request) -> None:
        line.sendall(data)
        line.recv(1)

    return act


def refusing() -> str:
    """A URL where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def deaf() -> Iterator[str]:
    """A URL where connections are never made: the queue of a listener that accepts none is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        for one in waiting:
            one.close()
