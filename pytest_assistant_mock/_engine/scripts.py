"""
Which script a run takes, and what its turns mean as events.

Expands a turn only when it comes; changes nothing but the scripts' counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, cast

from pytest_assistant_mock._engine.habits import Habits
from pytest_assistant_mock._engine.run_events import (
    RunCancelled,
    RunEvent,
    RunExpired,
    RunFailed,
    RunIncomplete,
    StepBegan,
    StepEnded,
    TextBegan,
    TextBroken,
    TextEnded,
    TextPiece,
    ToolCallPiece,
)
from pytest_assistant_mock._engine.run_view import Run
from pytest_assistant_mock._engine.turns import Answer, Calls, Ends, Fails, Function, Incomplete, Item, Never, Says, Script, Uses

__tracebackhide__ = True  # a failing test shows its own line


def take(scripts: Sequence[Script], run: Run, vendor: str) -> tuple[Item | Function, ...]:
    """The turns of the first script that fits, which is then used once more; else a sentence that says what to do."""
    for script in scripts:
        if script.fits(run):
            script.used += 1
            return script.turns
    return (Says(f'No script answers this run of the mock: {vendor}.script("…")'),)


def items(answer: Answer) -> tuple[Item, ...]:
    """
    What a function of a run returned, as turns one after the other: a list of calls is made at once, a tuple is in order.

    Raises TypeError for anything else.
    """
    if isinstance(answer, str):
        return (Says(answer),)
    if isinstance(answer, Calls):
        return ((answer,),)
    if isinstance(answer, tuple):
        return tuple(item for one in answer for item in items(cast(Answer, one)))
    if isinstance(answer, list) and answer and all(isinstance(one, Calls) for one in answer):
        return (tuple(cast(Sequence[Calls], answer)),)
    if isinstance(answer, Says | Uses | Fails | Ends | Incomplete | Never):
        return (answer,)
    raise TypeError(
        f"the script's function returned {answer!r}; expected a text, a turn such as turns.says(…),"
        " a list of turns.calls(…), or a tuple of these"
    )


def events_of(turn: Item, habits: Habits) -> tuple[RunEvent, ...]:
    """A turn that is neither a round of calls nor `Never`, as what happens."""
    match turn:
        case Says():
            return (
                StepBegan(),
                TextBegan(),
                *_pieces(turn, habits),
                TextEnded(turn.text, _content(turn)),
                StepEnded(),
            )
        case Uses():
            return (StepBegan("tool_calls"), *_tool_pieces(turn, habits))
        case Fails():
            return (RunFailed(turn.code, turn.message),)
        case Ends():
            return (RunCancelled(),) if turn.how == "cancelled" else (RunExpired(),)
        case Incomplete():
            whole = Says(turn.text)
            pieces = tuple(piece for piece in _pieces(whole, habits) if piece.text)
            return (StepBegan(), TextBegan(), *pieces, TextBroken(turn.text), StepEnded(), RunIncomplete())
    raise TypeError(f"{turn!r} is no turn of its own")


def split(text: str, pieces: tuple[str, ...] | int | None, size: int) -> tuple[str, ...]:
    """A text in pieces: as given, in so many nearly equal ones, or of so many characters each (0: in one)."""
    if isinstance(pieces, tuple):
        return pieces
    if pieces is None:
        return tuple(text[at : at + size] for at in range(0, len(text), size)) if size and text else (text,)
    bounds = [len(text) * number // pieces for number in range(pieces + 1)]
    return tuple(text[low:high] for low, high in pairwise(bounds))


def _content(turn: Says) -> tuple[dict[str, Any], ...]:
    if turn.content or not turn.annotations:
        return turn.content
    return ({"type": "text", "text": {"value": turn.text, "annotations": list(turn.annotations)}},)


def _pieces(turn: Says, habits: Habits) -> tuple[TextPiece, ...]:
    if turn.content:
        return (TextPiece(turn.text, True, turn.pause, turn.wait, turn.content),)
    texts = split(turn.text, turn.pieces, habits.piece_size)
    if habits.last_is_empty and texts[-1]:
        texts = (*texts, "")
    last = len(texts) - 1
    return tuple(TextPiece(text, number == last, turn.pause, turn.wait) for number, text in enumerate(texts))


def _tool_pieces(turn: Uses, habits: Habits) -> tuple[ToolCallPiece, ...]:
    texts = ("", *split(turn.arguments, turn.pieces, habits.piece_size), "", "")  # as recorded
    pieces = [ToolCallPiece(turn.tool, arguments=text) for text in texts]
    return (*pieces, *(ToolCallPiece(turn.tool, output=text) for text in (turn.output, "", "")))


def tool_names(tools: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The functions among the tools of a run, by name."""
    return tuple(str(function["name"]) for tool in tools if (function := _function(tool)))


def schema_of(tools: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    """The JSON Schema of a function's parameters; {} where the tool gives none."""
    for tool in tools:
        if (function := _function(tool)) and function["name"] == name:
            parameters = function.get("parameters")
            return parameters if isinstance(parameters, Mapping) else {}
    return {}


def _function(tool: Mapping[str, Any]) -> Mapping[str, Any] | None:
    function = tool.get("function")
    return function if isinstance(function, Mapping) and "name" in function else None
