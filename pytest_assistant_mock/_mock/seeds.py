"""
Assistants, files, threads and messages out of a YAML or JSON file, into the handles of a mock.

Knows the file's fields and where in the file they stand; stores nothing itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias

from pytest_assistant_mock.errors import CannotSeed, nearest

if TYPE_CHECKING:
    from pytest_assistant_mock._mock.handle import Handle
    from pytest_assistant_mock._mock.mock import AssistantMock
    from pytest_assistant_mock.cassettes.yaml_reader import Spot

Path_: TypeAlias = tuple[str | int, ...]
"""Where a value stands: ("model_studio", "threads", 0, "id")."""

ASSISTANT = {
    "id": str,
    "model": str,
    "name": str,
    "instructions": str,
    "tools": list,
    "file_ids": list,
    "metadata": dict,
}
FILE = {"id": str, "name": str, "content": str}
THREAD = {"id": str, "metadata": dict, "messages": list}
MESSAGE = {"id": str, "role": str, "text": str, "file_ids": list, "metadata": dict, "assistant_id": str, "run_id": str}

_ON_THE_WIRE = {"content": "text"}
"""What the vendors call a field that is called otherwise here."""

MOST_NESTED = 100
"""How deep a file may be nested."""

_NAMES = {
    str: "a string",
    dict: "a mapping",
    list: "a list",
    type(None): "nothing",
    int: "a number",
    float: "a number",
    bool: "a boolean",
}


class SeedError(ValueError):
    """A seed file that cannot be read, with the file and the line or field."""


def load(path: str | Path, mock: AssistantMock) -> int:
    """
    Store the assistants, files, threads and messages of a file; returns how many messages they were.

    The file: {vendor: {"assistants": [{"id", "model", "name", "instructions", "tools", "file_ids", "metadata"}],
    "files": [{"id", "name", "content"}],
    "threads": [{"id", "metadata", "messages": [{"id", "role", "text", "file_ids", "metadata"}]}]}}, as YAML, or as JSON where
    the name ends in .json. Only a message's text and a file's name are required. Raises SeedError; nothing is stored then.
    """
    file = _File(Path(path))
    return sum(len(thread["messages"]) for kinds in _store_all(file, mock).values() for thread in kinds["threads"])


def store(content: Any, mock: AssistantMock) -> dict[str, dict[str, Any]]:
    """
    Store what a file would hold: all of it or nothing; the ids of what has been stored, as they stand in the seed.

    Raises SeedError.
    """
    with mock._engine.lock:
        undo = [service.state.save() for service in mock._engine.services.values()]
        clock = mock.clock.state()
        try:
            return _store_all(_Seed("seed", content), mock)
        except SeedError:
            mock.clock.restore(clock)
            for put_back in undo:
                put_back()
            raise


def _store_all(file: _Seed, mock: AssistantMock) -> dict[str, dict[str, Any]]:
    handles = {handle.name: handle for handle in (mock.model_studio, mock.appbuilder)}
    file.check(file.content, (), dict)
    for vendor, seeds in file.content.items():
        file.known(vendor, (vendor,), handles)
        file.check_fields(seeds, (vendor,), {"assistants": list, "files": list, "threads": list})
        for kind, fields in (("assistants", ASSISTANT), ("files", FILE)):
            for number, one in enumerate(seeds.get(kind) or ()):
                file.check_fields(one, (vendor, kind, number), fields)
        for number, one in enumerate(seeds.get("files") or ()):
            if "name" not in one:
                file.fail((vendor, "files", number), "a file needs a name")
        for number, thread in enumerate(seeds.get("threads") or ()):
            _check_thread(file, thread, (vendor, "threads", number))
    return {vendor: _store_kinds(file, handles[vendor], seeds) for vendor, seeds in file.content.items()}


def _store_kinds(file: _Seed, handle: Handle, seeds: Mapping[str, Any]) -> dict[str, Any]:
    where = handle.name
    assistants = [
        file.trying((where, "assistants", number), partial(handle.add_assistant, **one)).id
        for number, one in enumerate(seeds.get("assistants") or ())
    ]
    files = [
        file.trying((where, "files", number), partial(handle.add_file, **{"content": "", **one})).id
        for number, one in enumerate(seeds.get("files") or ())
    ]
    threads = [
        _store(file, handle, thread, (where, "threads", number)) for number, thread in enumerate(seeds.get("threads") or ())
    ]
    return {"assistants": assistants, "files": files, "threads": threads}


def _check_thread(file: _Seed, thread: Any, where: Path_) -> None:
    file.check_fields(thread, where, THREAD)
    for number, message in enumerate(thread.get("messages") or ()):
        place = (*where, "messages", number)
        file.check_fields(message, place, MESSAGE)
        if "text" not in message:
            file.fail(place, "a message needs a text")


def _store(file: _Seed, handle: Handle, thread: Mapping[str, Any], where: Path_) -> dict[str, Any]:
    stored = file.trying(where, lambda: handle.add_thread(thread.get("metadata"), id=thread.get("id")))
    messages = thread.get("messages") or ()
    stored_messages = [
        file.trying((*where, "messages", number), partial(handle.add_message, stored, **message)).id
        for number, message in enumerate(messages)
    ]
    return {"id": stored.id, "messages": stored_messages}


class _Seed:
    """What is to be stored, and where in it each value stands. `name` says whose it is."""

    def __init__(self, name: str | Path, content: Any) -> None:
        self.name = name
        self.content = content

    def _line(self, where: Path_) -> int | None:
        return None

    def fail(self, where: Path_, problem: str) -> NoReturn:
        """Raise a SeedError about a place in the file."""
        known = self._line(where)
        line = f", line {known}" if known is not None else ""
        field = _field(where)
        raise SeedError(f"{self.name}{line}: {field + ': ' if field else ''}{problem}") from None

    def check(self, value: Any, where: Path_, kind: type) -> None:
        """Fail unless a value is of a kind."""
        if not isinstance(value, kind):
            self.fail(where, f"{_NAMES.get(type(value), type(value).__name__)}, expected {_NAMES[kind]}")

    def known(self, name: Any, where: Path_, names: Mapping[str, Any]) -> None:
        """Fail unless a name is one of some names."""
        if name not in names:
            self.fail(where, f"unknown; expected {' or '.join(names)}{nearest(_ON_THE_WIRE.get(name, str(name)), names)}")

    def check_fields(self, value: Any, where: Path_, fields: Mapping[str, type]) -> None:
        """Fail unless a value is a mapping of known fields, each of its kind; a field may be left empty."""
        self.check(value, where, dict)
        for name, inner in value.items():
            self.known(name, (*where, name), fields)
            if inner is not None or name == "text":
                self.check(inner, (*where, name), fields[name])

    def trying(self, where: Path_, act: Callable[[], Any]) -> Any:
        """What an act returns; fail if it raises TypeError or ValueError. CannotSeed is no matter of a place."""
        try:
            return act()
        except CannotSeed:
            raise
        except (TypeError, ValueError) as problem:
            self.fail(where, str(problem))


class _File(_Seed):
    """A seed out of a file."""

    def __init__(self, path: Path) -> None:
        self._spot: Spot | None = None
        try:
            text = path.read_text("utf-8")
        except OSError as problem:
            raise SeedError(f"{path}: {problem.strerror}") from None
        except UnicodeDecodeError as problem:
            raise SeedError(f"{path}: not UTF-8 (byte {problem.start})") from None
        super().__init__(path, None)
        self.content = self._json(text) if path.suffix == ".json" else self._yaml(text)

    def _json(self, text: str) -> Any:
        if (line := too_deep(text)) is not None:
            raise SeedError(f"{self.name}, line {line}: nested more than {MOST_NESTED} deep; expected JSON")
        try:
            return json.loads(text)
        except json.JSONDecodeError as problem:
            raise SeedError(f"{self.name}, line {problem.lineno}: {problem.msg}; expected JSON") from None

    def _yaml(self, text: str) -> Any:
        from pytest_assistant_mock.cassettes import yaml_reader

        try:
            value, _, self._spot = yaml_reader.read(text, yaml_reader.by_hand(MOST_NESTED))
        except yaml_reader.Broken as broken:
            at = f"{self.name}, line {broken.line}: "
            if broken.path:
                raise SeedError(f"{at}{_field(broken.path)}: stands here a second time") from None
            raise SeedError(f"{at}{broken.problem}; expected YAML") from None
        return value

    def _line(self, where: Path_) -> int | None:
        spot = self._spot
        for part in where:
            spot = spot[1].get(part) if spot is not None else None
        return spot[0] if spot is not None else None


def _field(where: Path_) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where).lstrip(".")


def too_deep(text: str) -> int | None:
    """The line in which a JSON text is nested deeper than a seed may be; None if it nowhere is."""
    depth = 0
    for found in _BRACKET.finditer(text):
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(found.group(), 0)
        if depth > MOST_NESTED:
            return text.count("\n", 0, found.start()) + 1
    return None


_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
