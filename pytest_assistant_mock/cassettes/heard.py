"""
One call that went through to the real service: its request, and what has come of it so far.

Knows replies and interactions; what may be recorded is the recorder's business.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from pytest_assistant_mock._engine.sse import is_event_stream
from pytest_assistant_mock._engine.streams import opened
from pytest_assistant_mock._engine.tee import Tee
from pytest_assistant_mock._engine.wire import Failure, Headers, Reply, Request, Response
from pytest_assistant_mock.cassettes.content_encoding import decoded, lengths
from pytest_assistant_mock.cassettes.format import Interaction, Pieces
from pytest_assistant_mock.cassettes.pieces import cut_anew

_NOT_KEPT = ("connection", "content-length", "keep-alive", "transfer-encoding")
"""Headers of the line, not of the message; the body in the file says its own length."""


@dataclass(frozen=True, slots=True)
class Heard:
    """
    A call and its reply. Of one that still comes `head` is the beginning, and `tee` keeps the rest.

    known: what else the file says of it.
    """

    known: Interaction
    head: Reply
    tee: Tee | None = None

    @property
    def left(self) -> bool:
        """Whether the client has not read it to its end, now that it is asked for."""
        return self.tee is not None and (self.tee.left or not self.tee.ended)

    @property
    def reply(self) -> Reply:
        """As people read it: as far as it came, without the coding of the wire."""
        if self.tee is None or isinstance(self.head, Failure):
            return _as_it_reads(self.head)
        return _as_it_reads(self.tee.reply(self.head))

    def interaction(self) -> Interaction:
        """As it is recorded now. Of a stream that is still open, its client has closed the rest."""
        reply = self.reply
        pieces = self._pieces(reply)
        return replace(
            self.known, reply=_of_the_message(reply, self.known.request.method), pieces=pieces, closed_by_client=self.left
        )

    def _pieces(self, reply: Reply) -> Pieces:
        response = reply.response if isinstance(reply, Failure) else reply
        if self.tee is None or response is None or not is_event_stream(response.headers):
            return ()
        came = tuple((piece.ms, len(piece.data)) for piece in self.tee.arrived)
        if response.body == self.tee.body:
            return came
        sizes = lengths([piece.data for piece in self.tee.arrived])
        if sum(sizes) != len(response.body):  # it was compressed in a way that is read only whole
            return cut_anew(self.tee.body, response.body, came)
        return tuple((piece.ms, size) for piece, size in zip(self.tee.arrived, sizes, strict=True) if size)


def heard(known: Interaction, head: Reply) -> Heard:
    """A call whose reply begins."""
    if isinstance(head, Failure) or head.pieces is None:
        return Heard(known, head)
    return Heard(known, head, Tee(opened(head.pieces), lambda tee: _as_it_reads(tee.reply(head))))


def kept(headers: Headers) -> Headers:
    """Headers as they are recorded."""
    return tuple(pair for pair in headers if pair[0].lower() not in _NOT_KEPT)


def sent(request: Request) -> Request:
    """A request as it is recorded."""
    return Request(request.method, request.url, kept(request.headers), request.body)


def _as_it_reads(reply: Reply) -> Reply:
    """For people, the contract and the file: without the coding of the wire."""
    if isinstance(reply, Failure):
        return reply
    headers, body = decoded(reply.headers, reply.body)
    return replace(reply, headers=headers, body=body)


def _of_the_message(reply: Reply, method: str) -> Reply:
    if isinstance(reply, Failure) or method == "HEAD":
        return reply
    return Response(reply.status, kept(reply.headers), reply.body)
