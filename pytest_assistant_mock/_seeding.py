"""
What a test may put into a store, and what it is shown of it: checked on the way in, copied both ways.

Knows what can travel as JSON; knows no vendor and no engine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, TypeVar

from pytest_assistant_mock._engine.store import Message, Thread

__tracebackhide__ = True  # a failing test shows its own line

Stored = TypeVar("Stored", Thread, Message)


def shown(stored: Stored) -> Stored:
    """
    What is stored, in a copy: nothing done to it reaches the store.
    """
    return replace(stored, metadata=deepcopy(stored.metadata))


def sendable(name: str, value: object) -> str:
    """
    A string that can be sent. Raises TypeError if it is none, ValueError for a lone surrogate.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} is {type(value).__name__}, expected str")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{name}={value!r} cannot be sent as UTF-8: it has half of a surrogate pair") from None
    return value


def ids(name: str, value: Iterable[str]) -> tuple[str, ...]:
    """
    Some ids. Raises TypeError for anything but strings in a list.
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"{name}={value!r}: expected a list of ids")
    if "" in (value := tuple(value)):
        raise ValueError(f"{name}={list(value)!r}: an id is never empty")
    return tuple(sendable(f"{name}[{index}]", one) for index, one in enumerate(value))


def json_object(name: str, value: Mapping[str, Any] | None) -> dict[str, Any]:
    """
    A copy of a mapping as it would come over the wire; None counts as {}.

    Raises TypeError if it is no JSON object, ValueError if it cannot be sent.
    """
    if value is not None and not (isinstance(value, Mapping) and all(isinstance(key, str) for key in value)):
        raise TypeError(f"{name}={value!r}: expected a dict whose keys are strings")
    try:
        copy: dict[str, Any] = json.loads(json.dumps(dict(value or {}), ensure_ascii=False, allow_nan=False).encode())
    except (TypeError, ValueError) as problem:
        kind = TypeError if isinstance(problem, TypeError) else ValueError
        raise kind(f"{name}={value!r} cannot be sent as JSON: {problem}") from None
    return copy
