"""
How much of a recording the fake explains: each request sent through a fresh fake, ids bound, the answers compared.

Compares status, shape, order of keys and errors, and the events of streams; never the words of a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pytest_assistant_mock._engine.engine import Engine
from pytest_assistant_mock._engine.sse import is_event_stream
from pytest_assistant_mock._engine.streams import opened
from pytest_assistant_mock._engine.turns import Script
from pytest_assistant_mock._engine.vendor import Match, Vendor
from pytest_assistant_mock._engine.wire import Reply, Request, Response
from pytest_assistant_mock._vendors import REVISIONS
from pytest_assistant_mock.cassettes import restore
from pytest_assistant_mock.cassettes.course import courses, run_of
from pytest_assistant_mock.cassettes.format import Cassette, Interaction
from pytest_assistant_mock.cassettes.matching import Places
from pytest_assistant_mock.cassettes.symbols import _TOKEN, json_of
from pytest_assistant_mock.cassettes.verify_streams import StreamPair

_KEY = ("Authorization", "Bearer any-key-will-do")


class Row(NamedTuple):
    """One recorded interaction. difference: empty if the fake explains it. exception: why it need not, if the file says so."""

    number: int
    vendor: str
    operation: str
    difference: str
    exception: str = ""

    @property
    def explained(self) -> bool:
        """Whether the fake answers as the service did, or need not."""
        return not self.difference or bool(self.exception)


def verify(cassette: Cassette) -> list[Row]:
    """A row for each interaction with a vendor we play that was answered, by the revision that explains most of them."""
    tried = [_rows(cassette, revision) for revision in REVISIONS]
    return max(tried, key=lambda rows: sum(row.explained for row in rows))


def percentage(rows: Sequence[Row]) -> int:
    """How many of a hundred are explained; 100 only if all are."""
    return 100 * sum(row.explained for row in rows) // len(rows) if rows else 100


def _rows(cassette: Cassette, revision: str) -> list[Row]:
    engine = Engine(REVISIONS[revision])
    places = Places(engine.place, [service.vendor for service in engine.services.values()])
    for service in engine.services.values():
        before = restore.recall(restore.told(cassette.interactions, service.vendor, places), first=True)
        before.forget_made()
        restore.load(engine, service, before)
    known, streamed = courses(cassette.interactions), dict[int, StreamPair]()
    rows: list[Row] = []
    bound: dict[str, str] = {}
    exceptions = cassette.metadata.get("exceptions") or {}
    for number, one in enumerate(cassette.interactions, 1):
        place = places.of(one)
        if place is None or not isinstance(one.reply, Response):
            continue
        vendor = engine.services[place.vendor].vendor
        match = vendor.router.find(one.request.method, place.path)
        operation = match.route.operation if isinstance(match, Match) else f"{one.request.method} {place.path}"
        path = place.path if place.path is not None else ""
        asked = _bound(one, vendor, f"{path}{'?' if place.query else ''}{place.query}", bound)
        if operation.startswith("create_") and (course := known.pop(run_of(one.reply.body), None)) and course.turns:
            engine.services[place.vendor].state.scripts.append(Script(tuple(course.turns), optional=True))
        reply = engine.handle(asked)
        if isinstance(reply, Response) and reply.pieces is not None and is_event_stream(one.reply.headers):
            streamed[len(rows)] = StreamPair(place.vendor, one.reply, opened(reply.pieces))
            difference = ""
        else:
            difference = _difference(one.reply, reply, bound)
        rows.append(Row(number, place.vendor, operation, difference, str(exceptions.get(str(number), ""))))
        for pair in [one for one in streamed.values() if not one.over]:
            pair.read()
            for there, here in pair.pairs():
                _bind(there, here, bound)
    for at, pair in streamed.items():
        rows[at] = rows[at]._replace(difference=pair.difference(_of_events))
    return rows


def _of_events(there: Any, here: Any, path: str) -> Iterator[str]:
    return _differences(there, here, path, words=False)


def _bound(one: Interaction, vendor: Vendor, path: str, bound: dict[str, str]) -> Request:
    def replaced(text: str) -> str:
        return _TOKEN.sub(lambda match: bound.get(match.group(), match.group()), text)

    headers, url = one.request.headers, vendor.base_urls[0] + path
    if not vendor.key_of(one.request) and isinstance(one.reply, Response) and one.reply.status != 401:
        headers = (_KEY, *headers)
    return Request(one.request.method, replaced(url), headers, replaced(one.request.body.decode("utf-8", "replace")).encode())


def _difference(recorded: Response, reply: Reply | None, bound: dict[str, str]) -> str:
    if not isinstance(reply, Response):
        return "the fake does not answer"
    if recorded.status != reply.status:
        return f"status {recorded.status} recorded, {reply.status} from the fake"
    there, here = json_of(recorded.body), json_of(reply.body)
    refused = recorded.status >= 400 or (isinstance(there, dict) and "error" in there)
    found = next(_differences(there, here, "$", refused), "")
    _bind(there, here, bound)
    return found


def _differences(there: Any, here: Any, path: str, words: bool) -> Iterator[str]:
    if isinstance(there, dict) and isinstance(here, dict):
        if list(there) != list(here) and path not in _FREE and not path.endswith(".metadata"):
            yield f"{path}: keys {', '.join(there)} recorded, {', '.join(here)} from the fake"
        for name in there:
            if name in here and name not in _THEIR_OWN:
                yield from _differences(there[name], here[name], f"{path}.{name}", words and name in ("error", "code", "message"))
    elif isinstance(there, list) and isinstance(here, list):
        if len(there) != len(here):
            yield f"{path}: {len(there)} items recorded, {len(here)} from the fake"
        for number, (left, right) in enumerate(zip(there, here, strict=False)):
            yield from _differences(left, right, f"{path}[{number}]", words)
    elif type(there) is not type(here) or (words and there != here) or (isinstance(there, bool) and there != here):
        yield f"{path}: {there!r} recorded, {here!r} from the fake"


_FREE = ("$.metadata",)
_THEIR_OWN = ("metadata", "annotations")  # what the code under test, and the model, put there


def _bind(there: Any, here: Any, bound: dict[str, str]) -> None:
    """Remember what the fake calls the thing the recording calls otherwise."""
    if isinstance(there, dict) and isinstance(here, dict):
        for name in there:
            left, right = there[name], here.get(name)
            if (name == "id" or name.endswith("_id")) and isinstance(left, str) and isinstance(right, str) and left and right:
                bound.setdefault(left, right)
            else:
                _bind(left, right, bound)
    elif isinstance(there, list) and isinstance(here, list):
        for left, right in zip(there, here, strict=False):
            _bind(left, right, bound)
