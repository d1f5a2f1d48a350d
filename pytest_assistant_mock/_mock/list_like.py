"""A tuple that a test may compare with a list."""

from __future__ import annotations

from typing import TypeVar

Item = TypeVar("Item")


class ListLike(tuple[Item, ...]):
    """Cannot be changed, like every tuple, and equals a tuple or a list of the same items."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return super().__eq__(tuple(other) if isinstance(other, list) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = tuple.__hash__
