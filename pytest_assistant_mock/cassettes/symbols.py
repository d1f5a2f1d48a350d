"""
Names for ids: the first thread a cassette brings is `<thread#1>`, whatever the service called it.

Knows JSON and where ids stand in it; knows no vendor.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from pytest_assistant_mock._engine.wire import Request, Response
from pytest_assistant_mock.cassettes.format import Interaction
from pytest_assistant_mock.cassettes.json_bodies import parse

_TOKEN = re.compile(r"[\w-]{2,}")
_DATA = re.compile(r"^data: ?(\{.*\})\r?$", re.MULTILINE)
_NOT_NAMED = ("request_id", "first_id", "last_id")  # of the exchange, or said elsewhere in the same answer


class Symbols:
    """The ids that recorded responses brought: not those a request had named before."""

    def __init__(self, interactions: Iterable[Interaction]) -> None:
        self.names: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        asked: set[str] = set()
        for one in interactions:
            asked.update(tokens(one.request))
            for kind, found in ids_in(documents(one.response)):
                if found not in asked and found not in self.names:
                    self._counts[kind] += 1
                    self.names[found] = f"<{kind}#{self._counts[kind]}>"

    def text(self, text: str) -> str:
        """A text with names in the place of ids."""
        return _TOKEN.sub(lambda match: self.names.get(match.group(), match.group()), text)

    def named_in(self, request: Request) -> list[str]:
        """The ids a request names, each once, in order."""
        return list(dict.fromkeys(token for token in tokens(request) if token in self.names))


def tokens(request: Request) -> Iterator[str]:
    """Whatever in a request's URL or body may be an id."""
    for text in (request.url, request.body.decode("utf-8", "replace")):
        for match in _TOKEN.finditer(text):
            yield match.group()


def documents(response: Response | None) -> list[Any]:
    """The JSON values of an answer: one, or one for each frame of a stream."""
    return [parse(text) for text, _ in json_texts(response)]


def json_texts(response: Response | None) -> list[tuple[str, int]]:
    """The JSON texts of an answer, each with where it begins; none if one cannot be read."""
    if response is None:
        return []
    try:
        text = response.body.decode()
        found = [(text, 0)] if text[:1] in ("{", "[") else [(one.group(1), one.start(1)) for one in _DATA.finditer(text)]
        for one, _ in found:
            parse(one)
    except (ValueError, RecursionError):
        return []
    return found


def json_of(body: bytes) -> Any:
    """A body's JSON value; None if it is none."""
    try:
        return parse(body.decode())
    except (ValueError, RecursionError):
        return None


def ids_in(value: Any) -> Iterator[tuple[str, str]]:
    """Pairs of kind and id, in order: what stands under "id", "…_id" or "…_ids"."""
    levels = [iter([("", value, dict[str, Any]())])]  # no recursion: a body may be deeper than Python's own allows
    while levels:
        for name, item, holder in levels[-1]:
            if name == "id" or name.endswith(("_id", "_ids")):
                for found in item if isinstance(item, list) else (item,):
                    if isinstance(found, str) and len(found) > 1 and not found.isdigit():
                        yield _kind(name, holder), found
            elif isinstance(item, dict | list):
                levels.append(_inside(item))
                break
        else:
            levels.pop()


def _inside(value: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """What stands in an object or a list: its name, the value, and the object that has it."""
    if isinstance(value, list):
        return iter([("", item, {}) for item in value])
    return iter([(name, item, value) for name, item in value.items() if name not in _NOT_NAMED])


def _kind(name: str, holder: dict[str, Any]) -> str:
    if name != "id":
        return name.removesuffix("s").removesuffix("_id")
    declared = holder.get("object")
    parts = declared.removesuffix(".deleted").split(".") if isinstance(declared, str) else [""]
    return parts[-1] or "id"
