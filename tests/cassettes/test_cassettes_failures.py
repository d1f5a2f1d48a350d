"""What goes wrong on the way is recorded too, and replayed as the same exception."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
import requests
from made import JSON, STUDIO, ask, asked, one, player, saved
from upstream import Upstream

from pytest_assistant_mock import errors
from pytest_assistant_mock._engine.wire import Failure, Response

AUTHORIZED = {"Authorization": "Bearer sk-real-0123456789abcdef"}


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (Failure("connect_refused"), httpx.ConnectError),
        (Failure("connect_timeout"), httpx.ConnectTimeout),
        (Failure("read_timeout"), httpx.ReadTimeout),
        (Failure("reset"), httpx.ReadError),
        (Failure("closed"), httpx.RemoteProtocolError),
        (
            Failure("truncated", 4, Response(200, (*JSON, ("Content-Length", "90")), b'{"a"')),
            httpx.RemoteProtocolError,
        ),
    ],
    ids=lambda value: value.kind if isinstance(value, Failure) else "",
)
def test_a_failure_is_replayed_as_the_same_exception(failure: Failure, error: type[Exception], tmp_path: Path) -> None:
    """The client raises what it would raise in life."""
    path = saved(tmp_path / "c.yaml", one(asked("GET", "/threads/x"), failure))
    with pytest.raises(error), player(path):
        httpx.get(f"{STUDIO}/threads/x", timeout=20)


def _reset(line: socket.socket) -> None:
    line.recv(65536)
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()


def _closed(line: socket.socket) -> None:
    line.recv(65536)
    line.close()


def _silent(line: socket.socket) -> None:
    while line.recv(65536):  # until the client has had enough
        pass
    line.close()


def _cut(line: socket.socket) -> None:
    line.recv(65536)
    line.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"id": "\xe4\xbd')
    line.close()


@pytest.mark.parametrize("act", [None, _reset, _closed, _cut, _silent], ids=["refused", "reset", "closed", "cut", "timeout"])
def test_a_failure_is_recorded(
    act: Callable[[socket.socket], None] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a real socket into the file and back: the same exception, by name, and no service is needed for it."""
    listener = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
    monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", base)
    if act is None:
        listener.close()
    else:
        thread = threading.Thread(target=lambda: act(listener.accept()[0]))
        thread.start()
    path, seen = tmp_path / "c.yaml", []
    for record in ("once", "none"):
        with player(path, record=record):
            try:
                httpx.get(f"{base}/threads/x", timeout=0.2 if act is _silent else 20)
            except httpx.TransportError as error:
                seen.append(type(error))
        if act is not None:
            thread.join()
            listener.close()
    assert len(seen) == 2
    assert seen[0] is seen[1]
    assert path.read_text().count("response: null") == 1


def test_an_error_status_is_recorded(service: Upstream, tmp_path: Path) -> None:
    """With its body, and replayed."""
    path = tmp_path / "c.yaml"
    for record in ("once", "none"):
        with player(path, record=record):
            answer = requests.get(f"{service.model_studio}/threads/nope", headers=AUTHORIZED, timeout=20)
        assert (answer.status_code, answer.json()["code"]) == (400, "InvalidParameter")
    assert len(service.requests) == 1


@pytest.mark.parametrize("levels", range(100, 1100, 100))
def test_a_body_of_many_levels_is_a_miss_like_any_other(levels: int, tmp_path: Path) -> None:
    """However deep, and wherever Python's own recursion ends."""
    body = b'{"a":' * levels + b"1" + b"}" * levels
    path = saved(tmp_path / "c.yaml", one(asked("POST", "/threads", body), Response(200, JSON, body)))
    with pytest.raises(errors.CassetteMiss, match="the body differs"), player(path, unplayed="off") as mock:
        ask(mock, asked("POST", "/threads", body.replace(b"1", b"2")))
