"""
What a test has set up for one vendor besides threads and messages: faults, quotas, keys, answers of its own.

Says in which order they come; each idea lives in its own file. A vendor without any of it has no Trouble at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from pytest_assistant_mock._engine.plans import Planned
from pytest_assistant_mock._engine.quotas import Limit, within
from pytest_assistant_mock._engine.replies import OwnReply
from pytest_assistant_mock._engine.tenants import Tenants
from pytest_assistant_mock._engine.wire import Refusal

Counted: TypeAlias = "Planned | OwnReply"


@dataclass(slots=True)
class Trouble:
    """
    Faults in the order planned, limits, the keys that are known (None: every key), own answers, and the switched-off
    operations that are allowed.
    """

    plans: list[Planned] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    tenants: Tenants | None = None
    replies: list[OwnReply] = field(default_factory=list)
    allowed: set[str] = field(default_factory=set)

    def admit(self, operation: str | None, key: str, workspace: str, now_ms: int) -> str:
        """
        Let a request with a key in, and say whose threads it may see ("": everybody's).

        Refuses "bad_key", "forbidden", "rate_limited", in this order.
        """
        owner = self.tenants.owner(key, workspace) if self.tenants else ""
        if self.limits and not within(self.limits, operation, key, now_ms):
            raise Refusal("rate_limited")
        return owner

    def wasted(self) -> list[Counted]:
        """The faults and own answers that had to be used and never were."""
        arranged: list[Counted] = [*self.plans, *self.replies]
        return [one for one in arranged if one.wasted]

    def save(self) -> Callable[[], Trouble]:
        """A function that puts everything back as it is now, counts included, and returns it."""
        plans = [(plan, plan.asked, plan.used) for plan in self.plans]
        replies = [(reply, reply.used) for reply in self.replies]
        limits, tenants, allowed = [limit.copy() for limit in self.limits], self.tenants, set(self.allowed)

        def put_back() -> Trouble:
            for plan, asked, used in plans:
                plan.asked, plan.used = asked, used
            for reply, used in replies:
                reply.used = used
            kept = [limit.copy() for limit in limits]
            return Trouble([plan for plan, _, _ in plans], kept, tenants, [reply for reply, _ in replies], set(allowed))

        return put_back
