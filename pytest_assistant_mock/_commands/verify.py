"""`assistant-mock verify FILE…`: how much of a recording the fake explains, as a table and one number."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from pytest_assistant_mock._commands import files


def arguments(parser: ArgumentParser) -> None:
    """What it takes."""
    files.arguments(parser)
    live = "ask the real service, with the keys of the environment, and say what it answers otherwise today"
    parser.add_argument("--live", action="store_true", help=live)


def run(options: Namespace) -> int:
    """Report; 1 if the fake does not explain everything, 2 for a file that cannot be read."""
    if options.live:
        from pytest_assistant_mock._commands import verify_live

        return verify_live.run(options)
    from pytest_assistant_mock.cassettes import load
    from pytest_assistant_mock.cassettes.verify import Row, percentage, verify

    rows: list[Row] = []
    try:
        for path in files.cassettes(options.files):
            mine = verify(load(path))
            rows += mine
            sys.stdout.write(f"{'ok  ' if all(row.explained for row in mine) else 'DIFF'}  {len(mine):>4}  {path}\n")
            for row in mine:
                if row.difference:
                    reason = f"  (documented exception: {row.exception})" if row.exception else ""
                    sys.stdout.write(files.printable(f"            {row.number}. {row.operation}: {row.difference}{reason}\n"))
    except (OSError, ValueError) as problem:
        sys.stderr.write(f"assistant-mock verify: {problem}\n")
        return 2
    excepted = sum(bool(row.difference and row.exception) for row in rows)
    named = f", {excepted} documented exception{'' if excepted == 1 else 's'}" if excepted else ""
    sys.stdout.write(f"the fake explains {percentage(rows)} % of this traffic ({len(rows)} interactions{named})\n")
    return int(not all(row.explained for row in rows))
