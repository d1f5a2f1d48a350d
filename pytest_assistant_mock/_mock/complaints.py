"""
The words for what a mock complains of when it closes: requests that no route answers, trouble that was never used.

Knows routes and journals; raises nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from urllib.parse import urlsplit

from pytest_assistant_mock._engine.plans import Planned
from pytest_assistant_mock._engine.replies import OwnReply
from pytest_assistant_mock._engine.vendor import Route, Vendor
from pytest_assistant_mock._engine.wire import Exchange

_SHOWN = 10
"""How many different requests are told; a client in a loop can make thousands."""

_SLIP = 0.6
"""How alike two words must be, at least, for one to be meant for the other, as in difflib."""


def unanswered(vendor: Vendor, exchanges: Sequence[Exchange], test: str = "") -> str:
    """
    What was asked, how often, what comes nearest, what to do.
    """
    asked = Counter((exchange.request.method, urlsplit(exchange.request.url).path) for exchange in exchanges)
    where = f" in {test}" if test else ""
    told = [
        f"{vendor.name} has no route for  {method} {path}\n"
        f"{_nearest(vendor, method, path)}"
        f"  asked {times} time{'' if times == 1 else 's'}{where}."
        " A path the real service answers? See docs/add-an-endpoint.md."
        for (method, path), times in list(asked.items())[:_SHOWN]
    ]
    if len(asked) > _SHOWN:
        told.append(f"… and {len(asked) - _SHOWN} more requests to {vendor.name} that no route answers")
    return "\n".join(told)


def _nearest(vendor: Vendor, method: str, path: str) -> str:
    """
    The line that names the likest route; none where all that is alike is the shape of the path.
    """
    prefix, segments = urlsplit(vendor.base_urls[0]).path, path.rstrip("/").split("/")

    def likeness(route: Route) -> tuple[float, bool]:
        wanted = route.path.strip("/").split("/")
        return _alike(wanted, segments[-len(wanted) :]), route.method == method

    best = max(vendor.routes, key=likeness)
    if path.endswith(vendor.left_out) or not likeness(best)[0]:
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


def unused(vendor: str, wasted: Sequence[Planned | OwnReply], exchanges: Sequence[Exchange], test: str = "") -> str:
    """
    What was arranged and never used, what was asked instead, what to do.
    """
    asked: dict[str, int] = {}
    for exchange in exchanges:
        asked[exchange.operation or "no route"] = asked.get(exchange.operation or "no route", 0) + 1
    listed = ", ".join(f"{name} {count}×" for name, count in asked.items()) or "nothing"
    where = f" in {test}" if test else ""
    return "\n".join(
        f"{vendor}: {_said(one)} was never used{where}\n"
        f"  asked:  {listed}{_why(one)}\n"
        "  do:     remove it, let the code under test come to it, or say optional=True"
        for one in wasted
    )


def _said(one: Planned | OwnReply) -> str:
    if isinstance(one, OwnReply):
        return repr(one)
    given = {"on": one.on, "times": one.times, "after": one.after, "when": one.when}
    usual = {"on": None, "times": 1, "after": 0, "when": None}
    words = [f"{name}={_word(value)}" for name, value in given.items() if value != usual[name]]
    return f"fail({', '.join([repr(one.fault), *words])})"


def _word(value: object) -> str:
    return getattr(value, "__name__", "…") if callable(value) else repr(value)


def _why(one: Planned | OwnReply) -> str:
    if isinstance(one, OwnReply):
        return ""
    if one.asked > one.after:
        return f"\n  why:    its {one.asked} request{'' if one.asked == 1 else 's'} met an earlier fault, or had nothing to spoil"
    if one.when is not None:
        return f"\n  why:    its predicate took {one.asked} of them"
    return ""
