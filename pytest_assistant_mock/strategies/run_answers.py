"""
Strategies for what the vendors answer about assistants, runs, steps and files: `stored` draws, the vendor's shapes print.

Knows no vendor by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import strategies as st

from pytest_assistant_mock._engine.clock import Clock
from pytest_assistant_mock._engine.kinds import KINDS
from pytest_assistant_mock._engine.kinds.files import File, keep_file
from pytest_assistant_mock._engine.kinds.messages import Message
from pytest_assistant_mock._engine.kinds.runs import StoredRun
from pytest_assistant_mock._engine.state import State
from pytest_assistant_mock._engine.table import Page
from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock.strategies.answers import (
    Ids,
    JSONObjects,
    check_names,
    check_pins,
    printer,
    route_of,
    stored_message,
    strategy,
)
from pytest_assistant_mock.strategies.stored import PARENTS, SORTS, changed

__tracebackhide__ = True  # a failing test shows its own line

Wraps = Mapping[str, Callable[[StoredRun, Message], Any]]
"""Operations on a run whose verb returns more than the run, and what it returns."""


def one(vendor: Vendor, ids: Ids, name: str, operation: str, pins: Mapping[str, Any], wraps: Wraps) -> JSONObjects:
    """
    One thing as an operation answers it.

    Raises TypeError for an unknown pin, ValueError for a value nothing of that sort has.
    """
    sort = SORTS[name]
    check_names(name, pins, tuple(sort.fields(ids)))
    wrap: Callable[[Any, Message], Any] = wraps.get(operation, _alone)
    least = Message("id", "id", "assistant", "", 1, 0)
    check_pins(vendor, name, operation, pins, lambda plain: wrap(sort.of(plain), least))
    answers = stored_message(ids, {"role": "assistant"}) if operation in wraps else st.just(least)
    return st.builds(printer(vendor, operation), st.builds(wrap, sort.drawn(ids, pins), answers), ids("request"))


def _alone(thing: Any, answer: Message) -> Any:
    return thing


def several(
    vendor: Vendor, ids: Ids, name: str, operation: str, order: str, max_size: int, pins: Mapping[str, Any]
) -> JSONObjects:
    """A page of a list: its items have their parents in common, and stand in the order of their times."""
    parents = PARENTS[name]
    check_names(f"{name}_list", pins, (*parents, "has_more"))
    if order not in ("asc", "desc"):
        raise ValueError(f"{name}_list: order={order!r}; allowed: 'asc' or 'desc'")
    show = printer(vendor, operation)

    def build(items: list[Any], family: tuple[str, ...], has_more: bool, request_id: str) -> dict[str, Any]:
        mine = [changed(item, **dict(zip(parents, family, strict=True))) for item in items]
        mine.sort(key=lambda item: item.place, reverse=order == "desc")
        return show(Page(mine, has_more and bool(mine)), request_id)

    items = SORTS[name].drawn(ids, dict.fromkeys(parents, ""))
    shared = [strategy(pins[parent]) if parent in pins else ids(parent.removesuffix("_id")) for parent in parents]
    return st.builds(
        build,
        st.lists(items, max_size=max_size, unique_by=lambda item: item.id),
        st.tuples(*shared),
        strategy(pins.get("has_more", st.booleans())),
        ids("request"),
    )


def files(vendor: Vendor, ids: Ids, max_size: int) -> JSONObjects:
    """The list of the uploaded files, as the vendor makes it of what it has stored."""
    route = route_of(vendor, "list_files")
    show = printer(vendor, "list_files")

    def build(stored: list[File], request_id: str) -> dict[str, Any]:
        state = State(Clock(), vendor.format_id, KINDS, vendor.name, vendor.habits)
        for file in sorted(stored, key=lambda file: file.created_at):
            keep_file(state, file)
        return show(route.act(state, **route.asks.read({}, "", b"")), request_id)

    stored = st.lists(SORTS["file"].drawn(ids, {}), max_size=max_size, unique_by=lambda file: file.id)
    return st.builds(build, stored, ids("request"))
