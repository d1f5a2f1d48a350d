"""Where the paths of a vendor begin, for an app that tells vendors apart by path."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from pytest_assistant_mock._engine.vendor import Vendor


def mounts_of(vendor: Vendor) -> Iterator[tuple[str, str]]:
    """Where a vendor's paths begin, each with the origin it belongs to: ("/api/v1/threads", "https://dashscope.aliyuncs.com")."""
    base = urlsplit(vendor.base_urls[0])
    roots: list[str] = []
    for path in sorted(route.path.partition("/{")[0] for route in vendor.routes):
        if not any(path == root or path.startswith(f"{root}/") for root in roots):
            roots.append(path)
            yield f"{base.path}{path}", f"{base.scheme}://{base.netloc}"
