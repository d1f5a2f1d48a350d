"""
The state of one vendor in one mock: a table for each kind of object, the counters, and who asks just now.

A kind is registered in `kinds`; saving, clearing and looking up loop over the tables, so that none can be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from pytest_assistant_mock._engine.clock import Clock, Numbers
from pytest_assistant_mock._engine.habits import AnyTools, Habits, Tools
from pytest_assistant_mock._engine.table import Kind, T, Table

if TYPE_CHECKING:
    from pytest_assistant_mock._engine.turns import Script

IdFormat: TypeAlias = Callable[[str, int], str]
"""From what is made ("thread", "user message", …) and its number, the vendor's id."""


class OpenStream(Protocol):
    """A stream that somebody may still read."""

    def wake(self) -> None:
        """What it waits for may have come."""

    def settle(self) -> None:
        """Let the run go on to its next stop if the reader has gone."""

    def cut(self) -> None:
        """Break it off: the reader meets a reset."""


class State:
    """
    All that one vendor remembers.

    clock: the mock's. kinds: parents before what belongs to them. owner: who asks just now, "" for one who sees everything.
    name: the vendor's. habits: how the vendor's runs differ. tools: makes and checks arguments of functions.
    scripts: what assistants do. streams: the open ones, by the id of their run.
    """

    def __init__(
        self,
        clock: Clock,
        format_id: IdFormat,
        kinds: Sequence[Kind[Any]],
        name: str = "",
        habits: Habits | None = None,
    ) -> None:
        self.clock = clock
        self.format_id = format_id
        self.name = name
        self.habits = habits or Habits()
        self.numbers = Numbers()
        self.owner = ""
        self.tools: Tools = AnyTools()
        self.scripts: list[Script] = []
        self.streams: dict[str, OpenStream] = {}
        self._tables: dict[Kind[Any], Table[Any]] = {}
        for kind in kinds:
            table = self._tables[kind] = Table(kind, lambda: self.owner)
            if kind.parent is not None:
                self._tables[kind.parent].children.append(table)

    def __getitem__(self, kind: Kind[T]) -> Table[T]:
        """The table of a kind."""
        return self._tables[kind]

    def next_id(self, made: str, count: str, taken: Container[str] = ()) -> tuple[int, str]:
        """
        The next number of a count and the id made of it; a number whose id a test has given away is passed over.

        made: what the id is for, in the words of the vendor's `format_id`.
        """
        while True:
            number = self.numbers.next(count)
            id = self.format_id(made, number)
            if id not in taken:
                return number, id

    def has(self, id: str) -> bool:
        """Whether an object of any kind has that id."""
        return any(id in table for table in self._tables.values())

    def look_up(self, params: Mapping[str, str]) -> None:
        """Refuse if an object that is named in a path does not exist; what it belongs to is looked up first."""
        for kind, table in self._tables.items():
            if kind.in_path and kind.field_name in params:
                table.get(params[kind.field_name], params.get(kind.parent.field_name) if kind.parent else None)

    def wake(self, run_id: str) -> None:
        """Tell the stream of a run, if one is open, that the run goes on."""
        if run_id in self.streams:
            self.streams[run_id].wake()

    def settle(self) -> None:
        """Let the runs go on whose streams have been closed by their readers."""
        for stream in tuple(self.streams.values()):
            stream.settle()

    def cut_streams(self) -> None:
        """Break off every open stream."""
        for stream in tuple(self.streams.values()):
            stream.cut()

    def clear(self) -> None:
        """Forget everything; the first id comes next."""
        self.cut_streams()
        self.scripts.clear()
        self.numbers.restore({})
        for table in self._tables.values():
            table.clear()

    def save(self) -> Callable[[], None]:
        """A function that puts everything back as it is now."""
        numbers, tables = self.numbers.state(), [table.save() for table in self._tables.values()]
        scripts = [(script, script.used) for script in self.scripts]

        def put_back() -> None:
            self.cut_streams()
            self.scripts[:] = [script for script, _ in scripts]
            for script, used in scripts:
                script.used = used
            self.numbers.restore(numbers)
            for table in tables:
                table()

        return put_back
