"""Time grows no faster than the input: every way into a cassette, at n and at 4n."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made import JSON, asked, one, player, saved
from timing import seconds

from pytest_assistant_mock import errors
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._engine.wire import Request, Response
from pytest_assistant_mock.cassettes import Cassette, check, storage
from pytest_assistant_mock.cassettes.format import from_text, to_text
from pytest_assistant_mock.cassettes.matching import canonical
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
