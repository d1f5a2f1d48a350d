"""What all lists of Model Studio have in common."""

from __future__ import annotations

from typing import Any

from pytest_assistant_mock._vendors.answers import ListAnswer
from pytest_assistant_mock._vendors.model_studio.fields import FirstId, HasMore, LastId, ListObject, RequestId


class ListPage(ListAnswer):
    """A page of a list. A subclass says what stands in it."""

    object: ListObject
    data: list[Any]
    first_id: FirstId
    last_id: LastId
    has_more: HasMore
    request_id: RequestId
