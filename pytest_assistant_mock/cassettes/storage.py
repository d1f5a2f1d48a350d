"""
Cassettes on disk: read with suspicion, written whole or not at all, one process at a time.

Knows files; knows no vendor and no matching.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock.cassettes.format import Cassette, from_text, to_text
from pytest_assistant_mock.cassettes.locking import forget, locked, open_new
from pytest_assistant_mock.cassettes.redaction import remains
from pytest_assistant_mock.cassettes.yaml_reader import Broken
from pytest_assistant_mock.errors import CassetteError

MAX_BYTES = 100 * 1024 * 1024
"""Of a cassette's file."""


def load(path: str | os.PathLike[str]) -> Cassette:
    """
    The cassette in a file, vcrpy's and pytest-recording's just as well.

    Raises CassetteError, naming file and line, for a file that is no cassette; FileNotFoundError if there is none.
    """
    return parse(read(Path(path)), Path(path))


def read(path: Path) -> str:
    """A cassette's text. Raises CassetteError if it is too large, not UTF-8, or has merge conflicts."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise _error(path, 1, f"{size:,} bytes; a cassette has at most {MAX_BYTES:,}", "split it: a cassette a test")
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _error(path, line, f"not UTF-8: byte 0x{data[error.start]:02x}", "save it as UTF-8, or record it again") from None
    if data.startswith(b"<<<<<<< ") or b"\n<<<<<<< " in data:
        line = data.count(b"\n", 0, (b"\n" + data).find(b"\n<<<<<<< ")) + 1
        raise _error(path, line, "a merge conflict", "take one side whole, or record it again")
    return text


def parse(text: str, path: Path) -> Cassette:
    """The cassette in a text; `path` is for the error. Raises CassetteError."""
    try:
        return from_text(text)
    except Broken as broken:
        raise _error(path, broken.line, broken.problem, "mend the line, or delete the file and record it again") from None


def save(path: Path, change: Callable[[Cassette], Cassette], secrets: Secrets) -> None:
    """
    Put in a cassette's place what `change` makes of it (of an empty one if there is none), written whole or not at all.

    Raises CassetteError if something that looks like a secret remains, or the file cannot be written; the old one is left.
    """
    path = Path(os.path.realpath(path))
    with _held_for(path):
        _write(path, to_text(change(load(path) if path.exists() else Cassette())), secrets)


def write(path: Path, text: str, secrets: Secrets) -> None:
    """Write a cassette's text whole or not at all. Raises CassetteError as `save` does."""
    path = Path(os.path.realpath(path))
    with _held_for(path):
        _write(path, text, secrets)


@contextmanager
def _held_for(path: Path) -> Iterator[None]:
    with ExitStack() as held:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            held.enter_context(locked(path))
        except OSError as error:
            raise _unwritten(path, error) from error
        yield


def _write(path: Path, text: str, secrets: Secrets) -> None:
    if places := remains(text, secrets):
        listed = "\n".join(f"  {place}" for place in places[:10])
        raise CassetteError(
            f"{path} is not written: something that looks like a secret remains after redaction\n{listed}\n"
            "  do: keep it out of what the test sends, or use another value in its place"
        )
    beside = path.with_name(f".{path.name}.saving")
    try:
        forget(beside)  # of one that was killed, or a link that somebody has laid there: the lock is ours
        with open_new(beside) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            beside.chmod(path.stat().st_mode)
        beside.replace(path)
    except OSError as error:
        forget(beside)
        raise _unwritten(path, error) from error


def _unwritten(path: Path, error: OSError) -> CassetteError:
    left = "the old one is as it was" if path.exists() else "there is none now"
    return CassetteError(f"{path} could not be written: {error.strerror or error}; {left}")


def _error(path: Path, line: int, problem: str, remedy: str) -> CassetteError:
    return CassetteError(f"{path}:{line}: {problem}\n  do: {remedy}; nothing was run, and the file is as it was")
