"""
Where a test's cassette lies: `cassettes/<module>/<test>.yaml` beside it, or `cassettes/<name>.yaml` for a named one.

Knows names and paths; of files it reads only whether a test is still there.
"""

from __future__ import annotations

import glob
import re
from difflib import SequenceMatcher
from hashlib import sha256
from pathlib import Path

_FORBIDDEN = re.compile(r"[<>?%*:|\"'/\\\x00-\x1f\x7f]")  # the same as pytest-recording's, and what no file name can hold
_MAX_BYTES = 200
"""Of a name with its suffix: file systems take 255, and a file being saved needs a longer name than its own."""


def cassette_of_test(test_file: Path, test: str, class_name: str | None = None) -> Path:
    """The path of the cassette of one test; `test` is its name with its parameters."""
    name = f"{class_name}.{test}" if class_name else test
    return test_file.parent / "cassettes" / test_file.stem / file_name(_FORBIDDEN.sub("-", name))


def orphans(missing: Path) -> list[Path]:
    """
    Cassettes that could be a missing one under another name, the likest first: of the same module without a test of that
    name, of the same name in a module that is gone.
    """
    module = missing.parent
    tests = _source(module)
    beside = [one for one in module.glob("*.yaml") if one != missing and not _has_test(tests, one)]
    moved = [one for one in module.parent.glob(f"*/{glob.escape(missing.name)}") if _source(one.parent) is None]
    likeness = {one: SequenceMatcher(None, str(one), str(missing)).ratio() for one in (*beside, *moved)}
    return sorted(likeness, key=lambda one: (-likeness[one], one))


def _source(folder: Path) -> str | None:
    """The text of the module whose cassettes lie in a folder; None if there is none."""
    try:
        return (folder.parent.parent / f"{folder.name}.py").read_text("utf-8", "replace")
    except OSError:
        return None


def _has_test(source: str | None, cassette: Path) -> bool:
    name = cassette.stem.partition("[")[0].rpartition(".")[2]
    return source is not None and re.search(rf"\bdef {re.escape(name)}\b", source) is not None


def cassette_of_name(test_file: Path, name: str) -> Path:
    """The path of a named cassette; a slash in the name is a folder. Raises ValueError for a name that leads elsewhere."""
    parts = name.removesuffix(".yaml").split("/")
    if not all(part.strip(". ") for part in parts) or any(_FORBIDDEN.search(part) for part in parts):
        raise ValueError(f"cassette={name!r}: expected a name like 'threads' or 'shared/threads'")
    return test_file.parent.joinpath("cassettes", *parts[:-1], file_name(parts[-1]))


def file_name(name: str) -> str:
    """A name as a file's, cut with a hash of the whole if it is too long."""
    whole = name.encode("utf-8", "replace")
    if len(whole) + len(".yaml") <= _MAX_BYTES:
        return f"{name}.yaml"
    mark = sha256(whole).hexdigest()[:16]
    kept = whole[: _MAX_BYTES - len(mark) - len("....yaml")].decode("utf-8", "ignore")
    return f"{kept}...{mark}.yaml"
