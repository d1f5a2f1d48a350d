"""
The part of a handle that arranges trouble: faults, quotas, keys, answers of the test's own.

Only hands on what `arguments` has checked; knows no vendor by name.
"""

from __future__ import annotations

from pytest_assistant_mock._engine.engine import Engine, Service
from pytest_assistant_mock._engine.faults import Fault
from pytest_assistant_mock._engine.plans import Planned, When
from pytest_assistant_mock._engine.replies import Answer, OwnReply
from pytest_assistant_mock._engine.trouble import Trouble
from pytest_assistant_mock._mock import arguments

__tracebackhide__ = True  # a failing test shows its own line


class Arranger:
    """
    Trouble on purpose, for one vendor.
    """

    def __init__(self, engine: Engine, service: Service) -> None:
        self._engine = engine
        self._service = service

    def fail(
        self,
        fault: Fault,
        *,
        on: str | None = None,
        times: int | None = 1,
        after: int = 0,
        when: When | None = None,
        optional: bool = False,
    ) -> Planned:
        """
        Let a fault strike: at one operation (None: at every request), `times` times (None: always), not at the first `after`
        requests of that operation, and only where `when(request)` is true. Faults strike in the order they were planned; behind
        one that ends the matter (a refusal, a broken line) the next waits for the next request.

        A fault that never struck fails the test when the mock closes, unless it is `optional`.
        What is returned counts: `.asked`, the requests it was meant for; `.used`, those it struck.
        Raises TypeError or ValueError for anything else, naming what is allowed and what comes nearest.
        """
        with self._engine.lock:
            trouble = self._trouble()
            plan = arguments.planned(self._service.vendor, trouble, fault, on, times, after, when, optional)
            trouble.plans.append(plan)
        return plan

    def limit(self, requests: int, per: float, *, on: str | None = None) -> None:
        """
        Admit each key at most `requests` times in any `per` seconds of the mock's clock, for one operation or all together
        (None); what is more is refused as the vendor refuses it, and is not counted. Several limits hold together.

        Raises TypeError or ValueError for a wrong number or operation.
        """
        limit = arguments.limit(self._service.vendor, requests, per, on)
        with self._engine.lock:
            self._trouble().limits.append(limit)

    def keys(self, keys: arguments.Keys) -> None:
        """
        Know these keys and no others: {"sk-a", "sk-b"}; or, with the workspaces each may use, {"sk-a": ["ws-1", "ws-2"],
        "sk-b": "ws-3", "sk-c": None}, None for any. A request that names no workspace is in the key's first.

        A thread made by one key in one workspace does not exist for another; one that is seeded, or was there before, exists
        for all. The keys named by an earlier call are forgotten. Raises TypeError or ValueError for anything else.
        """
        tenants = arguments.tenants(self._service.vendor, keys)
        with self._engine.lock:
            self._trouble().tenants = tenants

    def reply(
        self, operation: str, answer: Answer, *, times: int | None = None, check: bool = True, optional: bool = False
    ) -> OwnReply:
        """
        Answer an operation in the fake's place, `times` times (None: always). The store does not act.

        operation: one of the vendor's, or "METHOD /path/{anything}" below its base URL, for what the fake does not know.
        answer: a Response or Failure; a dict or list, sent as JSON with status 200; or a function of the Request that returns
        one of them.
        check: whether an answer to one of the vendor's operations must keep the contract; one that is no function is checked
        at once, and raises ContractViolation.

        An answer that was never asked for fails the test when the mock closes, unless it is `optional`.
        Raises TypeError or ValueError for anything else.
        """
        judge = arguments.refuses_the_wrong(self._service.vendor.name) if check else None
        own = arguments.own_reply(self._service.vendor, operation, answer, times, optional, judge)
        with self._engine.lock:
            self._trouble().replies.append(own)
        return own

    def _trouble(self) -> Trouble:
        if self._service.trouble is None:
            self._service.trouble = Trouble()
        return self._service.trouble
