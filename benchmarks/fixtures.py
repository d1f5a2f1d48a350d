"""
What a fixture adds to an empty test: whole runs of pytest, CPU time, the run of one test taken off, a run without fixtures
taken off; and what a mock opened by hand adds.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

import harness
from harness import Command, Row, effort
from startup import ALONE, PLUGINS, PYTEST

TESTS = 1000


@dataclass(frozen=True)
class Suite:
    """Tests of one kind: the plugin they need, what stands above and in each, how many."""

    plugin: str | None = None
    asks: str = ""
    body: str = "pass"
    head: str = ""
    mark: str = ""
    tests: int = TESTS
    cassette: Callable[[], str] | None = None

    def write(self, folder: Path, tests: int) -> None:
        """So many tests, in a file."""
        one = f"{self.mark}\ndef test_{{}}({self.asks}):\n    {self.body}\n"
        folder.mkdir()
        (folder / "test_many.py").write_text(self.head + "".join(one.format(number) for number in range(tests)), "utf8")
        if self.cassette:
            where = folder / "cassettes" / "test_many"
            where.mkdir(parents=True)
            for number in range(tests):
                (where / f"test_{number}.yaml").write_text(
                    self.cassette().replace("thread_1", f"thread_{number}"), "utf8"
                )  # no two alike

    def command(self, folder: Path) -> Command:
        """The run of the tests in a folder."""
        return Command((*PYTEST, *(["-p", self.plugin] if self.plugin else [])), folder, ALONE)


@cache
def _ours() -> str:
    """A cassette of ten messages as we write it."""
    from cassettes import interactions
    from pytest_assistant_mock.cassettes import Cassette
    from pytest_assistant_mock.cassettes.format import to_text

    return to_text(Cassette(interactions(10)))


@cache
def _vcrpys() -> str:
    """The same as vcrpy, and so pytest-recording, writes it."""
    import vcr.serialize
    from vcr.serializers import yamlserializer

    requests, responses = vcr.serialize.deserialize(_ours(), yamlserializer)
    return str(vcr.serialize.serialize({"requests": requests, "responses": responses}, yamlserializer))


_OURS = "pytest_assistant_mock.plugin"
_OPENS = "with AssistantMock() as mock:\n        mock.model_studio"
_IMPORT = "import pytest\n"
_OUR_MARK = '@pytest.mark.assistant(source="cassette", unplayed="off")'
_MARK = "@pytest.mark.vcr"
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
    "ours, cassette of 10": Suite(_OURS, "model_studio", head=_IMPORT, mark=_OUR_MARK, tests=TESTS // 4, cassette=_ours),
    "with AssistantMock()": Suite(None, body=_OPENS, head="from pytest_assistant_mock import AssistantMock\n"),
}
PEERS = {
    "pytest-httpx": ("pytest_httpx", Suite("pytest_httpx", "httpx_mock")),
    "responses": ("responses", Suite(None, "mocked", head=_RESPONSES)),
    "respx": ("respx", Suite("respx.plugin", "respx_mock")),
    "pytest-recording": (
        "pytest_recording",
        Suite("pytest_recording.plugin", head=_IMPORT, mark=_MARK, tests=TESTS // 4, cassette=_vcrpys),
    ),
    "openai-responses": ("openai_responses", Suite(PLUGINS["openai-responses"][1], "openai_mock", tests=TESTS // 20)),
}


def fixture() -> list[Row]:
    """Every fixture beside pytest-httpx's."""
    harness.need("pytest_httpx")
    added = what_each_adds({**SUITES, **harness.installed(PEERS)}, rounds=effort(5))
    base, ours = added["pytest-httpx"], added["ours"]
    peers = {name: added[name] / base for name in PEERS if name in added}
    micro = ", ".join(f"{name} {figure * 1e6:.0f}" for name, figure in added.items() if name in ("ours", "pytest-httpx"))
    by_hand = added["with AssistantMock()"]
    rows = [
        Row("what model_studio adds to an empty test / pytest-httpx's fixture", ours / base, 1.0, peers, note=f"µs: {micro}"),
        Row("with AssistantMock() / what model_studio adds", by_hand / ours, 3.0, note=f"{by_hand * 1e6:.0f} µs"),
    ]
    if recording := added.get("pytest-recording"):
        note = f"{added['ours, cassette of 10'] * 1e6:.0f} µs, pytest-recording {recording * 1e6:.0f} µs"
        measure = "what a cassette of 10 interactions adds to an empty test / pytest-recording's"
        rows.append(Row(measure, added["ours, cassette of 10"] / recording, 0.5, note=note))
    return rows


def what_each_adds(suites: Mapping[str, Suite], rounds: int) -> dict[str, float]:
    """CPU seconds a test, beyond those of a test without fixtures: a median over the rounds."""
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
