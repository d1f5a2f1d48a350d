"""
Plain data -> cassette text: block style, JSON bodies laid out, Unicode readable, one line changed for one value changed.

Knows YAML; knows neither vcrpy nor what a cassette means.
"""

from __future__ import annotations

import json
import re
from base64 import encodebytes
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pytest_assistant_mock.cassettes import multipart
from pytest_assistant_mock.cassettes.json_bodies import laid_out

_BODIES = ("body", "string")
PLAIN = r"[A-Za-z/](?:[A-Za-z0-9_./+;=,*?&%@~()$!-]|:(?=[^\s:])| (?=[A-Za-z0-9(]))*"
"""Text that stands as it is, but for these words, in whatever case."""
NOT_PLAIN = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])
_plain = re.compile(PLAIN).fullmatch
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_NO_BLOCK = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]|^[ \t\n]|\n\t|^[{[]")


def write(data: Mapping[str, Any]) -> str:
    """The text of a document. Raises TypeError for what is no text, bytes, number, list or mapping."""
    out: list[str] = []
    _mapping(data, "", out)
    return "".join(out)


def _mapping(data: Mapping[str, Any], indent: str, out: list[str]) -> None:
    if "pieces" in data and "string" in data:
        _stream(data, indent, out)
        return
    for name, value in data.items():
        kind = type(value)
        if kind is str:
            out.append(f"{indent}{_short(name)}: {_body(value, indent) if name in _BODIES else _short(value)}\n")
        elif kind is bytes and name == "body" and (pieces := multipart.pieces(value)):
            out.append(f"{indent}{_short(name)}:\n")
            out.extend(f"{indent}- {_text(one, indent) if isinstance(one, str) else _scalar(one, indent)}\n" for one in pieces)
        elif kind is dict and value:
            out.append(f"{indent}{_short(name)}:\n")
            _mapping(value, indent + "  ", out)
        elif kind is list and len(value) == 1 and type(value[0]) is str:  # a header
            out.append(f"{indent}{_short(name)}:\n{indent}- {_short(value[0])}\n")
        elif kind is list and value:
            out.append(f"{indent}{_short(name)}:\n")
            _sequence(value, indent, out)
        else:
            out.append(f"{indent}{_short(name)}: {_scalar(value, indent)}\n")


def _stream(data: Mapping[str, Any], indent: str, out: list[str]) -> None:
    """A body that came in pieces: its text exactly, a line each, and the pieces in one line."""
    text = data["string"]
    out.append(f"{indent}string: {_text(text, indent) if isinstance(text, str) else _scalar(text, indent)}\n")
    out.append(f"{indent}pieces: {json.dumps(data['pieces'])}\n")


def _sequence(items: list[Any], indent: str, out: list[str]) -> None:
    for item in items:
        if isinstance(item, (dict, list)) and item:
            at = len(out)
            inner = indent + "  "
            _mapping(item, inner, out) if isinstance(item, dict) else _sequence(item, inner, out)
            out[at] = f"{indent}- {out[at][len(indent) + 2 :]}"
        else:
            out.append(f"{indent}- {_scalar(item, indent)}\n")


def _scalar(value: Any, indent: str) -> str:
    if isinstance(value, str):
        return _short(value)
    if type(value) is int:
        return repr(value)
    if isinstance(value, float):
        written = json.dumps(value, allow_nan=False)
        return written if "." in written else written.replace("e", ".0e")  # or YAML takes it for text
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, bytes):
        lines = encodebytes(value).decode().splitlines()
        return "\n".join(["!!binary |", *(f"{indent}  {line}" for line in lines)]) if lines else '""'
    if isinstance(value, (dict, list)):
        return "{}" if isinstance(value, dict) else "[]"
    raise TypeError(f"{type(value).__name__} cannot stand in a cassette")


def _body(text: str, indent: str) -> str:
    laid = laid_out(text, f"\n{indent}  ")
    return f"|-\n{indent}  {laid}" if laid is not None else _text(text, indent)


def _text(text: str, block_indent: str | None = None) -> str:
    if _plain(text) and text.lower() not in NOT_PLAIN:
        return text
    if block_indent is not None and "\n" in text and not _NO_BLOCK.search(text):
        return _block(text, block_indent)
    if block_indent is not None and "\n" in text.rstrip("\n"):
        return _quoted_lines(text, block_indent)
    return _quoted(text)


def _quoted(text: str) -> str:
    return _ESCAPED.sub(_escape, json.dumps(text, ensure_ascii=False))


def _quoted_lines(text: str, indent: str) -> str:
    """A text that no block can hold, with returns say, all the same a line a line: YAML joins what an escaped line break ends."""
    lines = [_quoted(line)[1:-1] for line in re.findall(r"[^\n]*\n|[^\n]+", text)]
    begun = [f"\\{line}" if line.startswith(" ") else line for line in lines]
    joint = f"\\\n{indent}  "
    return f'"{joint.join(begun)}"'


_short = lru_cache(maxsize=1024)(_text)  # the same few names and values stand everywhere


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return "\\ufffd" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"  # half a character can stand in no file


def _block(text: str, indent: str) -> str:
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    chomp = "-" if ends == 0 else "" if ends == 1 else "+"
    lines = body.replace("\n", f"\n{indent}  ")
    return f"|{chomp}\n{indent}  {lines}" + "\n" * max(0, ends - 1)
