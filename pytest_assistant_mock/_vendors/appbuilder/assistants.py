"""
Assistants, and the files mounted on one, as AppBuilder reads and answers them, field by field, in wire order.

Source: the vendor's page on assistants and recorded outputs of its notebooks; the order of fields is the SDK's. Knows no routes.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from pytest_assistant_mock._engine.kinds import assistants
from pytest_assistant_mock._vendors.answers import GoneAnswer, ObjectAnswer
from pytest_assistant_mock._vendors.appbuilder.fields import CreatedAt, FileId, FileIds, Metadata
from pytest_assistant_mock._vendors.appbuilder.lists import ListFields, ListPage
from pytest_assistant_mock._vendors.appbuilder.requests import BAD_METADATA, TOO_MANY_FILES
from pytest_assistant_mock._vendors.shape import JSONRequest

AssistantId = Annotated[
    str, Field(min_length=1, description="Id of the assistant.", examples=["asst_b71d860a5c3d449692dc5fdaa8d1d791"])
]
Model = Annotated[str | None, Field(description="Name of the model.", examples=["ERNIE-4.0T-8K"])]
Name = Annotated[str | None, Field(max_length=128, description="Name of the assistant.", examples=["helper"])]
Description = Annotated[str | None, Field(max_length=512, description="What it is for.", examples=["helps"])]
Instructions = Annotated[
    str | None, Field(max_length=4096, description="What it is told to do.", examples=["你是百度制作的AI助手"])
]
ThoughtInstructions = Annotated[str | None, Field(max_length=4096, description="How it is told to think.", examples=[""])]
ChatInstructions = Annotated[str | None, Field(max_length=4096, description="How it is told to talk.", examples=[""])]
ResponseFormat = Annotated[
    Literal["text", "json_object"] | None, Field(description="The form of its answers.", examples=["text"])
]
Tool = Annotated[dict[str, Any], Field(description="One function.", examples=[{"type": "function", "function": {"name": "f"}}])]
Tools = Annotated[list[Tool], Field(description="The functions it may call.", examples=[[]])]

OPTIONS = ("response_format", "thought_instructions", "chat_instructions")


class AssistantFields(JSONRequest):
    """What create and update have in common."""

    refusals: ClassVar = {
        **TOO_MANY_FILES,
        **BAD_METADATA,
        ("tools", "too_long"): "too_many_tools",
        **{(name, "string_too_long"): "text_too_long" for name in ("name", "description", "instructions", *OPTIONS[1:])},
    }

    model: Model = None
    name: Name = None
    description: Description = None
    response_format: ResponseFormat = None
    instructions: Instructions = None
    thought_instructions: ThoughtInstructions = None
    chat_instructions: ChatInstructions = None
    tools: list[Tool] | None = Field(default=None, max_length=10, description="The functions it may call.", examples=[[]])
    file_ids: FileIds | None = None
    metadata: Metadata | None = None

    def arguments(self) -> dict[str, Any]:
        options = {name: value for name in OPTIONS if (value := getattr(self, name)) is not None}
        return {
            "model": self.model,
            "name": self.name,
            "description": self.description,
            "instructions": self.instructions,
            "tools": None if self.tools is None else tuple(self.tools),
            "file_ids": None if self.file_ids is None else tuple(self.file_ids),
            "metadata": self.metadata or None,  # {} leaves the metadata as it is, as recorded
            "options": options or None,
        }


class CreateAssistant(AssistantFields):
    """POST /v2/assistants"""

    name: Annotated[str, Field(min_length=1, max_length=128, description="Name of the assistant.", examples=["helper"])]

    def arguments(self) -> dict[str, Any]:
        return {name: value for name, value in super().arguments().items() if value is not None}


class UpdateAssistant(AssistantFields):
    """POST /v2/assistants/update; null leaves a field as it is."""

    assistant_id: AssistantId

    def arguments(self) -> dict[str, Any]:
        return {"assistant_id": self.assistant_id, **super().arguments()}


class QueryAssistant(JSONRequest):
    """POST /v2/assistants/query and /v2/assistants/delete"""

    assistant_id: AssistantId

    def arguments(self) -> dict[str, Any]:
        return {"assistant_id": self.assistant_id}


class ListAssistants(ListFields):
    """POST /v2/assistants/list"""


class Assistant(ObjectAnswer):
    """An assistant."""

    id: AssistantId
    object: Literal["assistant"] = Field(default="assistant", description="Kind of object; update lacks it.")
    model: Model = None
    name: Name
    description: Description
    instructions: Instructions
    tools: Tools | None
    created_at: CreatedAt
    thought_instructions: ThoughtInstructions = None
    chat_instructions: ChatInstructions = None
    response_format: ResponseFormat = None
    file_ids: FileIds | None
    metadata: Metadata | None

    @classmethod
    def facts(cls, assistant: assistants.Assistant) -> dict[str, Any]:
        """The fields of a stored assistant."""
        return {
            "id": assistant.id,
            "object": "assistant",
            "name": assistant.name,
            "description": assistant.description,
            "instructions": assistant.instructions,
            "tools": list(assistant.tools),
            "created_at": assistant.created_at,
            "thought_instructions": assistant.options.get("thought_instructions", ""),
            "chat_instructions": assistant.options.get("chat_instructions", ""),
            "response_format": assistant.options.get("response_format", "text"),
            "file_ids": list(assistant.file_ids),
            "metadata": assistant.metadata,
        }


class UpdatedAssistant(Assistant):
    """As update answers: with the model, without the kind of object."""

    @classmethod
    def write(cls, assistant: assistants.Assistant, request_id: str) -> bytes:
        facts = {**cls.facts(assistant), "model": assistant.model}
        del facts["object"]
        return cls.printed(cls.in_order(facts))


class ListedAssistant(Assistant):
    """As list shows: null metadata where there is none."""

    @classmethod
    def facts(cls, assistant: assistants.Assistant) -> dict[str, Any]:
        return {**super().facts(assistant), "metadata": assistant.metadata or None}


class AssistantList(ListPage):
    """A page of assistants."""

    data: list[ListedAssistant] = Field(description="The page, in the order asked for.", examples=[[]])


class AssistantDeleted(GoneAnswer):
    """What is left of an assistant."""

    id: AssistantId
    object: Literal["assistant.deleted"] = Field(description="Kind of object.")
    deleted: Literal[True] = Field(description="Always true.", examples=[True])


class MountFile(JSONRequest):
    """POST /v2/assistants/files and /v2/assistants/files/delete"""

    refusals: ClassVar = {("file_id", "string_too_short"): "uploaded_file_not_found"}

    assistant_id: AssistantId
    file_id: FileId

    def arguments(self) -> dict[str, Any]:
        return {"assistant_id": self.assistant_id, "file_id": self.file_id}


class ListMountedFiles(ListFields):
    """POST /v2/assistants/files/list"""

    assistant_id: AssistantId

    def arguments(self) -> dict[str, Any]:
        return {"assistant_id": self.assistant_id, **super().arguments()}


class MountedFile(ObjectAnswer):
    """A file mounted on an assistant."""

    id: FileId
    object: Literal["assistant.file"] = Field(description="Kind of object.")
    created_at: CreatedAt
    assistant_id: AssistantId

    @classmethod
    def facts(cls, file: assistants.AssistantFile) -> dict[str, Any]:
        """The fields of a mounted file."""
        return {
            "id": file.id,
            "object": "assistant.file",
            "created_at": file.created_at,
            "assistant_id": file.assistant_id,
        }


class MountedFileList(ListPage):
    """A page of mounted files."""

    data: list[MountedFile] = Field(description="The page, in the order asked for.", examples=[[]])


class FileUnmounted(GoneAnswer):
    """What is left of a mounted file."""

    id: FileId
    object: Literal["assistant.file.deleted"] = Field(description="Kind of object.")
    deleted: Literal[True] = Field(description="Always true.", examples=[True])
