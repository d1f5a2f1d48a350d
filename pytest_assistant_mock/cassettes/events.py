"""
Streams of events in recorded answers: where their frames end, and what they say.

Knows server-sent events; knows neither vendor.
"""

from __future__ import annotations

import re

from pytest_assistant_mock._engine.wire import Headers, Response, header
from pytest_assistant_mock.contract.stream_events import Happening, read_stream
from pytest_assistant_mock.errors import NotJSON

_FRAME_END = re.compile(rb"\r\n\r\n|\n\n|\r\r")


def is_stream(headers: Headers) -> bool:
    """Whether an answer says that it is a stream of events."""
    return (header(headers, "content-type") or "").lower().startswith("text/event-stream")


def frame_ends(body: bytes) -> list[int]:
    """Where the frames of a stream end; a frame that is cut short ends with the body."""
    ends = [found.end() for found in _FRAME_END.finditer(body)]
    return ends if ends and ends[-1] == len(body) else [*ends, len(body)]


def events(response: Response) -> list[Happening]:
    """The events of a stream, as far as they are JSON."""
    try:
        found = read_stream(response.body, "The answer")
    except NotJSON:
        return []
    return [one for one in found if isinstance(one.data, dict | list)]
