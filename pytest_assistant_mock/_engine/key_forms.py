"""
How a configured key may be written: as it is, escaped, encoded.

Knows encodings; hides and finds nothing.
"""

from __future__ import annotations

import json
import re
from base64 import b32encode, b64encode
from collections.abc import Callable, Iterable, Iterator
from math import ceil
from urllib.parse import quote, quote_plus

_MARKS = ("", "%", r"\x", r"\\x")  # before two digits
_IN_URLS = str.maketrans("+/", "-_")


def escaped(key: str) -> set[str]:
    """A key as it stands in text, in a URL and in JSON: what can be replaced where it is found."""
    quoted = {quote(key, safe=""), quote(key), quote_plus(key)}
    in_lower_case = {re.sub("%..", lambda match: match.group().lower(), one) for one in quoted}
    return {key, *quoted, *in_lower_case, json.dumps(key)[1:-1], key.replace("/", r"\/")}


def encoded(key: str) -> set[str]:
    """A key in base64 (once and twice), base32, hex, and percent-encoded twice: what can only be found, in whatever case."""
    data = key.encode()
    once = set(_base64(data))
    twice = {form for one in once for form in _base64(one.encode())}
    hexed = {"".join(f"{mark}{byte:02x}" for byte in data) for mark in _MARKS} | {data.hex(":"), data.hex(" ")}
    points = {"".join(f"{mark}{ord(character):04x}" for character in key) for mark in (r"\u", r"\\u")}
    doubled = {quote(quote(key, safe=""), safe=""), quote(quote(key), safe="")} - escaped(key)
    return {*once, *twice, *_base32(data), *hexed, *points, *doubled}


def _base64(data: bytes) -> Iterator[str]:
    for text in _at_each_place(data, b64encode, 3, 6):
        yield from (text, text.translate(_IN_URLS))


def _base32(data: bytes) -> Iterable[str]:
    return _at_each_place(data, b32encode, 5, 5)


def _at_each_place(data: bytes, encode: Callable[[bytes], bytes], places: int, bits: int) -> Iterator[str]:
    """What an encoding makes of a key at each of the places it may begin: only the letters that depend on nothing around it."""
    for before in range(places):
        text = encode(b"\0" * before + data).decode()
        yield text[ceil(before * 8 / bits) : (before + len(data)) * 8 // bits]
