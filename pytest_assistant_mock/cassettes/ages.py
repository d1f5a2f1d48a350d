"""
How old a recording is: when a call was recorded, or last seen to be answered the same.

Knows the dates in a file; asks no clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from pytest_assistant_mock.cassettes.format import Cassette, Interaction
from pytest_assistant_mock.cassettes.usage import Tape

_CONFIRMED = "confirmed_at"
_AGE = re.compile(r"([0-9]{1,6})([hdw])")
_UNITS = {"h": "hours", "d": "days", "w": "weeks"}


def confirmed(metadata: dict[str, Any], tape: Tape, at: str) -> dict[str, Any]:
    """A cassette's metadata, which say when its calls (in a shared cassette, a test's) were last recorded and found the same."""
    if not tape.shared:
        return {**metadata, _CONFIRMED: at}
    before = metadata.get(_CONFIRMED)
    return {**metadata, _CONFIRMED: {**(before if isinstance(before, dict) else {}), tape.test: at}}


def duration(text: str) -> timedelta:
    """What "90d" stands for. Raises ValueError for what is no age."""
    match = _AGE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no age; expected a number of days, weeks or hours, like 90d, 12w or 36h")
    return timedelta(**{_UNITS[match.group(2)]: int(match.group(1))})


def too_old(cassette: Cassette, most: timedelta, now: datetime) -> Iterator[tuple[int, str]]:
    """The line and the words for the oldest interaction that is older than allowed, and for the first that has no date."""
    dated = [(_seen(one, cassette.metadata), one) for one in cassette.interactions]
    if undated := [one for seen, one in dated if seen is None]:
        yield (
            undated[0].line,
            f"{_count(undated)} without the date of its recording (recorded_at); record it again to know its age",
        )
    old = [(seen, one) for seen, one in dated if seen is not None and now - seen > most]
    if old:
        seen, oldest = min(old, key=lambda pair: pair[0])
        days = (now - seen).days
        yield oldest.line, f"{_count(old)} older than allowed, the oldest {days} days, of {seen:%Y-%m-%d}; record it again"


def _count(of: list[Any]) -> str:
    return f"{len(of)} interaction{'' if len(of) == 1 else 's'}"


def _seen(one: Interaction, metadata: dict[str, Any]) -> datetime | None:
    again = metadata.get(_CONFIRMED)
    last = again.get(one.recorded_by, "") if isinstance(again, dict) else again
    found = [date for date in (_date(one.recorded_at), _date(last)) if date is not None]
    return max(found, default=None)


def _date(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
