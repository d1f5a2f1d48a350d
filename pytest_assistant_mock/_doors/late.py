"""
Libraries imported while a mock is open: whoever wants to hear of one does so the moment its import is done.

Knows no library and no door.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from importlib.machinery import ModuleSpec
from threading import RLock
from types import ModuleType
from typing import Any, TypeAlias

Told: TypeAlias = Callable[[str, ModuleType], None]
"""Takes a library's name and its module."""


class Imports:
    """
    A finder that finds nothing by itself: it has the others find the libraries it listens for, and tells of each that came.

    lock: held while somebody is told, and by whoever changes `tell`, in whose order they are told.
    """

    def __init__(self) -> None:
        self.lock = RLock()
        self.tell: list[Told] = []
        self._listeners = 0
        self._libraries: Collection[str] = ()

    def listen(self, libraries: Collection[str]) -> None:
        """
        From now on no import of these libraries goes unheard.
        """
        with self.lock:
            self._libraries = libraries
            self._listeners += 1
            if self._listeners == 1:
                sys.meta_path.insert(0, self)

    def leave(self, told: Told) -> None:
        """
        One listener less.
        """
        with self.lock:
            self._listeners -= 1
            if told in self.tell:
                self.tell.remove(told)
            if not self._listeners and self in sys.meta_path:
                sys.meta_path.remove(self)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        """
        As the import system asks every finder.
        """
        if name not in self._libraries:
            return None
        finders = [finder for finder in sys.meta_path if finder is not self and hasattr(finder, "find_spec")]
        spec = next(filter(None, (finder.find_spec(name, path, target) for finder in finders)), None)
        if spec is not None and spec.loader is not None:
            self._hear(name, spec.loader)
        return spec

    def _hear(self, name: str, loader: Any) -> None:
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            del loader.exec_module  # for this once
            execute(module)
            with self.lock:
                for told in self.tell:
                    told(name, module)

        loader.exec_module = exec_module


imports = Imports()
"""One a process, as the import system is."""
