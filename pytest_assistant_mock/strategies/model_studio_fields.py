"""
What Model Studio accepts and refuses for messages and threads, field by field -> FIELDS.

A payload is the body, or for a GET the query, as a plain JSON dict; ids in the path stand apart.
"""

from __future__ import annotations

from functools import partial

from hypothesis import strategies as st

from pytest_assistant_mock.strategies import values
from pytest_assistant_mock.strategies.payloads import Field, Fields, Wrong, missing, not_a

METADATA = Field(
    values=lambda: st.none() | values.metadata(values.json_values()),
    allowed="an object or null",
    wrong=(not_a((dict, type(None)), "is an object"),),
)
FILE_IDS = Field(
    values=lambda: st.none() | st.lists(values.file_ids(), max_size=4),
    allowed="a list of file ids or null",
    wrong=(
        not_a((list, type(None)), "is a list"),
        Wrong("holds ids only", "wrong_type", lambda: st.just(["file-1", 2])),
    ),
)
CONTENT = Field(
    values=partial(values.text, blank=False),
    allowed="text that is not blank",
    example="text",
    wrong=(
        missing("empty_content"),
        Wrong("is not blank", "empty_content", lambda: st.sampled_from(["", " ", "\n\t", "\u3000", None])),  # null says nothing
        not_a((str, type(None)), "is text"),
    ),
)


def _role(*roles: str) -> Field:
    others = [role for role in ("assistant", "system", "USER", "") if role not in roles]
    allowed = " or ".join(map(repr, roles))
    return Field(
        values=lambda: st.sampled_from(roles),
        allowed=allowed,
        wrong=(Wrong(f"is {allowed}", "wrong_type", lambda: st.sampled_from(others)), not_a((str,), "is text")),
    )


_MESSAGE: Fields = {"content": CONTENT, "role": _role("user"), "metadata": METADATA, "file_ids": FILE_IDS}
_FIRST_MESSAGE: Fields = {**_MESSAGE, "role": _role("user", "assistant")}

_CURSOR = Field(values=lambda: values.dashed_ids("message"), allowed="the id of something in the list", drawn=False)
PAGE: Fields = {
    "limit": Field(
        values=lambda: st.integers(1, 100),
        allowed="a whole number from 1 to 100",
        wrong=(
            Wrong("is from 1 to 100", "bad_limit", lambda: st.integers(-1000, 0) | st.integers(101, 10**6)),
            Wrong("is a whole number", "bad_limit", lambda: st.sampled_from(["many", "1.5", "1e2", "+1", "0x1"])),
        ),
    ),
    "order": Field(
        values=lambda: st.sampled_from(["asc", "desc"]),
        allowed="'asc' or 'desc'",
        wrong=(Wrong("is asc or desc", "bad_order", lambda: st.sampled_from(["ASC", "up", "created_at", "降序"])),),
    ),
    "after": _CURSOR,
    "before": _CURSOR,
}
UPDATE: Fields = {"metadata": METADATA}


def _first_messages() -> st.SearchStrategy[list[dict[str, object]]]:
    drawn = {name: field.values() for name, field in _FIRST_MESSAGE.items()}
    message = st.fixed_dictionaries({"content": drawn.pop("content")}, optional=drawn)
    return st.lists(message, max_size=3)


THREAD: Fields = {
    "messages": Field(
        values=lambda: st.none() | _first_messages(),
        allowed="a list of messages (content, role, metadata, file_ids) or null",
        wrong=(
            not_a((list, type(None)), "is a list"),
            Wrong("holds messages with content", "empty_content", lambda: st.just([{"role": "user"}])),
        ),
    ),
    "metadata": METADATA,
}

FIELDS: dict[str, Fields] = {
    "create_message": _MESSAGE,
    "list_messages": PAGE,
    "retrieve_message": {},
    "update_message": UPDATE,
    "list_message_files": PAGE,
    "retrieve_message_file": {},
    "create_thread": THREAD,
    "retrieve_thread": {},
    "update_thread": UPDATE,
    "delete_thread": {},
}
