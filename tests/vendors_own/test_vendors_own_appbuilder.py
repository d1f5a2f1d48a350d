"""The tests that AppBuilder's vendor ships in its SDK's wheel, unchanged but for their skips, pass against the fake."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest

SPEC = find_spec("appbuilder")
if SPEC is None or SPEC.origin is None:
    pytest.skip("appbuilder is not installed", allow_module_level=True)
SHIPPED = Path(SPEC.origin).parent / "tests"
ANOTHER_SERVICE = "test_assistant_e2e_funccall_component.py"
FILES = sorted({*SHIPPED.glob("test_assistant_*.py"), *SHIPPED.glob("test_*assistant_trace.py")} - {SHIPPED / ANOTHER_SERVICE})
IMAGE = "qa_doc_parser_extract_table_from_doc.png"
SKIPPED = re.compile(r"^@unittest\.skip\(.*\)$", re.MULTILINE)


class Outcome(NamedTuple):
    """What pytest printed, and a row for each test: its file, what it asked for, the events it was sent."""

    output: str
    rows: Sequence[dict[str, Any]]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The vendor's tests, run once, in a folder of the name they import from."""
    root = tmp_path_factory.mktemp("shipped")
    copies = root / "tests"
    (copies / "data").mkdir(parents=True)
    (copies / "data" / IMAGE).write_bytes(b"\x89PNG\r\n\x1a\n")
    for path in (*FILES, SHIPPED / "pytest_utils.py"):
        (copies / path.name).write_text(SKIPPED.sub("", path.read_text("utf-8")), "utf-8")
    (copies / "__init__.py").touch()
    (copies / "conftest.py").write_bytes(Path(__file__).with_name("scripted_model.py").read_bytes())
    command = [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "--rootdir", str(root), "tests"]
    environment = {**os.environ, "OTEL_TRACES_SAMPLER": "always_off"}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False, timeout=240)
    rows = (root / "seen.jsonl").read_text("utf-8").splitlines()
    return Outcome(done.stdout + done.stderr, [json.loads(row) for row in rows])


def test_the_vendors_own_tests_pass(outcome: Outcome) -> None:
    """Every test of every file passes; none is skipped."""
    written = sum(len(re.findall(r"^    def test_", path.read_text("utf-8"), re.MULTILINE)) for path in FILES)
    assert len(FILES) >= 15
    assert re.search(r"^(\d+) passed(?:, \d+ warnings?)? in ", outcome.output, re.MULTILINE), outcome.output[-5000:]
    assert outcome.output.count("PASSED ") == written == len(outcome.rows)


def test_the_streams_of_the_vendors_tests_keep_the_contract(outcome: Outcome) -> None:
    """Each of them, strictly: its events, its order, its ids, its numbers."""
    assert sum(row["streams"] for row in outcome.rows) >= 5
    assert {row["file"]: row["broken"] for row in outcome.rows if row["broken"]} == {}


def test_the_handlers_of_the_vendors_tests_were_called(outcome: Outcome) -> None:
    """The SDK swallows what a handler raises: each of these tests gave its outputs once, and saw the run's end."""
    rows = [row for row in outcome.rows if "event_handler" in row["file"]]
    assert len(rows) >= 3
    for row in rows:
        assert row["operations"][-2:] == ["create_run", "submit_tool_outputs"], row
        assert row["events"].count("tool_submitted_output") == 1, row
        assert row["events"][-1] == "run_end", row
