"""
Where a text names a secret: a field of JSON, a parameter of a URL, a field of a form, a header, an element.

Knows how names and values are written; which names count, the list knows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from pytest_assistant_mock._engine.secret_names import ENDINGS, Certainty, certainty, looks_secret

HIDDEN = "REDACTED"
"""What stands in a secret's place: always the same, so that what is redacted still matches; safe in a URL."""


class Span(NamedTuple):
    """A secret in a text: from where to where, and the kind it is reported under."""

    start: int
    end: int
    kind: str


class _Named(NamedTuple):
    """A name in a text: where it starts, where its value may start, how sure it is, where it stands, what quotes the value."""

    start: int
    value: int
    certainty: Certainty
    kind: str
    quote: str


_Value: TypeAlias = tuple[int, int] | None
"""From where to where; None if what stands there is no secret."""


_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.[")
_LONGEST_NAME = 64
_LONGEST_MAYBE = 4096  # of a value that is only hidden if it looks like a secret

_LINE = r"(?:\r?\n|\\r\\n|\\n)"
_BETWEEN: Mapping[str, str] = {
    "a field": r"""\\{0,16}["']\s*:\s*(?P<quote>\\{0,16}["'])""",
    "a parameter in a URL": r"%(?:25)*3[Dd]",
    "a parameter": r"(?:\[\d*\]|\]|%5[Bb]\d*%5[Dd]|%5[Dd])?=",
    "a field of a form": rf"""\\?["']?(?:;[^\r\n]{{0,200}})?(?:{_LINE}[^\r\n\\]{{1,200}}){{0,8}}{_LINE}{_LINE}""",
    "an element": r">",
    "a header": r"\s?:\s?(?=[^\s\"'])",
}
"""What stands between a name and its value."""

_GROUPS = "|".join(f"(?P<k{number}>{pattern})" for number, pattern in enumerate(_BETWEEN.values()))
_ENDED = re.compile(rf"(?i:{'|'.join(sorted(ENDINGS, key=len, reverse=True))})(?=[\\\"'%=\[\]>\r\n;:\s])")
_FOLLOWED = re.compile(_GROUPS)
_KINDS = tuple(_BETWEEN)

_ESCAPE = re.compile(r"%(?:25)*[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\[nrtbf]")
_BEGINS_PARAMETER = re.compile(r"(?:[?&;#]|\\u00(?:26|3[bBfF])|%(?:25)*(?:26|3[fFbB]|23))\Z")
_IN_A_FORM = re.compile(r"name=\\?[\"']?\Z")
_FORM = re.compile(r"[^\s=&\"'{<]+=[^\s&\"'<]*(?:&[^\s=&]+=[^\s&\"'<]*)*")
_SCHEME = re.compile(r"(?i:bearer|basic|digest)(?:\s+|%20|\+)")
_LOOSE = re.compile(r"(?=[^\s\"']{0,512}?\d)[A-Za-z0-9._~+/=%\-]{16,}")  # in prose: x.api_key=settings.KEY is none
_QUOTED = re.compile(r'(?:[^"\\]|\\.)*', re.DOTALL)
_PARAMETER = re.compile(r"[^&\s\"'<>\\]+")
_ENCODED_PARAMETER = re.compile(r"(?:(?!%(?:25)*26)[^&\s\"'<>\\])+")
_ELEMENT = re.compile(r"[^<]+")
_END_OF_PART = re.compile(rf"{_LINE}--")


def named(text: str) -> Iterator[Span]:
    """The values that names in a text make secret, those left out that are hidden already."""
    done = 0
    for found in _names(text):
        span = _VALUES[found.kind](text, found) if found.start >= done else None
        if span is None:
            continue
        start, done = span
        scheme = _SCHEME.match(text, start, done)
        start = scheme.end() if scheme else start
        if start < done and not text.startswith(HIDDEN, start):
            yield Span(start, done, found.kind)


def _names(text: str) -> Iterator[_Named]:
    for ending in _ENDED.finditer(text):
        between = _FOLLOWED.match(text, ending.end())
        if between is None:
            continue
        start = _start_of_name(text, ending.start())
        sure = certainty(text[start : ending.end()])
        if sure is not None:
            kind = _KINDS[int(str(between.lastgroup)[1:])]
            yield _Named(start, between.end(), sure, kind, between["quote"] or "")


def _start_of_name(text: str, at: int) -> int:
    """
    Where the name begins that goes on at a place: an escape, as URLs and JSON write what stands before it, is not part of it.
    """
    start, lowest = at, max(0, at - _LONGEST_NAME)
    while start > lowest and text[start - 1] in _NAME:
        start -= 1
    escape = _ESCAPE.match(text, start - 1) if start and text[start - 1] in "%\\" else None
    return min(escape.end(), at) if escape else start


def _of_field(text: str, found: _Named) -> _Value:
    most = len(text) if found.certainty == "sure" else found.value + _LONGEST_MAYBE
    if found.quote == '"':
        match = _QUOTED.match(text, found.value, most)
        end = match.end() if match else found.value
    else:
        end = text.find(found.quote, found.value, most)
    return _if_secret(text, found.value, end if end >= 0 else min(most, len(text)), found)


def _if_secret(text: str, start: int, end: int, found: _Named) -> _Value:
    return (start, end) if found.certainty == "sure" or looks_secret(text[start:end]) else None


def _of_parameter(text: str, found: _Named) -> _Value:
    return _of_query(text, found, _PARAMETER)


def _of_encoded_parameter(text: str, found: _Named) -> _Value:
    return _of_query(text, found, _ENCODED_PARAMETER)


def _of_query(text: str, found: _Named, value: re.Pattern[str]) -> _Value:
    """Whatever stands there in a URL or a form; in prose only what cannot be a word of a program."""
    first = found.start == 0 and _FORM.fullmatch(text)
    if first or _BEGINS_PARAMETER.search(text, max(0, found.start - 12), found.start):
        match = value.match(text, found.value)
        return match.span() if match else None
    return _of_header(text, found)


def _of_header(text: str, found: _Named) -> _Value:
    scheme = _SCHEME.match(text, found.value)
    match = _LOOSE.match(text, scheme.end() if scheme else found.value)
    return match.span() if match else None


def _of_part(text: str, found: _Named) -> _Value:
    if not _IN_A_FORM.search(text, max(0, found.start - 12), found.start):
        return None
    most = len(text) if found.certainty == "sure" else min(found.value + _LONGEST_MAYBE, len(text))
    end = _END_OF_PART.search(text, found.value, most)
    return _if_secret(text, found.value, end.start() if end else most, found)


def _of_element(text: str, found: _Named) -> _Value:
    match = _ELEMENT.match(text, found.value) if text[found.start - 1 : found.start] in ("<", ":") else None
    return _if_secret(text, *match.span(), found) if match else None


_VALUES: Mapping[str, Callable[[str, _Named], _Value]] = {
    "a field": _of_field,
    "a parameter in a URL": _of_encoded_parameter,
    "a parameter": _of_parameter,
    "a field of a form": _of_part,
    "an element": _of_element,
    "a header": _of_header,
}
