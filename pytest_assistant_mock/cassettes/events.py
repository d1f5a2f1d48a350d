"""
What the streams of events in recorded answers tell of: runs, threads, and messages that come in parts.

Knows the objects both vendors print; how a stream is written, others know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pytest_assistant_mock._engine.wire import Response
from pytest_assistant_mock.contract.stream_events import Happening, read_stream
from pytest_assistant_mock.errors import NotJSON


def events(response: Response) -> list[Happening]:
    """The events of a stream, as far as they are JSON."""
    try:
        found = read_stream(response.body, "The answer")
    except NotJSON:
        return []
    return [one for one in found if isinstance(one.data, dict | list)]


_KINDS = {"thread": "thread", "thread.run": "run", "thread.message": "message"}


def told_by_events(happenings: Iterable[Happening]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects that the events of a stream tell of, each with its kind; a message that comes in parts is whole at the end."""
    run: dict[str, Any] = {}
    parts: dict[str, str] = {}
    for name, data in happenings:
        details = data.get("details") if isinstance(data, dict) else None
        found = details.get("run_object") if isinstance(details, dict) else data
        if not isinstance(found, dict):
            continue
        kind = _KINDS.get(str(found.get("object")))
        if kind == "run":
            run = found
        if kind is not None and (kind != "message" or found.get("content")):
            yield kind, found
        elif name == "message" and isinstance(key := found.get("message_id"), str):
            parts[key] = parts.get(key, "") + _said(found.get("content"))
    for key, text in parts.items():
        yield (
            "message",
            {
                "id": key,
                "role": "assistant",
                "content": [{"type": "text", "text": {"value": text}}],
                "created_at": run.get("completed_at") or run.get("created_at") or 0,
                **{other: run.get(other, "") for other in ("thread_id", "assistant_id")},
                "run_id": run.get("id", ""),
            },
        )


def _said(content: Any) -> str:
    texts = [piece.get("text") for piece in content if isinstance(piece, dict)] if isinstance(content, list) else []
    return "".join(str(text.get("value", "")) for text in texts if isinstance(text, dict))
