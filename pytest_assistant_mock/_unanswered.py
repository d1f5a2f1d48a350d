"""
The words for a request that no route answers.

Knows routes and journals; raises nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from urllib.parse import urlsplit

from pytest_assistant_mock._engine.provider import Provider, Route
from pytest_assistant_mock._engine.wire import Exchange

_SHOWN = 10
"""How many different requests are told; a client in a loop can make thousands."""

_SLIP = 0.6
"""How alike two words must be, at least, for one to be meant for the other, as in difflib."""


def complaint(provider: Provider, unanswered: Sequence[Exchange], test: str = "") -> str:
    """
    What was asked, how often, what comes nearest, what to do.
    """
    asked = Counter((exchange.request.method, urlsplit(exchange.request.url).path) for exchange in unanswered)
    where = f" in {test}" if test else ""
    told = [
        f"{provider.name} has no route for  {method} {path}\n"
        f"{_nearest(provider, method, path)}"
        f"  asked {times} time{'' if times == 1 else 's'}{where}."
        " A path the real service answers? See docs/add-an-endpoint.md."
        for (method, path), times in list(asked.items())[:_SHOWN]
    ]
    if len(asked) > _SHOWN:
        told.append(f"… and {len(asked) - _SHOWN} more requests to {provider.name} that no route answers")
    return "\n".join(told)


def _nearest(provider: Provider, method: str, path: str) -> str:
    """
    The line that names the likest route; none where all that is alike is the shape of the path.
    """
    prefix, segments = urlsplit(provider.base_urls[0]).path, path.rstrip("/").split("/")

    def likeness(route: Route) -> tuple[float, bool]:
        wanted = route.path.strip("/").split("/")
        return _alike(wanted, segments[-len(wanted) :]), route.method == method

    best = max(provider.routes, key=likeness)
    if path.endswith(provider.left_out) or not likeness(best)[0]:
        return ""
    return f"  nearest:  {best.method} {prefix}{best.path}   ({best.operation})\n"


def _alike(route: Sequence[str], asked: Sequence[str]) -> float:
    """
    How much the end of a path resembles a route, 0 to 1: nothing unless every word of it may be a slip of the pen.
    """
    if len(route) != len(asked):
        return 0
    words = [SequenceMatcher(None, there, here).ratio() for there, here in zip(route, asked, strict=True) if there[:1] != "{"]
    return sum(words) / len(words) if min(words) > _SLIP else 0
