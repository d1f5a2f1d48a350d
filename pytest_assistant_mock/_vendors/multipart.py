"""
multipart/form-data, read as far as the vendors' uploads need it: names, file names and contents.

The boundary is taken from the body's first line, so that no header is needed.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_NAMES = re.compile(rb'(?<!file)name="((?:[^"\\]|\\.)*)"')
_FILE_NAMES = re.compile(rb'filename="((?:[^"\\]|\\.)*)"')
_ENCODED_NAMES = re.compile(rb"filename\*=utf-8''([^;\s]+)", re.IGNORECASE)


class Part(NamedTuple):
    """One field of a form. filename: None for a field that is no file."""

    name: str
    filename: str | None
    content: bytes


def parts(body: bytes) -> list[Part]:
    """The fields of a form, in their order. Raises ValueError for a body that is no form."""
    first, separator, _ = body.partition(b"\r\n")
    boundary = first.rstrip()
    if not separator or not boundary.startswith(b"--") or boundary + b"--" not in body:
        raise ValueError("no multipart/form-data: the body does not begin and end with a boundary")
    sections = (b"\r\n" + body).split(b"\r\n" + boundary)[1:-1]
    return [_part(section) for section in sections]


def _part(section: bytes) -> Part:
    head, separator, content = section.partition(b"\r\n\r\n")
    name = _NAMES.search(head)
    if not separator or name is None:
        raise ValueError("no multipart/form-data: a part has no name")
    return Part(_unquoted(name[1]), _file_name(head), content)


def _file_name(head: bytes) -> str | None:
    if encoded := _ENCODED_NAMES.search(head):
        from urllib.parse import unquote

        return unquote(encoded[1].decode("latin-1"))
    found = _FILE_NAMES.search(head)
    return _unquoted(found[1]) if found else None


def _unquoted(name: bytes) -> str:
    return name.replace(b'\\"', b'"').replace(b"%22", b'"').decode("utf-8", "replace")
