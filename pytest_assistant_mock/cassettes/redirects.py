"""
Where a vendor's answers sent the client: URLs of nobody else's, which are played and recorded with the call that led there.

Knows URLs and the header that names them; knows no file.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote, urljoin, urlsplit

from pytest_assistant_mock._engine.base_urls import Place
from pytest_assistant_mock._engine.wire import Reply, Response

_STATUSES = (301, 302, 303, 307, 308)


class Redirects:
    """What redirects have named so far; `find` says whose a URL is without them. Safe to call from many threads."""

    def __init__(self, find: Callable[[str], Place | None]) -> None:
        self._find = find
        self._vendors: dict[tuple[str, str], str] = {}
        self._origins: set[str] = set()

    def see(self, vendor: str, url: str, reply: Reply) -> None:
        """Follow an answer, if it redirects to where no vendor is."""
        if not isinstance(reply, Response) or reply.status not in _STATUSES:
            return
        target = urljoin(url, reply.header("location") or "")
        if self._find(target) is None and (known := _spot(target)) is not None:
            self._vendors[known] = vendor
            self._origins.add(known[0])

    def place(self, url: str) -> Place | None:
        """Whose a URL is because somebody was sent there; None if nobody was."""
        if not self._vendors or (known := _spot(url)) not in self._vendors:
            return None
        return Place(self._vendors[known], None, urlsplit(url).query)

    def knows(self, origin: str) -> bool:
        """Whether some URL of an origin is one of these."""
        return bool(self._origins) and (known := _spot(origin)) is not None and known[0] in self._origins


def _spot(url: str) -> tuple[str, str] | None:
    """Origin and path, in one spelling, whatever the client's; None for what is no URL of HTTP."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    return f"{parts.scheme}://{parts.hostname}:{port}", unquote(parts.path) or "/"
