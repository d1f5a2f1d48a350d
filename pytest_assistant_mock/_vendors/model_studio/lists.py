"""What all lists of Model Studio have in common."""

from __future__ import annotations

from typing import Any

from pytest_assistant_mock._engine.table import Page
from pytest_assistant_mock._vendors.model_studio.fields import FirstId, HasMore, LastId, ListObject, RequestId
from pytest_assistant_mock._vendors.shape import Shape


class ListPage(Shape):
    """A page of a list. A subclass says what stands in it."""

    object: ListObject
    data: list[Any]
    first_id: FirstId
    last_id: LastId
    has_more: HasMore
    request_id: RequestId


def list_body(item: Any, page: Page[Any], request_id: str) -> dict[str, Any]:
    """The body of a list, in wire order. `item` has `facts` for what stands in it."""
    data = [item.facts(one) for one in page.items]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else "",
        "last_id": data[-1]["id"] if data else "",
        "has_more": page.has_more,
        "request_id": request_id,
    }
