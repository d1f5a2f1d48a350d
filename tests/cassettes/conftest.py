"""
A service to record from, for every test of the cassettes.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from upstream import Upstream, upstream


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Upstream]:
    """
    Both vendors on loopback, told to their SDKs by environment as a gateway would be.
    """
    with upstream() as one:
        monkeypatch.setenv("DASHSCOPE_HTTP_BASE_URL", one.model_studio)
        monkeypatch.setenv("GATEWAY_URL", one.appbuilder)
        monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-real-0123456789abcdef")
        monkeypatch.setenv("APPBUILDER_TOKEN", "bce-v3/ALTAK-real/0123456789abcdef")
        yield one
