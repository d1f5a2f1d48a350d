"""
So many requests in so much of the mock's time, for each key by itself.

Counts; words and keys are somebody else's business.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Limit:
    """At most `requests` requests of a key in any `per` seconds; for one operation or all (None)."""

    requests: int
    per: float
    on: str | None = None
    _admitted: dict[str, deque[int]] = field(default_factory=dict)  # by key, when in ms

    def has_room(self, key: str, now_ms: int) -> bool:
        """Whether one more request fits."""
        times = self._admitted.setdefault(key, deque())
        while times and now_ms - times[0] >= self.per * 1000:
            times.popleft()
        return len(times) < self.requests

    def admit(self, key: str, now_ms: int) -> None:
        """Count one request."""
        self._admitted.setdefault(key, deque()).append(now_ms)

    def copy(self) -> Limit:
        """The same limit with the same counts, counting on by itself."""
        return Limit(self.requests, self.per, self.on, {key: deque(times) for key, times in self._admitted.items()})


def within(limits: list[Limit], operation: str | None, key: str, now_ms: int) -> bool:
    """Count a request against all limits it falls under; False, and nothing counted, if one of them is reached."""
    concerned = [limit for limit in limits if limit.on is None or limit.on == operation]
    if not all(limit.has_room(key, now_ms) for limit in concerned):
        return False
    for limit in concerned:
        limit.admit(key, now_ms)
    return True
