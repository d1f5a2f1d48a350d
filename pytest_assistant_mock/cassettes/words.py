"""
What requests, answers and streams say, in lines for people: who said what, which tool was called with what, and what came out.

Knows the objects both vendors print; knows no interaction and no file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pytest_assistant_mock.contract.stream_events import Happening


def words(value: Any) -> Iterator[str]:
    """What is said, by whom; of anything else its name, and what went wrong."""
    items = (
        value
        if isinstance(value, list)
        else value.get("data") or value.get("messages") or [value]
        if isinstance(value, dict)
        else []
    )
    for item in items:
        if isinstance(item, dict):
            yield from _of_one(item)


def _of_one(item: dict[str, Any]) -> Iterator[str]:
    if item.get("content"):
        yield f"{item.get('role', 'user')}: {_text(item['content'])}"
    elif "error" in item or "code" in item:
        error = item["error"] if isinstance(item.get("error"), dict) else item
        yield f"{error.get('code')}: {error.get('message')}"
    elif "id" in item:
        yield _named(item)
    for output in _listed(item.get("tool_outputs")):
        yield f"{output.get('tool_call_id', 'the call')} gave {output.get('output')}"
    yield from _calls(item)


def _named(item: dict[str, Any]) -> str:
    status = item.get("status")
    return f"{item.get('object', 'object')} {item['id']}{f', {status}' if status and isinstance(status, str) else ''}"


def _calls(item: dict[str, Any]) -> Iterator[str]:
    """The tools called in a run, a step or an event, with what came out, if that is known."""
    for holder in (item.get("required_action"), item.get("step_details"), item.get("details")):
        if not isinstance(holder, dict):
            continue
        for call in _listed(holder.get("tool_calls") or (holder.get("submit_tool_outputs") or {}).get("tool_calls")):
            function = call.get("function") or call.get(str(call.get("type"))) or {}
            said = f"{function.get('name', call.get('type'))}({function.get('arguments', '')})"
            yield f"{said} gave {function['output']}" if function.get("output") else f"calls {said}"


def _listed(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def stream_words(events: Iterable[Happening]) -> Iterator[str]:
    """A stream as a conversation: texts in one, each call once, and the state its run was left in."""
    text, last = "", ""
    told: set[str] = set()
    for event in events:
        data = event.data if isinstance(event.data, dict) else {}
        text += _delta(event.name, data)
        run = _run(data)
        last = _named(run) if run else last
        said = list(_calls(data)) if data.get("object") != "thread.message" else []
        if data.get("object") == "thread.message" and data.get("content"):
            said, text = [f"{data.get('role', 'assistant')}: {_text(data['content'])}"], ""
        if "error" in data or "code" in data:
            said += words(data)
        if text and said:
            yield f"assistant: {text}"
            text = ""
        for line in said:
            if line not in told:
                told.add(line)
                yield line
    if text:
        yield f"assistant: {text}"
    if last:
        yield last


def _delta(name: str, data: dict[str, Any]) -> str:
    """The next part of a message that comes in parts."""
    delta = data.get("delta")
    if isinstance(delta, dict) and "content" in delta:
        return _text(delta["content"])
    return _text(data.get("content")) if name == "message" and "message_id" in data else ""


def _run(data: dict[str, Any]) -> dict[str, Any] | None:
    details = data.get("details")
    found = details.get("run_object") if isinstance(details, dict) else data
    return found if isinstance(found, dict) and found.get("object") == "thread.run" and "id" in found else None


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    pieces = [content] if isinstance(content, dict) else _listed(content)
    texts = [piece.get("text") for piece in pieces]
    return "".join(str(text.get("value", "")) if isinstance(text, dict) else str(text or "") for text in texts)
