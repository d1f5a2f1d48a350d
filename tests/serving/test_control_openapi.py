"""The control API against its own OpenAPI document: the document is right, and schemathesis finds nothing."""

from __future__ import annotations

from importlib.util import find_spec

import httpx
import pytest
from thrown import CHECKS, thrown

from pytest_assistant_mock import AssistantServer

pytest.importorskip("uvicorn")


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
    more = (*CHECKS, "unsupported_method")
    found = thrown(f"{url}/openapi.json", url, tmp_path, "--exclude-path", "/events", checks=more, examples=10)
    httpx.post(f"{url}/reset", headers={"Authorization": "Bearer sk-right"})
    assert found == ""
