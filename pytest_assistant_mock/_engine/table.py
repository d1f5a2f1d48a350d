"""
A table of one kind of object: add, get, replace, remove, page, save, clear; and the pages of a list.

Knows neither HTTP nor any kind of object; says no with a `Refusal`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar

from pytest_assistant_mock._engine.wire import Refusal

Order: TypeAlias = Literal["asc", "desc"]
Place: TypeAlias = tuple[int, int]
"""Where an object stands in its list: its time in ms, then the order it came in."""


class Item(Protocol):
    """What a table holds: frozen values with an id. A listed one has `created_at` in ms and a `place: Place` too."""

    @property
    def id(self) -> str:
        """The id."""


T = TypeVar("T", bound=Item)


@dataclass(frozen=True, eq=False)
class Kind(Generic[T]):
    """
    A kind of object.

    name: "thread"; a request names one by "thread_id", and is refused with "thread_not_found", or another `refusal`.
    parent: the kind its objects belong to and go with; they are kept, and paged, for each parent.
    owned: whether an object exists only for the key and workspace in its `owner`, "" being everybody's.
    listed: whether its objects are paged; of a kind that is not, a parent has at most one, of the parent's own id.
    local: whether an id is unique within its parent only.
    in_path: whether a path that has its field names one of them. size: how large an object is, for `Table.size_of`.
    """

    name: str
    parent: Kind[Any] | None = None
    owned: bool = False
    listed: bool = True
    local: bool = False
    in_path: bool = True
    refusal: str = ""
    size: Callable[[T], int] = len  # type: ignore[assignment]
    field_name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "field_name", f"{self.name}_id")
        object.__setattr__(self, "refusal", self.refusal or f"{self.name}_not_found")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list, in the order asked for; `has_more` if the list goes on in that order."""

    items: Sequence[T]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Deleted:
    """What is left to say of an object once it is gone."""

    id: str


Window: TypeAlias = Callable[[Order, int | None, int | None, int], tuple[int, int]]
"""From order, the cursors' positions (oldest is 0) and the length of a list: the slice that may be shown."""


def exclusive_in_order(order: Order, after: int | None, before: int | None, length: int) -> tuple[int, int]:
    """Without the cursors themselves, and by position in the returned order (Model Studio)."""
    if order == "desc":
        after, before = before, after
    return (0 if after is None else after + 1, length if before is None else before)


def inclusive_in_time(order: Order, after: int | None, before: int | None, length: int) -> tuple[int, int]:
    """With the cursors themselves, and by time whatever the order (AppBuilder)."""
    return (0 if after is None else after, length if before is None else before + 1)


def page(items: Sequence[T], order: Order, limit: int, window: tuple[int, int]) -> Page[T]:
    """The first `limit` items of a window over a list that is kept oldest first."""
    low, high = window
    first = items[low : min(high, low + limit)]
    last = items[max(low, high - limit) : high]
    return Page(first if order == "asc" else last[::-1], has_more=high - low > limit)


class Table(Generic[T]):
    """
    The objects of one kind, by id, and oldest first for each parent.

    asks: says who asks just now; "": one for whom everything exists.
    """

    def __init__(self, kind: Kind[T], asks: Callable[[], str] = str) -> None:
        self.kind = kind
        self.children: list[Table[Any]] = []
        self._asks = asks
        self._items: dict[str, T] = {}
        self._lists: dict[str, list[T]] = {}
        self._sizes: dict[str, tuple[int, int]] = {}  # by parent: of how many objects, and their size together
        self._parent_of: Callable[[T], str] = attrgetter(kind.parent.field_name) if kind.parent else _no_parent

    def __contains__(self, id: object) -> bool:
        """Whether an object of that id is there; a local id is none."""
        return id in self._items

    def __len__(self) -> int:
        return len(self._items)

    def get(self, id: str, parent: str | None = None, field: str = "") -> T:
        """The object of that id, of that parent if one is named; refuses "<kind>_not_found" for the field."""
        kind = self.kind
        item = self._items.get(f"{parent}\n{id}" if kind.local else id)
        if (
            item is None
            or (parent is not None and self._parent_of(item) != parent)
            or (kind.owned and (owner := item.owner) and (asks := self._asks()) and owner != asks)  # type: ignore[attr-defined]
        ):
            raise Refusal(kind.refusal, field or kind.field_name, {"id": id})
        return item

    def of(self, parent: str = "") -> Sequence[T]:
        """The objects of a parent, oldest first; without one all of them."""
        if not self.kind.listed or (not parent and self.kind.parent):
            return tuple(self._items.values())
        return self._lists.get(parent, ())

    def seen(self, parent: str = "") -> Sequence[T]:
        """Those of them that exist for who asks."""
        items, asks = self.of(parent), self._asks()
        if not (self.kind.owned and asks):
            return items
        return [item for item in items if item.owner in ("", asks)]  # type: ignore[attr-defined]

    def add(self, item: T) -> T:
        """Put an object at its place in time. Its id must be free."""
        kind, parent = self.kind, self._parent_of(item)
        self._items[f"{parent}\n{item.id}" if kind.local else item.id] = item
        if not kind.listed:
            return item
        siblings = self._lists.get(parent)
        if siblings is None:
            self._lists[parent] = [item]
        elif siblings and _time(siblings[-1]) > _time(item):  # the test has turned the clock back
            siblings.insert(_position(siblings, item), item)
            self._sizes.pop(parent, None)
        else:
            siblings.append(item)
        return item

    def replace(self, item: T) -> T:
        """Put an object in the place of the one of its id, which has the same place in time."""
        self._items[self._key(item)] = item
        if self.kind.listed:
            siblings = self._siblings(item)
            siblings[_position(siblings, item)] = item
        return item

    def keep(self, item: T) -> T:
        """Put an object there as it is; one of its id goes, what belongs to that one stays."""
        before = self._items.get(self._key(item))
        if before is not None and self.kind.listed:
            self._siblings(before).remove(before)
        return self.add(item)

    def remove(self, item: T) -> None:
        """Forget an object, and all that belongs to it."""
        del self._items[self._key(item)]
        if self.kind.listed:
            siblings = self._siblings(item)
            del siblings[_position(siblings, item)]
        for child in self.children:
            child._remove_all(item.id)

    def page(
        self,
        parent: str = "",
        *,
        window: Window,
        limit: int,
        order: Order = "desc",
        after: str | None = None,
        before: str | None = None,
    ) -> Page[T]:
        """A page of a parent's objects; refuses "<kind>_not_found" for a cursor that is not among them."""
        items = self.seen(parent)
        within = parent if self.kind.parent else None
        first = _position(items, self.get(after, within, "after")) if after else None
        last = _position(items, self.get(before, within, "before")) if before else None
        return page(items, order, limit, window(order, first, last, len(items)))

    def size_of(self, parent: str) -> int:
        """The size of a parent's objects together. What has been added since the last time is all that is looked at."""
        siblings = self._lists.get(parent, [])
        count, size = self._sizes.get(parent, (0, 0))
        size += sum(map(self.kind.size, siblings[count:]))
        self._sizes[parent] = (len(siblings), size)
        return size

    def clear(self) -> None:
        """Forget everything."""
        self._items, self._lists, self._sizes = {}, {}, {}

    def save(self) -> Callable[[], None]:
        """A function that puts everything back as it is now. Objects are values, so they are shared, not copied."""
        items = dict(self._items)
        lists = {parent: tuple(siblings) for parent, siblings in self._lists.items()}

        def put_back() -> None:
            self._items = dict(items)
            self._lists = {parent: list(siblings) for parent, siblings in lists.items()}
            self._sizes = {}

        return put_back

    def _siblings(self, item: T) -> list[T]:
        """The list an object stands in, about to be changed."""
        parent = self._parent_of(item)
        self._sizes.pop(parent, None)
        return self._lists[parent]

    def _key(self, item: T) -> str:
        return f"{self._parent_of(item)}\n{item.id}" if self.kind.local else item.id

    def _remove_all(self, parent: str) -> None:
        self._sizes.pop(parent, None)
        if not self.kind.listed:
            self._items.pop(parent, None)
        for item in self._lists.pop(parent, ()):
            del self._items[self._key(item)]
            for child in self.children:
                child._remove_all(item.id)


def _no_parent(item: Any) -> str:
    return ""


_time: Callable[[Any], int] = attrgetter("created_at")
_place: Callable[[Any], Place] = attrgetter("place")


def _position(items: Sequence[Any], item: Any) -> int:
    return bisect_left(items, item.place, key=_place)
