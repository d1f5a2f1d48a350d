"""
Strategies for what the vendors answer: stored things are drawn, the vendor's own shapes print them.

So an answer is consistent by construction, and cannot disagree with the contract. Knows no vendor by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from hypothesis import strategies as st
from pydantic import ValidationError

from pytest_assistant_mock._engine.kinds import messages, threads
from pytest_assistant_mock._engine.table import Page
from pytest_assistant_mock._engine.vendor import Route, Vendor
from pytest_assistant_mock._engine.wire import Refusal
from pytest_assistant_mock.errors import nearest
from pytest_assistant_mock.strategies import values

__tracebackhide__ = True  # a failing test shows its own line

JSONObjects = st.SearchStrategy[dict[str, Any]]
Ids = Callable[[str], st.SearchStrategy[str]]
"""From a kind of id ("thread", "user message", "run", "request", …) to its strategy."""


def stored_message(ids: Ids, pins: Mapping[str, Any]) -> st.SearchStrategy[messages.Message]:
    """A stored message; an assistant's carries the ids of an assistant and a run."""
    roles = {role: _message_of(role, ids, pins) for role in ("user", "assistant")}
    pinned = pins.get("role")
    if isinstance(pinned, st.SearchStrategy):
        return pinned.flatmap(lambda role: roles[role])
    return st.one_of(*roles.values()) if pinned is None else roles[pinned]


def _message_of(role: str, ids: Ids, pins: Mapping[str, Any]) -> st.SearchStrategy[messages.Message]:
    nobody = st.just("")
    drawn: dict[str, st.SearchStrategy[Any]] = {
        "id": ids(f"{role} message"),
        "thread_id": ids("thread"),
        "text": values.text(),
        "created_at": values.timestamps(),
        "file_ids": st.lists(values.file_ids(), max_size=3),
        "metadata": values.metadata(),
        "assistant_id": ids("assistant") if role == "assistant" else nobody,
        "run_id": ids("run") if role == "assistant" else nobody,
    }
    given = {name: strategy(value) for name, value in pins.items() if name != "role"}
    return st.fixed_dictionaries({**drawn, **given}).map(
        lambda fields: messages.Message(**{**fields, "file_ids": tuple(fields["file_ids"])}, role=role, sequence=0)
    )


MESSAGE_PINS = ("id", "thread_id", "role", "text", "created_at", "file_ids", "metadata", "assistant_id", "run_id")


def message(vendor: Vendor, ids: Ids, operation: str, pins: Mapping[str, Any]) -> JSONObjects:
    """
    A message as an operation answers it.

    Raises TypeError for an unknown pin, ValueError for one no message has.
    """
    check_names("message", pins, MESSAGE_PINS)
    _check_message(vendor, operation, pins)
    return st.builds(printer(vendor, operation), stored_message(ids, pins), ids("request"))


def message_list(vendor: Vendor, ids: Ids, order: str, max_size: int, pins: Mapping[str, Any]) -> JSONObjects:
    """A page of one thread's messages: times rise or fall as the order says, first_id and last_id are those of the data."""
    check_names("message_list", pins, ("thread_id", "has_more"))
    if order not in ("asc", "desc"):
        raise ValueError(f"message_list: order={order!r}; allowed: 'asc' or 'desc'")

    show = printer(vendor, "list_messages")

    def build(messages: list[messages.Message], thread_id: str, has_more: bool, request_id: str) -> dict[str, Any]:
        mine = [replace(message, thread_id=thread_id) for message in messages]
        mine.sort(key=lambda message: message.place, reverse=order == "desc")
        return show(Page(mine, has_more and bool(mine)), request_id)

    messages = stored_message(ids, {"thread_id": ""})
    return st.builds(
        build,
        st.lists(messages, max_size=max_size, unique_by=lambda message: message.id),
        strategy(pins["thread_id"]) if "thread_id" in pins else ids("thread"),
        strategy(pins.get("has_more", st.booleans())),
        ids("request"),
    )


def stored_file(ids: Ids, pins: Mapping[str, Any]) -> st.SearchStrategy[messages.MessageFile]:
    """A file of a message."""
    drawn = {"id": values.file_ids(), "message_id": ids("user message"), "created_at": values.timestamps()}
    given = {name: strategy(value) for name, value in pins.items()}
    return st.builds(messages.MessageFile, **{**drawn, **given})


FILE_PINS = ("id", "message_id", "created_at")


def message_file(vendor: Vendor, ids: Ids, pins: Mapping[str, Any]) -> JSONObjects:
    """A message's file: by itself where the vendor answers that, else as it stands in a list."""
    check_names("message_file", pins, FILE_PINS)
    if any(route.operation == "retrieve_message_file" for route in vendor.routes):
        return st.builds(printer(vendor, "retrieve_message_file"), stored_file(ids, pins), ids("request"))
    show = printer(vendor, "list_message_files")
    return stored_file(ids, pins).map(lambda file: show(Page([file], has_more=False), "")["data"][0])


def message_file_list(vendor: Vendor, ids: Ids, max_size: int, pins: Mapping[str, Any]) -> JSONObjects:
    """A page of one message's files, which share its time."""
    check_names("message_file_list", pins, ("message_id", "has_more"))

    show = printer(vendor, "list_message_files")

    def build(names: list[str], message_id: str, created_at: int, has_more: bool, request_id: str) -> dict[str, Any]:
        files = [messages.MessageFile(name, message_id, created_at) for name in names]
        return show(Page(files, has_more and bool(files)), request_id)

    return st.builds(
        build,
        st.lists(values.file_ids(), max_size=max_size, unique=True),
        strategy(pins["message_id"]) if "message_id" in pins else ids("user message"),
        values.timestamps(),
        strategy(pins.get("has_more", st.booleans())),
        ids("request"),
    )


THREAD_PINS = ("id", "created_at", "metadata")


def stored_thread(ids: Ids, pins: Mapping[str, Any]) -> st.SearchStrategy[threads.Thread]:
    """A thread without messages."""
    drawn = {"id": ids("thread"), "created_at": values.timestamps(), "metadata": values.metadata()}
    return st.builds(threads.Thread, **{**drawn, **{name: strategy(value) for name, value in pins.items()}})


def thread(vendor: Vendor, ids: Ids, pins: Mapping[str, Any]) -> JSONObjects:
    """A thread as retrieve answers it."""
    check_names("thread", pins, THREAD_PINS)
    return st.builds(printer(vendor, "retrieve_thread"), stored_thread(ids, pins), ids("request"))


def error(vendor: Vendor, ids: Ids, kind: str | None) -> JSONObjects:
    """An error body, of one kind of refusal or of any."""
    if kind is not None and kind not in vendor.errors:
        known = ", ".join(vendor.errors)
        raise ValueError(f"{vendor.name} has no error {kind!r}{nearest(kind, vendor.errors)}; it has {known}")

    def body(kind: str, request_id: str) -> dict[str, Any]:
        refusal = Refusal(kind, "content", {"method": "PUT", "id": "thread_1"})
        answer: dict[str, Any] = vendor.refuse(refusal, request_id).json()
        return answer

    return st.builds(
        body,
        st.sampled_from([kind for kind, row in vendor.errors.items() if row.code]) if kind is None else st.just(kind),
        ids("request"),
    )


def strategy(value: Any) -> st.SearchStrategy[Any]:
    """A pin as a strategy."""
    return value if isinstance(value, st.SearchStrategy) else st.just(value)


def check_names(what: str, pins: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Raises TypeError for a pin that does not exist."""
    for name in pins:
        if name not in known:
            raise TypeError(f"{what} has nothing called {name!r} to pin{nearest(name, known)}; it has {', '.join(known)}")


def _check_message(vendor: Vendor, operation: str, pins: Mapping[str, Any]) -> None:
    least = {"id": "id", "thread_id": "id", "role": "user", "text": "", "created_at": 1, "sequence": 0}
    check_pins(vendor, "message", operation, pins, lambda plain: messages.Message(**{**least, **plain}))


def check_pins(vendor: Vendor, what: str, operation: str, pins: Mapping[str, Any], make: Callable[[dict[str, Any]], Any]) -> None:
    """Raises ValueError for values that nothing the operation answers has. make: the thing to print, from the pinned values."""
    plain = {name: value for name, value in pins.items() if not isinstance(value, st.SearchStrategy)}
    shape = route_of(vendor, operation).answers
    reasons: list[str]
    try:
        cast(Any, shape).model_validate_json(shape.write(make(plain), "id"))
        return
    except ValidationError as problem:
        reasons = [f"{'.'.join(map(str, reason['loc']))}: {reason['msg']}" for reason in problem.errors()]
    except (TypeError, ValueError, AttributeError) as problem:
        reasons = [str(problem)]
    shown = ", ".join(f"{name}={value!r}" for name, value in plain.items())
    raise ValueError(f"no {what} of {vendor.name} has {shown}; {'; '.join(reasons)}") from None


def printer(vendor: Vendor, operation: str) -> Callable[[Any, str], dict[str, Any]]:
    """Prints what an operation's verb returned, with the request's id, as a dict."""
    write = route_of(vendor, operation).answers.write
    return lambda result, request_id: json.loads(write(result, request_id))


def route_of(vendor: Vendor, operation: str) -> Route:
    """An operation's row. Raises ValueError for one the vendor has not."""
    for route in vendor.routes:
        if route.operation == operation:
            return route
    operations = [route.operation for route in vendor.routes]
    raise ValueError(
        f"{vendor.name} has no operation {operation!r}{nearest(operation, operations)}; it has {', '.join(operations)}"
    )
