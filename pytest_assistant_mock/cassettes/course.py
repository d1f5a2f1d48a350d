"""
What assistants did in a recording -> turns, so that the fake's runs take the same course.

Reads runs, steps and messages wherever they stand, in answers and in events, whatever else stands there; knows no vendor.
The words of a model count for nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pytest_assistant_mock._engine.turns import Calls, Ends, Fails, Incomplete, Item, Says, Uses
from pytest_assistant_mock.cassettes.format import Interaction
from pytest_assistant_mock.cassettes.symbols import json_of
from pytest_assistant_mock.contract.stream_events import looks_like_stream, read_stream
from pytest_assistant_mock.errors import NotJSON


@dataclass
class Course:
    """What one run did so far. seen: the messages and steps that are among the turns; waiting: whether it waits for outputs."""

    turns: list[Item] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    waiting: bool = False

    def add(self, turn: Item, known_by: str = "") -> None:
        """One more turn, unless it is among them."""
        if not known_by or known_by not in self.seen:
            self.seen.add(known_by)
            self.turns.append(turn)

    def call(self, calls: Iterable[Mapping[str, Any]]) -> None:
        """A round of calls; the same one is told many times while the run waits."""
        functions = [one["function"] for one in calls if isinstance(one.get("function"), dict)]
        if any(one.get("output") for one in functions):
            self.waiting = False
        functions = [one for one in functions if "output" not in one]
        if functions and not self.waiting:
            self.add(tuple(Calls(str(one.get("name")), _arguments(one)) for one in functions))
            self.waiting = True


def _arguments(function: Mapping[str, Any]) -> dict[str, Any]:
    found = json_of(str(function.get("arguments", "")).encode())
    return found if isinstance(found, dict) else {}


def values(body: bytes) -> list[Any]:
    """What a body says: its JSON, or the data of its events; nothing of what is no text."""
    if not looks_like_stream(body):
        return [json_of(body)]
    try:
        return [data for _, data in read_stream(body, "a stream")]
    except NotJSON:
        return []


def run_of(body: bytes) -> str:
    """The id of the first run in a body."""
    return next((str(one["id"]) for value in values(body) for one in _objects(value) if _is_run(one)), "")


def courses(interactions: Iterable[Interaction]) -> dict[str, Course]:
    """The course of every run, by its id."""
    found: dict[str, Course] = {}
    for one in interactions:
        asked = json_of(one.request.body)
        gives = isinstance(asked, dict) and ("tool_outputs" in asked or asked.get("tool_output"))
        run_id = run_of(one.response.body if one.response else b"")
        if gives and run_id in found:
            found[run_id].waiting = False
        for value in values(one.response.body) if one.response else ():
            for thing in _objects(value):
                run_id = _take(found, thing, run_id)
    return found


def _take(found: dict[str, Course], thing: dict[str, Any], run_id: str) -> str:
    """What one object tells; the run that it is about, or the one before."""
    run_id = str(thing["id"] if _is_run(thing) else thing.get("run_id") or run_id)
    kind = str(thing.get("object") or thing.get("type") or thing.get("event_type"))
    if run_id and kind in _TELLS:
        _TELLS[kind](found.setdefault(run_id, Course()), thing)
    return run_id


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside a value, outermost first."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(inner)


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _is_run(thing: Mapping[str, Any]) -> bool:
    return thing.get("object") in ("thread.run", "run.result") and isinstance(thing.get("id"), str)


def _of_run(course: Course, run: dict[str, Any]) -> None:
    status = run.get("status")
    if status == "queued":
        course.waiting = False
    elif status == "requires_action":  # the answer to a submit has its calls too
        course.call(_dicts(_dict(_dict(run.get("required_action")).get("submit_tool_outputs")).get("tool_calls")))
    elif status in _ENDS:
        if status == "incomplete" and course.turns and isinstance(course.turns[-1], Says):
            course.turns.pop()
        course.add(_ENDS[str(status)](_dict(run.get("last_error"))), "the end")
    if answer := _dict(_dict(run.get("final_answer")).get("message")):
        course.add(Says(_WORDS), str(answer.get("message_id")))


def _of_step(course: Course, step: dict[str, Any]) -> None:
    for call in _dicts(_dict(step.get("step_details")).get("tool_calls")):
        tool = str(call.get("type"))
        told = _dict(call.get(tool) or call.get("plugin_name"))
        if tool != "function" and "output" in told:
            course.add(Uses(tool, str(told.get("arguments", "")), str(told["output"])), str(step.get("id")))


def _of_message(course: Course, message: dict[str, Any]) -> None:
    if message.get("role") == "assistant" and message.get("content"):
        course.add(Says(_WORDS), str(message.get("id")))


def _of_creation(course: Course, details: dict[str, Any]) -> None:
    if told := _dict(details.get("message_creation")):
        course.add(Says(_WORDS), str(told.get("message_id")))


_WORDS = "…"
_ENDS: Mapping[str, Callable[[dict[str, Any]], Item]] = {
    "failed": lambda error: Fails(str(error.get("code") or error.get("type")), str(error.get("message"))),
    "cancelled": lambda error: Ends("cancelled"),
    "expired": lambda error: Ends("expired"),
    "incomplete": lambda error: Incomplete(_WORDS),
}
_TELLS: Mapping[str, Callable[[Course, dict[str, Any]], None]] = {
    "thread.run": _of_run,
    "run.result": _of_run,
    "thread.run.step": _of_step,
    "thread.message": _of_message,
    "message_creation": _of_creation,
    "tool_calls": lambda course, told: course.call(_dicts(told.get("tool_calls"))),
}
"""How an object of a kind tells what a run did."""
