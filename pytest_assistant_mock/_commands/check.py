"""
`assistant-mock check FILE…`: messages and responses in files, from a log or a curl, against the contract.

Knows kinds of files and formats of reports; what is right is the contract's business.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pytest_assistant_mock import contract
from pytest_assistant_mock._commands.files import SUFFIXES, cassettes, printable
from pytest_assistant_mock.contract.explain import shown
from pytest_assistant_mock.contract.infer import guessed
from pytest_assistant_mock.contract.parse import parse
from pytest_assistant_mock.contract.stream_events import looks_like_stream
from pytest_assistant_mock.errors import NotJSON


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong in a file. `line` counts from 1; it is where the document begins."""

    file: str
    line: int
    path: str
    expected: str
    came: str
    about: str

    @property
    def text(self) -> str:
        """In one line."""
        return f"{self.path}: expected {self.expected}; came {self.came}" if self.path else self.came


def arguments(parser: ArgumentParser) -> None:
    """What it takes."""
    parser.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="JSON, JSON lines (.jsonl, .ndjson), a stream, cassettes (.yaml), or a folder of cassettes; - reads standard input",
    )
    parser.add_argument("--vendor", choices=contract.VENDORS, help="whose they are (default: told from their fields)")
    parser.add_argument("--operation", help="what they answer, say list_messages (default: told from their fields)")
    parser.add_argument("--kind", choices=contract.KINDS, help="what they are (default: a response, or an error)")
    parser.add_argument("--revision", help="2025 or 2026 (default: either)")
    parser.add_argument("--strict", action="store_true", help="also report fields the contract does not know")
    parser.add_argument(
        "--max-bytes", type=int, default=contract.MAX_BYTES, help="how large a document may be (default: %(default)s)"
    )
    parser.add_argument(
        "--max-age", metavar="AGE", help="how long ago a cassette may have been recorded: 90d, 12w, 36h (default: any time)"
    )
    parser.add_argument("--format", choices=sorted(FORMATS), default="text", help="how to report (default: %(default)s)")


def run(options: Namespace) -> int:
    """Report; 1 if anything breaks the contract, 2 for a file that cannot be read or a name that is unknown."""
    findings: list[Finding] = []
    count = 0
    try:
        too_old = _too_old(options.max_age)
        for name in options.files:
            if name != "-" and (Path(name).is_dir() or Path(name).suffix.lower() in SUFFIXES):
                for path in cassettes([name]):
                    count += 1
                    findings += [*_in_cassette(path), *too_old(path)]
                continue
            for line, document in _documents(name):
                count += 1
                findings += _found(name, line, document, options)
    except (OSError, ValueError) as problem:
        sys.stderr.write(f"assistant-mock check: {problem}\n")
        return 2
    sys.stdout.writelines(FORMATS[options.format](findings, count))
    return int(bool(findings))


def _in_cassette(path: Path) -> list[Finding]:
    from pytest_assistant_mock._vendors.secrets import configured
    from pytest_assistant_mock.cassettes.check import problems

    return [Finding(str(path), line, "", "", text, "") for line, text in problems(path, configured())]


def _too_old(age: str | None) -> Callable[[Path], list[Finding]]:
    """What finds that a cassette is older than an age; nothing for no age. Raises ValueError for what is no age."""
    if age is None:
        return lambda path: []
    from pytest_assistant_mock.cassettes import load
    from pytest_assistant_mock.cassettes.ages import duration, too_old
    from pytest_assistant_mock.errors import CassetteError

    try:
        most = duration(age)
    except ValueError as problem:
        raise ValueError(f"--max-age: {problem}") from None
    now = datetime.now(UTC)

    def found(path: Path) -> list[Finding]:
        try:
            return [Finding(str(path), line, "", "", text, "") for line, text in too_old(load(path), most, now)]
        except CassetteError:
            return []  # what is wrong with it is told already

    return found


def _documents(name: str) -> Iterator[tuple[int, bytes]]:
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"{name}: no such file or folder") from None
    yield from READERS.get(Path(name).suffix.lower(), _whole)(data)


def _whole(data: bytes) -> Iterator[tuple[int, bytes]]:
    yield 1, data


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    lines = [(number, line) for number, line in enumerate(data.splitlines(), 1) if line.strip()]
    yield from lines or _whole(data)


READERS: Mapping[str, Callable[[bytes], Iterable[tuple[int, bytes]]]] = {".jsonl": _lines, ".ndjson": _lines}
"""How a file's suffix says where its documents begin; any other file is one document."""


def _found(name: str, line: int, document: bytes, options: Namespace) -> list[Finding]:
    where = f"{name}:{line}"
    if looks_like_stream(document):
        return _in_stream(name, line, document, options)
    try:
        value = parse(document, where, options.max_bytes)
        things = value if isinstance(value, list) else [value]
        return [
            Finding(
                name,
                line,
                f"$[{number}]{one.path[1:]}" if isinstance(value, list) else one.path,
                one.expected,
                one.came,
                one.about,
            )
            for number, thing in enumerate(things)
            for one in _violations(thing, where, options)
        ]
    except (NotJSON, TypeError) as problem:
        return [Finding(name, line, "", "", str(problem).removeprefix(where).lstrip(": "), "")]


def _in_stream(name: str, line: int, document: bytes, options: Namespace) -> list[Finding]:
    try:
        found = contract.violations(document, vendor=options.vendor, strict=options.strict, max_bytes=options.max_bytes)
    except (NotJSON, TypeError) as problem:
        return [Finding(name, line, "", "", str(problem), "")]
    return [Finding(name, line, f"{one.event}: {one.path}", one.expected, one.came, one.about) for one in found]


def _violations(thing: Any, where: str, options: Namespace) -> Sequence[contract.Violation]:
    if options.operation:
        return contract.violations(
            thing if isinstance(thing, dict) else json.dumps(thing),
            vendor=options.vendor,
            operation=options.operation,
            kind=options.kind,
            revision=options.revision,
            strict=options.strict,
        )
    if not isinstance(thing, dict):
        return [contract.Violation("$", "an object", shown(thing))]
    return guessed(thing, where, options.vendor, options.kind, options.revision, options.strict)


def _as_text(findings: Sequence[Finding], count: int) -> Iterator[str]:
    for one in findings:
        yield printable(f"{one.file}:{one.line}: {one.text}\n")
        if one.about:
            yield printable(f"    {one.about}\n")
    yield f"{count} document{'' if count == 1 else 's'}, {len(findings)} violation{'' if len(findings) == 1 else 's'}\n"


def _as_json(findings: Sequence[Finding], count: int) -> Iterator[str]:
    names = Finding.__slots__
    rows = [{name: getattr(one, name) for name in names} for one in findings]
    yield json.dumps({"documents": count, "violations": rows}, ensure_ascii=False, indent=2) + "\n"


def _as_github(findings: Sequence[Finding], count: int) -> Iterator[str]:
    for one in findings:
        yield f"::error file={_escaped(one.file, ':,')},line={one.line}::{printable(_escaped(one.text))}\n"


def _escaped(text: str, also: str = "") -> str:
    for character in "%\r\n" + also:
        text = text.replace(character, f"%{ord(character):02X}")
    return text


FORMATS: Mapping[str, Callable[[Sequence[Finding], int], Iterable[str]]] = {
    "text": _as_text,
    "json": _as_json,
    "github": _as_github,
}
