"""
Schedules of faults: "my client survives any three failures".

Knows the faults a mock can play and where they strike; knows no vendor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hypothesis import currently_in_test_context, note
from hypothesis import strategies as st

from pytest_assistant_mock import faults as all_faults
from pytest_assistant_mock.errors import nearest
from pytest_assistant_mock.faults import FAULTS, Fault

if TYPE_CHECKING:
    from pytest_assistant_mock._mock.handle import Handle

__tracebackhide__ = True  # a failing test shows its own line

_BYTES = st.integers(0, 400)
_FLAG = st.booleans()
_FRAMES = st.integers(0, 20)

_OF_STREAMS: dict[str, st.SearchStrategy[Fault]] = {
    "slow_pieces": st.integers(0, 60).map(all_faults.slow_pieces),
    "repeat": st.integers(1, 20).map(all_faults.repeat),
    "out_of_order": _FRAMES.map(all_faults.out_of_order),
    "garbage_frame": _FRAMES.map(all_faults.garbage_frame),
    "error_event": _FRAMES.map(all_faults.error_event),
    "stall": _FRAMES.map(all_faults.stall),
    "cut": _FRAMES.map(all_faults.cut),
}
"""What strikes streams alone, and is drawn only if it is named."""

# from the mildest: a failing schedule shrinks to the first that fails
_MADE: dict[str, st.SearchStrategy[Fault]] = {
    "slow": st.integers(0, 600).map(all_faults.slow),
    "rate_limited": st.builds(all_faults.rate_limited),
    "unavailable": st.builds(all_faults.unavailable, after=_FLAG),
    "server_error": st.builds(all_faults.server_error, after=_FLAG),
    "quota_exceeded": st.builds(all_faults.quota_exceeded),
    "unauthorized": st.builds(all_faults.unauthorized),
    "forbidden": st.builds(all_faults.forbidden),
    "connect_refused": st.builds(all_faults.connect_refused),
    "connect_timeout": st.builds(all_faults.connect_timeout),
    "hang": st.builds(all_faults.hang, after=_FLAG),
    "reset": st.builds(all_faults.reset, after=_FLAG) | st.builds(all_faults.reset, _BYTES),
    "closed": st.builds(all_faults.closed, after=_FLAG),
    "truncated": _BYTES.map(all_faults.truncated),
    "bad_gateway_html": st.builds(all_faults.bad_gateway_html, after=_FLAG),
    "empty_body": st.builds(all_faults.empty_body),
    "wrong_content_type": st.builds(all_faults.wrong_content_type),
    "without": st.sampled_from(["id", "content", "data", "request_id"]).map(all_faults.without),
    **_OF_STREAMS,
}


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault of a schedule: what, at which operation (None: any), how often, after how many requests left alone."""

    fault: Fault
    on: str | None
    times: int
    after: int

    def __str__(self) -> str:
        return f"handle.fail(faults.{self.fault.name}, on={self.on!r}, times={self.times}, after={self.after}, optional=True)"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Faults to be planned in this order."""

    strikes: tuple[Strike, ...]

    @property
    def total(self) -> int:
        """How many requests can be struck at most."""
        return sum(strike.times for strike in self.strikes)

    def plan(self, handle: Handle) -> None:
        """Plan every fault; one that never strikes is no fault of the test's. In a failing example the plan is printed."""
        if currently_in_test_context():
            note(self.script())
        for strike in self.strikes:
            handle.fail(strike.fault, on=strike.on, times=strike.times, after=strike.after, optional=True)

    def script(self) -> str:
        """The plan as Python that can be pasted into a test."""
        return "\n".join(map(str, self.strikes))


def faults(
    *, names: Sequence[str] | None = None, on: Sequence[str | None] = (None,), max_faults: int = 3
) -> st.SearchStrategy[Schedule]:
    """
    Schedules of at most `max_faults` struck requests.

    names: which faults ("hang", "rate_limited", …), by default all but those that strike streams alone ("cut", "stall", …).
    on: at which operations, None for any.
    Raises ValueError for an unknown fault, nothing to choose from, or fewer than one fault.
    """
    chosen = [name for name in _MADE if name not in _OF_STREAMS] if names is None else list(names)
    for name in chosen:
        if name not in FAULTS:
            raise ValueError(f"no fault {name!r}{nearest(name, FAULTS)}; there are {', '.join(FAULTS)}")
    if not chosen or not on:
        raise ValueError("faults(): nothing to choose from; name at least one fault and one operation (or None, for any)")
    if max_faults < 1:
        raise ValueError(f"max_faults={max_faults}: expected 1 or more")
    strike = st.builds(
        Strike,
        st.one_of([_MADE[name] for name in chosen]),
        st.sampled_from(list(on)),
        st.just(1),
        st.integers(0, 3),
    )
    return st.lists(strike, max_size=max_faults).map(lambda strikes: Schedule(tuple(strikes)))
