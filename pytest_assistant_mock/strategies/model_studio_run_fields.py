"""
What Model Studio accepts and refuses for assistants, files and runs, field by field -> MODEL_STUDIO_OPERATIONS.

A payload is the body, or for a GET the query; an upload is a form, and has none.
"""

from __future__ import annotations

from functools import partial

from hypothesis import strategies as st

from pytest_assistant_mock._vendors import MODEL_STUDIO
from pytest_assistant_mock.strategies import values
from pytest_assistant_mock.strategies.field_kinds import (
    NOT_NULL,
    NULL,
    anything,
    count_field,
    flag_field,
    id_field,
    number_field,
    object_field,
    outputs_field,
    text_field,
    tools_field,
)
from pytest_assistant_mock.strategies.model_studio_fields import CONTENT, FIELDS, FILE_IDS, METADATA, PAGE, UPDATE
from pytest_assistant_mock.strategies.payloads import Field, Fields, Wrong, missing, not_a, operations


def _models() -> st.SearchStrategy[str]:
    return st.sampled_from(["qwen-max", "qwen-plus"]) | values.text(min_size=1, max_size=20)


_MODEL = Field(
    _models,
    "the name of a model",
    "qwen-max",
    wrong=(
        missing(), NOT_NULL, not_a((str, NULL), "is text"), Wrong("is not empty", "wrong_type", lambda: st.just("")),
    ),
)  # fmt: skip
_OTHER_MODEL = Field(lambda: st.none() | _models(), "the name of a model or null", wrong=(not_a((str, NULL), "is text"),))
_CHOICE: Fields = {
    "top_p": number_field(0, 1),
    "top_k": count_field(),
    "temperature": number_field(0, 2),
    "max_tokens": count_field(),
}
_ABOUT: Fields = {
    "name": text_field(),
    "description": text_field(),
    "instructions": text_field(),
    "tools": tools_field(builtin=True),
    "file_ids": FILE_IDS,
    "metadata": METADATA,
    **_CHOICE,
}
_FILE: Fields = {
    "file_id": Field(
        values.file_ids,
        "the id of a file",
        "file-1",
        wrong=(
            missing(), NOT_NULL, not_a((str, NULL), "is text"), Wrong("is not empty", "missing_field", lambda: st.just("")),
        ),
    )
}  # fmt: skip
_JAVAS = ("additional_messages", "max_prompt_tokens", "max_completion_tokens", "tool_choice", "parallel_tool_calls")
_RUN: Fields = {
    "assistant_id": id_field(values.dashed_ids, "asst"),
    "model": _OTHER_MODEL,
    "instructions": text_field(),
    "additional_instructions": text_field(),
    "tools": tools_field(builtin=True),
    "metadata": METADATA,
    "stream": flag_field(),
    "truncation_strategy": object_field(
        lambda: st.fixed_dictionaries({"type": st.just("last_messages"), "last_messages": st.integers(1, 100)})
    ),
    **_CHOICE,
    **{name: anything() for name in (*_JAVAS, "response_format")},
}


def _threads() -> st.SearchStrategy[dict[str, object]]:
    message = st.fixed_dictionaries({"content": CONTENT.values(), "role": st.just("user")})
    return st.fixed_dictionaries(
        {"messages": st.lists(message, min_size=1, max_size=3)}, optional={"metadata": METADATA.values()}
    )


_THREAD = Field(
    _threads,
    "an object with messages",
    {"messages": [{"role": "user", "content": "text"}]},
    wrong=(
        missing("empty_thread"),
        Wrong("has a message", "empty_thread", lambda: st.sampled_from([None, {}, {"messages": []}, {"messages": None}])),
        not_a((dict, NULL), "is an object"),
    ),
)


def _number(most: int) -> Field:
    wrong = ["many", "1.5", "0", "-1", *([str(most + 1)] if most == 100 else [])]
    return Field(
        lambda: st.integers(1, most),
        f"a whole number from 1 to {most}",
        wrong=(Wrong("is a whole number from 1", "bad_limit", lambda: st.sampled_from(wrong)),),
    )


_RUN_FIELDS: dict[str, Fields] = {
    "create_assistant": {"model": _MODEL, **_ABOUT},
    "list_assistants": PAGE,
    "retrieve_assistant": {},
    "update_assistant": {"model": _OTHER_MODEL, **_ABOUT},
    "delete_assistant": {},
    "create_assistant_file": _FILE,
    "list_assistant_files": PAGE,
    "retrieve_assistant_file": {},
    "delete_assistant_file": {},
    "list_files": {"page_no": _number(10**6), "page_size": _number(100)},
    "retrieve_file": {},
    "delete_file": {},
    "create_run": _RUN,
    "create_thread_and_run": {**_RUN, "thread": _THREAD},
    "list_runs": PAGE,
    "retrieve_run": {},
    "update_run": UPDATE,
    "submit_tool_outputs": {
        "tool_outputs": outputs_field(values.uuids(4).map(partial(str.format, "call_{}"))),
        "stream": flag_field(),
    },
    "cancel_run": {},
    "list_run_steps": PAGE,
    "retrieve_run_step": {},
}

MODEL_STUDIO_OPERATIONS = operations(MODEL_STUDIO["2025"].routes, {**FIELDS, **_RUN_FIELDS})
"""Every operation's payloads. Requests are the same in both revisions."""
