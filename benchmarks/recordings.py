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
    return [_row(**line) for line in found]


def _row(measure: str, ours: float, vcrpy: float, target: float, unit: str, **rest: object) -> Row:
    """
    A part of vcrpy's figure; where ours is to be a small one, how many times faster.
    """
    note = f"{ours:.3g} of {vcrpy:.3g} {unit}"
    if target < 0.1:
        return Row(f"cassettes: {measure}, times faster than vcrpy", vcrpy / ours, 1 / target, good="high", note=note)
    name = measure if "/" in measure else f"{measure} / vcrpy's"
    return Row(f"cassettes: {name}", ours / vcrpy, target, note=note)


MEASURES = {"cassettes": recordings}
