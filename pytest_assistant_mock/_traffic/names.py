"""
Short names for long ids, and text in columns: what a report needs to be read.

Knows how ids begin, and that a Chinese character is two columns wide.
"""

from __future__ import annotations

import re
from unicodedata import east_asian_width

_KINDS = {"thread": "thread", "message": "message", "msg": "message", "chatmsg": "message", "asst": "assistant", "run": "run"}
_LONGEST = 8  # characters a column that are looked at: more of spaces than of anything else, if it is no more than fits
_ID = re.compile(rf"(?<![\w-])({'|'.join(_KINDS)})_[0-9A-Za-z][0-9A-Za-z-]{{11,}}")


class Names:
    """Numbers ids of each kind in the order they are met."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self._counts: dict[str, int] = {}

    def short(self, text: str) -> str:
        """A text with `<thread#1>` in place of each id."""
        return _ID.sub(self._name, text)

    def _name(self, match: re.Match[str]) -> str:
        name = self.known.get(match.group())
        if name is None:
            kind = _KINDS[match.group(1)]
            self._counts[kind] = self._counts.get(kind, 0) + 1
            name = self.known[match.group()] = f"<{kind}#{self._counts[kind]}>"
        return name


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)


def folded(text: str, columns: int, keep_tail: bool = False) -> str:
    """As much of a text, on one line, as fits: its beginning, or its end."""
    line = " ".join((text[-_LONGEST * columns :] if keep_tail else text[: _LONGEST * columns]).split())
    if width(line) <= columns and len(text) <= _LONGEST * columns:
        return line
    while width(line) >= columns:
        out = max(1, (width(line) - columns) // 2)
        line = line[out:] if keep_tail else line[:-out]
    return f"…{line}" if keep_tail else f"{line}…"


def aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """Rows in columns; an empty last cell takes no room."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell + " " * (room - width(cell)) for cell, room in zip(row, widths, strict=True)).rstrip() for row in rows]
