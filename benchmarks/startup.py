"""What the plugin adds to the start of pytest: whole processes, one trivial test, no plugin but the one named."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import harness
from harness import Command, Row, effort

PLUGINS = {
    "pytest-recording": ("pytest_recording", "pytest_recording.plugin"),
    "pytest-httpx": ("pytest_httpx", "pytest_httpx"),
    "respx": ("respx", "respx.plugin"),
    "openai-responses": ("openai_responses", "openai_responses.plugin"),
}
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "-c", "/dev/null")
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}


def start() -> list[Row]:
    """pytest with each plugin, and without."""
    plugins = {"ours": "pytest_assistant_mock.plugin", **harness.installed(PLUGINS)}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_trivial.py").write_text("def test_trivial():\n    pass\n", "utf8")
        commands = {"pytest alone": Command(PYTEST, folder, ALONE)}
        commands |= {name: Command((*PYTEST, "-p", plugin), folder, ALONE) for name, plugin in plugins.items()}
        times = harness.processes(commands, rounds=effort(13), clock="cpu")
    ours, peers = harness.ratio(times, "ours", "pytest alone"), harness.ratios(times, to="pytest alone")
    return [Row("pytest start with the plugin / without", ours, 1.05, peers)]


MEASURES = {"start": start}
