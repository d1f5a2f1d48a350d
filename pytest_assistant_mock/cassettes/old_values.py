"""
A new recording with the ids, times and request ids of the old one, where they differ only because they are new.

Knows interactions and where such values stand; what is a change in substance is left as it came.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from pytest_assistant_mock._engine.wire import Headers, Reply, Response
from pytest_assistant_mock.cassettes.format import Cassette, Interaction, to_text
from pytest_assistant_mock.cassettes.json_bodies import escaped, parse
from pytest_assistant_mock.cassettes.pieces import with_reply
from pytest_assistant_mock.cassettes.symbols import Symbols, documents, ids_in, json_texts, tokens

Key = Callable[[Interaction], str | None]
"""What is equal for equal requests; None for a call to nobody that we play."""

_MOMENT = re.compile(r'"(\w+_at|created|timestamp|request_?id|log_?id)"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?)', re.IGNORECASE)
_MOMENT_HEADER = re.compile(
    r"(?:^|-)(?:date|time|age|traceparent|(?:request|trace|span|log|session|eagle|eagleeye-?trace)-?id)$", re.IGNORECASE
)
_ID = re.compile("[A-Za-z0-9_-]+")


class Renewed(NamedTuple):
    """An interaction that was recorded anew, with old values; and the old one that asked the same, if there was one."""

    old: Interaction | None
    new: Interaction

    @property
    def unchanged(self) -> bool:
        """Whether nothing but the time of the recording differs."""
        return self.old is not None and _as_filed(replace(self.new, recorded_at=self.old.recorded_at)) == _as_filed(self.old)


def renewed(old: Sequence[Interaction], new: Sequence[Interaction], key: Key) -> list[Renewed]:
    """What was recorded anew, each in its place, renamed all together so that it replays as before."""
    matched, names = _matched(old, new, key)
    again = [renamed(one, names) for one in new]
    asked = "\n".join(f"{one.request.url}\n{one.request.body.decode('utf-8', 'replace')}" for one in again)
    return [
        Renewed(before, one if before is None else _kept(before, one, asked)) for before, one in zip(matched, again, strict=True)
    ]


def _as_filed(one: Interaction) -> str:
    return to_text(Cassette([one]))


def _matched(old: Sequence[Interaction], new: Sequence[Interaction], key: Key) -> tuple[list[Interaction | None], dict[str, str]]:
    """For each new interaction the old one that asked the same, if there is one; and what the new ids were called before."""
    ids, left = _Ids(old, new), _Left([key(one) for one in old])
    matched: list[Interaction | None] = []
    for number, one in enumerate(new):
        soon = new[number + 1 : number + 1 + _LOOK_AHEAD]
        at = left.take(key(renamed(one, ids.names)), lambda: {key(renamed(other, ids.names)) for other in soon})  # noqa: B023
        matched.append(None if at is None else old[at])
        if at is not None:
            ids.learn(old[at], one)
    return matched, ids.safe()


_LOOK_AHEAD = 20
"""Calls that a call leaves their own old one to, though it could take it: more would take longer than it is worth."""


class _Left:
    """Old interactions by what they asked, those that are not matched yet."""

    def __init__(self, keys: Sequence[str | None]) -> None:
        self._keys = keys
        self._same: dict[str, deque[int]] = {}
        self._alike: dict[str, deque[int]] = {}
        self._gone: set[int] = set()
        for at, key in enumerate(keys):
            if key is not None:
                self._same.setdefault(key, deque()).append(at)
                self._alike.setdefault(_line(key), deque()).append(at)

    def take(self, wanted: str | None, soon: Callable[[], set[str | None]]) -> int | None:
        """The first that asked just the same; else the first that asked at the same path, if no call asks for it soon."""
        if wanted is None:
            return None
        at = self._first(self._same.get(wanted))
        if at is None:
            at = self._first(self._alike.get(_line(wanted)))
            if at is None or self._keys[at] in soon():
                return None
        self._gone.add(at)
        return at

    def _first(self, queue: deque[int] | None) -> int | None:
        while queue and queue[0] in self._gone:
            queue.popleft()
        return queue[0] if queue else None


def _line(key: str) -> str:
    """Method and path, without the body."""
    return key.partition("\n")[0]


class _Ids:
    """What the ids of the new recording were called in the old one: only ids that answers brought, and no two by one name."""

    def __init__(self, old: Sequence[Interaction], new: Sequence[Interaction]) -> None:
        self.names: dict[str, str] = {}
        self._old, self._new = _kinds(old), _kinds(new)
        self._taken: set[str] = set()
        self._present = {token for one in new for token in tokens(one.request)} | set(self._new)

    def learn(self, old: Interaction, new: Interaction) -> None:
        """From two answers to the same: ids at the same place."""
        for before, now in same_ids(old.response, new.response):
            agree = self._old.get(before, "") == self._new.get(now) and _ID.fullmatch(now) and _ID.fullmatch(before)
            if agree and now not in self.names and before not in self._taken:
                self.names[now] = before
                self._taken.add(before)

    def safe(self) -> dict[str, str]:
        """Without the names that something else has in the new recording."""
        names = {now: before for now, before in self.names.items() if now != before}
        while clashing := [now for now, before in names.items() if before in self._present and before not in names]:
            for now in clashing:
                del names[now]
        return names


def _kinds(interactions: Sequence[Interaction]) -> dict[str, str]:
    """The ids that answers brought, each with its kind."""
    return {found: name.partition("#")[0] for found, name in Symbols(interactions).names.items()}


def same_ids(old: Response | None, new: Response | None) -> Iterator[tuple[str, str]]:
    """Pairs of ids that stand at the same place of two answers."""
    for there, here in zip(documents(old), documents(new), strict=False):
        yield from _side_by_side(there, here)


def _side_by_side(there: Any, here: Any) -> Iterator[tuple[str, str]]:
    if isinstance(there, dict) and isinstance(here, dict):
        for name in there:
            if name in here:
                yield from zip(_named(name, there), _named(name, here), strict=False)
                yield from _side_by_side(there[name], here[name])
    elif isinstance(there, list) and isinstance(here, list):
        for left, right in zip(there, here, strict=False):
            yield from _side_by_side(left, right)


def _named(name: str, holder: dict[str, Any]) -> list[str]:
    """The ids that stand right under a name."""
    value = holder[name]
    flat = not isinstance(value, dict) and not (isinstance(value, list) and value and isinstance(value[0], dict))
    return [found for _, found in ids_in({name: value})] if flat else []


def renamed(one: Interaction, names: dict[str, str]) -> Interaction:
    """An interaction with other ids, wherever they stand."""
    if not names:
        return one

    def text(value: str) -> str:
        return _ID.sub(lambda found: names.get(found.group(), found.group()), value)

    def body(value: bytes) -> bytes:
        return text(value.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    def headers(pairs: Headers) -> Headers:
        return tuple((name, text(value)) for name, value in pairs)

    asked = one.request
    request = replace(asked, url=text(asked.url), headers=headers(asked.headers), body=body(asked.body))
    return with_reply(replace(one, request=request), _with(one.reply, headers, body))


def _with(reply: Reply, headers: Callable[[Headers], Headers], body: Callable[[bytes], bytes]) -> Reply:
    if isinstance(reply, Response):
        return replace(reply, headers=headers(reply.headers), body=body(reply.body))
    if reply.response is None:
        return reply
    arrived = body(reply.response.body[: reply.after_bytes])
    rest = reply.response.body[reply.after_bytes :]
    return replace(
        reply,
        after_bytes=len(arrived),
        response=replace(reply.response, headers=headers(reply.response.headers), body=arrived + rest),
    )


def _kept(old: Interaction, new: Interaction, asked: str) -> Interaction:
    """The new interaction with the times and request ids of the old one, but for those that some request names."""
    request = replace(new.request, headers=_old_headers(old.request.headers, new.request.headers))
    before = old.response
    if before is None or not isinstance(new.reply, Response):
        return replace(new, request=request)
    headers = _old_headers(before.headers, new.reply.headers)
    body = _old_request_ids(old, new, _old_moments(before, new.reply, asked), asked)
    renewed = with_reply(replace(new, request=request), replace(new.reply, headers=headers, body=body))
    alike = [size for _, size in renewed.pieces] == [size for _, size in old.pieces]
    return replace(renewed, pieces=old.pieces) if alike or body == before.body else renewed


def _old_request_ids(old: Interaction, new: Interaction, body: bytes, asked: str) -> bytes:
    """A body in whose texts the request's own id, as its headers say it, stands as it was."""
    for there, here in ((old.request.headers, new.request.headers), (_headers(old), _headers(new))):
        before = dict(_request_ids(there))
        for name, value in _request_ids(here):
            if name in before and value not in asked:
                body = body.replace(value.encode(), before[name].encode())
    return body


def _headers(one: Interaction) -> Headers:
    return one.response.headers if one.response is not None else ()


def _request_ids(headers: Headers) -> Iterator[tuple[str, str]]:
    """What can stand for nothing else: too long to be a word."""
    for name, value in headers:
        if _MOMENT_HEADER.search(name) and _ID.fullmatch(value) and len(value) >= 16:
            yield name.lower(), value


def _old_headers(old: Headers, new: Headers) -> Headers:
    """Times and request ids as they were, where the header is still there: the first of a name by the first."""
    before: dict[str, list[str]] = {}
    for name, value in old:
        before.setdefault(name.lower(), []).append(value)
    return tuple(
        (name, queue.pop(0)) if _MOMENT_HEADER.search(name) and (queue := before.get(name.lower())) else (name, value)
        for name, value in new
    )


def _old_moments(old: Response, new: Response, asked: str) -> bytes:
    """The body of the new answer with times and request ids as they were, byte for byte the same otherwise."""
    text, done, out = new.body.decode("utf-8", "surrogateescape"), 0, list[str]()
    for (there, _), (here, start) in zip(json_texts(old), json_texts(new), strict=False):
        out += [text[done:start], _document(there, here, asked)]
        done = start + len(here)
    return "".join([*out, text[done:]]).encode("utf-8", "surrogateescape")


def _document(there: str, here: str, asked: str) -> str:
    """One JSON text with the moments of another, each from the same place."""
    old, new = dict(_moments(parse(there))), list(_moments(parse(here)))
    found = list(_MOMENT.finditer(here))
    if [parse(one.group(2)) for one in found] != [value for _, value in new]:
        return here
    out, done = list[str](), 0
    for one, (place, value) in zip(found, new, strict=True):
        before = old.get(place)
        if type(before) is type(value) and bool(before) == bool(value) and "metadata" not in place and str(value) not in asked:
            out += [here[done : one.start(2)], escaped(json.dumps(before, ensure_ascii=False))]
            done = one.end(2)
    return "".join([*out, here[done:]])


def _moments(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Times and request ids of a JSON value, each with its place, in the order they are written."""
    if isinstance(value, dict):
        for name, item in value.items():
            if type(item) in (int, float, str) and _MOMENT.fullmatch(f'"{name}":0'):
                yield (*place, name), item
            else:
                yield from _moments(item, (*place, name))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _moments(item, (*place, number))
