"""
What somebody who writes a test has given: a wrong value is told at once, by its name, with what was expected.

Knows Python's values; nothing of what they are for.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

__tracebackhide__ = True  # a failing test shows its own line


def flag(name: str, value: object) -> bool:
    """True or False. Raises TypeError."""
    if not isinstance(value, bool):
        raise TypeError(f"{name}={value!r}: expected True or False")
    return value


def count(name: str, value: object, least: int = 0, what: str = "a whole number", remark: str = "") -> int:
    """A whole number that is not too small; `what` says of what. Raises TypeError or ValueError."""
    allowed = f"{what}, {least} or more{remark}"
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name}={value!r}: expected {allowed}")
    if value < least:
        raise ValueError(f"{name}={value!r}: expected {allowed}")
    return value


def seconds(name: str, value: object, allowed: str = "a finite number of seconds, 0 or more") -> float:
    """A number of seconds, 0 or more. Raises TypeError, or ValueError with what is allowed."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name}={value!r}: expected a number of seconds")
    if not (math.isfinite(value) and value >= 0):
        raise ValueError(f"{name}={value!r}: expected {allowed}")
    return float(value)


def text(name: str, value: object) -> str:
    """A text that can be sent. Raises TypeError if it is none, ValueError for half of a surrogate pair."""
    if not isinstance(value, str):
        raise TypeError(f"{name} is {type(value).__name__}, expected str")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name}={value!r} cannot be sent as UTF-8: it has half of a surrogate pair") from None
    return value


def takes_one(function: Callable[..., Any], name: str, what: str) -> Callable[..., Any]:
    """A function that can be called with one argument; `what` says which. Raises TypeError."""
    try:
        inspect.signature(function).bind(None)
    except TypeError:
        raise TypeError(f"{name} takes {inspect.signature(function)}; expected a function of {what}") from None
    except ValueError:
        pass  # a built-in without a signature
    return function
