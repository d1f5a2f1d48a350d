"""
What the vendors' SDKs are told: a key while a mock is open, and the base URLs they would use just now.

Touches the environment, and modules the test has already imported; imports none, knows no vendor by name.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from pytest_assistant_mock._engine.base_urls import NOBODY, ToldURLs
from pytest_assistant_mock._engine.vendor import Settings, Vendor
from pytest_assistant_mock._serving import own_servers


@lru_cache(maxsize=8)  # the same for every mock
def told(vendors: tuple[Vendor, ...]) -> Callable[[], ToldURLs]:
    """
    A function that says which base URLs the SDKs would use at the moment it is called, and where servers of ours listen.
    """
    variables = [(vendor.name, vendor.settings.url_variable, vendor.settings.read_url) for vendor in vendors]
    attributes = [
        (vendor.name, module, name, vendor.settings.read_url)
        for vendor in vendors
        for module, name in vendor.settings.url_attributes
    ]

    def just_now() -> ToldURLs:
        urls = []
        for owner, variable, read in variables:
            if url := os.environ.get(variable):
                urls.append((owner, read(url)))
        for owner, module, name, read in attributes:
            if module in sys.modules and (url := getattr(sys.modules[module], name, None)):
                urls.append((owner, read(str(url))))
        urls += [(NOBODY, url) for url in own_servers.urls()]
        return tuple(urls)

    return just_now


def keys(settings: Sequence[Settings]) -> list[str]:
    """
    The keys the SDKs would find just now, in the environment and in themselves.
    """
    found = [os.environ.get(one.key_variable) for one in settings]
    found += [
        getattr(sys.modules[module], name, None)
        for one in settings
        for module, name in one.key_attributes
        if module in sys.modules
    ]
    return [key for key in found if isinstance(key, str) and key]


class Before(NamedTuple):
    """What a vendor's key was before a mock opened: in the environment, and in the SDK's modules by module and name."""

    variable: str | None
    attributes: dict[tuple[str, str], Any]


class Keys:
    """
    The SDKs' keys, replaced on `put`, put back on `take_back`, whatever happened in between.

    Mocks may close in any order: one that closes below another hands it what is to be put back.
    """

    def __init__(self, settings: Sequence[Settings]) -> None:
        self._settings = settings
        self._before: list[Before] = []
        self._modules = 0

    def put(self) -> None:
        """Let every SDK find the fake key by itself."""
        self._modules = len(sys.modules)
        for settings in self._settings:
            self._before.append(Before(os.environ.get(settings.key_variable), _held(settings)))
            _set(settings, settings.key)
        _put.append(self)

    def take_back(self) -> None:
        """Put the keys back. A module first imported in between has read the fake key, and gets what it would have read."""
        if self not in _put:
            return
        above = _put[_put.index(self) + 1 :]
        _put.remove(self)
        if above:
            above[0]._take_over(self)
            return
        for settings, before in zip(self._settings, self._before, strict=True):
            _restore(settings, before)
            _kept[settings.key_variable] = (settings, before)
            if len(sys.modules) != self._modules:
                _forget(settings, before.variable)

    def _take_over(self, below: Keys) -> None:
        self._modules = below._modules
        # what this mock has found in modules that came since is the fake key, and nothing to put back
        self._before = below._before


_put: list[Keys] = []  # innermost last, as the process's environment is one
_kept: dict[str, tuple[Settings, Before]] = {}


def sweep() -> None:
    """
    Put keys back once more, if a fake one has come back after its mock has closed: a test's monkeypatch, asked for before the
    mock, saw the fake key and puts it back at its own end.
    """
    if _put:
        return
    for settings, before in _kept.values():
        if settings.key in (os.environ.get(settings.key_variable), *_held(settings).values()):
            _restore(settings, before)


def _held(settings: Settings) -> dict[tuple[str, str], Any]:
    found = [(module, name) for module, name in settings.key_attributes if module in sys.modules]
    return {(module, name): getattr(sys.modules[module], name, None) for module, name in found}


def _set(settings: Settings, key: str) -> None:
    for module, name in _held(settings):
        setattr(sys.modules[module], name, key)
    os.environ[settings.key_variable] = key


def _restore(settings: Settings, before: Before) -> None:
    if before.variable is None:
        os.environ.pop(settings.key_variable, None)
    else:
        os.environ[settings.key_variable] = before.variable
    for module, name in _held(settings):
        setattr(sys.modules[module], name, before.attributes.get((module, name), before.variable))


def _forget(settings: Settings, value: str | None) -> None:
    """
    Take the fake key out of any module of the SDK that copied it when it was imported.
    """
    packages = {module.partition(".")[0] for module, _ in settings.key_attributes}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in packages and module is not None:
            for attribute, held in list(vars(module).items()):
                if isinstance(held, str) and held == settings.key:
                    setattr(module, attribute, value or "")
