"""
The table of the benchmarks as one picture: a line a measure, ours and the peers beside us, as ratios on a logarithmic scale.

Drawn by matplotlib, the same bytes for the same rows. Knows rows; measures nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import Row, need

STYLE = {"svg.fonttype": "none", "svg.hashsalt": "benchmarks", "font.size": 8, "font.family": "sans-serif"}
"""Text stays text, and ids are the same each time."""


def draw(rows: Sequence[Row], file: Path) -> None:
    """Write the picture, as SVG. Raises Missing without matplotlib."""
    need("matplotlib")
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    drawn = [row for row in rows if row.unit == "x" and row.peers and row.ours > 0]
    with pyplot.rc_context(STYLE):
        figure, axes = pyplot.subplots(figsize=(10, 1.6 + 0.3 * len(drawn)), layout="constrained")
        _lines(axes, drawn)
        _dots(axes, drawn, _colours(pyplot, drawn))
        figure.legend(loc="outside lower center", ncols=6, frameon=False)
        figure.savefig(file, metadata={"Date": None})
        pyplot.close(figure)


def _lines(axes: Any, rows: Sequence[Row]) -> None:
    axes.set_xscale("log")
    axes.set_yticks(range(len(rows)), [f"{row.measure}{'  (higher is better)' if row.good == 'high' else ''}" for row in rows])
    axes.invert_yaxis()
    axes.axvline(1, color="0.6", linewidth=0.8)
    axes.grid(axis="both", color="0.93")
    axes.set_axisbelow(True)
    axes.set_xlabel("ratio to what the measure names; lower is better where nothing else is said")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _dots(axes: Any, rows: Sequence[Row], colours: Mapping[str, Any]) -> None:
    for name, colour in colours.items():
        at = [(row.peers[name], place) for place, row in enumerate(rows) if row.peers.get(name, 0) > 0]
        axes.scatter(*zip(*at, strict=True), s=28, color=colour, edgecolor="white", linewidth=0.5, label=name)
    targets = [(row.target, place) for place, row in enumerate(rows) if row.target]
    axes.scatter(*zip(*targets, strict=True), s=90, marker="|", color="0.3", label="our target")
    axes.scatter([row.ours for row in rows], range(len(rows)), s=60, color="black", zorder=3, label="ours")


def _colours(pyplot: Any, rows: Sequence[Row]) -> dict[str, Any]:
    names = sorted({name for row in rows for name, figure in row.peers.items() if figure > 0 and math.isfinite(figure)})
    return {name: pyplot.get_cmap("tab20")(place % 20) for place, name in enumerate(names)}
