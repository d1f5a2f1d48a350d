"""
A recorded stream against the one the fake makes of it: which events come, in which order, what their data looks like.

Never the words of a model, nor in how many pieces they came; but the pieces join to the message that was recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from pytest_assistant_mock import contract
from pytest_assistant_mock._engine.sse import whole_frames
from pytest_assistant_mock._engine.streams import Stream
from pytest_assistant_mock._engine.wire import Response
from pytest_assistant_mock._vendors import DOCUMENTS
from pytest_assistant_mock.contract.stream_events import Unread, read_stream
from pytest_assistant_mock.errors import NotJSON

Told = tuple[int, str, Any]
"""The number of an event in its stream, its kind, its data; of several of one kind that follow each other the first."""
Differences = Callable[[Any, Any, str], Iterator[str]]


@dataclass
class StreamPair:
    """What was recorded, and the fake's stream, which goes on when the recorded client has sent what it waits for."""

    vendor: str
    recorded: Response
    stream: Stream
    problem: str = ""
    _pieces: list[bytes] = field(default_factory=list)
    over: bool = False

    def read(self) -> None:
        """Take what the fake has now."""
        try:
            while (piece := self.stream.take()) is not None:
                self._pieces.append(piece.data)
        except Exception as error:  # whatever the fake cannot play
            self.problem = f"the fake cannot play it: {error}"
        self.over = bool(self.problem) or self.stream.ended

    def pairs(self) -> list[tuple[Any, Any]]:
        """The data of the events that both have, one beside the other."""
        there, here = self._told()
        return [(left, right) for (_, one, left), (_, other, right) in zip(there, here, strict=False) if one == other]

    def difference(self, differences: Differences) -> str:
        """In what they differ first; empty if the fake's is like the recorded one. differences: between two values."""
        try:
            found = contract.violations([whole_frames(self.recorded.body)], vendor=self.vendor, part=True)
        except NotJSON as problem:
            return str(problem)
        if found:
            return str(found[0]).partition("\n")[0]
        there, here = self._told()
        for (number, kind, left), other in zip(there, [*here, *[None] * len(there)], strict=False):
            if other is None:
                return self.problem or f"event {number}: {kind} recorded, nothing more from the fake"
            if kind != other[1]:
                return f"event {number}: {kind} recorded, {other[1]} from the fake"
            for difference in differences(left, other[2], f"event {number} {kind}: $"):
                return difference
        return ""

    def _told(self) -> tuple[list[Told], list[Told]]:
        return list(_told(self.vendor, whole_frames(self.recorded.body))), list(_told(self.vendor, b"".join(self._pieces)))


def _told(vendor: str, body: bytes) -> Iterator[Told]:
    rules = DOCUMENTS[vendor].streams
    try:
        events = [(rules.kind(name, data), data) for name, data in read_stream(body, "a stream")]
    except NotJSON:
        return
    number = 1
    for kind, group in groupby(events, lambda event: event[0]):
        data = [one for _, one in group]
        if rules.anywhere.get(kind) != "":
            yield number, kind, data[0].text if isinstance(data[0], Unread) else data[0]
        number += len(data)
