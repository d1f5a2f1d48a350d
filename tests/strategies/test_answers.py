"""Drawn answers look as the vendors print them, and lists agree with themselves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_assistant_mock import strategies

VENDORS = {"model_studio": strategies.model_studio, "appbuilder": strategies.appbuilder}
LIST_KEYS = {
    "model_studio": ["object", "data", "first_id", "last_id", "has_more", "request_id"],
    "appbuilder": ["object", "data", "first_id", "last_id", "has_more"],
}


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_page_of_messages_is_consistent(vendor, order):
    """One thread, times in the order asked for, first_id and last_id those of the data, nothing more after nothing."""

    @settings(max_examples=40)
    @given(VENDORS[vendor].message_list(order=order, thread_id="thread_1"))
    def consistent(page):
        times = [message["created_at"] for message in page["data"]]
        ids = [message["id"] for message in page["data"]]
        assert list(page) == LIST_KEYS[vendor]
        assert times == sorted(times, reverse=order == "desc")
        assert (page["first_id"], page["last_id"]) == ((ids[0], ids[-1]) if ids else ("", ""))
        assert len(set(ids)) == len(ids)
        assert {message["thread_id"] for message in page["data"]} <= {"thread_1"}
        assert ids or not page["has_more"]

    consistent()


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_page_of_files_is_consistent(vendor):
    """Files of one message share its id and time."""

    @settings(max_examples=40)
    @given(VENDORS[vendor].message_file_list(message_id="message_1"))
    def consistent(page):
        ids = [file["id"] for file in page["data"]]
        assert list(page) == LIST_KEYS[vendor]
        assert (page["first_id"], page["last_id"]) == ((ids[0], ids[-1]) if ids else ("", ""))
        assert {file["message_id"] for file in page["data"]} <= {"message_1"}
        assert len({file["created_at"] for file in page["data"]}) <= 1

    consistent()


@pytest.mark.parametrize("pin", [{"role": "assistant"}, {"thread_id": "thread_1"}, {"created_at": 1711508433283}])
@pytest.mark.parametrize("vendor", VENDORS)
def test_every_field_can_be_pinned(vendor, pin):
    """A pinned field is in every message as it was pinned."""

    @settings(max_examples=20)
    @given(VENDORS[vendor].message(**pin))
    def pinned(message):
        assert {name: message[name] for name in pin} == pin

    pinned()


@pytest.mark.parametrize(("revision", "key"), [("2025", "from"), ("2026", "incomplete_details")])
def test_model_studio_messages_come_in_both_revisions(revision, key):
    """Each revision's own field is there."""

    @settings(max_examples=10)
    @given(
        strategies.model_studio.message(revision=revision),
        strategies.model_studio.message_list(revision=revision),
    )
    def revised(message, page):
        assert all(key in one for one in [message, *page["data"]])

    revised()


def test_appbuilder_messages_differ_by_operation():
    """Created, they have null ids and metadata; retrieved, neither."""

    @settings(max_examples=10)
    @given(
        strategies.appbuilder.message(operation="create_message", role="user"),
        strategies.appbuilder.message(role="user"),
    )
    def differ(created, retrieved):
        assert (created["run_id"], "metadata" in created) == (None, True)
        assert (retrieved["run_id"], "metadata" in retrieved) == ("", False)

    differ()


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_error_of_a_kind_has_its_text(vendor):
    """Every kind of error the vendor has can be drawn by name, and any of them without."""
    words = {"model_studio": "does not exist", "appbuilder": "threadId不存在"}

    @settings(max_examples=10)
    @given(VENDORS[vendor].error("thread_not_found"), VENDORS[vendor].error())
    def worded(error, anything):
        assert words[vendor] in error.get("error", error)["message"]
        assert anything.get("error", anything)["message"]

    worded()


IDS = [
    ("model_studio", "thread", r"thread_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ("model_studio", "message", r"message_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ("model_studio", "request", r"[0-9a-f]{8}-[0-9a-f]{4}-9[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"),
    ("appbuilder", "message", r"msg_[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}"),
    ("appbuilder", "assistant message", r"chatmsg_[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}"),
    ("appbuilder", "file", r"file-\d+"),
]


@pytest.mark.parametrize(("vendor", "kind", "pattern"), IDS)
def test_ids_have_the_vendors_format(vendor, kind, pattern):
    """Prefix, length and version nibbles are the vendor's."""
    import re

    @settings(max_examples=30)
    @given(VENDORS[vendor].ids(kind))
    def formatted(one):
        assert re.fullmatch(pattern, one)

    formatted()


WRONG = [
    (
        lambda: strategies.model_studio.message(role="system"),
        ValueError,
        "no message of model_studio has role='system'; role: Input should be 'user' or 'assistant'",
    ),
    (
        lambda: strategies.model_studio.message(create_at=3),
        TypeError,
        "message has nothing called 'create_at' to pin; did you mean 'created_at'?; it has id, thread_id, role, text,"
        " created_at, file_ids, metadata, assistant_id, run_id",
    ),
    (
        lambda: strategies.appbuilder.message_list(order="up"),
        ValueError,
        "message_list: order='up'; allowed: 'asc' or 'desc'",
    ),
    (
        lambda: strategies.model_studio.message(revision="2027"),
        ValueError,
        "revision='2027': expected one of '2025', '2026'",
    ),
    (
        lambda: strategies.appbuilder.ids("massage"),
        ValueError,
        "no ids of kind 'massage'; did you mean 'message'?; there are thread, message, user message, assistant message,"
        " assistant, run, step, file, request",
    ),
    (lambda: strategies.model_studio.error("not_there"), ValueError, None),
    (lambda: strategies.model_studio.message(created_at="yesterday"), ValueError, None),
]


@pytest.mark.parametrize(("make", "kind", "message"), WRONG)
def test_what_no_answer_has_is_refused_when_the_strategy_is_made(make, kind, message):
    """Unknown pins are TypeErrors, impossible values ValueErrors, both with what is allowed."""
    with pytest.raises(kind) as caught:
        make()
    assert message is None or str(caught.value) == message


@settings(max_examples=200)
@given(strategies.text(), strategies.text(blank=False), strategies.metadata(), strategies.timestamps())
def test_text_metadata_and_times_are_within_their_limits(anything, visible, metadata, created_at):
    """Text can be sent (no lone surrogate), visible text is not blank, metadata keeps its limits, times have 13 digits."""
    anything.encode()
    assert visible.strip()
    assert len(metadata) <= 16
    assert all(len(key) <= 64 and len(value) <= 512 for key, value in metadata.items())
    assert len(str(created_at)) == 13


def test_answers_can_be_drawn_from_inside_a_test():
    """They are ordinary strategies."""

    @settings(max_examples=5)
    @given(st.data())
    def drawn(data):
        assert data.draw(strategies.appbuilder.thread(id="thread_1"))["id"] == "thread_1"

    drawn()
