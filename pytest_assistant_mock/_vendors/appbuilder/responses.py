"""
What AppBuilder's Assistants API answers, field by field, in wire order.

A field with a default is one that some documented answers lack. Knows nothing of routes.
"""

from typing import Any, Literal

from pydantic import Field

from pytest_assistant_mock._engine.kinds import messages, threads
from pytest_assistant_mock._engine.vendor import ErrorRow
from pytest_assistant_mock._engine.wire import Refusal
from pytest_assistant_mock._vendors.answers import GoneAnswer, ObjectAnswer
from pytest_assistant_mock._vendors.appbuilder.fields import (
    AssistantId,
    CreatedAt,
    ErrorCode,
    ErrorMessage,
    FileId,
    FileIds,
    FileObject,
    KeptMetadata,
    MessageId,
    MessageObject,
    Role,
    RunId,
    ThreadId,
    Words,
)
from pytest_assistant_mock._vendors.appbuilder.lists import ListPage
from pytest_assistant_mock._vendors.shape import Shape


class Text(Shape):
    """The words of a content item; an assistant's come without annotations."""

    annotations: list[Any] | None = Field(default_factory=list, description="Empty in every sample.", examples=[[]])
    value: Words


class ContentItem(Shape):
    """One item of a message's content."""

    type: Literal["text"] = Field(description="Kind of content.")
    text: Text = Field(description="The words.", examples=[{"annotations": [], "value": "地球是圆的吗?"}])


class Message(ObjectAnswer):
    """A message. Which of the optional fields are there depends on the operation, see the subclasses."""

    id: MessageId
    object: MessageObject
    role: Role
    content: list[ContentItem] = Field(
        description="What is said, piece by piece; one piece in every sample.",
        examples=[[{"type": "text", "text": {"annotations": [], "value": "地球是圆的吗?"}}]],
    )
    metadata: KeptMetadata = Field(default_factory=dict)
    created_at: CreatedAt
    thread_id: ThreadId
    content_type: Literal["text"] = Field(default="text", description="Kind of content; on an assistant's message in a list.")
    assistant_id: AssistantId
    run_id: RunId
    file_ids: FileIds

    @classmethod
    def facts(cls, message: messages.Message) -> dict[str, Any]:
        """The fields every operation shows."""
        text = {"annotations": [], "value": message.text} if message.role == "user" else {"value": message.text}
        return {
            "id": message.id,
            "object": "thread.message",
            "role": message.role,
            "content": list(message.content) or [{"type": "text", "text": text}],
            "created_at": message.created_at,
            "thread_id": message.thread_id,
            "assistant_id": message.assistant_id,
            "run_id": message.run_id,
            "file_ids": list(message.file_ids),
        }


class CreatedMessage(Message):
    """As create answers: with metadata, and null for the ids of an assistant and a run that are not there."""

    @classmethod
    def facts(cls, message: messages.Message) -> dict[str, Any]:
        more = {"metadata": message.metadata, "assistant_id": None, "run_id": None}
        return cls.in_order({**super().facts(message), **more})


class ListedMessage(Message):
    """As list shows: with metadata, and with content_type if it is the assistant's."""

    @classmethod
    def facts(cls, message: messages.Message) -> dict[str, Any]:
        facts = {**super().facts(message), "metadata": message.metadata}
        if message.role == "assistant":
            facts["content_type"] = "text"
        return cls.in_order(facts)


class FileItem(ObjectAnswer):
    """A file of a message."""

    id: FileId
    object: FileObject
    created_at: CreatedAt
    message_id: MessageId

    @classmethod
    def facts(cls, file: messages.MessageFile) -> dict[str, Any]:
        """The fields of a message's file."""
        return {
            "id": file.id,
            "object": "thread.message.file",
            "created_at": file.created_at,
            "message_id": file.message_id,
        }


class MessageList(ListPage):
    """A page of messages."""

    data: list[ListedMessage] = Field(description="The page, in the order asked for.", examples=[[]])


class MessageFileList(ListPage):
    """A page of a message's files."""

    data: list[FileItem] = Field(description="The page, in the order asked for.", examples=[[]])


class Thread(ObjectAnswer):
    """A thread, as create and query answer."""

    id: ThreadId
    object: Literal["thread", "thread.message"] = Field(
        description="Kind of object: recorded as thread; the vendor's page prints thread.message.",
        examples=["thread"],
    )
    created_at: CreatedAt
    metadata: KeptMetadata | None

    @classmethod
    def facts(cls, thread: threads.Thread) -> dict[str, Any]:
        """The fields of a stored thread."""
        return {
            "id": thread.id,
            "object": "thread",
            "created_at": thread.created_at,
            "metadata": thread.metadata,
        }


class UpdatedThread(Thread):
    """As update answers: null where there is no metadata (recorded in the vendor's notebooks)."""

    @classmethod
    def facts(cls, thread: threads.Thread) -> dict[str, Any]:
        return {**super().facts(thread), "metadata": thread.metadata or None}


class ThreadDeleted(GoneAnswer):
    """What is left of a thread."""

    id: ThreadId
    object: Literal["thread.deleted"] = Field(description="Kind of object; inferred, no page prints it.")
    deleted: Literal[True] = Field(description="Always true.", examples=[True])


_THREAD_NOT_FOUND = {"code": "InvalidRequestArgumentError", "message": "threadId不存在", "type": "invalid_request_error"}


class ErrorDetails(Shape):
    """What went wrong."""

    code: ErrorCode
    message: ErrorMessage
    type: str = Field(description="Family of the error.", examples=["invalid_request_error"])
    param: str | None = Field(description="The field that is wrong, if one is.", examples=["thread_id"])


class Error(Shape):
    """A business error; it comes with HTTP 200."""

    error: ErrorDetails = Field(description="The error.", examples=[_THREAD_NOT_FOUND | {"param": "thread_id"}])

    @classmethod
    def write(cls, row: ErrorRow, refusal: Refusal, request_id: str) -> bytes:
        """The body that answers a refused request."""
        said = {"code": str(row.code), "message": row.text(refusal), "type": "invalid_request_error", "param": refusal.field}
        return cls.printed({"error": said})


class GatewayError(Shape):
    """An error of the gateway in front; it comes with its own HTTP status."""

    requestId: str = Field(min_length=1, description="Id of the request.", examples=["30d05399-ea69-4b10-93be-0dcebb70e255"])
    code: ErrorCode
    message: ErrorMessage

    @classmethod
    def write(cls, row: ErrorRow, refusal: Refusal, request_id: str) -> bytes:
        """The body that answers a refused request."""
        return cls.printed({"requestId": request_id, "code": row.code, "message": row.text(refusal)})

    @classmethod
    def write_unknown_key(cls, row: ErrorRow, refusal: Refusal, request_id: str) -> bytes:
        """The same for a key the gateway does not know: the request's id stands in the message, zeros stand in its own place."""
        named = Refusal(refusal.kind, refusal.field, {"request_id": request_id, **refusal.details})
        return cls.write(row, named, "00000000-0000-0000-0000-000000000000")


class OlderErrorDetails(Shape):
    """What went wrong, as services of early 2024 print it; the SDK reads both."""

    code: ErrorCode
    message: ErrorMessage
    type: str = Field(description="Family of the error.", examples=["invalid_request_error"])
    params: Any = Field(description="The fields that are wrong, if some are.", examples=["thread_id"])


class OlderError(Shape):
    """A business error of early 2024; it comes with HTTP 200."""

    error: OlderErrorDetails = Field(description="The error.", examples=[_THREAD_NOT_FOUND | {"params": "thread_id"}])


class OpenAPIError(Shape):
    """An error of the vendor's newer gateway, as recorded for an exhausted quota; it comes with its own HTTP status."""

    code: ErrorCode
    message: ErrorMessage
    request_id: str = Field(min_length=1, description="Id of the request.", examples=["928f30c6-d712-448b-a831-dc4cd15307b0"])

    @classmethod
    def write(cls, row: ErrorRow, refusal: Refusal, request_id: str) -> bytes:
        """The body that answers a refused request."""
        return cls.printed({"code": str(row.code), "message": row.text(refusal), "request_id": request_id})


class Nothing(Shape):
    """The answer null, to a query of a file that does not exist: the SDK makes a ValueError of it."""

    @classmethod
    def write(cls, row: ErrorRow, refusal: Refusal, request_id: str) -> bytes:
        """The body."""
        return b"null"
