"""
A stream against the contract: each event against its shape, then the order, the ids, the numbers and the text of all of them.

Knows the vendors' tables of events; knows nothing of where a stream came from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._vendors import DOCUMENTS
from pytest_assistant_mock._vendors.streams import BEGINNING, END, StreamRules
from pytest_assistant_mock.contract.explain import NOTHING, Violation, shown
from pytest_assistant_mock.contract.stream_events import Happening, StreamOfEvents, Unread
from pytest_assistant_mock.contract.validators import Validator, validator
from pytest_assistant_mock.errors import NotJSON, nearest

_THE_END = "the end of the stream"
_MANY = 4
"""From so many events of one kind on, asking once for all of them is quicker."""

Places = frozenset[str]
"""Where a stream may stand: one place, but for a part of a stream, and after an event that was out of order."""


class Known(NamedTuple):
    """
    A kind of event as it is judged: its ids by whose they are and where they stand; whether it is counted;
    where its piece of the text stands, or the whole.
    """

    ids: tuple[tuple[str, tuple[str, ...]], ...]
    begins: tuple[str, ...]
    counted: bool
    pieces: tuple[str, ...]
    whole: tuple[str, ...]


class Rules:
    """A vendor's tables, made ready."""

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor
        self.rules: StreamRules = DOCUMENTS[vendor].streams
        self.known = {
            kind: Known(
                tuple((whose, tuple(path.split("."))) for whose, path in event.ids.items()),
                event.begins,
                self.rules.counted in event.shape.model_fields,
                tuple(filter(None, self.rules.pieces.get(kind, "").split("."))),
                tuple(filter(None, self.rules.whole.get(kind, "").split("."))),
            )
            for kind, event in self.rules.events.items()
        }
        self._moves: dict[tuple[Places, str], Places] = {}

    @cached_property
    def anywhere(self) -> Places:
        """Every place."""
        return frozenset(self.rules.order)

    def move(self, places: Places, kind: str) -> Places:
        """Where a stream stands after an event; nowhere if it may not come."""
        after = self._moves.get((places, kind))
        if after is None:
            to, order = self.rules.anywhere.get(kind), self.rules.order
            after = (
                places if to == "" else frozenset({to} if to else (order[at][kind] for at in places if kind in order.get(at, ())))
            )
            self._moves[places, kind] = after
        return after

    def next(self, places: Places) -> list[str]:
        """What may come, in the order of the table."""
        found = (kind for at in self.rules.order if at in places for kind in self.rules.order[at])
        return list(dict.fromkeys([*found, *([_THE_END] if END in places else [])]))

    def listed(self, kinds: Iterable[str]) -> str:
        """Kinds in words; those that one name has together: "run_end (failed, expired)", or "run_end" if it is all of them."""
        names: dict[str, list[str]] = {}
        for kind in kinds:
            names.setdefault(_bare(kind), []).append(kind)
        words = (
            name if len(found) == (len(self.rules.kinds(name)) or 1) else f"{name} ({', '.join(map(_told_apart, found))})"
            for name, found in names.items()
        )
        return " or ".join(words)

    def ended(self, places: Places, heard: bool) -> bool:
        """Whether a stream may end there."""
        unheard = self.rules.unheard if heard else ""
        return END in places or any(unheard in self.rules.order.get(at, ()) for at in places)


@cache
def rules_of(vendor: str) -> Rules:
    """The one of a vendor."""
    return Rules(vendor)


@cache
def event_validator(vendor: str, kinds: tuple[str, ...], strict: bool) -> Validator:
    """What the data of some kinds must be."""
    return validator(rules_of(vendor).rules.shapes(kinds), strict)


def vendor_of(stream: StreamOfEvents) -> str | None:
    """The vendor that knows most of a stream's events; None if nobody knows one."""
    names = Counter(map(itemgetter(0), stream.events))

    def known(vendor: str) -> int:
        rules = rules_of(vendor).rules
        return sum(count for name, count in names.items() if rules.kinds(name) or name in rules.wrapped)

    counts = {vendor: known(vendor) for vendor in DOCUMENTS}
    best = max(counts, key=lambda vendor: counts[vendor])
    return best if counts[best] else None


def judge_stream(
    stream: StreamOfEvents, vendor: str, name: str, strict: bool = False, secrets: Secrets | None = None
) -> list[Violation]:
    """Everything that is wrong, event by event."""
    return list(_Judgement(rules_of(vendor), stream, name, strict, secrets).violations())


class _Judgement:
    """One stream while it is judged."""

    def __init__(self, rules: Rules, stream: StreamOfEvents, name: str, strict: bool, secrets: Secrets | None) -> None:
        self._rules = rules
        self._stream = stream
        self._name = name
        self._strict = strict
        self._secrets = secrets
        self._places: Places = rules.anywhere if stream.part else frozenset({BEGINNING})
        self._before = ""
        self._ids: dict[str, tuple[str, int]] = {}  # by whose they are, with the number of the event that said it first
        self._count: int | None = None if stream.part else 0
        self._said: dict[str, list[str]] = {}  # what was said so far, by the id of the message that began
        self._missed = False  # whether a piece could not be read

    def violations(self) -> Iterator[Violation]:
        """In the order of the events."""
        number = 0
        for name, group in groupby(self._stream.events, itemgetter(0)):
            data = [data for _, data in group]
            if len(data) >= _MANY and self._accepts_all(number, name, data):
                number += len(data)
                continue
            for one in data:
                number += 1
                yield from self._of_one(number, name, one)
        if not self._stream.part and not self._rules.ended(self._places, self._stream.heard):
            number = len(self._stream.events) + 1
            yield replace(self._out_of_order(_THE_END), thing=self._name, event=f"event {number}")

    def _accepts_all(self, before: int, kind: str, data: list[Any]) -> bool:
        """
        A quick yes to events of one kind, one after the other: most of a stream is pieces of text.

        A no only means that each must be looked at by itself; then nothing has changed.
        """
        known = self._rules.known.get(kind)
        places = self._rules.move(self._places, kind)
        if known is None or known.begins or known.whole or not places or self._rules.move(places, kind) != places:
            return False
        if not event_validator(self._rules.vendor, (kind,), self._strict).accepts_all(data):
            return False
        ids = {whose: set(_each(data, path)) for whose, path in known.ids}
        if any(len(values) > 1 or self._ids.get(whose, (one,))[0] != one for whose, values in ids.items() for one in values):
            return False
        if known.counted:
            counted = self._rules.rules.counted
            first = data[0].get(counted) if self._count is None else self._count + 1
            if list(_each(data, (counted,))) != list(range(first, first + len(data))):
                return False
            self._count = first + len(data) - 1
        for whose, values in ids.items():
            self._ids.setdefault(whose, (values.pop(), before + 1))
        if known.pieces:
            self._hear(data[0], "".join(_texts(_each(data, known.pieces))))
        self._places, self._before = places, kind
        return True

    def _hear(self, data: Any, text: str) -> None:
        message = str(data.get("id"))
        if message in self._said:
            self._said[message].append(text)

    def _of_one(self, number: int, name: str, data: Any) -> Iterator[Violation]:
        kind = self._rules.rules.kind(name, data)
        label = _bare(kind) if self._rules.rules.kinds(kind) else self._shown(kind)[1:-1]
        for violation in self._of_event(number, Happening(name, data), kind):
            yield replace(violation, thing=self._name, event=f"event {number} {label}")

    def _of_event(self, number: int, event: Happening, kind: str) -> Iterator[Violation]:
        rules = self._rules.rules
        kinds = (kind,) if kind in rules.events else rules.kinds(kind)
        found, readable = self._of_data(kinds, event)
        yield from found
        if not kinds:
            yield from self._unknown(event)
            return
        self._missed = self._missed or not readable or (bool(found) and kind in rules.pieces)
        yield from self._of_order(kinds, kind if kind in rules.events else _bare(kind))
        if readable and isinstance(event.data, dict):
            yield from self._of_ids(self._rules.known[kinds[0]], number, event.data)
            yield from self._of_count(event.data)
            yield from self._of_text(kinds[0], event.data)

    def _of_data(self, kinds: tuple[str, ...], event: Happening) -> tuple[list[Violation], bool]:
        """What is wrong with an event by itself; and whether it is JSON, of which there is more to say."""
        if isinstance(event.data, Unread):
            return [Violation("$", "JSON", self._shown(event.data.text), f"{event.data.problem}.")], False
        if not kinds:
            return [], True
        try:
            found = event_validator(self._rules.vendor, kinds, self._strict).judge(event.data, "The data", self._secrets)
        except NotJSON as problem:
            return [Violation("$", "JSON", "something else", f"{problem}.")], False
        return found, True

    def _of_order(self, kinds: tuple[str, ...], kind: str) -> Iterator[Violation]:
        after = frozenset[str]().union(*(self._rules.move(self._places, one) for one in kinds))
        if not after:
            yield self._out_of_order(kind)
            after = frozenset[str]().union(*(self._rules.move(self._rules.anywhere, one) for one in kinds))
        self._places, self._before = after, kind

    def _out_of_order(self, came: str) -> Violation:
        expected = self._rules.listed(self._rules.next(self._places))
        about = f"What may follow {self._rules.listed([self._before])}." if self._before else "What a stream begins with."
        return Violation("$", expected, self._rules.listed([came]), about)

    def _unknown(self, event: Happening) -> Iterator[Violation]:
        rules = self._rules.rules
        told = rules.wrapped.get(event.name)
        said = event.data.get(told) if told and isinstance(event.data, dict) else None
        if told and not isinstance(said, str):
            yield Violation(f"$.{told}", "a string", NOTHING if said is None else self._shown(said), "What happens.")
        elif self._strict:
            word = said if isinstance(said, str) else event.name
            names = list(dict.fromkeys(kind.partition(" ")[0] for kind in rules.events))
            path = f"$.{told}" if told else "$"
            about = "An event the contract does not know."
            yield Violation(path, f"no such event{nearest(word, names)}", self._shown(word), about, drift=True)

    def _of_ids(self, known: Known, number: int, data: Mapping[str, Any]) -> Iterator[Violation]:
        for whose, path in known.ids:
            value: Any = data
            for step in path:
                value = value.get(step) if isinstance(value, dict) else None
            if not isinstance(value, str) or not value:
                continue  # its shape says so
            said = None if whose in known.begins else self._ids.get(whose)
            if whose in known.begins:
                self._said[value] = []
            if said is None:
                self._ids[whose] = (value, number)
            elif said[0] != value:
                expected = f"{self._shown(said[0])}, the {whose} of event {said[1]}"
                yield Violation("$." + ".".join(path), expected, self._shown(value), f"Id of the {whose}.")

    def _of_count(self, data: Mapping[str, Any]) -> Iterator[Violation]:
        counted = self._rules.rules.counted
        count = data.get(counted)
        if not counted or not isinstance(count, int):
            return
        if self._count is not None and count != self._count + 1:
            yield Violation(f"$.{counted}", str(self._count + 1), self._shown(count), "Counts the events of a stream from 1.")
        self._count = count

    def _of_text(self, kind: str, data: Mapping[str, Any]) -> Iterator[Violation]:
        known = self._rules.known[kind]
        if known.pieces:
            self._hear(data, _text(data, known.pieces))
        if known.whole:
            pieces, whole = self._said.pop(str(data.get("id")), None), _text(data, known.whole)
            said = "".join(pieces or ())
            if pieces is not None and said != whole and not self._missed:
                about = "The text of a message is that of its pieces, joined."
                yield Violation(f"$.{'.'.join(known.whole)}[0].text.value", self._shown(said), self._shown(whole), about)

    def _shown(self, value: Any) -> str:
        return shown(value, self._secrets)


def _bare(kind: str) -> str:
    return kind if kind == _THE_END else kind.partition(" ")[0]


def _told_apart(kind: str) -> str:
    return kind.partition(" ")[2]


def _text(data: Any, path: Sequence[str]) -> str:
    """What one event says, whatever is wrong in it."""
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    items: Sequence[Any] = data if isinstance(data, list) else ()
    texts = (item.get("text") for item in items if isinstance(item, dict))
    return "".join(str(text.get("value", "")) for text in texts if isinstance(text, dict))


def _each(data: Iterable[Any], path: Sequence[str]) -> Iterable[Any]:
    """What stands at a path of each: where their shape has been found right."""
    for step in path:
        data = map(itemgetter(step), data)
    return data


def _texts(contents: Iterable[Any]) -> list[str]:
    return [item["text"]["value"] for content in contents for item in content]
