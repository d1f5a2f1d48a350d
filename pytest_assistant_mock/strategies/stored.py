"""
Strategies for what a service has stored of assistants, runs, steps and files; the vendor's own shapes print it.

Each is consistent: a run that failed has an error and the time of it, one that waits has calls. Knows no vendor by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, get_args

from hypothesis import strategies as st

from pytest_assistant_mock._engine.kinds.assistants import Assistant, AssistantFile
from pytest_assistant_mock._engine.kinds.files import File
from pytest_assistant_mock._engine.kinds.runs import RunError, RunStatus, Step, StepStatus, StoredRun, ToolCall, Usage
from pytest_assistant_mock.strategies import values
from pytest_assistant_mock.strategies.functions import tools

Ids: TypeAlias = Callable[[str], st.SearchStrategy[str]]
Drawn: TypeAlias = dict[str, st.SearchStrategy[Any]]


@dataclass(frozen=True, slots=True)
class Sort:
    """
    One sort of stored thing.

    fields: what is drawn of each, and can be pinned. least: the smallest there can be. finish: makes a whole of what was
    drawn, with the odds and ends that depend on it.
    """

    fields: Callable[[Ids], Drawn]
    least: Any
    finish: Callable[[Any, Any], Any] = lambda thing, rest: thing
    rest: Callable[[Ids], st.SearchStrategy[Any]] = lambda ids: st.none()

    def drawn(self, ids: Ids, pins: Mapping[str, Any]) -> st.SearchStrategy[Any]:
        """Things of that sort; a pin is a value or a strategy."""
        given = {name: value if isinstance(value, st.SearchStrategy) else st.just(value) for name, value in pins.items()}
        fields = st.fixed_dictionaries({**self.fields(ids), **given})
        return st.builds(lambda drawn, rest: self.finish(self.of(drawn), rest), fields, self.rest(ids))

    def of(self, fields: Mapping[str, Any]) -> Any:
        """A thing with these fields, where lists are tuples as they are stored."""
        return changed(self.least, **{name: tuple(one) if isinstance(one, list) else one for name, one in fields.items()})


def changed(thing: Any, **fields: Any) -> Any:
    """A copy with other fields: some stored things are tuples, some are dataclasses."""
    return thing._replace(**fields) if hasattr(thing, "_replace") else replace(thing, **fields)


def _assistant(ids: Ids) -> Drawn:
    return {
        "id": ids("assistant"),
        "created_at": values.timestamps(),
        "model": _models(),
        "name": values.text(max_size=50),
        "description": values.text(max_size=50),
        "instructions": values.text(max_size=50),
        "tools": tools(),
        "file_ids": st.lists(values.file_ids(), max_size=3, unique=True),
        "metadata": values.metadata(),
    }


def _models() -> st.SearchStrategy[str]:
    return st.sampled_from(["qwen-max", "ERNIE-4.0-8K"])


def _run(ids: Ids) -> Drawn:
    return {
        "id": ids("run"),
        "thread_id": ids("thread"),
        "assistant_id": ids("assistant"),
        "created_at": values.timestamps(),
        "status": st.sampled_from(get_args(RunStatus)),
        "model": _models(),
        "instructions": values.text(max_size=50),
        "tools": tools(),
        "metadata": values.metadata(),
    }


def _step(ids: Ids) -> Drawn:
    return {
        "id": ids("step"),
        "run_id": ids("run"),
        "thread_id": ids("thread"),
        "assistant_id": ids("assistant"),
        "created_at": values.timestamps(),
        "type": st.sampled_from(["message_creation", "tool_calls"]),
        "status": st.sampled_from(get_args(StepStatus)),
    }


def _file(ids: Ids) -> Drawn:
    return {
        "id": ids("file"),
        "name": values.text(min_size=1, max_size=20),
        "created_at": values.timestamps(),
        "content": st.binary(max_size=20),
        "purpose": st.sampled_from(["assistant", ""]),
        "description": values.text(max_size=20),
    }


def _attached(ids: Ids) -> Drawn:
    return {"id": ids("file"), "assistant_id": ids("assistant"), "created_at": values.timestamps()}


@dataclass(frozen=True, slots=True)
class _Rest:
    """What a run or a step has according to its status: how long it took, its calls, its error, its tokens, its message."""

    took: int
    calls: tuple[ToolCall, ...]
    error: RunError
    usage: Usage
    message_id: str


def _rest(ids: Ids) -> st.SearchStrategy[_Rest]:
    calls = st.lists(_calls(), min_size=1, max_size=2, unique_by=lambda call: call.id).map(tuple)
    errors = st.builds(RunError, st.sampled_from(["server_error", "rate_limit_exceeded"]), values.text(max_size=50))
    usage = st.builds(Usage, st.integers(1, 9999), st.integers(1, 9999))
    return st.builds(_Rest, st.integers(1, 60_000), calls, errors, usage, ids("assistant message"))


def _calls() -> st.SearchStrategy[ToolCall]:
    arguments = st.dictionaries(values.text(max_size=8), values.json_values(), max_size=2)
    written = arguments.map(lambda one: json.dumps(one, ensure_ascii=False))
    return st.builds(ToolCall, values.plain_ids("call"), st.sampled_from(["f", "get_weather"]), written)


def _times(thing: Any, rest: _Rest) -> dict[str, Any]:
    ended = f"{thing.status}_at"
    return {ended: thing.created_at + rest.took} if hasattr(thing, ended) else {}


def _whole_run(run: StoredRun, rest: _Rest) -> StoredRun:
    by_status: dict[str, dict[str, Any]] = {
        "requires_action": {"calls": rest.calls},
        "failed": {"last_error": rest.error},
        "completed": {"usage": rest.usage, "message_id": rest.message_id},
    }
    return run._replace(leg_at=run.created_at, **_times(run, rest), **by_status.get(run.status, {}))


def _whole_step(step: Step, rest: _Rest) -> Step:
    error = rest.error if step.status == "failed" else None
    if step.type == "message_creation":
        return replace(step, message_id=rest.message_id, last_error=error, **_times(step, rest))
    output = "24" if step.status == "completed" else None
    calls = tuple(replace(call, output=output) for call in rest.calls)
    return replace(step, calls=calls, last_error=error, **_times(step, rest))


SORTS: Mapping[str, Sort] = {
    "assistant": Sort(_assistant, Assistant("id", 1)),
    "run": Sort(_run, StoredRun("id", "id", "id", 1, 0, {}, {}), _whole_run, _rest),
    "run_step": Sort(_step, Step("id", "id", "id", "id", 1), _whole_step, _rest),
    "file": Sort(_file, File("id", "name", 1)),
    "assistant_file": Sort(_attached, AssistantFile("id", "id", 1)),
}
"""By the name of the strategy."""

PARENTS: Mapping[str, tuple[str, ...]] = {
    "assistant": (),
    "run": ("thread_id",),
    "run_step": ("run_id", "thread_id", "assistant_id"),
    "assistant_file": ("assistant_id",),
}
"""What the items of a list have in common."""
