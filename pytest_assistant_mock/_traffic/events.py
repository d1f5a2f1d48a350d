"""
A stream of events in a few words: how many came, and the text they say.

Knows where an event of a run has its text; knows no vendor.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pytest_assistant_mock._engine import sse
from pytest_assistant_mock._engine.wire import Response

ENDS = 3
"""How many events at each end of a long stream are shown."""


def gist(response: Response) -> str | None:
    """`14 events: "晴,24 度"`, or None for what is no stream of events."""
    if not sse.is_event_stream(response.headers):
        return None
    events = list(data_of(response.body))
    said = "".join(texts(event.get("delta") for event in events)) or "".join(texts(events))
    count = f"{len(events)} event{'' if len(events) == 1 else 's'}"
    return f"{count}: {json.dumps(said, ensure_ascii=False)}" if said else count


def folded_frames(text: str) -> str:
    """The text of a stream with the middle of many events left out."""
    frames = [frame for frame in text.replace("\r\n", "\n").split("\n\n") if frame.strip()]
    left_out = len(frames) - 2 * ENDS
    if left_out <= 1:
        return text
    return "\n\n".join([*frames[:ENDS], f"… ({left_out} more events)", *frames[-ENDS:]])


def data_of(body: bytes) -> Iterator[dict[str, Any]]:
    """The data of each whole event; `{}` for data that is no JSON object."""
    for _, data in sse.events(sse.whole_frames(body).decode("utf-8", "replace")):
        yield _object(data)


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def texts(holders: Any) -> Iterator[str]:
    """The texts in `content` of each, which is a text, one part or a list of parts."""
    for holder in holders:
        content = holder.get("content") if isinstance(holder, dict) else None
        for part in content if isinstance(content, list) else [content]:
            text = part.get("text") if isinstance(part, dict) else None
            value = text.get("value") if isinstance(text, dict) else text
            if isinstance(value, str):
                yield value
