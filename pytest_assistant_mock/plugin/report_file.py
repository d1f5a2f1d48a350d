"""
`--assistant-report=FILE`: what each test exchanged travels on the report of its teardown, through xdist too, into one page.

A page that cannot be written never ends the run. A file that is no page is never overwritten.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_assistant_mock._traffic.html_report import Told, page, told
from pytest_assistant_mock.plugin.report import plain

if TYPE_CHECKING:
    from pytest_assistant_mock._engine.wire import Exchange
    from pytest_assistant_mock._mock.mock import AssistantMock

_PAGE = b"<!doctype html"
_WORSE = ("passed", "skipped", "failed")


def attach(report: pytest.TestReport, traffic: Sequence[tuple[AssistantMock, list[Exchange]]]) -> None:
    """Put what a test exchanged on its report, as text that xdist carries."""
    kept = [(mock, exchanges) for mock, exchanges in traffic if exchanges]
    if not kept:
        return
    try:
        parts = [told(exchanges, mock._engine.sent, mock._hiding.secrets(exchanges)) for mock, exchanges in kept]
        joined = {name: [one for part in parts for one in part[name]] for name in ("talks", "exchanges")}
        text = json.dumps({"count": sum(part["count"] for part in parts), **joined}, ensure_ascii=False)
    except Exception as problem:
        text = json.dumps({"count": 0, "talks": [], "exchanges": [], "problem": type(problem).__name__})
    report.assistant_report = plain(text)  # type: ignore[attr-defined]


def _may_be_written(path: Path) -> bool:
    """Not a test file: in `pytest --assistant-report test_a.py` it was taken for the name of the page."""
    try:
        if not path.is_file():
            return True
        with path.open("rb") as file:
            begin = file.read(len(_PAGE))
    except OSError:
        return True  # it is told at the end that nothing can be written there
    return begin.lower() in (b"", _PAGE)


class ReportFile:
    """The page of one run: collected in the main process, written at its end."""

    def __init__(self, config: pytest.Config) -> None:
        given = config.getoption("assistant_report")
        self._path = Path(config.invocation_params.dir, given)
        if not _may_be_written(self._path):
            said = f"--assistant-report={given}: this file is no HTML page, so it is not overwritten"
            raise pytest.UsageError(f"{said}; name the page: --assistant-report=report.html")
        self._outcomes: dict[str, str] = {}
        self._told: dict[str, tuple[tuple[str, int], str]] = {}
        self._line = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep how a test ended, and what it exchanged."""
        before = self._outcomes.get(report.nodeid, "passed") if report.when != "setup" else "passed"
        self._outcomes[report.nodeid] = max(before, report.outcome, key=_WORSE.index)
        told: Any = getattr(report, "assistant_report", None)
        if told is not None:
            file, line, _ = report.location
            self._told[report.nodeid] = (file, line or 0), told

    def pytest_sessionfinish(self) -> None:
        """Write the page, in the order in which the tests stand in their files."""
        ordered = sorted(self._told.items(), key=lambda one: (one[1][0], one[0]))
        tests = [Told(plain(id), self._outcomes[id], told) for id, (_, told) in ordered]
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.write_text(page(tests), "utf-8")
            self._line = f"assistant report: {self._path} ({len(tests)} test{'' if len(tests) == 1 else 's'})"
        except OSError as problem:
            self._line = f"assistant report: not written, {problem.strerror}: {self._path}"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say where it is."""
        terminalreporter.line(self._line)
