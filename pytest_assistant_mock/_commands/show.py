"""`assistant-mock show FILE…`: cassettes as readable conversations."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace

from pytest_assistant_mock._commands import files


def arguments(parser: ArgumentParser) -> None:
    """What it takes."""
    files.arguments(parser)


def run(options: Namespace) -> int:
    """Print; 2 for a file that cannot be read."""
    from pytest_assistant_mock.cassettes import load
    from pytest_assistant_mock.cassettes.transcript import conversation

    try:
        for path in files.cassettes(options.files):
            cassette = load(path)
            facts = "".join(f"  {name}: {value}\n" for name, value in cassette.metadata.items() if isinstance(value, str))
            sys.stdout.write(files.printable(f"{path}\n{facts}"))
            sys.stdout.writelines(files.printable(f"{line}\n") for line in conversation(cassette))
    except (OSError, ValueError) as problem:
        sys.stderr.write(files.printable(f"assistant-mock show: {problem}\n"))
        return 2
    return 0
