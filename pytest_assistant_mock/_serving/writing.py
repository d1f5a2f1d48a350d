"""
A line that sends what is written in one turn of the loop in one piece: an answer's head and body are one call of the system,
and its client wakes up once.

Knows asyncio's transports; what is written is none of its business.
"""

from __future__ import annotations

import asyncio
from typing import Any


class Line:
    """An asyncio transport that gathers. Made in the loop it is used in."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._soon = asyncio.get_running_loop().call_soon
        self._parts: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Have it sent when all that is to be done in this turn of the loop is done."""
        if not self._parts:
            self._soon(self._send)
        self._parts.append(data)

    def close(self) -> None:
        """Close it in good order."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """Close it at once; what was written before is sent as far as it can be."""
        self._send()
        self._transport.abort()

    def _send(self) -> None:
        if self._parts:
            data = b"".join(self._parts)
            self._parts.clear()
            self._transport.write(data)
