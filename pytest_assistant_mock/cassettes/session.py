"""
One use of a cassette from beginning to end: opened with the mock, judged and saved when it closes.

Knows tapes, players and recorders; knows neither pytest nor a door.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable

from pytest_assistant_mock._engine.engine import Engine
from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock.cassettes import storage
from pytest_assistant_mock.cassettes.format import Interaction
from pytest_assistant_mock.cassettes.player import Player
from pytest_assistant_mock.cassettes.recorder import Recorder
from pytest_assistant_mock.cassettes.usage import Tape
from pytest_assistant_mock.errors import CannotSeed, CassetteMiss, UnplayedInteractions, causes

__tracebackhide__ = True  # a failing test shows its own line


class Session:
    """
    Who answers in the place of the fake, and what is to be said of it at the end.

    keys: finds the real keys, so that none is ever written. Raises CassetteError for a file that is no cassette.
    """

    def __init__(self, engine: Engine, tape: Tape, keys: Callable[[], Iterable[str]]) -> None:
        self.tape = tape
        self.answerer = _answerer(engine, tape, keys)

    @property
    def replays(self) -> bool:
        """Whether nothing leaves the machine, so that a fake key will do."""
        return isinstance(self.answerer, Player)

    def finish(self, passed: bool, error: BaseException | None, on_its_way: bool) -> str:
        """
        Save what was recorded if the test has passed, else tell that it is not kept; tell what was left unplayed if that is only
        to be reported.

        error: what the test failed with, if it is known; on_its_way: whether that is being raised just now.

        Raises CassetteMiss for one that was swallowed, UnplayedInteractions, CassetteError; nothing over an exception that
        is on its way.
        """
        __tracebackhide__ = True
        misses = self.answerer.misses
        if misses and not on_its_way and not any(one in misses for one in causes(error)):
            count = f"{len(misses)} calls" if len(misses) > 1 else "a call"
            raise CassetteMiss(f"{misses[0]}\n  raised at {count} before, and swallowed by the code under test")
        if isinstance(self.answerer, Recorder):
            if not passed:
                return self.answerer.lost
            told = self.answerer.save()
            if told and (self.answerer.late or not self.tape.test):  # in pytest it stands in the report
                warnings.warn(told, stacklevel=2)
            return told
        left = self.answerer.unplayed() if self.tape.unplayed != "off" and not misses else ""
        if left and passed and self.tape.unplayed == "fail":
            raise UnplayedInteractions(left)
        if left and passed:
            warnings.warn(left, stacklevel=2)
        return left


def _answerer(engine: Engine, tape: Tape, keys: Callable[[], Iterable[str]]) -> Player | Recorder:
    path = tape.path
    if path is None or (tape.source == "live" and tape.record == "none"):
        return Recorder(engine, tape)
    exists = path.exists()
    there: list[Interaction] = storage.load(path).interactions if exists else []
    if tape.source == "live" or tape.record == "all" or (tape.record == "once" and (tape.begun or not exists)):
        return Recorder(engine, tape, before=there, keys=keys())
    player = Player(engine, tape, there, known := list(keys()))
    return Recorder(engine, tape, player, keys=known) if tape.record == "new" else player


def cannot_seed(vendor: Vendor, tape: Tape) -> CannotSeed:
    """The error for a look into the fake's store where there is no fake."""
    routes = {route.operation: f"{route.method} {route.path}" for route in vendor.routes}
    where = "the real service" if tape.source == "live" else f"a cassette ({tape.path})"
    return CannotSeed(
        f"{vendor.name}: this test runs on {where}; there is no fake to put anything into, to look into, or to arrange"
        " trouble in\n"
        "  do:  write it so that it runs on all three: let the test create what it needs, and ask for it, through the API"
        f" ({routes['create_thread']}, {routes['create_message']}, {routes['list_messages']})\n"
        '  or:  keep it on the fake:  @pytest.mark.assistant(source="fake")'
    )
