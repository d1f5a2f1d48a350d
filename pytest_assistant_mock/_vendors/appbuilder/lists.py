"""What all lists of AppBuilder have in common."""

from __future__ import annotations

from typing import Any, ClassVar

from pytest_assistant_mock._engine.table import inclusive_in_time
from pytest_assistant_mock._vendors.answers import ListAnswer
from pytest_assistant_mock._vendors.appbuilder.fields import (
    DEFAULT_LIMIT,
    After,
    Before,
    FirstId,
    HasMore,
    LastId,
    Limit,
    ListObject,
    Order,
)
from pytest_assistant_mock._vendors.shape import JSONRequest


class ListFields(JSONRequest):
    """What every request of a list has. Null, "" and a limit below 1 count as absent; large limits are served."""

    refusals: ClassVar = {("order", ""): "bad_order"}

    limit: Limit = None
    order: Order = None
    after: After = None
    before: Before = None

    def arguments(self) -> dict[str, Any]:
        return window_of(self)


def window_of(asked: Any) -> dict[str, Any]:
    """The part of a list that a request with these four fields asks for."""
    return {
        "window": inclusive_in_time,
        "limit": asked.limit if asked.limit and asked.limit > 0 else DEFAULT_LIMIT,
        "order": asked.order or "desc",
        "after": asked.after,
        "before": asked.before,
    }


class ListPage(ListAnswer):
    """A page of a list. A subclass says what stands in it."""

    object: ListObject
    data: list[Any]
    first_id: FirstId
    last_id: LastId
    has_more: HasMore
