"""
The words for what a mock complains of when it closes: requests that no route answers, trouble that was never used.

Knows routes and journals; raises nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from urllib.parse import urlsplit

from pytest_assistant_mock._engine.kinds.runs import RUN
from pytest_assistant_mock._engine.plans import Planned
from pytest_assistant_mock._engine.replies import OwnReply
from pytest_assistant_mock._engine.state import State
from pytest_assistant_mock._engine.turns import Script
from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock._engine.wire import Exchange

_SHOWN = 10
"""How many different requests are told; a client in a loop can make thousands."""

_SLIP = 0.6
"""How alike two words must be, at least, for one to be meant for the other, as in difflib."""


def unanswered(
    vendor: Vendor,
    exchanges: Sequence[Exchange],
    below: Callable[[str], str],
    *,
    replies: Sequence[OwnReply] = (),
    handle: str = "",
    test: str = "",
) -> str:
    """
    What was asked, how often, what comes nearest, what to do.

    below: from a URL, the path that a reply to it would name. handle: how the test calls the vendor's handle.
    """
    asked: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        asked.setdefault(f"{exchange.request.method} {_template(vendor, below(exchange.request.url))}", []).append(exchange)
    where = f" in {test}" if test else ""
    told = [
        f"{_first(vendor, alike)}{_nearest(vendor, alike[0], route, replies)}{_used_up(route, replies)}"
        f"  asked {len(alike)} time{'' if len(alike) == 1 else 's'}{_variously(alike)}{where}\n"
        f"{_keyless(vendor, alike)}"
        "  do:       mend the request, or answer it as the real service would:\n"
        f"            {handle or vendor.name}.reply({json.dumps(route, ensure_ascii=False)}, {{...}})"
        for route, alike in list(asked.items())[:_SHOWN]
    ]
    if len(asked) > _SHOWN:
        told.append(f"… and {len(asked) - _SHOWN} more requests to {vendor.name} that no route answers")
    return "\n".join(told)


def _first(vendor: Vendor, alike: Sequence[Exchange]) -> str:
    request = alike[0].request
    return f"{vendor.name} has no route for  {request.method} {urlsplit(request.url).path}\n"


def _variously(alike: Sequence[Exchange]) -> str:
    return ", with other ids too" if len({urlsplit(one.request.url).path for one in alike}) > 1 else ""


def _keyless(vendor: Vendor, alike: Sequence[Exchange]) -> str:
    without = [one for one in alike if not vendor.key_of(one.request)]
    if not without:
        return ""
    it = "it" if len(alike) == 1 else f"{len(without)} of them"
    return f"  no key:   {it} carried no API key, and the answer was {_status(without[0])}\n"


def _used_up(route: str, replies: Sequence[OwnReply]) -> str:
    gone = [own for own in replies if own.operation == route and own.used_up]
    return "".join(f"  used up:  {own!r} has answered {own.used} time{'' if own.used == 1 else 's'}\n" for own in gone)


def _template(vendor: Vendor, path: str) -> str:
    """
    A path with a name in braces for each id in it: "/threads/{thread_id}/runs". Ids stand where a route has braces; elsewhere
    they are what follows a plural and has a digit in it.
    """
    known, done = [_segments(one) for one in (*(route.path for route in vendor.routes), *vendor.left_out)], list[str]()
    for segment in _segments(path):
        here = [one[len(done)] for one in known if len(one) > len(done) and one[: len(done)] == done]
        braces = next((one for one in here if one.startswith("{")), "")
        if segment not in here:
            segment = braces if braces and segment else _guessed(done, segment)
        done.append(segment)
    return f"/{'/'.join(done)}"


def _guessed(done: Sequence[str], segment: str) -> str:
    before = done[-1] if done else ""
    name = f"{{{re.sub(r'[^A-Za-z]', '_', before).removesuffix('s')}_id}}"
    is_id = re.fullmatch(r"[A-Za-z_-]+s", before) and any(map(str.isdigit, segment))
    return name if is_id and name not in done else segment


def _segments(path: str) -> list[str]:
    return path.strip("/").split("/")


def _nearest(vendor: Vendor, exchange: Exchange, route: str, replies: Sequence[OwnReply]) -> str:
    """The line that names the likest route or reply; none where all that is alike is the shape of the path."""
    method, path = exchange.request.method, urlsplit(exchange.request.url).path
    prefix, segments = urlsplit(vendor.base_urls[0]).path, path.rstrip("/").split("/")
    routes = [(one.method, one.path, f"{prefix}{one.path}   ({one.operation})") for one in vendor.routes]
    own = [tuple(one.operation.split(" ")) for one in replies if " " in one.operation and one.operation != route]
    routes += [(verb, there, f"{prefix}{there}   (your reply)") for verb, there in own]

    def likeness(one: tuple[str, str, str]) -> tuple[float, bool]:
        wanted = _segments(one[1])
        return _alike(wanted, segments[-len(wanted) :]), one[0] == method

    best = max(routes, key=likeness)
    if path.endswith(vendor.left_out) or not likeness(best)[0]:
        return ""
    return f"  nearest:  {best[0]} {best[2]}\n"


def _alike(route: Sequence[str], asked: Sequence[str]) -> float:
    """How much the end of a path resembles a route, 0 to 1: nothing unless every word of it may be a slip of the pen."""
    if len(route) != len(asked):
        return 0
    words = [SequenceMatcher(None, there, here).ratio() for there, here in zip(route, asked, strict=True) if there[:1] != "{"]
    return sum(words) / len(words) if min(words) > _SLIP else 0


def unused(vendor: Vendor, wasted: Sequence[Planned | OwnReply], exchanges: Sequence[Exchange], test: str = "") -> str:
    """What was arranged and never used, what was asked instead, why it was not used, what to do."""
    asked: dict[str, int] = {}
    for exchange in exchanges:
        asked[exchange.operation or "no route"] = asked.get(exchange.operation or "no route", 0) + 1
    listed = ", ".join(f"{name} {count}×" for name, count in asked.items()) or "nothing"
    where = f" in {test}" if test else ""
    return "\n".join(
        f"{vendor.name}: {_said(one)} was never used{where}\n"
        f"  asked:  {listed}{_why(vendor, one, exchanges)}\n"
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


def _why(vendor: Vendor, one: Planned | OwnReply, exchanges: Sequence[Exchange]) -> str:
    if isinstance(one, OwnReply):
        return "".join(f"\n  why:    {reason}" for reason in _met(vendor, one, exchanges))
    if one.asked > one.after and one.fault.streams and not any(_streamed(one, exchange) for exchange in exchanges):
        return f"\n  why:    {one.fault!r} strikes streams, and no request asked for one: stream=True"
    if one.asked > one.after and one.fault.streams:
        return "\n  why:    no stream that it met was long enough for it, or an earlier fault came first"
    if one.asked > one.after:
        return f"\n  why:    its {one.asked} request{'' if one.asked == 1 else 's'} met an earlier fault, or had nothing to spoil"
    if one.when is not None:
        return f"\n  why:    its predicate took {one.asked} of them"
    return ""


def _streamed(one: Planned, exchange: Exchange) -> bool:
    """Whether an exchange that a fault was meant for came in pieces."""
    return one.on in (None, exchange.operation) and exchange.response is not None and exchange.response.pieces is not None


def _met(vendor: Vendor, own: OwnReply, exchanges: Sequence[Exchange]) -> list[str]:
    """What became of the requests that the answer was meant for: a line for each kind of fate."""
    counts: dict[str, int] = {}
    for exchange in exchanges:
        if exchange.operation == own.operation:
            fate = _fate(vendor, exchange)
            counts[fate] = counts.get(fate, 0) + 1
    return [f"{count} request{'' if count == 1 else 's'} to it {fate}" for fate, count in counts.items()]


def _fate(vendor: Vendor, exchange: Exchange) -> str:
    if exchange.faults:
        return f"met a fault first: {', '.join(exchange.faults)}"
    if not vendor.key_of(exchange.request):
        return f"carried no API key, and the answer was {_status(exchange)}"
    return f"got another answer first: {_status(exchange)}"


def _status(exchange: Exchange) -> str:
    return f"HTTP {exchange.response.status}" if exchange.response else "a broken connection"


def unused_scripts(handle: str, wasted: Sequence[Script], state: State, test: str = "") -> str:
    """Scripts that no run took, how many runs there were, what to do."""
    runs = len(state[RUN])
    asked = f"{runs} run{'' if runs == 1 else 's'} took another script or none" if runs else "the code under test made no run"
    where = f" in {test}" if test else ""
    return "\n".join(
        f"{handle}.{script!r} was never used{where}\n"
        f"  runs:   {asked}\n"
        "  do:     remove it, let the code under test make a run that fits it, or say optional=True"
        for script in wasted
    )
