"""Every operation of both vendors through their real SDKs, as functions that say what came back."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import pytest

MODEL_STUDIO = """
def conversation():
    import dashscope
    from dashscope import Messages, Threads
    from dashscope.threads.messages.files import Files

    thread = Threads.create(metadata={"purpose": "测试"})
    message = Messages.create(thread.id, content="你好，世界", metadata={"n": "1"}, file_ids=["file-1", "file-2"])
    seen = [thread.status_code, message.status_code, message.content[0].text.value]
    seen.append([one.id == message.id for one in Messages.list(thread.id, limit=10, order="asc").data])
    seen.append(Messages.retrieve(message.id, thread_id=thread.id).metadata)
    seen.append(Messages.update(message.id, thread_id=thread.id, metadata={"n": "2"}).metadata)
    seen.append([one.id for one in Files.list(message.id, thread_id=thread.id).data])
    seen.append(Files.retrieve("file-2", thread_id=thread.id, message_id=message.id).id)
    seen.append(Threads.retrieve(thread.id).metadata)
    seen.append(Threads.update(thread.id, metadata={"purpose": "other"}).metadata)
    seen.append(Threads.delete(thread.id).deleted)
    seen.append(Messages.retrieve(message.id, thread_id=thread.id).code)
    return seen
"""

APPBUILDER = """
def conversation():
    import appbuilder

    threads = appbuilder.assistant.threads
    thread = threads.create([{"role": "user", "content": "你好"}])
    message = threads.messages.create(thread.id, "世界", file_ids=["file-1"])
    seen = [message.content[0].text.value]
    seen.append([one.content[0].text.value for one in threads.messages.list(thread.id, order="asc").data])
    seen.append(threads.messages.query(thread.id, message.id).id == message.id)
    seen.append(threads.messages.update(thread.id, message.id, content="改", file_ids=["file-1"]).content[0].text.value)
    seen.append([one.id for one in threads.messages.files(thread.id, message.id).data])
    seen.append(threads.query(thread.id).id == thread.id)
    seen.append(threads.update(thread.id, metadata={"k": "v"}).id == thread.id)
    seen.append(threads.delete(thread.id).deleted)
    return seen
"""

SDKS: list[Any] = [
    pytest.param(source, count, id=name, marks=pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed"))
    for name, source, count in (("dashscope", MODEL_STUDIO, 11), ("appbuilder", APPBUILDER, 9))
]
"""Source, and how many requests it makes."""
