"""
Cassette text as our own writer lays it out -> plain data, by expressions: three times faster than over YAML's events.

Reads strictly a part of YAML whose meaning leaves no doubt, and knows nothing else: None is for `suspect` to
answer, which reads all of it and words what is wrong. What both read, they read alike.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

from pytest_assistant_mock.cassettes import yaml_reader
from pytest_assistant_mock.cassettes.json_bodies import compact, unique
from pytest_assistant_mock.cassettes.yaml_writer import NOT_PLAIN, PLAIN

_QUOTED = r'"(?:[^"\\\n]|\\["\\bfnrt]|\\u(?![dD][89a-fA-F])[0-9a-fA-F]{4})*+"'
_SCALAR = rf"(?:{PLAIN}|{_QUOTED})"
_HEAD = re.compile(r"version: 1\n((?:metadata:\n(?: +[^ \n][^\n]*\n)+)?)interactions:\n")


def _block(indent: int) -> str:
    """
    A JSON object or array over several lines, which begins with the bracket.
    """
    margin = " " * indent
    return rf"\|-\n({margin}[{{\[]\n(?:{margin}[^\n]+\n)+)"


def _headers(indent: int) -> str:
    margin = " " * indent
    return rf"{margin}headers:(?: \{{\}}\n|\n((?:{margin}  [^\n]+\n)+))"


_ITEM = re.compile(
    r"- request:\n"
    rf"    method: ({_SCALAR})\n"
    rf"    uri: ({_SCALAR})\n"
    rf"    body: (?:({_SCALAR})\n|{_block(6)})"
    rf"{_headers(4)}"
    r"  response:\n"
    r"    status:\n"
    r"      code: ([1-9][0-9]{2})\n"
    rf"      message: ({_SCALAR})\n"
    rf"{_headers(4)}"
    r"    body:\n"
    rf"      string: (?:({_SCALAR})\n|{_block(8)})"
    rf"((?:  (?:recorded_at|recorded_by|vendor|base_url): {_SCALAR}\n)*)"
)
_HEADER = re.compile(rf"      ({PLAIN}|{_QUOTED}):\n((?:      - {_SCALAR}\n)+)")
_ODD = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
"""What YAML forbids, or takes for the end of a line."""


_LONGEST_KEY = 1000
"""YAML looks no farther for the colon."""


class _Doubt(Exception):
    """
    Something that is not as our writer would write it.
    """


def read(text: str) -> yaml_reader.Data | None:
    """
    What a text holds, each interaction as vcrpy wants it; None if it is not wholly as our writer writes.
    """
    head = _HEAD.match(text)
    if head is None or not (text.replace("\n", "").isprintable() or _ODD.search(text) is None):
        return None
    try:
        beside = yaml_reader.read(head[1]).value if head[1] else {}
        items, lines = _items(text, head.end()) if isinstance(beside.get("metadata", {}), dict) else ([], [])
    except (_Doubt, ValueError, RecursionError, yaml_reader.VcrpyTag):
        return None
    return yaml_reader.Data({"version": 1, **beside, "interactions": items}, lines) if items else None


def _items(text: str, at: int) -> tuple[list[dict[str, Any]], list[int]]:
    items, lines, line = [], [], text.count("\n", 0, at) + 1
    asked, answered = _Headers(join=True), _Headers(join=False)
    while at < len(text):
        match = _ITEM.match(text, at)
        if match is None:
            raise _Doubt
        items.append(_item(match, asked, answered))
        lines.append(line)
        line += text.count("\n", at, match.end())
        at = match.end()
    return items, lines


def _item(match: re.Match[str], asked: _Headers, answered: _Headers) -> dict[str, Any]:
    method, uri, body, laid_out, headers, code, message, more_headers, string, laid_out_string, ours = match.groups()
    request = {
        "method": _scalar(method),
        "uri": _scalar(uri),
        "body": compact(laid_out) if laid_out else None if body == "null" else _scalar(body),
        "headers": asked[headers] if headers else {},
    }
    response = {
        "status": {"code": int(code), "message": _scalar(message)},
        "headers": answered[more_headers] if more_headers else {},
        "body": {"string": compact(laid_out_string) if laid_out_string else _scalar(string)},
    }
    return {"request": request, "response": response, **(_ours(ours) if ours else {})}


class _Headers(dict[str, dict[str, list[str]]]):
    """
    Header lines -> names and values, of one name joined if so wished: most interactions have the same.
    """

    def __init__(self, join: bool) -> None:
        super().__init__()
        self._join = join

    def __missing__(self, lines: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        at = 0
        while at < len(lines):
            match = _HEADER.match(lines, at)
            if match is None or (name := _scalar(match[1])) in found or len(match[1]) > _LONGEST_KEY:
                raise _Doubt
            values = [_scalar(value[8:]) for value in match[2].splitlines()]
            found[name] = [", ".join(values)] if self._join else values
            at = match.end()
        self[lines] = found
        return found


def _ours(lines: str) -> dict[str, str]:
    pairs = [line[2:].partition(": ") for line in lines.splitlines()]
    return unique([(name, _scalar(value)) for name, _, value in pairs])


@lru_cache(maxsize=1024)  # the same few stand everywhere
def _scalar(text: str) -> str:
    if text[0] == '"':
        return str(json.loads(text)) if "\\" in text else text[1:-1]
    if text.lower() in NOT_PLAIN:
        raise _Doubt
    return text
