"""
Whose is a URL: vendors are found by base URL (scheme, host, port, path prefix; the longest wins).

Knows names and prefixes only; where a base URL was read from is somebody else's business.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeAlias
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}
_WEB = {"ws": "http", "wss": "https"}
"""A websocket begins as a request of HTTP."""

ToldURLs: TypeAlias = tuple[tuple[str, str], ...]
"""Pairs of vendor and base URL."""

NOBODY = ""
"""In place of a vendor: a URL that a server of ours listens at, whose requests go over the socket whatever else is said."""


class Place(NamedTuple):
    """Where a URL points: the vendor, the path below its base (None: its host, but outside every base), the query."""

    vendor: str
    path: str | None
    query: str


@dataclass(frozen=True, slots=True)
class BaseURL:
    """One base URL, taken apart. A host that begins with "*." stands for every name below it."""

    vendor: str
    scheme: str
    host: str
    port: int
    prefix: str

    @classmethod
    def parse(cls, vendor: str, url: str) -> BaseURL:
        """Raises ValueError, naming the vendor, if `url` is no absolute http(s) URL."""
        try:
            parts = urlsplit(url.strip())
            port = parts.port or _PORTS[parts.scheme]
            if not parts.hostname or parts.query or parts.fragment:
                raise ValueError
        except (ValueError, KeyError):
            raise ValueError(f"{vendor}: {url!r} is no base URL; expected one like 'https://gw.corp/ai/api/v1'") from None
        return cls(vendor, parts.scheme, plain_host(parts.hostname), port, parts.path.rstrip("/"))

    def fits(self, scheme: str, host: str, port: int) -> bool:
        """Whether an origin is this base's."""
        return (scheme, port) == (self.scheme, self.port) and same_host(self.host, host)


def plain_host(host: str) -> str:
    """
    A host name as it is looked up, however it is written: in small ASCII letters, full-width dots and letters as IDNA has them,
    without the dot of the root.
    """
    if not host.isascii():
        with suppress(UnicodeError):  # no name at all: nobody can look it up
            host = host.encode("idna").decode("ascii")
    return host.lower().rstrip(".")


def same_host(pattern: str, host: str) -> bool:
    """Whether a host is the one a pattern names, or below it if the pattern begins with "*."."""
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def split(url: str) -> tuple[str, str, str]:
    """An absolute URL's origin, path and query, as they stand."""
    start = url.find("://") + 3
    slash = url.find("/", start)
    if slash < 0:
        origin, _, query = url.partition("?")
        return origin, "/", query
    path, _, query = url[slash:].partition("?")
    return url[:slash], path, query


class _Origin(NamedTuple):
    owner: str | None
    prefixes: tuple[tuple[str, str], ...]  # prefix and vendor, the longest first


class Bases:
    """
    Every base URL in force: the ones given, and those the SDKs are told just now.

    `owned` pairs vendors with hosts (patterns) that are wholly theirs, whatever the path. `left_alone` is told of an
    origin that a base URL names and that is nobody's all the same, for a server of ours listens there.
    """

    def __init__(
        self,
        given: ToldURLs,
        owned: ToldURLs,
        told: Callable[[], ToldURLs] = lambda: (),
        left_alone: Callable[[str], None] = lambda origin: None,
    ) -> None:
        self._given = _parsed(given)
        self._owned = owned
        self._ask_told = told
        self._left_alone = left_alone
        self._told: ToldURLs = ()
        self._all = self._given
        self._origins: dict[str, _Origin] = {}
        self._own: dict[str, _Origin] = {}  # of origins wholly a vendor's: as they were before anything was told

    def find(self, url: str) -> Place | None:
        """
        The vendor that a URL belongs to, and the path below its base URL; None if it belongs to none.

        Some hosts belong to one vendor as a whole. For them this answers from memory, without asking what the SDKs are set to:
        the vendor is right in any case, but the path may be below another base URL. `look_again` asks.
        """
        origin, path, query = split(url)
        if origin in self._own:
            return _below(self._own[origin], path, query)
        return _below(self._origin(origin), path, query)

    def look_again(self, url: str) -> Place | None:
        """The same, by what the SDKs are set to at this moment."""
        origin, path, query = split(url)
        return _below(self._origin(origin), path, query)

    def knows(self, origin: str) -> bool:
        """Whether some URL of an origin is a vendor's."""
        owner, prefixes = self._origin(origin)
        return owner is not None or bool(prefixes)

    def owner(self, host: str) -> str | None:
        """The vendor a host name wholly belongs to, if any."""
        host = plain_host(host)
        return next((vendor for vendor, pattern in self._owned if same_host(pattern, host)), None)

    def _origin(self, origin: str) -> _Origin:
        told = self._ask_told()
        if told != self._told:
            self._told, self._origins = told, {}
            self._all = self._given + _understood(told)
        known = self._origins.get(origin)
        if known is None:
            known = self._origins[origin] = self._look_up(origin, self._all)
            if known.owner is not None:
                self._own[origin] = self._look_up(origin, self._given)
        return known

    def _look_up(self, origin: str, bases: Sequence[BaseURL]) -> _Origin:
        try:
            parts = urlsplit(origin)
            scheme = _WEB.get(parts.scheme.lower(), parts.scheme.lower())
            host, port = plain_host(parts.hostname or ""), parts.port or _PORTS[scheme]
        except (ValueError, KeyError):
            return _Origin(None, ())
        here = [base for base in bases if base.fits(scheme, host, port)]
        if any(base.vendor == NOBODY for base in here):
            if any(base.vendor != NOBODY for base in here):
                self._left_alone(origin)
            return _Origin(None, ())
        prefixes = {base.prefix: base.vendor for base in here}
        return _Origin(self.owner(host), tuple(sorted(prefixes.items(), key=lambda item: -len(item[0]))))


def _below(origin: _Origin, path: str, query: str) -> Place | None:
    for prefix, vendor in origin.prefixes:
        if path.startswith(prefix) and (len(path) == len(prefix) or path[len(prefix)] == "/"):
            return Place(vendor, path[len(prefix) :], query)
    return Place(origin.owner, None, query) if origin.owner is not None else None


@lru_cache(maxsize=32)  # the same few for every mock
def _parsed(given: ToldURLs) -> tuple[BaseURL, ...]:
    return tuple(BaseURL.parse(vendor, url) for vendor, url in given)


@lru_cache(maxsize=32)
def _understood(told: ToldURLs) -> tuple[BaseURL, ...]:
    found = []
    for vendor, url in told:
        with suppress(ValueError):  # nonsense in the environment is for the SDK to complain about
            found.append(BaseURL.parse(vendor, url))
    return tuple(found)
