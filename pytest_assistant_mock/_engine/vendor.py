"""
A vendor as a value: its routes, errors, ids and base URLs in tables.

Holds no state and knows no vendor by name; the words are the vendor files', the verbs those of `kinds`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias
from urllib.parse import unquote

from pytest_assistant_mock._engine.clock import Numbers
from pytest_assistant_mock._engine.habits import Habits
from pytest_assistant_mock._engine.run_stream import Streams
from pytest_assistant_mock._engine.state import IdFormat
from pytest_assistant_mock._engine.wire import Headers, Refusal, Request, Response

Basis: TypeAlias = Literal["documented", "SDK-implied", "recorded", "inferred"]
"""How well a behaviour is known; the marks of docs/fidelity.md."""


class Asks(Protocol):
    """A shape that reads a request."""

    def read(self, params: Mapping[str, str], query: str, body: bytes) -> dict[str, Any]:
        """Keyword arguments for the verb, or a `Refusal`."""


class Answers(Protocol):
    """A shape that prints what the verb returned."""

    def write(self, result: Any, request_id: str) -> bytes:
        """The body of the answer."""


@dataclass(frozen=True, slots=True)
class Route:
    """
    One operation: where it is asked for (path below the base URL), which verb does it, what it reads and writes.

    kind: the kind of object it is about. tag: the part of the API it belongs to. summary: what it is for, in some words.
    page: where the vendor describes it. sdk: the classes of the vendor's SDK that hold its answer.
    switch: whether the vendor says that it does not exist, so that it is refused unless a test allows it.
    watched: whether recordings are held against its shapes: not where too little is known of what the service really answers.
    settled: of an operation that clients ask again and again, the statuses of its object at which they stop asking.
    """

    operation: str
    method: str
    path: str
    act: Callable[..., Any]
    asks: Asks
    answers: Answers
    kind: str = ""
    tag: str = ""
    summary: str = ""
    page: str = ""
    sdk: tuple[str, ...] = ()
    switch: bool = False
    watched: bool = True
    settled: tuple[str, ...] = ()


class Download(NamedTuple):
    """What a verb returns that is answered with bytes as they are: the bytes, and headers that say what they are."""

    content: bytes
    headers: Headers


class Match(NamedTuple):
    """A route, and what stands in its path's braces."""

    route: Route
    params: dict[str, str]


@dataclass(frozen=True, slots=True)
class ErrorRow:
    """How a vendor words one kind of refusal. `message` is a template over the refusal's details."""

    status: int
    code: str | int
    message: str
    basis: Basis
    shape: Callable[[ErrorRow, Refusal, str], bytes]

    def text(self, refusal: Refusal) -> str:
        """The message, filled in."""
        details = {"field": refusal.field, **refusal.details}
        return self.message.format(**details) if "{" in self.message else self.message


@dataclass(frozen=True, slots=True)
class Settings:
    """
    Where a vendor's SDKs look for their key and base URL.

    Attributes are pairs of module and name; only modules already imported are touched. sdk: its package, and as what it is
    installed.
    """

    key: str
    key_variable: str
    url_variable: str
    key_attributes: tuple[tuple[str, str], ...] = ()
    url_attributes: tuple[tuple[str, str], ...] = ()
    read_url: Callable[[str], str] = str
    sdk: tuple[str, str] | None = None

    def keys_found(self) -> list[str]:
        """The keys the SDKs would find just now, in the environment and in themselves."""
        found = [os.environ.get(self.key_variable)]
        found += [getattr(sys.modules[module], name, None) for module, name in self.key_attributes if module in sys.modules]
        return [key for key in found if isinstance(key, str) and key]


@dataclass(frozen=True, eq=False)
class Vendor:
    """Everything that makes one vendor different from another."""

    name: str
    base_urls: tuple[str, ...]  # the first is the one its SDK uses by default
    hosts: tuple[str, ...]  # wholly the vendor's: nothing sent there may leave the machine
    routes: tuple[Route, ...]
    errors: Mapping[str, ErrorRow]
    format_id: IdFormat
    settings: Settings
    request_id: Callable[[Request, Numbers], str]
    request_id_header: str
    key_of: Callable[[Request], str]  # the key a request carries, "" if none
    workspace_header: str = ""  # where a request names its workspace; "": this vendor has none
    habits: Habits = field(default_factory=Habits)
    streams: Streams | None = None
    secret_headers: tuple[str, ...] = ()  # whose values are nobody's business, besides those any service has
    left_out: tuple[str, ...] = ()  # paths of the real service that nothing here answers, though a route in braces would
    chosen_by: Callable[[Request], Vendor] | None = None  # whose tables answer a request, if that depends on who asks

    def for_request(self, request: Request) -> Vendor:
        """The vendor whose tables answer a request: this one, unless that depends on who asks."""
        return self if self.chosen_by is None else self.chosen_by(request)

    @cached_property
    def router(self) -> Router:
        """The routes, compiled."""
        return Router(self.routes, self.left_out)

    def respond(self, status: int, body: bytes, request_id: str) -> Response:
        """A JSON response with the vendor's headers."""
        headers = (
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            (self.request_id_header, request_id),
        )
        return Response(status, headers, body)

    def refuse(self, refusal: Refusal, request_id: str) -> Response:
        """The vendor's own answer to a request it says no to."""
        row = self.errors[refusal.kind]
        return self.respond(row.status, row.shape(row, refusal, request_id), request_id)

    def end_stream(self, refusal: Refusal, request_id: str) -> Response:
        """The same as the last frames of a stream."""
        row, error = self.errors[refusal.kind], self.streams.error if self.streams is not None else None
        assert error is not None, f"{self.name} has no event for an error"
        return Response(200, pieces=error(row.shape(row, refusal, request_id)))


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    any_child: _Node | None = None
    routes: dict[str, tuple[Route, tuple[str, ...]]] = field(default_factory=dict)


class Router:
    """Finds the route of a method and path. A literal segment wins over one in braces."""

    def __init__(self, routes: Sequence[Route], left_out: Sequence[str] = ()) -> None:
        self._root = _Node()
        for route in routes:
            self._add(route)
        for path in left_out:
            self._node(path)
        self._known: dict[tuple[str, str | None], Match] = {}  # a test asks the same few paths again and again

    def find(self, method: str, path: str | None) -> Match | Refusal:
        """The match, or the refusal ("unknown_path", "wrong_method") to answer with."""
        known = self._known.get((method, path))
        if known is not None:
            return known
        found = self._find(method, path)
        if isinstance(found, Match) and len(self._known) < 1000:
            self._known[method, path] = found
        return found

    def _find(self, method: str, path: str | None) -> Match | Refusal:
        if path is None:
            return Refusal("unknown_path")
        node, values = self._root, []
        for segment in path.lstrip("/").split("/"):  # GATEWAY_URL with a trailing slash makes the AppBuilder SDK send //v2/…
            child = node.children.get(segment)
            if child is None:
                child = node.any_child if segment else None
                values.append(segment)
            if child is None:
                return Refusal("unknown_path")
            node = child
        if not node.routes:
            return Refusal("unknown_path")
        if method not in node.routes:
            return Refusal("wrong_method", details={"method": method})
        route, names = node.routes[method]
        return Match(route, {name: unquote(value) if "%" in value else value for name, value in zip(names, values, strict=True)})

    def _add(self, route: Route) -> None:
        node, names = self._node(route.path)
        node.routes[route.method] = (route, names)

    def _node(self, path: str) -> tuple[_Node, tuple[str, ...]]:
        node, names = self._root, []
        for segment in path.lstrip("/").split("/"):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.any_child = node = node.any_child or _Node()
            else:
                node = node.children.setdefault(segment, _Node())
        return node, tuple(names)
