"""
`--assistant-orphans`: the cassettes beside the collected tests that no test of the run asked for.

Judges only what the run could know: of a test that did not run, or did not pass, the cassette by its name is not listed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from pytest_assistant_mock._mock.recording import command_line
from pytest_assistant_mock.plugin.options import cassette_of
from pytest_assistant_mock.plugin.report import plain

_FIXTURES = frozenset(["assistant_mock", "assistant_server"])
_SENT = "assistant_orphans"
_TITLE = "assistant: cassettes that no test asked for"


@dataclass(slots=True)
class _Seen:
    """What one process saw: the files it collected tests from, where each test's cassette would lie, what was asked for."""

    files: set[str] = field(default_factory=set)
    expected: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def plain(self) -> dict[str, Any]:
        """As it travels between processes."""
        return {"files": sorted(self.files), "expected": self.expected, "asked": sorted(self.asked)}

    def add(self, told: dict[str, Any]) -> None:
        """What another process saw."""
        self.files.update(told["files"])
        self.expected.update(told["expected"])
        self.asked.update(told["asked"])


class Orphans:
    """A plugin of its own, registered if the option is given: looks in each process, judges in the main one."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._seen = _Seen()
        self._passed: set[str] = set()
        self._workers = 0
        self._found: list[str] = []
        self._before, command_line.opened = command_line.opened, self._seen.asked

    def pytest_unconfigure(self) -> None:
        """Nobody counts any more."""
        command_line.opened = self._before

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """All that was collected, before -k or -m take something away."""
        for item in items:
            self._seen.files.add(os.path.realpath(item.path))
            if _FIXTURES & set(getattr(item, "fixturenames", ())):
                name = next((one.kwargs["cassette"] for one in item.iter_markers("assistant") if "cassette" in one.kwargs), None)
                self._seen.expected[item.nodeid] = os.path.realpath(cassette_of(item, name))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that passed has asked for all it ever asks for."""
        if report.when == "call" and report.passed:
            self._passed.add(report.nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self, node: Any) -> None:
        """A worker of pytest-xdist, which must tell what it saw."""
        self._workers += 1

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object | None) -> None:
        """What it saw; one that has crashed says nothing."""
        if told := getattr(node, "workeroutput", {}).get(_SENT):
            self._workers -= 1
            self._seen.add(told)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Judge; an orphan fails a run that has passed otherwise."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[_SENT] = self._seen.plain()
            return
        self._found = list(self._lines())
        if self._orphans and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell."""
        terminalreporter.section(_TITLE)
        for line in self._found:
            terminalreporter.line(plain(line))

    _orphans: tuple[str, ...] = ()

    def _lines(self) -> Iterator[str]:
        if self._workers:
            yield "not known: a worker of pytest-xdist did not tell which cassettes its tests asked for; run the tests again"
            return
        if not self._seen.asked:
            yield "not known: no test of this run asked for a cassette; do you want --assistant-source=cassette?"
            return
        unsure = {path for test, path in self._seen.expected.items() if test not in self._passed}
        there, unjudged = self._beside()
        self._orphans = tuple(sorted(there - self._seen.asked - unsure))
        yield from (f"  {self._relative(path)}" for path in self._orphans)
        judged = f"{len(there)} cassette{'' if len(there) == 1 else 's'} looked at"
        yield f"{judged}; delete those above, if no other run needs them" if self._orphans else f"none; {judged}"
        if spared := unsure & there - self._seen.asked:
            yield f"only a part of the tests ran: {len(spared)} cassettes of tests that did not run, or not pass, are not listed"
        for folder, count in sorted(unjudged.items()):
            yield f"only a part of the tests ran: {count} in {self._relative(folder)} not looked at"

    def _beside(self) -> tuple[set[str], dict[str, int]]:
        """The cassettes beside the collected tests whose tests were all collected; of the others how many, by folder."""
        judged, unjudged = set[str](), dict[str, int]()
        for home in sorted({Path(file).parent for file in self._seen.files}):
            for path in sorted((home / "cassettes").rglob("*.yaml")):
                if self._is_known(home, path):
                    judged.add(os.path.realpath(path))
                elif os.path.realpath(path) not in self._seen.asked:
                    unjudged[str(path.parent)] = unjudged.get(str(path.parent), 0) + 1
        return judged, unjudged

    def _is_known(self, home: Path, cassette: Path) -> bool:
        """Whether every test that could ask for it was collected: those of its module, else those of the whole folder."""
        parts = cassette.relative_to(home / "cassettes").parts
        module = home / f"{parts[0]}.py"
        if len(parts) > 1 and module.exists():
            return self._is_whole([module])
        return self._is_whole([home, *_test_files(home, self._config.getini("python_files"))])

    def _is_whole(self, paths: list[Path]) -> bool:
        return all(self._was_named(path) and (path.is_dir() or os.path.realpath(path) in self._seen.files) for path in paths)

    def _was_named(self, path: Path) -> bool:
        """Whether an argument of the run names a file or folder, or what it is in; none of its tests alone."""
        start = self._config.invocation_params.dir
        named = [Path(os.path.realpath(start / one)) for one in self._config.args if "::" not in one]
        return any(Path(os.path.realpath(path)).is_relative_to(one) for one in named)

    def _relative(self, path: str) -> str:
        return os.path.relpath(path, self._config.rootpath) if Path(path).is_relative_to(self._config.rootpath) else path


def _test_files(home: Path, patterns: Iterable[str]) -> list[Path]:
    """The test files of a folder, by pytest's own setting."""
    return [one for one in sorted(home.glob("*.py")) if any(fnmatch(one.name, pattern) for pattern in patterns)]
