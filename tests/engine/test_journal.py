"""The journal keeps exchanges by vendor and tells who watches."""

from __future__ import annotations

from threading import RLock, Thread
from typing import Any

import pytest
from made_streams import Made

from pytest_assistant_mock import Exchange, Failure, Request, Response
from pytest_assistant_mock._engine.journal import Journal
from pytest_assistant_mock._engine.stream_faults import Cut
from pytest_assistant_mock._engine.streams import Listed, Piece, Stream, is_stream

ASKED = Exchange("one", "create_thread", Request("POST", "https://one/threads"), Response(200))
NOT_ANSWERED = Exchange("one", None, Request("POST", "https://one/nowhere"), Response(400))


def test_a_journal_keeps_each_vendors_exchanges_in_order() -> None:
    """Those no route was found for are told apart; what is handed out is a copy."""
    journal = Journal()
    seen: list[Exchange] = []
    journal.watchers.append(seen.append)
    journal.write(ASKED)
    journal.write(NOT_ANSWERED)
    assert (journal.of("one"), journal.of("two"), seen) == ([ASKED, NOT_ANSWERED], [], [ASKED, NOT_ANSWERED])
    assert (journal.unanswered("one"), journal.unanswered("two")) == ([NOT_ANSWERED], [])
    journal.of("one").clear()
    assert len(journal.of("one")) == 2


def _begin(journal: Journal, made: Any, *faults: str) -> Stream:
    """Write an exchange whose reply is a stream; the stream to read."""
    reply = journal.write(Exchange("one", None, NOT_ANSWERED.request, Response(200, pieces=made), faults))
    assert isinstance(reply, Response)
    assert is_stream(reply.pieces)
    return reply.pieces


def _read(stream: Stream, most: int = 100) -> None:
    while most and stream.take() is not None:
        most -= 1


def test_a_streamed_reply_stands_from_its_head_and_is_told_of_at_its_end() -> None:
    """In the order asked; its body is what has been taken; who watches hears of it once."""
    journal, seen = Journal(), list[Exchange]()
    journal.watchers.append(seen.append)
    stream = _begin(journal, [b"a", b"b"])
    journal.write(ASKED)
    assert ([one.status for one in journal.of("one")], seen) == ([200, 200], [ASKED])
    assert journal.of("one")[0].response.body == b""  # type: ignore[union-attr]
    _read(stream, 1)
    assert (journal.of("one")[0].response.body, len(seen)) == (b"a", 1)  # type: ignore[union-attr]
    _read(stream)
    journal.cut()
    assert ([one.response.body for one in journal.of("one")], len(seen)) == ([b"ab", b""], 2)  # type: ignore[union-attr]
    assert (seen[1] is journal.of("one")[0], journal.unanswered("one")) == (True, [seen[1]])


@pytest.mark.parametrize("look", [lambda journal: journal.of("one"), lambda journal: journal.write(ASKED), Journal.settle])
def test_a_client_that_left_is_told_of_at_the_next_look(look: Any) -> None:
    """Its close only marks; the exchange holds what was taken, and is no failure."""
    journal, seen, made = Journal(), list[Exchange](), Made([b"a", b"b"])
    journal.watchers.append(seen.append)
    stream = _begin(journal, made)
    _read(stream, 1)
    stream.close()
    stream.close()
    assert (seen, made.closes) == ([], 1)
    look(journal)
    assert isinstance(seen[0].reply, Response)
    assert (seen[0].reply.body, seen[0].response) == (b"a", seen[0].reply)


def test_a_close_never_waits_for_the_lock() -> None:
    """A finalizer may run while another thread makes a piece."""
    lock = RLock()
    stream = _begin(Journal(lock), Made([b"a"]))
    closing = Thread(target=stream.close)
    with lock:
        closing.start()
        closing.join(5)
        assert not closing.is_alive()


@pytest.mark.parametrize("end", [Journal.cut, Journal.clear, lambda journal: journal.save()()])
def test_a_stream_that_is_open_at_the_end_is_cut(end: Any) -> None:
    """At exit, reset and restore: who watches hears of it, and the client meets a reset if it reads on."""
    journal, seen, made = Journal(), list[Exchange](), Made([b"a", b"b"])
    journal.watchers.append(seen.append)
    stream = _begin(journal, made)
    _read(stream, 1)
    end(journal)
    assert [one.response.body for one in seen] == [b"a"]  # type: ignore[union-attr]
    assert (stream.take(), stream.ended, stream.failure, made.made, made.closes) == (None, True, "reset", 1, 1)


def test_a_stream_that_breaks_is_a_failure() -> None:
    """By a fault, or by what a piece raises, which is kept to be raised again."""
    journal, error = Journal(), LookupError()
    _read(_begin(journal, Cut(Listed([b"abc", b"d"]), "truncated", 2, "truncated(2)"), "truncated(2)"))
    with pytest.raises(LookupError):
        _read(_begin(journal, Made([b"a"], raises=error)))
    cut, raised = journal.of("one")
    assert (cut.reply, cut.faults) == (Failure("truncated", 2, cut.response), ("truncated(2)",))
    assert (raised.reply, journal.raised) == (Failure("reset", 1, raised.response), [error])


@pytest.mark.parametrize("leaves", [False, True])
def test_a_cut_that_did_not_strike_is_no_fault_of_the_exchange(leaves: bool) -> None:
    """The stream was shorter, or its client left before."""
    journal, spared = Journal(), list[bool]()
    cut = Cut(Listed([b"ab", b"c"]), "truncated", 3, "truncated(3)")
    cut.spared = lambda: spared.append(True)
    stream = _begin(journal, cut, "slow(1)", "truncated(3)")
    _read(stream, 1 if leaves else 100)
    stream.close()
    [exchange] = journal.of("one")
    assert (exchange.faults, spared, isinstance(exchange.reply, Response)) == (("slow(1)",), [True], True)


def test_a_failure_of_a_response_in_pieces_is_a_stream_that_breaks() -> None:
    """What a test gives as `Failure("truncated", 1, Response(…, pieces=…))` comes in pieces too."""
    failure = Failure("truncated", 1, Response(200, pieces=[b"ab"]), delay=0.5)
    reply = Journal().write(Exchange("one", None, NOT_ANSWERED.request, failure))
    assert isinstance(reply, Response)
    assert is_stream(reply.pieces)
    assert (reply.pieces.take(), reply.pieces.failure, reply.delay) == (Piece(b"a"), "truncated", 0.5)
