"""
AppBuilder's events: what each says, and what may follow what -> RULES.

Recorded: a plain answer. The SDK's tests: the first and the last event of a call and of a cancel. The rest is inferred, see
docs/fidelity.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_assistant_mock._vendors.appbuilder import event_shapes
from pytest_assistant_mock._vendors.shape import Shape
from pytest_assistant_mock._vendors.streams import BEGINNING, END, Event, Order, StreamRules, narrowed

_RUN = {
    "run": "details.run_object.id",
    "thread": "details.run_object.thread_id",
    "assistant": "details.run_object.assistant_id",
}
_STEP = {
    "step": "details.run_step_object.id",
    "run": "details.run_step_object.run_id",
    "thread": "details.run_step_object.thread_id",
}

_ROWS: Mapping[str, tuple[str, type[Shape], Mapping[str, str], tuple[str, ...]]] = {
    "run_begin queued": ("The run begins.", event_shapes.RunEvent, _RUN, ()),
    "tool_step_begin in_progress": ("A step begins.", event_shapes.StepEvent, _STEP, ("step",)),
    "message_creation in_progress": (
        "A message begins.", event_shapes.MessageEvent, {"message": "details.message_creation.message_id"}, ("message",),
    ),
    "tool_calls requires_action": ("The run waits for the outputs of its calls.", event_shapes.CallEvent, {}, ()),
    "tool_submitted_output in_progress": ("The outputs have come.", event_shapes.CallEvent, {}, ()),
    **{f"tool_step_end {how}": ("The step ends.", event_shapes.StepEvent, _STEP, ())
       for how in ("completed", "failed", "cancelled", "expired")},
    "run_cancelling cancelling": ("The run is about to be cancelled.", event_shapes.RunEvent, _RUN, ()),
    **{f"run_end {how}": ("The run ends; the stream is over.", event_shapes.RunEvent, _RUN, ())
       for how in ("completed", "failed", "cancelled", "expired", "incomplete")},
}  # fmt: skip
"""By type and status: what an event says, its shape, where ids stand, whose are new."""


def _events() -> Iterator[tuple[str, Event]]:
    statuses: dict[str, tuple[str, ...]] = {}
    for kind in _ROWS:
        name, _, status = kind.partition(" ")
        statuses[name] = (*statuses.get(name, ()), status)
    shapes: dict[str, type[Shape]] = {}
    for kind, (about, shape, ids, new) in _ROWS.items():
        name = kind.partition(" ")[0]
        title = "".join(word.title() for word in name.split("_"))
        if name not in shapes:
            shapes[name] = narrowed(shape, title, about, event_type=(name,), status=statuses[name])
        yield kind, Event(about, shapes[name], ids, new)


EVENTS: Mapping[str, Event] = {
    **dict(_events()),
    "message": Event("Some more of the answer.", event_shapes.Piece, {"message": "message_id"}),
    "ping": Event("A sign of life.", event_shapes.Ping),
}

_STOPPED = {
    "run_cancelling cancelling": "cancelling",
    **{f"run_end {how}": END for how in ("failed", "cancelled", "expired", "incomplete")},
}
_BROKEN = {f"tool_step_end {how}": "step broken off" for how in ("failed", "cancelled", "expired")}

ORDER: Order = {
    BEGINNING: {"run_begin queued": "begun", "tool_submitted_output in_progress": "outputs given", **_BROKEN},
    "begun": {"tool_step_begin in_progress": "in a step", **_STOPPED},
    "in a step": {
        "message_creation in_progress": "message made",
        "tool_calls requires_action": "waiting",
        **_BROKEN,
        **_STOPPED,
    },
    "message made": {"message": "writing", "tool_step_end completed": "nothing written", **_BROKEN, **_STOPPED},
    "nothing written": {"run_end incomplete": END},
    "writing": {"message": "writing", "tool_step_end completed": "between steps", **_BROKEN, **_STOPPED},
    "waiting": {"tool_submitted_output in_progress": "outputs given", **_BROKEN, **_STOPPED},
    "outputs given": {"tool_step_end completed": "between steps", **_BROKEN, **_STOPPED},
    "between steps": {"tool_step_begin in_progress": "in a step", "run_end completed": END, **_STOPPED},
    "step broken off": _STOPPED,
    "cancelling": {"run_end cancelled": END},
}

RULES = StreamRules(
    page="https://cloud.baidu.com/doc/AppBuilder/s/dlv0g4x9m",
    events=EVENTS,
    order=ORDER,
    anywhere={"ping": ""},
    wrapped={"status": "event_type"},
    told_by=dict.fromkeys(dict.fromkeys(kind.partition(" ")[0] for kind in _ROWS), "status"),
    counted="send_id",
    sdk={"StreamRunStatus": "status", "StreamRunMessage": "message"},
)
