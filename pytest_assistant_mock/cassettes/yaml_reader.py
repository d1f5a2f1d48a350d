"""
Cassette text -> plain data, over PyYAML's C events: several times faster than building nodes, and safe by construction.

Knows YAML; knows neither vcrpy nor what a cassette means.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from typing import Any, NamedTuple

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

_MAX_COPIES = 1_000_000
"""How many values all aliases together may stand for: more is a file made to explode."""

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
    """
    What is wrong with a text, and in which line (from 1).
    """

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line
        self.problem = problem


class Data(NamedTuple):
    """
    What a text holds, and the line (from 1) each item of its lists of mappings at the second level begins in.
    """

    value: Any
    lines: list[int]


def read(text: str) -> Data:
    """
    The data in a text of one YAML document. Raises Broken; runs nothing, whatever the tags say.
    """
    try:
        return _Reader(text).read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Broken(mark.line + 1 if mark else 1, f"{error.problem or error.context}") from None
    except yaml.reader.ReaderError as error:
        at = error.position if isinstance(error.position, int) else 0
        raise Broken(text.count("\n", 0, at) + 1, f"a character YAML does not allow: {error.reason}") from None
    except yaml.YAMLError as error:
        raise Broken(1, str(error).splitlines()[0]) from None


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._next = _Loader(text).get_event
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._lines: list[int] = []
        self._copies = 0

    def read(self) -> Data:
        self._next()  # the stream's start
        event = self._next()
        if type(event) is not DocumentStartEvent:
            raise Broken(1, "the file is empty")
        value = self._value(self._next())
        self._next()  # the document's end
        if type(event := self._next()) is not StreamEndEvent:
            raise Broken(_line(event), "a second document begins; expected one")
        return Data(value, self._lines)

    def _value(self, first: Any) -> Any:
        """
        One value, whole. A stack of our own: deep nesting is an error of the file's, not of Python's.
        """
        stack: list[tuple[Any, str | None, int]] = []
        lines, event, size = self._lines, first, 0
        into: Any = None
        key: Any = _NONE
        keys: list[Any] = []
        while True:
            kind = type(event)
            if kind is ScalarEvent:
                size += 1
                tag = event.tag
                if tag is None and event.style not in _PLAIN:
                    value = event.value
                    if event.style == "|" and value[:1] in _LAID_OUT:
                        value = _body(event)
                elif tag is None and event.value[:1] not in _SPECIAL:
                    value = event.value
                else:
                    value = _scalar(event)
                if event.anchor is not None:
                    self._anchors[event.anchor] = (value, 1)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if event.tag is not None and event.tag not in _COLLECTION_TAGS:
                    raise _tagged(event)
                if len(stack) == 2 and type(into) is list and kind is MappingStartEvent:
                    lines.append(event.start_mark.line + 1)
                stack.append((into, event.anchor, size))
                keys.append(key)
                into, key = ({} if kind is MappingStartEvent else []), _NONE
                event = self._next()
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                value = into
                into, anchor, before = stack.pop()
                key = keys.pop()
                if anchor is not None:
                    self._anchors[anchor] = (value, size - before + 1)
            elif kind is AliasEvent:
                value, weight = self._alias(event)
                size += weight
            else:
                raise Broken(_line(event), "expected a value")
            if not stack:
                return value
            if type(into) is list:
                into.append(value)
            elif key is _NONE:
                key = value if type(value) is str and value not in into else self._key(event, value, into)
            else:
                into[key] = value
                key = _NONE
            event = self._next()

    def _key(self, event: Any, value: Any, into: dict[str, Any]) -> str:
        key = event.value if type(event) is ScalarEvent else value
        if not isinstance(key, str):
            raise Broken(_line(event), "a key is no text")
        if key in into:
            raise Broken(_line(event), f"the key {key!r} stands here twice")
        return key

    def _alias(self, event: Any) -> tuple[Any, int]:
        if event.anchor not in self._anchors:
            raise Broken(_line(event), f"*{event.anchor} stands for nothing before it")
        value, weight = self._anchors[event.anchor]
        self._copies += weight
        if self._copies > _MAX_COPIES:
            raise Broken(_line(event), f"aliases stand for more than {_MAX_COPIES:,} values: this file is made to explode")
        return value, weight


_NONE: Any = object()
_PLAIN = (None, "")
_LAID_OUT = ("", "{", "[")
_SPECIAL = frozenset(["", *"~nNtTfF-0123456789"])
_COLLECTION_TAGS = ("!", f"{_TAG}map", f"{_TAG}seq")


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1


def _body(event: Any) -> str:
    """
    A body as it goes over the wire. Only JSON is laid out like this: what is none was cut short, or edited by mistake.
    """
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


class VcrpyTag(Exception):
    """
    A tag of vcrpy's own that its loader reads safely, and this one does not.
    """


def _tagged(event: Any) -> Exception:
    if event.tag in _VCRPY_TAGS:
        return VcrpyTag(event.tag)
    name = event.tag.replace(_TAG, "!!")
    return Broken(_line(event), f"the tag {name}: a cassette holds text, numbers, lists and mappings only; nothing was run")
