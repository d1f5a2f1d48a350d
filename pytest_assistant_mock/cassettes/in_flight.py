"""
Calls that went through and have not come back: a recording that closes meanwhile loses them, and says so.

Knows threads and asyncio's tasks; knows nothing of what was asked.
"""

from __future__ import annotations

import sys
from threading import Lock, Thread, current_thread
from typing import Any, NamedTuple

from pytest_assistant_mock._engine import forks
from pytest_assistant_mock._engine.wire import Request


class _Begun(NamedTuple):
    request: Request
    thread: Thread
    task: Any
    made_with: str


class InFlight:
    """
    Who has asked and got no answer yet. Safe to call from many threads.

    A call may end with an error that nobody hears of (a name not found): it is over when its task or thread is, or asks again.
    """

    def __init__(self) -> None:
        self._begun: dict[int, _Begun] = {}
        self._lock = Lock()
        forks.shared(self._lock, forks.KEEPS)

    def begin(self, request: Request, made_with: str = "") -> None:
        """A call goes through, made with some client."""
        one = _Begun(request, current_thread(), _task(), made_with)
        with self._lock:
            over = [name for name, other in self._begun.items() if (other.thread, other.task) == (one.thread, one.task)]
            for name in over:
                del self._begun[name]
            self._begun[id(request)] = one

    def end(self, request: Request) -> str:
        """It has come back; with what it was made."""
        with self._lock:
            one = self._begun.pop(id(request), None)
        return one.made_with if one is not None else ""

    def left(self) -> list[Request]:
        """What has not come back, seen from who asks: none of its own."""
        here = current_thread(), _task()
        with self._lock:
            return [one.request for one in self._begun.values() if (one.thread, one.task) != here and _runs(one)]


def _runs(one: _Begun) -> bool:
    return one.thread.is_alive() and not (one.task is not None and one.task.done())


def _task() -> Any:
    """asyncio's task that runs just now; None if none does."""
    asyncio = sys.modules.get("asyncio")
    try:
        return asyncio.current_task() if asyncio is not None else None
    except RuntimeError:
        return None
