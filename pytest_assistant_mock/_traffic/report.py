"""
The traffic of a test, for people: a line an exchange, runs as conversations, the last exchanges in full, no secret anywhere.

Makes text; knows nothing of pytest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from pytest_assistant_mock._engine.curl import curl, shortened
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._engine.sse import is_event_stream
from pytest_assistant_mock._engine.wire import Exchange, Failure, Response
from pytest_assistant_mock._traffic import events
from pytest_assistant_mock._traffic.conversations import Called, Conversation, Entry, Said, conversations
from pytest_assistant_mock._traffic.names import Names, aligned, folded, width

LINES = 50
"""How many exchanges have a line; of more, the last."""
MOST_READ = 500
"""How many of the last exchanges conversations are made of."""
IN_FULL = 2
"""How many of the last exchanges are shown in full."""
ENTRIES = 30
"""How many lines a conversation has; of more, the last."""
CONVERSATIONS = 10
"""How many conversations are shown; of more, the last."""
_WORDS = 100  # columns of what was said
_COLUMNS = 48  # for what was sent, and for what came
_BODY = 2000  # characters of a body shown in full

Sent: TypeAlias = Callable[[Exchange], Mapping[str, Any]]


def report(exchanges: Sequence[Exchange], sent: Sent, secrets: Secrets) -> str:
    """The whole section."""
    names = Names()
    several = len({exchange.vendor for exchange in exchanges}) > 1
    numbered = list(enumerate(exchanges, 1))
    rows = [_row(number, exchange, sent, secrets, names, several) for number, exchange in numbered[-LINES:]]
    earlier = len(numbered) - LINES
    lines = [f"… {earlier} earlier"] if earlier > 0 else []
    lines += aligned(rows)
    talks = [talk for talk in conversations(exchanges[-MOST_READ:], sent) if talk.has_run]
    for talk in talks[-CONVERSATIONS:]:
        lines += ["", *_conversation(talk, secrets, names)]
    for number, exchange in numbered[-IN_FULL:]:
        lines += ["", f"#{number} in full", *_in_full(exchange, secrets)]
    shown = "\n".join(lines)
    legend = [f"{name} = {secrets.text(known)}" for known, name in names.known.items() if name in shown]
    return "\n".join([shown, "", *legend[:LINES]]) if legend else shown


def _row(number: int, exchange: Exchange, sent: Sent, secrets: Secrets, names: Names, several: bool) -> tuple[str, ...]:
    operation = exchange.operation or f"{exchange.request.method}, no route"
    asked = _asked_of(exchange, sent, secrets, names)
    came = folded(names.short(secrets.text(_came(exchange))), _COLUMNS)
    struck = f"[{', '.join(exchange.faults)}]" if exchange.faults else ""
    return (f"#{number}", f"{exchange.vendor} {operation}" if several else operation, asked, f"-> {came}", struck)


def _conversation(talk: Conversation, secrets: Secrets, names: Names) -> list[str]:
    """A thread with its runs: a line for what was said, called and came of it."""
    earlier = len(talk.entries) - ENTRIES
    rows = [_entry(entry, secrets, names) for entry in talk.entries[-ENTRIES:]]
    who = max(width(row[0]) for row in rows)
    shown = [f"  {name}{' ' * (who - width(name))}  {text}" for name, text in rows]
    return [names.short(secrets.text(talk.thread)), *([f"  … {earlier} earlier"] if earlier > 0 else []), *shown]


def _entry(entry: Entry, secrets: Secrets, names: Names) -> tuple[str, str]:
    def words(text: str) -> str:
        return folded(names.short(secrets.text(text)), _WORDS)

    if isinstance(entry, Said):
        files = f"  [{', '.join(map(words, entry.files))}]" if entry.files else ""
        return words(entry.who), f"{words(entry.text)}{files}"
    run = words(entry.run) or "run"
    if isinstance(entry, Called):
        came = "no output yet" if entry.output is None else words(entry.output)
        return run, f"{words(entry.name)}({words(entry.arguments)}) -> {came}"
    return run, f"{words(entry.status)}: {words(entry.error)}" if entry.error else words(entry.status)


def _asked_of(exchange: Exchange, sent: Sent, secrets: Secrets, names: Names) -> str:
    if exchange.operation is None:
        return folded(names.short(secrets.url(exchange.request.url)), _COLUMNS, keep_tail=True)  # where paths differ
    return folded(names.short(secrets.text(_asked(secrets.json(dict(sent(exchange)))))), _COLUMNS)


def _asked(fields: Mapping[str, Any]) -> str:
    ids = [str(fields[name]) for name in ("thread_id", "message_id", "file_id") if fields.get(name)]
    words = [json.dumps(fields["content"], ensure_ascii=False)] if "content" in fields else []
    rest = [
        f"{name}={value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in fields.items()
        if name not in ("thread_id", "message_id", "file_id", "content") and value not in (None, "", [], {})
    ]
    return " ".join([*ids, *words, *rest])


def _came(exchange: Exchange) -> str:
    reply = exchange.reply
    if isinstance(reply, Failure):
        begun = f" after {reply.response.status} and {reply.after_bytes} bytes" if reply.response is not None else ""
        return f"{reply.kind}{begun}"
    streamed = events.gist(reply)
    return f"{reply.status} {_gist(reply)}".rstrip() if streamed is None else f"{reply.status}, {streamed}"


def _gist(response: Response) -> str:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return f"{len(response.body)} bytes" if response.body else "empty"
    if not isinstance(body, dict):
        return f"{type(body).__name__}"
    error = body.get("error") if isinstance(body.get("error"), dict) else body
    if isinstance(error, dict) and "code" in error:
        return f"{error['code']}: {error.get('message', '')}"
    if isinstance(body.get("data"), list):
        items = len(body["data"])
        return f"{items} item{'' if items == 1 else 's'}{', more' if body.get('has_more') else ''}"
    return str(body.get("id", f"{len(response.body)} bytes"))


def _in_full(exchange: Exchange, secrets: Secrets) -> list[str]:
    lines = curl(exchange.request, secrets, _BODY).split("\n")
    if isinstance(exchange.reply, Failure):
        lines.append(f"< {_came(exchange)}")
    response = exchange.response
    if response is None:
        return lines
    arrived = response.body if isinstance(exchange.reply, Response) else response.body[: exchange.reply.after_bytes]
    lines.append(f"< {response.status} {response.reason}")
    lines += [f"< {name}: {value}" for name, value in secrets.headers(response.headers)]
    text = _pretty(secrets.body(arrived))
    if is_event_stream(response.headers):
        text = events.folded_frames(text)
    return [*lines, *shortened(text, _BODY).splitlines()]


def _pretty(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
