"""
The exchanges of one vendor: filters, and assertions that show the nearest call.

Knows what was sent, field by field; judges only what it is asked to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._engine.wire import Exchange
from pytest_assistant_mock.errors import nearest

Sent: TypeAlias = Callable[[Exchange], Mapping[str, Any]]
"""From an exchange, the fields that were sent: in the path, the query and the JSON body."""


FindSecrets: TypeAlias = Callable[[Iterable[Exchange]], Secrets]
"""From some exchanges, what hides the keys that are known and those their requests carry."""

_LONGEST = 500  # characters of a value that an assertion shows


class Exchanges(list[Exchange]):
    """What was asked and answered, oldest first: a list that can be narrowed and asked."""

    def __init__(
        self, exchanges: Iterable[Exchange], vendor: str, operations: Sequence[str], sent: Sent, secrets: FindSecrets
    ) -> None:
        super().__init__(exchanges)
        self._vendor = vendor
        self._operations = tuple(operations)
        self._sent = sent
        self._secrets = secrets

    def of(self, operation: str) -> Exchanges:
        """Those of one operation. Raises ValueError if the vendor has no such operation."""
        self._check(operation)
        chosen = (exchange for exchange in self if exchange.operation == operation)
        return Exchanges(chosen, self._vendor, self._operations, self._sent, self._secrets)

    @property
    def last(self) -> Exchange:
        """The newest. Raises AssertionError if there is none."""
        __tracebackhide__ = True
        if not self:
            raise AssertionError(f"{self._vendor} was asked for nothing: there is no last exchange")
        return self[-1]

    def assert_called(self, operation: str, *, times: int | None = None, **fields: Any) -> None:
        """
        Raises AssertionError unless the operation was asked for, `times` times or at least once (None), with these fields in
        its path, query or JSON body. A value may be anything that compares: an object with an id stands for its id.
        """
        __tracebackhide__ = True
        self._check(operation)
        if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 0):
            raise ValueError(f"times={times!r}: expected a whole number, 0 or more, or None: at least once")
        wanted = _ids(fields)
        calls = self.of(operation)
        found = sum(self._fits(call, wanted) for call in calls)
        if found == times or (times is None and found):
            return
        expected = "at least once" if times is None else _times(times)
        shown = _Shown(self._secrets(self))
        raise AssertionError(
            f"{self._vendor}: {operation}{shown.with_fields(wanted)} was called {_times(found)}, expected {expected}\n"
            f"{self._explain(shown, calls, wanted)}"
        )

    def assert_not_called(self, operation: str | None = None, **fields: Any) -> None:
        """Raises AssertionError if the operation (None: any) was asked for with these fields."""
        __tracebackhide__ = True
        calls = self if operation is None else self.of(operation)
        wanted = _ids(fields)
        found = [call for call in calls if self._fits(call, wanted)]
        if found:
            shown, what = _Shown(self._secrets(self)), operation or "a request"
            raise AssertionError(
                f"{self._vendor}: {what}{shown.with_fields(wanted)} was called {_times(len(found))}, expected never\n"
                f"  first:  {self._call(shown, found[0])}"
            )

    def assert_order(self, *operations: str) -> None:
        """Raises AssertionError unless the operations were asked for in this order; others may lie between them."""
        __tracebackhide__ = True
        for operation in operations:
            self._check(operation)
        asked = [exchange.operation for exchange in self]
        rest = iter(asked)
        for place, operation in enumerate(operations):
            if operation not in rest:
                before = f" after {', '.join(operations[:place])}" if place else ""
                raise AssertionError(
                    f"{self._vendor}: {operation} was not called{before}\n"
                    f"  expected:  {', '.join(operations)}\n"
                    f"  asked:     {', '.join(name or 'no route' for name in asked) or 'nothing'}"
                )

    def _check(self, operation: object) -> None:
        __tracebackhide__ = True
        also = {exchange.operation for exchange in self if exchange.operation}
        if operation not in self._operations and operation not in also:
            near = nearest(operation, self._operations) if isinstance(operation, str) else ""
            listed = ", ".join(self._operations)
            raise ValueError(f"{self._vendor} has no operation {operation!r}{near}; it has {listed}")

    def _fits(self, call: Exchange, wanted: Mapping[str, Any]) -> bool:
        if not wanted:
            return True
        sent = self._sent(call)
        return all(name in sent and sent[name] == value for name, value in wanted.items())

    def _explain(self, shown: _Shown, calls: Exchanges, wanted: Mapping[str, Any]) -> str:
        if not calls:
            asked = ", ".join(exchange.operation or "no route" for exchange in self)
            return f"  asked:  {asked or 'nothing'}"
        others = [call for call in calls if not self._fits(call, wanted)]
        if not others:
            return f"  first:  {self._call(shown, calls[0])}"
        return self._difference(shown, max(others, key=lambda call: self._likeness(call, wanted)), wanted)

    def _likeness(self, call: Exchange, wanted: Mapping[str, Any]) -> int:
        sent = self._sent(call)
        return sum(2 if sent.get(name) == value else name in sent for name, value in wanted.items())

    def _difference(self, shown: _Shown, call: Exchange, wanted: Mapping[str, Any]) -> str:
        sent = self._sent(call)
        lines = [f"  nearest:  {self._number(shown, call)}"]
        for name, value in wanted.items():
            if name in sent and sent[name] == value:
                lines.append(f"      {name}: {shown.value(name, value)}")
            else:
                came = shown.value(name, sent[name]) if name in sent else f"not sent{nearest(name, sent)}"
                lines += [f"    - {name}: {shown.value(name, value)}", f"    + {name}: {came}"]
        return "\n".join(lines)

    def _call(self, shown: _Shown, call: Exchange) -> str:
        return f"{self._number(shown, call)}({shown.fields(self._sent(call))})"

    def _number(self, shown: _Shown, call: Exchange) -> str:
        place = next((place for place, one in enumerate(self, 1) if one is call), 0)
        return f"#{place} {call.operation or f'{call.request.method} {shown.url(call.request.url)}'}"


class _Shown:
    """How values are shown in an error: without secrets, and not longer than anybody reads."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def value(self, name: str, value: Any) -> str:
        """A field's value."""
        text = self._secrets.text(repr(self._secrets.json({name: value}).popitem()[1]))
        return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"

    def fields(self, fields: Mapping[str, Any]) -> str:
        """Fields with their values."""
        return ", ".join(f"{name}={self.value(name, value)}" for name, value in fields.items())

    def with_fields(self, fields: Mapping[str, Any]) -> str:
        """The same, as a part of a sentence."""
        return f" with {self.fields(fields)}" if fields else ""

    def url(self, url: str) -> str:
        """A URL."""
        return self._secrets.url(url)


def _ids(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields, with an object that has an id in place of the id taken for it."""
    return {name: value.id if isinstance(getattr(value, "id", None), str) else value for name, value in fields.items()}


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
