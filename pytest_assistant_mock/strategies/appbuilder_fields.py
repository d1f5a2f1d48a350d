"""
What AppBuilder accepts and refuses, field by field -> APPBUILDER_OPERATIONS.

A payload is the whole body; ids in it are drawn, pin them to have them name something.
"""

from __future__ import annotations

from hypothesis import strategies as st

from pytest_assistant_mock._vendors import APPBUILDER
from pytest_assistant_mock.strategies import values
from pytest_assistant_mock.strategies.payloads import Field, Fields, Wrong, missing, not_a, operations

_TEXT = (str, type(None))
_NOT_NULL = Wrong("is not null", "missing_field", lambda: st.none())  # the SDK's null is "absent"


def _id(prefix: str) -> Field:
    return Field(
        values=lambda: values.plain_ids(prefix),
        allowed="an id",
        example=f"{prefix}_1",
        wrong=(missing(), _NOT_NULL, not_a(_TEXT, "is text")),
    )


_METADATA = Field(
    values=lambda: st.none() | values.metadata(),
    allowed="an object of at most 16 texts, keys of at most 64 and values of at most 512 characters, or null",
    wrong=(
        not_a((dict, type(None)), "is an object"),
        Wrong("has at most 16 pairs", "bad_metadata", lambda: st.just({f"key{number}": "" for number in range(17)})),
        Wrong("has values of at most 512 characters", "bad_metadata", lambda: st.just({"key": "值" * 513})),
        Wrong("has keys of at most 64 characters", "bad_metadata", lambda: st.just({"键" * 65: ""})),
    ),
)
_FILE_IDS = Field(
    values=lambda: st.none() | st.lists(values.file_ids(), max_size=10),
    allowed="a list of at most 10 file ids or null",
    wrong=(
        not_a((list, type(None)), "is a list"),
        Wrong("holds at most 10 ids", "too_many_files", lambda: st.lists(values.file_ids(), min_size=11, max_size=12)),
        Wrong("holds ids only", "wrong_type", lambda: st.just(["file-1", 2])),
    ),
)
_CONTENT = Field(values=values.text, allowed="text", example="text", wrong=(missing(), _NOT_NULL, not_a(_TEXT, "is text")))


def _role(*roles: str) -> Field:
    others = [role for role in ("assistant", "system", "USER", "") if role not in roles]
    allowed = " or ".join(map(repr, roles))
    return Field(
        values=lambda: st.sampled_from(roles),
        allowed=allowed,
        example=roles[0],
        wrong=(missing(), _NOT_NULL, Wrong(f"is {allowed}", "bad_role", lambda: st.sampled_from(others))),
    )


def _cursor(prefix: str) -> Field:
    return Field(
        values=lambda: values.plain_ids(prefix),
        allowed='the id of something in the list, "" or null',
        drawn=False,
        wrong=(not_a((str, type(None)), "is text"),),
    )


def _page(prefix: str) -> Fields:
    return {
        "limit": Field(
            values=lambda: st.none() | st.integers(-5, 2**31 - 1),
            allowed="a whole number (below 1: the default, 20) or null",
            wrong=(not_a((int, type(None)), "is a whole number"),),
        ),
        "order": Field(
            values=lambda: st.sampled_from(["desc", "asc", "", None]),
            allowed="'desc', 'asc', '' or null",
            wrong=(Wrong("is desc or asc", "bad_order", lambda: st.sampled_from(["DESC", "up", 1, "降序"])),),
        ),
        "after": _cursor(prefix),
        "before": _cursor(prefix),
    }


_THREAD_ID: Fields = {"thread_id": _id("thread")}
_BOTH_IDS: Fields = {**_THREAD_ID, "message_id": _id("msg")}


def _first_messages() -> st.SearchStrategy[list[dict[str, object]]]:
    must = {"role": _role("user", "assistant").values(), "content": _CONTENT.values()}
    return st.lists(st.fixed_dictionaries(must, optional={"file_ids": _FILE_IDS.values()}), max_size=3)


_FIELDS: dict[str, Fields] = {
    "create_message": {
        **_THREAD_ID,
        "role": _role("user"),
        "content": _CONTENT,
        "file_ids": _FILE_IDS,
        "metadata": _METADATA,
    },
    "list_messages": {**_THREAD_ID, **_page("msg")},
    "retrieve_message": _BOTH_IDS,
    "update_message": {**_BOTH_IDS, "content": _CONTENT, "file_ids": _FILE_IDS},
    "list_message_files": {**_BOTH_IDS, **_page("file")},
    "create_thread": {
        "messages": Field(
            values=lambda: st.none() | _first_messages(),
            allowed="a list of messages (role, content, file_ids) or null",
            wrong=(
                not_a((list, type(None)), "is a list"),
                Wrong(
                    "holds messages of at most 10 files",
                    "too_many_files",
                    lambda: st.just([{"role": "user", "content": "", "file_ids": ["file-1"] * 11}]),
                ),
            ),
        ),
        "metadata": _METADATA,
    },
    "retrieve_thread": _THREAD_ID,
    "update_thread": {**_THREAD_ID, "metadata": _METADATA},
    "delete_thread": _THREAD_ID,
}

APPBUILDER_OPERATIONS = operations(APPBUILDER.routes, _FIELDS)
"""Every operation's payloads."""
