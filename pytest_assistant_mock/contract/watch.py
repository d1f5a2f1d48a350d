"""
A mock's exchanges against the contract, as they happen, in both directions, whoever answers.

Collects; complains only when told that the mock closes.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from typing import Literal, TypeAlias, get_args

from pytest_assistant_mock._engine.journal import Journal
from pytest_assistant_mock._engine.wire import Exchange
from pytest_assistant_mock._providers import DOCUMENTS
from pytest_assistant_mock.contract.explain import Violation
from pytest_assistant_mock.contract.find import checked
from pytest_assistant_mock.contract.judge import judge, listed
from pytest_assistant_mock.contract.things import Subject, subjects
from pytest_assistant_mock.errors import ContractViolation, ContractWarning, NotJSON

Mode = Literal["off", "warn", "fail"]


Field: TypeAlias = tuple[str, str, str, str]
"""Vendor, operation, side ("request" or "answer"), JSON path without the numbers of lists."""


class Watch:
    """
    What the contract says of one mock's exchanges so far.

    violations: every place that breaks it, oldest first. drift: fields it does not know, and how often they came.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._seen: Counter[str] = Counter()
        self.mode: Mode = "off"
        self.violations: list[Violation] = []
        self.drift: Counter[Field] = Counter()

    def start(self, mode: Mode) -> None:
        """
        Check what has been exchanged already, and everything from now on; "off" stops. Raises ValueError for another word.
        """
        checked("contract", mode, get_args(Mode))
        before, self.mode = self.mode, mode
        if before == "off" and mode != "off":
            for vendor in DOCUMENTS:
                exchanges = self._journal.of(vendor)
                for exchange in exchanges[self._seen[vendor] :]:
                    self.see(exchange)
            self._journal.watchers.append(self.see)
        elif before != "off" and mode == "off":
            self._journal.watchers.remove(self.see)

    def see(self, exchange: Exchange) -> None:
        """
        Check one exchange. An answer that a fault has spoilt, on purpose, is nobody's to judge.
        """
        self._seen[exchange.vendor] += 1
        for subject in subjects(exchange, "request" if exchange.faults else None):
            for violation in _found(subject):
                if violation.drift:
                    field = re.sub(r"\[\d+\]", "[]", violation.path)
                    self.drift[exchange.vendor, exchange.operation or "", subject.side, field] += 1
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


def _found(subject: Subject) -> list[Violation]:
    try:
        return judge(subject, strict=True)
    except NotJSON as problem:
        return [Violation("$", "JSON", str(problem), thing=subject.name)]
