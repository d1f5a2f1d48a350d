"""The control API against its own OpenAPI document: the document is right, and schemathesis finds nothing."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import httpx
import pytest

from pytest_assistant_mock import AssistantServer

pytest.importorskip("uvicorn")

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "unsupported_method",
)


@pytest.fixture(scope="module")
def server():
    """A server whose control API has a key."""
    with AssistantServer(strict=False, control_key="sk-right") as server:
        yield server


@pytest.fixture(scope="module")
def document(server):
    """What it says of itself."""
    return httpx.get(f"{server.url}/__mock__/openapi.json", headers={"Authorization": "Bearer sk-right"}).json()


def test_the_document_is_openapi(document):
    """A validator of OpenAPI 3.1 has nothing to say, and each call has a name of its own."""
    validator = pytest.importorskip("openapi_spec_validator")
    validator.validate(document)
    names = [call["operationId"] for path in document["paths"].values() for call in path.values()]
    assert len(names) == len(set(names)) == 21


@pytest.mark.skipif(find_spec("schemathesis") is None, reason="schemathesis is not installed")
def test_schemathesis_finds_nothing(server, document, tmp_path):
    """Every call but `events`, which never ends, with what the document allows and what it does not."""
    url = f"{server.url}/__mock__"
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json", "--url", url,
        "--header", "Authorization: Bearer sk-right", "--checks", ",".join(CHECKS), "--seed", "1", "--max-examples", "10",
        "--phases", "examples,fuzzing", "--no-color", "--suppress-health-check", "all", "--exclude-path", "/events",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    httpx.post(f"{url}/reset", headers={"Authorization": "Bearer sk-right"})
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
