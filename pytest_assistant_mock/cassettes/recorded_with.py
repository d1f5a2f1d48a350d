"""
With what a call was made: the SDK and the HTTP client it really went through, with their versions as installed.

Looks at who is calling just now; where only another thread would know, the User-Agent says it, or nothing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import metadata

from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock._engine.wire import Request

_CLIENTS: Mapping[str, str] = {name: name for name in ("requests", "httpx", "httpx2", "aiohttp", "urllib3")}
"""A client's package -> its distribution; of two that a call went through, the first made it with the help of the second."""
_PRODUCT = re.compile(r"(?:^| )(?:python-)?([A-Za-z][\w.]*)/(\d[\w.+-]*)")


def recorded_with(request: Request, vendors: Iterable[Vendor]) -> str:
    """Names and versions, like "dashscope 1.26.4, requests 2.32.3"; empty if nothing says it."""
    sdks = {vendor.settings.sdk[0]: vendor.settings.sdk[1] for vendor in vendors if vendor.settings.sdk is not None}
    calling = set(_callers())
    sdk = [_with_version(sdks[name]) for name in sdks if name in calling]
    client = [_with_version(_CLIENTS[name]) for name in _CLIENTS if name in calling][:1]
    return ", ".join([*sdk, *client] or _products(request, {*sdks, *_CLIENTS}))


def _callers() -> Iterator[str]:
    """The packages whose code is on its way to this call."""
    frame = sys._getframe(1)
    while frame is not None:
        yield str(frame.f_globals.get("__name__")).partition(".")[0]
        frame = frame.f_back  # type: ignore[assignment]


@lru_cache
def _with_version(distribution: str) -> str:
    try:
        return f"{distribution} {metadata.version(distribution)}"
    except metadata.PackageNotFoundError:
        return distribution


def _products(request: Request, known: Iterable[str]) -> list[str]:
    """What a User-Agent says of those that are known."""
    found = _PRODUCT.findall(request.header("user-agent") or "")
    return [f"{name} {version}" for name, version in found if name.lower() in set(known)]
