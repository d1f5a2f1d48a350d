"""
The journal keeps exchanges by vendor and tells who watches.
"""

from __future__ import annotations

from pytest_assistant_mock import Exchange, Request, Response
from pytest_assistant_mock._engine.journal import Journal

ASKED = Exchange("one", "create_thread", Request("POST", "https://one/threads"), Response(200))
NOT_ANSWERED = Exchange("one", None, Request("POST", "https://one/nowhere"), Response(400))


def test_a_journal_keeps_each_vendors_exchanges_in_order() -> None:
    """
    Those no route was found for are told apart; what is handed out is a copy.
    """
    journal = Journal()
    seen: list[Exchange] = []
    journal.watchers.append(seen.append)
    journal.write(ASKED)
    journal.write(NOT_ANSWERED)
    assert (journal.of("one"), journal.of("two"), seen) == ([ASKED, NOT_ANSWERED], [], [ASKED, NOT_ANSWERED])
    assert (journal.unanswered("one"), journal.unanswered("two")) == ([NOT_ANSWERED], [])
    journal.of("one").clear()
    assert len(journal.of("one")) == 2
