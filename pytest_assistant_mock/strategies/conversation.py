"""
Whole conversations: shrinkable lists of calls that always have something to act on.

A call names threads, messages, assistants, runs and files by number, for their ids are known only when it is played. Knows each
vendor's routes from its table, nothing else of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlencode

from hypothesis import currently_in_test_context, note

from pytest_assistant_mock._engine.streams import Reading
from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock._engine.wire import Request, Response
from pytest_assistant_mock.strategies.calls import Call, Ids, parts
from pytest_assistant_mock.strategies.conversation_text import text_of
from pytest_assistant_mock.strategies.vendor_names import vendor_of

if TYPE_CHECKING:
    from pytest_assistant_mock._mock.handle import Handle

Send: TypeAlias = Callable[[Request], Response]
"""A client: sends a request, returns the response."""


@dataclass(frozen=True, slots=True)
class Played:
    """A call as it was played: the request with ids bound, and its response; a streamed one whole."""

    call: Call
    request: Request
    response: Response


@dataclass(frozen=True, slots=True)
class Conversation:
    """Calls to one vendor, in order."""

    vendor: str
    calls: tuple[Call, ...]

    def play(
        self,
        send: Send,
        *,
        handle: Handle | None = None,
        base_url: str | None = None,
        key: str | None = None,
        quiet: bool = False,
    ) -> list[Played]:
        """
        Make every call through a client; returns what was sent and answered.

        handle: of the fake that answers, which is given the script of each run. Without it no run calls a function, and the
        calls that give outputs or cancel are left out. base_url, key: by default the vendor's own, and the fake key.
        In a failing example the calls are printed as a script, unless quiet.
        """
        if not quiet and currently_in_test_context():
            note(self.script())
        vendor = vendor_of(self.vendor)
        if handle is not None:
            prepare(self, handle)
        ids = Ids()
        played = []
        for call in self.calls:
            if handle is None and call.needs_script:
                continue
            waiting = [one.id for one in handle.steps(ids.runs[call.run])[-1].calls] if handle and call.outputs else []
            request = _request(vendor, call, ids, waiting, base_url or vendor.base_urls[0], key or vendor.settings.key)
            response = _whole(send(request))
            ids.learn(call, response)
            played.append(Played(call, request, response))
        return played

    def script(self) -> str:
        """The calls as Python that can be pasted into a test."""
        return text_of(vendor_of(self.vendor), self.calls, switched(self))


def prepare(conversation: Conversation, handle: Handle) -> None:
    """Give a fake the scripts of the runs, and allow what the vendor says does not exist."""
    for call in conversation.calls:
        if call.script:
            handle.script(*call.script, optional=True)
    for operation in switched(conversation):
        handle.allow(operation)


def switched(conversation: Conversation) -> list[str]:
    """The operations of a conversation that are refused unless a test allows them."""
    switches = [route.operation for route in vendor_of(conversation.vendor).routes if route.switch]
    return [one for one in switches if any(call.operation == one for call in conversation.calls)]


def bound(name: str, call: Call, *, threads: Sequence[str] = (), messages: Sequence[str] = ()) -> Request:
    """One call as a request to the vendor's own base URL, with the ids its numbers stand for."""
    vendor = vendor_of(name)
    return _request(vendor, call, Ids(list(threads), list(messages)), [], vendor.base_urls[0], vendor.settings.key)


def _request(vendor: Vendor, call: Call, ids: Ids, waiting: Sequence[str], base_url: str, key: str) -> Request:
    route, path, payload = parts(vendor, call, ids, waiting)
    headers = (("Authorization", f"Bearer {key}"), ("Content-Type", "application/json"))
    if route.method == "POST":
        return Request("POST", base_url + path, headers, json.dumps(payload, ensure_ascii=False).encode())
    query = f"?{urlencode(payload)}" if payload else ""
    return Request(route.method, base_url + path + query, headers)


def _whole(response: Response) -> Response:
    """A response whose body is all there; a stream is read to its end."""
    if response.pieces is None:
        return response
    reading, read = Reading(response.pieces), []
    while (piece := reading.next()) is not None:
        read.append(piece)
    return Response(response.status, response.headers, b"".join(read))
