"""Time grows no faster than the input: every way into a cassette, at n and at 4n."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made import JSON, ask, asked, one, player, saved
from timing import seconds

from pytest_assistant_mock import errors
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._engine.wire import Request, Response
from pytest_assistant_mock.cassettes import Cassette, Interaction, check, load, storage
from pytest_assistant_mock.cassettes.format import from_text, to_text
from pytest_assistant_mock.cassettes.matching import canonical
from pytest_assistant_mock.cassettes.old_values import renewed
from pytest_assistant_mock.cassettes.verify import verify


def many(count: int, path: Path) -> Path:
    """A cassette of so many calls."""
    return saved(
        path / f"{count}.yaml", *(one(asked("GET", f"/threads/thread_{n}"), {"id": f"thread_{n}"}) for n in range(count))
    )


def form(parts: int) -> bytes:
    """A multipart body of so many parts, each no text."""
    head = b'--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n'
    return b"".join(head + b"\xff" * 50 + b"\r\n" for _ in range(parts)) + b"--b--\r\n"


def missed(count: int, path: Path) -> None:
    """A miss beside so many calls."""
    with pytest.raises(errors.CassetteMiss), player(path, unplayed="off") as mock:
        mock._session.answerer.handle(asked("GET", f"/threads/other_{count}"))  # type: ignore[union-attr]


def polls(count: int, path: Path) -> Path:
    """So many looks at a run that never ends."""
    looks = [one(asked("GET", "/threads/t/runs/r"), {"id": "r", "status": "in_progress"}) for _ in range(count)]
    return saved(path / f"{count}.yaml", *looks)


def played(path: Path) -> None:
    """All of them, asked for."""
    looks = load(path).interactions
    with player(path) as mock:
        for look in looks:
            ask(mock, look.request)


def two_recordings(count: int, day: str) -> list[Interaction]:
    """Threads that are made and looked at, none with the ids or the body of another day."""
    made = [one(asked("POST", "/threads", {"metadata": {"n": f"{day}{n}"}}), {"id": f"thread_{day}{n}"}) for n in range(count)]
    looks = [one(asked("GET", f"/threads/thread_{day}{n}"), {"id": f"thread_{day}{n}"}) for n in range(count)]
    return [*made, *looks]


def key(one: Interaction) -> str:
    """What is equal for equal requests."""
    return f"{one.request.method} {one.request.url}\n{one.request.body.decode()}"


ENTRIES: dict[str, tuple[int, Callable[[int, Path], Any], Callable[[Any], Any]]] = {
    "load": (500, many, storage.load),
    "write": (500, many, lambda path: storage.save(path, lambda now: now, Secrets())),
    "verify": (200, lambda count, path: storage.load(many(count, path)), verify),
    "check": (200, many, check.problems),
    "miss": (200, many, lambda path: missed(1, path)),
    "a multipart body is compared": (300, lambda count, path: form(count), canonical),
    "a multipart body is written": (
        300,
        lambda count, path: Cassette([one(asked("POST", "/files", form(count)), {})]),
        lambda cassette: from_text(to_text(cassette)),
    ),
    "text with returns": (
        4000,
        lambda count, path: Cassette([one(asked("GET", "/x"), Response(200, JSON, b"data: x\r\n" * count))]),
        lambda cassette: from_text(to_text(cassette)),
    ),
    "polls of a run that never ends": (200, polls, played),
    "recorded again": (
        60,
        lambda count, path: (two_recordings(count, "a"), two_recordings(count, "b")),
        lambda both: renewed(*both, key),
    ),
    "a long body": (20_000, lambda count, path: json.dumps({"a": ["你好"] * count}).encode(), canonical),
    "many headers": (
        1000,
        lambda count, path: Cassette([one(Request("GET", "https://x/y", tuple(("A", "b") for _ in range(count))), {})]),
        lambda cassette: from_text(to_text(cassette)),
    ),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_four_times_the_input_takes_no_more_than_its_share(name: str, tmp_path: Path) -> None:
    """Well below the sixteen times of what is quadratic."""
    count, make, work = ENTRIES[name]
    few, more = make(count, tmp_path), make(4 * count, tmp_path)
    assert seconds(work, more) < 9 * seconds(work, few) + 0.02
