"""Interactions and cassettes made by hand, and a way to play them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._engine.wire import Failure, Reply, Request, Response
from pytest_assistant_mock.cassettes import Cassette, Interaction, storage
from pytest_assistant_mock.cassettes.format import to_text

STUDIO = "https://dashscope.aliyuncs.com/api/v1"
BAIDU = "https://appbuilder.baidu.com"
JSON = (("Content-Type", "application/json"),)


def asked(method: str, path: str, body: Any = b"", base: str = STUDIO) -> Request:
    """A request; a body that is no bytes is sent as JSON."""
    sent = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Request(method, base + path, JSON, sent)


def one(request: Request, answer: Any = None, status: int = 200) -> Interaction:
    """An interaction; an answer that is no Reply is sent as JSON."""
    if isinstance(answer, (Response, Failure)):
        reply: Reply = answer
    else:
        reply = Response(status, JSON, json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode())
    return Interaction(request, reply, recorded_at="2026-01-02T03:04:05Z")


def saved(path: Path, *interactions: Interaction) -> Path:
    """A cassette's file."""
    storage.write(path, to_text(Cassette(list(interactions))), Secrets())
    return path


def player(path: Path, **options: Any) -> AssistantMock:
    """A mock that plays a cassette, not yet open."""
    return AssistantMock(source="cassette", cassette=path, **{"contract": "off", **options})


def ask(mock: AssistantMock, request: Request) -> Any:
    """The reply to a request, straight from who stands behind the doors."""
    session = mock._session
    assert session is not None
    return session.answerer.handle(request)
