"""
YAML text -> plain data, over PyYAML's events: several times faster than building nodes, and safe by construction.

What a scalar means, and what is kept besides, is the policy's: one for cassettes, one for what people write by hand.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from pytest_assistant_mock.cassettes.json_bodies import compact

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_MAX_COPIED = 100 * 1024 * 1024
"""How many characters all aliases together may stand for: as many as a file may have."""

_TAG = "tag:yaml.org,2002:"
_TEXT_TAGS = (None, "!", f"{_TAG}str", f"{_TAG}python/str", f"{_TAG}python/unicode")
_VCRPY_TAGS = tuple(
    _TAG + name for name in ("python/tuple", "python/object/new:_io.BytesIO", "python/object/apply:builtins.iter")
)
"""What vcrpy writes for a body that was a file or an iterator; its own safe loader reads it back."""

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+(?:[eE][-+]?[0-9]+)?)?")


class Broken(ValueError):
    """What is wrong with a text, in which line (from 1), and where in its data, if that helps."""

    def __init__(self, line: int, problem: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(problem)
        self.line = line
        self.problem = problem
        self.path = path


Spot: TypeAlias = "tuple[int, dict[Any, Spot]]"
"""A value's line (from 1), a named value's where its name stands, and the spots of what it holds."""


class Data(NamedTuple):
    """
    What a text holds, and the line (from 1) each item of its lists of mappings at the second level begins in.

    spot: the line of every value, if the policy keeps them.
    """

    value: Any
    lines: list[int]
    spot: Spot | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """
    How a text is read.

    special: how plain scalars begin that may be no text; scalar: what one of them, or one with a tag, means.
    tagged: the error for a tag of a list or mapping that is not known.
    json: whether a block that begins with a bracket is JSON. merge: whether "<<" takes over another mapping's values.
    spots: whether every value's line is kept. copies: how many values all aliases together may stand for. depth: of nesting.
    """

    loader: Any
    special: frozenset[str]
    scalar: Callable[[Any], Any]
    tagged: Callable[[Any], Broken]
    json: bool = False
    merge: bool = False
    spots: bool = False
    copies: int = 1_000_000
    depth: int = 10_000


def read(text: str, policy: Policy | None = None) -> Data:
    """
    The data in a text of one YAML document, a cassette's unless a policy says otherwise.

    Raises Broken; runs nothing, whatever the tags say.
    """
    try:
        return _Reader(text, policy or CASSETTE).read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Broken(mark.line + 1 if mark else 1, f"{error.problem or error.context}") from None
    except yaml.reader.ReaderError as error:
        at = error.position if isinstance(error.position, int) else 0
        raise Broken(text.count("\n", 0, at) + 1, f"a character YAML does not allow: {error.reason}") from None
    except yaml.YAMLError as error:
        raise Broken(1, str(error).splitlines()[0]) from None


class _Reader:
    def __init__(self, text: str, policy: Policy) -> None:
        self._policy = policy
        self._next = policy.loader(text).get_event
        self._anchors: dict[str, tuple[Any, int, int, Spot | None]] = {}
        self._lines: list[int] = []
        self._spots: list[Spot] = []
        self._copies = self._copied = 0

    def read(self) -> Data:
        self._next()  # the stream's start
        event = self._next()
        if type(event) is not DocumentStartEvent:
            if self._policy.spots:
                return Data(None, [])
            raise Broken(1, "the file is empty")
        value, spot = self._value(self._next())
        self._next()  # the document's end
        if type(event := self._next()) is not StreamEndEvent:
            raise Broken(_line(event), "a second document begins; expected one")
        return Data(value, self._lines, spot)

    def _value(self, first: Any) -> tuple[Any, Spot | None]:
        """One value, whole. A stack of our own: deep nesting is an error of the file's, not of Python's."""
        policy = self._policy
        special, laid_out = policy.special, _LAID_OUT if policy.json else ()
        keep, merge = policy.spots, policy.merge
        stack: list[tuple[Any, Any, Any, int, int]] = []  # what is open around: itself, its key, our start, what was before
        event, size, get_event = first, 0, self._next
        into: Any = None
        key: Any = _NONE
        spot: Spot | None = None
        while True:
            kind = type(event)
            if kind is ScalarEvent:
                value = event.value
                size += 1
                if event.tag is not None:
                    value = policy.scalar(event)
                elif event.style in _PLAIN:
                    if value[:1] in special:
                        value = policy.scalar(event)
                elif event.style == "|" and value[:1] in laid_out:
                    value = _body(event)
                if keep:
                    spot = (_line(event), {})
                if event.anchor is not None:
                    self._anchors[event.anchor] = (value, 1, len(event.value), spot)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self._begun(event, len(stack), into)
                stack.append((into, key, event, size, self._copied))
                into, key = ({} if kind is MappingStartEvent else []), _NONE
                event = get_event()
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                value = into
                into, key, start, before, copied = stack.pop()
                value, spot = self._ended(value, start, event, size - before + 1, copied)
            elif kind is AliasEvent:
                value, weight, _, spot = self._alias(event)
                size += weight
            else:
                raise Broken(_line(event), "expected a value")
            if not stack:
                return value, spot
            if type(into) is list:
                name: Any = len(into)
                into.append(value)
            elif key is _NONE:
                new = type(value) is str and value not in into and not merge
                name = key = value if new else self._key(event, value, into, stack)
            else:
                name = key
                into[key] = value
                key = _NONE
            if spot is not None:
                self._place(name, spot)
            event = get_event()

    def _begun(self, event: Any, depth: int, around: Any) -> None:
        tag, policy = event.tag, self._policy
        if tag is not None and tag not in _COLLECTION_TAGS and not (policy.json and tag in _VCRPY_TAGS):
            raise policy.tagged(event)
        if depth >= policy.depth:
            raise Broken(_line(event), f"nested more than {policy.depth:,} deep")
        if depth == 2 and type(around) is list and type(event) is MappingStartEvent:
            self._lines.append(_line(event))
        if policy.spots:
            self._spots.append((_line(event), {}))

    def _ended(self, value: Any, start: Any, end: Any, size: int, copied: int) -> tuple[Any, Spot | None]:
        """A list or mapping that is whole now; `copied` characters had been copied when it began."""
        spot = self._spots.pop() if self._policy.spots else None
        if start.tag is not None:
            value = _made(start.tag, value)
        if self._policy.merge and type(value) is dict and _MERGE in value:
            value = _merged(value, spot)
        if start.anchor is not None:
            long = end.end_mark.index - start.start_mark.index + self._copied - copied
            self._anchors[start.anchor] = (value, size, long, spot)
        return value, spot

    def _place(self, name: Any, spot: Spot) -> None:
        """Keep the spot of a name, then of what it names: that one's line is the name's."""
        held = self._spots[-1][1]
        held[name] = (held[name][0], spot[1]) if name in held else spot

    def _key(self, event: Any, value: Any, into: dict[Any, Any], stack: Sequence[Any]) -> Any:
        key = event.value if type(event) is ScalarEvent and self._policy.json else value
        if isinstance(key, (dict, list)) or (self._policy.json and not isinstance(key, str)):
            raise Broken(_line(event), "a key is no text")
        if self._policy.merge and type(event) is ScalarEvent and event.style in _PLAIN and key == "<<":
            key = _MERGE
        if key in into:
            around = [len(inside) if type(inside) is list else name for inside, name, *_ in stack[1:]]
            name = event.value if key is _MERGE else key
            raise Broken(_line(event), f"the key {name!r} stands here twice", (*around, str(name)))
        return key

    def _alias(self, event: Any) -> tuple[Any, int, int, Spot | None]:
        if event.anchor not in self._anchors:
            raise Broken(_line(event), f"*{event.anchor} stands for nothing before it")
        found = self._anchors[event.anchor]
        self._copies += found[1]
        self._copied += found[2]
        most = self._policy.copies
        if self._copies > most:
            raise Broken(_line(event), f"aliases stand for more than {most:,} values: this file is made to explode")
        if self._copied > _MAX_COPIED:
            raise Broken(_line(event), f"aliases stand for more than {_MAX_COPIED:,} characters: this file is made to explode")
        return found


_NONE: Any = object()
_MERGE: Any = object()
_PLAIN = (None, "")
_LAID_OUT = ("", "{", "[")
_SPECIAL = frozenset(["", *"~nNtTfF-0123456789"])
_COLLECTION_TAGS = ("!", f"{_TAG}map", f"{_TAG}seq")


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1


def _body(event: Any) -> str:
    """A body as it goes over the wire. Only JSON is laid out like this: what is none was cut short, or edited by mistake."""
    try:
        return compact(event.value)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise Broken(_line(event) + line, f"a body that is no JSON: {getattr(error, 'msg', error)}") from None


def _scalar(event: Any) -> Any:
    tag, value = event.tag, event.value
    if tag is None:
        return _plain(value)
    if tag in _TEXT_TAGS:
        return value
    if tag == f"{_TAG}binary":
        try:
            return b64decode(value)
        except (binascii.Error, ValueError) as error:
            raise Broken(_line(event), f"!!binary is no base64: {error}") from None
    if tag in (f"{_TAG}null", f"{_TAG}int", f"{_TAG}float", f"{_TAG}bool"):
        return _plain(value)
    raise _tagged(event)


def _plain(value: str) -> Any:
    if value in _WORDS:
        return _WORDS[value]
    number = _NUMBER.fullmatch(value)
    if number is None or len(value) > 300:
        return value
    return float(value) if number.group(1) else int(value)


def _made(tag: str, value: Any) -> Any:
    """What vcrpy's own loader makes of its own tags: a file's bytes, an iterator's pieces."""
    if tag.endswith("BytesIO"):
        state = value.get("state") if isinstance(value, dict) else None
        return (state[0] if state and isinstance(state, list) else b"") or b""
    if tag.endswith("iter"):
        args = value.get("args") if isinstance(value, dict) else None
        return args[0] if args and isinstance(args, list) else []
    return value


def _merged(value: dict[Any, Any], spot: Spot | None) -> dict[Any, Any]:
    """
    A mapping with what "<<" takes over from others: the first that has a name gives its value, the mapping itself before all.
    """
    given, found = value.pop(_MERGE), dict[Any, Any]()
    others = given if isinstance(given, list) else [given]
    if not all(isinstance(other, dict) for other in others):
        line = spot[1][_MERGE][0] if spot is not None else 1
        raise Broken(line, "expected a mapping or list of mappings for merging")
    for other in others:
        found = {**found, **{name: held for name, held in other.items() if name not in found}}
    return {**found, **value}


def _tagged(event: Any) -> Broken:
    name = event.tag.replace(_TAG, "!!")
    return Broken(_line(event), f"the tag {name}: a cassette holds text, numbers, lists and mappings only; nothing was run")


CASSETTE = Policy(_Loader, _SPECIAL, _scalar, _tagged, json=True)
"""A cassette: JSON bodies laid out, few words and numbers that are no text."""


def by_hand(depth: int = 100) -> Policy:
    """What people write: YAML 1.1 as PyYAML's safe loader reads it, but for dates, which JSON has none of; with every line."""
    from yaml.constructor import SafeConstructor
    from yaml.resolver import Resolver

    class Scalars(SafeConstructor, Resolver):
        """What a scalar means."""

    Scalars.yaml_implicit_resolvers = {
        first: [pair for pair in pairs if pair[0] != f"{_TAG}timestamp"]
        for first, pairs in Resolver.yaml_implicit_resolvers.items()
    }
    scalars: Any = Scalars()

    def scalar(event: Any) -> Any:
        tag = event.tag if event.tag not in (None, "!") else scalars.resolve(yaml.ScalarNode, event.value, event.implicit)
        if tag == f"{_TAG}merge":
            return event.value
        try:
            return scalars.construct_object(yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark))
        except ValueError as problem:
            raise Broken(_line(event), str(problem)) from None

    special = frozenset(first for first in Scalars.yaml_implicit_resolvers if first is not None)

    def tagged(event: Any) -> Broken:
        return Broken(_line(event), f"could not determine a constructor for the tag {event.tag!r}")

    return Policy(yaml.SafeLoader, special, scalar, tagged, merge=True, spots=True, copies=100_000, depth=depth)
