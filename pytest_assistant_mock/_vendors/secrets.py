"""
What hides secrets in whatever the vendors are asked and answer: their own headers, and the keys their SDKs would use.

Knows the vendors' rows; what a secret is, the registry knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock._vendors import REVISIONS

VENDORS: tuple[Vendor, ...] = tuple({vendor.name: vendor for vendors in REVISIONS.values() for vendor in vendors}.values())


def secrets_of(keys: Iterable[str] = ()) -> Secrets:
    """What hides some keys, and all that looks like a secret."""
    return _secrets(frozenset(keys))


@lru_cache(maxsize=16)
def _secrets(keys: frozenset[str]) -> Secrets:
    return Secrets(keys, [name for vendor in VENDORS for name in vendor.secret_headers])


def configured() -> set[str]:
    """The keys the SDKs would find just now, in the environment and in themselves."""
    return {key for vendor in VENDORS for key in vendor.settings.keys_found()}


def secrets() -> Secrets:
    """What hides the keys that are configured just now."""
    return secrets_of(configured())
