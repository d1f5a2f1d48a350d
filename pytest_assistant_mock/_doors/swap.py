"""
Functions of a library, swapped for those of a mock and put back in whatever order mocks and other tools come and go.

Knows no library and nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ref

from pytest_assistant_mock._doors.seam import Answerer, Seam, tell_of


class Gate:
    """
    An answerer, until its mock closes: from then on it plays nothing, so that a function put in for it, wherever it still stands,
    is what it stands over. A call that was begun before is answered to its end.
    """

    def __init__(self, answerer: Answerer) -> None:
        self.open = True
        self.handle = answerer.handle
        self._plays, self._knows, self._guards = answerer.plays, answerer.knows, answerer.guards
        self.blocked: list[Exception] = []
        """The errors of clients that were stopped."""
        if (tell := tell_of(answerer)) is not None:
            self.passed = tell

    def plays(self, url: str) -> bool:
        """As the answerer says, while its mock is open."""
        return self.open and self._plays(url)

    def knows(self, origin: str) -> bool:
        """As the answerer says, while its mock is open."""
        return self.open and self._knows(origin)

    def guards(self, host: str) -> bool:
        """As the answerer says, while its mock is open."""
        return self.open and self._guards(host)


def stopped(answerer: Answerer, error: Exception) -> Exception:
    """Note that a client was stopped: if it swallows the error, somebody else will ask for it."""
    noted: list[Exception] | None = getattr(answerer, "blocked", None)
    if noted is not None:
        noted.append(error)
    return error


_SWAP = "_assistant_mock_swap"
"""Set on a function that stands in for a library's: the `Swap` that put it there."""


class Swap:
    """
    A seam swapped for a gate. Put back in any order, also when somebody else has swapped the same function meanwhile.
    """

    def __init__(self, seam: Seam, gate: Gate) -> None:
        owner, name = seam.owner, seam.name
        self._seam = seam
        self._gate = gate
        self._raw = vars(owner).get(name)  # None: inherited. As it stands there: a wrapper of wrapt gives another one when asked
        self.original = getattr(owner, name)
        wrapper = seam.make(gate, self.original)
        self.wrapper = ref(wrapper)  # weak: the wrapper holds this, and both would wait for the garbage collector
        setattr(wrapper, _SWAP, self)
        setattr(owner, name, wrapper)

    def undo(self) -> None:
        """
        Put back what was there, and what stood below it if that is a closed mock's. Where another function has been put over
        this one, it stays: it may hold this one, and puts it back some day. The gate is closed, so it does no harm.
        """
        owner, name = self._seam.owner, self._seam.name
        if vars(owner).get(name) is not self.wrapper():
            return
        under = self
        while (below := swap_of(under._raw)) is not None and not below._gate.open:
            under = below
        if under._raw is None:
            delattr(owner, name)
        else:
            setattr(owner, name, under._raw)


def swap_of(function: Any) -> Swap | None:
    """The swap a function stands for, if it is one of ours; one that only copies its attributes (functools.wraps) is none."""
    swap: Swap | None = getattr(function, _SWAP, None)
    return swap if swap is not None and swap.wrapper() is function else None


def wrapped(original: Callable[..., Any]) -> bool:
    """
    Whether another tool stood here before us, and says what it wraps (`__wrapped__`, as functools.wraps and wrapt set it): it
    wants to be called. One that says nothing (pytest-httpx, a test's own stand-in) answers in the library's place.
    """
    while (swap := swap_of(original)) is not None:
        original = swap.original
    return hasattr(original, "__wrapped__")
