"""
What AppBuilder accepts and refuses for messages and threads, field by field -> FIELDS.

A payload is the whole body; ids in it are drawn, pin them to have them name something.
"""

from __future__ import annotations

from hypothesis import strategies as st

from pytest_assistant_mock.strategies import values
from pytest_assistant_mock.strategies.field_kinds import NOT_NULL, id_field
from pytest_assistant_mock.strategies.payloads import Field, Fields, Wrong, missing, not_a

_TEXT = (str, type(None))

METADATA = Field(
    values=lambda: st.none() | values.metadata(),
    allowed="an object of at most 16 texts, keys of at most 64 and values of at most 512 characters, or null",
    wrong=(
        not_a((dict, type(None)), "is an object"),
        Wrong("has at most 16 pairs", "bad_metadata", lambda: st.just({f"key{number}": "" for number in range(17)})),
        Wrong("has values of at most 512 characters", "bad_metadata", lambda: st.just({"key": "值" * 513})),
        Wrong("has keys of at most 64 characters", "bad_metadata", lambda: st.just({"键" * 65: ""})),
    ),
)
FILE_IDS = Field(
    values=lambda: st.none() | st.lists(values.file_ids(), max_size=10),
    allowed="a list of at most 10 file ids or null",
    wrong=(
        not_a((list, type(None)), "is a list"),
        Wrong("holds at most 10 ids", "too_many_files", lambda: st.lists(values.file_ids(), min_size=11, max_size=12)),
        Wrong("holds ids only", "wrong_type", lambda: st.just(["file-1", 2])),
    ),
)
CONTENT = Field(values=values.text, allowed="text", example="text", wrong=(missing(), NOT_NULL, not_a(_TEXT, "is text")))


def role(*roles: str) -> Field:
    others = [role for role in ("assistant", "system", "USER", "") if role not in roles]
    allowed = " or ".join(map(repr, roles))
    return Field(
        values=lambda: st.sampled_from(roles),
        allowed=allowed,
        example=roles[0],
        wrong=(missing(), NOT_NULL, Wrong(f"is {allowed}", "bad_role", lambda: st.sampled_from(others))),
    )


def _cursor(prefix: str) -> Field:
    return Field(
        values=lambda: values.plain_ids(prefix),
        allowed='the id of something in the list, "" or null',
        drawn=False,
        wrong=(not_a((str, type(None)), "is text"),),
    )


def page(prefix: str) -> Fields:
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


THREAD_ID: Fields = {"thread_id": id_field(values.plain_ids, "thread")}
_BOTH_IDS: Fields = {**THREAD_ID, "message_id": id_field(values.plain_ids, "msg")}


def _first_messages() -> st.SearchStrategy[list[dict[str, object]]]:
    must = {"role": role("user", "assistant").values(), "content": CONTENT.values()}
    return st.lists(st.fixed_dictionaries(must, optional={"file_ids": FILE_IDS.values()}), max_size=3)


FIELDS: dict[str, Fields] = {
    "create_message": {
        **THREAD_ID,
        "role": role("user"),
        "content": CONTENT,
        "file_ids": FILE_IDS,
        "metadata": METADATA,
    },
    "list_messages": {**THREAD_ID, **page("msg")},
    "retrieve_message": _BOTH_IDS,
    "update_message": {**_BOTH_IDS, "content": CONTENT, "file_ids": FILE_IDS},
    "list_message_files": {**_BOTH_IDS, **page("file")},
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
        "metadata": METADATA,
    },
    "retrieve_thread": THREAD_ID,
    "update_thread": {**THREAD_ID, "metadata": METADATA},
    "delete_thread": THREAD_ID,
}
