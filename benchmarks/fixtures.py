"""
What a fixture adds to an empty test: whole runs of pytest, CPU time, the run of one test taken off, a run without fixtures
taken off; and what a mock opened by hand adds.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import harness
from harness import Command, Row, effort
from startup import ALONE, PLUGINS, PYTEST

TESTS = 1000


@dataclass(frozen=True)
class Suite:
    """
    Tests of one kind: the plugin they need, what stands above and in each, how many.
    """

    plugin: str | None = None
    asks: str = ""
    body: str = "pass"
    head: str = ""
    mark: str = ""
    tests: int = TESTS

    def write(self, folder: Path, tests: int) -> None:
        """
        So many tests, in a file.
        """
        one = f"{self.mark}\ndef test_{{}}({self.asks}):\n    {self.body}\n"
        folder.mkdir()
        (folder / "test_many.py").write_text(self.head + "".join(one.format(number) for number in range(tests)), "utf8")
        cassette = {"version": 1, "interactions": [_INTERACTION]}
        (folder / "cassettes" / "test_many").mkdir(parents=True)
        (folder / "cassettes" / "test_many" / "one.yaml").write_text(json.dumps(cassette), "utf8")

    def command(self, folder: Path) -> Command:
        """
        The run of the tests in a folder.
        """
        return Command((*PYTEST, *(["-p", self.plugin] if self.plugin else [])), folder, ALONE)


_INTERACTION = {
    "request": {"method": "GET", "uri": "https://example.com/", "body": None, "headers": {}},
    "response": {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": "{}"}},
}
_OURS = "pytest_assistant_mock.plugin"
_OPENS = "with AssistantMock() as mock:\n        mock.model_studio"
_RESPONSES = """\
import pytest, responses

@pytest.fixture
def mocked():
    with responses.RequestsMock() as mock:
        yield mock
"""
SUITES = {
    "none": Suite(),
    "ours": Suite(_OURS, "model_studio"),
    "with AssistantMock()": Suite(None, body=_OPENS, head="from pytest_assistant_mock import AssistantMock\n"),
}
PEERS = {
    "pytest-httpx": ("pytest_httpx", Suite("pytest_httpx", "httpx_mock")),
    "responses": ("responses", Suite(None, "mocked", head=_RESPONSES)),
    "respx": ("respx", Suite("respx.plugin", "respx_mock")),
    "pytest-recording": (
        "pytest_recording",
        Suite("pytest_recording.plugin", head="import pytest\n", mark='@pytest.mark.vcr("one.yaml")', tests=TESTS // 2),
    ),
    "openai-responses": ("openai_responses", Suite(PLUGINS["openai-responses"][1], "openai_mock", tests=TESTS // 10)),
}


def fixture() -> list[Row]:
    """
    Every fixture beside pytest-httpx's.
    """
    harness.need("pytest_httpx")
    added = what_each_adds({**SUITES, **harness.installed(PEERS)}, rounds=effort(7))
    base, ours = added["pytest-httpx"], added["ours"]
    peers = {name: added[name] / base for name in PEERS if name in added}
    micro = ", ".join(f"{name} {figure * 1e6:.0f}" for name, figure in added.items() if name in ("ours", "pytest-httpx"))
    by_hand = added["with AssistantMock()"]
    return [
        Row("what model_studio adds to an empty test / pytest-httpx's fixture", ours / base, 1.0, peers, note=f"µs: {micro}"),
        Row("with AssistantMock() / what model_studio adds", by_hand / ours, 3.0, note=f"{by_hand * 1e6:.0f} µs"),
    ]


def what_each_adds(suites: Mapping[str, Suite], rounds: int) -> dict[str, float]:
    """
    CPU seconds a test, beyond those of a test without fixtures: a median over the rounds.
    """
    with tempfile.TemporaryDirectory() as place:
        commands = {}
        for number, (name, suite) in enumerate(suites.items()):
            for tests in (1, effort(suite.tests, 10) + 1):
                folder = Path(place, f"{number}_{tests}")
                suite.write(folder, tests)
                commands[f"{name}: {'one' if tests == 1 else 'all'}"] = suite.command(folder)
        times = harness.processes(commands, rounds=rounds, clock="cpu")
    a_test = {name: _a_test(times, name, effort(suite.tests, 10)) for name, suite in suites.items()}
    return {name: median(one - bare for one, bare in zip(a_test[name], a_test["none"], strict=True)) for name in suites}


def _a_test(times: harness.Times, name: str, tests: int) -> list[float]:
    return [(many - one) / tests for many, one in zip(times[f"{name}: all"], times[f"{name}: one"], strict=True)]


MEASURES = {"fixture": fixture}
