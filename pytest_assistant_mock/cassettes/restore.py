"""
What a recording tells of a vendor's threads and messages, and how to put it into the fake.

Knows the objects both vendors print; knows no file and no index.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from pytest_assistant_mock._engine.engine import Engine, Service
from pytest_assistant_mock._engine.kinds.messages import Message, keep_message
from pytest_assistant_mock._engine.kinds.threads import THREAD, Thread
from pytest_assistant_mock._engine.vendor import Match, Vendor
from pytest_assistant_mock._engine.wire import Response
from pytest_assistant_mock.cassettes.format import Interaction
from pytest_assistant_mock.cassettes.matching import Places
from pytest_assistant_mock.cassettes.symbols import json_of


class RecordedCall(NamedTuple):
    """
    A successful exchange with a vendor: the operation, what its path and body say, what the answer says.
    """

    operation: str
    asked: dict[str, Any]
    answer: dict[str, Any]


@dataclass
class Recalled:
    """
    Threads and messages by id, as the last answer had them; `made` are those a recorded call created.
    """

    threads: dict[str, Thread] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)


def told(interactions: Iterable[Interaction], vendor: Vendor, places: Places) -> Iterable[RecordedCall]:
    """
    The exchanges of one vendor that went well.
    """
    for one in interactions:
        place = places.of(one)
        if place is None or place.vendor != vendor.name or not isinstance(one.reply, Response) or one.reply.status >= 300:
            continue
        match = vendor.router.find(one.request.method, place.path)
        answer, body = json_of(one.reply.body), json_of(one.request.body)
        if isinstance(match, Match) and isinstance(answer, dict) and "error" not in answer:
            yield RecordedCall(match.route.operation, {**(body if isinstance(body, dict) else {}), **match.params}, answer)


def recall(exchanges: Iterable[RecordedCall], *, first: bool = False) -> Recalled:
    """
    What these exchanges tell. first: as the first answer had each thing, deleted ones too, and not the last.
    """
    known = Recalled()
    for one in exchanges:
        thread_id = one.asked.get("thread_id")
        if one.operation.startswith("create_") and isinstance(one.answer.get("id"), str):
            known.made.add(one.answer["id"])
        if one.operation == "delete_thread":
            _deleted(known, str(thread_id), first)
        elif one.operation.endswith("_thread"):
            _thread(known, one.answer, first)
        elif one.operation.endswith("message_file") or one.operation == "list_message_files":
            _files(known, one, str(thread_id))
        else:
            for item in one.answer.get("data", [one.answer]):
                _message(known, item, one, first)
        if isinstance(thread_id, str) and one.operation != "delete_thread":
            known.threads.setdefault(thread_id, Thread(thread_id, 0))
    return known


def load(engine: Engine, service: Service, recalled: Recalled) -> None:
    """
    Put threads and messages into the fake, ids and times kept; the clock and the counters go on from there.
    """
    for thread in recalled.threads.values():
        service.state[THREAD].keep(thread)
    for message in sorted(recalled.messages.values(), key=lambda one: one.place):
        keep_message(service.state, message)
    newest = max((one.created_at for one in recalled.messages.values()), default=0)
    engine.clock.now_ms = max(engine.clock.now_ms, newest)


def _deleted(known: Recalled, thread_id: str, first: bool) -> None:
    if first:
        known.threads.setdefault(thread_id, Thread(thread_id, 0))
        return
    known.threads.pop(thread_id, None)
    known.messages = {key: one for key, one in known.messages.items() if one.thread_id != thread_id}


def _thread(known: Recalled, answer: dict[str, Any], first: bool) -> None:
    found = Thread(str(answer["id"]), _time(answer), answer.get("metadata") or {})
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
        before.sequence if before else _sequence(known, one),
        tuple(files or ()),
        item.get("metadata") or (before.metadata if before and "metadata" not in item else {}),
        str(item.get("assistant_id") or ""),
        str(item.get("run_id") or ""),
    )
    known.threads.setdefault(known.messages[key].thread_id, Thread(known.messages[key].thread_id, _time(item)))


def _sequence(known: Recalled, one: RecordedCall) -> int:
    newest_first = one.operation == "list_messages" and one.asked.get("order", "desc") != "asc"
    return -len(known.messages) if newest_first else len(known.messages) + 1  # orders equal times


def _files(known: Recalled, one: RecordedCall, thread_id: str) -> None:
    items = one.answer.get("data", [one.answer])
    for item in items:
        key = str(item.get("message_id") or one.asked.get("message_id"))
        message = known.messages.get(key) or Message(key, thread_id, "user", "", _time(item), len(known.messages) + 1)
        if item["id"] not in message.file_ids:
            message = replace(message, file_ids=(*message.file_ids, str(item["id"])))
        known.messages[key] = message
        known.threads.setdefault(message.thread_id, Thread(message.thread_id, 0))


def _time(item: dict[str, Any]) -> int:
    found = item.get("created_at")
    return found if isinstance(found, int) else 0
