"""
Asking a vendor straight at the engine, byte for byte: no HTTP library in between that would mend what is sent.

And what the refusals of both vendors are asked against.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from pytest_assistant_mock import AssistantMock, Handle, Request, Response, turns
from pytest_assistant_mock._engine.kinds.threads import delete_thread
from pytest_assistant_mock._engine.performing import create_run, perform

STUDIO = "https://dashscope.aliyuncs.com/api/v1"
BAIDU = "https://appbuilder.baidu.com"
KEY = ("Authorization", "Bearer any-key-will-do")


def ask(mock: AssistantMock, method: str, url: str, body: Any = b"", headers: tuple[tuple[str, str], ...] = (KEY,)) -> Response:
    """One request, its answer. A body that is no bytes is sent as JSON."""
    sent = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    reply = mock._engine.handle(Request(method, url, headers, sent))
    assert isinstance(reply, Response)
    return reply


def stored(mock: AssistantMock) -> list[tuple[Any, list[Any]]]:
    """All that both vendors have in store."""
    handles: tuple[Handle, ...] = (mock.model_studio, mock.appbuilder)
    return [(thread, handle.messages(thread)) for handle in handles for thread in handle.threads()]


def state(mock: AssistantMock) -> list[Any]:
    """What a refused request must leave alone: what is stored, the clock, and how far ids have been counted."""
    numbers = [handle._service.state.numbers.state() for handle in (mock.model_studio, mock.appbuilder)]
    return [stored(mock), mock.clock.now_ms, numbers]


STRANGE_BODIES = {
    "empty": b"",
    "no json": b"{",
    "trailing comma": b'{"content": "x",}',
    "two values": b'{"content": "x"} {}',
    "single quotes": b"{'content': 'x'}",
    "form": b"content=x&role=user",
    "not utf-8": b'{"content": "\xff"}',
    "gb18030": '{"content": "你好"}'.encode("gb18030"),
    "utf-16": '{"content": "x"}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"content": "x"}',
    "lone surrogate": b'{"content": "\\ud800"}',
    "lone surrogate key": b'{"content": "x", "metadata": {"\\udfff": "x"}}',
    "NaN": b'{"content": "x", "metadata": {"a": NaN}}',
    "Infinity": b'{"content": "x", "metadata": {"a": -Infinity}}',
    "too large": b'{"content": "x", "metadata": {"a": 1e400}}',
    "too small": b'{"content": "x", "metadata": {"a": [{"b": -0.1E+999}]}}',
    "too large, without an exponent": b'{"content": "x", "metadata": {"a": ' + b"9" * 310 + b".0}}",
    "too deep": b'{"content": "x", "metadata": ' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
    "a list": b'[{"content": "x"}]',
    "a string": b'"content"',
    "a number": b"1",
    "null": b"null",
    "true": b"true",
    "NUL bytes": b"\x00" * 64,
    "long number": b'{"content": "x", "metadata": {"a": ' + b"9" * 9000 + b"}}",
}

BAD_KEYS = {
    "no header": (),
    "empty": (("Authorization", ""),),
    "no scheme": (("Authorization", "sk-test"),),
    "no key": (("Authorization", "Bearer"),),
    "blank key": (("Authorization", "Bearer   "),),
    "glued": (("Authorization", "Bearersk-test"),),
    "basic": (("Authorization", "Basic dXNlcjpwdw=="),),
    "another header": (("X-Api-Key", "sk-test"),),
}


class Scene(NamedTuple):
    """What every refusal is asked against."""

    mock: AssistantMock
    handle: Handle
    names: dict[str, str]


def scene(vendor: str) -> Scene:
    """
    A thread {t} with messages {m} (a file on it) and {a} (the assistant's), {o} in thread {other}, and {gone}, deleted.

    An assistant {s} with the functions f and g; in thread {chat} a run {r} that is completed, and {w} that waits for both;
    a thread {empty}.
    """
    mock = AssistantMock()
    handle: Handle = getattr(mock, vendor)
    thread, other, gone = handle.add_thread({"k": "v"}), handle.add_thread(), handle.add_thread()
    names = {
        "t": thread.id,
        "other": other.id,
        "gone": gone.id,
        "m": handle.add_message(thread, "你好", file_ids=["file-1"]).id,
        "a": handle.add_message(thread, "您好", role="assistant").id,
        "o": handle.add_message(other, "elsewhere").id,
    }
    state = handle._service.state
    delete_thread(state, gone.id)
    tools = [{"type": "function", "function": {"name": name}} for name in ("f", "g")]
    assistant, chat = handle.add_assistant(tools=tools), handle.add_thread()
    handle.add_message(chat, "?")
    runs = {"r": "答", "w": [turns.calls("f"), turns.calls("g")]}
    for name, turn in runs.items():
        handle.script(turn)
        names[name] = create_run(state, chat.id, assistant.id).id
        perform(state, names[name])
    handle.add_message(chat, "?")
    return Scene(mock, handle, {**names, "s": assistant.id, "chat": chat.id, "empty": handle.add_thread().id})


def filled(value: Any, names: dict[str, str]) -> Any:
    """A path or body with the names in braces filled in."""
    if isinstance(value, str):
        for name, found in names.items():
            value = value.replace(f"{{{name}}}", found)
        return value
    if isinstance(value, dict):
        return {key: filled(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, names) for one in value]
    return value
