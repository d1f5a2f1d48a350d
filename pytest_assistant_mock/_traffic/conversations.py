"""
Exchanges as conversations, one a thread: who said what, which tool was called with what and got what, how each run ended.

Reads the objects that every vendor prints; trusts none of them. Knows no vendor, and hides nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pytest_assistant_mock._engine.kinds.runs import ENDED
from pytest_assistant_mock._engine.sse import is_event_stream
from pytest_assistant_mock._engine.wire import Exchange, Failure
from pytest_assistant_mock._traffic.events import data_of, texts

Sent: TypeAlias = Callable[[Exchange], Mapping[str, Any]]


@dataclass
class Said:
    """A message. id: "" until an answer has named it. ended: whether all of it has come."""

    who: str
    text: str
    id: str = ""
    run: str = ""
    files: tuple[str, ...] = ()


@dataclass
class Called:
    """A call of a tool; its output is None before there is one."""

    run: str
    id: str
    name: str
    arguments: str
    output: str | None = None


@dataclass
class Ran:
    """A run as it was last seen: it stands behind all that it said and called."""

    run: str
    status: str = ""
    error: str = ""


Entry: TypeAlias = Said | Called | Ran


@dataclass
class Conversation:
    """One thread of one vendor, in order."""

    vendor: str
    thread: str
    entries: list[Entry] = field(default_factory=list)
    _messages: dict[str, Said] = field(default_factory=dict, repr=False)
    _unnamed: list[Said] = field(default_factory=list, repr=False)
    _calls: dict[str, Called] = field(default_factory=dict, repr=False)
    _runs: dict[str, Ran] = field(default_factory=dict, repr=False)

    @property
    def has_run(self) -> bool:
        """Whether an assistant was asked to answer in it."""
        return bool(self._runs)

    def said(self, said: Said, before: str = "") -> Said:
        """Add a message, or find the one that it is. before: a run that it was said before, though it is heard of later."""
        known = self._messages.get(said.id) if said.id else None
        known = known or next((one for one in self._unnamed if (one.who, one.text) == (said.who, said.text)), None)
        if known is None:
            self._add(said, said.run, before)
            known = said
        known.id, known.run = known.id or said.id, known.run or said.run
        known.text, known.files = said.text or known.text, said.files or known.files
        if known.id:
            self._messages[known.id] = known
            self._unnamed = [one for one in self._unnamed if one is not known]
        else:
            self._unnamed.append(known)
        return known

    def message(self, id: str) -> Said | None:
        """A message that is known."""
        return self._messages.get(id)

    def called(self, called: Called) -> None:
        """Add a call, or what is new of it."""
        known = self._calls.get(called.id) if called.id else None
        if known is not None:
            known.arguments = called.arguments or known.arguments
            known.output = known.output if called.output is None else called.output
            return
        self._calls[called.id] = called
        answers = [at for at, one in enumerate(self.entries) if isinstance(one, Said) and one.run == called.run != ""]
        if answers and self.ran(called.run).status in ENDED:  # found in the steps, after the answer
            self.entries.insert(answers[-1], called)
        else:
            self._add(called, called.run)

    def call(self, id: str) -> Called | None:
        """A call that is known."""
        return self._calls.get(id)

    def ran(self, run: str) -> Ran:
        """A run, added at the end if it is new."""
        found = self._runs.get(run)
        if found is None:
            found = self._runs[run] = Ran(run)
            self.entries.append(found)
        return found

    def _add(self, entry: Entry, run: str, before: str = "") -> None:
        """Put an entry in front of all that belongs to a run, or of what stands at the end of its own; or else at the end."""
        if before in self._runs:
            at = next(at for at, one in enumerate(self.entries) if one.run == before)
        elif run in self._runs:
            at = next(at for at, one in enumerate(self.entries) if one is self._runs[run])
        else:
            at = len(self.entries)
        self.entries.insert(at, entry)


def conversations(exchanges: Iterable[Exchange], sent: Sent) -> list[Conversation]:
    """The conversations that some exchanges tell of, by thread, in the order they are met."""
    reader = _Reader()
    for exchange in exchanges:
        reader.read(exchange, sent(exchange))
    return [one for one in reader.found.values() if one.entries]


class _Reader:
    """Goes through exchanges, and keeps what they tell."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], Conversation] = {}
        self._threads: dict[tuple[str, str], str] = {}  # of each run, which not every object about it names

    def read(self, exchange: Exchange, fields: Mapping[str, Any]) -> None:
        """Take in one exchange."""
        answers = list(_answers(exchange))
        if any(_error(answer) for answer in answers[:1]):
            return
        about = _About(exchange.vendor, _text(fields, "thread_id"), _text(fields, "run_id"))
        if not about.thread:
            about.thread = next((found for one in answers if (found := self._thread_in(about, one))), "")
        about.run = about.run or next((found for one in answers if (found := _run_in(one))), "")
        self._read_sent(about, fields)
        for answer in answers:
            items = [*_dicts(answer.get("data")), *_dicts(answer.get("messages"))]
            for item in sorted(items, key=_time) or [answer]:
                self._read_object(about, item)

    def _thread_in(self, about: _About, answer: Mapping[str, Any]) -> str:
        kind = answer.get("object")
        own = _text(answer, "id") if kind == "thread" or _text(answer, "id").startswith("thread") else ""
        inner = _inside(answer, "details", "run_object")
        return own or _text(answer, "thread_id") or _text(inner, "thread_id") or self._threads.get((about.vendor, about.run), "")

    def _read_sent(self, about: _About, fields: Mapping[str, Any]) -> None:
        """What only the request says: the messages a thread begins with, and outputs."""
        begins = _dicts(fields.get("messages")) or _dicts(_inside(fields, "thread").get("messages"))
        for message in begins if about.thread else ():
            self._of(about).said(Said(_text(message, "role") or "user", _content(message), files=_files(message)), about.run)
        for output in [*_dicts(fields.get("tool_outputs")), *_dicts([fields.get("tool_output")])]:
            call = self._of(about).call(_text(output, "tool_call_id"))
            if call is not None:
                call.output = _text(output, "output")

    def _read_object(self, about: _About, thing: Mapping[str, Any]) -> None:
        """One object of an answer: what it is, its fields say."""
        if _is_step(thing):
            self._calls(about, _text(thing, "run_id"), _dicts(_inside(thing, "step_details").get("tool_calls")))
        elif _is_run(thing):
            self._run(about, thing)
        elif "delta" in thing:
            self._piece(about, _text(thing, "id"), "".join(texts([thing["delta"]])))
        elif "send_id" in thing:
            self._status(about, thing)
        elif "role" in thing and "content" in thing:
            self._message(about, thing)

    def _of(self, about: _About, thread: str = "") -> Conversation:
        thread = thread or about.thread
        return self.found.setdefault((about.vendor, thread), Conversation(about.vendor, thread))

    def _message(self, about: _About, message: Mapping[str, Any]) -> None:
        said = Said(_text(message, "role"), _content(message), _text(message, "id"), _text(message, "run_id"), _files(message))
        if said.text or said.files:
            self._of(about, _text(message, "thread_id")).said(said)

    def _run(self, about: _About, run: Mapping[str, Any]) -> None:
        id, thread = _text(run, "id"), _text(run, "thread_id") or about.thread
        about.run, about.thread = id, thread
        self._threads[(about.vendor, id)] = thread
        ran = self._of(about).ran(id)
        ran.status = _text(run, "status") or ran.status
        error = _inside(run, "last_error")
        ran.error = ": ".join(filter(None, (_text(error, "code") or _text(error, "type"), _text(error, "message"))))
        self._calls(about, id, _dicts(_inside(run, "required_action", "submit_tool_outputs").get("tool_calls")))
        answer = _inside(run, "final_answer", "message")
        if answer:
            self._of(about).said(Said("assistant", _content(answer), _text(answer, "message_id"), id))

    def _calls(self, about: _About, run: str, calls: Sequence[Mapping[str, Any]]) -> None:
        for call in calls:
            kind = _text(call, "type") or "function"
            what = _inside(call, kind)
            output = what.get("output", what.get("outputs"))
            name = _text(what, "name") or kind
            arguments = _text(what, "arguments") or _text(what, "input")
            self._of(about).called(Called(run or about.run, _text(call, "id"), name, arguments, _shown(output)))

    def _piece(self, about: _About, id: str, text: str) -> None:
        """A piece of a message: its text grows."""
        if not id or not text:
            return
        talk = self._of(about)
        known = talk.message(id) or talk.said(Said("assistant", "", id, about.run))
        known.text += text

    def _status(self, about: _About, event: Mapping[str, Any]) -> None:
        """An event that counts itself: a piece of a message, or what became of the run."""
        details = _inside(event, "details")
        if "message_id" in event:
            self._piece(about, _text(event, "message_id"), _content(event))
        if run := _inside(details, "run_object"):
            self._run(about, {**run, "status": _text(run, "status") or _text(event, "status")})
            if error := _text(_inside(details, "error_info"), "message"):
                self._of(about).ran(about.run).error = error
        self._calls(about, about.run, _dicts(details.get("tool_calls")))
        if "tool_calls" in details and about.run:
            self._of(about).ran(about.run).status = _text(event, "status")


@dataclass
class _About:
    """What an exchange is about, as far as it has said so."""

    vendor: str
    thread: str
    run: str


def _answers(exchange: Exchange) -> Iterator[dict[str, Any]]:
    response = exchange.response
    if response is None:
        return
    arrived = response.body[: exchange.reply.after_bytes] if isinstance(exchange.reply, Failure) else response.body
    if is_event_stream(response.headers):
        yield from data_of(arrived)
        return
    try:
        value = response.json() if arrived == response.body else None
    except (ValueError, RecursionError):
        value = None
    yield from _dicts([value])


def _error(answer: Mapping[str, Any]) -> bool:
    return bool(_inside(answer, "error")) or ("code" in answer and "message" in answer and "id" not in answer)


def _is_run(thing: Mapping[str, Any]) -> bool:
    return "status" in thing and ("required_action" in thing or "thread_id" in thing) and "role" not in thing and "id" in thing


def _run_in(answer: Mapping[str, Any]) -> str:
    return _text(answer if _is_run(answer) else _inside(answer, "details", "run_object"), "id")


def _is_step(thing: Mapping[str, Any]) -> bool:
    return "step_details" in thing


def _inside(thing: Any, *path: str) -> dict[str, Any]:
    for name in path:
        thing = thing.get(name) if isinstance(thing, Mapping) else None
    return dict(thing) if isinstance(thing, Mapping) else {}


def _text(thing: Mapping[str, Any], name: str) -> str:
    found = thing.get(name)
    return found if isinstance(found, str) else ""


def _shown(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _content(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    return content if isinstance(content, str) else "".join(texts([message]))


def _files(message: Mapping[str, Any]) -> tuple[str, ...]:
    found = message.get("file_ids")
    return tuple(one for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def _time(item: Mapping[str, Any]) -> float:
    found = item.get("created_at")
    return found if isinstance(found, int | float) else 0
