"""`assistant-mock check --max-age`: a recording may grow too old."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from made import asked, one, saved

from pytest_assistant_mock.__main__ import main
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock.cassettes import Cassette, ages, load, storage
from pytest_assistant_mock.cassettes.format import to_text

NOW = datetime(2026, 4, 2, 3, 4, 5, tzinfo=UTC)
THREAD = {"id": "thread_1", "object": "thread", "created_at": 1700000000000, "metadata": {}, "request_id": "r"}


def cassette(*dates: str, test: str = "", **metadata: Any) -> Cassette:
    """A call of each date."""
    call = one(asked("POST", "/threads", {}), THREAD)
    return Cassette([replace(call, recorded_at=date, recorded_by=test) for date in dates], metadata)


def said(of: Cassette, age: str) -> list[str]:
    """What is told of it."""
    return [text for _, text in ages.too_old(of, ages.duration(age), NOW)]


@pytest.mark.parametrize(
    ("age", "count"), [("90d", 0), ("89d", 1), ("12w", 1), ("13w", 0), ("2160h", 0), ("2159h", 1), ("999999d", 0)]
)
def test_an_age_in_days_weeks_or_hours(age: str, count: int) -> None:
    """A call that is just as old as allowed passes, an older one is told with its age and date."""
    expected = ["1 interaction older than allowed, the oldest 90 days, of 2026-01-02; record it again"]
    assert said(cassette("2026-01-02T03:04:05Z", "2026-04-01T00:00:00Z"), age) == expected * count


def test_a_confirmed_call_is_as_old_as_its_confirmation() -> None:
    """Found the same again, a call is young again: in a shared cassette, only the calls of the test that did it."""
    old = "2025-01-02T03:04:05Z"
    assert said(cassette(old, confirmed_at="2026-04-01T00:00:00Z"), "90d") == []
    for test, count in (("a", 0), ("b", 1)):
        assert len(said(cassette(old, test=test, confirmed_at={"a": "2026-04-01T00:00:00Z"}), "90d")) == count


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_a_call_without_a_date_is_told(date: str) -> None:
    """Nobody knows how old it is."""
    (text,) = said(cassette(date, "2026-04-01T00:00:00Z"), "90d")
    assert text == "1 interaction without the date of its recording (recorded_at); record it again to know its age"


def test_a_date_without_a_zone_is_read_as_utc() -> None:
    """As a person might write it, day only."""
    assert said(cassette("2026-04-01"), "2d") == []
    assert len(said(cassette("2026-03-30"), "2d")) == 1


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 1 and the line for an old one, 0 without the option and for one of today."""
    path = saved(tmp_path / "old.yaml", *cassette("2020-01-02T03:04:05Z").interactions)
    line = load(path).interactions[0].line
    assert main(["check", str(path)]) == 0
    assert main(["check", "--max-age", "90d", str(path)]) == 1
    assert f"{path}:{line}: 1 interaction older than allowed, the oldest " in capsys.readouterr().out
    today = (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    fresh = cassette("2020-01-02T03:04:05Z", confirmed_at=today)
    storage.write(tmp_path / "fresh.yaml", to_text(fresh), Secrets())
    assert main(["check", "--max-age", "1d", str(tmp_path / "fresh.yaml")]) == 0


@pytest.mark.parametrize("age", ["90", "d", "1y", "-1d", "1.5d", ""])
def test_what_is_no_age_is_refused(age: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2, with examples of what is one."""
    path = saved(tmp_path / "c.yaml", *cassette("2026-01-02T03:04:05Z").interactions)
    assert main(["check", f"--max-age={age}", str(path)]) == 2
    expected = f"--max-age: {age!r} is no age; expected a number of days, weeks or hours, like 90d, 12w or 36h\n"
    assert capsys.readouterr().err == f"assistant-mock check: {expected}"


def test_a_file_that_is_no_cassette_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be read has no age."""
    (tmp_path / "c.yaml").write_text("version: 7\n", "utf-8")
    assert main(["check", "--max-age=90d", str(tmp_path / "c.yaml")]) == 1
    assert capsys.readouterr().out.count("c.yaml:1: ") == 1
