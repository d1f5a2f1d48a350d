"""What Model Studio's Assistant API reads, field by field, in the order its SDK sends. Knows nothing of routes."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from pytest_assistant_mock._engine.kinds.messages import Draft
from pytest_assistant_mock._engine.table import exclusive_in_order
from pytest_assistant_mock._vendors.model_studio.fields import (
    DEFAULT_LIMIT,
    After,
    Before,
    Content,
    FileIds,
    Limit,
    Metadata,
    Order,
    Role,
)
from pytest_assistant_mock._vendors.shape import JSONRequest, QueryRequest


class CreateMessage(JSONRequest):
    """POST /threads/{thread_id}/messages"""

    refusals: ClassVar = {("content", "missing"): "empty_content", ("content", "string_pattern_mismatch"): "empty_content"}

    content: Content
    role: Annotated[Literal["user"], Field(description="Who speaks; only user.", examples=["user"])] = "user"
    metadata: Metadata | None = None
    file_ids: FileIds | None = None

    def arguments(self) -> dict[str, Any]:
        return {
            "text": self.content,
            "role": self.role,
            "file_ids": tuple(self.file_ids or ()),
            "metadata": self.metadata,
        }


class FirstMessage(CreateMessage):
    """A message a thread is created with."""

    role: Role = "user"  # type: ignore[assignment]


class CreateThread(JSONRequest):
    """POST /threads"""

    bodiless: ClassVar = True  # the Python SDK sends "" for an empty thread
    refusals: ClassVar = CreateMessage.refusals

    messages: Annotated[
        list[FirstMessage] | None,
        Field(description="The messages the thread begins with.", examples=[[{"role": "user", "content": "你好"}]]),
    ] = None
    metadata: Metadata | None = None

    def arguments(self) -> dict[str, Any]:
        drafts = [Draft(**message.arguments()) for message in self.messages or ()]
        return {"messages": drafts, "metadata": self.metadata}


class UpdateMetadata(JSONRequest):
    """POST /threads/{thread_id} and POST /threads/{thread_id}/messages/{message_id}; null leaves the metadata as it is."""

    metadata: Metadata | None = None

    def arguments(self) -> dict[str, Any]:
        return {"metadata": self.metadata}


class ListPage(QueryRequest):
    """GET …/messages and GET …/files"""

    refusals: ClassVar = {("limit", ""): "bad_limit", ("order", ""): "bad_order"}

    limit: Limit = DEFAULT_LIMIT
    order: Order = "desc"
    after: After | None = None
    before: Before | None = None

    def arguments(self) -> dict[str, Any]:
        return {
            "window": exclusive_in_order,
            "limit": self.limit,
            "order": self.order,
            "after": self.after,
            "before": self.before,
        }
