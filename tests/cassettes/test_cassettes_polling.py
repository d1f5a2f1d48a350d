"""A replayed poll does not wait: replay goes on to the recorded answer that ends the waiting."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from made import BAIDU, ask, asked, one, player, saved

from pytest_assistant_mock._engine.wire import Failure, Response
from pytest_assistant_mock._vendors.secrets import VENDORS
from pytest_assistant_mock.cassettes import Interaction
from pytest_assistant_mock.errors import UnplayedInteractions

RUN = "/threads/thread_1/runs/run_1"


def poll(status: str, path: str = RUN, **more: Any) -> Interaction:
    """A recorded look at a run."""
    answer = {"id": "run_1", "object": "thread.run", "thread_id": "thread_1", "status": status, "request_id": "r", **more}
    return one(asked("GET", path), answer)


def statuses(path: Path, count: int, **options: Any) -> list[str]:
    """What so many looks at the run say."""
    with player(path, **options) as mock:
        return [ask(mock, asked("GET", RUN)).json()["status"] for _ in range(count)]


@pytest.mark.parametrize("end", ["completed", "failed", "cancelled", "expired", "requires_action"])
def test_wait_of_the_sdk_never_sleeps(end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """dashscope's Runs.wait gets the answer that ends it at once, and what was skipped is not unplayed."""
    runs = pytest.importorskip("dashscope").Runs
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it waits"))
    path = saved(tmp_path / "c.yaml", poll("queued"), poll("in_progress"), poll("in_progress"), poll(end))
    with player(path):
        assert runs.wait("run_1", thread_id="thread_1").status == end


def test_each_wait_ends_at_its_own_answer(tmp_path: Path) -> None:
    """Of two waits in a row, the first ends at the first ending answer, the second at the second."""
    path = saved(tmp_path / "c.yaml", *map(poll, ["queued", "requires_action", "in_progress", "completed"]))
    assert statuses(path, 2) == ["requires_action", "completed"]


def test_no_other_recorded_call_is_passed(tmp_path: Path) -> None:
    """What was recorded before another call is played before it; where no ending is left, all plays as recorded."""
    other = one(asked("GET", "/threads/thread_1/messages"), {"data": []})
    path = saved(tmp_path / "c.yaml", poll("queued"), poll("in_progress"), other, poll("completed"))
    with player(path) as mock:
        assert [ask(mock, asked("GET", RUN)).json()["status"] for _ in range(2)] == ["queued", "in_progress"]
        ask(mock, asked("GET", "/threads/thread_1/messages"))
        assert ask(mock, asked("GET", RUN)).json()["status"] == "completed"


def test_a_call_to_somebody_else_is_passed(tmp_path: Path) -> None:
    """A recorded call to a service that nobody plays stands in nobody's way."""
    other = one(asked("GET", "/", base="https://example.com"), {})
    assert statuses(saved(tmp_path / "c.yaml", poll("queued"), other, poll("completed")), 1) == ["completed"]


def test_another_tests_answers_are_not_used(tmp_path: Path) -> None:
    """In a shared cassette, a test's polling ends within what the test has recorded."""
    mine, theirs = (
        Interaction(one.request, one.reply, recorded_by=test) for one, test in ((poll("queued"), "a"), (poll("completed"), "b"))
    )
    assert statuses(saved(tmp_path / "c.yaml", mine, theirs), 2, test="a", shared=True, unplayed="off") == ["queued", "completed"]


@pytest.mark.parametrize("reply", [Response(500, (), b"{}"), Failure("read_timeout"), Response(200, (), b"[]")], ids=str)
def test_an_error_ends_the_waiting_too(reply: Any, tmp_path: Path) -> None:
    """An answer that is an error, a broken line or no run ends Runs.wait, and is not passed."""
    path = saved(tmp_path / "c.yaml", poll("queued"), one(asked("GET", RUN), reply), poll("completed"))
    with player(path) as mock:
        first = ask(mock, asked("GET", RUN))
        assert type(first) is type(reply)
        assert b"queued" not in (first.body if isinstance(first, Response) else b"")
        assert ask(mock, asked("GET", RUN)).json()["status"] == "completed"


def test_appbuilders_query_is_skipped_too(tmp_path: Path) -> None:
    """AppBuilder's query of a run, a POST, is a poll as well: of the same run only."""
    queries = [
        one(asked("POST", "/v2/threads/runs/query", {"run_id": run, "thread_id": "t"}, BAIDU), {"id": run, "status": status})
        for run, status in (("a", "queued"), ("a", "completed"), ("b", "in_progress"))
    ]
    with player(saved(tmp_path / "c.yaml", *queries)) as mock:
        assert [ask(mock, queries[at].request).json()["status"] for at in (0, 2)] == ["completed", "in_progress"]


def test_other_operations_with_a_status_are_not(tmp_path: Path) -> None:
    """Only what the vendor's row calls a poll is skipped."""
    made = [one(asked("POST", "/threads/thread_1/runs", {}), {"id": name, "status": "queued"}) for name in ("a", "b")]
    with player(saved(tmp_path / "c.yaml", *made)) as mock:
        assert [ask(mock, made[0].request).json()["id"] for _ in range(2)] == ["a", "b"]


def test_an_option_plays_all(tmp_path: Path) -> None:
    """With polls="all" every recorded answer is played, and must be."""
    path = saved(tmp_path / "c.yaml", *map(poll, ["queued", "in_progress", "completed"]))
    assert statuses(path, 3, polls="all") == ["queued", "in_progress", "completed"]
    with pytest.raises(UnplayedInteractions):
        statuses(path, 1, polls="all")
    with pytest.raises(ValueError, match="polls='every': expected one of 'skip', 'all'"):
        player(path, polls="every")


@pytest.mark.parametrize("say", ["marker", "ini", "option"])
def test_who_may_say_so_in_pytest(say: str, pytester: pytest.Pytester) -> None:
    """Marker, ini file and command line each say polls="all"; without them a poll is skipped."""
    marker = "@pytest.mark.assistant(polls='all')" if say == "marker" else ""
    saved(Path(pytester.path) / "cassettes" / "test_it" / "test_run.yaml", poll("queued"), poll("completed"))
    url = f"https://dashscope.aliyuncs.com/api/v1{RUN}"
    pytester.makepyfile(test_it=f"""
import pytest, requests
{marker}
def test_run(assistant_mock):
    seen = requests.get("{url}").json()["status"]
    if seen == "queued":
        requests.get("{url}")
    print("seen", seen)
""")  # fmt: skip
    more = {"marker": (), "ini": ("-o", "assistant_polls=all"), "option": ("--assistant-polls=all",)}[say]
    command = ("-p", "no:cacheprovider", "-p", "no:randomly", "-s", "--assistant-source=cassette", "--assistant-contract=off")
    found = pytester.runpytest_inprocess(*command, *more)
    found.assert_outcomes(passed=1)
    found.stdout.fnmatch_lines("*seen queued*")


def test_every_vendor_says_which_statuses_end_a_poll() -> None:
    """The row of a run's retrieval names them, and what a run is under way in is none of them."""
    for vendor in VENDORS:
        (settled,) = [route.settled for route in vendor.routes if route.settled]
        assert {"completed", "requires_action"} <= set(settled)
        assert not {"queued", "in_progress", "cancelling"} & set(settled)
