"""Which cassettes a command is about: files as given, folders with everything below them."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path

SUFFIXES = (".yaml", ".yml")


def arguments(parser: ArgumentParser) -> None:
    """The files a command takes."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="a cassette, or a folder of them")


def cassettes(names: Iterable[str]) -> list[Path]:
    """
    The cassettes named, folders in the order of their names. Raises FileNotFoundError for what is not there, an empty folder too.
    """
    found: list[Path] = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            inside = sorted(one for one in path.rglob("*") if one.suffix.lower() in SUFFIXES and one.is_file())
            if not inside:
                raise FileNotFoundError(f"{name}: no cassette in this folder ({' or '.join(SUFFIXES)})")
            found += inside
        elif path.exists():
            found.append(path)
        else:
            raise FileNotFoundError(f"{name}: no such file or folder")
    return found


def printable(text: str) -> str:
    """A text from a file as a terminal may show it: what would steer the terminal, or is no character, is spelled out."""
    return _UNPRINTABLE.sub(lambda found: repr(found.group())[1:-1], text)


_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
