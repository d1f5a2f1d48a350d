"""schemathesis throws what openapi.json allows, and what it does not, at the server: nothing it finds is a fault of ours."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
from thrown import thrown

from pytest_assistant_mock import AssistantServer

pytest.importorskip("uvicorn")
if find_spec("schemathesis") is None:
    pytest.skip("schemathesis is not installed", allow_module_level=True)

SCHEMAS = Path(__file__).parents[2] / "schemas"


@pytest.mark.parametrize("vendor", ["model_studio", "appbuilder"])
def test_schemathesis_finds_nothing(vendor, tmp_path):
    """Every operation of openapi.json, against a server that knows one key."""
    with AssistantServer(keys=["sk-right"], strict=False) as server:
        handle = getattr(server, vendor)
        found = thrown(str(SCHEMAS / vendor / "openapi.json"), handle.base_url, tmp_path)
        asked = sum(handle.counts.values())
    assert found == ""
    assert asked > 100
