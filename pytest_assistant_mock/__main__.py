"""The `assistant-mock` command: a table of subcommands, each in a file of `_commands`, imported when it is run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from pytest_assistant_mock import __version__

COMMANDS: dict[str, str] = {
    "scrub": "rewrite cassettes without secrets, and so that people can read them",
    "show": "print cassettes as readable conversations",
    "verify": "say how much of a recording the fake explains",
    "check": "check cassettes, JSON files of answers, and streams against the contract",
    "schemas": "write the JSON Schemas and OpenAPI documents of the contract",
    "serve": "serve both vendors over HTTP, for any client in any language",
}
"""Name of a subcommand (and of its file) -> what it is for."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser("assistant-mock", description="Fakes, cassettes and schemas of two message APIs.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, purpose in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=purpose, description=purpose)
        if name in given[:1]:
            import_module(f"pytest_assistant_mock._commands.{name}").arguments(subparser)
    options = parser.parse_args(given)
    status: int = import_module(f"pytest_assistant_mock._commands.{options.command}").run(options)
    return status


if __name__ == "__main__":
    sys.exit(main())
