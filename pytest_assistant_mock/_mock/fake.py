"""
The fake of one vendor, as the rooms of a handle share it.

Knows that on a cassette or live run there is none; knows nothing of what a test does with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_assistant_mock._engine.engine import Engine, Service
from pytest_assistant_mock._engine.state import State
from pytest_assistant_mock._engine.trouble import Trouble
from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock._mock.recording import no_fake

if TYPE_CHECKING:
    from pytest_assistant_mock.cassettes.usage import Tape

__tracebackhide__ = True  # a failing test shows its own line


class Fake:
    """One vendor's state and what the test has set up besides. Each raises CannotSeed where no fake answers."""

    def __init__(self, engine: Engine, service: Service, tape: Tape | None) -> None:
        self.lock = engine.lock
        self._service = service
        self._tape = tape

    @property
    def vendor(self) -> Vendor:
        """The vendor, whoever answers."""
        return self._service.vendor

    @property
    def state(self) -> State:
        """The vendor's state."""
        if self._tape is not None:
            raise no_fake(self.vendor, self._tape)
        self._service.state.settle()  # what a client has left unread goes on
        return self._service.state

    @property
    def trouble(self) -> Trouble:
        """What the test has set up: made when it is first asked for."""
        if self._tape is not None:
            raise no_fake(self.vendor, self._tape)
        if self._service.trouble is None:
            self._service.trouble = Trouble()
        return self._service.trouble
