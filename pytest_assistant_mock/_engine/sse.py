"""
Server-sent events as they are written: which answers are streams of them, where their frames end, what each event says.

Knows the format; what stands in the data is none of its business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_assistant_mock._engine.wire import Headers, header

FRAME_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_LINE = re.compile(r"\r\n|\n|\r")
MARK = "\ufeff"  # Windows tools write it


def is_event_stream(headers: Headers) -> bool:
    """Whether an answer with these headers says that it is a stream of events."""
    return (header(headers, "content-type") or "").lower().startswith("text/event-stream")


def frame_ends(body: bytes) -> list[int]:
    """Where the frames of a stream end; a frame that is cut short ends with the body."""
    ends = [found.end() for found in FRAME_END.finditer(body)]
    return ends if ends and ends[-1] == len(body) else [*ends, len(body)]


def whole_frames(body: bytes) -> bytes:
    """What is left of a body that was cut anywhere: the frames that came whole."""
    ends = [found.end() for found in FRAME_END.finditer(body)]
    return body[: ends[-1]] if ends else b""


def events(text: str) -> Iterator[tuple[str, str]]:
    """Name and data of each event that has data, as the format's standard reads them; the last may lack its empty line."""
    name, lines = "", list[str]()
    for line in (*_LINE.split(text.removeprefix(MARK)), ""):
        if not line and lines:
            yield name or "message", "\n".join(lines)
        if not line:
            name, lines = "", []
        elif line.startswith("data"):
            lines.append(_after(line, 4))
        elif line.startswith("event"):
            name = _after(line, 5)


def _after(line: str, length: int) -> str:
    """A field's value: one space after the colon does not count."""
    return line[length + 1 :].removeprefix(" ")
