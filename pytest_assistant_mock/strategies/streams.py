"""
Streams of events as a vendor sends them, by performing a drawn script; and streams that are wrong in one place.

Knows no vendor by name: its printer writes the frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from hypothesis import strategies as st

from pytest_assistant_mock._engine.clock import Clock
from pytest_assistant_mock._engine.kinds import KINDS
from pytest_assistant_mock._engine.kinds.assistants import create_assistant
from pytest_assistant_mock._engine.kinds.messages import Draft, create_thread
from pytest_assistant_mock._engine.kinds.runs import RUN, StoredRun
from pytest_assistant_mock._engine.performing import create_run, submit_outputs
from pytest_assistant_mock._engine.run_stream import RunStream, Streamed
from pytest_assistant_mock._engine.state import State
from pytest_assistant_mock._engine.turns import Script as Taken
from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock._mock.tool_arguments import ToolArguments
from pytest_assistant_mock.contract.stream_events import Happening, read_stream
from pytest_assistant_mock.strategies import functions, values
from pytest_assistant_mock.strategies.breaking import Break, breaks
from pytest_assistant_mock.strategies.scripts import Script, scripts_of
from pytest_assistant_mock.strategies.vendor_names import vendor_of

__tracebackhide__ = True  # a failing test shows its own line


@dataclass(frozen=True, slots=True)
class EventStream:
    """
    One stream, whole: the frames it is sent in, and the script that it says.

    A run that waits for outputs ends Model Studio's stream, and the next stream goes on; `part` counts them from 0.
    """

    vendor: str
    script: Script
    frames: tuple[bytes, ...] = field(repr=False)
    part: int = 0

    @property
    def body(self) -> bytes:
        """The frames together."""
        return b"".join(self.frames)

    @property
    def events(self) -> list[Happening]:
        """Name and data of each event."""
        return read_stream(self.body, "The stream")


@dataclass(frozen=True, slots=True)
class BrokenStream:
    """
    A stream that is wrong in one place.

    event: the number of the event, from 1, where that shows first. rule: what is wrong there, in words.
    """

    vendor: str
    event: int
    rule: str
    frames: tuple[bytes, ...] = field(repr=False)

    @property
    def body(self) -> bytes:
        """The frames together."""
        return b"".join(self.frames)


def stream(vendor: str, *, max_rounds: int = 1) -> st.SearchStrategy[EventStream]:
    """
    Streams as a vendor's service could send them, from the first event to the last.

    max_rounds: how often the run may call functions. Raises ValueError for an unknown vendor.
    """
    return _streams(vendor_of(vendor), max_rounds)


@st.composite
def _streams(draw: st.DrawFn, vendor: Vendor, max_rounds: int) -> EventStream:
    tools = draw(functions.tools(max_size=2)) if max_rounds else []
    script = draw(scripts_of(vendor, tools, max_rounds, incomplete=True))
    output, with_thread = draw(values.text(max_size=20)), draw(st.booleans())
    parts = performed(vendor, tools, script, output=output, with_thread=with_thread)
    at = draw(st.integers(0, len(parts) - 1))
    return EventStream(vendor.name, script, parts[at], at)


def broken_stream(vendor: str, *, max_rounds: int = 1) -> st.SearchStrategy[BrokenStream]:
    """
    Streams that no service of the vendor's could send, each wrong in one place, with what is wrong.

    Raises ValueError for an unknown vendor.
    """
    return stream(vendor, max_rounds=max_rounds).flatmap(_broken)


def _broken(whole: EventStream) -> st.SearchStrategy[BrokenStream]:
    def spoil(one: Break) -> BrokenStream:
        return BrokenStream(whole.vendor, one.event, one.rule, tuple(one.frames))

    by_rule: dict[str, list[Break]] = {}
    for one in breaks(whole.frames, whole.events):
        by_rule.setdefault(one.rule, []).append(one)
    return st.sampled_from(list(by_rule)).flatmap(lambda rule: st.sampled_from(by_rule[rule])).map(spoil)


def performed(
    vendor: Vendor, tools: Sequence[dict[str, Any]], script: Script, *, output: str = "", with_thread: bool = False
) -> list[tuple[bytes, ...]]:
    """The streams of one run, each as its frames; every call gets the same output."""
    state = State(Clock(), vendor.format_id, KINDS, vendor.name, vendor.habits)
    state.tools = ToolArguments()
    state.scripts.append(Taken(tuple(tuple(turn) if isinstance(turn, list) else turn for turn in script)))
    assistant = create_assistant(state, model="m", tools=tuple(tools))
    thread = create_thread(state, [Draft("你好")])
    run = create_run(state, thread.id, assistant.id, streamed=True)
    parts = [_read(state, vendor, Streamed(run, thread if with_thread else None), output)]
    while waiting := _waiting(state, run):
        parts.append(_read(state, vendor, Streamed(_answered(state, waiting, output)), output))
    return parts


def _read(state: State, vendor: Vendor, streamed: Streamed, output: str) -> tuple[bytes, ...]:
    assert vendor.streams is not None
    open_stream, frames = RunStream(state, streamed, vendor.streams, "request-1", RLock(), 0), []
    while not open_stream.ended:
        piece = open_stream.take()
        if piece is not None:
            frames.append(piece.data)
        elif waiting := _waiting(state, streamed.run):  # the stream stays open over a call
            _answered(state, waiting, output)
    return tuple(frames)


def _waiting(state: State, run: StoredRun) -> StoredRun | None:
    now = state[RUN].get(run.id)
    return now if now.status == "requires_action" else None


def _answered(state: State, run: StoredRun, output: str) -> StoredRun:
    outputs = [(call.id, output) for call in run.calls]
    return submit_outputs(state, run.thread_id, run.id, outputs, streamed=True)
