"""Asking a server byte by byte, with nothing but a socket in between."""

from __future__ import annotations

import json
import socket
from http.client import HTTPConnection, HTTPResponse
from typing import Any
from urllib.parse import urlsplit

from pytest_assistant_mock import AssistantServer

KEY = {"Authorization": "Bearer any-key-will-do", "Content-Type": "application/json"}


def connect(server: AssistantServer) -> socket.socket:
    """A line to a server."""
    url = urlsplit(server.url)
    return socket.create_connection((url.hostname, url.port), 5)


def client(server: AssistantServer) -> HTTPConnection:
    """A keep-alive connection to a server."""
    url = urlsplit(server.url)
    return HTTPConnection(str(url.hostname), url.port, timeout=10)


def ask(server: AssistantServer, method: str, path: str, body: Any = None, **headers: str) -> tuple[HTTPResponse, bytes]:
    """One request on a line of its own, and the whole answer. A body that is no bytes is sent as JSON."""
    conn = client(server)
    sent = body if body is None or isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    conn.request(method, path, sent, {**KEY, **{name.replace("_", "-"): value for name, value in headers.items()}})
    response = conn.getresponse()
    whole = response.read()
    conn.close()
    return response, whole


def everything(line: socket.socket) -> tuple[bytes, str]:
    """All bytes a line gives, and how it ends: "closed", "reset", or "open" if nothing more comes."""
    data = b""
    line.settimeout(1)
    try:
        while piece := line.recv(65536):
            data += piece
    except ConnectionResetError:
        return data, "reset"
    except TimeoutError:
        return data, "open"
    return data, "closed"


def alive(server: AssistantServer) -> bool:
    """Whether a server still makes a thread."""
    response, body = ask(server, "POST", "/api/v1/threads", {})
    return response.status == 200 and json.loads(body)["object"] == "thread"
