"""
What each call of the control API does: from the world it is asked of, its parameters and body, to a JSON answer.

Raises TypeError, ValueError or CannotSeed as the handles do, and Refused; knows nothing of HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pytest_assistant_mock._engine.wire import Exchange, Response
from pytest_assistant_mock._mock import arguments, seeds
from pytest_assistant_mock._serving.control import shown
from pytest_assistant_mock._serving.control.words import fault_of, turn_of
from pytest_assistant_mock._serving.control.worlds import Refused, World, Worlds, unknown
from pytest_assistant_mock.errors import CannotSeed, ContractViolation, nearest

if TYPE_CHECKING:
    from pytest_assistant_mock._mock.handle import Handle

DISTRIBUTION = "pytest-assistant-mock"

MOST_SNAPSHOTS = 100
"""How many snapshots one world keeps."""

_LATEST_MS = 253_370_764_800_000  # the year 9999: later times cannot be printed
_FRAMING = ("content-length", "transfer-encoding", "connection")


@dataclass(frozen=True)
class Asked:
    """
    One call: the world it is asked of, its body, its query, the name in its path, where the server is asked at.

    save: writes down what is being recorded; None if nothing is.
    """

    worlds: Worlds
    world: World
    body: Mapping[str, Any]
    query: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    origin: str = ""
    save: Callable[[], Mapping[str, Any]] | None = None

    def get(self, **usual: Any) -> dict[str, Any]:
        """Some fields of the body, each with what it is if it is not there."""
        return {name: self.body.get(name, value) for name, value in usual.items()}


def handles(asked: Asked, vendor: object) -> list[Handle]:
    """A vendor's handle; without a vendor, both. Raises ValueError for another name."""
    known = asked.world.mock._handles
    if vendor is None:
        return list(known.values())
    if vendor not in known:
        raise ValueError(f"vendor={vendor!r}: expected {' or '.join(known)}{nearest(str(vendor), known)}")
    return [known[str(vendor)]]


def health(asked: Asked) -> Any:
    """What is served, and where."""
    from importlib.metadata import version

    known = asked.worlds.own.mock._handles
    urls = {name: handle.base_url for name, handle in known.items()}
    if asked.origin:
        urls = {name: asked.origin + urlsplit(url).path for name, url in urls.items()}
    return {"status": "ok", "version": version(DISTRIBUTION), "vendors": list(known), "base_urls": urls}


def reset(asked: Asked) -> Any:
    """Everything is empty, the first id comes next."""
    asked.world.mock.reset()
    return {}


def seed(asked: Asked) -> Any:
    """Store assistants, files, threads and messages."""
    return seeds.store(dict(asked.body), asked.world.mock)


def state(asked: Asked) -> Any:
    """What the fake holds."""
    with asked.world.mock._engine.lock:
        held = {handle.name: shown.held(handle) for handle in handles(asked, asked.query.get("vendor"))}
    return {**held, "now_ms": asked.world.mock.clock.now_ms}


def script(asked: Asked) -> Any:
    """Say what the assistant does in the next run. Without a vendor: at whichever is asked first."""
    turns = [turn_of(f"turns[{number}]", one) for number, one in enumerate(asked.body["turns"])]
    given = asked.get(when=None, assistant=None, times=1, optional=False)
    made, vendors = _shared(asked, lambda handle: handle.script(*turns, **given), lambda handle: handle._fake.state.scripts)
    return {"script": repr(made), "vendors": vendors}


def fail(asked: Asked) -> Any:
    """Let a fault strike. Without a vendor: at whichever is asked first."""
    fault, given = fault_of(asked.body["fault"]), asked.get(on=None, times=1, after=0, optional=False)
    _, vendors = _shared(asked, lambda handle: handle.fail(fault, **given), lambda handle: handle._fake.trouble.plans)
    return {"fault": repr(fault), "vendors": vendors}


def _shared(asked: Asked, arrange: Callable[[Handle], Any], arranged: Callable[[Handle], list[Any]]) -> tuple[Any, list[str]]:
    """Arrange one thing at the vendors that are meant, or nothing if one refuses it: whichever is asked first uses it up."""
    with asked.world.mock._engine.lock:
        first, *others = chosen = handles(asked, asked.body.get("vendor"))
        made = arrange(first)
        try:
            for handle in others:
                arrange(handle)
                arranged(handle)[-1] = made
        except BaseException:
            arranged(first).remove(made)
            raise
    return made, [handle.name for handle in chosen]


def limit(asked: Asked) -> Any:
    """Add a quota."""
    chosen, on = handles(asked, asked.body.get("vendor")), asked.body.get("on")
    requests, per = asked.body["requests"], asked.body["per"]
    for handle in chosen:
        arguments.limit(handle._service.vendor, requests, per, on)  # all of them are right, or nothing is done
    for handle in chosen:
        handle.limit(requests, per, on=on)
    return {"vendors": [handle.name for handle in chosen]}


def keys(asked: Asked) -> Any:
    """Know these keys only."""
    chosen, known = handles(asked, asked.body.get("vendor")), asked.body["keys"]
    for handle in chosen:
        arguments.tenants(handle._service.vendor, known)
    for handle in chosen:
        handle.keys(known)
    return {"vendors": [handle.name for handle in chosen]}


def reply(asked: Asked) -> Any:
    """Answer an operation in the fake's place."""
    (handle,) = handles(asked, asked.body["vendor"])
    made = handle.reply(asked.body["operation"], _answer(asked.body), **asked.get(times=None, check=True, optional=False))
    return {"operation": made.operation, "vendors": [handle.name]}


def _answer(body: Mapping[str, Any]) -> Any:
    """A response of the body's status, headers and text or JSON; alone, an object or list is sent as the vendor sends it."""
    if "json" in body and "text" in body:
        raise ValueError("json and text: expected one of them")
    if "json" in body and isinstance(body["json"], dict | list) and not {"status", "headers"} & body.keys():
        return body["json"]
    status, headers = body.get("status", 200), _headers(body.get("headers", {}))
    if not 200 <= status <= 599:
        raise ValueError(f"status={status}: expected a number from 200 to 599")
    content = json.dumps(body["json"], ensure_ascii=False).encode() if "json" in body else body.get("text", "").encode()
    if content and status in (204, 205, 304):
        raise ValueError(f"status={status}: an answer of this status has no body; leave out json and text")
    if content and "content-type" not in {name.lower() for name in headers}:
        headers = {"Content-Type": "application/json" if "json" in body else "text/plain; charset=utf-8", **headers}
    return Response(status, (*headers.items(), ("Content-Length", str(len(content)))), content)


def _headers(given: Mapping[str, Any]) -> dict[str, str]:
    for name, value in given.items():
        if not name or not all(one.isascii() and (one.isalnum() or one in "!#$%&'*+-.^_`|~") for one in name):
            raise ValueError(f"headers: {name!r} is no name of a header")
        if name.lower() in _FRAMING:
            raise ValueError(f"headers: {name!r} is the server's own business; leave it out")
        if not isinstance(value, str) or not all(" " <= one <= "~" or "\xa0" <= one <= "\xff" or one == "\t" for one in value):
            raise ValueError(f"headers: {name}={value!r}: expected a text of one line, in Latin-1")
    return {name: value.strip() for name, value in given.items()}


def clock(asked: Asked) -> Any:
    """Move the clock."""
    given = dict(asked.body)
    if len(given) != 1:
        raise ValueError('expected one of {"advance": seconds}, {"freeze": time or null}, {"unfreeze": true}')
    ((word, value),) = given.items()
    clock = asked.world.mock.clock
    with asked.world.mock._engine.lock:
        before = clock.state()
        if word == "unfreeze":
            if value is not True:
                raise ValueError(f"unfreeze={json.dumps(value)}: expected true")
            clock.unfreeze()
        else:
            try:
                getattr(clock, word)(value)
            except (TypeError, ValueError) as problem:
                raise type(problem)(f"{word}: {problem}") from None
        if clock.now_ms > _LATEST_MS:
            clock.restore(before)
            raise ValueError(f"{word}={json.dumps(value)}: expected a time before the year 9999")
    return {"now_ms": clock.now_ms}


def exchanges(asked: Asked) -> Any:
    """What was asked and answered."""
    vendor, operation, since = (asked.query.get(name) for name in ("vendor", "operation", "since"))
    mock, after = asked.world.mock, number_of(since)
    with mock._engine.lock:
        found = shown.numbered(mock, [handle.name for handle in handles(asked, vendor)])
        last = mock._engine.journal.last_number
    chosen = [pair for pair in found if operation is None or pair[1].operation == operation]
    if operation is not None and not chosen:
        _check_operation(asked, operation, [one for _, one in found])
    chosen = [pair for pair in chosen if pair[0] > after]
    secrets = mock._hiding.secrets(one for _, one in chosen)
    return {"exchanges": [shown.exchange(number, one, secrets) for number, one in chosen], "last": last}


def number_of(since: str | None) -> int:
    """The number after which exchanges are wanted. Raises ValueError."""
    if since is None:
        return 0
    if not (since.isascii() and since.isdecimal() and len(since) < 19):
        raise ValueError(f"since={since[:50]!r}: expected the number of an exchange")
    return int(since)


def _check_operation(asked: Asked, operation: str, found: list[Exchange]) -> None:
    """Raises ValueError for an operation that no vendor has and no exchange names: a slip would find nothing, always."""
    chosen = handles(asked, asked.query.get("vendor"))
    known = {name: None for handle in chosen for name in arguments.operations(handle._service.vendor)}
    known |= {one.operation: None for one in found if one.operation}
    if operation not in known and " " not in operation:
        raise ValueError(f"operation={operation[:100]!r}{nearest(operation, known)}; expected one of {', '.join(known)}")


def forget_exchanges(asked: Asked) -> Any:
    """Forget the exchanges; all else stays."""
    with asked.world.mock._engine.lock:
        asked.world.mock._engine.journal.forget()
    return {}


def verify(asked: Asked) -> Any:
    """Complain of what a test would fail with."""
    mock = asked.world.mock
    with mock._engine.lock:
        mock._engine.journal.settle()
        found = missed = _missed(asked.world)
        if not missed:
            found = [(type(one).__name__, str(one)) for one in mock._complaints()]
        if not missed and asked.body.get("contract", "fail") == "fail":
            found += [("ContractViolation", one) for one in _broken(asked.world)]
        dropped = {name: count for name in mock._handles if (count := mock._engine.journal.dropped(name))}
    more: dict[str, Any] = {"dropped": dropped} if dropped else {}
    if not found:
        return more
    complaints = [{"kind": kind, "text": text} for kind, text in found]
    older = f"\nolder exchanges were dropped, and not judged: {dropped}" if dropped else ""
    raise Refused(409, "\n".join(text for _, text in found) + older, closest_in(found[0][1]), complaints=complaints, **more)


def _missed(world: World) -> list[tuple[str, str]]:
    """What a cassette held no answer to. As in a test, nothing else is told then: those answers were no vendor's."""
    from pytest_assistant_mock._mock.served_recording import words_of_miss

    if world.mock._session is None:
        return []
    seen = [one for _, one in shown.numbered(world.mock, world.mock._handles) if shown.ended(one)]
    return [("CassetteMiss", words) for one in seen if (words := words_of_miss(one))]


def _broken(world: World) -> list[str]:
    """What breaks the contract, in the words of a failing test; nothing of the mock's own watch is touched."""
    from pytest_assistant_mock.contract.verdict import listed
    from pytest_assistant_mock.contract.watch import Watch

    watch = Watch(world.mock._engine.journal, world.mock._hiding.keys)
    for _, one in shown.numbered(world.mock, world.mock._handles):
        if shown.ended(one):
            watch.see(one)
    return [listed(watch.violations)] if watch.violations else []


def closest_in(problem: str) -> str | None:
    """The name that an error says comes nearest."""
    _, found, rest = problem.partition("; did you mean ")
    name, end, _ = rest.partition("?")
    return name[1:-1] if found and end else None


def snapshot(asked: Asked) -> Any:
    """Remember everything as it is now."""
    world = asked.world
    if len(world.snapshots) >= MOST_SNAPSHOTS:
        raise Refused(409, f"{MOST_SNAPSHOTS} snapshots are kept already; DELETE /__mock__/snapshot/{{id}} forgets one")
    world.snapshots_made += 1
    name = f"snapshot-{world.snapshots_made}"
    world.snapshots[name] = world.mock.snapshot()
    return {"id": name}


def _snapshot(asked: Asked) -> str:
    if asked.name not in asked.world.snapshots:
        raise unknown("snapshot", asked.name, asked.world.snapshots)
    return asked.name


def restore(asked: Asked) -> Any:
    """Make everything as it was then, as often as you like."""
    asked.world.mock.restore(asked.world.snapshots[_snapshot(asked)])
    return {}


def forget_snapshot(asked: Asked) -> Any:
    """Forget a snapshot."""
    del asked.world.snapshots[_snapshot(asked)]
    return {}


def sessions(asked: Asked) -> Any:
    """The names of the sessions, the one asked last at the end."""
    return {"sessions": asked.worlds.names()}


def make_session(asked: Asked) -> Any:
    """Make a session; one that exists stays as it is, and lists these keys instead of its own."""
    listed = arguments.ids("keys", asked.body.get("keys", ()))
    return {"name": asked.worlds.make(asked.body["name"], listed).name}


def delete_session(asked: Asked) -> Any:
    """Forget a session and all it holds."""
    asked.worlds.delete(asked.name)
    return {}


def save(asked: Asked) -> Any:
    """Write down what is being recorded."""
    if asked.save is None:
        raise Refused(409, "nothing is being recorded: start the server with --cassette FILE --record once")
    return dict(asked.save())


CONFLICTS = (CannotSeed,)
"""Errors that say that the server is not in a state to do it, though the call is right."""

MISTAKES = (TypeError, ValueError, ContractViolation, OverflowError)
"""Errors that say that the call is wrong."""
