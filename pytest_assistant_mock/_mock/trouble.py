"""
The part of a handle that arranges trouble: faults, quotas, keys, answers of the test's own.

Only stores what `arguments` has checked; knows no vendor by name.
"""

from __future__ import annotations

from pytest_assistant_mock._engine.faults import Fault
from pytest_assistant_mock._engine.plans import Planned, When
from pytest_assistant_mock._engine.replies import Answer, OwnReply
from pytest_assistant_mock._mock import answers, arguments
from pytest_assistant_mock._mock.fake import Fake

__tracebackhide__ = True  # a failing test shows its own line


class TroubleMaker:
    """Makes trouble on purpose, for one vendor. What each method takes is said where a handle offers it."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake

    def fail(self, fault: Fault, on: str | None, times: int | None, after: int, when: When | None, optional: bool) -> Planned:
        """Plan a fault."""
        with self._fake.lock:
            trouble = self._fake.trouble
            plan = arguments.planned(self._fake.vendor, trouble, fault, on, times, after, when, optional)
            trouble.plans.append(plan)
        return plan

    def limit(self, requests: int, per: float, on: str | None) -> None:
        """Add a quota."""
        limit = arguments.limit(self._fake.vendor, requests, per, on)
        with self._fake.lock:
            self._fake.trouble.limits.append(limit)

    def keys(self, keys: arguments.Keys) -> None:
        """Know these keys only."""
        tenants = arguments.tenants(self._fake.vendor, keys)
        with self._fake.lock:
            self._fake.trouble.tenants = tenants

    def reply(self, operation: str, answer: Answer, times: int | None, check: bool, optional: bool) -> OwnReply:
        """Add an answer."""
        judge = answers.refuses_the_wrong(self._fake.vendor.name) if check else None
        own = answers.own_reply(self._fake.vendor, operation, answer, times, optional, judge)
        with self._fake.lock:
            self._fake.trouble.replies.append(own)
        return own
