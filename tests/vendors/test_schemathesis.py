"""
schemathesis throws what openapi.json allows, and what it does not, at the server: nothing it finds is a fault of ours.

Its other checks contradict the vendors: see docs/fidelity.md.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from pytest_assistant_mock import AssistantServer

pytest.importorskip("uvicorn")
if find_spec("schemathesis") is None:
    pytest.skip("schemathesis is not installed", allow_module_level=True)

SCHEMAS = Path(__file__).parents[2] / "schemas"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
)


@pytest.mark.parametrize("vendor", ["model_studio", "appbuilder"])
def test_schemathesis_finds_nothing(vendor, tmp_path):
    """Every operation of openapi.json, against a server that knows one key."""
    with AssistantServer(keys=["sk-right"], strict=False) as server:
        handle = getattr(server, vendor)
        command = [
            sys.executable, "-m", "schemathesis.cli", "run", str(SCHEMAS / vendor / "openapi.json"), "--url", handle.base_url,
            "--header", "Authorization: Bearer sk-right", "--checks", ",".join(CHECKS), "--seed", "1", "--max-examples", "20",
            "--phases", "examples,fuzzing", "--no-color", "--suppress-health-check", "all",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        asked = sum(handle.counts.values())
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert asked > 100
