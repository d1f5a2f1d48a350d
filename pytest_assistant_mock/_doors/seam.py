"""
What every door is made of: somebody who answers, and seams to be swapped while a mock is open.

Knows no HTTP library.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import sleep
from typing import Any, Protocol

from pytest_assistant_mock._engine.wire import Reply, Request
from pytest_assistant_mock.errors import UnknownSeam

__tracebackhide__ = True  # a failing test shows its own line


class Answerer(Protocol):
    """Who stands behind the doors: the engine, or anything else with these four methods. A `Witness` has one more."""

    def handle(self, request: Request) -> Reply | None:
        """The reply; None lets the call through."""

    def plays(self, url: str) -> bool:
        """Whether a request to this URL may be answered. Asked before a body is read."""

    def knows(self, origin: str) -> bool:
        """Whether some URL of this origin ("https://host:port") may be answered. Asked before a connection is made."""

    def guards(self, host: str) -> bool:
        """Whether nothing may connect to this host name."""


class Witness(Answerer, Protocol):
    """An answerer that also hears what came of the calls it let through."""

    def passed(self, request: Request, reply: Reply) -> Reply:
        """
        Told once for each request this answerer plays and `handle` returned None for, as soon as the head of the reply has
        come. What this returns the client gets.

        A body is a stream of pieces: read from the line as the client takes them, their transfer coding undone, their content
        coding left. Errors that are no `Failure` (a name not found, a bad certificate) are not told; the client meets them as
        ever.
        """


Tell = Callable[[Request, Reply], Reply]

PASSING = "_assistant_mock_passing"
"""Set on a connection while a door above lets its request through: the doors below leave it alone."""


def tell_of(answerer: Answerer) -> Tell | None:
    """How to tell an answerer what came of a call it let through; None if it does not ask."""
    tell: Tell | None = getattr(answerer, "passed", None)
    return tell


def wait(reply: Reply) -> None:
    """Let the time pass that a test has asked for before a reply comes."""
    if reply.delay:
        sleep(reply.delay)


async def in_thread(block: Callable[[], None]) -> None:
    """Run what blocks beside asyncio's loop, in a thread of its own: a pool's threads may all be waiting already."""
    from asyncio import get_running_loop
    from threading import Thread

    loop = get_running_loop()
    done = loop.create_future()

    def run() -> None:
        problem: BaseException | None = None
        try:
            block()
        except BaseException as error:
            problem = error
        with suppress(RuntimeError):  # the loop has closed meanwhile
            loop.call_soon_threadsafe(finish, problem)

    def finish(problem: BaseException | None) -> None:
        if done.cancelled():
            return
        if problem is None:
            done.set_result(None)
        else:
            done.set_exception(problem)

    Thread(target=run, name="assistant-mock-wait", daemon=True).start()
    await done


Make = Callable[[Answerer, Callable[..., Any]], Callable[..., Any]]
"""From who answers and the original function: the function to stand in its place."""


@dataclass(frozen=True, slots=True)
class Seam:
    """
    One function of a library, and what stands in its place while a mock is open.

    `parameters` are the signatures known, each a tuple of names: these functions are mostly private, so a change must be noticed.
    """

    owner: Any
    name: str
    make: Make
    parameters: tuple[tuple[str, ...], ...] = ()

    def check(self) -> None:
        """Raises UnknownSeam if the function is gone, or takes other parameters than the ones known."""
        where = f"{getattr(self.owner, '__module__', '')}.{getattr(self.owner, '__qualname__', self.owner)}.{self.name}"
        function = getattr(self.owner, self.name, None)
        if function is None:
            raise UnknownSeam(f"{where} is gone")
        if self.parameters and _own(self.owner, function):
            import inspect

            found = tuple(inspect.signature(function).parameters)
            if found[1:] not in [names[1:] for names in self.parameters]:  # whatever another patch calls `self`
                known = " or ".join(f"({', '.join(names)})" for names in self.parameters)
                raise UnknownSeam(f"{where} takes ({', '.join(found)}), expected {known}")


def _own(owner: Any, function: Any) -> bool:
    """Whether a function is the library's own, and no patch of another test tool over it."""
    package = str(getattr(owner, "__module__", "")).partition(".")[0]
    return str(getattr(function, "__module__", "")).partition(".")[0] == package


def body_bytes(body: Any, text_encoding: str = "utf-8") -> bytes:
    """A request body, read whole: bytes, text, anything with `read`, or pieces of either."""
    if body is None:
        return b""
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode(text_encoding)
    if hasattr(body, "read"):
        return body_bytes(body.read(), text_encoding)
    try:
        return bytes(memoryview(body))
    except TypeError:
        return b"".join(body_bytes(piece, text_encoding) for piece in body)
