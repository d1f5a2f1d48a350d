"""
Streams of server-sent events -> names and data: from bytes, from text, from frames, from what an SDK yields.

Knows how the SDKs spell an event; judges nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pytest_assistant_mock._engine import sse
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock.contract.parse import MAX_BYTES, parse, text_of
from pytest_assistant_mock.errors import NotJSON


class Happening(NamedTuple):
    """An event of a stream: its name, and its data as a value."""

    name: str
    data: Any


class Unread(NamedTuple):
    """What stands in the place of data that is no JSON."""

    text: str
    problem: str


@dataclass(frozen=True, slots=True)
class StreamOfEvents:
    """
    A stream as it was given.

    part: whether it may begin and end anywhere. heard: whether an SDK told of it, which keeps the last event to itself.
    """

    events: Sequence[tuple[str, Any]]
    part: bool = False
    heard: bool = False


_FIELD = re.compile(r"\s*(?::|(?:event|data|id|retry) ?:)")


def looks_like_stream(thing: bytes | bytearray | memoryview | str) -> bool:
    """Whether a text begins as a stream does, and as no JSON text can."""
    head = thing[:200] if isinstance(thing, str) else bytes(thing[:200]).decode("utf-8", "ignore")
    return _FIELD.match(head.removeprefix(sse.MARK)) is not None


def read_stream(
    data: bytes | bytearray | memoryview | str, name: str, max_bytes: int = MAX_BYTES, secrets: Secrets | None = None
) -> list[Happening]:
    """The events of a stream, as the format's standard reads them. Raises NotJSON for what is no UTF-8, or is too large."""
    return [Happening(event, _value(data, secrets)) for event, data in sse.events(text_of(data, name, max_bytes))]


def _value(text: str, secrets: Secrets | None) -> Any:
    if text == _LAST:
        return text
    try:
        return parse(text, "The data", MAX_BYTES, secrets)
    except NotJSON as problem:
        return Unread(text, str(problem))


_LAST = "[DONE]"


def joined(frames: Sequence[bytes | bytearray | memoryview | str]) -> bytes:
    """Frames, or pieces of any size, as one stream; frames may come without the empty line that ends them."""
    parts = [frame.encode() if isinstance(frame, str) else bytes(frame) for frame in frames]
    bare = all(looks_like_stream(part) and not sse.FRAME_END.search(part) for part in parts)
    return (b"\n\n" if bare else b"").join(parts)


def is_stream_of_things(thing: Any) -> bool:
    """Whether a thing holds events one after the other: a list, or what gives them when it is read."""
    return isinstance(thing, list | tuple) or (hasattr(thing, "__iter__") and hasattr(thing, "__next__"))


def told_by_sdk(things: Iterable[Any], names: Mapping[str, str], plain: Callable[[Any], Any]) -> list[tuple[str, Any]]:
    """
    What an SDK yields: pairs of a name and an object, or objects whose class says the name.

    Raises TypeError for anything else. plain: makes JSON of an object.
    """
    return [thing if _is_pair_of_json(thing) else _told(thing, names, plain) for thing in things]


def _is_pair_of_json(thing: Any) -> bool:
    return type(thing) is tuple and len(thing) == 2 and type(thing[1]) is dict and type(thing[0]) is str


def _told(thing: Any, names: Mapping[str, str], plain: Callable[[Any], Any]) -> Happening:
    if isinstance(thing, tuple) and len(thing) == 2 and isinstance(thing[0], str | None):
        return Happening(thing[0] or "message", _relisted(plain(thing[1])))
    if type(thing).__name__ in names:
        return Happening(names[type(thing).__name__], plain(thing))
    raise TypeError(
        f"cannot check a stream with a {type(thing).__name__} in it; expected frames (bytes or str),"
        " or what the vendor's SDK yields: pairs of an event and an object, or its events"
    )


def _relisted(data: Any) -> Any:
    """dashscope takes the one content of a delta out of its list."""
    delta = data.get("delta") if isinstance(data, dict) else None
    if isinstance(delta, dict) and isinstance(delta.get("content"), dict):
        return {**data, "delta": {**delta, "content": [delta["content"]]}}
    return data
