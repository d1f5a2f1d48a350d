"""`assistant-mock scrub FILE…`: old cassettes, vcrpy's too, rewritten without secrets and so that people can read them."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_assistant_mock._commands import files

if TYPE_CHECKING:
    from pytest_assistant_mock.cassettes.format import Interaction


def arguments(parser: ArgumentParser) -> None:
    """What it takes."""
    files.arguments(parser)
    parser.add_argument("--dry-run", action="store_true", help="say what would be rewritten, and write nothing")


def run(options: Namespace) -> int:
    """
    Rewrite; 2 for a file that cannot be read, or holds something that cannot be hidden: it is left as it was. A body that
    cannot be read is named, and 2 as well: nobody knows what it holds.
    """
    failed = False
    try:
        paths = files.cassettes(options.files)
    except OSError as problem:
        sys.stderr.write(f"assistant-mock scrub: {problem}\n")
        return 2
    for path in paths:
        try:
            changed, unread = _scrub(path, options.dry_run)
        except (OSError, ValueError) as problem:
            sys.stderr.write(f"assistant-mock scrub: {problem}\n")
            failed = True
            continue
        done = ("would be rewritten" if options.dry_run else "rewritten") if changed else "clean"
        if unread:
            failed = True
            done = f"{done if changed else 'not looked through'}, but for what cannot be read: {', '.join(unread)}"
        sys.stdout.write(f"{path}: {done}\n")
    return 2 if failed else 0


def _scrub(path: Path, dry_run: bool) -> tuple[bool, list[str]]:
    """Whether there was something to rewrite, and the bodies that cannot be read."""
    from pytest_assistant_mock._vendors.secrets import configured, secrets_of
    from pytest_assistant_mock.cassettes import Cassette, storage
    from pytest_assistant_mock.cassettes.format import to_text
    from pytest_assistant_mock.cassettes.redaction import literals, redacted

    before = storage.read(path)
    cassette = storage.parse(before, path)
    sent = {literal for one in cassette.interactions for literal in literals(one.request.headers)}
    secrets = secrets_of({*configured(), *sent})
    clean = Cassette([redacted(one, secrets) for one in cassette.interactions], secrets.json(cassette.metadata))
    after = to_text(clean)
    if after != before and not dry_run:
        storage.write(path, after, secrets)
    return after != before, [*_unread(clean.interactions)]


def _unread(interactions: Sequence[Interaction]) -> Iterator[str]:
    """The bodies that are still compressed: in a way that is not known here, or broken."""
    for number, one in enumerate(interactions, 1):
        for side, message in (("request", one.request), ("answer", one.response)):
            if message is not None and message.body and (coding := message.header("content-encoding")):
                yield f"the {side} of interaction {number} (line {one.line}), compressed with {coding}"
