"""
Turns and faults as JSON: {"says": "晴"}, "rate_limited", {"slow": {"seconds": 2}}.

A table of functions by the word that names them; what they take is read from their signatures.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

from pytest_assistant_mock import turns
from pytest_assistant_mock.errors import nearest
from pytest_assistant_mock.faults import FAULTS, Fault

_LONGEST = 80


def _calls(name: str, arguments: Mapping[str, Any] | None = None) -> turns.Calls:
    return turns.calls(name, arguments)


TURNS: Mapping[str, Callable[..., turns.Turn]] = {
    "says": turns.says,
    "calls": _calls,
    "uses": turns.uses,
    "searches": turns.searches,
    "runs_code": turns.runs_code,
    "fails": turns.fails,
    "expires": turns.expires,
    "cancels": turns.cancels,
    "incomplete": turns.incomplete,
    "never": turns.never,
}
"""The word of a turn has the function's first argument beside it, or true; the others stand by their names."""


def shortened(given: object) -> str:
    """What came, as it was written; cut where it is long."""
    text = json.dumps(given, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def turn_of(where: str, given: object) -> Any:
    """A turn, as `script` takes it. Raises TypeError or ValueError."""
    if isinstance(given, str):
        return given
    if isinstance(given, list):
        return [turn_of(f"{where}[{number}]", one) for number, one in enumerate(given)]
    words = [word for word in given if word in TURNS] if isinstance(given, dict) else []
    if not isinstance(given, dict) or len(words) != 1:
        near = nearest(next(iter(given)), TURNS) if isinstance(given, dict) and given and not words else ""
        raise ValueError(f"{where}={shortened(given)}: expected a text, or an object with one of {', '.join(TURNS)}{near}")
    (word,) = words
    function, rest = TURNS[word], {name: value for name, value in given.items() if name != word}
    first = next(iter(inspect.signature(function).parameters), None)
    if first is not None:
        return called(f"{where}.{word}", function, {first: given[word], **rest}, hidden=first)
    if given[word] is not True:
        raise ValueError(f"{where}.{word}: expected true")
    return called(f"{where}.{word}", function, rest)


def fault_of(given: object) -> Fault:
    """A fault: its name, or an object with its name and what it takes. Raises TypeError or ValueError."""
    name: Any = given
    arguments: Any = {}
    if isinstance(given, dict) and len(given) == 1:
        ((name, arguments),) = given.items()
    if not isinstance(name, str) or not isinstance(arguments, dict):
        expected = 'expected a name like "rate_limited", or an object like {"slow": {"seconds": 2}}'
        raise ValueError(f"fault={shortened(given)}: {expected}")
    if name not in FAULTS:
        raise ValueError(f"fault={name!r}{nearest(name, FAULTS)}; the faults are {', '.join(FAULTS)}")
    fault: Fault = called(f"fault.{name}", FAULTS[name], arguments)
    return fault


def called(where: str, function: Callable[..., Any], arguments: Mapping[str, Any], hidden: str = "") -> Any:
    """What a function makes of arguments by their names. Raises TypeError or ValueError, with the names it takes."""
    known = inspect.signature(function).parameters
    shown = [name for name in known if name != hidden]
    for name in arguments:
        if name not in known:
            raise ValueError(f"{where}: unknown {name!r}{nearest(name, shown)}; it takes {', '.join(shown) or 'nothing more'}")
    for name, parameter in known.items():
        if parameter.default is parameter.empty and name not in arguments:
            raise ValueError(f"{where}: it needs {name!r}; it takes {', '.join(shown)}")
    try:
        return function(**arguments)
    except (TypeError, ValueError) as problem:
        raise type(problem)(f"{where}: {problem}") from None
