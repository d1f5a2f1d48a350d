"""
Time and ids: counted, never random, so that every run of a test sees the same ones.

Knows nothing of the wall clock, nor of any vendor's id format.
"""

from __future__ import annotations

from collections import Counter

EPOCH_MS = 1_735_689_600_000
"""Where every mock's clock starts: 2025-01-01T00:00:00Z, in milliseconds."""


class Clock:
    """
    Milliseconds since 1970, moved only by what is stored (1 ms a message) or by the test.
    """

    def __init__(self, start_ms: int = EPOCH_MS) -> None:
        self._now_ms = start_ms

    @property
    def now_ms(self) -> int:
        """
        The time, in ms; a test may set it. Raises TypeError or ValueError for what is no such time.
        """
        return self._now_ms

    @now_ms.setter
    def now_ms(self, value: int) -> None:
        if not isinstance(value, int):
            raise TypeError(f"now_ms={value!r}: expected milliseconds since 1970 as an int")
        if value < -1:  # -1: the next message is of 1970-01-01T00:00:00Z
            raise ValueError(f"now_ms={value}: expected milliseconds since 1970, not before it")
        self._now_ms = value

    def tick(self) -> int:
        """
        Move on by one millisecond and say the time, in ms.
        """
        self._now_ms += 1
        return self._now_ms


class Numbers:
    """
    The next number of each kind of thing, from 1.
    """

    def __init__(self) -> None:
        self._last: Counter[str] = Counter()

    def next(self, kind: str) -> int:
        """
        1 for the first thing of a kind, 2 for the second, …
        """
        number = self._last[kind] + 1
        self._last[kind] = number
        return number
