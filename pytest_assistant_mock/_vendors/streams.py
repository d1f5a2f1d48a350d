"""
What a vendor's streams are made of: each event's data, whose ids stand in it, and what may follow what.

Values only; what stands in them is the vendors' own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast

from pydantic import Field, create_model

from pytest_assistant_mock._vendors.shape import Shape

BEGINNING = "beginning"
END = "end"

Order: TypeAlias = Mapping[str, Mapping[str, str]]
"""By where a stream stands, from BEGINNING on: the events that may come there, and where it stands after each, until END."""


@dataclass(frozen=True, slots=True)
class Event:
    """
    One kind of event: what it says and the shape of its data.

    ids: where ids stand in the data, by whose they are: {"run": "details.run_object.id"}. Each is the same in the whole stream.
    begins: whose ids are new with this event, and are the same from here on.
    """

    about: str
    shape: type[Shape]
    ids: Mapping[str, str] = field(default_factory=dict)
    begins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StreamRules:
    """
    A vendor's streams.

    events: every event, by its kind. order: what may follow what. anywhere: kinds that may come at any time, and what then
    is the place; "" changes none.

    A kind is the event's name. wrapped: names that only wrap a kind, and the field of the data that says it. told_by: kinds
    that are several, and the field that tells them apart, whose value stands behind them: "run_end failed".

    counted: a field that counts the events from 1. pieces, whole: where the content stands in an event that has a piece of it,
    and in one that has all of it, by kind; the texts of the pieces join to the text of the whole.
    unheard: the event that the vendor's SDK keeps to itself. sdk: names of events by the SDK's classes, where it yields no pairs.
    """

    page: str
    events: Mapping[str, Event]
    order: Order
    anywhere: Mapping[str, str] = field(default_factory=dict)
    wrapped: Mapping[str, str] = field(default_factory=dict)
    told_by: Mapping[str, str] = field(default_factory=dict)
    counted: str = ""
    pieces: Mapping[str, str] = field(default_factory=dict)
    whole: Mapping[str, str] = field(default_factory=dict)
    unheard: str = ""
    sdk: Mapping[str, str] = field(default_factory=dict)

    def kind(self, name: str, data: Any) -> str:
        """The kind of an event, from its name and its data; one that `events` has not if they do not say."""
        fields = data if isinstance(data, Mapping) else {}
        if name in self.wrapped:
            name = str(fields.get(self.wrapped[name], name))
        return f"{name} {fields.get(self.told_by[name])}" if name in self.told_by else name

    def wraps(self, kind: str) -> bool:
        """Whether a kind comes wrapped: its data says it."""
        return any(field_name in self.events[kind].shape.model_fields for field_name in self.wrapped.values())

    def kinds(self, name: str) -> tuple[str, ...]:
        """The kinds that a name may be; with the word that tells them apart, or without."""
        return tuple(kind for kind in self.events if kind == name or kind.partition(" ")[0] == name.partition(" ")[0])

    def shapes(self, kinds: tuple[str, ...]) -> tuple[type[Shape], ...]:
        """The shapes of some kinds, each once."""
        return tuple(dict.fromkeys(self.events[kind].shape for kind in kinds))


NO_STREAMS = StreamRules("", {}, {})
"""Of a vendor that streams nothing."""


def narrowed(shape: type[Shape], name: str, about: str, **fields: tuple[str, ...]) -> type[Shape]:
    """A shape of that name, some of whose fields have one of a few words only."""
    changes: Any = {}
    for field_name, words in fields.items():
        was = shape.model_fields[field_name]
        says = Field(description=was.description, examples=[words[0]])
        changes[field_name] = (cast(Any, Literal)[words], says)
    return cast("type[Shape]", create_model(name, __base__=shape, __doc__=about, __module__=shape.__module__, **changes))
