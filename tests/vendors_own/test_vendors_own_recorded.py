"""The stream tests that AppBuilder's vendor ships record against a service, and replay when it is gone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

SPEC = find_spec("appbuilder")
if SPEC is None or SPEC.origin is None or find_spec("uvicorn") is None:
    pytest.skip("appbuilder or uvicorn is not installed", allow_module_level=True)
SHIPPED = Path(SPEC.origin).parent / "tests"
FILES = sorted(SHIPPED.glob("test_assistant_e2e_stream_*.py"))
MODEL = Path(__file__).with_name("recorded_model.py")
SKIPPED = re.compile(r"^@unittest\.skip\(.*\)$", re.MULTILINE)
TOKEN = "bce-v3/ALTAK-real/0123456789abcdef"


TWICE = """
import os, sys, pytest
for record in ("once", "none"):
    os.environ["RECORD"] = record
    pytest.main(["-q", "-rA", "-p", "no:cacheprovider", "-W", "ignore", "tests"])
    print("=== end", flush=True)
    sys.stdin.readline()
"""


class Piped(subprocess.Popen[str]):
    """A Python that is told and tells by lines."""

    def __init__(self, *arguments: str | Path, **options: Any) -> None:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        super().__init__([sys.executable, *arguments], **pipes, **options)

    def until(self, line: str) -> str:
        """What it prints before a line."""
        assert self.stdout is not None
        return "".join(iter(self.stdout.readline, line))

    def go_on(self) -> None:
        """Send it a line."""
        assert self.stdin is not None
        self.stdin.write("\n")
        self.stdin.flush()


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, Path]:
    """What pytest printed of the recording, and of the replay without the service; the folder."""
    root = tmp_path_factory.mktemp("recorded")
    copies = root / "tests"
    copies.mkdir()
    for path in (*FILES, SHIPPED / "pytest_utils.py"):
        (copies / path.name).write_text(SKIPPED.sub("", path.read_text("utf-8")), "utf-8")
    (copies / "__init__.py").touch()
    (copies / "conftest.py").write_bytes(MODEL.read_bytes())
    with Piped(MODEL) as service:
        assert service.stdout is not None
        url = json.loads(service.stdout.readline())["GATEWAY_URL"]
        told = {"GATEWAY_URL": url, "APPBUILDER_TOKEN": TOKEN, "APPBUILDER_TOKEN_V2": TOKEN, "OTEL_TRACES_SAMPLER": "always_off"}
        tests = Piped("-c", TWICE, cwd=root, env={**os.environ, **told})
        recorded = tests.until("=== end\n")
        service.go_on()
        service.wait(30)
        with tests:
            tests.go_on()
            replayed = tests.until("=== end\n")
            tests.go_on()
    return recorded, replayed, root


def _written() -> int:
    return sum(len(re.findall(r"^    def test_", path.read_text("utf-8"), re.MULTILINE)) for path in FILES)


def test_the_vendors_stream_tests_record(outputs: tuple[str, str, Path]) -> None:
    """Also those whose handler answers in the middle of the stream: a recording that held the stream back would wait for ever."""
    recorded, _, root = outputs
    assert len(FILES) >= 5
    assert recorded.count("PASSED ") == _written(), recorded[-5000:]
    cassettes = [path.read_text("utf-8") for path in (root / "cassettes").glob("*.yaml")]
    assert len(cassettes) == _written()
    assert any("tool_submitted_output" in text and "pieces: [[" in text and "我是秦始皇" in text for text in cassettes)


def test_the_vendors_stream_tests_replay(outputs: tuple[str, str, Path]) -> None:
    """With nobody there to answer."""
    assert outputs[1].count("PASSED ") == _written(), outputs[1][-5000:]
