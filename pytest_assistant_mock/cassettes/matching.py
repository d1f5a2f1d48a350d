"""
When two requests are the same: method, vendor, path below the base URL, query, canonical JSON body. Found by an index.

Knows requests and base URLs; knows no file and nothing of what is answered.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from pytest_assistant_mock._engine.base_urls import Place, split
from pytest_assistant_mock._engine.vendor import Match, Vendor
from pytest_assistant_mock._engine.wire import Request
from pytest_assistant_mock.cassettes import multipart
from pytest_assistant_mock.cassettes.format import Interaction
from pytest_assistant_mock.cassettes.json_bodies import escaped, parse
from pytest_assistant_mock.cassettes.redirects import Redirects

FORM = "multipart "
"""What stands before the parts of a multipart body, so that it is equal to no JSON body."""

_canonical = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False).encode


class Ignored(NamedTuple):
    """
    What does not count: paths of names in the body ("metadata.trace"; a list stands for each of its items), and query
    parameters ("?after").
    """

    fields: tuple[tuple[str, ...], ...] = ()
    parameters: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: Sequence[str]) -> Ignored:
        """Raises TypeError if `names` is no list of names, ValueError for an empty one."""
        if isinstance(names, str) or not all(isinstance(name, str) for name in names):
            raise TypeError(f"ignore={names!r}: expected a list of names, like ['metadata.trace']")
        fields = [tuple(name.split(".")) for name in names if not name.startswith("?")]
        if any(not part for field in fields for part in field) or "?" in names:
            raise ValueError(f"ignore={list(names)!r}: a name is empty; expected names like 'metadata.trace' or '?after'")
        return cls(tuple(fields), frozenset(name[1:] for name in names if name.startswith("?")))


NOTHING = Ignored()


def key(method: str, place: Place, url: str, body: bytes, ignored: Ignored = NOTHING) -> str:
    """The text that is equal for equal requests, and for no others."""
    path = place.path
    if not path or "%" in path or path[1:2] == "/":
        path = _spelled(path, url)
    query = _query(place.query, ignored.parameters) if place.query else ""
    return f"{method} {place.vendor} {path}{query}\n{canonical(body, ignored) if body else ''}"


def canonical(body: bytes, ignored: Ignored = NOTHING) -> str:
    """
    A body without what does not count: order of names and whitespace in JSON, the boundary and the order of names in
    multipart. Any other body counts as it is.
    """
    return _remembered(body, ignored) if len(body) <= _SHORT else _counted(body, ignored)


def _counted(body: bytes, ignored: Ignored) -> str:
    try:
        form = multipart.value(body) if body.startswith(b"--") else None
        value = parse(body.decode()) if form is None else form
        for path in ignored.fields:
            _drop(value, path)
        return ("" if form is None else FORM) + escaped(_canonical(value))
    except (ValueError, RecursionError):
        return f"\0{body.decode('latin-1')}"


_SHORT = 4096
_remembered = lru_cache(maxsize=1024)(_counted)  # most clients send the very bytes that were recorded


def _drop(value: Any, path: tuple[str, ...]) -> None:
    if isinstance(value, list):
        for item in value:
            _drop(item, path)
    elif isinstance(value, dict) and path[0] in value:
        if len(path) == 1:
            del value[path[0]]
        else:
            _drop(value[path[0]], path[1:])


def _query(query: str, ignored: frozenset[str]) -> str:
    pairs = [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in ignored]
    return f"?{urlencode(sorted(pairs, key=lambda pair: pair[0]))}" if pairs else ""


def _spelled(path: str | None, url: str) -> str:
    """One spelling of a path, whatever the client's."""
    if path is None:
        return f"@{split(url)[1]}"  # outside every base URL, on the vendor's host or where it sent the client
    path = path.lstrip("/")  # GATEWAY_URL with a trailing slash makes the AppBuilder SDK send //v2/…
    return "/" + "/".join(quote(unquote(segment), safe="") for segment in path.split("/"))


class Places:
    """Whose a recorded request is: what the file says, else the base URLs in force, else the routes its path ends like."""

    def __init__(self, find: Callable[[str], Place | None], vendors: Iterable[Vendor]) -> None:
        self._find = find
        self._vendors = tuple(vendors)

    def of(self, interaction: Interaction) -> Place | None:
        """None if the request is nobody's that we play."""
        url, base = interaction.request.url, interaction.base_url
        if interaction.vendor and base and url.startswith(base):
            path, _, query = url[len(base) :].partition("?")
            return Place(interaction.vendor, path, query)
        place = self._find(url)
        if place is None or place.path is None:
            return self._by_route(interaction.request) or place
        return place

    def keys(self, interactions: Iterable[Interaction], ignored: Ignored) -> tuple[list[str | None], Redirects]:
        """
        The key of each, None for a request that is nobody's that we play; and the redirects among them.

        In the order recorded: where an answer sent the client belongs to who sent it.
        """
        redirects, keys = Redirects(self._find), list[str | None]()
        for one in interactions:
            asked = one.request
            place = redirects.place(asked.url) or self.of(one)
            keys.append(key(asked.method, place, asked.url, asked.body, ignored) if place is not None else None)
            if place is not None:
                redirects.see(place.vendor, asked.url, one.reply)
        return keys, redirects

    def _by_route(self, request: Request) -> Place | None:
        parts = urlsplit(request.url)
        segments = parts.path.split("/")
        for start in range(1, len(segments)):
            path = "/" + "/".join(segments[start:])
            for vendor in self._vendors:
                if isinstance(vendor.router.find(request.method, path), Match):
                    return Place(vendor.name, path, parts.query)
        return None


class Index:
    """Which interaction answers a request: the first of its key not yet played."""

    def __init__(self, keys: Sequence[str | None], first: Sequence[bool] = ()) -> None:
        self.played = bytearray(len(keys))
        self._queues: dict[str, list[int]] = {}
        self._next: dict[str, int] = {}
        order = range(len(keys)) if not any(first) else sorted(range(len(keys)), key=lambda at: not first[at])
        for position in order:
            found = keys[position]
            if found is not None:
                self._queues.setdefault(found, []).append(position)

    def take(self, key: str, reuse: bool = False) -> int | None:
        """The position of the interaction to play, now marked as played; with `reuse` the last again once all are."""
        queue = self._queues.get(key)
        if queue is None:
            return None
        turn = self._next.get(key, 0)
        if turn == len(queue):
            return queue[-1] if reuse else None
        self._next[key] = turn + 1
        self.played[queue[turn]] = 1
        return queue[turn]

    def skip(self, key: str, at: int, last: int) -> None:
        """Count those of a key after `at`, up to `last`, as played."""
        while at < last and (taken := self.take(key)) is not None:
            at = taken

    def positions(self, key: str) -> list[int]:
        """Every interaction of a key."""
        return self._queues.get(key, [])
