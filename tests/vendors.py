"""
Asking a vendor straight at the engine, byte for byte: no HTTP library in between that would mend what is sent.
"""

from __future__ import annotations

import json
from typing import Any

from pytest_assistant_mock import AssistantMock, Handle, Request, Response

STUDIO = "https://dashscope.aliyuncs.com/api/v1"
BAIDU = "https://appbuilder.baidu.com"
KEY = ("Authorization", "Bearer any-key-will-do")


def ask(mock: AssistantMock, method: str, url: str, body: Any = b"", headers: tuple[tuple[str, str], ...] = (KEY,)) -> Response:
    """
    One request, its answer. A body that is no bytes is sent as JSON.
    """
    sent = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    reply = mock._engine.handle(Request(method, url, headers, sent))
    assert isinstance(reply, Response)
    return reply


def stored(mock: AssistantMock) -> list[tuple[Any, list[Any]]]:
    """
    All that both vendors have in store.
    """
    handles: tuple[Handle, ...] = (mock.model_studio, mock.appbuilder)
    return [(thread, handle.messages(thread)) for handle in handles for thread in handle.threads()]
