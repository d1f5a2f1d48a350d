"""The mock's own time: it ticks with what is stored, and moves and stands still when a test says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._engine.clock import EPOCH_MS, Clock, Numbers

START = 1_735_689_600_000
JUNE = 1_748_779_200_000  # 2025-06-01T12:00:00Z


def test_created_at_follows_the_clock() -> None:
    """Advanced by a day, a message is a day younger than the one before."""
    mock = AssistantMock()
    studio = mock.appbuilder
    thread = studio.add_thread()
    first = studio.add_message(thread, "a")
    mock.clock.advance(86_400)
    second = studio.add_message(thread, "b")
    assert (first.created_at, second.created_at) == (START + 1, START + 86_400_002)


def test_a_frozen_clock_stands_until_it_is_moved() -> None:
    """Messages share their time and keep their order; `advance` moves it, `unfreeze` lets it tick again."""
    mock = AssistantMock()
    studio = mock.model_studio
    thread = studio.add_thread()
    mock.clock.freeze("2025-06-01T12:00:00Z")
    messages = [studio.add_message(thread, text) for text in "ab"]
    mock.clock.advance(0.5)
    messages.append(studio.add_message(thread, "c"))
    mock.clock.unfreeze()
    messages.append(studio.add_message(thread, "d"))
    assert [message.created_at - JUNE for message in messages] == [0, 0, 500, 501]
    assert [message.text for message in studio.messages(thread)] == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "at",
    [
        JUNE,
        "2025-06-01T12:00:00Z",
        "2025-06-01T20:00:00+08:00",
        "2025-06-01T12:00:00",
        datetime(2025, 6, 1, 12, tzinfo=UTC),
        datetime(2025, 6, 1, 20, tzinfo=timezone(timedelta(hours=8))),
        datetime(2025, 6, 1, 12),
    ],
    ids=repr,
)
def test_a_time_may_be_said_in_many_ways(at: Any) -> None:
    """Milliseconds, text or a datetime; without a zone it is UTC."""
    clock = AssistantMock().clock
    clock.freeze(at)
    assert (clock.now_ms, repr(clock)) == (JUNE, "<clock at 2025-06-01T12:00:00.000+00:00>")


def test_freezing_without_a_time_stops_it_where_it_is() -> None:
    """The next message has the time it was frozen at."""
    mock = AssistantMock()
    mock.clock.freeze()
    assert mock.model_studio.add_message(mock.model_studio.add_thread(), "a").created_at == START


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (
            lambda clock: clock.advance(-1),
            ValueError,
            "seconds=-1: expected a finite number, 0 or more; freeze(at) sets an earlier time",
        ),
        (lambda clock: clock.advance("1"), TypeError, "seconds='1': expected a number of seconds"),
        (lambda clock: clock.freeze("June"), ValueError, "at='June': expected a time like '2025-06-01T12:00:00Z'"),
        (
            lambda clock: clock.freeze(1_748_779_200),
            ValueError,
            "at=1748779200: expected milliseconds since 1970, and this looks like seconds; did you mean 1748779200000?",
        ),
        (
            lambda clock: clock.freeze(1.5),
            TypeError,
            "at=1.5: expected a datetime, a text like '2025-06-01T12:00:00Z', or milliseconds",
        ),
    ],
)
def test_a_wrong_time_is_refused_at_once(call: Any, kind: type[Exception], message: str) -> None:
    """With what was expected; the clock has not moved."""
    clock = AssistantMock().clock
    with pytest.raises(kind) as raised:
        call(clock)
    assert (str(raised.value), clock.now_ms) == (message, START)


def test_a_clock_moves_when_it_is_told_to() -> None:
    """It begins at 2025-01-01T00:00:00Z, ticks by a millisecond, and may be set to any time."""
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
    """A float, a text or a time before 1970; the clock stands where it stood."""
    clock = Clock(7)
    with pytest.raises(kind) as told:
        clock.now_ms = value  # type: ignore[assignment]
    assert (str(told.value), clock.now_ms) == (message, 7)


def test_every_kind_is_numbered_from_one() -> None:
    """One count a kind, none shared with another set of numbers."""
    numbers = Numbers()
    assert [numbers.next(kind) for kind in ("a", "b", "a", "a", "b")] == [1, 1, 2, 3, 2]
    assert Numbers().next("a") == 1
