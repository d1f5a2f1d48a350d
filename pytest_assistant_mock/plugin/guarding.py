"""
The ini option assistant_guard: no call to a vendor's host leaves the run, and a test that swallows the error is told.

Knows when pytest begins and ends things; what is stopped, and how, is the guard's business.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from pytest_assistant_mock._mock.guard import Guard
from pytest_assistant_mock.errors import BlockedHost, causes
from pytest_assistant_mock.plugin.options import hosts

__tracebackhide__ = True  # a failing test shows its own line

_GUARD = pytest.StashKey[Guard]()


def begin(config: pytest.Config) -> None:
    """Guard the run from now on, unless it is guarded already."""
    if _GUARD not in config.stash:
        guard = config.stash[_GUARD] = Guard(hosts(config.getini("assistant_hosts")))
        guard.__enter__()
        config.add_cleanup(lambda: guard.__exit__(None, None, None))


def after_collection(config: pytest.Config) -> None:
    """Warn of calls that were stopped while tests were collected, and whose error was swallowed."""
    if blocked := _stopped(config):
        config.issue_config_time_warning(pytest.PytestWarning(_swallowed(blocked, "while tests were collected")), stacklevel=2)


def after_test(item: pytest.Item, failure: BaseException | None) -> None:
    """
    Raise BlockedHost for calls that were stopped in this test, unless the test has failed of one, or is marked strict=False.
    """
    blocked = _stopped(item.config)
    if blocked and not any(one in blocked for one in causes(failure)) and _strict(item):
        raise BlockedHost(_swallowed(blocked, "before"))


def _strict(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("assistant")
    return marker is None or marker.kwargs.get("strict", True) is not False


def _stopped(config: pytest.Config) -> Sequence[BlockedHost]:
    guard = config.stash[_GUARD]
    blocked, guard.blocked = guard.blocked, []
    return blocked


def _swallowed(blocked: Sequence[BlockedHost], when: str) -> str:
    count = f"{len(blocked)} calls" if len(blocked) > 1 else "a call"
    return f"{blocked[0]}\n  raised at {count} {when}, and swallowed by the code under test"
