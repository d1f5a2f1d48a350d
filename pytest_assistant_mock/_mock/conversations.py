"""
The part of a handle that says what assistants do, and looks at what they did: assistants, scripts, runs, steps, files.

Hands out copies only; knows no vendor by name.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, TypeAlias

from pytest_assistant_mock._engine import checks
from pytest_assistant_mock._engine.habits import Habits
from pytest_assistant_mock._engine.kinds.assistants import ASSISTANT, Assistant, create_assistant
from pytest_assistant_mock._engine.kinds.files import FILE, File, add_file
from pytest_assistant_mock._engine.kinds.performances import PERFORMANCE
from pytest_assistant_mock._engine.kinds.runs import RUN, STEP, Step
from pytest_assistant_mock._engine.run_view import Run, view
from pytest_assistant_mock._engine.turns import Calls, Function, Item, Never, Says, Script, Turn, Uses, When
from pytest_assistant_mock._engine.wire import Refusal
from pytest_assistant_mock._mock.arguments import count, ids, json_object
from pytest_assistant_mock._mock.fake import Fake
from pytest_assistant_mock._mock.objects import Objects, Ref, id_of
from pytest_assistant_mock.errors import nearest

__tracebackhide__ = True  # a failing test shows its own line

Given: TypeAlias = str | Turn | Sequence[Calls] | Function
"""What a script takes: a text, a turn, a list of calls that are made at once, or a function of the run."""


class Conversations:
    """One vendor's assistants and their runs, as a test scripts and sees them."""

    def __init__(self, fake: Fake, objects: Objects) -> None:
        self._fake = fake
        self._objects = objects

    def add_assistant(self, id: str | None, tools: object, file_ids: Sequence[str], metadata: Any, **texts: object) -> Assistant:
        """A new assistant, seen by every key. Raises ValueError for an id that is taken."""
        fields = {name: checks.text(name, text) for name, text in texts.items()}
        given = {"tools": _tools(tools), "file_ids": ids("file_ids", file_ids), "metadata": json_object("metadata", metadata)}
        with self._fake.lock:
            state = self._fake.state
            self._objects.check_free(id)
            return _copied(create_assistant(state, id=id, **fields, **given))

    def assistants(self) -> list[Assistant]:
        """All assistants, oldest first."""
        with self._fake.lock:
            return [_copied(assistant) for assistant in self._fake.state[ASSISTANT].of()]

    def add_file(self, name: str, content: object, id: str | None) -> File:
        """A new file, seen by every key. Raises ValueError for an id that is taken."""
        checks.text("name", name)
        if not name:
            raise ValueError("name='': expected a file's name")
        if not isinstance(content, bytes | str):
            raise TypeError(f"content is {type(content).__name__}, expected bytes or str")
        with self._fake.lock:
            state = self._fake.state
            self._objects.check_free(id)
            return add_file(state, name, content.encode() if isinstance(content, str) else content, id=id)

    def files(self) -> list[File]:
        """All uploaded files, oldest first."""
        with self._fake.lock:
            return list(self._fake.state[FILE].of())

    def script(
        self, turns: Sequence[Given], when: When, assistant: Ref | None, times: int | None, optional: bool, text: str
    ) -> Script:
        """Add a script. Raises TypeError or ValueError for a wrong turn or an unknown assistant."""
        vendor = self._fake.vendor
        if not turns:
            raise TypeError(f'script() says nothing: {vendor.name}.script("晴,24 度")')
        items = tuple(_item(one, vendor.name, vendor.habits) for one in turns)
        script = Script(items, _when(when), None, count("times", times, 1, "None: always"), bool(optional), text=text)
        with self._fake.lock:
            state = self._fake.state
            if assistant is not None:
                script.assistant = self._assistant(assistant)
            state.scripts.append(script)
        return script

    def runs(self, thread: Ref | None) -> list[Run]:
        """All runs, or those of one thread, oldest first. Raises ValueError if there is no such thread."""
        with self._fake.lock:
            state = self._fake.state
            stored = state[RUN].of(self._objects.thread(thread).id if thread is not None else "")
            found = [view(state, run, state[PERFORMANCE].get(run.id).history) for run in stored]
            return [replace(run, metadata=deepcopy(run.metadata), tools=deepcopy(run.tools)) for run in found]

    def steps(self, run: Ref) -> list[Step]:
        """The steps of a run, oldest first. Raises ValueError if there is no such run."""
        wanted = id_of(run, "run")
        with self._fake.lock:
            state = self._fake.state
            try:
                state[RUN].get(wanted)
            except Refusal:
                raise ValueError(_unknown(self._fake.vendor.name, "run", wanted, [one.id for one in state[RUN].of()])) from None
            return list(state[STEP].of(wanted))

    def allow(self, operation: object) -> None:
        """Let an operation that the vendor says does not exist be answered. Raises ValueError for any other."""
        vendor = self._fake.vendor
        switches = [route.operation for route in vendor.routes if route.switch]
        if operation not in switches:
            listed = f"; expected {' or '.join(map(repr, switches))}" if switches else "; it has no operation to allow"
            raise ValueError(f"{vendor.name}.allow({operation!r}){nearest(str(operation), switches)}{listed}")
        with self._fake.lock:
            self._fake.trouble.allowed.add(str(operation))

    def _assistant(self, assistant: Ref) -> str:
        wanted, known = id_of(assistant, "assistant"), [one.id for one in self._fake.state[ASSISTANT].of()]
        if wanted not in known:
            raise ValueError(_unknown(self._fake.vendor.name, "assistant", wanted, known))
        return wanted


def _unknown(vendor: str, kind: str, wanted: str, known: Sequence[str]) -> str:
    listed = f"it has {', '.join(known[:5])}{', …' if len(known) > 5 else ''}" if known else "it has none yet"
    return f"{vendor} has no {kind} {wanted!r}{nearest(wanted, known)}; {listed}"


def _copied(assistant: Assistant) -> Assistant:
    return replace(assistant, tools=deepcopy(assistant.tools), metadata=deepcopy(assistant.metadata))


def _tools(tools: object) -> tuple[dict[str, Any], ...]:
    if isinstance(tools, str | Mapping) or not isinstance(tools, Sequence):
        raise TypeError(f'tools={tools!r}: expected a list of tools: [{{"type": "function", "function": {{"name": …}}}}]')
    return tuple(json_object(f"tools[{number}]", tool) for number, tool in enumerate(tools))


def _item(given: object, vendor: str, habits: Habits) -> Item | Function:
    if isinstance(given, str):
        return Says(checks.text("a turn", given))
    if isinstance(given, Calls):
        return (given,)
    if isinstance(given, list) and given and all(isinstance(call, Calls) for call in given):
        return tuple(given)
    if isinstance(given, Turn):
        _check(given, vendor, habits)
        return given
    if inspect.iscoroutinefunction(given) or inspect.isasyncgenfunction(given):
        raise TypeError(f"{given!r} is async; expected a plain function of one run: it is called while the request is answered")
    if callable(given) and not isinstance(given, type):
        return checks.takes_one(given, repr(given), "a run")
    hint = "; a list holds turns.calls(…) that are made at once" if isinstance(given, list) else ""
    raise TypeError(f"{given!r} is no turn{hint}; expected a text, a turn such as turns.says(…), or a function of the run")


def _check(turn: Turn, vendor: str, habits: Habits) -> None:
    """Raises ValueError for what this vendor's service has no way to say."""
    if isinstance(turn, Uses) and not habits.builtin_tools:
        raise ValueError(f"{turn!r}: {vendor} runs no tools itself; expected turns.calls({turn.tool!r}, …)")
    if isinstance(turn, Never) and not habits.polls:
        raise ValueError(f"{turn!r}: {vendor} answers when a run is done, so there is nothing to wait for; use faults.hang()")
    if not isinstance(turn, Says):
        return
    if turn.polls and not habits.polls:
        raise ValueError(f"polls={turn.polls}: {vendor} answers when a run is done, nobody polls")
    if turn.usage is not None and not habits.counts_tokens:
        raise ValueError(f"usage={turn.usage}: {vendor} does not say how many tokens a run used")
    if habits.text_annotations and not all(isinstance(one, str) for one in turn.annotations):
        raise ValueError(f"annotations={list(turn.annotations)!r}: {vendor}'s SDK takes texts only")


def _when(when: object) -> When:
    if when is None or isinstance(when, str):
        return when
    if not callable(when):
        raise TypeError(f"when={when!r}: expected a text of the last message, or a function of the run")
    return checks.takes_one(when, repr(when), "the run")
