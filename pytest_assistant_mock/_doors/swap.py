"""
Functions of a library, swapped for those of a mock and put back in whatever order mocks and other tools come and go.

Knows no library and nothing of HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from weakref import ref

from pytest_assistant_mock._doors.seam import Answerer, Seam, tell_of
from pytest_assistant_mock._engine.wire import Reply, Request


class Gate:
    """
    An answerer, until its mock closes: from then on a function put in for it, wherever it still stands, is what it stands over.

    Whoever comes in by a closed gate (a thread that had the function in its hand already, a patch put back too late) while another
    mock is open is as good as in by that one's. A call that was begun before is answered to its end.
    """

    def __init__(self, answerer: Answerer) -> None:
        self.open = False
        self._answerer = answerer
        self.blocked: list[Exception] = []
        """The errors of clients that were stopped."""
        if (tell := tell_of(answerer)) is not None:
            self.passed = tell

    def set(self, open: bool) -> None:
        """Open or close it."""
        self.open = open
        if open:
            _open.append(self)
        elif self in _open:
            _open.remove(self)

    def plays(self, url: str) -> bool:
        """As the answerer says, while its mock is open."""
        return self._answerer.plays(url) if self.open else any(one.plays(url) for one in _instead())

    def knows(self, origin: str) -> bool:
        """As the answerer says, while its mock is open."""
        return self._answerer.knows(origin) if self.open else any(one.knows(origin) for one in _instead())

    def guards(self, host: str) -> bool:
        """As the answerer says, while its mock is open."""
        return self._answerer.guards(host) if self.open else any(one.guards(host) for one in _instead())

    def handle(self, request: Request) -> Reply | None:
        """As the answerer does."""
        if not self.open:
            for one in _instead():
                if one.plays(request.url):
                    return one.handle(request)
        return self._answerer.handle(request)


_open: list[Gate] = []


def _instead() -> Iterator[Gate]:
    """
    The innermost open gate, for a closed one. Not one that lets calls through: they may come by here on their way out.
    """
    innermost = _open[-1:]
    return (gate for gate in innermost if gate.open and tell_of(gate) is None)


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
        wrapper = seam.make(gate, _Below(self))
        self.wrapper = ref(wrapper)  # weak: the wrapper holds this, and both would wait for the garbage collector
        setattr(wrapper, _SWAP, self)
        setattr(owner, name, wrapper)

    def undo(self) -> None:
        """
        Put back what was there, and what stood below it if that is a closed mock's. Where a mock stands over this one it stands
        over what was there from now on. Where another tool's function stands over it, it stays: the tool may hold it, and put it
        back some day. The gate is closed, so it does no harm.
        """
        owner, name = self._seam.owner, self._seam.name
        top = swap_of(vars(owner).get(name))
        if top is not self:
            while top is not None and top.original is not self.wrapper():
                top = swap_of(top.original)
            if top is not None:
                top.original, top._raw = self.original, self._raw
            return
        under = self
        while (below := swap_of(under._raw)) is not None and not below._gate.open:
            under = below
        if under._raw is None:
            delattr(owner, name)
        else:
            setattr(owner, name, under._raw)


class _Below:
    """
    What stands below a swap just now, to be called.
    """

    __slots__ = ("swap",)

    def __init__(self, swap: Swap) -> None:
        self.swap = swap

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self.swap.original(*args, **options)


def swap_of(function: Any) -> Swap | None:
    """The swap a function stands for, if it is one of ours; one that only copies its attributes (functools.wraps) is none."""
    swap: Swap | None = getattr(function, _SWAP, None)
    return swap if swap is not None and swap.wrapper() is function else None


def wrapped(original: Callable[..., Any]) -> bool:
    """
    Whether another tool stood here before us, and says what it wraps (`__wrapped__`, as functools.wraps and wrapt set it): it
    wants to be called. One that says nothing (pytest-httpx, a test's own stand-in) answers in the library's place.
    """
    swap = original.swap if isinstance(original, _Below) else swap_of(original)
    while swap is not None:
        original = swap.original
        swap = swap_of(original)
    return hasattr(original, "__wrapped__")
