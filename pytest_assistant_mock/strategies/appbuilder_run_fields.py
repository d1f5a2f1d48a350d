"""
What AppBuilder accepts and refuses for assistants, files and runs, field by field -> APPBUILDER_OPERATIONS.

A payload is the whole body; ids in it are drawn, pin them to have them name something. An upload is a form, and has none.
"""

from __future__ import annotations

from functools import partial

from hypothesis import strategies as st

from pytest_assistant_mock._vendors import APPBUILDER
from pytest_assistant_mock.strategies import values
from pytest_assistant_mock.strategies.appbuilder_fields import CONTENT, FIELDS, FILE_IDS, METADATA, THREAD_ID, page
from pytest_assistant_mock.strategies.field_kinds import (
    NOT_NULL,
    NULL,
    flag_field,
    id_field,
    object_field,
    outputs_field,
    text_field,
    tools_field,
)
from pytest_assistant_mock.strategies.payloads import Field, Fields, Wrong, missing, not_a, operations

_ASSISTANT_ID: Fields = {"assistant_id": id_field(values.plain_ids, "asst")}
_FILE_ID: Fields = {
    "file_id": Field(values.file_ids, "the id of a file", "file-1", wrong=(missing(), NOT_NULL, not_a((str, NULL), "is text")))
}
_FORMAT = Field(
    lambda: st.sampled_from(["text", "json_object", None]),
    "'text', 'json_object' or null",
    wrong=(Wrong("is text or json_object", "wrong_type", lambda: st.sampled_from(["xml", "", 1, ["text"]])),),
)
_TOOLS = tools_field()
_LONG = partial(text_field, kind="text_too_long")
_ABOUT: Fields = {
    "model": text_field(),
    "name": _LONG(128),
    "description": _LONG(512),
    "response_format": _FORMAT,
    "instructions": _LONG(4096),
    "thought_instructions": _LONG(4096),
    "chat_instructions": _LONG(4096),
    "tools": tools_field(Wrong("holds at most 10 tools", "too_many_tools", lambda: st.just([{"type": "function"}] * 11))),
    "file_ids": FILE_IDS,
    "metadata": METADATA,
}
_NAME = Field(
    lambda: values.text(min_size=1, max_size=128),
    "text of 1 to 128 characters",
    "name",
    wrong=(
        missing(),
        *_ABOUT["name"].wrong,
        NOT_NULL,
        Wrong("is not empty", "wrong_type", lambda: st.just("")),
    ),
)


def _first_messages() -> st.SearchStrategy[dict[str, object]]:
    """At most one message of the user, and it is the last."""
    said = {role: st.fixed_dictionaries({"role": st.just(role), "content": CONTENT.values()}) for role in ("assistant", "user")}
    messages = st.tuples(st.lists(said["assistant"], max_size=2), said["user"]).map(lambda both: [*both[0], both[1]])
    return st.fixed_dictionaries({"messages": messages})


_RUN: Fields = {
    "thread_id": Field(
        lambda: values.plain_ids("thread"),
        'an id, or "" or null for a new thread',
        "thread_1",
        wrong=(not_a((str, NULL), "is text"),),
    ),
    "model": text_field(),
    **_ASSISTANT_ID,
    "metadata": Field(
        METADATA.values, METADATA.allowed, wrong=tuple(Wrong(one.rule, "wrong_type", one.values) for one in METADATA.wrong)
    ),
    "response_format": _FORMAT,
    "instructions": text_field(4096),
    "thought_instructions": text_field(4096),
    "chat_instructions": text_field(4096),
    "stream": flag_field(),
    "model_parameters": object_field(
        lambda: st.fixed_dictionaries({"chat_parameters": st.fixed_dictionaries({"temperature": st.floats(0, 1)})})
    ),
    "thread": object_field(_first_messages),
    "tools": _TOOLS,
    "tool_output": Field(
        st.none, "an output (tool_call_id, output, run_id) or null", wrong=(not_a((dict, NULL), "is an object"),)
    ),
    "user_info": object_field(lambda: st.fixed_dictionaries({"id": values.text(max_size=20), "name": values.text(max_size=20)})),
    "user_loc": object_field(lambda: st.fixed_dictionaries({"loc": values.text(max_size=20)})),
}
_ONE_RUN: Fields = {**THREAD_ID, "run_id": id_field(values.plain_ids, "run")}

_RUN_FIELDS: dict[str, Fields] = {
    "create_assistant": {**_ABOUT, "name": _NAME},
    "list_assistants": page("asst"),
    "retrieve_assistant": _ASSISTANT_ID,
    "update_assistant": {**_ASSISTANT_ID, **_ABOUT},
    "delete_assistant": _ASSISTANT_ID,
    "create_assistant_file": {**_ASSISTANT_ID, **_FILE_ID},
    "list_assistant_files": {**_ASSISTANT_ID, **page("file")},
    "delete_assistant_file": {**_ASSISTANT_ID, **_FILE_ID},
    "list_files": {},
    "retrieve_file": _FILE_ID,
    "delete_file": _FILE_ID,
    "download_file": _FILE_ID,
    "read_file": _FILE_ID,
    "create_run": _RUN,
    "list_runs": {**THREAD_ID, **page("run")},
    "retrieve_run": _ONE_RUN,
    "submit_tool_outputs": {**_ONE_RUN, "tool_outputs": outputs_field(values.plain_ids("call"))},
    "cancel_run": {**_ONE_RUN, "sync": flag_field()},
    "list_run_steps": {**_ONE_RUN, **page("step")},
    "retrieve_run_step": {**_ONE_RUN, "step_id": id_field(values.plain_ids, "step")},
}

APPBUILDER_OPERATIONS = operations(APPBUILDER.routes, {**FIELDS, **_RUN_FIELDS})
"""Every operation's payloads."""
