"""
The pieces an answer came in: kept as times and lengths beside its body, cut anew when that changes, given again in replay.

Knows interactions and streams; knows no file.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace

from pytest_assistant_mock._engine.sse import frame_ends
from pytest_assistant_mock._engine.streams import Piece
from pytest_assistant_mock._engine.wire import Failure, FailureKind, Reply
from pytest_assistant_mock.cassettes.format import Interaction, Pieces


def cut_anew(before: bytes, after: bytes, pieces: Pieces) -> Pieces:
    """The pieces of a body that has been changed: each now ends where the frame ends that its end was in."""
    if before == after or not pieces:
        return pieces
    old, new = frame_ends(before), frame_ends(after)
    if len(old) != len(new):
        return ((pieces[0][0], len(after)),) if after else ()
    found: list[tuple[int, int]] = []
    at = done = 0
    for ms, size in pieces:
        at += size
        end = new[bisect_left(old, at)]
        if end > done:
            found.append((ms, end - done))
            done = end
    return tuple(found)


def with_reply(one: Interaction, reply: Reply) -> Interaction:
    """The interaction with another reply, its pieces cut anew where the body has changed."""
    pieces = cut_anew(_arrived(one.reply), _arrived(reply), one.pieces)
    return replace(one, reply=reply, pieces=pieces)


def _arrived(reply: Reply) -> bytes:
    """The body, as far as it came."""
    if isinstance(reply, Failure):
        return reply.response.body[: reply.after_bytes] if reply.response is not None else b""
    return reply.body


class Replayed:
    """
    A recorded stream: the same bytes in the same pieces.

    pauses: before each piece, in seconds; none if it comes at once. left: whether its client had closed it there; beyond: what
    is raised if one reads on all the same.
    """

    def __init__(
        self,
        body: bytes,
        pieces: Pieces,
        *,
        paced: bool = False,
        failure: FailureKind | None = None,
        beyond: Callable[[], Exception] | None = None,
    ) -> None:
        self.taken = body
        self._pieces = _timed(body, pieces, paced)
        self._next = 0
        self._failure = failure
        self._beyond = beyond
        self.left = self.unfinished = beyond is not None

    def take(self) -> Piece | None:
        """The next one. Raises CassetteMiss beyond the last of a stream that its client had closed."""
        if self._next < len(self._pieces):
            self._next += 1
            return self._pieces[self._next - 1]
        if self._beyond is not None:
            raise self._beyond()
        return None

    @property
    def ended(self) -> bool:
        """Whether all are taken, and nobody knows of more."""
        return self._next >= len(self._pieces) and self._beyond is None

    @property
    def failure(self) -> FailureKind | None:
        """How it broke off."""
        return self._failure

    def wait(self) -> None:
        """Nothing to wait for."""

    def close(self) -> None:
        """The rest is not asked for."""
        self._next, self._beyond = len(self._pieces), None


def _timed(body: bytes, pieces: Pieces, paced: bool) -> Sequence[Piece]:
    found: list[Piece] = []
    at = before = 0
    for ms, size in pieces or ((0, len(body)),) if body else ():
        found.append(Piece(body[at : at + size], max(0, ms - before) / 1000 if paced else 0.0))
        at, before = at + size, max(ms, before)
    return found


def reply_of(one: Interaction, beyond: Callable[[], Exception] = EOFError, *, paced: bool = False) -> Reply:
    """What is sent in replay: the reply, in its pieces if they are known. beyond: the error for who reads on where nobody did."""
    response = one.response
    if response is None or not (one.pieces or one.closed_by_client):
        return one.reply
    body, kind = response.body, None
    if isinstance(one.reply, Failure):
        body, kind = body[: one.reply.after_bytes], one.reply.kind
    last = beyond if one.closed_by_client else None
    return replace(response, body=b"", pieces=Replayed(body, one.pieces, paced=paced, failure=kind, beyond=last))
