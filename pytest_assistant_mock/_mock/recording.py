"""
Who answers in a mock: the fake, a cassette or the real service. Imports what only a cassette needs when there is one.

Knows words and where to find what they stand for.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from os.path import realpath
from typing import TYPE_CHECKING, Any, TypedDict

from pytest_assistant_mock._engine.engine import Engine, Service
from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock.errors import nearest

if TYPE_CHECKING:
    from pytest_assistant_mock.cassettes import Cassette
    from pytest_assistant_mock.cassettes.session import Session
    from pytest_assistant_mock.cassettes.usage import OldValues, Pace, Polls, Record, Tape, Unplayed


class Recording(TypedDict, total=False):
    """
    How a cassette is used.

    cassette: the file.
    record: what is recorded: "none", "once" (all, if the file is missing), "new" (what the file does not answer), or "all".
    ignore: the values that are not compared: ["metadata.trace", "?after"].
    reuse: whether the last answer to a request is given again.
    unplayed: what an answer does that nobody asked for: "fail", "warn" or "off".
    pace: how fast a stream is replayed: "instant", or with the pauses that were "recorded".
    polls: whether replay goes from a run that is under way to the answer that ends the waiting, "skip", or plays "all".
    old_values: whether "all" keeps ids and times of the old recording, "keep", or not, "replace".
    test: the node id of the test. shared: whether other tests use the file. begun: whether this run began to record it.
    """

    cassette: str | PathLike[str] | None
    record: Record
    ignore: Sequence[str]
    reuse: bool
    unplayed: Unplayed
    pace: Pace
    polls: Polls
    old_values: OldValues
    test: str
    shared: bool
    begun: bool


@dataclass(slots=True)
class CommandLine:
    """What the command line of this run says; None if nothing. opened: collects the cassettes that were asked for, if wanted."""

    source: str | None = None
    opened: set[str] | None = None


command_line = CommandLine()
"""For what opens mocks by itself: a state machine has no fixture to tell it."""


def tape_of(source: str, recording: Recording) -> Tape | None:
    """The use of a cassette, None for the fake. Raises TypeError or ValueError for a word or value that is wrong."""
    for name in recording:
        if name not in Recording.__annotations__:
            known = ("revision", "hosts", "strict", "contract", "name", "source", "control", *Recording.__annotations__)
            raise TypeError(f"AssistantMock({name}=…): unknown keyword{nearest(name, known)}; it takes {', '.join(known)}")
    given: dict[str, Any] = {"cassette": None, **recording}
    if source == "fake" and given.keys() <= {"cassette"}:
        return None
    from pytest_assistant_mock.cassettes.usage import Tape

    tape = Tape.of(source, **given)
    if source != "fake":
        return tape
    if tape.record != "none":
        words = f'record={tape.record!r}: this mock is the fake, and nothing of it is recorded; do you want source="cassette"?'
        warnings.warn(words, stacklevel=3)
    return None


def session(engine: Engine, tape: Tape) -> Session:
    """Open the cassette. Raises CassetteError."""
    from pytest_assistant_mock._vendors.secrets import configured
    from pytest_assistant_mock.cassettes.session import Session

    if command_line.opened is not None and tape.path is not None:
        command_line.opened.add(realpath(tape.path))
    return Session(engine, tape, configured)


def no_fake(vendor: Vendor, tape: Tape) -> Exception:
    """The error for a test that needs the fake and runs without."""
    from pytest_assistant_mock.cassettes.session import cannot_seed

    return cannot_seed(vendor, tape)


def remember(engine: Engine, service: Service, cassette: str | PathLike[str] | Cassette) -> None:
    """
    Put what a cassette tells of a vendor into its store. Raises ValueError for one that holds calls, and none to this vendor.
    """
    from pytest_assistant_mock.cassettes import Cassette, load, restore
    from pytest_assistant_mock.cassettes.matching import Places

    recorded = cassette if isinstance(cassette, Cassette) else load(cassette)
    places = Places(engine.place, [one.vendor for one in engine.services.values()])
    vendors = {place.vendor for one in recorded.interactions if (place := places.of(one)) is not None}
    if recorded.interactions and service.vendor.name not in vendors:
        others = f"; it holds calls to {', '.join(sorted(vendors))}" if vendors else ""
        raise ValueError(f"the cassette holds no call to {service.vendor.name}, and nothing is loaded{others}")
    restore.load(engine, service, restore.recall(restore.told(recorded.interactions, service.vendor, places)))


def check_hosts(hosts: Mapping[str, Sequence[str]], vendors: Sequence[str]) -> None:
    """Raises ValueError for an unknown vendor, TypeError for what is no mapping of lists."""
    if not isinstance(hosts, Mapping):
        raise TypeError(f"hosts={hosts!r}: expected base URLs by vendor: {{'{vendors[0]}': ['https://gw.corp/ai/api/v1']}}")
    for vendor, urls in hosts.items():
        if vendor not in vendors:
            raise ValueError(f"hosts names {vendor!r}; the vendors are {', '.join(vendors)}{nearest(vendor, vendors)}")
        if isinstance(urls, str):
            raise TypeError(f"hosts[{vendor!r}] is a string; expected a list of base URLs: [{urls!r}]")
        if wrong := [url for url in urls if not isinstance(url, str)]:
            raise TypeError(f"hosts[{vendor!r}] has {wrong[0]!r}; expected base URLs like 'https://gw.corp/ai/api/v1'")
