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


def complaint(provider: Provider, unanswered: Sequence[Exchange], test: str = "") -> str:
    """
    What was asked, how often, what comes nearest, what to do.
    """
    asked = Counter((exchange.request.method, urlsplit(exchange.request.url).path) for exchange in unanswered)
    where = f" in {test}" if test else ""
    told = [
        f"{provider.name} has no route for  {method} {path}\n"
        f"  nearest:  {_nearest(provider, method, path)}\n"
        f"  asked {times} time{'' if times == 1 else 's'}{where}."
        " A path the real service answers? See docs/add-an-endpoint.md."
        for (method, path), times in list(asked.items())[:_SHOWN]
    ]
    if len(asked) > _SHOWN:
        told.append(f"… and {len(asked) - _SHOWN} more requests to {provider.name} that no route answers")
    return "\n".join(told)


def _nearest(provider: Provider, method: str, path: str) -> str:
    prefix = urlsplit(provider.base_urls[0]).path

    def likeness(route: Route) -> tuple[float, bool]:
        segments, wanted = f"{prefix}{route.path}".split("/"), path.split("/")
        same = [
            1.0 if there.startswith("{") and there != here else SequenceMatcher(None, there, here).ratio()
            for there, here in zip(segments, wanted, strict=False)
        ]
        return (sum(same) / max(len(segments), len(wanted)), route.method == method)

    best = max(provider.routes, key=likeness)
    return f"{best.method} {prefix}{best.path}   ({best.operation})"
