"""
The conversations of a test run as one HTML page: what a test exchanged as JSON, and the JSON in a page that shows it.

Nothing in the page comes from elsewhere, nothing that was sent or answered can become markup, and its size is bounded.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from importlib.resources import files
from typing import Any, NamedTuple, TypeAlias

from pytest_assistant_mock._engine.curl import shortened
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._engine.sse import is_event_stream
from pytest_assistant_mock._engine.wire import Exchange, Failure, Headers, Response
from pytest_assistant_mock._traffic import events
from pytest_assistant_mock._traffic.conversations import Conversation, conversations

MOST_EXCHANGES = 200
"""How many exchanges of a test are shown; of more, the last."""
MOST_CONVERSATIONS = 50
"""How many conversations of a test are shown; of more, the last."""
MOST_ENTRIES = 200
"""How many entries of a conversation are shown; of more, the last."""
MOST_BYTES = 20_000_000
"""How large the page may be; what tests that passed exchanged is left out first."""
_LONGEST = 10_000  # characters of a text or a body

Sent: TypeAlias = Callable[[Exchange], Mapping[str, Any]]


class Told(NamedTuple):
    """What one test exchanged, as JSON; and how it ended."""

    id: str
    outcome: str
    told: str


def told(exchanges: Sequence[Exchange], sent: Sent, secrets: Secrets) -> dict[str, Any]:
    """What some exchanges say, secrets hidden: their conversations, and each of them."""
    last = list(enumerate(exchanges, 1))[-MOST_EXCHANGES:]
    talks = conversations((exchange for _, exchange in last), sent)[-MOST_CONVERSATIONS:]
    return {
        "count": len(exchanges),
        "talks": [_talk(talk, secrets) for talk in talks],
        "exchanges": [_exchange(number, exchange, secrets) for number, exchange in last],
    }


def page(tests: Iterable[Told]) -> str:
    """The page, in the order of the tests."""
    tests = list(tests)
    kept, room = set(), MOST_BYTES
    for test in sorted(tests, key=lambda test: test.outcome != "failed"):
        room -= len(test.told)
        if room >= 0:
            kept.add(test.id)
    data = ", ".join(_with_head(test, test.id in kept) for test in tests)
    parts = {"style": _file("style.css"), "script": _file("parts.js") + _file("report.js")}
    hashes = {f"{name}_hash": _hash(text) for name, text in parts.items()}
    return _filled(_file("report.html"), {**parts, **hashes, "data": _in_script(f'{{"tests": [{data}]}}')})


def asset(name: str) -> str:
    """A file that pages are made of."""
    return _file(name)


def _talk(talk: Conversation, secrets: Secrets) -> dict[str, Any]:
    entries = [
        {"kind": type(entry).__name__.lower(), **{name: _hidden(value, secrets) for name, value in asdict(entry).items()}}
        for entry in talk.entries[-MOST_ENTRIES:]
    ]
    earlier = max(0, len(talk.entries) - MOST_ENTRIES)
    return {"vendor": talk.vendor, "thread": secrets.text(talk.thread), "earlier": earlier, "entries": entries}


def _hidden(value: Any, secrets: Secrets) -> Any:
    if isinstance(value, str):
        return shortened(secrets.text(value), _LONGEST)
    return [_hidden(one, secrets) for one in value] if isinstance(value, tuple) else value


def _exchange(number: int, exchange: Exchange, secrets: Secrets) -> dict[str, Any]:
    request, response, reply = exchange.request, exchange.response, exchange.reply
    head = {"method": request.method, "url": secrets.url(request.url), "headers": _headers(request.headers, secrets)}
    return {
        "number": number,
        "vendor": exchange.vendor,
        "operation": exchange.operation,
        "request": {**head, "text": _body(request.body, secrets)},
        "response": None if response is None else _response(response, reply, secrets),
        "failure": reply.kind if isinstance(reply, Failure) else None,
        "faults": [secrets.text(fault) for fault in exchange.faults],
    }


def _response(response: Response, reply: Response | Failure, secrets: Secrets) -> dict[str, Any]:
    arrived = response.body[: reply.after_bytes] if isinstance(reply, Failure) else response.body
    text = secrets.body(arrived).decode("utf-8", "replace")
    text = events.folded_frames(text) if is_event_stream(response.headers) else pretty(text)
    return {"status": response.status, "headers": _headers(response.headers, secrets), "text": shortened(text, _LONGEST)}


def _body(body: bytes, secrets: Secrets) -> str:
    return shortened(pretty(secrets.body(body).decode("utf-8", "replace")), _LONGEST)


def pretty(text: str) -> str:
    """A JSON text with its lines; any other as it is."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return text


def _headers(headers: Headers, secrets: Secrets) -> dict[str, str]:
    return dict(secrets.headers(headers))


def _with_head(test: Told, whole: bool) -> str:
    head = json.dumps({"id": test.id, "outcome": test.outcome}, ensure_ascii=False)[:-1]
    return f"{head}, {test.told[1:]}" if whole else f'{head}, "count": {json.loads(test.told)["count"]}, "left_out": true}}'


def _file(name: str) -> str:
    return files("pytest_assistant_mock._traffic").joinpath("page", name).read_text("utf-8")


def _in_script(text: str) -> str:
    """JSON as it may stand in a page: no character of it can begin or end markup."""
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _hash(text: str) -> str:
    """How a policy names a script or a style that stands in the page."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _filled(template: str, values: Mapping[str, str]) -> str:
    return re.sub(r"@(\w+)@", lambda match: values[match.group(1)], template)
