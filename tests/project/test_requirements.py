"""The lowest versions that are declared are those that `make lowest` runs."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def test_the_lowest_versions_are_those_declared():
    """Each `>=` of pyproject.toml is a `==` of requirements/lowest.txt, the extras included."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]
    pinned = dict(re.findall(r"^([\w-]+)==([\w.]+?)(?:\.0)*$", (PROJECT / "requirements/lowest.txt").read_text("utf-8"), re.M))
    floors = dict(re.fullmatch(r"([\w-]+)>=([\d.]+?)(?:\.0)*", line).groups() for line in declared)
    assert {name: pinned.get(name) for name in floors} == floors
