"""
When a fault strikes: at which operation, how often, after how many requests, at which of them.

Composes faults in the order they were planned; knows no vendor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from pytest_assistant_mock._engine.clock import Clock
from pytest_assistant_mock._engine.faults import Fault, Refuse
from pytest_assistant_mock._engine.stream_faults import Spoilt
from pytest_assistant_mock._engine.streams import is_stream
from pytest_assistant_mock._engine.wire import Reply, Request, Response

__tracebackhide__ = True  # a failing test shows its own line

When: TypeAlias = Callable[[Request], object]
"""From a request, whether the fault may strike it."""


@dataclass(slots=True, eq=False)
class Planned:
    """
    A fault in waiting: for one operation or all (None), `times` times or for ever (None), not at the first `after` requests.

    `asked` counts the requests it was meant for, `used` those it struck.
    """

    fault: Fault
    on: str | None = None
    times: int | None = 1
    after: int = 0
    when: When | None = None
    optional: bool = False
    asked: int = 0
    used: int = 0

    def ready(self, operation: str | None, request: Request) -> bool:
        """Count a request; whether the fault may strike it."""
        if self.on is not None and self.on != operation:
            return False
        if self.when is not None and not self.when(request):
            return False
        self.asked += 1
        return self.asked > self.after and (self.times is None or self.used < self.times)

    def give_back(self) -> None:
        """It did not strike after all: the stream it waited in ended before."""
        self.used -= 1

    @property
    def wasted(self) -> bool:
        """Whether it had to strike and never did."""
        return not self.used and not self.optional


def strike(
    plans: Sequence[Planned],
    operation: str | None,
    request: Request,
    refuse: Refuse,
    act: Callable[[], Reply],
    clock: Clock,
) -> tuple[Reply, tuple[str, ...]]:
    """
    The reply as the client sees it, and the faults that made it so, in order.

    Faults strike in the order they were planned; behind the first one that is final none strikes.
    """
    chosen: list[Planned] = []
    for plan in plans:
        if plan.ready(operation, request) and not (chosen and chosen[-1].fault.final):
            chosen.append(plan)
    last = chosen[-1].fault if chosen else None
    reply = act() if last is None or last.instead is None else last.instead(refuse)
    struck: list[str] = []
    for plan in chosen:
        changed = _changed(reply, plan.fault, refuse)
        if changed is None:
            continue  # nothing to spoil: it waits for an answer that has it
        before, reply = reply, changed
        clock.advance(plan.fault.seconds)
        plan.used += 1
        struck.append(plan.fault.name)
        spoilt = getattr(reply, "pieces", None)
        if isinstance(spoilt, Spoilt) and spoilt is not getattr(before, "pieces", None):
            spoilt.spared, spoilt.advance = plan.give_back, clock.advance
    return reply, tuple(struck)


def _changed(reply: Reply, fault: Fault, refuse: Refuse) -> Reply | None:
    if fault.waits:
        return replace(reply, delay=reply.delay + fault.seconds)
    if fault.spoil is None:
        return reply
    if not isinstance(reply, Response):
        return None
    spoilt = fault.spoil(reply, refuse)
    if spoilt is not None and is_stream(reply.pieces) and getattr(spoilt, "pieces", None) is None:
        reply.pieces.close()  # nobody will read it
    return replace(spoilt, delay=reply.delay) if spoilt is not None and reply.delay else spoilt
