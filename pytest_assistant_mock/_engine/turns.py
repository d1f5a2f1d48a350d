"""
What an assistant does in a run, turn by turn, as values. `pytest_assistant_mock.turns` makes them.

Knows nothing of runs; what a value may be has been checked where it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pytest_assistant_mock._engine.run_view import Run

JSONObject: TypeAlias = dict[str, Any]


def spelled(given: object) -> str:
    """A turn, or what else a script was given, as a test wrote it."""
    if isinstance(given, list | tuple):
        return f"[{', '.join(map(spelled, given))}]"
    if callable(given):
        name = getattr(given, "__name__", "…")
        return "lambda run: …" if name == "<lambda>" else str(name)
    return repr(given.id if hasattr(given, "id") else given)


def _written(name: str, given: Sequence[object], **named: object) -> str:
    """A turn as a test writes it."""
    words = [*map(repr, given), *(f"{key}={value!r}" for key, value in named.items())]
    return f"turns.{name}({', '.join(words)})"


@dataclass(frozen=True, slots=True)
class Says:
    """
    The assistant says something.

    pieces: what a stream sends one by one; None: as the vendor does. pause: seconds before each, which really pass if `wait`.
    polls: how many retrieves see the run in progress. usage: tokens in and out; None: counted.
    content: the content item by item, where it is more than text.
    """

    text: str
    pieces: tuple[str, ...] | int | None = None
    pause: float = 0.0
    wait: bool = False
    polls: int = 0
    usage: tuple[int, int] | None = None
    annotations: tuple[Any, ...] = ()
    content: tuple[JSONObject, ...] = ()

    def __repr__(self) -> str:
        usual = Says(self.text)
        named = ("pieces", "pause", "wait", "polls", "usage", "annotations")
        told = {name: getattr(self, name) for name in named if getattr(self, name) != getattr(usual, name)}
        return _written("says", [list(self.content) or self.text], **told)


@dataclass(frozen=True, slots=True)
class Calls:
    """The assistant calls a function of the code under test. arguments: None for some that fit the function's schema."""

    name: str
    arguments: JSONObject | None = None

    def __repr__(self) -> str:
        if self.arguments and all(name.isidentifier() for name in self.arguments):
            return _written("calls", [self.name], **self.arguments)
        return _written("calls", [self.name] if self.arguments is None else [self.name, self.arguments])


@dataclass(frozen=True, slots=True)
class Uses:
    """The assistant uses a tool that the vendor runs itself."""

    tool: str
    arguments: str
    output: str
    pieces: tuple[str, ...] | int | None = None

    def __repr__(self) -> str:
        return _written("uses", [self.tool, self.arguments, self.output])


@dataclass(frozen=True, slots=True)
class Fails:
    """The run fails."""

    code: str
    message: str

    def __repr__(self) -> str:
        return _written("fails", [self.code, self.message])


@dataclass(frozen=True, slots=True)
class Ends:
    """The run ends without more words: cancelled or expired."""

    how: Literal["cancelled", "expired"]

    def __repr__(self) -> str:
        return _written("cancels" if self.how == "cancelled" else "expires", [])


@dataclass(frozen=True, slots=True)
class Incomplete:
    """The run ends in the middle of its answer."""

    text: str

    def __repr__(self) -> str:
        return _written("incomplete", [self.text])


@dataclass(frozen=True, slots=True)
class Never:
    """The run stays in progress for ever."""

    def __repr__(self) -> str:
        return _written("never", [])


Turn: TypeAlias = Says | Calls | Uses | Fails | Ends | Incomplete | Never
Round: TypeAlias = tuple[Calls, ...]
"""Calls that are made at once, and whose outputs come together."""
Item: TypeAlias = Turn | Round
Answer: TypeAlias = str | Turn | Sequence[str | Turn | Sequence[Calls]]
"""What a function of a run may return: a text, a turn, a list of calls made at once, or a tuple of these, one after the other."""
Function: TypeAlias = Callable[[Run], Answer]
When: TypeAlias = str | Callable[[Run], object] | None


@dataclass(slots=True, eq=False)
class Script:
    """
    What the assistant does in the runs that take it: `times` runs, or every one that fits (None).

    when: a text in the thread's last message, or a predicate of the run. assistant: the id of the one whose runs take it.
    """

    turns: tuple[Item | Function, ...]
    when: When = None
    assistant: str | None = None
    times: int | None = 1
    optional: bool = False
    used: int = 0
    text: str = field(default="", repr=False)  # how the test wrote it, for the words of UnusedScript

    def __repr__(self) -> str:
        return f"script({self.text})"

    @property
    def wasted(self) -> bool:
        """Whether no run has taken it, and one had to."""
        return not self.used and not self.optional

    def fits(self, run: Run) -> bool:
        """Whether a run may take it."""
        if self.times is not None and self.used >= self.times:
            return False
        if self.assistant is not None and run.assistant.id != self.assistant:
            return False
        if isinstance(self.when, str):
            return bool(run.messages) and self.when in run.messages[-1].text
        return self.when is None or bool(self.when(run))
