"""
The worlds behind one server: its own, and one for each session. Says which of them a request belongs to.

Knows mocks by what they do; imports none.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import TYPE_CHECKING, Any

from pytest_assistant_mock._engine.wire import Reply, Request, Response
from pytest_assistant_mock.errors import nearest

if TYPE_CHECKING:
    from pytest_assistant_mock._mock.mock import AssistantMock
    from pytest_assistant_mock._mock.snapshot import Snapshot
    from pytest_assistant_mock._serving.control.events import Listener

HEADER = "x-assistant-session"
"""Names the session of a request, in lower case as ASGI has it."""

MOST_SESSIONS = 256
"""How many sessions there are at most; of more, the one that was asked longest ago goes."""

_LONGEST_NAME = 200
_REMEMBERED = 10_000  # names of sessions that have gone


class Refused(Exception):
    """A request that is answered with a status and what is wrong."""

    def __init__(self, status: int, problem: str, near: str | None = None, **more: Any) -> None:
        super().__init__(problem)
        self.status = status
        self.said = {"error": problem, "nearest": near, **more}


def said(status: int, value: object, *headers: tuple[str, str]) -> Response:
    """A JSON answer."""
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    kept = (("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store"))
    return Response(status, (*kept, *headers), body)


@dataclass(eq=False)
class World:
    """A mock, and what the control API remembers of it."""

    mock: AssistantMock
    name: str = ""
    keys: tuple[str, ...] = ()
    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    snapshots_made: int = 0
    listeners: list[Listener] = field(default_factory=list)

    def tell(self, call: str) -> None:
        """Tell who listens that a call has changed what it holds."""
        for listener in tuple(self.listeners):
            listener.tell("changed", {"call": call})

    def close(self) -> None:
        """Break off what is still being read."""
        self.mock._engine.end_streams()
        for listener in tuple(self.listeners):
            listener.close()


class Worlds:
    """
    The server's own world and its sessions; answers what vendors are asked in the one it belongs to.

    answer: who answers what belongs to no session, the fake unless somebody else is put here.
    """

    def __init__(self, mock: AssistantMock) -> None:
        self.own = World(mock)
        self._engine = mock._engine
        self.answer: Callable[[Request], Reply | None] = mock._engine.handle
        self._lock = RLock()
        self._sessions: OrderedDict[str, World] = OrderedDict()  # the one asked last at the end
        self._by_key: dict[str, str] = {}
        self._gone: OrderedDict[str, None] = OrderedDict()

    def mocks(self) -> list[AssistantMock]:
        """Those of the sessions."""
        with self._lock:
            return [world.mock for world in self._sessions.values()]

    def close(self) -> None:
        """Break off what is still being read in any of them."""
        with self._lock:
            for world in (self.own, *self._sessions.values()):
                world.close()

    def names(self) -> list[str]:
        """Those of the sessions, the one asked last at the end."""
        return list(self._sessions)

    def handle(self, request: Request) -> Reply | None:
        """The answer of the world that a request belongs to; None if it is for no vendor."""
        for name, _ in request.headers:
            if name == HEADER:
                return self._handle_in_session(request)
        if self._by_key and (world := self._of_key(request)) is not None:
            return world.mock._engine.handle(request)
        return self.answer(request)

    def _handle_in_session(self, request: Request) -> Reply | None:
        try:
            world, request = self.find(request)
        except Refused as refused:
            return said(refused.status, refused.said)
        return self.answer(request) if world is self.own else world.mock._engine.handle(request)

    def refuse(self, request: Request, kind: str) -> Response:
        """A vendor's refusal, kept in the journal of the world that the request belongs to."""
        try:
            world, request = self.find(request)
        except Refused as refused:
            return said(refused.status, refused.said)
        return world.mock._engine.refuse(request, kind)

    def plays(self, url: str) -> bool:
        """As the engine."""
        return self._engine.plays(url)

    def knows(self, origin: str) -> bool:
        """As the engine."""
        return self._engine.knows(origin)

    def guards(self, host: str) -> bool:
        """As the engine."""
        return self._engine.guards(host)

    def find(self, request: Request) -> tuple[World, Request]:
        """The world of a request to a vendor, and the request as it is passed on. Raises Refused."""
        name = request.header(HEADER)
        if name is None:
            return self._of_key(request) or self.own, request
        request = replace(request, headers=tuple(pair for pair in request.headers if pair[0] != HEADER))
        known = self.own.mock._known_keys
        if known and self._key_of(request) not in known:
            return self.own, request  # which refuses it: whoever has no key makes no session
        return self.session(name), request

    def session(self, name: str) -> World:
        """The session of a name, made on first use. Raises Refused for one that has gone, or a name that is none."""
        name = checked_name(name)
        with self._lock:
            world = self._sessions.get(name)
            if world is not None:
                self._sessions.move_to_end(name)
                return world
            if name in self._gone:
                raise Refused(
                    410,
                    f"the session {name!r} has gone: {MOST_SESSIONS} others were asked since, and no more are held;"
                    " POST /__mock__/sessions makes it anew, empty",
                )
            return self._make(name, ())

    def make(self, name: str, keys: Iterable[str] = ()) -> World:
        """
        A session, made anew if it has gone; one that exists stays as it is and lists these keys instead.

        Raises Refused for a key that another session has listed.
        """
        name, keys = checked_name(name), tuple(keys)
        with self._lock:
            for key in keys:
                if self._by_key.get(key, name) != name:
                    raise Refused(409, f"the session {self._by_key[key]!r} has listed one of these keys already")
            self._gone.pop(name, None)
            before = self._sessions.get(name)
            if before is None:
                return self._make(name, keys)
            self._forget_keys(before)
            self._list_keys(before, keys)
            before.mock._also_know(self.own.mock._known_keys, keys)
            return before

    def _make(self, name: str, keys: tuple[str, ...]) -> World:
        if self.own.mock._tape is not None:
            raise Refused(409, "a cassette has no sessions: what it holds was recorded in one; leave out X-Assistant-Session")
        world = self._sessions[name] = World(self.own.mock._for_session(name, keys), name)
        self._list_keys(world, keys)
        while len(self._sessions) > MOST_SESSIONS:
            self._remember(self._remove(next(iter(self._sessions))))
        return world

    def delete(self, name: str) -> None:
        """Forget a session; its name is free again. Raises Refused if there is none."""
        with self._lock:
            if self._gone.pop(name, name) is None:
                return
            if name not in self._sessions:
                raise unknown("session", name, self._sessions)
            self._remove(name)

    def _remove(self, name: str) -> str:
        world = self._sessions.pop(name)
        self._forget_keys(world)
        world.close()
        return name

    def _remember(self, name: str) -> None:
        self._gone[name] = None
        while len(self._gone) > _REMEMBERED:
            self._gone.popitem(last=False)

    def _list_keys(self, world: World, keys: tuple[str, ...]) -> None:
        world.keys = keys
        self._by_key = {**self._by_key, **dict.fromkeys(keys, world.name)}

    def _forget_keys(self, world: World) -> None:
        self._by_key = {key: name for key, name in self._by_key.items() if name != world.name}

    def of_keys(self, key: str) -> World | None:
        """The session that has listed a key."""
        with self._lock:
            name = self._by_key.get(key)
            return self.session(name) if name is not None else None

    def _of_key(self, request: Request) -> World | None:
        return self.of_keys(self._key_of(request)) if self._by_key else None

    def _key_of(self, request: Request) -> str:
        place = self._engine.whose(request)
        return self._engine.services[place.vendor].vendor.key_of(request) if place is not None else ""


def checked_name(name: object) -> str:
    """A session's name: printable ASCII, not too long. Raises Refused."""
    text = name.strip() if isinstance(name, str) else ""
    if not text or len(text) > _LONGEST_NAME or not (text.isascii() and text.isprintable()):
        shown = repr(name) if len(repr(name)) <= _LONGEST_NAME else f"{repr(name)[:_LONGEST_NAME]}…"
        raise Refused(400, f"the session's name is {shown}; expected 1 to {_LONGEST_NAME} printable ASCII characters")
    return text


def unknown(kind: str, name: str, known: Iterable[str]) -> Refused:
    """The refusal for something that there is not."""
    from pytest_assistant_mock.errors import closest

    names = list(known)
    shown = name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"
    listed = f"there are {', '.join(names[:5])}{', …' if len(names) > 5 else ''}" if names else "there is none"
    return Refused(404, f"there is no {kind} {shown!r}{nearest(name, names)}; {listed}", closest(name, names) or None)
