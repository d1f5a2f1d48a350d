"""
Time and ids: counted, never random, so that every run of a test sees the same ones.

Knows nothing of the wall clock, nor of any vendor's id format.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from threading import RLock

from pytest_assistant_mock._engine import checks

EPOCH_MS = 1_735_689_600_000
"""Where every mock's clock starts: 2025-01-01T00:00:00Z, in milliseconds."""


class Clock:
    """
    Milliseconds since 1970, moved only by what is stored (1 ms a message) or by the test.

    lock: held by whoever stores, and while the test moves the clock.
    """

    def __init__(self, start_ms: int = EPOCH_MS, lock: AbstractContextManager[object] | None = None) -> None:
        self._now_ms = start_ms
        self._step = 1
        self._lock = RLock() if lock is None else lock

    @property
    def now_ms(self) -> int:
        """The time, in ms; a test may set it. Raises TypeError or ValueError for what is no such time."""
        return self._now_ms

    @now_ms.setter
    def now_ms(self, value: int) -> None:
        if not isinstance(value, int):
            raise TypeError(f"now_ms={value!r}: expected milliseconds since 1970 as an int")
        if value < -1:  # -1: the next message is of 1970-01-01T00:00:00Z
            raise ValueError(f"now_ms={value}: expected milliseconds since 1970, not before it")
        self._now_ms = value

    def __repr__(self) -> str:
        return f"<clock at {datetime.fromtimestamp(self.now_ms / 1000, UTC).isoformat(timespec='milliseconds')}>"

    def tick(self) -> int:
        """Move on by one millisecond, unless frozen, and say the time, in ms."""
        self._now_ms += self._step
        return self._now_ms

    def advance(self, seconds: float) -> None:
        """
        Move on by so many seconds, also while frozen; fractions of a millisecond are rounded.

        Raises TypeError or ValueError unless it is a finite number, 0 or more.
        """
        checks.seconds("seconds", seconds, "a finite number, 0 or more; freeze(at) sets an earlier time")
        with self._lock:
            self.now_ms += round(seconds * 1000)

    def freeze(self, at: datetime | str | int | None = None) -> None:
        """
        Stand still, now or at another time: what is stored no longer moves the clock, `advance` does.

        at: a datetime, an ISO 8601 text (UTC if they name no zone), or milliseconds since 1970.
        Raises TypeError or ValueError for anything else.
        """
        with self._lock:
            self.now_ms = self.now_ms if at is None else _milliseconds(at)
            self._step = 0

    def unfreeze(self) -> None:
        """Tick again, from where it stands."""
        self._step = 1

    def state(self) -> tuple[int, int]:
        """What `restore` takes."""
        return (self.now_ms, self._step)

    def restore(self, state: tuple[int, int]) -> None:
        """Stand where it stood."""
        self._now_ms, self._step = state


def _milliseconds(at: datetime | str | int) -> int:
    if isinstance(at, str):
        try:
            at = datetime.fromisoformat(at)
        except ValueError:
            raise ValueError(f"at={at!r}: expected a time like '2025-06-01T12:00:00Z'") from None
    if isinstance(at, datetime):
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    if isinstance(at, bool) or not isinstance(at, int):
        raise TypeError(f"at={at!r}: expected a datetime, a text like '2025-06-01T12:00:00Z', or milliseconds")
    if 0 < at < _FIRST_PLAUSIBLE_MS:
        raise ValueError(f"at={at}: expected milliseconds since 1970, and this looks like seconds; did you mean {at * 1000}?")
    return at


_FIRST_PLAUSIBLE_MS = 100_000_000_000  # March 1973, and the year 5138 in seconds


class Numbers:
    """The next number of each kind of thing, from 1."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def next(self, kind: str) -> int:
        """1 for the first thing of a kind, 2 for the second, …"""
        number = self._last.get(kind, 0) + 1
        self._last[kind] = number
        return number

    def once(self, name: str, kind: str) -> int:
        """The next number of a kind, the first time a name is given; that same number ever after."""
        if name not in self._last:
            self._last[name] = self.next(kind)
        return self._last[name]

    def state(self) -> dict[str, int]:
        """What `restore` takes."""
        return self._last.copy()

    def restore(self, state: dict[str, int]) -> None:
        """Count on from there."""
        self._last = state.copy()
