"""
`make bench`: every measure of the files beside this one, each in a process of its own, as one table and as JSON.

    python benchmarks/run.py [--only NAME] [--json FILE] [--picture FILE] [--quick]

A measure whose packages are not installed is named and left out. Knows no measure.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib import import_module, metadata
from importlib.util import find_spec
from json import loads
from pathlib import Path
from time import perf_counter
from typing import Any

from harness import QUICK, Missing, Row, as_json, table, write_json
from picture import draw

FOLDER = Path(__file__).parent
FILES = (
    "startup",
    "fixtures",
    "clients",
    "conversations",
    "served_streams",
    "volume",
    "checks",
    "server",
    "cassettes",
    "generation",
    "growth",
)
OURS = "pytest-assistant-mock"


def measures() -> dict[str, Callable[[], Sequence[Row]]]:
    """Every measure by name. Nothing is imported yet of what is measured."""
    found: dict[str, Callable[[], Sequence[Row]]] = {}
    for file in FILES:
        if (FOLDER / f"{file}.py").exists():
            module = import_module(file)
            alone = {file: module.rows} if hasattr(module, "rows") else {}
            found |= getattr(module, "MEASURES", None) or alone
    return found


def versions() -> dict[str, str]:
    """What is measured: the interpreter, ourselves, and every package that requirements.txt names."""
    found = {"python": platform.python_version()}
    lines = (FOLDER / "requirements.txt").read_text("utf8").splitlines()
    names = [match[0] for line in lines if (match := re.match(r"[\w.-]+", line))]
    for name in (OURS, *names):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    if found[OURS] == "not installed" and find_spec("pytest_assistant_mock"):
        found[OURS] = import_module("pytest_assistant_mock").__version__
    return found


def in_a_process(name: str) -> dict[str, Any]:
    """What a measure finds in a process of its own: {"rows"}, {"missing"} or {"failed"}, with its last words."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "found.json")
        command = [sys.executable, str(FOLDER / "run.py"), "--only", name, "--here", "--json", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return {"failed": (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]}
        found = loads(file.read_text("utf8"))
        if found["missing"]:
            return {"missing": found["missing"][name]}
        return {"rows": [Row(**{key: value for key, value in row.items() if key != "met"}) for row in found["rows"]]}


def here(name: str) -> dict[str, Any]:
    """The same in this process; a failure is raised."""
    try:
        return {"rows": list(measures()[name]())}
    except Missing as missing:
        return {"missing": str(missing)}


def main() -> int:
    known = measures()
    parser = argparse.ArgumentParser(description="Measure; each figure is a ratio within one run.")
    parser.add_argument("--only", metavar="NAME", action="append", choices=list(known), help=f"one of {', '.join(known)}")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write rows and versions there as well")
    parser.add_argument("--picture", metavar="FILE", type=Path, help="draw the rows that have peers there, as SVG")
    parser.add_argument("--quick", action="store_true", help="try everything once: shows that it runs, not how fast")
    parser.add_argument("--here", action="store_true", help="all in this process")
    options = parser.parse_args()
    if options.quick:
        os.environ[QUICK] = "1"

    start = perf_counter()
    rows: list[Row] = []
    silent: dict[str, dict[str, str]] = {"missing": {}, "failed": {}}
    for name in options.only or known:
        print(f"{name} …", file=sys.stderr, flush=True)
        found = here(name) if options.here else in_a_process(name)
        rows += found.pop("rows", [])
        for kind, words in found.items():
            silent[kind][name] = words

    told = versions()
    print(table(rows))
    print("\nMeasured with", ", ".join(f"{name} {version}" for name, version in told.items()), end=".\n")
    print(f"{os.cpu_count()} cores, {perf_counter() - start:.0f} s.")
    for kind, names in silent.items():
        for name, words in names.items():
            print(f"{kind.capitalize()}: {name}: {words}")
    if options.json:
        write_json(options.json, {"versions": told, "cores": os.cpu_count(), **silent, "rows": as_json(rows)})
    if options.picture:
        draw(rows, options.picture)
    return 1 if silent["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
