"""The line under the server: what is written in one turn of the loop leaves in one piece, and nothing is lost at a close."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from pytest_assistant_mock._serving.writing import Line


class Transport:
    """Notes what is done to it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def write(self, data: bytes) -> None:
        self.done.append(data.decode())

    def close(self) -> None:
        self.done.append("close")

    def abort(self) -> None:
        self.done.append("abort")

    def get_extra_info(self, name: str) -> str:
        return f"{name} of the transport"


def done(act: Callable[[Line], object]) -> list[str]:
    """What comes of an act in one turn of the loop, and the turn after it."""

    async def turn() -> list[str]:
        transport = Transport()
        act(Line(transport))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        return transport.done

    return asyncio.run(turn())


@pytest.mark.parametrize(
    ("words", "sent"),
    [
        ((), []),
        (("write head",), ["head"]),
        (("write head", "write body"), ["headbody"]),
        (("write head", "write body", "close"), ["headbody", "close"]),
        (("write head", "abort"), ["head", "abort"]),
        (("close",), ["close"]),
        (("write head", "close", "write late"), ["head", "close", "late"]),
    ],
)
def test_what_is_written_in_one_turn_leaves_in_one_piece(words: tuple[str, ...], sent: list[str]) -> None:
    """At the end of the turn, or before the line is closed."""

    def act(line: Line) -> None:
        for verb, _, data in (word.partition(" ") for word in words):
            getattr(line, verb)(*[data.encode()] * bool(data))

    assert done(act) == sent


def test_two_turns_are_two_pieces() -> None:
    """An answer that drips is not kept together."""

    async def turns() -> list[str]:
        transport = Transport()
        line = Line(transport)  # type: ignore[arg-type]
        for part in (b"head", b"body"):
            line.write(part)
            await asyncio.sleep(0)
        return transport.done

    assert asyncio.run(turns()) == ["head", "body"]


def test_all_else_is_the_transports_own() -> None:
    """The server may ask it whatever it asks a transport."""
    told = []
    done(lambda line: told.append(line.get_extra_info("socket")))
    assert told == ["socket of the transport"]
