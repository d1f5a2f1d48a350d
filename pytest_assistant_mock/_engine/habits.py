"""How the runs of one vendor differ from another's, as a value."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


def spaced_json(arguments: Mapping[str, Any]) -> str:
    """Arguments as JSON text with a space after each colon and comma, Chinese unescaped."""
    return json.dumps(arguments, ensure_ascii=False)


def compact_json(arguments: Mapping[str, Any]) -> str:
    """Arguments as JSON text without spaces, Chinese unescaped."""
    return json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Habits:
    """
    piece_size: how many characters a piece of an answer has, 0 for the whole answer in one.
    last_is_empty: whether a piece without text comes last. counts_tokens: whether a completed run says its usage.
    local_steps: whether steps are counted in each run anew. builtin_tools: whether the vendor runs tools itself.
    polls: whether clients wait by polling. text_annotations: whether annotations of an answer are texts only.
    print_arguments: how a call's arguments are written.
    call_id: from the run's thread and id, the number of the step in it, the position in the step, and the next number of calls.
    """

    piece_size: int = 0
    last_is_empty: bool = False
    counts_tokens: bool = False
    local_steps: bool = False
    builtin_tools: bool = False
    polls: bool = False
    text_annotations: bool = False
    print_arguments: Callable[[Mapping[str, Any]], str] = compact_json
    call_id: Callable[[str, str, int, int, int], str] = lambda thread, run, step, position, number: f"call_{number}"


class Tools(Protocol):
    """Makes and checks the arguments of functions by their JSON Schema."""

    def make(self, name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments that fit. Raises ValueError where none can be made."""

    def check(self, name: str, schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
        """Raises ValueError for arguments that do not fit."""


class AnyTools:
    """Tools without a schema: no arguments are made, all fit."""

    def make(self, name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
        """None."""
        return {}

    def check(self, name: str, schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
        """All fit."""
