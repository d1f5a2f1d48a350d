"""
The control API as HTTP: who may ask, which call is meant, what it is given, how it is answered.

What a call does is the business of `acts`; the calls are imported when the first one comes.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from pytest_assistant_mock._engine.wire import Response
from pytest_assistant_mock._serving.asgi import Receive, Scope, Send, raw_path, read_body, respond
from pytest_assistant_mock._serving.control.worlds import HEADER, Refused, World, Worlds, said
from pytest_assistant_mock.errors import closest, nearest

if TYPE_CHECKING:
    from pytest_assistant_mock._mock.mock import AssistantMock
    from pytest_assistant_mock._serving.control.calls import Call
    from pytest_assistant_mock._serving.control.events import Listener

BELOW = "/__mock__"
COOKIE = "assistant_mock_control"

FREE = "/health"
"""What is answered without a key: a health check knows none."""


class Control:
    """
    Answers below /__mock__/.

    key: what must be shown, if anything. off: why nothing is answered, "" if it is. save: writes down what is being recorded, and
    says what that was; None if nothing is.
    """

    def __init__(self, mock: AssistantMock, key: str = "") -> None:
        self.worlds = Worlds(mock)
        self.off = ""
        self.save: Callable[[], Mapping[str, Any]] | None = None
        self._key = key

    def is_asked(self, scope: Scope) -> bool:
        """Whether a request is for it: below /__mock__, wherever the app is mounted."""
        path = raw_path(scope)
        return BELOW in path and _below(scope, path) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send, body_limit: int) -> None:
        """Answer it."""
        answer: Response | Listener | None
        try:
            asked = _Request(scope)
            answer = self._let_in(asked)
            if answer is None:
                body = await read_body(receive, scope["headers"], body_limit)
                if body is None:
                    return  # the client is gone
                if len(body) > body_limit:
                    raise Refused(413, f"the body has more than {body_limit} bytes, the most that this server takes")
                answer = self._answer(asked, body)
        except Refused as refused:
            answer = said(refused.status, refused.said, *_also(refused))
        if isinstance(answer, Response):
            await respond(send, answer, scope["method"])
        else:
            await answer.send(receive, send)

    def close(self) -> None:
        """End what readers of events wait for: the mock has closed."""
        self.worlds.close()

    def _let_in(self, asked: _Request) -> Response | None:
        """Raises Refused for who may not ask, before a body is read. A page that was opened with ?key= is sent on at once."""
        if self.off:
            raise Refused(403, self.off)
        _check_origin(asked)
        if (redirect := self._with_cookie(asked)) is None and asked.path != FREE:
            self._check_key(asked)
        return redirect

    def _answer(self, asked: _Request, body: bytes) -> Response | Listener:
        call, name = self._find(asked)
        return self._other(asked) if call is None else said(200, self._perform(call, name, asked, body))

    def _find(self, asked: _Request) -> tuple[Call | None, str]:
        """The call, and the name in its path; no call for what is none: the document, the events, the page."""
        allowed = []
        for call in self._calls:
            start, brace, _ = call.path.partition("{")
            name = asked.path[len(start) :]
            if asked.path == call.path or (brace and name and asked.path.startswith(start) and "/" not in name):
                if call.method == asked.method:
                    return call, unquote(name) if brace else ""
                allowed.append(call.method)
        if not allowed and asked.path in ("", "/", "/openapi.json", "/events"):
            allowed = ["GET"]
        if allowed and asked.method not in allowed:
            raise Refused(405, f"{asked.method} {BELOW}{asked.path}: expected {' or '.join(allowed)}", allowed[0])
        return None, ""

    def _other(self, asked: _Request) -> Response | Listener:
        from pytest_assistant_mock._serving.control import page

        if asked.path == "/openapi.json":
            return said(200, self._document)
        if asked.path == "/events":
            return self._listener(asked)
        found = page.asset(asked.path)
        if found is None:
            known = [*dict.fromkeys(call.path for call in self._calls), "/openapi.json", "/events"]
            path = asked.path[:200]
            listed = ", ".join(one.lstrip("/") for one in known)
            problem = f"there is nothing at {BELOW}{path}{nearest(path, known)}; there are {listed}"
            raise Refused(404, problem, closest(path, known) or None)
        return found

    def _listener(self, asked: _Request) -> Listener:
        from pytest_assistant_mock._serving.control.acts import number_of
        from pytest_assistant_mock._serving.control.events import Listener

        since = asked.header("last-event-id") or self._query(asked, {"since": {"type": "string"}}).get("since")
        try:
            return Listener(self._world(asked), None if since is None else number_of(since))
        except ValueError as problem:
            raise Refused(400, str(problem)) from None

    def _perform(self, call: Call, name: str, asked: _Request, sent: bytes) -> Any:
        from pytest_assistant_mock._serving.control.acts import CONFLICTS, MISTAKES, Asked, closest_in
        from pytest_assistant_mock._serving.control.fields import check

        try:
            body = _json_body(sent)
            check(f"{call.method} {BELOW}{call.path}", body, call.takes, call.needs)
            query = self._query(asked, call.query)
            world = self._world(asked) if call.of_a_world else self.worlds.own
            done = call.act(Asked(self.worlds, world, body, query, name, asked.origin, self.save))
        except CONFLICTS as problem:
            raise Refused(409, str(problem)) from None
        except MISTAKES as problem:
            raise Refused(400, str(problem), closest_in(str(problem))) from None
        if call.changes:
            world.tell(call.name)
        return done

    def _query(self, asked: _Request, known: Mapping[str, Any]) -> dict[str, str]:
        from pytest_assistant_mock._serving.control.fields import check

        query = dict(parse_qsl(asked.query, keep_blank_values=True))
        try:
            check("the query", query, known)
        except ValueError as problem:
            from pytest_assistant_mock._serving.control.acts import closest_in

            raise Refused(400, str(problem), closest_in(str(problem))) from None
        return query

    def _world(self, asked: _Request) -> World:
        name = asked.header(HEADER)
        return self.worlds.own if name is None else self.worlds.session(name)

    @cached_property
    def _calls(self) -> tuple[Call, ...]:
        from pytest_assistant_mock._serving.control.calls import calls

        return calls(self.worlds.own.mock._handles)

    @cached_property
    def _document(self) -> dict[str, Any]:
        from importlib.metadata import version

        from pytest_assistant_mock._serving.control.acts import DISTRIBUTION
        from pytest_assistant_mock._serving.control.openapi import openapi

        return openapi(self._calls, version(DISTRIBUTION), bool(self._key))

    def _check_key(self, asked: _Request) -> None:
        """Raises Refused unless the key is shown, or the cookie that a page was given for it."""
        if not self._key:
            return
        scheme, _, shown = (asked.header("authorization") or "").partition(" ")
        if scheme.lower() == "bearer" and _same(shown.strip(), self._key):
            return
        if not _same(asked.cookie(COOKIE), self._mark):
            raise Refused(401, "the control API of this server needs its key: expected Authorization: Bearer KEY")

    @cached_property
    def _mark(self) -> str:
        """What the cookie holds: nothing that the key could be read from."""
        return hashlib.sha256(f"{BELOW} {self._key}".encode()).hexdigest()

    def _with_cookie(self, asked: _Request) -> Response | None:
        """For a page that was opened with ?key=: the way to the same without, and the cookie that lets it in."""
        given = dict(parse_qsl(asked.query)).get("key")
        if given is None or asked.method != "GET" or asked.path not in ("", "/") or not self._key:
            return None
        if not _same(given, self._key):
            raise Refused(401, "this is not the key of this server's control API")
        cookie = f"{COOKIE}={self._mark}; Path={asked.root}{BELOW}/; HttpOnly; SameSite=Strict"
        headers = (("Location", f"{asked.root}{BELOW}/"), ("Set-Cookie", cookie), ("Cache-Control", "no-store"))
        return Response(303, (*headers, ("Content-Length", "0"), ("Referrer-Policy", "no-referrer")))


class _Request:
    """What is asked, as far as it matters here."""

    def __init__(self, scope: Scope) -> None:
        self._headers = scope["headers"]
        self.method = "GET" if scope["method"] == "HEAD" else str(scope["method"])
        self.root = str(scope.get("root_path", "")).rstrip("/")
        self.path = _below(scope, raw_path(scope)) or ""
        self.query = scope["query_string"].decode("latin-1")
        host = self.header("host")
        self.own = f"{scope.get('scheme', 'http')}://{host}" if host else ""
        self.origin = f"{self.own}{self.root}" if host else ""

    def header(self, name: str) -> str | None:
        """The first header of that name (in lower case)."""
        wanted = name.encode()
        return next((value.decode("latin-1") for one, value in self._headers if one == wanted), None)

    def cookie(self, name: str) -> str:
        """A cookie's value; "" if there is none."""
        for part in (self.header("cookie") or "").split(";"):
            one, _, value = part.strip().partition("=")
            if one == name:
                return value
        return ""


def _below(scope: Scope, path: str) -> str | None:
    """The part of a path that is below /__mock__; None if it is not."""
    root = str(scope.get("root_path", "")).rstrip("/")
    path = path.removeprefix(root) if root else path
    rest = path.removeprefix(BELOW)
    return rest if rest != path and (not rest or rest[0] == "/") else None


def _check_origin(asked: _Request) -> None:
    """Raises Refused for a request that a page of another server makes."""
    origin = asked.header("origin")
    if origin is not None and origin.lower() != asked.own.lower():
        raise Refused(403, f"a page of {origin[:200]} asks; expected no Origin, or this server's own, {asked.own or 'a Host'}")


def _json_body(body: bytes) -> dict[str, Any]:
    """The body, a JSON object that can be sent again; {} for none. Raises ValueError."""
    from pytest_assistant_mock._serving.control.shown import read_json

    if not body:
        return {}
    try:
        value = read_json(body.decode())
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise ValueError("the body is no UTF-8, or has half of a surrogate pair in it") from None
    except ValueError as problem:
        raise ValueError(f"the body is no JSON: {problem}") from None
    if not isinstance(value, dict):
        raise ValueError("the body is no JSON object")
    return value


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode("utf-8", "replace"))


def _also(refused: Refused) -> tuple[tuple[str, str], ...]:
    if refused.status == 401:
        return (("WWW-Authenticate", "Bearer"),)
    return (("Allow", str(refused.said["nearest"])),) if refused.status == 405 else ()
