"""The benchmarks run: every measure once, and small. How fast anything is, no test says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from itertools import count
from math import isfinite
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
MEASURES = {
    "start": 1,
    "fixture": 3,
    "httpx": 2,
    "requests": 2,
    "dashscope": 2,
    "appbuilder": 2,
    "aiohttp": 2,
    "volume-model_studio": 4,
    "volume-appbuilder": 4,
    "contract": 4,
    "cassettes": 12,
    "server": 11,
    "generation": 3,
    "conversations": 3,
    "served_streams": 3,
    "growth": 10,
}
"""How many rows each gives; fewer where a peer is missing."""


@pytest.fixture(scope="module")
def harness():
    """The module `benchmarks/harness.py`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        import harness

        yield harness


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_runs(name, tmp_path):
    """Each gives its rows, every figure a finite number, or says what is not installed."""
    file = tmp_path / "found.json"
    command = [sys.executable, str(FOLDER / "run.py"), "--quick", "--here", "--only", name, "--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(file.read_text("utf8"))
    if name in found["missing"]:
        pytest.skip(found["missing"][name])
    assert 0 < len(found["rows"]) <= MEASURES[name]
    for row in found["rows"]:
        assert all(isfinite(figure) for figure in (row["ours"], *row["peers"].values())), row
        assert row["measure"] in done.stdout


def test_what_is_measured_keeps_its_bytecode(harness, monkeypatch):
    """Or a package that runs from its sources would be compiled at every start, and only that one."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    environment = harness.environment({"MORE": "1"})
    assert "PYTHONDONTWRITEBYTECODE" not in environment
    assert (environment["MORE"], environment["PATH"]) == ("1", os.environ["PATH"])


def test_cases_take_turns(harness):
    """
    Every round runs each case once, the second round backwards; a figure is seconds a call, setting up and warming up left out.
    """
    log, ticks = [], count()

    def case(name):
        @contextmanager
        def opened():
            log.append(f"{name} opens")
            yield lambda times: log.append(f"{name} {times}")

        return opened

    cases = {"a": case("a"), "b": case("b")}
    times = harness.interleaved(cases, rounds=2, calls=4, warm_up=1, clock=lambda: next(ticks))

    a, b = (["a opens", "a 1", "a 4"], ["b opens", "b 1", "b 4"])
    assert log == [*a, *b, *b, *a]
    assert times == {"a": [0.25, 0.25], "b": [0.25, 0.25]}


def test_a_ratio_is_of_the_same_round(harness):
    """Rounds are compared one by one, so that a slow moment strikes both sides."""
    times = {"floor": [1.0, 10.0, 1.0], "ours": [2.0, 20.0, 3.0], "peer": [4.0, 40.0, 5.0]}
    assert harness.ratio(times, "ours", "floor") == 2.0
    assert harness.ratios(times, to="floor") == {"peer": 4.0}


def test_the_table_says_what_was_missed(harness):
    """A target that is not reached stands out; a row without one is told for its own sake."""
    rows = [
        harness.Row("slow / floor", 1.5, 1.3, {"peer": 12.34}, note="floor 9 µs"),
        harness.Row("payloads / by hand", 0.95, 0.9, good="high"),
        harness.Row("memory", 1234.5, unit="MB"),
    ]
    assert harness.table(rows).splitlines()[2:] == [
        "| slow / floor | 1.50 | ≤ 1.30 **missed** | peer 12.3; floor 9 µs |",
        "| payloads / by hand | 0.95 | ≥ 0.90 |  |",
        "| memory | 1,234 MB | – |  |",
    ]


def test_a_process_that_fails_is_an_error(harness, tmp_path):
    """Its exit status and its last words are in the error; it is not measured as fast."""
    command = harness.Command([sys.executable, "-c", "raise SystemExit('no such plugin')"], tmp_path)
    with pytest.raises(RuntimeError, match=r"^peer: exit status 1\nno such plugin"):
        harness.processes({"peer": command}, rounds=1, clock="cpu")


def test_the_picture_has_a_line_a_measure_and_a_dot_a_peer(harness, tmp_path):
    """Every row with peers stands in it by name, every peer in its legend; the same rows give the same bytes."""
    pytest.importorskip("matplotlib")
    import picture

    rows = [harness.Row("create / floor", 1.4, 1.3, {"respx": 1.8, "vcrpy": 2.5}), harness.Row("memory", 458, unit="MB")]
    first, second = tmp_path / "1.svg", tmp_path / "2.svg"
    picture.draw(rows, first)
    picture.draw(rows, second)
    drawn = first.read_text("utf8")
    assert all(f">{words}<" in drawn for words in ("create / floor", "respx", "vcrpy", "ours", "our target"))
    assert "memory" not in drawn
    assert first.read_bytes() == second.read_bytes()
