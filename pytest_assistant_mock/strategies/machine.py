"""
AssistantMachine: a state machine that checks a client against the fake, with a plain list a thread as its model.

A user subclasses it and says how their client does each thing. Knows no client.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pytest_assistant_mock import turns
from pytest_assistant_mock._mock.recording import command_line
from pytest_assistant_mock._vendors import REVISIONS
from pytest_assistant_mock.strategies import values
from pytest_assistant_mock.strategies.scripts import Script, script
from pytest_assistant_mock.strategies.vendor_names import vendor_of

TOOLS: list[dict[str, Any]] = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": fields}}}
    for name, fields in (("get_weather", {"city": {"type": "string"}, "day": {"type": "integer"}}), ("look_up", {}))
]
"""What the assistant of a machine is given."""
_WHICH = st.integers(0, 50)
"""Which of the things that exist: counted round, so there is always one to act on."""


@dataclass(slots=True)
class ModelMessage:
    """What the machine believes a message to be."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of one run: what the client said, and what the service holds."""

    answer: str
    status: str
    called: list[tuple[str, Any]]
    outputs: list[str | None]
    steps: list[tuple[str, str, list[str]]]
    messages: list[tuple[str, str]]


class _GivenUp(Exception):
    """The code under test has a function that fails."""


def _give_up(name: str, arguments: str) -> str:
    raise _GivenUp(name)


def output_of(call: tuple[str, Any]) -> str:
    """What a function returns: another text for each call."""
    return f"{call[0]}: {json.dumps(call[1], ensure_ascii=False, sort_keys=True)}"


def said(script: Script) -> list[str]:
    """What an assistant says in a run of the script."""
    return [turn.text for turn in script if isinstance(turn, turns.Says)]


class AssistantMachine(RuleBasedStateMachine):
    """
    Subclass it, set `vendor`, and write `create_thread`, `create_message`, `list_messages`; the others are optional.

    Each run opens a fresh mock; `self.handle` looks into it. `TestMyClient = MyMachine.TestCase` has pytest run it.
    Under `--assistant-source=live`, and only then, the client asks the real service, which is seen through the client alone.
    """

    vendor: ClassVar[str] = REVISIONS["2025"][0].name
    options: ClassVar[dict[str, Any]] = {}

    # What the client does

    def create_thread(self) -> str:
        """Make a thread; returns its id."""
        raise TypeError(f"{type(self).__name__} must define create_thread(self) -> id")

    def create_message(self, thread_id: str, text: str) -> str:
        """Post a user's message; returns its id."""
        raise TypeError(f"{type(self).__name__} must define create_message(self, thread_id, text) -> id")

    def list_messages(self, thread_id: str, *, limit: int, order: str) -> Sequence[tuple[str, str]]:
        """The first page of a thread's messages: pairs of id and text."""
        raise TypeError(f"{type(self).__name__} must define list_messages(self, thread_id, *, limit, order) -> [(id, text)]")

    retrieve_message: Any = None
    """retrieve_message(self, thread_id, message_id) -> text, if the client can."""

    update_message: Any = None
    """update_message(self, thread_id, message_id, text), if the client and the vendor can (AppBuilder)."""

    delete_thread: Any = None
    """delete_thread(self, thread_id), if the client can."""

    create_run: Any = None
    """
    create_run(self, thread_id, assistant_id, *, stream, answer) -> text, if the client can: run the assistant to its end, read
    as a stream or polled, and return what it said, "" for nothing. answer(name, arguments) is the output of a call, as text.
    """

    cancel_run: Any = None
    """cancel_run(self, thread_id, run_id), if the client can."""

    # What the machine does

    def __init__(self) -> None:
        from pytest_assistant_mock._mock.mock import AssistantMock

        super().__init__()
        self.live = command_line.source == "live"
        self.mock = AssistantMock(**{**self.options, **({"source": "live"} if self.live else {})})
        self.handle = getattr(self.mock, self.vendor)
        if self.cancel_run is not None and not self.live:
            self._allow_cancel()
        self.model: dict[str, list[ModelMessage]] = {}
        self.mock.__enter__()

    def _allow_cancel(self) -> None:
        if any(route.operation == "cancel_run" and route.switch for route in vendor_of(self.vendor).routes):
            self.handle.allow("cancel_run")

    def teardown(self) -> None:
        """Close the mock."""
        self.mock.__exit__(None, None, None)

    @initialize()
    def begin(self) -> None:
        """There is always a thread."""
        self.model[self.create_thread()] = []

    @rule()
    def new_thread(self) -> None:
        """Another thread has an id of its own."""
        thread_id = self.create_thread()
        assert thread_id not in self.model, f"{thread_id} was given to a second thread"
        self.model[thread_id] = []

    @rule(which=_WHICH, text=values.text(max_size=50, blank=False))
    def post(self, which: int, text: str) -> None:
        """A message posted is stored as it was written."""
        thread_id = self._thread(which)
        message_id = self.create_message(thread_id, text)
        assert self._last(thread_id) == (message_id, text)
        self.model[thread_id].append(ModelMessage(message_id, text))

    @rule(which=_WHICH, limit=st.integers(1, 20), order=st.sampled_from(["asc", "desc"]))
    def page(self, which: int, limit: int, order: str) -> None:
        """A page shows the first messages in the order asked for."""
        thread_id = self._thread(which)
        expected = [(message.id, message.text) for message in self.model[thread_id]]
        if order == "desc":
            expected.reverse()
        assert list(self.list_messages(thread_id, limit=limit, order=order)) == expected[:limit]

    @precondition(lambda self: self.retrieve_message is not None and self._messages())
    @rule(which=_WHICH)
    def look(self, which: int) -> None:
        """A message retrieved has the text it was given."""
        thread_id, message = self._message(which)
        assert self.retrieve_message(thread_id, message.id) == message.text

    @precondition(lambda self: self.update_message is not None and self._messages())
    @rule(which=_WHICH, text=values.text(max_size=50, blank=False))
    def change(self, which: int, text: str) -> None:
        """An update changes its message and no other (the invariant sees to that)."""
        thread_id, message = self._message(which)
        self.update_message(thread_id, message.id, text)
        message.text = text

    @precondition(lambda self: self.delete_thread is not None and len(self.model) > 1)
    @rule(which=_WHICH)
    def forget(self, which: int) -> None:
        """A deleted thread is gone."""
        thread_id = self._thread(which)
        self.delete_thread(thread_id)
        del self.model[thread_id]

    @precondition(lambda self: self.create_run is not None and not self.live)
    @rule(script=script(TOOLS), text=values.text(max_size=20, blank=False))
    def converse(self, script: Script, text: str) -> None:
        """A run that is read from a stream ends as one that is polled: the same answer, the same steps, the same messages."""
        polled, streamed = (self._seen(script, text, stream) for stream in (False, True))
        assert streamed == polled, f"streamed: {streamed}\npolled: {polled}"
        assert polled.outputs == [output_of(call) for call in polled.called]
        if polled.status == "completed":
            assert polled.answer == said(script)[-1]

    @precondition(lambda self: self.create_run is not None and self.cancel_run is not None and not self.live)
    @rule(text=values.text(max_size=20, blank=False))
    def break_off(self, text: str) -> None:
        """A run that is given up while it waits for outputs, and cancelled, is cancelled."""
        self.handle.script([turns.calls("look_up")], "a")
        thread_id = self._asked(text)
        try:
            self.create_run(thread_id, self._assistant(), stream=False, answer=_give_up)
        except _GivenUp:
            self.cancel_run(thread_id, self.handle.runs(thread_id)[-1].id)
        assert self.handle.runs(thread_id)[-1].status == "cancelled"

    def _assistant(self) -> str:
        known = self.handle.assistants() or [self.handle.add_assistant(model="m", tools=TOOLS)]
        return str(known[0].id)

    def _asked(self, text: str) -> str:
        """A thread of its own with one message."""
        thread_id = self.create_thread()
        self.model[thread_id] = [ModelMessage(self.create_message(thread_id, text), text)]
        return thread_id

    def _seen(self, script: Script, text: str, stream: bool) -> Seen:
        self.handle.script(*script)
        thread_id, called = self._asked(text), []

        def answer(name: str, arguments: str) -> str:
            called.append((name, json.loads(arguments or "{}")))
            return output_of(called[-1])

        answered = self.create_run(thread_id, self._assistant(), stream=stream, answer=answer)
        (run,) = self.handle.runs(thread_id)
        messages = self.handle.messages(thread_id)
        self.model[thread_id] += [
            ModelMessage(one.id, one_said) for one, one_said in zip(messages[1:], said(script), strict=True)
        ]
        steps = [(step.type, step.status, [call.name for call in step.calls]) for step in self.handle.steps(run)]
        outputs = [call.output for call in run.calls]
        return Seen(answered, run.status, called, outputs, steps, [(one.role, one.text) for one in messages])

    @invariant()
    def the_service_holds_what_the_model_holds(self) -> None:
        """Nothing lost, nothing doubled, nothing else."""
        if self.live:
            return  # nobody can look into the real service; its pages are looked at
        stored = {one.id: [(m.id, m.text) for m in self.handle.messages(one)] for one in self.handle.threads()}
        assert stored == {one: [(m.id, m.text) for m in messages] for one, messages in self.model.items()}

    def _last(self, thread_id: str) -> tuple[str, str]:
        if self.live:
            message_id, text = self.list_messages(thread_id, limit=1, order="desc")[0]
            return message_id, text
        stored = self.handle.messages(thread_id)[-1]
        return stored.id, stored.text

    def _thread(self, which: int) -> str:
        return list(self.model)[which % len(self.model)]

    def _messages(self) -> list[tuple[str, ModelMessage]]:
        return [(thread_id, message) for thread_id, messages in self.model.items() for message in messages]

    def _message(self, which: int) -> tuple[str, ModelMessage]:
        messages = self._messages()
        return messages[which % len(messages)]
