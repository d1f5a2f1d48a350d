"""`assistant-mock schemas`: write the contract's files, or say which are stale."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path


def arguments(parser: ArgumentParser) -> None:
    """What it takes."""
    parser.add_argument("directory", nargs="?", type=Path, default=Path("schemas"), help="where to write (default: schemas)")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if a file is stale")


def run(options: Namespace) -> int:
    """Write, or compare; 1 if `--check` finds a difference."""
    from pytest_assistant_mock.contract.schema_files import files

    wanted = files()
    files_there = [path for pattern in ("*/*.json", "*/events/*.json") for path in options.directory.glob(pattern)]
    there = {path.relative_to(options.directory).as_posix(): path for path in files_there}
    stale = [name for name, text in wanted.items() if name not in there or there[name].read_bytes() != text.encode()]
    gone = sorted(there.keys() - wanted.keys())
    if options.check:
        for name in [*stale, *gone]:
            sys.stdout.write(f"{options.directory / name} is {'no longer written' if name in gone else 'stale'}\n")
        if stale or gone:
            sys.stdout.write(f"write them again: assistant-mock schemas {options.directory}\n")
        return int(bool(stale or gone))
    for name in stale:
        path = options.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(wanted[name].encode())
    for name in gone:
        there[name].unlink()
    sys.stdout.write(f"{options.directory}: {len(wanted)} files, {len(stale)} written, {len(gone)} removed\n")
    return 0
