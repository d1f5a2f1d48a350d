"""
Where servers of ours listen, in this process and (told by an environment variable) in the one that started it.

No door answers in their place: what a client sends there goes over the socket. Knows URLs only, nobody's requests.
"""

from __future__ import annotations

import os

VARIABLE = "ASSISTANT_MOCK_SERVER"
"""The environment variable that tells a subprocess where the servers listen: origins with spaces between."""

_ANYWHERE = {"0.0.0.0": ("127.0.0.1", "localhost", "0.0.0.0"), "::": ("[::1]", "127.0.0.1", "localhost", "[::]")}
_NAMES = {"127.0.0.1": ("127.0.0.1", "localhost"), "::1": ("[::1]", "localhost"), **_ANYWHERE}

INHERITED = tuple(os.environ.get(VARIABLE, "").split())
"""Where the environment said that servers listen, when this process began."""

# Process-wide, as the doors are. Replaced whole, so that a reader in another thread never sees half a change.
_served: tuple[str, ...] = INHERITED


def origins(host: str, port: int) -> tuple[str, ...]:
    """Every origin a server bound to a host and port answers at, the plainest first."""
    names = _NAMES.get(host) or (f"[{host}]" if ":" in host else host,)
    return tuple(f"http://{name}:{port}" for name in names)


def urls() -> tuple[str, ...]:
    """The origins served just now."""
    return _served


def add(origins: tuple[str, ...]) -> None:
    """A server begins to listen."""
    global _served
    _served = (*_served, *origins)


def remove(origins: tuple[str, ...]) -> None:
    """A server has stopped."""
    global _served
    _served = tuple(url for url in _served if url not in origins)
