"""Assistants, files, runs, steps and streams through the real appbuilder-sdk."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from pytest_assistant_mock import AssistantMock, Exchange, Failure, Handle, Request, contract, turns

sdk = pytest.importorskip("appbuilder")


class Late:
    """A part of the SDK, found at each use: the SDK looks for its key when the part is first touched."""

    def __init__(self, *path: str) -> None:
        self._path = path

    def __getattr__(self, name: str) -> Any:
        found = sdk.assistant
        for part in (*self._path, name):
            found = getattr(found, part)
        return found


assistants, threads, runs = Late("assistants"), Late("threads"), Late("threads", "runs")
pytestmark = pytest.mark.usefixtures("assistant_contract")  # what the fake says keeps the contract, streams too
TOOL = {"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object", "properties": {}}}}


def begun() -> dict[str, str]:
    """An assistant, and a thread with a question."""
    assistant = assistants.create(name="helper", description="d", instructions="be brief", tools=[TOOL])
    thread = threads.create()
    threads.messages.create(thread_id=thread.id, content="?")
    return {"assistant_id": assistant.id, "thread_id": thread.id}


def said(run: Any) -> str:
    """The answer of a run."""
    return str(run.final_answer.message.content[0].text.value)


def test_a_run_is_answered_when_it_is_done(appbuilder: Handle) -> None:
    """Its answer, its message, its step, its row in the list."""
    appbuilder.script("答")
    ids = begun()
    run = runs.run(**ids)
    assert (run.status, run.object, said(run), run.required_action) == ("completed", "run.result", "答", None)
    newest = threads.messages.list(thread_id=ids["thread_id"]).data[0]
    assert (newest.id, newest.run_id) == (run.final_answer.message.message_id, run.id)
    (row,) = runs.list(thread_id=ids["thread_id"]).data
    assert (row.id, row.object, row.started_at, row.final_answer) == (run.id, "thread.run", 0, None)
    assert runs.query(thread_id=ids["thread_id"], run_id=run.id).status == "completed"
    (step,) = runs.steps.list(thread_id=ids["thread_id"], run_id=run.id).data
    assert runs.steps.query(thread_id=ids["thread_id"], run_id=run.id, step_id=step.id).id == "step-1"


def test_a_run_makes_its_thread_or_adds_to_it(appbuilder: Handle) -> None:
    """From the messages it brings; the last must be the user's."""
    appbuilder.script("答", times=None)
    ids = begun()
    brings = {"messages": [{"role": "user", "content": "!", "file_ids": []}]}
    made = runs.run(assistant_id=ids["assistant_id"], thread=brings)
    assert [message.text for message in appbuilder.messages(made.thread_id)] == ["!", "答"]
    runs.run(**ids, thread=brings)
    assert [message.text for message in appbuilder.messages(ids["thread_id"])] == ["?", "!", "答"]
    with pytest.raises(sdk.core._exception.AssistantServerException, match="the last message must be role=user"):
        runs.run(**ids)


def test_a_run_is_resumed_by_an_output(appbuilder: Handle) -> None:
    """The same run, with the time it was resumed at."""
    appbuilder.script(turns.calls("f", city="北京"), "答")
    ids = begun()
    run = runs.run(**ids)
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    assert (run.status, call.function.arguments) == ("requires_action", '{"city":"北京"}')
    assert call.id == f"call-{ids['thread_id']}-{run.id}-step-1"
    resumed = runs.run(**ids, tool_output={"tool_call_id": call.id, "output": "30", "run_id": run.id})
    assert (resumed.id, resumed.created_at, said(resumed)) == (run.id, run.created_at, "答")
    assert resumed.started_at > run.started_at
    assert [step.id for step in runs.steps.list(thread_id=ids["thread_id"], run_id=run.id).data] == ["step-2", "step-1"]
    assert appbuilder.runs()[0].outputs == {"f": "30"}


def kinds(events: Any) -> list[str]:
    """The kinds of a stream's events."""
    return [getattr(event, "event_type", "") or "message" for event in events]


BEFORE = ["run_begin", "tool_step_begin"]
SAYS = ["message_creation", "message", "tool_step_end", "run_end"]


def test_a_stream_has_the_recorded_events(appbuilder: Handle) -> None:
    """One message event for the whole answer, or one a piece; send_id counts."""
    appbuilder.script("答")
    appbuilder.script(turns.says("答案", pieces=2))
    ids = begun()
    events = list(runs.stream_run(**ids))
    assert (kinds(events), [event.send_id for event in events]) == ([*BEFORE, *SAYS], [1, 2, 3, 4, 5, 6])
    threads.messages.create(thread_id=ids["thread_id"], content="?")
    texts = [event.content[0].text.value for event in runs.stream_run(**ids) if hasattr(event, "content")]
    assert texts == ["答", "案"]


def outputs(ids: dict[str, str], run_id: str, calls: Any) -> Any:
    """Answer every call."""
    answers = [{"tool_call_id": call.id, "output": "30"} for call in calls]
    return runs.submit_tool_outputs(run_id=run_id, thread_id=ids["thread_id"], tool_outputs=answers)


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_stream_stays_open_over_a_call(appbuilder: Handle, elsewhere: bool) -> None:
    """The outputs come from the same thread, inside the loop, or from another; the same stream goes on."""
    appbuilder.script(turns.calls("f"), [turns.calls("f"), turns.calls("f", n=2)], "答")
    ids = begun()
    seen, run_id = [], ""
    for event in runs.stream_run(**ids):
        seen += kinds([event])
        if seen[-1] == "run_begin":
            run_id = event.details.run_object.id
        if seen[-1] == "tool_calls":
            calls = event.details.tool_calls
            if elsewhere:
                Thread(target=outputs, args=(ids, run_id, calls)).start()
            else:
                assert outputs(ids, run_id, calls).status == "in_progress"
    bracket = ["tool_calls", "tool_submitted_output", "tool_step_end"]
    assert seen == [*BEFORE, *bracket, "tool_step_begin", *bracket, "tool_step_begin", *SAYS]
    assert [call.output for call in appbuilder.runs()[0].calls] == ["30"] * 3


def test_a_client_that_never_answers_sees_the_run_expire(appbuilder: Handle) -> None:
    """After a bound, and no sooner the next time: it is no hang."""
    appbuilder.script(turns.calls("f"))
    appbuilder._service.outputs_within = 0.0
    events = list(runs.stream_run(**begun()))
    assert (kinds(events)[-2:], events[-1].status) == (["tool_step_end", "run_end"], "expired")


def test_a_handler_is_called(appbuilder: Handle) -> None:
    """The SDK's own event handler answers the calls and hears the end."""
    appbuilder.script(turns.calls("f"), "答")
    ids, heard = begun(), []

    class Handler(sdk.AssistantEventHandler):  # type: ignore[misc]
        def tool_calls(self, status_event: Any) -> None:
            now = self.stream_run_context
            outputs(ids, now.current_run_id, now.current_tool_calls)

        def messages(self, messages_event: Any) -> None:
            heard.append(messages_event.content[-1].text.value)

        def run_end(self, status_event: Any) -> None:
            heard.append(status_event.status)

    with runs.stream_run_with_handler(**ids, event_handler=Handler()) as stream:
        stream.until_done()
    assert heard == ["答", "completed"]
    assert appbuilder.counts["submit_tool_outputs"] == 1


def test_what_a_handler_swallows_is_raised_when_the_mock_closes() -> None:
    """The SDK swallows what happens in a stream it handles."""
    with pytest.raises(ZeroDivisionError), AssistantMock() as mock:
        mock.appbuilder.script(lambda run: str(1 / 0))
        with runs.stream_run_with_handler(**begun(), event_handler=sdk.AssistantEventHandler()) as stream:
            stream.until_done()


def test_a_stream_is_cancelled_from_inside(appbuilder: Handle) -> None:
    """Cancel is accepted at every event, also after the end; the last event says cancelled."""
    appbuilder.script("答")
    ids = begun()
    events, run_id = [], ""
    for event in runs.stream_run(**ids):
        events.append(event)
        run_id = run_id or event.details.run_object.id
        runs.cancel(run_id=run_id, thread_id=ids["thread_id"])
    assert kinds(events) == ["run_begin", "run_cancelling", "run_end"]
    assert (events[-1].status, events[-1].details.run_object.cancelled_at != 0) == ("cancelled", True)
    assert runs.query(thread_id=ids["thread_id"], run_id=run_id).status == "cancelled"


def test_a_run_that_waits_is_cancelled(appbuilder: Handle) -> None:
    """The answer says cancelling; the run is cancelled."""
    appbuilder.script(turns.calls("f"))
    ids = begun()
    run = runs.run(**ids)
    assert runs.cancel(run_id=run.id, thread_id=ids["thread_id"]).status == "cancelling"
    assert runs.cancel(run_id=run.id, thread_id=ids["thread_id"]).status == "cancelled"


def test_a_run_fails(appbuilder: Handle) -> None:
    """Answered as a run that has failed, streamed as one that ends so."""
    appbuilder.script(turns.fails("server_error", "internal error"), times=2)
    ids = begun()
    run = runs.run(**ids)
    assert (run.status, run.last_error.type, run.last_error.message) == ("failed", "server_error", "internal error")
    events = list(runs.stream_run(**ids))
    assert (events[-1].event_type, events[-1].status) == ("run_end", "failed")


def test_assistants_are_kept(appbuilder: Handle) -> None:
    """Created, listed, changed, queried, deleted."""
    made = [assistants.create(name=f"n{number}", description="d", metadata={"k": "v"}) for number in range(3)]
    assert [one.name for one in assistants.list(limit=2).data] == ["n2", "n1"]
    changed = assistants.update(assistant_id=made[0].id, model="ERNIE-4.0T-8K", name="new", description="", instructions="")
    assert (changed.name, changed.instructions, changed.metadata) == ("new", "", {"k": "v"})
    assert assistants.query(made[0].id).name == "new"
    assert assistants.delete(made[0].id).deleted is True
    with pytest.raises(sdk.core._exception.AssistantServerException, match="assistantId不存在"):
        assistants.query(made[0].id)
    assert [assistant.name for assistant in appbuilder.assistants()] == ["n1", "n2"]


def test_files_are_uploaded_mounted_and_downloaded(appbuilder: Handle, tmp_path: Path) -> None:
    """The bytes come back as they went."""
    path = tmp_path / "kb.txt"
    path.write_bytes(b"kb\r\n\x00\xff")
    file = assistants.files.create(str(path))
    assert (file.bytes, file.filename, file.purpose) == (6, "kb.txt", "assistant")
    assert [one.id for one in assistants.files.list().data] == [file.id]
    assert assistants.files.query(file.id).censored == 1
    assert assistants.files.content(file.id).content == b"kb\r\n\x00\xff"
    (tmp_path / "got").mkdir()
    assistants.files.download(file.id, file_path=f"{tmp_path}/got/")
    assert (tmp_path / "got" / "kb.txt").read_bytes() == b"kb\r\n\x00\xff"
    with pytest.raises(ValueError):  # noqa: PT011 - its text is the SDK's
        assistants.files.query("file-no")
    assistant = assistants.create(name="n", description="d")
    assert assistants.mount_files(assistant_id=assistant.id, file_id=file.id).assistant_id == assistant.id
    assert [one.id for one in assistants.mounted_files_list(assistant_id=assistant.id).data] == [file.id]
    assert assistants.unmount_files(assistant_id=assistant.id, file_id=file.id).deleted is True
    assert assistants.files.delete(file.id).deleted is True
    assert appbuilder.files() == []


def test_the_answer_of_a_refused_stream_is_the_error(appbuilder: Handle) -> None:
    """As JSON with status 200, which the SDK turns into one empty event."""
    events = list(runs.stream_run(assistant_id="asst_no", thread_id=appbuilder.add_thread().id))
    assert len(events) == 1
    (exchange,) = appbuilder.exchanges.of("create_run")
    assert exchange.response is not None
    assert json.loads(exchange.response.body)["error"]["message"] == "assistantId不存在"


def test_what_the_sdk_sends_and_gets_keeps_the_contract(appbuilder: Handle, tmp_path: Path) -> None:
    """Every request and answer of assistants, files, runs and steps, strictly: no field that the contract does not know."""
    appbuilder.script("答", times=None)
    ids = begun()
    assistants.update(assistant_id=ids["assistant_id"], model="m", name="m", description="d")
    assistants.list()
    assistants.query(ids["assistant_id"])
    path = tmp_path / "a.txt"
    path.write_text("你")
    file = assistants.files.create(str(path))
    assistants.files.list()
    assistants.files.query(file.id)
    run = runs.run(**ids)
    runs.list(thread_id=ids["thread_id"])
    found = {"thread_id": ids["thread_id"], "run_id": run.id}
    runs.query(**found)
    runs.cancel(**found)
    runs.steps.list(**found)
    runs.steps.query(**found, step_id="step-1")
    seen = {exchange.operation: contract.violations(exchange, strict=True) for exchange in appbuilder.exchanges}
    assert len(seen) == 15
    assert {operation: found for operation, found in seen.items() if found} == {}


def test_the_contract_reads_a_form(appbuilder: Handle) -> None:
    """A form without its file breaks the contract; so does a body that is no form."""
    no_form = Request("POST", f"{appbuilder.base_url}/v2/storage/files?purpose=assistant", (), b"text")
    no_file = replace(no_form, body=b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\n1\r\n--x--\r\n')
    for request in (no_form, no_file):
        (found,) = contract.violations(Exchange("appbuilder", "upload_file", request, Failure("reset")))
        assert (found.path, found.came) == ("$.file", "nothing")
