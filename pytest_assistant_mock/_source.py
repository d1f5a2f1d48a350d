"""
Who answers in a mock: the fake, a cassette or the real service. Imports what only a cassette needs when there is one.

Knows words and where to find what they stand for.
"""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, Any, TypedDict

from pytest_assistant_mock._engine.engine import Engine
from pytest_assistant_mock._engine.provider import Provider

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_assistant_mock.cassettes.session import Session
    from pytest_assistant_mock.cassettes.tape import Tape


class Recording(TypedDict, total=False):
    """
    How a cassette is used.

    cassette: the file. record: "none", "once" (if the file is missing), "new" (what it does not answer), "all".
    ignore: names of values that do not count when requests are compared: ["metadata.trace", "?after"].
    reuse: whether the last answer repeats. unplayed: whether answers nobody asked for "fail", "warn" or are "off".
    test: the test's node id; shared: whether other tests use the file; begun: whether its recording began in this run.
    """

    cassette: str | PathLike[str] | None
    record: str
    ignore: Sequence[str]
    reuse: bool
    unplayed: str
    test: str
    shared: bool
    begun: bool


def tape_of(source: str, recording: Recording) -> Tape | None:
    """
    The use of a cassette, None for the fake. Raises TypeError or ValueError for a word or value that is wrong.
    """
    given: dict[str, Any] = {"cassette": None, **recording}
    if source == "fake" and given.keys() <= {"cassette"}:
        return None
    from pytest_assistant_mock.cassettes.tape import Tape

    tape = Tape.of(source, **given)
    return None if source == "fake" else tape


def session(engine: Engine, tape: Tape) -> Session:
    """
    Open the cassette. Raises CassetteError.
    """
    from pytest_assistant_mock import _settings
    from pytest_assistant_mock.cassettes.session import Session

    settings = [service.provider.settings for service in engine.services.values()]
    return Session(engine, tape, lambda: _settings.keys(settings))


def no_fake(provider: Provider, tape: Tape) -> Exception:
    """
    The error for a test that needs the fake and runs without.
    """
    from pytest_assistant_mock.cassettes.session import cannot_seed

    return cannot_seed(provider, tape)
