"""The blocks of docs/server.md that are not Python: the seed file loads, the script runs, the curl lines are answered."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from shutil import which

import pytest

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._mock.seeds import load

pytest.importorskip("uvicorn")

PAGE = (Path(__file__).parents[2] / "docs/server.md").read_text("utf-8")


def blocks(language):
    """The page's blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_seed_file_loads(tmp_path):
    """Three messages, two threads."""
    (seeds,) = blocks("yaml")
    (tmp_path / "seeds.yaml").write_text(seeds, "utf-8")
    mock = AssistantMock()
    assert load(tmp_path / "seeds.yaml", mock) == 3
    assert [one.text for one in mock.model_studio.messages("thread_e99a9fe7-0433-426f-98ad-a5139c36579c")] == [
        "你是誰",
        "我是通义千问。",
    ]


@pytest.mark.skipif(which("node") is None, reason="Node is not installed")
def test_the_script_runs(assistant_server, tmp_path):
    """It prints what it sent."""
    (script,) = blocks("javascript")
    (tmp_path / "page.mjs").write_text(script, "utf-8")
    environment = {**os.environ, **assistant_server.env}
    done = subprocess.run(["node", tmp_path / "page.mjs"], env=environment, capture_output=True, text=True, encoding="utf-8")
    assert (done.stdout, done.stderr) == ("你好\n", "")


@pytest.mark.skipif(which("curl") is None, reason="curl is not installed")
def test_the_curl_lines_are_answered(assistant_server):
    """Each makes a thread, also with the content type curl says of its own accord; control calls answer without an error."""
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("curl ")]
    for line in lines:
        command = shlex.split(line.replace("http://127.0.0.1:8080", assistant_server.url))
        answer = json.loads(subprocess.run([*command, "-s"], stdout=subprocess.PIPE, check=True).stdout)
        if "/__mock__/" in line:
            assert "verify" in line or "error" not in answer
        else:
            assert answer["object"] == "thread"
    assert len(lines) == 7
