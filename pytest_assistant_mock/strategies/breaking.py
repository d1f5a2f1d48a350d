"""
Ways to make a stream wrong in one place -> `breaks`.

Knows frames, names and data of events; knows no vendor.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pytest_assistant_mock.contract.stream_events import Happening

Frames = Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Break:
    """One way: what is wrong, in which event it shows first (from 1), and the frames that are."""

    rule: str
    event: int
    frames: Frames


def breaks(frames: Frames, events: Sequence[Happening]) -> list[Break]:
    """Every way to make this stream wrong in one place, the simplest first."""
    return [one for way in _WAYS for one in way(frames, events)]


def _early(frames: Frames, events: Sequence[Happening]) -> Iterator[Break]:
    for at in range(1, len(frames)):
        yield Break("the stream ends before its run stops", at + 1, frames[:at])


def _twice(frames: Frames, events: Sequence[Happening]) -> Iterator[Break]:
    for at, event in enumerate(events):
        if not _is_piece(event):
            again = [*frames[: at + 1], *frames[at:]]
            yield Break("an event comes twice", at + 2, again)


def _left_out(frames: Frames, events: Sequence[Happening]) -> Iterator[Break]:
    for at, (event, after) in enumerate(pairwise(events[1:]), 1):
        if not _is_piece(event) and not _may_come_early(after):
            rest = [*frames[:at], *frames[at + 1 :]]
            yield Break("an event is left out", at + 1, rest)


def _renamed(frames: Frames, events: Sequence[Happening]) -> Iterator[Break]:
    for at, event in enumerate(events):
        name = event.name.encode()
        if b"event:" + name in frames[at].replace(b"event: ", b"event:"):
            other = _with(frames, at, frames[at].replace(name, b"thread.run.begun", 1))
            yield Break("an event has a name that no event has", at + 1, other)


def _no_json(frames: Frames, events: Sequence[Happening]) -> Iterator[Break]:
    for at, event in enumerate(events):
        if isinstance(event.data, dict):
            cut = _with(frames, at, frames[at].rstrip(b"\n")[:-1] + b"\n\n")
            yield Break("the data is no JSON", at + 1, cut)


def _of_data(rule: str, change: Callable[[dict[str, Any]], bool]) -> Callable[[Frames, Sequence[Happening]], Iterator[Break]]:
    """A way that changes the data of one event. change: makes it wrong, or says False."""

    def way(frames: Frames, events: Sequence[Happening]) -> Iterator[Break]:
        for at, event in enumerate(events):
            data = json.loads(json.dumps(event.data)) if isinstance(event.data, dict) else {}
            if data and change(data):
                text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
                head = frames[at].partition(b"data:")[0]
                other = _with(frames, at, head + b"data:" + text + b"\n\n")
                yield Break(rule, at + 1, other)

    return way


_REQUIRED = ("id", "event_type", "message_id", "status")


def _drop_field(data: dict[str, Any]) -> bool:
    name = next((name for name in _REQUIRED if name in data), None)
    return name is not None and data.pop(name) is not None


def _retype_field(data: dict[str, Any]) -> bool:
    name = next((name for name in _REQUIRED if name in data), None)
    if name is not None:
        data[name] = [1]
    return name is not None


def _miscount(data: dict[str, Any]) -> bool:
    if "send_id" in data:
        data["send_id"] += 1
    return "send_id" in data


def _other_thread(frames: Frames, events: Sequence[Happening]) -> Iterator[Break]:
    first = next((at for at, event in enumerate(events) if _rename_thread(json.loads(json.dumps(event.data)))), len(events))
    for one in _of_data("the id of the thread is another one", _rename_thread)(frames, events):
        if one.event > first + 1:
            yield one


def _rename_thread(data: Any) -> bool:
    """Change the first id of a thread, however deep it stands."""
    if not isinstance(data, dict):
        return False
    if "thread_id" in data:
        data["thread_id"] = "thread_of_somebody_else"
        return True
    return any(_rename_thread(value) for value in data.values())


def _with(frames: Frames, at: int, frame: bytes) -> list[bytes]:
    return [*frames[:at], frame, *frames[at + 1 :]]


def _is_piece(event: Happening) -> bool:
    """Whether there may be any number of it."""
    return event.name.endswith(".delta") or event.name == "message"


def _may_come_early(event: Happening) -> bool:
    """A run that stops early may do so nearly anywhere."""
    return event.name.endswith((".failed", ".cancelled", ".expired"))


_WAYS = (
    _early,
    _twice,
    _left_out,
    _renamed,
    _no_json,
    _of_data("a field is missing", _drop_field),
    _of_data("a field is of another type", _retype_field),
    _of_data("the events are miscounted", _miscount),
    _other_thread,
)
