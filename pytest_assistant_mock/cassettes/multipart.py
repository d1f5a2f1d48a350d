"""
Multipart bodies by their parts: the boundary is chosen anew by each client for each request, and says nothing.

Knows how forms and files are sent; knows nothing of what they mean.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any, NamedTuple

from pytest_assistant_mock.cassettes.json_bodies import parse

_FIRST = re.compile(rb"--([^\r\n]{1,200})\r\n")


class Part(NamedTuple):
    """One part: what its head says, its content, and where in the body that begins."""

    head: bytes
    content: bytes
    start: int


def split(body: bytes) -> list[Part] | None:
    """The parts of a multipart body; None for any other."""
    first = _FIRST.match(body)
    if first is None:
        return None
    line = b"\r\n--" + first[1]
    between = (b"\r\n" + body).split(line)
    if between[0] or between[-1].rstrip() != b"--":
        return None
    parts, at = [], len(line) - 2
    for part in between[1:-1]:
        head, blank, content = part.partition(b"\r\n\r\n")
        if not blank or head[:2] not in (b"", b"\r\n"):
            return None
        parts.append(Part(head[2:], content, at + len(head) + 4))
        at += len(part) + len(line)
    return parts


def value(body: bytes) -> dict[str, Any] | None:
    """The fields and files of a multipart body by name, those of one name in a list; None for any other body."""
    parts = split(body)
    if parts is None:
        return None
    found: dict[str, list[Any]] = {}
    for part in parts:
        name, filename, kind = _described(part.head)
        content = _content(part.content)
        found.setdefault(name, []).append(
            content if filename is None else {"filename": filename, "type": kind, "content": content}
        )
    return {name: some if len(some) > 1 else some[0] for name, some in found.items()}


def pieces(body: bytes) -> list[str | bytes]:
    """A multipart body in pieces: the text in it, and what is none, each as long as it goes; empty for any other body."""
    found: list[bytes] = []
    at = 0
    for part in split(body) or ():
        if _text_of(part.content) is None:
            found += [body[at : part.start], part.content]
            at = part.start + len(part.content)
    return [one if (text := _text_of(one)) is None else text for one in (*found, body[at:])] if found else []


def _described(head: bytes) -> tuple[str, str | None, str]:
    """Name, file name and type of a part, however the client spells them."""
    from email.parser import Parser

    said = Parser().parsestr(head.decode("utf-8", "replace"), headersonly=True)
    name = said.get_param("name", "", header="content-disposition")
    return str(name), said.get_filename(), said.get_content_type() if "content-type" in said else ""


def _content(content: bytes) -> Any:
    text = _text_of(content)
    if text is None:
        return f"{len(content):,} bytes, sha256 {sha256(content).hexdigest()}"
    try:
        return parse(text) if text.startswith(("{", "[")) else text
    except (ValueError, RecursionError):
        return text


def _text_of(content: bytes) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None
