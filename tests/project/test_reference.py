"""docs/reference.md is what the docstrings say."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def test_the_reference_is_current() -> None:
    """The page is what its script writes; write it again with `python docs/make_reference.py`."""
    pytest.importorskip("griffe")
    written = runpy.run_path(str(DOCS / "make_reference.py"))["reference"]()
    assert (DOCS / "reference.md").read_text("utf-8") == written
