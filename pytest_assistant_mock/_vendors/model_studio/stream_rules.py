"""
Model Studio's events: what each says, and what may follow what -> RULES.

Recorded: a plain answer, quark_search, the second stream of a function call. Documented: the first stream of one.
Inferred: how a run ends that is not completed, see docs/fidelity.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_assistant_mock._vendors.model_studio import event_shapes, responses, runs, streamed
from pytest_assistant_mock._vendors.shape import Shape
from pytest_assistant_mock._vendors.streams import BEGINNING, END, Event, Order, StreamRules, narrowed

_RUN = {"run": "id", "thread": "thread_id", "assistant": "assistant_id", "request": "request_id"}
_STEP = {**_RUN, "step": "id", "run": "run_id"}
_WRITES = {**_STEP, "message": "step_details.message_creation.message_id"}
_MESSAGE = {**_RUN, "message": "id", "run": "run_id"}

_RUNS: Mapping[str, tuple[str, ...]] = {
    "created": ("queued",),
    **{name: (name,) for name in ("queued", "in_progress", "completed", "failed", "cancelled", "expired", "incomplete")},
}
"""The events about a run, and the status it has then."""
_STEPS: Mapping[str, tuple[str, ...]] = {
    "created": ("in_progress",),
    "in_progress": ("in_progress",),
    "completed": ("completed", "in_progress"),  # the second as recorded of quark_search
    **{name: (name,) for name in ("failed", "cancelled", "expired")},
}
_STEP_TYPES: Mapping[str, tuple[type[Shape], Mapping[str, str], tuple[str, ...]]] = {
    "message_creation": (event_shapes.MessageStep, _WRITES, ("step", "message")),
    "tool_calls": (event_shapes.CallStep, _STEP, ("step",)),
}
_MESSAGES: Mapping[str, type[Shape]] = {
    "created": streamed.StreamedMessage,
    "in_progress": streamed.StreamedMessage,
    "completed": event_shapes.SaidMessage,
    "incomplete": event_shapes.SaidMessage,
}


def _title(*words: str) -> str:
    return "".join(word.title() for word in "_".join(words).split("_"))


def _of_runs() -> Iterator[tuple[str, Event]]:
    for name, status in _RUNS.items():
        shape = narrowed(runs.Run, _title("run", name), f"A run that is {status[0]}.", status=status)
        yield f"thread.run.{name}", Event(f"The run is {name}.", shape, _RUN)
    yield "thread.run.requires_action", Event("The run waits for the outputs of its calls.", event_shapes.WaitingRun, _RUN)


def _of_steps() -> Iterator[tuple[str, Event]]:
    for name, statuses in _STEPS.items():
        for step_type, (of_type, ids, new) in _STEP_TYPES.items():
            about = f"A step of type {step_type} that is {statuses[0]}."
            shape = narrowed(of_type, _title(step_type, "step", name), about, status=statuses)
            yield f"thread.run.step.{name} {step_type}", Event(about, shape, ids, new if name == "created" else ())


def _of_messages() -> Iterator[tuple[str, Event]]:
    for name, shape in _MESSAGES.items():
        yield f"thread.message.{name}", Event(f"The message is {name}.", shape, _MESSAGE)


EVENTS: Mapping[str, Event] = {
    "thread.created": Event(
        "The thread that was made with the run.", responses.Thread, {"thread": "id", "request": "request_id"}
    ),
    **dict(_of_runs()),
    **dict(_of_steps()),
    "thread.run.step.delta": Event(
        "Some more of the tool that a step calls.", streamed.StepDelta, {"step": "id", "request": "request_id"}
    ),
    **dict(_of_messages()),
    "thread.message.delta": Event("Some more of the message.", streamed.MessageDelta, {"message": "id", "request": "request_id"}),
    "error": Event("The service broke down: an internal error, or it took too long.", responses.Error, {"request": "request_id"}),
    "done": Event("The stream is over.", event_shapes.Done),
}

_STOPPED = dict.fromkeys((f"thread.run.{how}" for how in ("failed", "cancelled", "expired")), "over")


def _broken(step_type: str) -> Mapping[str, str]:
    """A step that ends with its run."""
    return {f"thread.run.step.{how} {step_type}": "step broken off" for how in ("failed", "cancelled", "expired")}


_NEXT_STEP = {
    "thread.run.step.created message_creation": "writing step made",
    "thread.run.step.created tool_calls": "calling step made",
}

ORDER: Order = {
    BEGINNING: {
        "thread.created": "thread made",
        "thread.run.created": "run made",
        "thread.run.step.completed tool_calls": "outputs given",
        **_broken("tool_calls"),
    },
    "thread made": {"thread.run.created": "run made"},
    "run made": {"thread.run.queued": "queued"},
    "queued": {"thread.run.in_progress": "started", **_STOPPED},
    "started": {**_NEXT_STEP, **_STOPPED},
    "outputs given": {"thread.run.queued": "queued again"},
    "queued again": {"thread.run.in_progress": "between steps", **_STOPPED},
    "between steps": {**_NEXT_STEP, "thread.run.completed": "over", **_STOPPED},
    "writing step made": {"thread.run.step.in_progress message_creation": "writing step begun"},
    "writing step begun": {"thread.message.created": "message made", **_broken("message_creation")},
    "message made": {"thread.message.in_progress": "writing"},
    "writing": {
        "thread.message.delta": "writing",
        "thread.message.completed": "written",
        "thread.message.incomplete": "half written",
    },
    "written": {"thread.run.step.completed message_creation": "between steps", **_broken("message_creation")},
    "half written": {"thread.run.step.completed message_creation": "incomplete", **_broken("message_creation")},
    "incomplete": {"thread.run.incomplete": "over"},
    "calling step made": {"thread.run.step.in_progress tool_calls": "calling"},
    "calling": {
        "thread.run.step.delta": "calling",
        "thread.run.step.completed tool_calls": "between steps",
        "thread.run.requires_action": "over",
        **_broken("tool_calls"),
    },
    "step broken off": _STOPPED,
    "over": {"done": END},
}

RULES = StreamRules(
    page="https://help.aliyun.com/zh/model-studio/event-streaming",
    events=EVENTS,
    order=ORDER,
    anywhere={"error": "over"},
    told_by={f"thread.run.step.{name}": "type" for name in _STEPS},
    pieces={"thread.message.delta": "delta.content"},
    whole={"thread.message.completed": "content"},
    unheard="done",
)
