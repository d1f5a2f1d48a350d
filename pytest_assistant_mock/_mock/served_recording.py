"""
A cassette on a socket: its answers to any client; a miss is told to the client in words; what is recorded comes from upstream.

Joins a session of a cassette and the server; knows neither pytest nor the command line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from pytest_assistant_mock._engine.engine import Engine
from pytest_assistant_mock._engine.wire import Exchange, Reply, Request, Response
from pytest_assistant_mock._serving.upstream import Upstream
from pytest_assistant_mock.cassettes.player import Player, write
from pytest_assistant_mock.cassettes.recorder import Recorder
from pytest_assistant_mock.cassettes.session import Session
from pytest_assistant_mock.errors import CassetteMiss, nearest

_SESSION = "x-assistant-session"
"""The control API's own header: it is neither compared, passed on nor recorded."""


class ServedRecording:
    """
    Who answers in the place of the fake. keys: the only ones it takes, if there are any; upstream: base URLs by vendor, in the
    place of the vendors' own. Raises ImportError without httpx, if something may have to be passed on.
    """

    def __init__(self, engine: Engine, session: Session, keys: Sequence[str], upstream: Mapping[str, str]) -> None:
        self._engine = engine
        self._answerer = session.answerer
        self._keys = frozenset(keys)
        self.upstream: Upstream | None = None
        self.recorder: Recorder | None = None
        self.path = session.tape.path
        self.upstream_urls: dict[str, str] = {}
        if isinstance(session.answerer, Recorder):
            self.recorder = session.answerer
            vendors = [service.vendor for service in engine.services.values()]
            self.upstream_urls = {vendor.name: upstream.get(vendor.name, vendor.base_urls[0]) for vendor in vendors}
            bases = {vendor.base_urls[0]: self.upstream_urls[vendor.name] for vendor in vendors}
            self.upstream = Upstream(bases, session.answerer.passed)

    def close(self) -> None:
        """Close the lines to the real service."""
        if self.upstream is not None:
            self.upstream.close()

    def rewind(self) -> None:
        """Play from the beginning."""
        if isinstance(self._answerer, Player):
            self._answerer.rewind()

    async def answer(self, request: Request) -> Reply | None:
        """The recorded reply, a refusal, or what the real service answers; None for what is no vendor's."""
        place = self._engine.place(request.url)
        if place is None:
            return None
        if request.header(_SESSION) is not None:
            request = replace(request, headers=tuple(pair for pair in request.headers if pair[0].lower() != _SESSION))
        key = self._engine.services[place.vendor].vendor.key_of(request)
        if self._keys and key not in self._keys:
            return self._engine.refuse(request, "bad_key" if key else "no_key")
        try:
            reply = self._answerer.handle(request)
        except CassetteMiss as miss:
            return write(self._engine, place, request, _missed(miss))
        if reply is None and self.upstream is not None:
            return await self.upstream.pass_on(request)
        return reply


def _missed(miss: CassetteMiss) -> Response:
    """The words of a miss, where the vendors' SDKs look for those of an error."""
    body = json.dumps({"code": "CassetteMiss", "message": str(miss)}, ensure_ascii=False).encode()
    return Response(409, (("Content-Type", "application/json"), ("Content-Length", str(len(body)))), body)


def words_of_miss(exchange: Exchange) -> str:
    """What a client was told where the recording holds no answer; "" for any other exchange."""
    response = exchange.response
    if response is None or response.status != 409:
        return ""
    try:
        said = json.loads(response.body)
    except ValueError:
        return ""
    return str(said["message"]) if isinstance(said, dict) and said.get("code") == "CassetteMiss" else ""


def checked_upstream(upstream: Mapping[str, str] | None, vendors: Sequence[str]) -> dict[str, str]:
    """Base URLs by vendor, without a slash at their ends. Raises ValueError for an unknown vendor or what is no base URL."""
    if upstream is not None and not isinstance(upstream, Mapping):
        raise TypeError(f"upstream={upstream!r}: expected base URLs by vendor: {{'{vendors[0]}': 'https://gw.corp/ai/api/v1'}}")
    for vendor, url in (upstream or {}).items():
        if vendor not in vendors:
            raise ValueError(f"upstream names {vendor!r}; the vendors are {', '.join(vendors)}{nearest(vendor, vendors)}")
        if not _is_base(url):
            raise ValueError(f"upstream: {url!r} is no base URL; expected one like 'https://gw.corp/ai/api/v1'")
    return {vendor: url.rstrip("/") for vendor, url in (upstream or {}).items()}


def _is_base(url: Any) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment
    except (TypeError, ValueError, AttributeError):
        return False
