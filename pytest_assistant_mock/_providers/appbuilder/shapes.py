"""
What AppBuilder's Assistants API reads and writes, field by field, in wire order.

Source: the vendor's page "Message" (2024-08-29), "Thread", "公共类型定义". Knows nothing of routes.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StrictInt

from pytest_assistant_mock._engine import store
from pytest_assistant_mock._engine.provider import ErrorRow
from pytest_assistant_mock._engine.store import Draft, inclusive_in_time
from pytest_assistant_mock._engine.wire import Refusal
from pytest_assistant_mock._providers.shape import AskedInBody, Shape

DEFAULT_LIMIT = 20

FileIds = Annotated[list[str], Field(max_length=10)]
MetadataValue = Annotated[str, Field(max_length=512)]
Metadata = Annotated[dict[Annotated[str, Field(max_length=64)], MetadataValue], Field(max_length=16)]

_TOO_MANY_FILES = {("file_ids", "too_long"): "too_many_files"}
_BAD_METADATA = {("metadata", kind): "bad_metadata" for kind in ("too_long", "string_too_long")}


# Requests


class MessageFields(AskedInBody):
    """
    What a message is made of.
    """

    content: str
    role: Literal["user", "assistant"]
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
    """
    POST /v2/threads/messages
    """

    refusals: ClassVar = {**_TOO_MANY_FILES, **_BAD_METADATA, ("role", "literal_error"): "bad_role"}

    role: Literal["user"]
    thread_id: str

    def arguments(self) -> dict[str, Any]:
        return {"thread_id": self.thread_id, **super().arguments()}


class ListPage(AskedInBody):
    """
    What the two lists have in common. Null, "" and a limit below 1 count as absent; large limits are served.
    """

    refusals: ClassVar = {("order", ""): "bad_order"}

    thread_id: str
    limit: StrictInt | None = None
    order: Literal["desc", "asc", ""] | None = None
    after: str | None = None
    before: str | None = None

    def arguments(self) -> dict[str, Any]:
        return {
            "thread_id": self.thread_id,
            "window": inclusive_in_time,
            "limit": self.limit if self.limit and self.limit > 0 else DEFAULT_LIMIT,
            "order": self.order or "desc",
            "after": self.after,
            "before": self.before,
        }


class ListMessages(ListPage):
    """
    POST /v2/threads/messages/list
    """


class ListMessageFiles(ListPage):
    """
    POST /v2/threads/messages/files/list
    """

    message_id: str

    def arguments(self) -> dict[str, Any]:
        return {"message_id": self.message_id, **super().arguments()}


class QueryMessage(AskedInBody):
    """
    POST /v2/threads/messages/query
    """

    thread_id: str
    message_id: str

    def arguments(self) -> dict[str, Any]:
        return {"thread_id": self.thread_id, "message_id": self.message_id}


class UpdateMessage(QueryMessage):
    """
    POST /v2/threads/messages/update; file_ids absent or null stay as they are, [] clears them.
    """

    refusals: ClassVar = _TOO_MANY_FILES

    content: str
    file_ids: FileIds | None = None

    def arguments(self) -> dict[str, Any]:
        file_ids = None if self.file_ids is None else tuple(self.file_ids)
        return {**super().arguments(), "text": self.content, "file_ids": file_ids}


class CreateThread(AskedInBody):
    """
    POST /v2/threads
    """

    bodiless: ClassVar = True
    refusals: ClassVar = CreateMessage.refusals

    messages: list[MessageFields] | None = None
    metadata: Metadata | None = None

    def arguments(self) -> dict[str, Any]:
        drafts = [Draft(**message.arguments()) for message in self.messages or ()]
        return {"messages": drafts, "metadata": self.metadata}


class QueryThread(AskedInBody):
    """
    POST /v2/threads/query and /v2/threads/delete
    """

    thread_id: str

    def arguments(self) -> dict[str, Any]:
        return {"thread_id": self.thread_id}


class UpdateThread(QueryThread):
    """
    POST /v2/threads/update; null and {} leave the metadata as it is (the SDK always sends {}).
    """

    refusals: ClassVar = _BAD_METADATA

    metadata: Metadata | None = None

    def arguments(self) -> dict[str, Any]:
        return {"thread_id": self.thread_id, "metadata": self.metadata or None}


# Responses


class Text(Shape):
    """
    The words of a content item; an assistant's come without annotations.
    """

    annotations: list[Any] = Field(default_factory=list)
    value: str


class ContentItem(Shape):
    """
    One item of a message's content.
    """

    type: Literal["text"]
    text: Text


class Message(Shape):
    """
    A message. Which of the optional fields are there depends on the operation, see the subclasses.
    """

    id: str
    object: Literal["thread.message"]
    role: Literal["user", "assistant"]
    content: list[ContentItem]
    metadata: dict[str, Any] = Field(default_factory=dict)
    created_at: int
    thread_id: str
    content_type: Literal["text"] = "text"
    assistant_id: str | None
    run_id: str | None
    file_ids: list[str]

    @classmethod
    def facts(cls, message: store.Message) -> dict[str, Any]:
        """
        The fields every operation shows.
        """
        text: dict[str, Any] = {"value": message.text}
        if message.role == "user":
            text["annotations"] = []
        return {
            "id": message.id,
            "object": "thread.message",
            "role": message.role,
            "content": [{"type": "text", "text": text}],
            "created_at": message.created_at,
            "thread_id": message.thread_id,
            "assistant_id": message.assistant_id,
            "run_id": message.run_id,
            "file_ids": list(message.file_ids),
        }

    @classmethod
    def write(cls, message: store.Message, request_id: str) -> bytes:
        """
        The body that answers the operation.
        """
        return cls(**cls.facts(message)).to_bytes()


class CreatedMessage(Message):
    """
    As create answers: with metadata, and null for the ids of an assistant and a run that are not there.
    """

    @classmethod
    def facts(cls, message: store.Message) -> dict[str, Any]:
        return {**super().facts(message), "metadata": message.metadata, "assistant_id": None, "run_id": None}


class ListedMessage(Message):
    """
    As list shows: with metadata, and with content_type if it is the assistant's.
    """

    @classmethod
    def facts(cls, message: store.Message) -> dict[str, Any]:
        facts = {**super().facts(message), "metadata": message.metadata}
        if message.role == "assistant":
            facts["content_type"] = "text"
        return facts


class FileItem(Shape):
    """
    A file of a message.
    """

    id: str
    object: Literal["thread.message.file"]
    created_at: int
    message_id: str

    @classmethod
    def facts(cls, file: store.MessageFile) -> dict[str, Any]:
        """
        The fields of a message's file.
        """
        return {
            "id": file.id,
            "object": "thread.message.file",
            "created_at": file.created_at,
            "message_id": file.message_id,
        }


class _List(Shape):
    object: Literal["list"]
    data: list[Any]
    first_id: str
    last_id: str
    has_more: bool

    @classmethod
    def of(cls, item: Any, page: store.Page[Any]) -> bytes:
        data = [item.facts(one) for one in page.items]
        return cls(
            object="list",
            data=data,
            first_id=data[0]["id"] if data else "",
            last_id=data[-1]["id"] if data else "",
            has_more=page.has_more,
        ).to_bytes()


class MessageList(_List):
    """
    A page of messages.
    """

    data: list[ListedMessage]

    @classmethod
    def write(cls, page: store.Page[store.Message], request_id: str) -> bytes:
        """
        The body that answers list.
        """
        return cls.of(ListedMessage, page)


class MessageFileList(_List):
    """
    A page of a message's files.
    """

    data: list[FileItem]

    @classmethod
    def write(cls, page: store.Page[store.MessageFile], request_id: str) -> bytes:
        """
        The body that answers list.
        """
        return cls.of(FileItem, page)


class Thread(Shape):
    """
    A thread, as create and query answer.
    """

    id: str
    object: Literal["thread"]
    created_at: int
    metadata: dict[str, Any] | None

    @classmethod
    def facts(cls, thread: store.Thread) -> dict[str, Any]:
        """
        The fields of a stored thread.
        """
        return {
            "id": thread.id,
            "object": "thread",
            "created_at": thread.created_at,
            "metadata": thread.metadata,
        }

    @classmethod
    def write(cls, thread: store.Thread, request_id: str) -> bytes:
        """
        The body that answers the operation.
        """
        return cls(**cls.facts(thread)).to_bytes()


class UpdatedThread(Thread):
    """
    As update answers: null where there is no metadata (recorded in the vendor's notebooks).
    """

    @classmethod
    def facts(cls, thread: store.Thread) -> dict[str, Any]:
        return {**super().facts(thread), "metadata": thread.metadata or None}


class ThreadDeleted(Shape):
    """
    What is left of a thread.
    """

    id: str
    object: Literal["thread.deleted"]
    deleted: Literal[True]

    @classmethod
    def write(cls, thread: store.DeletedThread, request_id: str) -> bytes:
        """
        The body that answers delete.
        """
        return cls(id=thread.id, object="thread.deleted", deleted=True).to_bytes()


class ErrorDetails(Shape):
    """
    What went wrong.
    """

    code: str
    message: str
    type: str
    param: str | None


class Error(Shape):
    """
    A business error; it comes with HTTP 200.
    """

    error: ErrorDetails

    @classmethod
    def write(cls, row: ErrorRow, refusal: Refusal, request_id: str) -> bytes:
        """
        The body that answers a refused request.
        """
        details = ErrorDetails(code=str(row.code), message=row.text(refusal), type="invalid_request_error", param=refusal.field)
        return cls(error=details).to_bytes()


class GatewayError(Shape):
    """
    An error of the gateway in front; it comes with its own HTTP status.
    """

    requestId: str
    code: int | str
    message: str

    @classmethod
    def write(cls, row: ErrorRow, refusal: Refusal, request_id: str) -> bytes:
        """
        The body that answers a refused request.
        """
        return cls(requestId=request_id, code=row.code, message=row.text(refusal)).to_bytes()
