"""
How a cassette is used in one test: where it lies, what may be recorded, what counts as the same request.

Values only.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args

from pytest_assistant_mock.cassettes.matching import Ignored
from pytest_assistant_mock.errors import nearest

Source: TypeAlias = Literal["fake", "cassette", "live"]
Record: TypeAlias = Literal["none", "once", "new", "all"]
Unplayed: TypeAlias = Literal["fail", "warn", "off"]
Pace: TypeAlias = Literal["instant", "recorded"]
Polls: TypeAlias = Literal["skip", "all"]
OldValues: TypeAlias = Literal["keep", "replace"]

SOURCES: tuple[str, ...] = get_args(Source)
RECORDS: tuple[str, ...] = get_args(Record)
UNPLAYED: tuple[str, ...] = get_args(Unplayed)
PACES: tuple[str, ...] = get_args(Pace)
POLLS: tuple[str, ...] = get_args(Polls)
OLD_VALUES: tuple[str, ...] = get_args(OldValues)


def check_word(name: str, value: str, known: tuple[str, ...]) -> None:
    """Raises ValueError if a word is none of the known ones."""
    if value not in known:
        listed = ", ".join(map(repr, known))
        raise ValueError(f"{name}={value!r}: expected one of {listed}{nearest(str(value), known)}")


@dataclass(frozen=True, slots=True)
class Tape:
    """
    The use of a cassette. `test` is what pytest calls the test (its node id), or empty outside of pytest.

    shared: whether several tests use the file; begun: whether its recording began in this very run, so that "once" goes on.
    served: whether it answers on a socket, for the command line to record.
    """

    path: Path | None
    source: Source = "cassette"
    record: Record = "none"
    ignored: Ignored = field(default_factory=Ignored)
    reuse: bool = False
    unplayed: Unplayed = "fail"
    pace: Pace = "instant"
    polls: Polls = "skip"
    old_values: OldValues = "keep"
    test: str = ""
    shared: bool = False
    begun: bool = False
    served: bool = False

    @classmethod
    def of(
        cls,
        source: str,
        cassette: str | os.PathLike[str] | None,
        record: str = "none",
        ignore: Sequence[str] = (),
        reuse: bool = False,
        unplayed: str = "fail",
        pace: str = "instant",
        polls: str = "skip",
        old_values: str = "keep",
        **more: Any,
    ) -> Tape:
        """
        From words as a test's author writes them. Raises ValueError for an unknown one, TypeError for a value of the wrong type.
        """
        check_word("source", source, SOURCES)
        check_word("record", record, RECORDS)
        words = {
            "unplayed": (unplayed, UNPLAYED),
            "pace": (pace, PACES),
            "polls": (polls, POLLS),
            "old_values": (old_values, OLD_VALUES),
        }
        for name, (word, known) in words.items():
            check_word(name, word, known)
        if not isinstance(reuse, bool):
            raise TypeError(f"reuse={reuse!r}: expected True or False")
        if cassette is None and (source == "cassette" or record != "none") and source != "fake":
            raise ValueError(f"source={source!r}, record={record!r} and no cassette: expected cassette=, the path of a YAML file")
        path = Path(cassette) if cassette is not None else None
        chosen: dict[str, Any] = {name: word for name, (word, _) in words.items()}
        return cls(path, cast(Source, source), cast(Record, record), Ignored.of(ignore), reuse, **chosen, **more)

    def command(self, record: Record) -> str:
        """What to run so that the cassette is recorded."""
        if self.served:
            return f"assistant-mock serve --cassette {shlex.quote(str(self.path))} --record {record}"
        if not self.test:
            return f'AssistantMock(source="cassette", cassette={str(self.path)!r}, record="{record}")'
        return f"pytest {shlex.quote(self.test)} --assistant-source=cassette --assistant-record={record}"

    @property
    def again(self) -> str:
        """How the whole recording is made anew, in words and a command. Only in pytest is it known to be one test's."""
        if self.test:
            return f"record the whole test again:  {self.command('all')}"
        return f"delete the file and record it again:  {self.command('once')}"

    @property
    def mode(self) -> str:
        """Source and record mode, in words."""
        return f"source={self.source}, record={self.record}"
