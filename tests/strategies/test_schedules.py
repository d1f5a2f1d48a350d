"""Schedules of faults can all be planned, strike no more often than they say, and print themselves as a script."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import HealthCheck, find, given, settings

from pytest_assistant_mock import AssistantMock, faults, strategies
from pytest_assistant_mock.strategies.schedules import _MADE

CLIENT = httpx.Client()


STREAMS = ["slow_pieces", "repeat", "out_of_order", "garbage_frame", "stall", "cut"]  # AppBuilder has no word for "error_event"


def post(handle, thread, tries):
    """A client that tries again, whatever comes."""
    url = f"{handle.base_url}/threads/{thread.id}/messages"
    for _ in range(tries):
        try:
            answer = CLIENT.post(url, json={"content": "hello"}, headers={"Authorization": f"Bearer {handle.api_key}"})
            if answer.status_code == 200 and "id" in answer.json() and "content" in answer.json():
                return answer.json()
        except (httpx.TransportError, ValueError):
            pass
    return None


@settings(max_examples=60)
@given(schedule=strategies.faults(max_faults=3))
@strategies.fresh("model_studio")
def test_a_client_that_tries_four_times_survives_any_three_failures(studio, schedule):
    """Three faults strike at most three requests, so the fourth goes through."""
    schedule.plan(studio)
    assert schedule.total <= 3
    assert post(studio, studio.add_thread(), tries=4) is not None


def test_a_client_that_gives_up_is_caught_with_the_least_schedule():
    """One fault is enough to stop a client that tries once; the schedule shrinks to it."""

    def stops(schedule):
        with AssistantMock() as mock:
            schedule.plan(mock.model_studio)
            return post(mock.model_studio, mock.model_studio.add_thread(), tries=1) is None

    found = find(
        strategies.faults(max_faults=3), stops, settings=settings(max_examples=300, suppress_health_check=list(HealthCheck))
    )
    assert [(strike.times, strike.after) for strike in found.strikes] == [(1, 0)]


def test_a_schedule_prints_itself_as_it_would_be_written():
    """The script plans the same faults."""

    @settings(max_examples=30)
    @given(schedule=strategies.faults(on=["create_message", None]) | strategies.faults(names=STREAMS, on=["create_run", None]))
    @strategies.fresh("appbuilder")
    def same(baidu, schedule):
        exec(schedule.script(), {"handle": baidu, "faults": faults})
        with AssistantMock() as other:
            schedule.plan(other.appbuilder)
        assert schedule.script().count("handle.fail(") == len(schedule.strikes)

    same()


def test_every_fault_the_mock_can_play_is_drawn():
    """A new fault must be given a row."""
    assert set(_MADE) == set(faults.FAULTS)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: strategies.faults(names=["hangs"]),
            f"no fault 'hangs'; did you mean 'hang'?; there are {', '.join(faults.FAULTS)}",
        ),
        (
            lambda: strategies.faults(names=[]),
            "faults(): nothing to choose from; name at least one fault and one operation (or None, for any)",
        ),
        (lambda: strategies.faults(max_faults=0), "max_faults=0: expected 1 or more"),
    ],
)
def test_an_impossible_schedule_is_refused_at_once(make, message):
    """The error names what there is."""
    with pytest.raises(ValueError, match="fault") as caught:
        make()
    assert str(caught.value) == message
