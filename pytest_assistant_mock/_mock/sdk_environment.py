"""
What the vendors' SDKs are told: a key while a mock is open, and the base URLs they would use just now.

Touches the environment, and modules the test has already imported; imports none, knows no vendor by name.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

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


class Keys:
    """
    The SDKs' keys, replaced on `put`, put back on `take_back`, whatever happened in between.
    """

    def __init__(self, settings: Sequence[Settings]) -> None:
        self._settings = settings
        self._before: list[tuple[Settings, str | None, list[tuple[str, str, Any]]]] = []
        self._modules = 0

    def put(self) -> None:
        """
        Let every SDK find the fake key by itself.
        """
        self._modules = len(sys.modules)
        for settings in self._settings:
            attributes = []
            for module, name in settings.key_attributes:
                if module in sys.modules:
                    attributes.append((module, name, getattr(sys.modules[module], name, None)))
                    setattr(sys.modules[module], name, settings.key)
            self._before.append((settings, os.environ.get(settings.key_variable), attributes))
            os.environ[settings.key_variable] = settings.key

    def take_back(self) -> None:
        """
        Put the keys back. A module first imported in between has read the fake key, and gets what it would have read.
        """
        while self._before:
            settings, value, attributes = self._before.pop()
            if value is None:
                os.environ.pop(settings.key_variable, None)
            else:
                os.environ[settings.key_variable] = value
            known = {(module, name): before for module, name, before in attributes}
            for module, name in settings.key_attributes:
                if module in sys.modules:
                    setattr(sys.modules[module], name, known.get((module, name), value))
            if len(sys.modules) != self._modules:
                _forget(settings, value)


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
