"""
`assistant-mock scrub FILE…`: old cassettes, vcrpy's too, rewritten without secrets and so that people can read them.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pytest_assistant_mock._commands import files


def arguments(parser: ArgumentParser) -> None:
    """
    What it takes.
    """
    files.arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="say what would be rewritten, and write nothing")


def run(options: Namespace) -> int:
    """
    Rewrite; 2 for a file that cannot be read, or holds something that cannot be hidden: it is left as it was.
    """
    failed = False
    try:
        paths = files.cassettes(options.files)
    except OSError as problem:
        sys.stderr.write(f"assistant-mock scrub: {problem}\n")
        return 2
    for path in paths:
        try:
            changed = _scrub(path, options.dry_run)
        except (OSError, ValueError) as problem:
            sys.stderr.write(f"assistant-mock scrub: {problem}\n")
            failed = True
            continue
        verb = "would be rewritten" if options.dry_run else "rewritten"
        sys.stdout.write(f"{path}: {verb if changed else 'clean'}\n")
    return 2 if failed else 0


def _scrub(path: Path, dry_run: bool) -> bool:
    from pytest_assistant_mock._engine.secrets import Secrets
    from pytest_assistant_mock.cassettes import Cassette, storage
    from pytest_assistant_mock.cassettes.format import to_text
    from pytest_assistant_mock.cassettes.redaction import literals, redacted

    before = storage.read(path)
    cassette = storage.parse(before, path)
    sent = {literal for one in cassette.interactions for literal in literals(one.request.headers)}
    secrets = Secrets({*files.keys(), *sent} - {"REDACTED"})
    clean = Cassette([redacted(one, secrets) for one in cassette.interactions], secrets.json(cassette.metadata))
    after = to_text(clean)
    if after != before and not dry_run:
        storage.write(path, after, secrets)
    return after != before
