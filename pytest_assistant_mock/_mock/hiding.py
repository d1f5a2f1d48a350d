"""
What a mock hides in all that it tells: the fake keys, those the test named, the real ones, and what requests carry.

Knows where keys are; what else is a secret, the registry knows.
"""

from __future__ import annotations

from collections.abc import Iterable

from pytest_assistant_mock._engine.engine import Engine
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._engine.wire import Exchange
from pytest_assistant_mock._mock.sdk_environment import Keys
from pytest_assistant_mock._vendors.secrets import configured, secrets_of


class Hiding:
    """The keys one mock knows. They are looked up when something is told; `note` remembers those that may be gone by then."""

    def __init__(self, engine: Engine, replaced: Keys) -> None:
        self._engine = engine
        self._replaced = replaced
        self._noted: set[str] = set()

    def note(self) -> None:
        """Remember the keys that are configured just now: a test that has failed has undone its changes when it is told of."""
        self._noted |= configured()

    def keys(self) -> set[str]:
        """Every key this mock knows."""
        services = self._engine.services.values()
        fake = {service.vendor.settings.key for service in services}
        named = {key for one in services if one.trouble and one.trouble.tenants for key in one.trouble.tenants.keys}
        return {*fake, *named, *self._noted, *self._replaced.before, *configured()}

    def secrets(self, exchanges: Iterable[Exchange] = ()) -> Secrets:
        """What hides them, and what the requests of some exchanges carry."""
        carried = [secrets_of().carried(exchange.request.headers) for exchange in exchanges]
        return secrets_of(self.keys().union(*carried))
