"""
What Model Studio's Assistant API answers, field by field, in wire order.

A field with a default is one that some documented answers lack; what the fake answers has them as `facts` says.
Knows nothing of routes.
"""

from typing import Any, Literal

from pydantic import Field

from pytest_assistant_mock._engine.kinds import messages, threads
from pytest_assistant_mock._engine.vendor import ErrorRow
from pytest_assistant_mock._engine.wire import Refusal
from pytest_assistant_mock._vendors.answers import GoneAnswer, ObjectAnswer
from pytest_assistant_mock._vendors.model_studio.fields import (
    AssistantId,
    CreatedAt,
    EndedAt,
    FileId,
    FileIds,
    FileObject,
    MessageId,
    MessageObject,
    Metadata,
    Name,
    PluginCall,
    PrintedTime,
    RequestId,
    Role,
    RunId,
    ThreadId,
    ThreadObject,
    ToolCalls,
    Words,
)
from pytest_assistant_mock._vendors.model_studio.lists import ListPage
from pytest_assistant_mock._vendors.shape import Shape


class Text(Shape):
    """The words of a content item."""

    value: Words
    annotations: list[Any] = Field(default_factory=list, description="Empty in every sample.", examples=[[]])


class ContentItem(Shape):
    """One item of a message's content."""

    type: Literal["text"] = Field(description="Kind of content.")
    text: Text = Field(description="The words.", examples=[{"value": "你是谁", "annotations": []}])


def _content(message: messages.Message) -> list[dict[str, Any]]:
    return list(message.content) or [{"type": "text", "text": {"value": message.text, "annotations": []}}]


class MessageItem2025(ObjectAnswer):
    """A message inside a list, as the seed page prints it."""

    id: MessageId
    object: MessageObject
    created_at: CreatedAt
    thread_id: ThreadId
    assistant_id: AssistantId
    run_id: RunId
    role: Role
    content: list[ContentItem] = Field(
        description="What is said, piece by piece; one piece in every sample.",
        examples=[[{"type": "text", "text": {"value": "你是谁", "annotations": []}}]],
    )
    metadata: Metadata
    from_: str = Field(alias="from", description="Empty in every sample.", examples=[""])
    name: Name
    plugin_call: PluginCall
    tool_calls: ToolCalls
    status: dict[str, Any] = Field(description="Empty in every sample.", examples=[{}])
    file_ids: FileIds = Field(default_factory=list)  # printed by some pages of this revision
    display: bool = Field(default=True, description="Printed until March 2024.", examples=[True])
    gmt_crete: PrintedTime = ""
    gmt_update: PrintedTime = ""
    account_id: str = Field(
        default="", description="The caller's API key, masked; printed until March 2024.", examples=["sk-xxx"]
    )

    @classmethod
    def facts(cls, message: messages.Message) -> dict[str, Any]:
        """The fields of a stored message."""
        return {
            "id": message.id,
            "object": "thread.message",
            "created_at": message.created_at,
            "thread_id": message.thread_id,
            "assistant_id": message.assistant_id,
            "run_id": message.run_id,
            "role": message.role,
            "content": _content(message),
            "metadata": message.metadata,
            "from": "",
            "name": "",
            "plugin_call": {},
            "tool_calls": [],
            "status": {},
        }


class Message2025(MessageItem2025):
    """A message by itself, as the seed page prints it."""

    request_id: RequestId


class MessageItem2026(ObjectAnswer):
    """A message inside a list, as the newest page prints one by itself; the only recorded shape the Java SDK can parse."""

    id: MessageId
    object: MessageObject
    created_at: CreatedAt
    thread_id: ThreadId
    incomplete_details: dict[str, Any] | None = Field(default=None, description="Why it is incomplete.", examples=[{}])
    completed_at: EndedAt = None
    incomplete_at: EndedAt = None
    assistant_id: AssistantId
    run_id: RunId
    file_ids: FileIds = Field(default_factory=list)
    role: Role
    content: list[ContentItem] = Field(
        description="What is said, piece by piece; one piece in every sample.",
        examples=[[{"type": "text", "text": {"value": "你是谁", "annotations": []}}]],
    )
    metadata: Metadata
    name: Name
    plugin_call: PluginCall
    tool_calls: ToolCalls
    status: str = Field(description="Empty in every sample.", examples=[""])

    @classmethod
    def facts(cls, message: messages.Message) -> dict[str, Any]:
        """The fields of a stored message."""
        return {
            "id": message.id,
            "object": "thread.message",
            "created_at": message.created_at,
            "thread_id": message.thread_id,
            "incomplete_details": {},
            "completed_at": (message.completed_at or message.created_at) if message.role == "assistant" else None,
            "incomplete_at": None,
            "assistant_id": message.assistant_id,
            "run_id": message.run_id,
            "file_ids": list(message.file_ids),
            "role": message.role,
            "content": _content(message),
            "metadata": message.metadata,
            "name": "",
            "plugin_call": {},
            "tool_calls": [],
            "status": "",
        }


class Message2026(MessageItem2026):
    """A message by itself, as the newest page prints it."""

    request_id: RequestId


class FileItem(ObjectAnswer):
    """A file inside a list."""

    id: FileId
    object: FileObject
    created_at: CreatedAt
    message_id: MessageId
    gmt_created: PrintedTime = ""  # in the page's table, in no sample
    gmt_modified: PrintedTime = ""

    @classmethod
    def facts(cls, file: messages.MessageFile) -> dict[str, Any]:
        """The fields of a message's file."""
        return {
            "id": file.id,
            "object": "thread.message.file",
            "created_at": file.created_at,
            "message_id": file.message_id,
        }


class MessageFile(FileItem):
    """A file by itself."""

    request_id: RequestId = ""  # inferred: no page prints one


class MessageList2025(ListPage):
    """A page of messages, seed page."""

    data: list[MessageItem2025] = Field(description="The page, in the order asked for.", examples=[[]])


class MessageList2026(ListPage):
    """A page of messages, newest page."""

    data: list[MessageItem2026] = Field(description="The page, in the order asked for.", examples=[[]])


class MessageFileList(ListPage):
    """A page of a message's files."""

    data: list[FileItem] = Field(description="The page, in the order asked for.", examples=[[]])


class Thread(ObjectAnswer):
    """A thread."""

    id: ThreadId
    object: ThreadObject
    created_at: CreatedAt
    metadata: Metadata
    request_id: RequestId

    @classmethod
    def facts(cls, thread: threads.Thread) -> dict[str, Any]:
        """The fields of a stored thread."""
        return {"id": thread.id, "object": "thread", "created_at": thread.created_at, "metadata": thread.metadata}


class ThreadDeleted(GoneAnswer):
    """What is left of a thread."""

    id: ThreadId
    object: Literal["thread.deleted"] = Field(description="Kind of object.")
    deleted: Literal[True] = Field(description="Always true.", examples=[True])
    request_id: RequestId


class Error(Shape):
    """Every error of every operation."""

    code: str = Field(min_length=1, description="What kind of error.", examples=["InvalidParameter"])
    message: str = Field(
        description="What went wrong, in words.",
        examples=["The specified thread has been deleted or does not exist."],
    )
    request_id: RequestId

    @classmethod
    def write(cls, row: ErrorRow, refusal: Refusal, request_id: str) -> bytes:
        """The body that answers a refused request."""
        return cls.printed({"code": str(row.code), "message": row.text(refusal), "request_id": request_id})
