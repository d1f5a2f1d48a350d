"""
One process, and one thread, at a time at a cassette; and files that are made anew, never through a link somebody has laid.

Knows files; knows nothing of what is in them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import IO, Any

_PATIENCE = 2.0
"""Seconds of waiting, after which it is said for whom."""


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """The lock of a file. It dies with its holder; its own file lies beside the other, says who holds it, and goes with it."""
    name = path.with_name(f".{path.name}.lock")
    file = _held(name)
    try:
        yield
    finally:
        if sys.platform == "win32":
            file.close()  # what is open cannot be removed there
        forget(name)
        file.close()


def open_new(name: Path) -> IO[str]:
    """A file that was not there before. Raises FileExistsError for one that was, or a link."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(name, flags, 0o666), "w", encoding="utf-8", newline="\n")


def forget(path: Path) -> None:
    """Remove a file, if it is there and can be removed."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return


def _held(name: Path) -> IO[str]:
    while True:
        if name.is_symlink():
            forget(name)
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        file = os.fdopen(os.open(name, flags, 0o666), "r+", encoding="utf-8")
        try:
            _wait(file, name)
            if os.path.samestat(os.fstat(file.fileno()), name.stat()):
                _say_who(file)
                return file
        except FileNotFoundError:
            pass
        except BaseException:
            file.close()
            raise
        file.close()  # who held it has removed it meanwhile: what is there now, if anything, is another one


def _say_who(file: IO[str]) -> None:
    with suppress(OSError):  # no room, say: the lock is held all the same
        os.ftruncate(file.fileno(), 0)
        os.write(file.fileno(), f"process {os.getpid()} ({' '.join(sys.argv)[:200]})".encode("utf-8", "replace"))


def _wait(file: IO[str], name: Path) -> None:
    """Lock; who waits longer than anybody takes to save a cassette, says for whom."""
    if _lock(file, wait=False):
        return
    timer = Timer(_PATIENCE, lambda: sys.stderr.write(f"{_waiting(name)}\n"))
    timer.daemon = True
    timer.start()
    try:
        _lock(file, wait=True)
    except KeyboardInterrupt as stopped:
        stopped.add_note(_waiting(name))
        raise
    finally:
        timer.cancel()


def _waiting(name: Path) -> str:
    try:
        holder = name.read_text("utf-8", "replace") or "another process"
    except OSError:
        holder = "another process"
    return f"assistant-mock: waiting for {holder}, which holds {name}"


def _lock(file: Any, wait: bool) -> bool:
    """Whether the lock is ours now."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        if wait:
            raise
        return False
    return True
