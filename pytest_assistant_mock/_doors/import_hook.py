"""
Libraries imported while a mock is open: whoever wants to hear of one does so the moment its import is done.

Knows no library and no door.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from importlib.machinery import ModuleSpec
from threading import RLock, local
from types import ModuleType
from typing import Any, TypeAlias
from weakref import WeakSet

Listener: TypeAlias = Callable[[str, ModuleType], None]
"""Takes a library's name and its module."""


class Imports:
    """
    A finder on `sys.meta_path` that notices when a library is imported. It leaves the finding to the other finders.

    tell: the functions to call with each new library, in this order.
    lock: held while they are called, and by whoever changes `tell`.
    heard: the libraries that they were called with.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.tell: list[Listener] = []
        self.heard: WeakSet[ModuleType] = WeakSet()
        self._listeners = 0
        self._libraries: Collection[str] = ()
        self._asking = _Asking()

    def listen(self, libraries: Collection[str]) -> None:
        """From now on no import of these libraries goes unheard."""
        with self.lock:
            self._libraries = libraries
            self._listeners += 1
            if self not in sys.meta_path:  # whatever others have put back there
                sys.meta_path.insert(0, self)

    def leave(self, told: Listener) -> None:
        """One listener less."""
        with self.lock:
            self._listeners -= 1
            if told in self.tell:
                self.tell.remove(told)
            if not self._listeners and self in sys.meta_path:
                sys.meta_path.remove(self)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """As the import system asks every finder; a finder that asks all finders in its turn is not answered a second time."""
        if name not in self._libraries or name in self._asking.names:
            return None
        self._asking.names.add(name)
        try:
            finders = [finder for finder in sys.meta_path if finder is not self and hasattr(finder, "find_spec")]
            spec = next(filter(None, (finder.find_spec(name, path, target) for finder in finders)), None)
        finally:
            self._asking.names.remove(name)
        if spec is not None and hasattr(spec.loader, "exec_module") and not isinstance(spec.loader, _Loader):
            spec.loader = _Loader(spec, lambda module: self._hear(name, module))  # type: ignore[assignment]
        return spec

    def _hear(self, name: str, module: ModuleType) -> None:
        with self.lock:
            self.heard.add(module)
            for told in tuple(self.tell):
                told(name, module)


class _Asking(local):
    """The libraries this thread is just having found."""

    def __init__(self) -> None:
        self.names: set[str] = set()


class _Loader:
    """In a loader's place for one import: the loader itself may load other modules as well, or be asked for and never used."""

    def __init__(self, spec: ModuleSpec, done: Callable[[ModuleType], None]) -> None:
        self._spec = spec
        self._loader: Any = spec.loader
        self._done = done

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def exec_module(self, module: ModuleType) -> None:
        """Step aside, have the module executed, and say so."""
        self._spec.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._done(module)


imports = Imports()
"""One a process, as the import system is."""
