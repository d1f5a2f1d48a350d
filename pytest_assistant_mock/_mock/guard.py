"""
The guard of a whole run: while no mock answers, every call to a vendor's host is stopped.

Answers nothing; knows neither pytest nor an HTTP library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from pytest_assistant_mock._doors.doors import Doors
from pytest_assistant_mock._engine.engine import Engine
from pytest_assistant_mock._engine.wire import Reply, Request
from pytest_assistant_mock._mock import layers
from pytest_assistant_mock._mock.recording import check_hosts
from pytest_assistant_mock._vendors import REVISIONS
from pytest_assistant_mock.errors import BlockedHost

__tracebackhide__ = True  # a failing test shows its own line


class Guard:
    """
    Stops every call to a vendor's host, or to a base URL in `hosts`, that no mock answers, while the context is open.

    What the SDKs are told just now is not asked: a server of somebody's own on loopback is none of the vendors' hosts.
    """

    def __init__(self, hosts: Mapping[str, Sequence[str]] | None = None) -> None:
        vendors = next(iter(REVISIONS.values()))
        check_hosts(hosts or {}, [vendor.name for vendor in vendors])
        self._engine = Engine(vendors, hosts)
        self._doors = Doors(self)
        self._layer = layers.Layer(on=(self._doors.open,), off=(self._doors.close,))
        self.blocked: list[BlockedHost] = []

    def __enter__(self) -> Self:
        layers.enter(self._layer)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        layers.leave(self._layer)

    def plays(self, url: str) -> bool:
        """False. Raises BlockedHost for a URL of a vendor."""
        if self._engine.plays(url):
            self._stop(url.partition("?")[0])
        return False

    def knows(self, origin: str) -> bool:
        """Whether some of its URLs are a vendor's: nothing connects before it is known which one is asked for."""
        return self._engine.knows(origin)

    def guards(self, host: str) -> bool:
        """False. Raises BlockedHost for a vendor's host."""
        if self._engine.guards(host):
            self._stop(host)
        return False

    def handle(self, request: Request) -> Reply | None:
        """Nobody asks: it plays nothing."""
        return None

    def _stop(self, where: str) -> None:
        error = BlockedHost(
            f"a call to {where} was about to be made while no assistant mock is open; nothing was sent\n"
            "  why:  the ini option assistant_guard stops every call to a vendor's host, for the whole run\n"
            "  do:   let the test ask for a fixture (assistant_mock, model_studio_mock, appbuilder_mock); for a call made while"
            " tests are collected see docs/configuration.md;\n"
            "        for a run that is meant to reach the real service:  pytest -o assistant_guard=false"
        )
        self.blocked.append(error)
        raise error
