"""What eleven public programs do with Model Studio's SDK, written as its users write it. Each reaches its end, or raises."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from dashscope import Assistants, Files, Messages, Runs, Steps, Threads
from dashscope.assistants.files import Files as AssistantFiles
from dashscope.threads.messages.files import Files as MessageFiles

WEATHER = {"name": "weather", "description": "d", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
TOOLS = [{"type": "function", "function": WEATHER}]
CONSOLE_THREAD = "thread_16344e95-0000-4000-8000-c63de944ec00"


def _good(answer: Any) -> Any:
    assert answer.status_code == 200, answer
    return answer


def thread_only() -> None:
    """Makes a thread with a message."""
    _good(Threads.create(messages=[{"role": "user", "content": "how?"}]))


def simple() -> None:
    """Waits for a run, and lists its messages."""
    assistant = _good(Assistants.create(model="qwen-max", name="h", instructions="x"))
    thread = _good(Threads.create(messages=[{"role": "user", "content": "q"}]))
    run = Runs.wait(_good(Runs.create(thread.id, assistant_id=assistant.id)).id, thread_id=thread.id)
    assert run.usage.get("total_tokens")
    assert _good(Messages.list(thread.id)).data


def calculator() -> None:
    """Reads the steps of a run."""
    assistant = Assistants.create(model="qwen-turbo", name="c", tools=[{"type": "calculator", "description": "d"}])
    thread = Threads.create()
    Messages.create(thread_id=thread.id, content="10+20")
    run = Runs.wait(Runs.create(thread_id=thread.id, assistant_id=assistant.id).id, thread_id=thread.id)
    assert [step.step_details.type for step in Steps.list(run.id, thread_id=thread.id).data]


def search() -> None:
    """Reads a stream to its end."""
    assistant = _good(Assistants.create(model="qwen-max", name="s"))
    thread = _good(Threads.create(messages=[{"role": "user", "content": "q"}]))
    assert [event for event, _ in Runs.create(thread.id, assistant_id=assistant.id, stream=True)]
    _good(Messages.list(thread.id))


def voice_lamp() -> None:
    """Leaves a stream where a tool is called, and reads the stream that its output begins."""
    assistant = _good(Assistants.create(model="m", name="lamp", instructions="i", tools=TOOLS))
    thread = _good(Threads.create())
    _good(Messages.create(thread.id, content="weather lamp"))
    run = Runs.create(thread.id, assistant_id=assistant.id, stream=True)
    going = True
    while going:
        going = False
        for event, data in run:
            if event == "thread.run.requires_action":
                calls = data.required_action.submit_tool_outputs.tool_calls
                outputs = [{"tool_call_id": call.id, "output": "ok"} for call in calls]
                run = Runs.submit_tool_outputs(thread_id=thread.id, run_id=data.id, tool_outputs=outputs, stream=True)
                going = True
                break
    assert _good(Messages.list(thread.id)).data[0]["content"][0]["text"]["value"] == "sunny"


def code_teacher() -> None:
    """Polls run, steps and messages until the run is completed."""
    assistant = Assistants.create(model="qwen-plus", name="t", tools=[{"type": "code_interpreter"}])
    thread = Threads.create()
    Messages.create(thread_id=thread.id, role="user", content="q")
    run = Runs.create(thread_id=thread.id, assistant_id=assistant.id)
    for _ in range(5):
        now = Runs.retrieve(thread_id=thread.id, run_id=run.id)
        for step in Steps.list(thread_id=thread.id, run_id=run.id).data:
            if step.step_details.type == "message_creation":
                message_id = step.step_details.message_creation.message_id
                assert Messages.retrieve(thread_id=thread.id, message_id=message_id).content[0].text.value
        if now.status == "completed":
            return
    raise AssertionError("never completed")


def travel() -> None:
    """Waits for a call, gives its output, waits for the answer."""
    assistant = Assistants.create(model="qwen-max", name="s", tools=TOOLS)
    thread = Threads.create()
    Messages.create(thread.id, content="weather?")
    run = Runs.wait(Runs.create(thread.id, assistant_id=assistant.id).id, thread_id=thread.id)
    json.loads(run.required_action.submit_tool_outputs.tool_calls[0].function["arguments"])
    Runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=[{"output": "sun"}])
    _good(Runs.wait(run.id, thread_id=thread.id))
    assert Messages.list(thread.id)["data"][0]["content"][0]["text"]["value"] == "sunny"


def upload_and_chat() -> None:
    """Uploads a file for an assistant that was made in the console, and asks."""
    path = Path(mkdtemp(), "kb.txt")
    path.write_text("kb", "utf-8")
    uploaded = Files.upload(file_path=str(path), purpose="assistant", description="kb")["output"]["uploaded_files"][0]
    AssistantFiles.create("asst_x", file_id=uploaded["file_id"])
    assert AssistantFiles.list("asst_x").data
    thread = _good(Threads.create(messages=[{"role": "user", "content": "q"}]))
    run = _good(Runs.create(thread_id=thread.id, assistant_id="asst_x"))
    Runs.wait(run.id, thread_id=thread.id)
    assert [part["text"]["value"] for one in Messages.list(thread_id=thread.id).data for part in one["content"]]


def rag() -> None:
    """Leaves a stream behind its first completed step."""
    tools = [{"type": "rag", "prompt_ra": {"pipeline_id": ["x"]}}]
    assistant = Assistants.get(Assistants.create(model="qwen-plus", name="r", tools=tools).id)
    thread = Threads.create()
    Messages.create(thread_id=thread.id, content="q")
    text = ""
    for event, data in Runs.create(thread_id=thread.id, assistant_id=assistant.id, stream=True):
        if event == "thread.message.delta":
            text += data.delta.content.text.value
        if event == "thread.run.step.completed":
            break
    assert text


def console_ids() -> None:
    """Goes on in a thread that was made in the console."""
    _good(Messages.create(CONSOLE_THREAD, content="learn"))
    run = _good(Runs.create(CONSOLE_THREAD, assistant_id="asst_x"))
    _good(Runs.wait(run.id, thread_id=CONSOLE_THREAD))


def command_line() -> None:
    """What the SDK's own command does with threads, messages and their files."""
    thread = _good(Threads.create()).id
    _good(Messages.create(thread, content="hello", role="user", file_ids=["file-1"], metadata={"a": "b"}))
    message = _good(Messages.list(thread)).data[0].id
    _good(Messages.list(thread, limit=1, order="asc"))
    _good(Messages.retrieve(message, thread_id=thread))
    _good(Messages.update(message, thread_id=thread, metadata={"c": 1}))
    assert MessageFiles.list(message, thread_id=thread).data
    assert MessageFiles.retrieve("file-1", thread_id=thread, message_id=message).id
    for answer in (Threads.retrieve(thread), Threads.update(thread, metadata={"k": "v"}), Threads.delete(thread)):
        _good(answer)


PROGRAMS: tuple[Callable[[], None], ...] = (
    thread_only, simple, calculator, search, voice_lamp, code_teacher, travel, upload_and_chat, rag, console_ids, command_line,
)  # fmt: skip
