"""
What an assistant does in a run, turn by turn, for `script`: turns.says("晴"), turns.calls("get_weather", city="北京").

Each function raises TypeError or ValueError at once for a value that is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_assistant_mock._engine import checks
from pytest_assistant_mock._engine.kinds.runs import ToolCall
from pytest_assistant_mock._engine.run_view import Run
from pytest_assistant_mock._engine.turns import Calls, Ends, Fails, Incomplete, Never, Says, Turn, Uses

__all__ = [
    "Calls",
    "Ends",
    "Fails",
    "Incomplete",
    "Never",
    "Run",
    "Says",
    "ToolCall",
    "Turn",
    "Uses",
    "calls",
    "cancels",
    "expires",
    "fails",
    "incomplete",
    "never",
    "runs_code",
    "says",
    "searches",
    "uses",
]

__tracebackhide__ = True  # a failing test shows its own line


def says(
    text: str | Sequence[Mapping[str, Any]],
    *,
    pieces: int | Sequence[str] | None = None,
    pause: float = 0.0,
    wait: bool = False,
    polls: int = 0,
    usage: tuple[int, int] | None = None,
    annotations: Sequence[Any] = (),
) -> Says:
    """
    The assistant says something; where no calls come after it, the run is completed.

    text: the words, or the content item by item, as it is sent: [{"type": "image_file", "image_file": {"file_id": "f"}}].
    pieces: into how many nearly equal pieces a stream cuts the text, or the pieces themselves, which join to the text; by
    default one for every 4 characters at Model Studio, the whole text at AppBuilder.
    pause: seconds before each piece; the mock's clock moves on by them, and they really pass if `wait` is true.
    polls: how many retrieves still see the run in progress (Model Studio). usage: tokens in and out (Model Studio); by default
    counted: a token a character. annotations: of the text; AppBuilder takes texts only.
    """
    content, words = _content(text)
    if content and pieces is not None:
        raise ValueError("says(pieces=…): a content that is given item by item is not cut; expected a text")
    return Says(
        words,
        _pieces(words, pieces),
        checks.seconds("pause", pause),
        checks.flag("wait", wait),
        checks.count("polls", polls),
        _usage(usage),
        tuple(annotations),
        content,
    )


def calls(name: str, given: Mapping[str, Any] | None = None, /, **arguments: Any) -> Calls:
    """
    The assistant calls a function that it was given; the run waits for the output.

    The arguments are keywords, or a dict where their names are no Python names. Without any, ones are made that fit the
    function's JSON Schema; calls("f", {}) calls it without arguments.
    """
    checks.text("name", name)
    if given is not None and not isinstance(given, Mapping):
        raise TypeError(f"calls({name!r}, {given!r}): expected a dict of arguments, or keywords: calls({name!r}, city='北京')")
    if given is None and not arguments:
        return Calls(name)
    return Calls(name, _json(f"calls({name!r}, …)", {**(given or {}), **arguments}))


def uses(tool: str, arguments: str | Mapping[str, Any], output: Any, *, pieces: int | Sequence[str] | None = None) -> Uses:
    """
    The assistant uses a tool that Model Studio runs itself ("quark_search", "code_interpreter", "text_to_image", "calculator").

    arguments, output: texts, or what is to be written as JSON. pieces: how a stream cuts the arguments.
    """
    words = _written("arguments", arguments)
    return Uses(checks.text("tool", tool), words, _written("output", output), _pieces(words, pieces))


def searches(query: str, results: Sequence[Any] | str) -> Uses:
    """The assistant searches the web with quark_search. results: what it found, a dict each, or the whole output as text."""
    found = results if isinstance(results, str) else {"success": True, "errorCode": None, "errorMsg": None, "data": list(results)}
    return uses("quark_search", {"query": checks.text("query", query)}, found)


def runs_code(code: str, output: str) -> Uses:
    """The assistant runs Python code with code_interpreter. output: what it printed."""
    return uses("code_interpreter", {"type": "python", "code": checks.text("code", code)}, checks.text("output", output))


def fails(code: str, message: str) -> Fails:
    """The run fails, with this error as its `last_error`."""
    return Fails(checks.text("code", code), checks.text("message", message))


def expires() -> Ends:
    """The run takes too long: status "expired"."""
    return Ends("expired")


def cancels() -> Ends:
    """The run is cancelled on the vendor's side: status "cancelled"."""
    return Ends("cancelled")


def incomplete(text: str) -> Incomplete:
    """The run ends in the middle of its answer: status "incomplete". The clients do not all know that status."""
    return Incomplete(checks.text("text", text))


def never() -> Never:
    """The run stays in progress for ever: what waits for it meets its own time limit."""
    return Never()


def _content(text: object) -> tuple[tuple[dict[str, Any], ...], str]:
    if isinstance(text, str):
        return (), checks.text("text", text)
    if not isinstance(text, Sequence) or not text or not all(isinstance(item, Mapping) and "type" in item for item in text):
        raise TypeError(f"says({text!r}): expected a text, or a list of content items: [{{'type': 'text', 'text': {{…}}}}]")
    items = tuple(_json("says(…)", item) for item in text)
    texts = [item["text"] for item in items if isinstance(item.get("text"), dict)]
    return items, "".join(str(one.get("value", "")) for one in texts)


def _pieces(text: str, pieces: object) -> tuple[str, ...] | int | None:
    if pieces is None:
        return None
    if isinstance(pieces, int) and not isinstance(pieces, bool):
        if pieces < 1:
            raise ValueError(f"pieces={pieces}: expected 1 or more, or the pieces themselves")
        return pieces
    if isinstance(pieces, str) or not isinstance(pieces, Sequence) or not all(isinstance(piece, str) for piece in pieces):
        raise TypeError(f"pieces={pieces!r}: expected a whole number, or a list of texts that join to the text")
    if "".join(pieces) != text:
        raise ValueError(f"pieces={list(pieces)!r} join to {''.join(pieces)!r}, expected {text!r}")
    return tuple(pieces)


def _usage(usage: object) -> tuple[int, int] | None:
    if usage is None:
        return None
    if not isinstance(usage, tuple | list) or len(usage) != 2:
        raise TypeError(f"usage={usage!r}: expected two whole numbers, tokens in and tokens out: usage=(439, 11)")
    return checks.count("usage[0]", usage[0]), checks.count("usage[1]", usage[1])


def _json(where: str, value: Mapping[str, Any]) -> dict[str, Any]:
    try:
        copy: dict[str, Any] = json.loads(json.dumps(dict(value), ensure_ascii=False, allow_nan=False).encode())
    except (TypeError, ValueError) as problem:
        kind = TypeError if isinstance(problem, TypeError) else ValueError
        raise kind(f"{where}: {value!r} cannot be sent as JSON: {problem}") from None
    return copy


def _written(name: str, value: object) -> str:
    if isinstance(value, str):
        return checks.text(name, value)
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as problem:
        raise type(problem)(f"{name}={value!r} cannot be written as JSON: {problem}") from None


if not TYPE_CHECKING:  # or every name would pass the type checker

    def __getattr__(name: str) -> Any:
        from pytest_assistant_mock.errors import nearest

        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{nearest(name, __all__)}")
