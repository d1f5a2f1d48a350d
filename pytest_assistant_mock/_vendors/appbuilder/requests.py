"""What AppBuilder's Assistants API reads, field by field, in the order of the vendor's tables. Knows nothing of routes."""

from typing import Annotated, Any, ClassVar

from pydantic import Field

from pytest_assistant_mock._engine.kinds.messages import Draft
from pytest_assistant_mock._vendors.appbuilder.fields import (
    After,
    Before,
    FileIds,
    Limit,
    MessageId,
    Metadata,
    Order,
    Role,
    ThreadId,
    UserRole,
    Words,
)
from pytest_assistant_mock._vendors.appbuilder.lists import window_of
from pytest_assistant_mock._vendors.shape import JSONRequest

TOO_MANY_FILES = {("file_ids", "too_long"): "too_many_files"}
BAD_METADATA = {("metadata", kind): "bad_metadata" for kind in ("too_long", "string_too_long")}


class MessageFields(JSONRequest):
    """What a message is made of."""

    content: Words
    role: Role = "user"
    file_ids: FileIds | None = None
    metadata: Metadata | None = None

    def arguments(self) -> dict[str, Any]:
        return {
            "text": self.content,
            "role": self.role,
            "file_ids": tuple(self.file_ids or ()),
            "metadata": self.metadata or {},
        }


class CreateMessage(MessageFields):
    """POST /v2/threads/messages"""

    refusals: ClassVar = {**TOO_MANY_FILES, **BAD_METADATA, ("role", "literal_error"): "bad_role"}

    role: UserRole
    thread_id: ThreadId

    def arguments(self) -> dict[str, Any]:
        return {"thread_id": self.thread_id, **super().arguments()}


class ListPage(JSONRequest):
    """What the two lists have in common. Null, "" and a limit below 1 count as absent; large limits are served."""

    refusals: ClassVar = {("order", ""): "bad_order"}

    thread_id: ThreadId
    limit: Limit = None
    order: Order = None
    after: After = None
    before: Before = None

    def arguments(self) -> dict[str, Any]:
        return {"thread_id": self.thread_id, **window_of(self)}


class ListMessages(ListPage):
    """POST /v2/threads/messages/list"""


class ListMessageFiles(ListPage):
    """POST /v2/threads/messages/files/list"""

    message_id: MessageId

    def arguments(self) -> dict[str, Any]:
        return {"message_id": self.message_id, **super().arguments()}


class QueryMessage(JSONRequest):
    """POST /v2/threads/messages/query"""

    thread_id: ThreadId
    message_id: MessageId

    def arguments(self) -> dict[str, Any]:
        return {"thread_id": self.thread_id, "message_id": self.message_id}


class UpdateMessage(QueryMessage):
    """POST /v2/threads/messages/update; file_ids absent or null stay as they are, [] clears them."""

    refusals: ClassVar = TOO_MANY_FILES

    content: Words
    file_ids: FileIds | None = None

    def arguments(self) -> dict[str, Any]:
        file_ids = None if self.file_ids is None else tuple(self.file_ids)
        return {**super().arguments(), "text": self.content, "file_ids": file_ids}


class CreateThread(JSONRequest):
    """POST /v2/threads"""

    bodiless: ClassVar = True
    refusals: ClassVar = {**TOO_MANY_FILES, **BAD_METADATA, ("role", "literal_error"): "bad_first_role"}

    messages: Annotated[
        list[MessageFields] | None,
        Field(description="The messages the thread begins with.", examples=[[{"role": "user", "content": "地球是圆的吗?"}]]),
    ] = None
    metadata: Metadata | None = None

    def arguments(self) -> dict[str, Any]:
        drafts = [Draft(**message.arguments()) for message in self.messages or ()]
        return {"messages": drafts, "metadata": self.metadata}


class QueryThread(JSONRequest):
    """POST /v2/threads/query and /v2/threads/delete"""

    thread_id: ThreadId

    def arguments(self) -> dict[str, Any]:
        return {"thread_id": self.thread_id}


class UpdateThread(QueryThread):
    """POST /v2/threads/update; null and {} leave the metadata as it is (the SDK always sends {})."""

    refusals: ClassVar = BAD_METADATA

    metadata: Metadata | None = None

    def arguments(self) -> dict[str, Any]:
        return {"thread_id": self.thread_id, "metadata": self.metadata or None}
