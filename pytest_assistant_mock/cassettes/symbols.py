"""
Names for ids: the first thread a cassette brings is `<thread#1>`, whatever the service called it.

Knows JSON and where ids stand in it; knows no vendor.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from pytest_assistant_mock._engine.wire import Request
from pytest_assistant_mock.cassettes.format import Interaction
from pytest_assistant_mock.cassettes.json_bodies import parse

_TOKEN = re.compile(r"[\w-]{2,}")
_NOT_NAMED = ("request_id", "first_id", "last_id")  # of the exchange, or said elsewhere in the same answer


class Symbols:
    """The ids that recorded responses brought: not those a request had named before."""

    def __init__(self, interactions: Iterable[Interaction]) -> None:
        self.names: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        asked: set[str] = set()
        for one in interactions:
            asked.update(tokens(one.request))
            response = one.response
            for kind, found in ids_in(json_of(response.body) if response is not None else None):
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


def json_of(body: bytes) -> Any:
    """A body's JSON value; None if it is none."""
    try:
        return parse(body.decode())
    except (ValueError, RecursionError):
        return None


def ids_in(value: Any) -> Iterator[tuple[str, str]]:
    """Pairs of kind and id, in order: what stands under "id", "…_id" or "…_ids"."""
    if isinstance(value, list):
        for item in value:
            yield from ids_in(item)
    if not isinstance(value, dict):
        return
    for name, item in value.items():
        if name in _NOT_NAMED:
            continue
        if name == "id" or name.endswith(("_id", "_ids")):
            for found in item if isinstance(item, list) else (item,):
                if isinstance(found, str) and len(found) > 1 and not found.isdigit():
                    yield _kind(name, value), found
        else:
            yield from ids_in(item)


def _kind(name: str, holder: dict[str, Any]) -> str:
    if name != "id":
        return name.removesuffix("s").removesuffix("_id")
    declared = holder.get("object")
    parts = declared.removesuffix(".deleted").split(".") if isinstance(declared, str) else [""]
    return parts[-1] or "id"
