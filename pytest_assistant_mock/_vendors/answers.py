"""
How an answer is printed: one object, a page of a list, and what is left of an object that is gone.

A vendor's shapes say their fields, and where the values come from. Knows no vendor.
"""

from __future__ import annotations

from typing import Any, ClassVar, get_args

from pytest_assistant_mock._engine.table import Deleted, Page
from pytest_assistant_mock._vendors.shape import Shape


class Answer(Shape):
    """The request's id stands last, in a shape that has the field `request_id`."""

    @classmethod
    def answered(cls, facts: dict[str, Any], request_id: str) -> bytes:
        """The body with these fields, which are in wire order."""
        if "request_id" in cls.__pydantic_fields__:
            facts["request_id"] = request_id
        return cls.printed(facts)


class ObjectAnswer(Answer):
    """One stored object."""

    @classmethod
    def facts(cls, of: Any) -> dict[str, Any]:
        """The fields of a stored object, in wire order, in a dict of its own."""
        raise NotImplementedError(cls.__name__)

    @classmethod
    def write(cls, of: Any, request_id: str) -> bytes:
        """The body that answers every operation on one object."""
        return cls.answered(cls.facts(of), request_id)


class ListAnswer(Answer):
    """A page of a list. A subclass says with the type of `data` what stands in it."""

    _item: ClassVar[Any]

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Read the type of the items."""
        if "data" in cls.__pydantic_fields__:
            (cls._item,) = get_args(cls.__pydantic_fields__["data"].annotation)

    @classmethod
    def write(cls, page: Page[Any], request_id: str) -> bytes:
        """The body that answers list."""
        data = [cls._item.facts(one) for one in page.items]
        facts = {
            "object": "list",
            "data": data,
            "first_id": data[0]["id"] if data else "",
            "last_id": data[-1]["id"] if data else "",
            "has_more": page.has_more,
        }
        return cls.answered(facts, request_id)


class GoneAnswer(Answer):
    """What is left of an object. The field `object` has its one value, or the one to print first."""

    @classmethod
    def write(cls, gone: Deleted, request_id: str) -> bytes:
        """The body that answers delete."""
        kind = get_args(cls.__pydantic_fields__["object"].annotation)[0]
        return cls.answered({"id": gone.id, "object": kind, "deleted": True}, request_id)
