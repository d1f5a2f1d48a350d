"""
The fields of AppBuilder's requests and responses: type, meaning, unit, limits, and an example from the vendor's pages.

Source: the vendor's page "Message" (2024-08-29), "Thread", "公共类型定义". Knows nothing of shapes.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

DEFAULT_LIMIT = 20

MessageId = Annotated[
    str,
    Field(min_length=1, description="Id of the message.", examples=["msg_8baea5dec06746e68ed5bfd66db67c18"]),
]
ThreadId = Annotated[
    str,
    Field(min_length=1, description="Id of the thread.", examples=["thread_aab1710f13f1496d9fe29c03ca4e4d3e"]),
]
FileId = Annotated[str, Field(min_length=1, description="Id of the file.", examples=["file-510945304731717"])]
FileIds = Annotated[
    list[FileId],
    Field(
        max_length=10, description="Ids of the files that hang on the message; at most 10.", examples=[["file-510945304731717"]]
    ),
]
AssistantId = Annotated[
    str | None,
    Field(description='Id of the assistant that wrote the message; "" or null for a user\'s.', examples=[""]),
]
RunId = Annotated[str | None, Field(description='Id of the run that wrote the message; "" or null for a user\'s.', examples=[""])]
CreatedAt = Annotated[
    int,
    Field(ge=0, description="When it was created, in milliseconds since 1970-01-01 UTC.", examples=[1713427536332]),
]
Role = Annotated[Literal["user", "assistant"], Field(description="Who speaks.", examples=["user"])]
UserRole = Annotated[Literal["user"], Field(description="Who speaks; only user.", examples=["user"])]
MetadataKey = Annotated[str, Field(max_length=64)]
MetadataValue = Annotated[str, Field(max_length=512)]
Metadata = Annotated[
    dict[MetadataKey, MetadataValue],
    Field(
        max_length=16,
        description="At most 16 key-value pairs; a key has at most 64 characters, a value 512.",
        examples=[{"key": "value"}],
    ),
]
KeptMetadata = Annotated[dict[str, Any], Field(description="Key-value pairs kept with the object.", examples=[{}])]
Words = Annotated[str, Field(description="The message's text.", examples=["地球是圆的吗?"])]
MessageObject = Annotated[Literal["thread.message"], Field(description="Kind of object.")]
FileObject = Annotated[Literal["thread.message.file"], Field(description="Kind of object.")]
ListObject = Annotated[Literal["list"], Field(description="Kind of object.")]
Limit = Annotated[
    int | None,
    Field(strict=True, description="How many items at most; null and numbers below 1 count as left out: 20.", examples=[20]),
]
Order = Annotated[
    Literal["desc", "asc", ""] | None,
    Field(
        description='By time of creation: newest (the default) or oldest first; null and "" count as left out.', examples=["desc"]
    ),
]
After = Annotated[
    str | None,
    Field(description="Id of an item: only those created at its time or later.", examples=["file-510945304731717"]),
]
Before = Annotated[str | None, Field(description="Id of an item: only those created at its time or earlier.", examples=[""])]
FirstId = Annotated[
    str,
    Field(description='Id of the first item returned; "" if none is.', examples=["msg_1dc211f670854a30bc68b945c4659d99"]),
]
LastId = Annotated[
    str,
    Field(description='Id of the last item returned; "" if none is.', examples=["msg_1dc211f670854a30bc68b945c4659d99"]),
]
HasMore = Annotated[bool, Field(description="Whether the list goes on in the order asked for.", examples=[False])]
ErrorCode = Annotated[int | str, Field(description="What kind of error.", examples=[216003])]
ErrorMessage = Annotated[str, Field(description="What went wrong, in words.", examples=["threadId不存在"])]
ModelParameters = Annotated[
    dict[str, Any] | None,
    Field(
        description="How freely the model chooses its words: chat_parameters and thought_parameters.",
        examples=[{"chat_parameters": {"temperature": 0.8, "top_p": 0.8, "penalty_score": 1.0}}],
    ),
]
UserInfo = Annotated[dict[str, Any] | None, Field(description="Who asks.", examples=[{"id": "1", "name": "n"}])]
UserLocation = Annotated[dict[str, Any] | None, Field(description="Where from.", examples=[{"loc": "北京", "uip": "192.0.2.1"}])]
