"""
What Model Studio's Assistant API reads and writes, field by field, in wire order.

Source: the vendor's page "Messages" (Oct 15, 2025) for revision 2025, its newest printing for revision 2026; "Threads";
"消息关联文件" for files. Knows nothing of routes.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from pytest_assistant_mock._engine import store
from pytest_assistant_mock._engine.provider import ErrorRow
from pytest_assistant_mock._engine.store import Draft, exclusive_in_order
from pytest_assistant_mock._engine.wire import Refusal
from pytest_assistant_mock._providers.shape import AskedInBody, AskedInQuery, Shape

DEFAULT_LIMIT = 20  # inferred: the page says only "the server's default"


def _whole_number(text: str) -> int:
    if not (text.isascii() and text.removeprefix("-").isdecimal()):
        raise ValueError("not a whole number")
    return int(text)


Content = Annotated[str, StringConstraints(pattern=r"\S")]  # not blank
Limit = Annotated[int, BeforeValidator(_whole_number), Field(ge=1, le=100)]
Metadata = dict[str, Any]


# Requests


class CreateMessage(AskedInBody):
    """
    POST /threads/{thread_id}/messages
    """

    refusals: ClassVar = {("content", "missing"): "empty_content", ("content", "string_pattern_mismatch"): "empty_content"}

    content: Content
    role: Literal["user"] = "user"
    metadata: Metadata | None = None
    file_ids: list[str] | None = None

    def arguments(self) -> dict[str, Any]:
        return {
            "text": self.content,
            "role": self.role,
            "file_ids": tuple(self.file_ids or ()),
            "metadata": self.metadata or {},
        }


class FirstMessage(CreateMessage):
    """
    A message a thread is created with.
    """

    role: Literal["user", "assistant"] = "user"  # type: ignore[assignment]


class CreateThread(AskedInBody):
    """
    POST /threads
    """

    bodiless: ClassVar = True  # the Python SDK sends "" for an empty thread
    refusals: ClassVar = CreateMessage.refusals

    messages: list[FirstMessage] | None = None
    metadata: Metadata | None = None

    def arguments(self) -> dict[str, Any]:
        drafts = [Draft(**message.arguments()) for message in self.messages or ()]
        return {"messages": drafts, "metadata": self.metadata}


class UpdateMetadata(AskedInBody):
    """
    POST /threads/{thread_id} and POST /threads/{thread_id}/messages/{message_id}; null leaves the metadata as it is.
    """

    metadata: Metadata | None = None

    def arguments(self) -> dict[str, Any]:
        return {"metadata": self.metadata}


class ListPage(AskedInQuery):
    """
    GET …/messages and GET …/files
    """

    refusals: ClassVar = {("limit", ""): "bad_limit", ("order", ""): "bad_order"}

    limit: Limit = DEFAULT_LIMIT
    order: Literal["asc", "desc"] = "desc"
    after: str | None = None
    before: str | None = None

    def arguments(self) -> dict[str, Any]:
        return {
            "window": exclusive_in_order,
            "limit": self.limit,
            "order": self.order,
            "after": self.after,
            "before": self.before,
        }


# Responses


class Text(Shape):
    """
    The words of a content item.
    """

    value: str
    annotations: list[Any]


class ContentItem(Shape):
    """
    One item of a message's content.
    """

    type: Literal["text"]
    text: Text


def _content(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": {"value": text, "annotations": []}}]


class MessageItem2025(Shape):
    """
    A message inside a list, as the seed page prints it.
    """

    id: str
    object: Literal["thread.message"]
    created_at: int
    thread_id: str
    assistant_id: str
    run_id: str
    role: Literal["user", "assistant"]
    content: list[ContentItem]
    metadata: Metadata
    from_: str = Field(alias="from")
    name: str
    plugin_call: dict[str, Any]
    tool_calls: list[Any]
    status: dict[str, Any]

    @classmethod
    def facts(cls, message: store.Message) -> dict[str, Any]:
        """
        The fields of a stored message.
        """
        return {
            "id": message.id,
            "object": "thread.message",
            "created_at": message.created_at,
            "thread_id": message.thread_id,
            "assistant_id": message.assistant_id,
            "run_id": message.run_id,
            "role": message.role,
            "content": _content(message.text),
            "metadata": message.metadata,
            "from": "",
            "name": "",
            "plugin_call": {},
            "tool_calls": [],
            "status": {},
        }


class Message2025(MessageItem2025):
    """
    A message by itself, as the seed page prints it.
    """

    request_id: str

    @classmethod
    def write(cls, message: store.Message, request_id: str) -> bytes:
        """
        The body that answers create, retrieve and update.
        """
        return cls(**cls.facts(message), request_id=request_id).to_bytes()


class MessageItem2026(Shape):
    """
    A message inside a list, as the newest page prints one by itself; the only recorded shape the Java SDK can parse.
    """

    id: str
    object: Literal["thread.message"]
    created_at: int
    thread_id: str
    incomplete_details: dict[str, Any]
    completed_at: int | None
    incomplete_at: int | None
    assistant_id: str
    run_id: str
    file_ids: list[str]
    role: Literal["user", "assistant"]
    content: list[ContentItem]
    metadata: Metadata
    name: str
    plugin_call: dict[str, Any]
    tool_calls: list[Any]
    status: str

    @classmethod
    def facts(cls, message: store.Message) -> dict[str, Any]:
        """
        The fields of a stored message.
        """
        return {
            "id": message.id,
            "object": "thread.message",
            "created_at": message.created_at,
            "thread_id": message.thread_id,
            "incomplete_details": {},
            "completed_at": message.created_at if message.role == "assistant" else None,  # streamed replies carry it
            "incomplete_at": None,
            "assistant_id": message.assistant_id,
            "run_id": message.run_id,
            "file_ids": list(message.file_ids),
            "role": message.role,
            "content": _content(message.text),
            "metadata": message.metadata,
            "name": "",
            "plugin_call": {},
            "tool_calls": [],
            "status": "",
        }


class Message2026(MessageItem2026):
    """
    A message by itself, as the newest page prints it.
    """

    request_id: str

    @classmethod
    def write(cls, message: store.Message, request_id: str) -> bytes:
        """
        The body that answers create, retrieve and update.
        """
        return cls(**cls.facts(message), request_id=request_id).to_bytes()


class FileItem(Shape):
    """
    A file inside a list.
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


class MessageFile(FileItem):
    """
    A file by itself.
    """

    request_id: str

    @classmethod
    def write(cls, file: store.MessageFile, request_id: str) -> bytes:
        """
        The body that answers retrieve.
        """
        return cls(**cls.facts(file), request_id=request_id).to_bytes()


class _List(Shape):
    object: Literal["list"]
    data: list[Any]
    first_id: str
    last_id: str
    has_more: bool
    request_id: str

    @classmethod
    def of(cls, item: Any, page: store.Page[Any], request_id: str) -> bytes:
        data = [item.facts(one) for one in page.items]
        return cls(
            object="list",
            data=data,
            first_id=data[0]["id"] if data else "",
            last_id=data[-1]["id"] if data else "",
            has_more=page.has_more,
            request_id=request_id,
        ).to_bytes()


class MessageList2025(_List):
    """
    A page of messages, seed page.
    """

    data: list[MessageItem2025]

    @classmethod
    def write(cls, page: store.Page[store.Message], request_id: str) -> bytes:
        """
        The body that answers list.
        """
        return cls.of(MessageItem2025, page, request_id)


class MessageList2026(_List):
    """
    A page of messages, newest page.
    """

    data: list[MessageItem2026]

    @classmethod
    def write(cls, page: store.Page[store.Message], request_id: str) -> bytes:
        """
        The body that answers list.
        """
        return cls.of(MessageItem2026, page, request_id)


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
        return cls.of(FileItem, page, request_id)


class Thread(Shape):
    """
    A thread.
    """

    id: str
    object: Literal["thread"]
    created_at: int
    metadata: Metadata
    request_id: str

    @classmethod
    def write(cls, thread: store.Thread, request_id: str) -> bytes:
        """
        The body that answers create, retrieve and update.
        """
        return cls(
            id=thread.id,
            object="thread",
            created_at=thread.created_at,
            metadata=thread.metadata,
            request_id=request_id,
        ).to_bytes()


class ThreadDeleted(Shape):
    """
    What is left of a thread.
    """

    id: str
    object: Literal["thread.deleted"]
    deleted: Literal[True]
    request_id: str

    @classmethod
    def write(cls, thread: store.DeletedThread, request_id: str) -> bytes:
        """
        The body that answers delete.
        """
        return cls(id=thread.id, object="thread.deleted", deleted=True, request_id=request_id).to_bytes()


class Error(Shape):
    """
    Every error of every operation.
    """

    code: str
    message: str
    request_id: str

    @classmethod
    def write(cls, row: ErrorRow, refusal: Refusal, request_id: str) -> bytes:
        """
        The body that answers a refused request.
        """
        return cls(code=str(row.code), message=row.text(refusal), request_id=request_id).to_bytes()
