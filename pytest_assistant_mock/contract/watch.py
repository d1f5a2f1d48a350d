"""
A mock's exchanges against the contract, as they happen, in both directions, whoever answers.

Collects; complains only when told that the mock closes.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Literal, TypeAlias, get_args

from pytest_assistant_mock._engine.journal import Journal
from pytest_assistant_mock._engine.wire import Exchange, Failure, Request, Response
from pytest_assistant_mock._vendors import DOCUMENTS
from pytest_assistant_mock._vendors.secrets import configured, secrets_of
from pytest_assistant_mock.contract.explain import Violation
from pytest_assistant_mock.contract.operations import checked, has_row, path_of, row
from pytest_assistant_mock.contract.subjects import Subject, streams, subjects
from pytest_assistant_mock.contract.verdict import judge, listed
from pytest_assistant_mock.errors import ContractViolation, ContractWarning, NotJSON

Mode = Literal["off", "warn", "fail"]


Field: TypeAlias = tuple[str, str, str, str]
"""Vendor, operation, side ("request" or "answer"), JSON path without the numbers of lists."""


UncheckedCall: TypeAlias = tuple[str, str]
"""Vendor and call, ids left out: ("model_studio", "POST /threads/{id}/runs")."""


class Watch:
    """
    What the contract says of one mock's exchanges so far.

    violations: every place that breaks it, oldest first. drift: fields it does not know, and how often they came.
    unchecked: calls it does not know, and how often they were made; they are not judged.
    """

    def __init__(self, journal: Journal, keys: Callable[[], Iterable[str]] = tuple) -> None:
        self._journal = journal
        self._keys = keys
        self._seen: dict[int, Exchange] = {}  # when it was last turned off, by id
        self.mode: Mode = "off"
        self.violations: list[Violation] = []
        self.drift: Counter[Field] = Counter()
        self.unchecked: Counter[UncheckedCall] = Counter()

    def start(self, mode: Mode) -> None:
        """Check what has been exchanged already, and everything from now on; "off" stops. Raises ValueError for another word."""
        checked("contract", mode, get_args(Mode))
        before, self.mode = self.mode, mode
        if before == "off" and mode != "off":
            for exchange in self._written():
                if id(exchange) not in self._seen:
                    self.see(exchange)
            self._journal.watchers.append(self.see)
        elif before != "off" and mode == "off":
            self._journal.watchers.remove(self.see)
            self._seen = {id(exchange): exchange for exchange in self._written()}

    def _written(self) -> list[Exchange]:
        return [exchange for vendor in DOCUMENTS for exchange in self._journal.of(vendor)]

    def see(self, exchange: Exchange) -> None:
        """Check one exchange. An answer that a fault has spoilt, on purpose, is nobody's to judge."""
        if not has_row(exchange.vendor, exchange.operation):
            own = f"{exchange.request.method} {path_of(exchange.vendor, exchange.request.url)}"
            self.unchecked[exchange.vendor, exchange.operation or own] += 1
            return
        operation = exchange.operation or ""
        watched = row(exchange.vendor, operation).watched
        if streams(exchange):
            self.unchecked[exchange.vendor, f"{operation}: the events of its answer"] += 1
        elif not watched:
            self.unchecked[exchange.vendor, operation] += 1
        if not watched:
            return
        for side, violation in _found(exchange, self._keys):
            if violation.drift:
                field = re.sub(r"\[\d+\]", "[]", violation.path)
                self.drift[exchange.vendor, exchange.operation or "", side, field] += 1
            else:
                self.violations.append(violation)

    def finish(self, *, quiet: bool = False) -> None:
        """
        Say what broke the contract: raises ContractViolation, or warns, as the mode says. quiet: another error is on its way.
        """
        __tracebackhide__ = True
        if not self.violations:
            return
        if self.mode == "warn":
            warnings.warn(ContractWarning(listed(self.violations)), stacklevel=2)
        elif self.mode == "fail" and not quiet:
            raise ContractViolation(listed(self.violations), self.violations)


Found: TypeAlias = tuple[tuple[str, Violation], ...]
"""Pairs of a side and what is wrong with it."""


def _found(exchange: Exchange, keys: Callable[[], Iterable[str]]) -> Found:
    """
    What is wrong with an exchange. The same bytes are judged once: a cassette is replayed in many tests and runs of a test.
    Only what is told of is judged again, to be told without the keys that this mock knows.
    """
    asked, reply = exchange.request, exchange.reply
    status, answered = (reply.status, reply.body) if isinstance(reply, Response) else (None, b"")
    judged = _remembered if len(asked.body) + len(answered) <= _SHORT else _judged
    what = (exchange.vendor, exchange.operation, asked.method, asked.url, asked.body, status, answered)
    spoilt = bool(exchange.faults) or streams(exchange)
    found = judged(*what, spoilt)
    if all(violation.drift for _, violation in found):
        return found
    return _judged(*what, spoilt, frozenset({*keys(), *secrets_of().carried(asked.headers)}))


def _judged(
    vendor: str,
    operation: str | None,
    method: str,
    url: str,
    asked: bytes,
    status: int | None,
    answered: bytes,
    spoilt: bool,
    keys: frozenset[str] = frozenset(),
) -> Found:
    """From all that counts of an exchange; no header does."""
    reply = Response(status, (), answered) if status is not None else Failure("reset")
    exchange = Exchange(vendor, operation, Request(method, url, (), asked), reply)
    return tuple(
        (subject.side, violation)
        for subject in subjects(exchange, "request" if spoilt else None)
        for violation in _violations(subject, keys)
    )


_SHORT = 16_384
_remembered = lru_cache(maxsize=256)(_judged)


def _violations(subject: Subject, keys: frozenset[str]) -> list[Violation]:
    try:
        return judge(subject, strict=True, keys=keys)
    except NotJSON as problem:
        return [Violation("$", "JSON", str(problem), thing=secrets_of({*keys, *configured()}).text(subject.name))]
