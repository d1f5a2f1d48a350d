"""Whole programs of the SDK's users record against a service, and replay when it is gone, with default settings."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("dashscope")
pytest.importorskip("uvicorn")

import dashscope
import programs

from pytest_assistant_mock import AssistantMock

KEY = "sk-real-0123456789abcdef"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a cassette of each program. The service has ended when this gives it."""
    folder = tmp_path_factory.mktemp("programs")
    served = Path(__file__).with_name("served.py")
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, served], **pipes) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(dashscope, "api_key", KEY)
        for program in programs.PROGRAMS:
            server.stdin.write(f"{program.__name__}\n")
            server.stdin.flush()
            url = json.loads(server.stdout.readline())["DASHSCOPE_HTTP_BASE_URL"]
            patch.setattr(dashscope, "base_http_api_url", url)
            patch.setenv("DASHSCOPE_HTTP_BASE_URL", url)
            with AssistantMock(source="cassette", cassette=folder / f"{program.__name__}.yaml", record="once"):
                program()
        server.stdin.close()
    assert server.returncode == 0
    return folder


@pytest.mark.parametrize("program", programs.PROGRAMS, ids=lambda program: program.__name__)
def test_a_program_replays_without_its_service(program: Callable[[], None], recorded: Path) -> None:
    """It comes to the same end: every recorded call is asked for, and none that was not recorded."""
    path = recorded / f"{program.__name__}.yaml"
    assert KEY not in path.read_text("utf-8")
    with AssistantMock(source="cassette", cassette=path):
        program()
