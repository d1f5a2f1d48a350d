"""Assistants, files, runs, steps and streams through the real dashscope SDK."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from pytest_assistant_mock import AssistantMock, Handle, contract, faults, turns

dashscope = pytest.importorskip("dashscope")
from dashscope import Assistants, Files, Messages, Runs, Steps, Threads  # noqa: E402
from dashscope.assistants.files import Files as AssistantFiles  # noqa: E402

pytestmark = pytest.mark.usefixtures("assistant_contract")  # what the fake says keeps the contract, streams too
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def begun(**fields: Any) -> tuple[Any, Any]:
    """An assistant, and a thread with a question."""
    return Assistants.create(model="qwen-max", tools=[TOOL], **fields), Threads.create(
        messages=[{"role": "user", "content": "北京天气?"}]
    )


def answer(thread: Any) -> str:
    """The newest message of a thread."""
    return str(Messages.list(thread.id).data[0].content[0].text.value)


def test_a_run_is_polled_to_its_end(model_studio: Handle) -> None:
    """Created in progress, done at the first retrieve, with its usage, its answer and its step."""
    model_studio.script("晴,24 度")
    assistant, thread = begun(instructions="be brief", temperature=0.5, metadata={"k": "v"})
    run = Runs.create(thread.id, assistant_id=assistant.id, additional_instructions="please", metadata={"a": "b"})
    assert (run.status, run.usage, run.instructions, run.model) == ("in_progress", None, "be brief\nplease", "qwen-max")
    run = Runs.wait(run.id, thread_id=thread.id)
    assert (run.status, run.usage["total_tokens"], run.metadata, run.required_action) == ("completed", 11, {"a": "b"}, None)
    assert answer(thread) == "晴,24 度"
    (step,) = Steps.list(run.id, thread_id=thread.id).data
    assert Steps.retrieve(step.id, thread_id=thread.id, run_id=run.id).step_details.type == "message_creation"
    assert [one.id for one in Runs.list(thread.id).data] == [run.id]
    assert Runs.update(run.id, thread_id=thread.id, metadata={"c": "d"}).metadata == {"c": "d"}
    assert model_studio.counts["retrieve_run"] == 1


def test_outputs_are_submitted(model_studio: Handle) -> None:
    """Two calls in one round, then another round; the test sees what was given."""
    calls = [turns.calls("get_weather", city="北京"), turns.calls("get_weather", city="上海")]
    model_studio.script(calls, turns.calls("get_weather"), "晴")
    assistant, thread = begun()
    run = Runs.create(thread.id, assistant_id=assistant.id)
    cities = []
    while (run := Runs.wait(run.id, thread_id=thread.id)).status == "requires_action":
        outputs = []
        for call in run.required_action.submit_tool_outputs.tool_calls:
            cities.append(json.loads(call.function["arguments"])["city"])
            outputs.append({"tool_call_id": call.id, "output": f"{len(cities)}"})
        submitted = Runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=outputs)
        assert (submitted.status, bool(submitted.required_action)) == ("in_progress", True)
    assert (run.status, cities, answer(thread)) == ("completed", ["北京", "上海", ""], "晴")
    (seen,) = model_studio.runs()
    assert ([call.output for call in seen.calls], seen.outputs) == (["1", "2", "3"], {"get_weather": "3"})
    assert [step.type for step in model_studio.steps(seen)] == ["tool_calls", "tool_calls", "message_creation"]


def test_a_stream_comes_in_pieces(model_studio: Handle) -> None:
    """The names in the recorded order; each delta is made when it is read."""
    model_studio.script(turns.says("晴,24 度", pieces=["晴,", "24 度"]))
    assistant, thread = begun()
    names, texts = [], []
    for event, data in Runs.create(thread.id, assistant_id=assistant.id, stream=True):
        names.append(event)
        if event == "thread.message.delta":
            texts.append(data.delta.content.text.value)
            assert len(model_studio.messages(thread.id)) == 1  # the answer is not whole yet
    assert texts == ["晴,", "24 度", ""]
    assert names == [
        "thread.run.created", "thread.run.queued", "thread.run.in_progress", "thread.run.step.created",
        "thread.run.step.in_progress", "thread.message.created", "thread.message.in_progress", *["thread.message.delta"] * 3,
        "thread.message.completed", "thread.run.step.completed", "thread.run.completed",
    ]  # fmt: skip
    assert answer(thread) == "晴,24 度"
    (exchange,) = model_studio.exchanges.of("create_run")
    assert exchange.response is not None
    assert exchange.response.body.endswith(b"event:done\ndata:[DONE]\n\n")


def test_a_stream_goes_on_in_a_second_one_after_a_call(model_studio: Handle) -> None:
    """The first ends after requires_action; the second begins with the completed step."""
    model_studio.script(turns.calls("get_weather", city="北京"), "晴")
    assistant, thread = begun()
    stream = Runs.create(thread.id, assistant_id=assistant.id, stream=True)
    legs: list[list[str]] = []
    while stream:
        following = None
        legs.append([])
        for event, data in stream:
            legs[-1].append(event)
            if event == "thread.run.requires_action":
                (call,) = data.required_action.submit_tool_outputs.tool_calls
                following = Runs.submit_tool_outputs(
                    data.id, thread_id=thread.id, tool_outputs=[{"tool_call_id": call.id, "output": "24"}], stream=True
                )
                break
        stream = following
    assert [leg[0] for leg in legs] == ["thread.run.created", "thread.run.step.completed"]
    assert [leg[-1] for leg in legs] == ["thread.run.requires_action", "thread.run.completed"]
    assert legs[1][1:3] == ["thread.run.queued", "thread.run.in_progress"]
    assert answer(thread) == "晴"


def test_a_thread_is_made_with_its_run(model_studio: Handle) -> None:
    """Polled and streamed; the stream begins with the thread."""
    model_studio.script("晴", times=None)
    assistant, _ = begun()
    thread = {"messages": [{"role": "user", "content": "?"}], "metadata": {"k": "v"}}
    run = Runs.create_thread_and_run(assistant_id=assistant.id, thread=thread)
    assert Runs.wait(run.id, thread_id=run.thread_id).status == "completed"
    events = list(Runs.create_thread_and_run(assistant_id=assistant.id, thread=thread, stream=True))
    assert (events[0][0], events[0][1].metadata, events[-1][0]) == ("thread.created", {"k": "v"}, "thread.run.completed")
    assert Threads.create_and_run(assistant_id=assistant.id, thread=thread).status == "in_progress"


def test_built_in_tools_show_in_steps_and_stream(model_studio: Handle) -> None:
    """quark_search and code_interpreter, as the vendor's own programs read them."""
    model_studio.script(turns.searches("天气", [{"title": "晴"}]), turns.runs_code("print(1)", "1"), "晴", times=2)
    assistant, thread = begun()
    run = Runs.wait(Runs.create(thread.id, assistant_id=assistant.id).id, thread_id=thread.id)
    steps = Steps.list(run.id, thread_id=thread.id, order="asc").data
    assert [step.step_details.type for step in steps] == ["tool_calls", "tool_calls", "message_creation"]
    assert steps[1].step_details.tool_calls[0].code_interpreter.output == "1"
    deltas = [
        data for event, data in Runs.create(thread.id, assistant_id=assistant.id, stream=True) if event.endswith("step.delta")
    ]
    assert len(deltas) > 8
    assert answer(thread) == "晴"


ENDS = {
    "failed": turns.fails("rate_limit_exceeded", "slow down"),
    "expired": turns.expires(),
    "cancelled": turns.cancels(),
}


@pytest.mark.parametrize("status", ENDS)
def test_a_run_may_end_badly(model_studio: Handle, status: str) -> None:
    """Polled and streamed alike."""
    model_studio.script(ENDS[status], times=2)
    assistant, thread = begun()
    run = Runs.wait(Runs.create(thread.id, assistant_id=assistant.id).id, thread_id=thread.id)
    assert run.status == status
    events = list(Runs.create(thread.id, assistant_id=assistant.id, stream=True))
    assert (events[-1][0], events[-1][1].status) == (f"thread.run.{status}", status)
    if status == "failed":
        assert (run.last_error["code"], events[-1][1].last_error["message"]) == ("rate_limit_exceeded", "slow down")


def test_polls_and_never_show_a_run_in_progress(model_studio: Handle) -> None:
    """So many retrieves, then it is done; or a wait that meets its own limit at once."""
    model_studio.script(turns.says("晴", polls=2))
    model_studio.script(turns.never())
    assistant, thread = begun()
    run = Runs.create(thread.id, assistant_id=assistant.id)
    assert [Runs.retrieve(run.id, thread_id=thread.id).status for _ in range(3)] == ["in_progress", "in_progress", "completed"]
    run = Runs.create(thread.id, assistant_id=assistant.id)
    with pytest.raises(Exception, match="timeout"):
        Runs.wait(run.id, thread_id=thread.id, timeout_seconds=0)


def test_cancel_is_refused_unless_it_is_allowed(model_studio: Handle) -> None:
    """The vendor says there is no such operation; it is a known one all the same, and no UnansweredRequest."""
    model_studio.script(turns.calls("get_weather"), times=2)
    assistant, thread = begun()
    run = Runs.create(thread.id, assistant_id=assistant.id)
    assert Runs.cancel(run.id, thread_id=thread.id).message == "Invalid URL provided in your request."
    model_studio.allow("cancel_run")
    assert Runs.cancel(run.id, thread_id=thread.id).status == "cancelled"
    assert Steps.list(run.id, thread_id=thread.id).data[0].status == "cancelled"


def test_assistants_are_kept(model_studio: Handle) -> None:
    """Created, listed, changed field by field, deleted."""
    made = [Assistants.create(model="qwen-max", name=f"n{number}", instructions="i") for number in range(3)]
    assert [one.name for one in Assistants.list(limit=2).data] == ["n2", "n1"]
    assert [one.id for one in Assistants.list(order="asc", after=made[0].id).data] == [made[1].id, made[2].id]
    changed = Assistants.update(made[0].id, model="qwen-plus", tools=[TOOL])
    assert (changed.model, changed.name, changed.instructions) == ("qwen-plus", "n0", "i")
    assert Assistants.retrieve(made[0].id).tools[0].function.name == "get_weather"
    assert Assistants.delete(made[0].id).object == "assistant.deleted"
    assert Assistants.get(made[0].id).message == "The specified assistant has been deleted or does not exist."
    assert [assistant.name for assistant in model_studio.assistants()] == ["n1", "n2"]


def test_files_are_uploaded_and_attached(model_studio: Handle, tmp_path: Path) -> None:
    """The bytes arrive as they were; a file attached to an assistant is listed there."""
    path = tmp_path / "知识.txt"
    path.write_bytes(b"kb\r\n--\x00\xff")
    file_id = Files.upload(file_path=str(path), purpose="assistant", description="kb").output["uploaded_files"][0]["file_id"]
    (file,) = model_studio.files()
    assert (file.id, file.name, file.content, file.description) == (file_id, "知识.txt", b"kb\r\n--\x00\xff", "kb")
    assert Files.list().output["files"][0]["file_id"] == file_id
    assistant = Assistants.create(model="qwen-max")
    assert AssistantFiles.create(assistant.id, file_id=file_id).id == file_id
    assert [one.id for one in AssistantFiles.list(assistant.id).data] == [file_id]
    assert AssistantFiles.retrieve(file_id, assistant_id=assistant.id).assistant_id == assistant.id
    assert Assistants.retrieve(assistant.id).file_ids == [file_id]
    assert AssistantFiles.delete(file_id, assistant_id=assistant.id).deleted is True
    assert Files.delete(file_id).status_code == 200
    assert model_studio.files() == []


def test_other_names_and_lists_of_the_sdk(model_studio: Handle, tmp_path: Path) -> None:
    """`call` makes, `get` retrieves; lists are paged by cursors, and those of files by number."""
    model_studio.script("晴", times=None)
    assistant, thread = Assistants.call(model="qwen-max"), Threads.call(messages=[{"role": "user", "content": "?"}])
    runs = [Runs.call(thread.id, assistant_id=assistant.id) for _ in range(3)]
    assert Runs.get(runs[0].id, thread_id=thread.id).status == "completed"
    assert [one.id for one in Runs.list(thread.id, limit=1, after=runs[2].id).data] == [runs[1].id]
    (step,) = Steps.list(runs[0].id, thread_id=thread.id, limit=1, order="asc").data
    assert Steps.get(step.id, thread_id=thread.id, run_id=runs[0].id).completed_at > step.created_at
    assert AssistantFiles.call(assistant.id, file_id="file-a").object == "assistant.file"
    AssistantFiles.create(assistant.id, file_id="file-b")
    assert [one.id for one in AssistantFiles.list(assistant.id, order="asc", limit=1).data] == ["file-a"]
    assert AssistantFiles.get("file-a", assistant_id=assistant.id).created_at > 0
    ids = []
    for name in ("1.txt", "2.txt", "3.txt"):
        (tmp_path / name).write_text(name)
        ids.append(Files.upload(file_path=str(tmp_path / name), purpose="assistant").output["uploaded_files"][0]["file_id"])
    second = Files.list(page=2, page_size=2).output
    assert (second["total"], second["page_no"], [one["file_id"] for one in second["files"]]) == (3, 2, ids[:1])
    assert Files.get(ids[0]).output["name"] == "1.txt"
    assert Files.get("file_no").message == "The specified file does not exist."


def test_options_of_a_run_are_echoed(model_studio: Handle) -> None:
    """The numbers and truncation_strategy; what the Java SDK sends besides is accepted and not shown."""
    assistant, thread = begun()
    numbers = {"temperature": 0.5, "top_p": 0.25, "top_k": 3, "max_tokens": 4}
    strategy = {"type": "last_messages", "last_messages": 10}
    javas = {"response_format": "json_object", "tool_choice": "auto", "parallel_tool_calls": True}
    body = {"truncation_strategy": strategy, **javas}
    run = Runs.create(thread.id, assistant_id=assistant.id, tools=[{"type": "calculator"}], extra_body=body, **numbers)
    assert ({name: run[name] for name in numbers}, run["truncation_strategy"]) == (numbers, strategy)
    assert run.tools == [{"type": "calculator"}]
    assert not set(javas) & set(model_studio.exchanges[-1].response.json())  # type: ignore[union-attr]
    for exchange in model_studio.exchanges:
        assert contract.violations(exchange, strict=True) == []


def test_a_seeded_assistant_without_a_model_keeps_the_contract(model_studio: Handle) -> None:
    """As it is answered alone, in a list, and in its run."""
    assistant, thread = model_studio.add_assistant(), model_studio.add_thread()
    model_studio.add_message(thread, "?")
    Assistants.retrieve(assistant.id)
    Assistants.list()
    Runs.create(thread.id, assistant_id=assistant.id)
    Runs.list(thread.id)
    assert [contract.violations(exchange) for exchange in model_studio.exchanges] == [[]] * 4


def test_a_lost_answer_makes_a_second_run(model_studio: Handle) -> None:
    """The run whose answer was lost has been made, and has taken its script; the retry takes the next."""
    import requests

    model_studio.fail(faults.hang(after=True), on="create_run")
    model_studio.script("first")
    model_studio.script("second")
    assistant, thread = begun()
    with pytest.raises(requests.exceptions.ReadTimeout):
        Runs.create(thread.id, assistant_id=assistant.id)
    Runs.create(thread.id, assistant_id=assistant.id)
    assert [message.text for message in model_studio.messages(thread.id)][1:] == ["first", "second"]


def test_what_a_function_raises_fails_the_test_at_the_call(model_studio: Handle) -> None:
    """With its own error; the run has failed."""

    def answer(run: turns.Run) -> str:
        raise KeyError(run.messages[-1].text)

    model_studio.script(answer)
    assistant, thread = begun()
    with pytest.raises(KeyError, match="北京天气"):
        Runs.create(thread.id, assistant_id=assistant.id)
    assert [run.status for run in model_studio.runs()] == ["failed"]


def test_what_the_code_swallowed_is_raised_when_the_mock_closes() -> None:
    """A function's error in a stream whose reader catches everything."""
    with pytest.raises(ZeroDivisionError), AssistantMock() as mock:
        mock.model_studio.script(lambda run: str(1 / 0))
        assistant, thread = begun()
        with suppress(ZeroDivisionError):
            list(Runs.create(thread.id, assistant_id=assistant.id, stream=True))


def test_keys_see_their_own(model_studio: Handle) -> None:
    """An assistant made with one key does not exist for another; one that is seeded exists for all."""
    seeded = model_studio.add_assistant(id="asst_console")
    model_studio.keys({"sk-a", "sk-b"})
    mine = Assistants.create(model="m", api_key="sk-a")
    assert [one.id for one in Assistants.list(api_key="sk-a").data] == [mine.id, seeded.id]
    assert [one.id for one in Assistants.list(api_key="sk-b").data] == [seeded.id]
    assert Assistants.retrieve(mine.id, api_key="sk-b").status_code == 400


def test_many_threads_of_control_run_at_once(model_studio: Handle) -> None:
    """Eight, with runs on one thread and on their own: nothing is lost or doubled, ids are counted."""
    model_studio.script(lambda run: run.metadata["n"], times=None)
    assistant, shared = begun()

    def work(worker: int) -> None:
        for number in range(10):
            own = Threads.create(messages=[{"role": "user", "content": "?"}])
            for thread in (own, shared):
                run = Runs.create(thread.id, assistant_id=assistant.id, metadata={"n": f"{worker}-{number}"})
                assert Runs.wait(run.id, thread_id=thread.id).status == "completed"

    workers = [Thread(target=work, args=(worker,)) for worker in range(8)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    runs = model_studio.runs()
    assert len({run.id for run in runs}) == 160
    said = [message.text for message in model_studio.messages(shared.id) if message.role == "assistant"]
    assert sorted(said) == sorted(f"{worker}-{number}" for worker in range(8) for number in range(10))
