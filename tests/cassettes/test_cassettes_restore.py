"""What `load` puts into the fake from a recording, kind by kind: what a row says an answer is about decides, not its name."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from made import BAIDU, asked, one

from pytest_assistant_mock import AssistantMock, Handle, turns
from pytest_assistant_mock._vendors import REVISIONS
from pytest_assistant_mock.cassettes import Cassette, Interaction, restore, verify

UNRESTORED = {"run", "step"}
"""Kinds that are not put back: what made a run move is not recorded."""

ASSISTANT = {
    "id": "asst_1", "object": "assistant", "created_at": 1700000000001, "model": "qwen-max", "name": "h", "description": "d",
    "instructions": "i", "tools": [{"type": "quark_search"}], "file_ids": ["file_1"], "metadata": {"k": "v"},
    "temperature": 0.5, "top_p": None, "top_k": None, "max_tokens": None, "request_id": "r",
}  # fmt: skip
RUN = {"id": "run_1", "object": "thread.run", "created_at": 1700000000002, "thread_id": "thread_1", "assistant_id": "asst_9"}


def loaded(*interactions: Interaction, vendor: str = "model_studio") -> Handle:
    """A handle of a mock into which a recording was loaded."""
    handle: Handle = getattr(AssistantMock(), vendor)
    handle.load(Cassette(list(interactions)))
    return handle


def test_every_kind_of_a_row_is_restored_or_named_here() -> None:
    """A new kind of object cannot be forgotten."""
    kinds = {route.kind for vendor in REVISIONS["2025"] for route in vendor.routes}
    assert kinds == {*restore.KINDS, *UNRESTORED}


def test_a_run_is_no_message() -> None:
    """Its thread and its assistant are there, and nothing else: no thread None, no message of its id."""
    listed = {"object": "list", "data": [RUN], "first_id": "run_1", "last_id": "run_1", "has_more": False, "request_id": "r"}
    step = {"id": "step_1", "object": "thread.run.step", "created_at": 1, "thread_id": "thread_1", "run_id": "run_1"}
    studio = loaded(
        one(asked("POST", "/threads/thread_1/runs", {"assistant_id": "asst_9"}), RUN),
        one(asked("GET", "/threads/thread_1/runs"), listed),
        one(asked("GET", "/threads/thread_1/runs/run_1/steps/step_1"), step),
    )
    assert [thread.id for thread in studio.threads()] == ["thread_1"]
    assert (studio.messages("thread_1"), studio.runs()) == ([], [])
    assert [assistant.id for assistant in studio.assistants()] == ["asst_9"]


def test_a_thread_made_with_a_run_is_there() -> None:
    """Model Studio makes both in one call."""
    studio = loaded(one(asked("POST", "/threads/runs", {"assistant_id": "asst_9", "thread": {"messages": []}}), RUN))
    assert [thread.id for thread in studio.threads()] == ["thread_1"]


def test_an_assistant_is_there_with_all_its_fields() -> None:
    """As the last answer had it; its files are attached, what was deleted is gone, new ids are new."""
    attached = {"id": "file_2", "object": "assistant.file", "created_at": 1700000000003, "assistant_id": "asst_1"}
    gone = {"id": "asst_2", "object": "assistant.deleted", "deleted": True, "request_id": "r"}
    studio = loaded(
        one(asked("POST", "/assistants", {"model": "qwen-max"}), {**ASSISTANT, "name": "old"}),
        one(asked("POST", "/assistants", {"model": "qwen-max"}), {**ASSISTANT, "id": "asst_2"}),
        one(asked("POST", "/assistants/asst_1", {"name": "h"}), ASSISTANT),
        one(asked("POST", "/assistants/asst_1/files", {"file_id": "file_2"}), attached),
        one(asked("DELETE", "/assistants/asst_2"), gone),
    )
    (kept,) = studio.assistants()
    assert (kept.id, kept.created_at, kept.model, kept.name) == ("asst_1", 1700000000001, "qwen-max", "h")
    assert (kept.tools, kept.metadata, kept.options) == (({"type": "quark_search"},), {"k": "v"}, {"temperature": 0.5})
    assert kept.file_ids == ("file_1", "file_2")
    assert studio.add_assistant().created_at > kept.created_at


def test_files_are_there_with_what_was_sent() -> None:
    """Of both vendors, though each prints a file in its own way."""
    part = b'--x\r\nContent-Disposition: form-data; name="%s"; filename="a.txt"\r\n\r\n\xe4\xbd\xa0\r\n--x--\r\n'
    file = {
        "id": "file-7", "bytes": 3, "object": "file", "purpose": "assistant", "create_at": 1700000000, "filename": "a.txt",
        "classification_id": "4",
    }  # fmt: skip
    uploaded = {"data": {"uploaded_files": [{"file_id": "file_1", "name": "a.txt"}], "failed_uploads": []}, "request_id": "r"}
    described = {"data": {"file_id": "file_1", "name": "a.txt", "description": "d", "size": 3}, "request_id": "r"}
    baidu = loaded(one(asked("POST", "/v2/storage/files", part % b"file", BAIDU), file), vendor="appbuilder")
    studio = loaded(
        one(asked("POST", "/files", part % b"files"), uploaded),
        one(asked("GET", "/files/file_1"), described),
    )
    for handle, id, created_at in ((baidu, "file-7", 1700000000000), (studio, "file_1", 0)):
        (kept,) = handle.files()
        assert (kept.id, kept.name, kept.content, kept.created_at) == (id, "a.txt", "你".encode(), created_at)
    assert (baidu.files()[0].purpose, studio.files()[0].description) == ("assistant", "d")


@pytest.mark.parametrize("answer", [{"id": None}, {"data": "text"}, {"data": [1, None]}, {"data": {}}, {}])
@pytest.mark.parametrize("path", ["/threads/thread_1/messages", "/assistants", "/files", "/threads/thread_1/runs"])
def test_a_strange_answer_makes_nothing(path: str, answer: dict[str, Any]) -> None:
    """What has no id is no object."""
    studio = loaded(one(asked("GET", path), answer))
    assert (studio.assistants(), studio.files(), studio.runs()) == ([], [], [])
    assert {thread.id for thread in studio.threads()} <= {"thread_1"}
    assert all(studio.messages(thread) == [] for thread in studio.threads())


@pytest.mark.parametrize("vendor", ["model_studio", "appbuilder"])
def test_what_the_fake_answered_is_there_again(vendor: str) -> None:
    """Assistants and files, recorded from one fake and loaded into another, are equal; and the fake explains them."""
    with AssistantMock() as mock:
        handle: Handle = getattr(mock, vendor)
        key = {"Authorization": f"Bearer {handle.api_key}"}
        names = ("/v2/assistants", "/v2/storage/files", "file") if vendor == "appbuilder" else ("/assistants", "/files", "files")
        tools = [{"type": "function", "function": {"name": "f"}}]
        body = {"model": "m", "name": "n", "description": "d", "instructions": "i", "tools": tools, "metadata": {"k": "v"}}
        httpx.post(handle.base_url + names[0], json=body, headers=key)
        httpx.post(handle.base_url + names[1], files={names[2]: ("a.txt", "你")}, headers=key)
        interactions = [Interaction(each.request, each.reply) for each in handle.exchanges]
        before = (handle.assistants(), handle.files())
    again = loaded(*interactions, vendor=vendor)
    names_and_contents = [(file.id, file.name, file.content) for file in before[1]]
    assert [(file.id, file.name, file.content) for file in again.files()] == names_and_contents
    assert [(one.id, one.name, one.tools, one.metadata, one.created_at) for one in again.assistants()] == [
        (one.id, one.name, one.tools, one.metadata, one.created_at) for one in before[0]
    ]
    assert all(row.explained for row in verify.verify(Cassette(interactions)))


def test_a_loaded_assistant_answers_a_run() -> None:
    """The conversation goes on where the recording ended."""
    with AssistantMock() as mock:
        studio = mock.model_studio
        studio.load(Cassette([one(asked("POST", "/assistants", {"model": "qwen-max"}), ASSISTANT)]))
        studio.script(turns.says("答"))
        thread = studio.add_thread()
        studio.add_message(thread, "?")
        key = {"Authorization": f"Bearer {studio.api_key}"}
        made = httpx.post(f"{studio.base_url}/threads/{thread.id}/runs", json={"assistant_id": "asst_1"}, headers=key)
        assert (made.status_code, json.loads(made.content)["model"]) == (200, "qwen-max")
        assert [run.status for run in studio.runs()] == ["completed"]
