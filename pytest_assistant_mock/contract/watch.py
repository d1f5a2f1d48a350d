"""
A mock's exchanges against the contract, as they happen, in both directions, whoever answers.

Collects; complains only when told that the mock closes.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias, get_args

from pytest_assistant_mock._engine import sse
from pytest_assistant_mock._engine.journal import Journal
from pytest_assistant_mock._engine.wire import Exchange, Failure, Request, Response
from pytest_assistant_mock._vendors import DOCUMENTS
from pytest_assistant_mock._vendors.secrets import configured, secrets_of
from pytest_assistant_mock.contract.explain import Violation
from pytest_assistant_mock.contract.operations import checked, has_row, path_of, row
from pytest_assistant_mock.contract.subjects import Subject, is_part, streams, subjects
from pytest_assistant_mock.contract.verdict import judge, listed
from pytest_assistant_mock.errors import ContractViolation, ContractWarning, NotJSON

Mode = Literal["off", "warn", "fail"]


Field: TypeAlias = tuple[str, str, str, str]
"""Vendor, operation, side ("request" or "answer"), JSON path without numbers of lists, behind the name of a stream's event."""


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
        self._lenient = False
        self.violations: list[Violation] = []
        self.drift: Counter[Field] = Counter()
        self.unchecked: Counter[UncheckedCall] = Counter()

    def start(self, mode: Mode, *, lenient: bool = False) -> None:
        """
        Check what has been exchanged already, and everything from now on; "off" stops. Raises ValueError for another word.

        lenient: a stream is not judged either where too little is known of what the service really answers.
        """
        checked("contract", mode, get_args(Mode))
        before, self.mode, self._lenient = self.mode, mode, lenient
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
        if not watched and (self._lenient or not streams(exchange)):
            self.unchecked[exchange.vendor, operation] += 1
            return
        for side, violation in _found(exchange, self._keys):
            if not watched and side == "request":
                continue
            if violation.drift:
                field = re.sub(r"^event \d+ |\[\d+\]", _without_number, f"{violation.event} {violation.path}".lstrip())
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


def _without_number(found: re.Match[str]) -> str:
    return "[]" if found[0].startswith("[") else ""


class _Seen(NamedTuple):
    """All that counts of an exchange; no header does, but that which says that the answer is a stream."""

    vendor: str
    operation: str | None
    method: str
    url: str
    asked: bytes
    status: int | None
    answered: bytes
    stream: bool
    part: bool
    spoilt: bool


def _seen(exchange: Exchange) -> _Seen:
    asked, reply = exchange.request, exchange.reply
    where = (exchange.vendor, exchange.operation, asked.method, asked.url, asked.body)
    if not isinstance(reply, Response):
        return _Seen(*where, None, b"", stream=False, part=False, spoilt=bool(exchange.faults))
    part = is_part(reply)
    body = sse.whole_frames(reply.body) if part else reply.body
    stream = sse.is_event_stream(reply.headers)
    spoilt = bool(exchange.faults) or (part and not stream)  # half of a JSON text is nobody's to judge either
    return _Seen(*where, reply.status, body, stream, part, spoilt)


def _found(exchange: Exchange, keys: Callable[[], Iterable[str]]) -> Found:
    """
    What is wrong with an exchange. The same bytes are judged once: a cassette is replayed in many tests and runs of a test.
    Only what is told of is judged again, to be told without the keys that this mock knows.
    """
    seen = _seen(exchange)
    judged = _remembered if len(seen.asked) + len(seen.answered) <= _SHORT else _judged
    found = judged(seen)
    if all(violation.drift for _, violation in found):
        return found
    return _judged(seen, frozenset({*keys(), *secrets_of().carried(exchange.request.headers)}))


def _judged(seen: _Seen, keys: frozenset[str] = frozenset()) -> Found:
    reply = Response(seen.status, (), seen.answered) if seen.status is not None else Failure("reset")
    exchange = Exchange(seen.vendor, seen.operation, Request(seen.method, seen.url, (), seen.asked), reply)
    return tuple(
        (subject.side, violation)
        for subject in subjects(exchange, "request" if seen.spoilt else None)
        for violation in _violations(_streamed(subject, seen), keys)
    )


def _streamed(subject: Subject, seen: _Seen) -> Subject:
    return replace(subject, stream=seen.stream, part=seen.part) if subject.side == "answer" else subject


_SHORT = 16_384
_remembered = lru_cache(maxsize=256)(_judged)


def _violations(subject: Subject, keys: frozenset[str]) -> list[Violation]:
    try:
        return judge(subject, strict=True, keys=keys)
    except NotJSON as problem:
        return [Violation("$", "JSON", str(problem), thing=secrets_of({*keys, *configured()}).text(subject.name))]
