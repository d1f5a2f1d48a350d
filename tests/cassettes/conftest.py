"""A service to record from, for every test of the cassettes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import vcr.serialize  # noqa: F401  # here, or each run of pytest inside a test would import it again
from upstream import Upstream, upstream

import pytest_assistant_mock.cassettes.naming
import pytest_assistant_mock.cassettes.session  # noqa: F401


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """Both vendors on loopback, told to their SDKs by environment as a gateway would be."""
    with upstream() as one:
        monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", one.model_studio)
        monkeypatch.setenv("GATEWAY_URL", one.appbuilder)
        monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-real-0123456789abcdef")
        monkeypatch.setenv("APPBUILDER_TOKEN", "bce-v3/ALTAK-real/0123456789abcdef")
        yield one
