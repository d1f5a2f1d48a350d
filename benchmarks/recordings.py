"""
Cassettes beside vcrpy, measured by cassettes.py, as rows of the table.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import harness
from harness import Row, effort

import cassettes


def recordings() -> list[Row]:
    """
    Load, memory, save and replay, each a part of what vcrpy needs.
    """
    harness.need("vcr")
    with tempfile.TemporaryDirectory() as folder:
        found = cassettes.measured(Path(folder), effort(300, 5), effort(10_000, 1_000))
    return [
        Row(
            f"cassettes: {line['measure']}",
            line["ours"] / line["vcrpy"],
            line["target"],
            note=f"{line['ours']:.3g} of {line['vcrpy']:.3g} {line['unit']}",
        )
        for line in found
    ]


MEASURES = {"cassettes": recordings}
