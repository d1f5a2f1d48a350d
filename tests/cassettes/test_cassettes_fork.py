"""A process that forks while another thread plays or records: the child goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread, Timer
from typing import Any

import pytest
from made import asked, one, player, saved

from pytest_assistant_mock import AssistantMock, Response

ASKED = asked("POST", "/threads", {})


def _play(answerer: Any) -> bool:
    return isinstance(answerer.handle(ASKED), Response)


def _record(answerer: Any) -> bool:
    return answerer.handle(ASKED) is None and answerer.passed(ASKED, Response(200)) is not None


LOCKS: dict[str, tuple[str, Callable[[Any], Any], Callable[[Any], bool]]] = {
    "player": ("cassette", lambda answerer: answerer._lock, _play),
    "recorder": ("live", lambda answerer: answerer._lock, _record),
    "calls that went through": ("live", lambda answerer: answerer._in_flight._lock, _record),
}
"""Where a mock's answers come from, a lock that it holds for a moment while it gives one, and an answer in the child."""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", LOCKS)
def test_a_child_forked_in_the_middle_of_an_answer_goes_on(tmp_path: Path, name: str) -> None:
    """The fork waits until the other thread is done; in the child the cassette still answers or records."""
    source, lock_of, asks = LOCKS[name]
    cassette = saved(tmp_path / "c.yaml", one(ASKED, {"id": "thread_1"}))
    mock = (
        player(cassette, unplayed="off") if source == "cassette" else AssistantMock(source="live", cassette=tmp_path / "new.yaml")
    )
    with mock:
        assert mock._session is not None
        answerer, held, go = mock._session.answerer, Event(), Event()

        def hold() -> None:
            with lock_of(answerer):
                held.set()
                go.wait(30)

        thread = Thread(target=hold)
        thread.start()
        assert held.wait(30)
        Timer(0.05, go.set).start()
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            status = 1
            try:
                status = 0 if asks(answerer) else 2
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        thread.join()
    assert os.waitstatus_to_exitcode(status) == 0
