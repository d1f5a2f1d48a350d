"""
What the vendors' SDKs are told: a key while a mock is open, and the base URLs they would use just now.

Touches the environment, and modules the test has already imported; imports none, knows no vendor by name.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pytest_assistant_mock._engine.base_urls import NOBODY, ToldURLs
from pytest_assistant_mock._engine.vendor import Settings, Vendor
from pytest_assistant_mock._serving import own_servers


@lru_cache(maxsize=8)  # the same for every mock
def told(vendors: tuple[Vendor, ...]) -> Callable[[], ToldURLs]:
    """A function that says which base URLs the SDKs would use at the moment it is called, and where servers of ours listen."""
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


def warn_of_server(vendors: Sequence[Vendor]) -> Callable[[str], None]:
    """
    A function that warns of an origin whose requests a mock lets pass only because an environment variable says so: whoever
    exported it in a shell has forgotten it.
    """

    said: set[str] = set()

    def warn(origin: str) -> None:
        if origin in own_servers.INHERITED and origin not in said:
            said.add(origin)
            urls = [url for owner, url in told(tuple(vendors))() if owner != NOBODY and url.startswith(origin)]
            warnings.warn(
                f"{own_servers.VARIABLE}={' '.join(own_servers.INHERITED)!r} says that a server of this project listens at"
                f" {origin}. So the mock does not answer {', '.join(urls) or origin}, which the SDK was told to use: the request"
                f" goes to that server.\nWhere the mock is to answer:  unset {own_servers.VARIABLE}",
                stacklevel=2,
            )

    return warn


@dataclass(slots=True)
class _Found:
    """Where a vendor's SDKs had their key, or had none, before a mock put its own there."""

    settings: Settings
    value: str | None
    attributes: dict[tuple[str, str], Any]

    @classmethod
    def now(cls, settings: Settings) -> _Found:
        """As it is just now."""
        there = [(module, name) for module, name in settings.key_attributes if module in sys.modules]
        attributes = {(module, name): getattr(sys.modules[module], name, None) for module, name in there}
        return cls(settings, os.environ.get(settings.key_variable), attributes)

    def under(self, below: _Found) -> None:
        """What stood below a mock that has closed: wherever this one found the fake key, that one had put it there."""
        fake = self.settings.key
        if self.value == fake:
            self.value = below.value
        for place, value in self.attributes.items():
            if value == fake:
                self.attributes[place] = below.attributes.get(place, below.value)

    def replace(self) -> None:
        """Let the SDKs find the fake key by themselves."""
        for module, name in self.attributes:
            setattr(sys.modules[module], name, self.settings.key)
        os.environ[self.settings.key_variable] = self.settings.key

    def put_back(self) -> None:
        """Everything as it was. A module first imported in between has read the fake key, and gets what it would have read."""
        if self.value is None:
            os.environ.pop(self.settings.key_variable, None)
        else:
            os.environ[self.settings.key_variable] = self.value
        for module, name in self.settings.key_attributes:
            if module in sys.modules:
                setattr(sys.modules[module], name, self.attributes.get((module, name), self.value))

    def put_back_what_came_again(self) -> None:
        """Wherever the fake key stands again, though nobody has put it there but what undoes changes."""
        fake = self.settings.key
        if os.environ.get(self.settings.key_variable) == fake != self.value:
            os.environ.pop(self.settings.key_variable)
            if self.value is not None:
                os.environ[self.settings.key_variable] = self.value
        for module, name in self.settings.key_attributes:
            if module in sys.modules and getattr(sys.modules[module], name, None) == fake:
                setattr(sys.modules[module], name, self.attributes.get((module, name), self.value))


class _Process:
    """Whose keys are put just now, innermost last, and what the last to leave found when it came."""

    def __init__(self) -> None:
        self.open: list[Keys] = []
        self.left: tuple[_Found, ...] = ()


_process = _Process()


def tidy() -> None:
    """
    Take the fake keys away that came back after their mock had closed: whatever saved the environment while a mock was open
    (monkeypatch, asked for before the mock) puts back what it saw. Does nothing while a mock is open.
    """
    if not _process.open:
        for found in _process.left:
            found.put_back_what_came_again()


class Keys:
    """
    The SDKs' keys, replaced on `put`, put back on `take_back`, whatever happened in between and in whatever order mocks close.
    """

    def __init__(self, settings: Sequence[Settings]) -> None:
        self._settings = settings
        self._found: tuple[_Found, ...] = ()
        self._modules = 0

    @property
    def before(self) -> set[str]:
        """The keys that stood where the fake ones were put."""
        found = [value for one in self._found for value in (one.value, *one.attributes.values())]
        return {key for key in found if isinstance(key, str) and key}

    def put(self) -> None:
        """Let every SDK find the fake key by itself."""
        self._modules = len(sys.modules)
        self._found = tuple(map(_Found.now, self._settings))
        _process.open.append(self)
        for found in self._found:
            found.replace()

    def take_back(self) -> None:
        """Put the keys back; where a mock that was opened later is still open, have it do so."""
        if self not in _process.open:
            return
        at = _process.open.index(self)
        later = _process.open[at + 1 : at + 2]
        _process.open.remove(self)
        for one in later:
            one._modules = min(one._modules, self._modules)
            for found, below in zip(one._found, self._found, strict=True):
                found.under(below)
        if not later:
            self._put_back()

    def _put_back(self) -> None:
        for found in self._found:
            found.put_back()
            if len(sys.modules) != self._modules:
                _forget(found.settings, found.value)
        if not _process.open:
            _process.left = self._found


def _forget(settings: Settings, value: str | None) -> None:
    """Take the fake key out of any module of the SDK that copied it when it was imported."""
    packages = {module.partition(".")[0] for module, _ in settings.key_attributes}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in packages and module is not None:
            for attribute, held in list(vars(module).items()):
                if isinstance(held, str) and held == settings.key:
                    setattr(module, attribute, value or "")
