"""
Where replay goes on from an answer that only said "not yet": to the recorded answer that ends the waiting.

Knows answers and keys; which statuses end the waiting is the vendor's row's to say.
"""

from __future__ import annotations

from collections.abc import Sequence

from pytest_assistant_mock._engine.vendor import Route
from pytest_assistant_mock._engine.wire import Reply, Response
from pytest_assistant_mock.cassettes.format import Interaction
from pytest_assistant_mock.cassettes.symbols import json_of


def waits(route: Route, reply: Reply) -> bool:
    """Whether who polls with a route asks again after a reply."""
    if not route.settled or not isinstance(reply, Response) or reply.status != 200:
        return False
    value = json_of(reply.body)
    status = value.get("status") if isinstance(value, dict) else None
    return isinstance(status, str) and status not in route.settled


def ends_of_polling(at: int, interactions: Sequence[Interaction], keys: Sequence[str | None], route: Route) -> dict[int, int]:
    """
    For the answer at a position, and each that the same polling goes on with, the position of the one that ends it; its own,
    if none was recorded before another call. Calls to nobody that we play count as none.
    """
    key, test = keys[at], interactions[at].recorded_by
    passed = list[int]()
    for position in range(at, len(keys)):
        if keys[position] is None:
            continue
        if keys[position] != key or interactions[position].recorded_by != test:
            break
        passed.append(position)
        if not waits(route, interactions[position].reply):
            return dict.fromkeys(passed, position)
    return {position: position for position in passed}
