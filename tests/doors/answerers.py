"""Who stands behind the doors in these tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from pytest_assistant_mock._doors.doors import Doors
from pytest_assistant_mock._doors.seam import Answerer
from pytest_assistant_mock._engine.streams import opened
from pytest_assistant_mock._engine.tee import Tee
from pytest_assistant_mock._engine.wire import Failure, Reply, Request, Response


class Script:
    """Answers every URL below a base by a function, or by the same reply; None lets the call through."""

    def __init__(self, base: str, answer: Callable[[Request], Reply | None] | Reply | None, guarded: Sequence[str] = ()) -> None:
        self._base = base
        self._answer = answer
        self._guarded = guarded
        self.asked: list[Request] = []

    def handle(self, request: Request) -> Reply | None:
        """The script's reply."""
        self.asked.append(request)
        return self._answer(request) if callable(self._answer) else self._answer

    def plays(self, url: str) -> bool:
        """Whether the URL is below the base."""
        return url.startswith(self._base)

    def knows(self, origin: str) -> bool:
        """Whether the base is of this origin."""
        ours, theirs = urlsplit(self._base), urlsplit(origin)
        return (ours.scheme, ours.hostname, ours.port or _PORTS[ours.scheme]) == (
            theirs.scheme, theirs.hostname, theirs.port or _PORTS[theirs.scheme],
        )  # fmt: skip

    def guards(self, host: str) -> bool:
        """Whether the host is wholly ours."""
        return host in self._guarded


_PORTS = {"http": 80, "https": 443}


class Recorder(Script):
    """Lets every call below its base through, and keeps what it is told."""

    def __init__(self, base: str) -> None:
        super().__init__(base, None)
        self.heads: list[tuple[Request, Reply, Tee | None]] = []

    def passed(self, request: Request, reply: Reply) -> Reply:
        """Keep it."""
        if isinstance(reply, Failure) or reply.pieces is None:
            self.heads.append((request, reply, None))
            return reply
        tee = Tee(opened(reply.pieces))
        self.heads.append((request, reply, tee))
        return replace(reply, pieces=tee)

    @property
    def told(self) -> list[tuple[Request, Reply]]:
        """The requests, and what has come of each so far."""
        return [
            (request, reply if tee is None or isinstance(reply, Failure) else tee.reply(reply))
            for request, reply, tee in self.heads
        ]


@contextmanager
def behind_doors(answerer: Answerer) -> Iterator[None]:
    """Every door open, for the length of a block."""
    doors = Doors(answerer)
    doors.open()
    try:
        yield
    finally:
        doors.close()


def says(text: str, *headers: tuple[str, str], status: int = 200) -> Response:
    """A plain response."""
    return Response(status, (("Content-Type", "text/plain; charset=utf-8"), *headers), text.encode())
