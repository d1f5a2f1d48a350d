"""
Time and numbers are counted.
"""

from __future__ import annotations

import pytest

from pytest_assistant_mock._engine.clock import EPOCH_MS, Clock, Numbers


def test_a_clock_moves_when_it_is_told_to() -> None:
    """
    It begins at 2025-01-01T00:00:00Z, ticks by a millisecond, and may be set to any time.
    """
    clock = Clock()
    assert (EPOCH_MS, clock.now_ms, clock.now_ms, clock.tick(), clock.now_ms) == (
        1735689600000,
        EPOCH_MS,
        EPOCH_MS,
        *[EPOCH_MS + 1] * 2,
    )
    clock.now_ms = 5
    assert clock.tick() == 6


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (1.5, TypeError, "now_ms=1.5: expected milliseconds since 1970 as an int"),
        ("2025", TypeError, "now_ms='2025': expected milliseconds since 1970 as an int"),
        (-2, ValueError, "now_ms=-2: expected milliseconds since 1970, not before it"),
    ],
)
def test_what_is_no_time_is_refused(value: object, kind: type[Exception], message: str) -> None:
    """
    A float, a text or a time before 1970; the clock stands where it stood.
    """
    clock = Clock(7)
    with pytest.raises(kind) as told:
        clock.now_ms = value  # type: ignore[assignment]
    assert (str(told.value), clock.now_ms) == (message, 7)


def test_every_kind_is_numbered_from_one() -> None:
    """
    One count a kind, none shared with another set of numbers.
    """
    numbers = Numbers()
    assert [numbers.next(kind) for kind in ("a", "b", "a", "a", "b")] == [1, 1, 2, 3, 2]
    assert Numbers().next("a") == 1
