"""Both vendors' lists against a model of plain list slicing, written here and nowhere else."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vendors import BAIDU, STUDIO, ask

from pytest_assistant_mock import AssistantMock, Handle, Thread
from pytest_assistant_mock._engine.kinds.messages import update_message

VENDORS = ("model_studio", "appbuilder")
KINDS = ("messages", "files")


def studio_model(oldest_first: list[str], order: str, after: str, before: str) -> list[str]:
    """Model Studio: in the order asked for, what stands behind `after` and in front of `before`."""
    shown = oldest_first if order == "asc" else oldest_first[::-1]
    rank = {one: place for place, one in enumerate(shown)}
    return [one for one in shown if (not after or rank[one] > rank[after]) and (not before or rank[one] < rank[before])]


def baidu_model(oldest_first: list[str], order: str, after: str, before: str) -> list[str]:
    """AppBuilder: what was made from `after` up to `before`, both included, in the order asked for."""
    made = {one: when for when, one in enumerate(oldest_first)}
    kept = [one for one in oldest_first if (not after or made[one] >= made[after]) and (not before or made[one] <= made[before])]
    return kept if order == "asc" else kept[::-1]


MODELS = {"model_studio": studio_model, "appbuilder": baidu_model}


class Lists:
    """One list of a vendor, messages or files, and how to ask for it."""

    def __init__(self, vendor: str, kind: str, times: list[int]) -> None:
        self.mock = AssistantMock()
        self.vendor, self.kind = vendor, kind
        self.handle: Handle = getattr(self.mock, vendor)
        self.thread: Thread = self.handle.add_thread()
        if kind == "files":
            self.oldest_first = [f"file-{number}" for number in range(len(times))]
            self.message = self.handle.add_message(self.thread, "with files", file_ids=self.oldest_first).id
        else:
            made = [self._message(time) for time in times]
            self.oldest_first = [message_id for _, _, message_id in sorted(made)]
            self.message = ""

    def _message(self, time: int) -> tuple[int, int, str]:
        self.mock.clock.now_ms = time - 1
        message = self.handle.add_message(self.thread, "x")
        return message.created_at, message.sequence, message.id

    def ask(self, **wanted: Any) -> Any:
        """The body of the answer; what is None is not asked for."""
        given = {name: value for name, value in wanted.items() if value is not None}
        if self.vendor == "model_studio":
            path = f"/threads/{self.thread.id}/messages" + (f"/{self.message}/files" if self.message else "")
            return ask(self.mock, "GET", f"{STUDIO}{path}?{urlencode(given, safe='&=')}").json()
        path = "/v2/threads/messages/files/list" if self.message else "/v2/threads/messages/list"
        return ask(self.mock, "POST", BAIDU + path, {"thread_id": self.thread.id, "message_id": self.message, **given}).json()


def page_of(body: Any) -> tuple[list[str], str, str, bool]:
    """What a list says: ids, first_id, last_id, has_more."""
    return [item["id"] for item in body["data"]], body["first_id"], body["last_id"], body["has_more"]


def expected(shown: list[str], limit: int) -> tuple[list[str], str, str, bool]:
    """What a list should say."""
    page = shown[:limit]
    return page, page[0] if page else "", page[-1] if page else "", len(shown) > limit


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("kind", KINDS)
@settings(deadline=None, derandomize=True, max_examples=60)
@given(data=st.data())
def test_every_page_is_what_slicing_a_list_gives(vendor: str, kind: str, data: st.DataObject) -> None:
    """
    Any list, order, limit and cursors, equal times, a clock turned back: ids, first_id, last_id and has_more as in the model.
    """
    lists = Lists(vendor, kind, data.draw(st.lists(st.integers(1000, 1004), max_size=6), "times"))
    cursors = st.sampled_from([None, "", *lists.oldest_first])
    after, before = data.draw(cursors, "after"), data.draw(cursors, "before")
    order, limit = (
        data.draw(st.sampled_from([None, "asc", "desc"]), "order"),
        data.draw(st.sampled_from([None, 1, 2, 3, 100]), "limit"),
    )
    shown = MODELS[vendor](lists.oldest_first, order or "desc", after or "", before or "")
    assert page_of(lists.ask(order=order, limit=limit, after=after, before=before)) == expected(shown, limit or 20)


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_pages_walk_through_a_list(vendor: str, kind: str, order: str) -> None:
    """Following last_id shows everything once at Model Studio; at AppBuilder each page begins with the end of the one before."""
    lists = Lists(vendor, kind, [1000] * 7)
    seen, body = [], lists.ask(order=order, limit=3)
    seen += [item["id"] for item in body["data"]]
    while body["has_more"] and len(seen) < 20:
        cursor = "after" if vendor == "model_studio" or order == "asc" else "before"
        body = lists.ask(order=order, limit=3, **{cursor: body["last_id"]})
        page = [item["id"] for item in body["data"]]
        if vendor == "appbuilder":
            assert page[0] == seen[-1]
            page = page[1:]
        seen += page
    assert seen == (lists.oldest_first if order == "asc" else lists.oldest_first[::-1])


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("kind", KINDS)
def test_without_a_word_the_newest_twenty_come_first(vendor: str, kind: str) -> None:
    """Default order desc, default limit 20."""
    lists = Lists(vendor, kind, list(range(1000, 1025)))
    assert page_of(lists.ask()) == expected(lists.oldest_first[::-1], 20)


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("kind", KINDS)
def test_exactly_a_page_has_no_more(vendor: str, kind: str) -> None:
    """has_more is about what is left, not about the page being full."""
    lists = Lists(vendor, kind, [1000, 1001])
    assert [lists.ask(limit=limit)["has_more"] for limit in (1, 2, 3)] == [True, False, False]


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("limit", [None, 5])
def test_an_empty_list_has_empty_ids(vendor: str, kind: str, limit: int | None) -> None:
    """No data, "" for first_id and last_id, no more."""
    body = Lists(vendor, kind, []).ask(limit=limit)
    assert page_of(body) == ([], "", "", False)
    assert list(body)[:5] == ["object", "data", "first_id", "last_id", "has_more"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("limit", [0, -1, -20, None])
def test_appbuilder_takes_a_limit_below_one_for_none(kind: str, limit: int | None) -> None:
    """0, negative numbers and null mean 20."""
    lists = Lists("appbuilder", kind, list(range(1000, 1022)))
    body = {"thread_id": lists.thread.id, "message_id": lists.message, "limit": limit}
    path = "files/list" if kind == "files" else "list"
    answer = ask(lists.mock, "POST", f"{BAIDU}/v2/threads/messages/{path}", body).json()
    assert page_of(answer) == expected(lists.oldest_first[::-1], 20)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("limit", [21, 1000, 2147483647, 10**30])
def test_appbuilder_serves_large_limits(kind: str, limit: int) -> None:
    """No limit is too large."""
    lists = Lists("appbuilder", kind, list(range(1000, 1025)))
    assert page_of(lists.ask(limit=limit)) == expected(lists.oldest_first[::-1], limit)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_value_in_the_query_says_nothing(kind: str) -> None:
    """Model Studio's SDK sends `after=&before=`; limit and order are taken the same way, and of two limits the last."""
    lists = Lists("model_studio", kind, list(range(1000, 1025)))
    assert page_of(lists.ask(limit="", order="", after="", before="")) == expected(lists.oldest_first[::-1], 20)
    assert page_of(lists.ask(order="desc&order=asc", limit="1&limit=2")) == expected(lists.oldest_first, 2)


@pytest.mark.parametrize("limit", [1, 100])
def test_model_studio_serves_limits_from_1_to_100(limit: int) -> None:
    """Both ends belong to the range."""
    lists = Lists("model_studio", "messages", list(range(1000, 1101)))
    assert page_of(lists.ask(limit=limit)) == expected(lists.oldest_first[::-1], limit)


@pytest.mark.parametrize("vendor", VENDORS)
def test_equal_times_keep_the_order_of_coming_in(vendor: str) -> None:
    """Messages of one millisecond stand as they came, and asc is exactly desc turned round."""
    lists = Lists(vendor, "messages", [1000, 1000, 1000])
    oldest_first = [message.id for message in lists.handle.messages(lists.thread)]
    assert {message.created_at for message in lists.handle.messages(lists.thread)} == {1000}
    assert page_of(lists.ask(order="asc"))[0] == oldest_first == page_of(lists.ask(order="desc"))[0][::-1]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_clock_turned_back_puts_a_message_in_its_place(vendor: str) -> None:
    """Lists go by time, not by when a message came in; an updated message stays where it is."""
    lists = Lists(vendor, "messages", [3000, 1000, 2000])
    update_message(lists.handle._service.state, lists.thread.id, lists.oldest_first[0], text="changed")
    assert [message.created_at for message in lists.handle.messages(lists.thread)] == [1000, 2000, 3000]
    assert page_of(lists.ask(order="asc"))[0] == lists.oldest_first


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_shows_its_messages_time(kind: str) -> None:
    """Every listed item's created_at is in milliseconds, and a file's is its message's."""
    for vendor in VENDORS:
        lists = Lists(vendor, kind, [1_700_000_000_123])
        (message,) = lists.handle.messages(lists.thread)
        (item,) = lists.ask()["data"]
        assert item["created_at"] == message.created_at
