"""
The fields of Model Studio's requests and responses: type, meaning, unit, limits, and an example from the vendor's pages.

Source: the vendor's page "Messages" (Oct 15, 2025), its newest printing, "Threads", "消息关联文件". Knows nothing of shapes.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

DEFAULT_LIMIT = 20  # inferred: the page says only "the server's default"
NOT_BLANK = r"[^\t\n\v\f\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"  # every engine's \s is another one


def whole_number(value: object) -> object:
    """The number that stands in a query string; anything but text as it is. Raises ValueError for other text."""
    if not isinstance(value, str):
        return value
    if not (value.removeprefix("-").isdecimal() and value.isascii()):
        raise ValueError("not a whole number")
    return int(value)


MessageId = Annotated[
    str,
    Field(min_length=1, description="Id of the message.", examples=["message_f1933671-19e1-4162-ad25-7326165123e1"]),
]
ThreadId = Annotated[
    str,
    Field(min_length=1, description="Id of the thread.", examples=["thread_e99a9fe7-0433-426f-98ad-a5139c36579c"]),
]
FileId = Annotated[str, Field(min_length=1, description="Id of the file.", examples=["file_id1"])]
FileIds = Annotated[list[FileId], Field(description="Ids of the files that hang on the message.", examples=[["file_id1"]])]
AssistantId = Annotated[str, Field(description='Id of the assistant that wrote the message; "" for a user\'s.', examples=[""])]
RunId = Annotated[str, Field(description='Id of the run that wrote the message; "" for a user\'s.', examples=[""])]
RequestId = Annotated[
    str,
    Field(min_length=1, description="Id of the request.", examples=["b3ad40b9-f052-9665-a064-dab11c34625f"]),
]
CreatedAt = Annotated[
    int,
    Field(ge=0, description="When it was created, in milliseconds since 1970-01-01 UTC.", examples=[1711508433283]),
]
EndedAt = Annotated[
    int | None,
    Field(ge=0, description="When it ended, in milliseconds since 1970-01-01 UTC; null if it has not.", examples=[None]),
]
Role = Annotated[Literal["user", "assistant"], Field(description="Who speaks.", examples=["user"])]
Metadata = Annotated[dict[str, Any], Field(description="Key-value pairs kept with the object.", examples=[{"key": "value"}])]
Words = Annotated[str, Field(description="The message's text.", examples=["你是誰"])]
Content = Annotated[
    str,
    StringConstraints(pattern=NOT_BLANK),
    Field(
        description="The message's text; not blank.",
        examples=["你是誰"],
        json_schema_extra={"x-expected": "text that is not blank"},
    ),
]
MessageObject = Annotated[Literal["thread.message"], Field(description="Kind of object.")]
FileObject = Annotated[Literal["thread.message.file"], Field(description="Kind of object.")]
ThreadObject = Annotated[Literal["thread"], Field(description="Kind of object.")]
ListObject = Annotated[Literal["list"], Field(description="Kind of object.")]
Name = Annotated[str, Field(description="Name of the speaker; empty in every sample.", examples=[""])]
PluginCall = Annotated[dict[str, Any], Field(description="The plugin called, if one was.", examples=[{}])]
ToolCalls = Annotated[list[Any], Field(description="The tools called.", examples=[[]])]
Limit = Annotated[
    int,
    Field(ge=1, le=100, description="How many items at most, 1 to 100; left out: the server's default.", examples=[2]),
    BeforeValidator(whole_number),
]
Order = Annotated[Literal["asc", "desc"], Field(description="By time of creation: oldest or newest first.", examples=["desc"])]
After = Annotated[str, Field(description="Id of the item the page begins after, in the order asked for.", examples=[""])]
Before = Annotated[str, Field(description="Id of the item the page ends before, in the order asked for.", examples=[""])]
FirstId = Annotated[
    str,
    Field(description='Id of the first item returned; "" if none is.', examples=["message_f1933671-19e1-4162-ad25-7326165123e1"]),
]
LastId = Annotated[
    str,
    Field(description='Id of the last item returned; "" if none is.', examples=["message_f1933671-19e1-4162-ad25-7326165123e1"]),
]
HasMore = Annotated[bool, Field(description="Whether the list goes on in the order asked for.", examples=[False])]
PrintedTime = Annotated[
    str,
    Field(description='"YYYY-MM-DD HH:MM:SS", Beijing time; printed until March 2024.', examples=["2024-03-25 13:42:21"]),
]
