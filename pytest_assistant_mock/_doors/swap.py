"""
Functions of a library, swapped for those of a mock and put back in whatever order mocks and other tools come and go.

Knows no library and nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ref

from pytest_assistant_mock._doors.seam import Answerer, Seam, tell_of
from pytest_assistant_mock._engine.wire import Reply, Request

__tracebackhide__ = True  # a failing test shows its own line


class Gate:
    """
    An answerer, until its mock closes. From then on the innermost mock that is open answers in its place, or nobody: a function
    put in for it, wherever it still stands, and whoever still holds it, is what it stands over.
    """

    def __init__(self, answerer: Answerer) -> None:
        self._handle = answerer.handle
        self._plays, self._knows, self._guards = answerer.plays, answerer.knows, answerer.guards
        self.blocked: list[Exception] = []
        """The errors of clients that were stopped."""
        if (tell := tell_of(answerer)) is not None:
            self.passed = tell
        self.open = False

    def begin(self) -> None:
        """Answer from now on, before all others."""
        self.open = True
        _gates.append(self)

    def close(self) -> None:
        """Answer nothing more."""
        if self.open:
            self.open = False
            _gates.remove(self)

    def handle(self, request: Request) -> Reply | None:
        """The answerer's reply. A call that was begun before the mock closed is answered to its end."""
        heir = None if self.open else _innermost()
        return heir.handle(request) if heir is not None and heir.plays(request.url) else self._handle(request)

    def plays(self, url: str) -> bool:
        """As the answerer says, while its mock is open."""
        if self.open:
            return self._plays(url)
        heir = _innermost()
        return heir is not None and heir.plays(url)

    def knows(self, origin: str) -> bool:
        """As the answerer says, while its mock is open."""
        if self.open:
            return self._knows(origin)
        heir = _innermost()
        return heir is not None and heir.knows(origin)

    def guards(self, host: str) -> bool:
        """As the answerer says, while its mock is open."""
        if self.open:
            return self._guards(host)
        heir = _innermost()
        return heir is not None and heir.guards(host)


_gates: list[Gate] = []  # those that are open, innermost last: one list a process, for what is swapped is the process's


def _innermost() -> Gate | None:
    """The innermost open gate; none if that lets calls through, for they may come by a closed one on their way out."""
    try:
        innermost = _gates[-1]
    except IndexError:
        return None
    return innermost if tell_of(innermost) is None else None


def stopped(answerer: Answerer, error: Exception) -> Exception:
    """Note that a client was stopped: if it swallows the error, somebody else will ask for it."""
    noted: list[Exception] | None = getattr(answerer, "blocked", None)
    if noted is not None:
        noted.append(error)
    return error


_SWAP = "_assistant_mock_swap"
"""Set on a function that stands in for a library's: the `Swap` that put it there."""


class Swap:
    """A seam swapped for a gate. Put back in any order, also when somebody else has swapped the same function meanwhile."""

    __slots__ = ("_gate", "_raw", "_seam", "original", "wrapper")  # one for every seam of every mock

    def __init__(self, seam: Seam, gate: Gate) -> None:
        owner, name = seam.owner, seam.name
        self._seam = seam
        self._gate = gate
        # None: inherited. As it stands there: a wrapper of wrapt gives another one when asked
        setattr(owner, name, self._over(vars(owner).get(name), getattr(owner, name)))

    def _over(self, raw: Any, original: Any) -> Any:
        """The function that stands in, over another one."""
        self._raw = raw
        self.original = original
        wrapper = self._seam.make(self._gate, original)
        self.wrapper = ref(wrapper)  # weak: the wrapper holds this, and both would wait for the garbage collector
        setattr(wrapper, _SWAP, self)
        return wrapper

    def undo(self) -> None:
        """
        Take the functions of closed mocks out. The owner has one function or the other at every moment, so no call slips past
        a mock that is open. Where another tool has put a function over ours, nothing is touched: it may hold ours, and puts it
        back some day. The gate is closed, so it does no harm.
        """
        owner, name = self._seam.owner, self._seam.name
        raw, original = vars(owner).get(name), None
        if raw is self.wrapper() and not hasattr(self._raw, _SWAP):  # one mock alone, in nearly every test
            self._put(self._raw)
            return
        alive: list[Swap] = []
        while (swap := swap_of(raw)) is not None:
            if swap._gate.open:
                alive.append(swap)
            raw, original = swap._raw, swap.original
        if original is None:
            return
        for swap in reversed(alive):
            raw = original = swap._over(raw, original)
        self._put(raw)

    def _put(self, raw: Any) -> None:
        if raw is None:
            delattr(self._seam.owner, self._seam.name)
        else:
            setattr(self._seam.owner, self._seam.name, raw)


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
