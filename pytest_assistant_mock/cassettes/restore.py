"""
What a recording tells of a vendor's objects, and how to put it into the fake.

Knows the objects both vendors print, by the kind that an operation's row names; knows no file and no index.
Runs and steps are not put back: what made them move is not recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from pytest_assistant_mock._engine.engine import Engine, Service
from pytest_assistant_mock._engine.kinds.assistants import Assistant, keep_assistant
from pytest_assistant_mock._engine.kinds.files import File, keep_file
from pytest_assistant_mock._engine.kinds.messages import Message, keep_message
from pytest_assistant_mock._engine.kinds.threads import THREAD, Thread
from pytest_assistant_mock._engine.sse import is_event_stream
from pytest_assistant_mock._engine.vendor import Match, Vendor
from pytest_assistant_mock._engine.wire import Response
from pytest_assistant_mock._vendors.multipart import Part, parts
from pytest_assistant_mock.cassettes.events import events, told_by_events
from pytest_assistant_mock.cassettes.format import Interaction
from pytest_assistant_mock.cassettes.matching import Places
from pytest_assistant_mock.cassettes.symbols import json_of


class RecordedCall(NamedTuple):
    """
    A successful exchange with a vendor: the operation, the kind of object it is about, what its path and body say, what the
    answer says; of an upload the files that were sent.
    """

    operation: str
    kind: str
    asked: dict[str, Any]
    answer: dict[str, Any]
    uploads: tuple[Part, ...] = ()


@dataclass
class Recalled:
    """Objects by id, as the last answer had them; `made` are those a recorded call created."""

    threads: dict[str, Thread] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    assistants: dict[str, Assistant] = field(default_factory=dict)
    files: dict[str, File] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)

    def forget_made(self) -> None:
        """Forget what a recorded call created, and the messages in it."""
        for known in (self.threads, self.messages, self.assistants, self.files):
            for made in self.made:
                known.pop(made, None)
        self.messages = {key: one for key, one in self.messages.items() if one.thread_id not in self.made}


def told(interactions: Iterable[Interaction], vendor: Vendor, places: Places) -> Iterable[RecordedCall]:
    """The exchanges of one vendor that went well."""
    for one in interactions:
        place = places.of(one)
        if place is None or place.vendor != vendor.name or not isinstance(one.reply, Response) or one.reply.status >= 300:
            continue
        match = vendor.router.find(one.request.method, place.path)
        if not isinstance(match, Match):
            continue
        answer, body = json_of(one.reply.body), json_of(one.request.body)
        route = match.route
        asked = {**(body if isinstance(body, dict) else {}), **match.params}
        if is_event_stream(one.reply.headers):
            for kind, found in told_by_events(events(one.reply)):
                operation = route.operation if kind == route.kind else f"retrieve_{kind}"
                yield RecordedCall(operation, kind, asked if kind == "run" else {}, found)
        elif isinstance(answer, dict) and "error" not in answer:
            uploads = _uploads(one.request.body) if route.operation.startswith("upload_") else ()
            yield RecordedCall(route.operation, route.kind, asked, answer, uploads)


def recall(exchanges: Iterable[RecordedCall], *, first: bool = False) -> Recalled:
    """What these exchanges tell. first: as the first answer had each thing, deleted ones too, and not the last."""
    known = Recalled()
    for one in exchanges:
        verb = one.operation.partition("_")[0]
        if verb in ("create", "upload"):
            known.made |= {id for item in _items(one) if (id := _id(item))}
        if verb == "delete":
            if one.kind in _DELETED:
                _DELETED[one.kind](known, one, first)
        elif one.kind in KINDS and verb in ("create", "upload", "list", "retrieve", "update"):
            for item in _items(one):
                if _id(item):
                    KINDS[one.kind](known, item, one, first)
        if one.kind == "run":
            _run(known, one)
        if (thread_id := _text(one.asked.get("thread_id"))) and one.operation != "delete_thread":
            known.threads.setdefault(thread_id, Thread(thread_id, 0))
    return known


def load(engine: Engine, service: Service, recalled: Recalled) -> None:
    """Put objects into the fake, ids and times kept; the clock and the counters go on from there."""
    for thread in recalled.threads.values():
        service.state[THREAD].keep(thread)
    for message in sorted(recalled.messages.values(), key=lambda one: one.place):
        keep_message(service.state, message)
    for assistant in sorted(recalled.assistants.values(), key=lambda one: one.place):
        keep_assistant(service.state, assistant)
    for file in sorted(recalled.files.values(), key=lambda one: one.place):
        keep_file(service.state, file)
    dated: tuple[Any, ...] = (*recalled.messages.values(), *recalled.assistants.values(), *recalled.files.values())
    engine.clock.now_ms = max(engine.clock.now_ms, max((one.created_at for one in dated), default=0))


def _uploads(body: bytes) -> tuple[Part, ...]:
    try:
        return tuple(part for part in parts(body) if part.filename is not None)
    except ValueError:
        return ()


def _items(one: RecordedCall) -> list[dict[str, Any]]:
    """The objects in an answer: a page's, or the answer itself. Model Studio puts files one level deeper."""
    found = one.answer.get("data", one.answer)
    if isinstance(found, dict):
        found = next((found[name] for name in ("uploaded_files", "files") if name in found), [found])
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def _id(item: Mapping[str, Any]) -> str:
    return _text(item.get("file_id")) or _text(item.get("id"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _run(known: Recalled, one: RecordedCall) -> None:
    """A run tells that its assistant and its thread exist; it made the thread if it was not asked for in one."""
    if assistant_id := _text(one.asked.get("assistant_id")):
        known.assistants.setdefault(assistant_id, Assistant(assistant_id, 0))
    if (thread_id := _text(one.answer.get("thread_id"))) and not _text(one.asked.get("thread_id")):
        known.threads.setdefault(thread_id, Thread(thread_id, 0))
        known.made.add(thread_id)


def _thread_deleted(known: Recalled, one: RecordedCall, first: bool) -> None:
    thread_id = str(one.asked.get("thread_id"))
    if first:
        known.threads.setdefault(thread_id, Thread(thread_id, 0))
        return
    known.threads.pop(thread_id, None)
    known.messages = {key: one for key, one in known.messages.items() if one.thread_id != thread_id}


def _assistant_deleted(known: Recalled, one: RecordedCall, first: bool) -> None:
    assistant_id = _text(one.asked.get("assistant_id"))
    if first:
        known.assistants.setdefault(assistant_id, Assistant(assistant_id, 0))
    else:
        known.assistants.pop(assistant_id, None)


def _file_deleted(known: Recalled, one: RecordedCall, first: bool) -> None:
    file_id = _text(one.asked.get("file_id"))
    if first:
        known.files.setdefault(file_id, File(file_id, "", 0))
    else:
        known.files.pop(file_id, None)


def _thread(known: Recalled, item: dict[str, Any], one: RecordedCall, first: bool) -> None:
    found = Thread(str(item["id"]), _time(item), item.get("metadata") or {})
    if not first or found.id not in known.threads:
        known.threads[found.id] = found


def _message(known: Recalled, item: dict[str, Any], one: RecordedCall, first: bool) -> None:
    key = str(one.asked.get("message_id") or item["id"])  # the vendor's samples answer with another id than was asked for
    before = known.messages.get(key)
    if first and before is not None:
        return
    files = item.get("file_ids") if "file_ids" in item else one.asked.get("file_ids") or (before.file_ids if before else ())
    content = item.get("content") or [{}]
    known.messages[key] = Message(
        key,
        str(one.asked.get("thread_id") or item.get("thread_id")),
        str(item.get("role") or "user"),
        str((content[0].get("text") or {}).get("value", "")),
        _time(item),
        before.sequence if before else _sequence(known.messages, one),
        tuple(files or ()),
        item.get("metadata") or (before.metadata if before and "metadata" not in item else {}),
        str(item.get("assistant_id") or ""),
        str(item.get("run_id") or ""),
    )
    known.threads.setdefault(known.messages[key].thread_id, Thread(known.messages[key].thread_id, _time(item)))


def _sequence(known: Mapping[str, Any], one: RecordedCall) -> int:
    newest_first = one.operation.startswith("list_") and one.asked.get("order", "desc") != "asc"
    return -len(known) if newest_first else len(known) + 1  # orders equal times


def _message_file(known: Recalled, item: dict[str, Any], one: RecordedCall, first: bool) -> None:
    thread_id = str(one.asked.get("thread_id"))
    key = str(item.get("message_id") or one.asked.get("message_id"))
    message = known.messages.get(key) or Message(key, thread_id, "user", "", _time(item), len(known.messages) + 1)
    if item["id"] not in message.file_ids:
        message = replace(message, file_ids=(*message.file_ids, str(item["id"])))
    known.messages[key] = message
    known.threads.setdefault(message.thread_id, Thread(message.thread_id, 0))


_NAMED = ("model", "name", "description", "instructions")
_NO_OPTIONS = (*_NAMED, "id", "object", "created_at", "tools", "file_ids", "metadata", "request_id")


def _assistant(known: Recalled, item: dict[str, Any], one: RecordedCall, first: bool) -> None:
    key = _text(one.asked.get("assistant_id")) or str(item["id"])
    before = known.assistants.get(key) or Assistant(key, 0, _sequence(known.assistants, one))
    if first and before.created_at:
        return
    named: dict[str, Any] = {
        name: _text(item.get(name)) or _text(one.asked.get(name)) or getattr(before, name) for name in _NAMED
    }
    known.assistants[key] = replace(
        before,
        created_at=_time(item) or before.created_at,
        **named,
        tools=tuple(item.get("tools") or ()),
        file_ids=tuple(item.get("file_ids") or ()),
        metadata=item.get("metadata") or {},
        options={name: value for name, value in item.items() if name not in _NO_OPTIONS and value not in (None, "")},
    )


def _assistant_file(known: Recalled, item: dict[str, Any], one: RecordedCall, first: bool) -> None:
    key = _text(one.asked.get("assistant_id")) or str(item.get("assistant_id"))
    assistant = known.assistants.get(key) or Assistant(key, 0)
    if (file_id := _id(item)) not in assistant.file_ids:
        assistant = replace(assistant, file_ids=(*assistant.file_ids, file_id))
    known.assistants[key] = assistant


def _assistant_file_deleted(known: Recalled, one: RecordedCall, first: bool) -> None:
    key, file_id = _text(one.asked.get("assistant_id")), _text(one.asked.get("file_id"))
    assistant = known.assistants.get(key) or Assistant(key, 0)
    left = tuple(one for one in assistant.file_ids if one != file_id)
    known.assistants[key] = replace(assistant, file_ids=(*left, file_id) if first else left)


def _file(known: Recalled, item: dict[str, Any], one: RecordedCall, first: bool) -> None:
    key = _id(item)
    before = known.files.get(key) or File(key, "", 0, _sequence(known.files, one))
    if first and before.name:
        return
    name = _text(item.get("name")) or _text(item.get("filename")) or before.name
    sent = {part.filename: part.content for part in one.uploads}
    known.files[key] = replace(
        before,
        name=name,
        content=sent.get(name, before.content),
        created_at=_time(item) or before.created_at,
        purpose=_text(item.get("purpose")) or before.purpose,
        description=_text(item.get("description")) or before.description,
    )


def _time(item: dict[str, Any]) -> int:
    found = item.get("created_at")
    if isinstance(found, int):
        return found
    seconds = item.get("create_at")  # a file of AppBuilder
    return seconds * 1000 if isinstance(seconds, int) else 0


KINDS: Mapping[str, Callable[[Recalled, dict[str, Any], RecordedCall, bool], None]] = {
    "thread": _thread,
    "message": _message,
    "message_file": _message_file,
    "assistant": _assistant,
    "assistant_file": _assistant_file,
    "file": _file,
}
"""How an object of a kind is taken from an answer. Of a kind that is not here, nothing is put back."""

_DELETED: Mapping[str, Callable[[Recalled, RecordedCall, bool], None]] = {
    "thread": _thread_deleted,
    "assistant": _assistant_deleted,
    "assistant_file": _assistant_file_deleted,
    "file": _file_deleted,
}
"""How an object of a kind goes."""
