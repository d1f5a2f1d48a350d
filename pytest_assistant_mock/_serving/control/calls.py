"""
The calls of the control API, one row each: method, path, what it does, what it takes, what it answers.

Routing, checking and the OpenAPI document are made from these rows; there is no other list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pytest_assistant_mock._serving.control import acts
from pytest_assistant_mock._serving.control.acts import Asked
from pytest_assistant_mock._serving.control.fields import Fields, Schema
from pytest_assistant_mock._serving.control.words import TURNS
from pytest_assistant_mock.faults import FAULTS

Act: TypeAlias = Callable[[Asked], Any]


@dataclass(frozen=True)
class Call:
    """
    One call.

    takes: the fields of its body; needs: those that must be there. query: its parameters. answers: the fields of its answer;
    `optional`: those that may be missing. free: whether no key is asked for. of_a_world: whether a session may be meant.
    """

    method: str
    path: str
    act: Act
    summary: str
    takes: Fields = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    query: Fields = field(default_factory=dict)
    answers: Fields = field(default_factory=dict)
    optional: tuple[str, ...] = ()
    free: bool = False
    of_a_world: bool = True

    @property
    def name(self) -> str:
        """What it is called in the OpenAPI document, and in the events: "seed", "delete_exchanges"."""
        return self.act.__name__

    @property
    def changes(self) -> bool:
        """Whether it changes what the fake holds."""
        return self.method != "GET" and self.path != "/verify"


def _of(kind: Any, about: str, **more: Any) -> Schema:
    return {"type": kind, "description": about, **more}


_TEXT = {"type": "string"}
_OBJECTS = {"type": "array", "items": {"type": "object"}}
_IDS = {"type": "array", "items": _TEXT}
VENDOR = _of("string", "The vendor's name, as health lists it; without it, both.")
_TIMES = _of(["integer", "null"], "How often; null: always.")
_OPTIONAL = _of("boolean", "Whether verify stays silent if it is never used.")
_ON = _of(["string", "null"], "The operation it is for; null: every one.")
_VENDORS = {"vendors": _of("array", "The vendors it was done at.", items=_TEXT)}
_NOW = {"now_ms": _of("integer", "The mock's time, in milliseconds since 1970.")}
_TURN = {
    "anyOf": [
        {"type": "string"},
        {"type": "object", "description": f"One of {', '.join(TURNS)}, and what the function of this name takes."},
        {"type": "array", "description": "Calls that are made at once.", "items": {"type": "object"}},
    ]
}
_FAULT = {
    "description": f"A fault, or an object of a fault and what it takes. The faults: {', '.join(FAULTS)}.",
    "anyOf": [{"type": "string"}, {"type": "object", "minProperties": 1, "maxProperties": 1}],
}
_SEEDS = {
    "type": "object",
    "properties": {"assistants": _OBJECTS, "files": _OBJECTS, "threads": _OBJECTS},
    "additionalProperties": False,
}
_HELD = {
    "type": "object",
    "properties": {"assistants": _OBJECTS, "threads": _OBJECTS, "runs": _OBJECTS, "files": _OBJECTS},
    "required": ["assistants", "threads", "runs", "files"],
}
_STORED = {"type": "object", "properties": {"assistants": _IDS, "files": _IDS, "threads": _OBJECTS}}
_EXCHANGE = {
    "type": "object",
    "properties": {
        "number": _of("integer", "Counts the exchanges of both vendors; never given twice."),
        "vendor": _TEXT,
        "operation": _of(["string", "null"], "null: no route was found."),
        "request": _of("object", "method, url, headers, and the body as json, or as text where it is none."),
        "response": _of(["object", "null"], "status, headers and the body that the client was sent; null: none came."),
        "failure": _of(["string", "null"], "How the connection broke, if it did."),
        "faults": _of("array", "The faults that struck.", items=_TEXT),
        "ended": _of("boolean", "Whether no more of the response comes."),
    },
    "required": ["number", "vendor", "operation", "request", "response", "failure", "faults", "ended"],
}


def by_vendor(schema: Schema, vendors: Mapping[str, Any]) -> Fields:
    """The same for each vendor."""
    return dict.fromkeys(vendors, schema)


def calls(vendors: Mapping[str, Any]) -> tuple[Call, ...]:
    """The rows, for these vendors."""
    vendor = {"vendor": {**VENDOR, "enum": list(vendors)}}
    return (*_of_what_is_held(vendors, vendor), *_of_what_is_arranged(vendor), *_of_what_happened(vendor), *_OF_WORLDS)


def _of_what_is_held(vendors: Mapping[str, Any], vendor: Fields) -> tuple[Call, ...]:
    world = {**by_vendor(_HELD, vendors), **_NOW}
    return (
        Call("GET", "/health", acts.health, "The version, the vendors, their base URLs.", free=True, of_a_world=False, answers={
            "status": _of("string", "ok"), "version": _TEXT, "vendors": _IDS, "base_urls": _of("object", "By vendor."),
        }),
        Call("POST", "/reset", acts.reset, "Forget everything: threads, scripts, faults, exchanges. The first id comes next."),
        Call("POST", "/seed", acts.seed, "Store assistants, files, threads and messages, or nothing if one of them is wrong.",
             takes=by_vendor(_SEEDS, vendors), answers=by_vendor(_STORED, vendors), optional=tuple(vendors)),
        Call("GET", "/state", acts.state, "Assistants, threads with their messages, runs with their steps, files.",
             query=vendor, answers=world, optional=tuple(vendors)),
    )  # fmt: skip


def _of_what_is_arranged(vendor: Fields) -> tuple[Call, ...]:
    return (
        Call("POST", "/script", acts.script, "Say what the assistant does in the next run.", takes={
            **vendor,
            "turns": _of("array", "What the assistant does, one by one.", items=_TURN, minItems=1),
            "when": _of(["string", "null"], "A text of the last message; null: every run."),
            "assistant": _of(["string", "null"], "The id of the assistant whose runs take it; null: any."),
            "times": _TIMES, "optional": _OPTIONAL,
        }, needs=("turns",), answers={"script": _TEXT, **_VENDORS}),
        Call("POST", "/fail", acts.fail, "Let a fault strike.", takes={
            **vendor, "fault": _FAULT, "on": _ON, "times": _TIMES, "after": _of("integer", "So many requests pass before it."),
            "optional": _OPTIONAL,
        }, needs=("fault",), answers={"fault": _TEXT, **_VENDORS}),
        Call("POST", "/limit", acts.limit, "Admit each key so many requests in so many seconds of the mock's clock.", takes={
            **vendor, "requests": _of("integer", "How many requests."), "per": _of("number", "In how many seconds."), "on": _ON,
        }, needs=("requests", "per"), answers=_VENDORS),
        Call("POST", "/keys", acts.keys, "Know these keys and no others.", takes={
            **vendor, "keys": _of(["array", "object"], "Keys; in an object, each with its workspaces, or null for any."),
        }, needs=("keys",), answers=_VENDORS),
        Call("POST", "/reply", acts.reply, "Answer an operation in the fake's place.", takes={
            **vendor,
            "operation": _of("string", "One of the vendor's, or METHOD /path below its base URL."),
            "status": _of("integer", "The status; 200 unless given."),
            "headers": _of("object", "Headers by name."),
            "json": {"description": "The body, as JSON."},
            "text": _of("string", "The body, as text."),
            "times": _TIMES, "optional": _OPTIONAL,
            "check": _of("boolean", "Whether it must keep the vendor's contract; true unless given."),
        }, needs=("vendor", "operation"), answers={"operation": _TEXT, **_VENDORS}),
        Call("POST", "/clock", acts.clock, "Move the mock's clock, stop it, or let it go on.", takes={
            "advance": _of("number", "Move on by so many seconds."),
            "freeze": _of(["string", "integer", "null"], "Stop: at a time (ISO 8601, or milliseconds), or now (null)."),
            "unfreeze": _of("boolean", "true: go on."),
        }, answers=_NOW),
    )  # fmt: skip


def _of_what_happened(vendor: Fields) -> tuple[Call, ...]:
    return (
        Call("GET", "/exchanges", acts.exchanges, "What was asked and answered, oldest first; secrets are hidden.", query={
            **vendor, "operation": _of("string", "Those of one operation."),
            "since": _of("string", "Those after the exchange of this number.", pattern="^[0-9]{1,18}$"),
        }, answers={"exchanges": {"type": "array", "items": _EXCHANGE}, "last": _of("integer", "The newest one's number.")}),
        Call("DELETE", "/exchanges", acts.forget_exchanges, "Forget the exchanges; all else stays."),
        Call("POST", "/verify", acts.verify, "409 if a test would fail with what has happened; it changes nothing.", takes={
            "contract": _of("string", "Whether a broken contract counts; fail unless given.", enum=["fail", "off"]),
        }, answers={"dropped": _of("object", "How many older exchanges were not judged, by vendor.")}, optional=("dropped",)),
    )  # fmt: skip


_OF_WORLDS = (
    Call("POST", "/snapshot", acts.snapshot, "Remember everything as it is now.", answers={"id": _TEXT}),
    Call("POST", "/restore/{id}", acts.restore, "Make everything as it was at a snapshot, as often as you like."),
    Call("DELETE", "/snapshot/{id}", acts.forget_snapshot, "Forget a snapshot."),
    Call("GET", "/sessions", acts.sessions, "The names of the sessions.", answers={"sessions": _IDS}, of_a_world=False),
    Call("POST", "/sessions", acts.make_session, "Make a session, and say which keys it answers.", takes={
        "name": _of("string", "Its name: 1 to 200 printable ASCII characters."),
        "keys": _of("array", "Requests with one of these keys belong to it.", items=_TEXT),
    }, needs=("name",), answers={"name": _TEXT}, of_a_world=False),
    Call("DELETE", "/sessions/{name}", acts.delete_session, "Forget a session and all it holds.", of_a_world=False),
    Call("POST", "/save", acts.save, "Write down what is being recorded.", answers={
        "cassette": _of("string", "The file."),
        "problem": _of(["string", "null"], "What is said of calls that are not in it; null if all are."),
    }),
)  # fmt: skip
