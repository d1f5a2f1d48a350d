"""
Whole conversations: shrinkable lists of calls that always have something to act on.

A call names threads, messages and files by number, for their ids are known only when it is played. Knows each vendor's
routes from its table, nothing else of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlencode

from hypothesis import currently_in_test_context, note
from hypothesis import strategies as st

from pytest_assistant_mock._engine.vendor import Route, Vendor
from pytest_assistant_mock._engine.wire import Request, Response
from pytest_assistant_mock.errors import nearest

JSONObject = dict[str, Any]
Send = Callable[[Request], Response]
"""A client: sends a request, returns the response."""

FILES = ("file-1", "file-2", "file-3")


@dataclass(frozen=True, slots=True)
class Call:
    """
    One call of a conversation.

    thread, message: which one, counted from 0 in the order the conversation made them. after: the message to page from.
    """

    operation: str
    payload: JSONObject = field(default_factory=dict)
    thread: int | None = None
    message: int | None = None
    file: str | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """A call as it was played: the request with ids bound, and its response."""

    call: Call
    request: Request
    response: Response


@dataclass(frozen=True, slots=True)
class Conversation:
    """Calls to one vendor, in order."""

    vendor: str
    calls: tuple[Call, ...]

    def play(self, send: Send, *, base_url: str | None = None, key: str | None = None, quiet: bool = False) -> list[Played]:
        """
        Make every call through a client; returns what was sent and answered.

        base_url, key: by default the vendor's own, and the fake key. In a failing example the calls are printed as a script,
        unless quiet.
        """
        if not quiet and currently_in_test_context():
            note(self.script())
        vendor = vendor_of(self.vendor)
        ids = _Ids([], [])
        played = []
        for call in self.calls:
            request = _request(vendor, call, ids, base_url or vendor.base_urls[0], key or vendor.settings.key)
            response = send(request)
            ids.learn(call, response)
            played.append(Played(call, request, response))
        return played

    def script(self) -> str:
        """The calls as Python that can be pasted into a test."""
        vendor = vendor_of(self.vendor)
        ids = _Ids([], [])
        lines = [f"def test_conversation({self.vendor}):", *_client_lines(vendor)]
        for call in self.calls:
            lines.append("    " + _line(vendor, call, ids))
            ids.name(call)
        return "\n".join(lines)


def bound(name: str, call: Call, *, threads: Sequence[str] = (), messages: Sequence[str] = ()) -> Request:
    """One call as a request to the vendor's own base URL, with the ids its numbers stand for."""
    vendor = vendor_of(name)
    return _request(vendor, call, _Ids(list(threads), list(messages)), vendor.base_urls[0], vendor.settings.key)


@dataclass(slots=True)
class _Ids:
    """The ids of what a conversation has made, in order; in a script, the names of the variables that hold them."""

    threads: list[str]
    messages: list[str]

    def learn(self, call: Call, response: Response) -> None:
        made = {"create_thread": self.threads, "create_message": self.messages}.get(call.operation)
        if made is not None:
            made.append(response.json()["id"])

    def name(self, call: Call) -> None:
        if call.operation == "create_thread":
            self.threads.append(f"{{thread_{len(self.threads)}}}")
        if call.operation == "create_message":
            self.messages.append(f"{{message_{len(self.messages)}}}")

    def of(self, call: Call) -> dict[str, str]:
        found = {}
        if call.thread is not None:
            found["thread_id"] = self.threads[call.thread]
        if call.message is not None:
            found["message_id"] = self.messages[call.message]
        if call.file is not None:
            found["file_id"] = call.file
        return found


def vendor_of(name: str) -> Vendor:
    from pytest_assistant_mock._vendors import REVISIONS

    for vendor in REVISIONS["2025"]:
        if vendor.name == name:
            return vendor
    known = [vendor.name for vendor in REVISIONS["2025"]]
    raise ValueError(f"no vendor {name!r}; the vendors are {', '.join(known)}{nearest(name, known)}")


def _route(vendor: Vendor, operation: str) -> Route:
    return next(route for route in vendor.routes if route.operation == operation)


def _parts(vendor: Vendor, call: Call, ids: _Ids) -> tuple[Route, str, JSONObject]:
    """Route, path and payload, with ids where the vendor wants them: in the path, else in the body."""
    route = _route(vendor, call.operation)
    found = ids.of(call)
    after = {} if call.after is None else {"after": ids.messages[call.after]}
    if "{" in route.path:
        return route, route.path.format(**found), {**call.payload, **after}
    in_body = {name: value for name, value in found.items() if name != "file_id"}
    return route, route.path, {**in_body, **call.payload, **after}


def _request(vendor: Vendor, call: Call, ids: _Ids, base_url: str, key: str) -> Request:
    route, path, payload = _parts(vendor, call, ids)
    headers = (("Authorization", f"Bearer {key}"), ("Content-Type", "application/json"))
    if route.method == "POST":
        return Request("POST", base_url + path, headers, json.dumps(payload, ensure_ascii=False).encode())
    query = f"?{urlencode(payload)}" if payload else ""
    return Request(route.method, base_url + path + query, headers)


def _client_lines(vendor: Vendor) -> list[str]:
    return [
        "    client = httpx.Client(",
        f"        base_url={vendor.base_urls[0]!r}, headers={{'Authorization': 'Bearer {vendor.settings.key}'}}",
        "    )",
    ]


def _line(vendor: Vendor, call: Call, ids: _Ids) -> str:
    route, path, payload = _parts(vendor, call, ids)
    where = f"f{path!r}" if "{" in path else repr(path)
    names = {**_variables(ids.threads), **_variables(ids.messages)}
    shown = repr(payload)
    for quoted, variable in names.items():
        shown = shown.replace(quoted, variable)
    body = {"POST": f", json={shown}"}.get(route.method, f", params={shown}" if payload else "")
    asked = f"client.{route.method.lower()}({where}{body})"
    if call.operation == "create_thread":
        return f"thread_{len(ids.threads)} = {asked}.json()['id']"
    if call.operation == "create_message":
        return f"message_{len(ids.messages)} = {asked}.json()['id']"
    return asked


def _variables(names: list[str]) -> Mapping[str, str]:
    return {repr(name): name.strip("{}") for name in names}


# Drawing


@dataclass(slots=True)
class _State:
    """What exists at some point of a conversation."""

    threads: list[int] = field(default_factory=list)
    messages: dict[int, list[int]] = field(default_factory=dict)
    files: dict[int, tuple[str, ...]] = field(default_factory=dict)


def conversations(name: str, *, max_calls: int = 12) -> st.SearchStrategy[Conversation]:
    """
    Conversations the vendor accepts from first to last call: create threads, post, page, update, look at files, delete.

    Raises ValueError for an unknown vendor or fewer than one call.
    """
    vendor = vendor_of(name)
    if max_calls < 1:
        raise ValueError(f"max_calls={max_calls}: a conversation has at least one call")
    return _conversation(vendor, max_calls)


@st.composite
def _conversation(draw: st.DrawFn, vendor: Vendor, max_calls: int) -> Conversation:
    state = _State()
    calls = [_create_thread(draw, vendor, state)]
    for choice in draw(st.lists(st.integers(0, len(_STEPS) - 1), max_size=max_calls - 1)):
        calls.append(_STEPS[choice](draw, vendor, state))
    return Conversation(vendor.name, tuple(calls))


@cache
def _payloads(vendor: str, operation: str) -> st.SearchStrategy[JSONObject]:
    from pytest_assistant_mock.strategies import by_vendor

    # what a conversation says by itself is pinned away: its messages have numbers, its files are few
    ours: dict[str, Any] = {"messages": st.just([]), "file_ids": st.none(), "thread_id": st.just(""), "message_id": st.just("")}
    vendor_strategies = getattr(by_vendor, vendor)
    fields = vendor_strategies.operations[operation].fields
    pins = {name: value for name, value in ours.items() if name in fields}
    dropped = ("thread_id", "message_id", "file_ids")
    payloads: st.SearchStrategy[JSONObject] = vendor_strategies.accepted(operation, **pins)
    return payloads.map(lambda payload: {name: value for name, value in payload.items() if name not in dropped})


def _drawn(draw: st.DrawFn, vendor: Vendor, operation: str) -> JSONObject:
    return draw(_payloads(vendor.name, operation))


def _create_thread(draw: st.DrawFn, vendor: Vendor, state: _State) -> Call:
    number = len(state.messages)
    state.threads.append(number)
    state.messages[number] = []
    return Call("create_thread", _drawn(draw, vendor, "create_thread"))


def _thread(draw: st.DrawFn, state: _State) -> int:
    return draw(st.sampled_from(state.threads))


def _post(draw: st.DrawFn, vendor: Vendor, state: _State) -> Call:
    if not state.threads:
        return _create_thread(draw, vendor, state)
    thread = _thread(draw, state)
    files = draw(st.lists(st.sampled_from(FILES), max_size=3, unique=True))
    number = sum(map(len, state.messages.values()))
    state.messages[thread].append(number)
    state.files[number] = tuple(files)
    return Call("create_message", {**_drawn(draw, vendor, "create_message"), "file_ids": files}, thread=thread)


def _list(draw: st.DrawFn, vendor: Vendor, state: _State) -> Call:
    if not state.threads:
        return _create_thread(draw, vendor, state)
    thread = _thread(draw, state)
    after = draw(st.none() | st.sampled_from(state.messages[thread])) if state.messages[thread] else None
    payload = {"limit": draw(st.integers(1, 5)), "order": draw(st.sampled_from(["asc", "desc"]))}
    return Call("list_messages", payload, thread=thread, after=after)


def _with_message(step: Callable[[st.DrawFn, Vendor, _State, int, int], Call]) -> Callable[..., Call]:
    def act(draw: st.DrawFn, vendor: Vendor, state: _State) -> Call:
        alive = [(thread, message) for thread in state.threads for message in state.messages[thread]]
        return step(draw, vendor, state, *draw(st.sampled_from(alive))) if alive else _post(draw, vendor, state)

    return act


@_with_message
def _retrieve(draw: st.DrawFn, vendor: Vendor, state: _State, thread: int, message: int) -> Call:
    return Call("retrieve_message", thread=thread, message=message)


@_with_message
def _update(draw: st.DrawFn, vendor: Vendor, state: _State, thread: int, message: int) -> Call:
    return Call("update_message", _drawn(draw, vendor, "update_message"), thread=thread, message=message)


@_with_message
def _list_files(draw: st.DrawFn, vendor: Vendor, state: _State, thread: int, message: int) -> Call:
    return Call("list_message_files", _drawn(draw, vendor, "list_message_files"), thread=thread, message=message)


def _update_thread(draw: st.DrawFn, vendor: Vendor, state: _State) -> Call:
    if not state.threads:
        return _create_thread(draw, vendor, state)
    return Call("update_thread", _drawn(draw, vendor, "update_thread"), thread=_thread(draw, state))


def _delete_thread(draw: st.DrawFn, vendor: Vendor, state: _State) -> Call:
    if not state.threads:
        return _create_thread(draw, vendor, state)
    thread = _thread(draw, state)
    state.threads.remove(thread)
    return Call("delete_thread", thread=thread)


_STEPS = (_post, _list, _retrieve, _update, _list_files, _create_thread, _update_thread, _delete_thread)
