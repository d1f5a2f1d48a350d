"""
To which names a server on loopback answers: a page in somebody's browser may have its own name point at this machine, and would
then read what is served here.

Knows host names and ASGI, nobody's requests.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any


def is_loopback(host: str) -> bool:
    """Whether a name or address is this machine and nothing else."""
    return host in ("localhost", "::1") or (host.startswith("127.") and host.replace(".", "").isdecimal())


class HostCheck:
    """Which requests are meant for this server, by their Host header."""

    def __init__(self, allowed: Iterable[str]) -> None:
        self._allowed = frozenset(name.lower() for name in allowed)

    def refused(self, scope: Any) -> str | None:
        """The name of another host that a request is meant for; None if it is meant for this one, or says nothing (HTTP/1.0)."""
        for name, value in scope["headers"]:
            if name == b"host":
                host = _host(value.decode("latin-1"))
                if not is_loopback(host) and host not in self._allowed:
                    return host
        return None


def _host(value: str) -> str:
    """A Host header without its port."""
    host = value.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".")


async def misdirected(host: str, send: Any) -> None:
    """421, for a request that is meant for another host."""
    said = {
        "error": f"this server answers to localhost and 127.0.0.1, not to {host}",
        "do": f"ask it by one of these names, or start it with --allow-host {host}",
    }
    body = json.dumps(said).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 421, "headers": headers})
    await send({"type": "http.response.body", "body": body})
