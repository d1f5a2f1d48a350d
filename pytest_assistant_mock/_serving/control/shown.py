"""
What a mock holds, as JSON: assistants, threads, runs, files, exchanges. Secrets are hidden in exchanges.

Looks only; changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._engine.streams import is_stream
from pytest_assistant_mock._engine.wire import Exchange, Failure, Headers, Request, Response
from pytest_assistant_mock._mock.seeds import MOST_NESTED, too_deep

if TYPE_CHECKING:
    from pytest_assistant_mock._engine.run_view import Run
    from pytest_assistant_mock._mock.handle import Handle
    from pytest_assistant_mock._mock.mock import AssistantMock

ASSISTANT = ("id", "name", "model", "instructions", "tools", "file_ids", "metadata", "created_at")
THREAD = ("id", "metadata", "created_at")
MESSAGE = ("id", "role", "text", "content", "file_ids", "metadata", "assistant_id", "run_id", "created_at")
RUN = ("id", "thread_id", "status", "instructions", "tools", "metadata", "created_at")
STEP = ("id", "type", "status", "message_id", "created_at")
CALL = ("id", "type", "name", "arguments", "output")
FILE = ("id", "name", "purpose", "created_at")


def held(handle: Handle) -> dict[str, Any]:
    """All that one vendor holds."""
    return {
        "assistants": [_fields(one, ASSISTANT) for one in handle.assistants()],
        "threads": [
            {**_fields(one, THREAD), "messages": [_fields(message, MESSAGE) for message in handle.messages(one.id)]}
            for one in handle.threads()
        ],
        "runs": [_run(handle, one) for one in handle.runs()],
        "files": [{**_fields(one, FILE), "bytes": len(one.content)} for one in handle.files()],
    }


def _run(handle: Handle, run: Run) -> dict[str, Any]:
    steps = [
        {**_fields(step, STEP), "calls": [_fields(call, CALL) for call in step.calls], "last_error": _named(step.last_error)}
        for step in handle.steps(run.id)
    ]
    also = {
        "assistant_id": run.assistant.id,
        "calls": [_fields(call, CALL) for call in run.calls],
        "usage": _named(run.usage),
        "last_error": _named(run.last_error),
    }
    return {**_fields(run, RUN), **also, "steps": steps}


def _fields(thing: object, names: Iterable[str]) -> dict[str, Any]:
    found = {name: getattr(thing, name) for name in names}
    return {name: list(value) if isinstance(value, tuple | list) else value for name, value in found.items()}


def _named(value: Any) -> dict[str, Any] | None:
    return None if value is None else dict(value._asdict())


def numbered(mock: AssistantMock, vendors: Iterable[str]) -> list[tuple[int, Exchange]]:
    """The exchanges of some vendors that are held, oldest first, each with its number."""
    with mock._engine.lock:
        found = [pair for vendor in vendors for pair in mock._engine.journal.numbered(vendor)]
    return sorted(found, key=lambda pair: pair[0])


def exchange(number: int, one: Exchange, secrets: Secrets) -> dict[str, Any]:
    """One exchange."""
    return {
        "number": number,
        "vendor": one.vendor,
        "operation": one.operation,
        "request": _request(one.request, secrets),
        "response": _response(one, secrets),
        "failure": one.reply.kind if isinstance(one.reply, Failure) else None,
        "faults": list(one.faults),
        "ended": ended(one),
    }


def ended(one: Exchange) -> bool:
    """Whether no more of its response comes."""
    pieces = one.reply.pieces if isinstance(one.reply, Response) else None
    return not is_stream(pieces) or pieces.ended


def _request(request: Request, secrets: Secrets) -> dict[str, Any]:
    head = {"method": request.method, "url": secrets.url(request.url), "headers": _headers(request.headers, secrets)}
    return {**head, **_body(secrets.body(request.body))}


def _response(one: Exchange, secrets: Secrets) -> dict[str, Any] | None:
    response = one.response
    if response is None:
        return None
    arrived = response.body if isinstance(one.reply, Response) else response.body[: one.reply.after_bytes]
    head = {"status": response.status, "headers": _headers(response.headers, secrets)}
    return {**head, **_body(secrets.body(arrived))}


def _headers(headers: Headers, secrets: Secrets) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in secrets.headers(headers):
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _body(body: bytes) -> Mapping[str, Any]:
    """The body as JSON, or else as text."""
    text = body.decode("utf-8", "replace")
    try:
        return {"json": read_json(text)}
    except ValueError:
        return {"text": text}


def read_json(text: str) -> Any:
    """A JSON text that can be written again. Raises ValueError for one that is none, or is nested too deep."""
    if too_deep(text) is not None:
        raise ValueError(f"nested more than {MOST_NESTED} deep")
    return json.loads(text, parse_constant=_no_json)


def _no_json(word: str) -> float:
    raise ValueError(f"{word} is no JSON")
