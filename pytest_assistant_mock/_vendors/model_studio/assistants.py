"""
Assistants, and the files attached to one, as Model Studio reads and answers them, field by field, in wire order.

Source: the vendor's page "Assistant"; assistant files are known from the Python SDK alone. Knows nothing of routes.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from pytest_assistant_mock._engine.kinds import assistants
from pytest_assistant_mock._vendors.answers import GoneAnswer, ObjectAnswer
from pytest_assistant_mock._vendors.model_studio.fields import CreatedAt, FileId, Metadata, RequestId
from pytest_assistant_mock._vendors.model_studio.lists import ListPage
from pytest_assistant_mock._vendors.shape import JSONRequest

AssistantId = Annotated[
    str, Field(min_length=1, description="Id of the assistant.", examples=["asst_49079f4b-d1e8-4015-a12e-2dcdd1f18d84"])
]
Model = Annotated[str, Field(min_length=1, description="Name of the model.", examples=["qwen-max"])]
ModelName = Annotated[str, Field(description='Name of the model; "" where a test seeded none.', examples=["qwen-max"])]
Name = Annotated[str | None, Field(description="Name of the assistant.", examples=["智能小助手"])]
Description = Annotated[str | None, Field(description="What the assistant is for.", examples=["这是一个智能小助手"])]
Instructions = Annotated[str | None, Field(description="What the assistant is told to do.", examples=["你是一个智能小助手"])]
Tool = Annotated[dict[str, Any], Field(description="One tool.", examples=[{"type": "code_interpreter"}])]
Tools = Annotated[list[Tool], Field(description="The tools it may use.", examples=[[{"type": "code_interpreter"}]])]
AttachedFiles = Annotated[list[FileId], Field(description="Ids of the files attached to it.", examples=[[]])]
Temperature = Annotated[float | None, Field(description="How freely the model chooses its words.", examples=[1.0])]
TopP = Annotated[float | None, Field(description="Which share of the likeliest words the model chooses from.", examples=[0.5])]
TopK = Annotated[int | None, Field(description="How many of the likeliest words the model chooses from.", examples=[9])]
MaxTokens = Annotated[int | None, Field(description="How many tokens the model writes at most.", examples=[5])]

OPTIONS = ("temperature", "top_p", "top_k", "max_tokens")
"""What is echoed as it was sent, in wire order."""


class AssistantFields(JSONRequest):
    """What create and update have in common, but the model."""

    name: Name = None
    description: Description = None
    instructions: Instructions = None
    tools: Tools | None = None
    file_ids: AttachedFiles | None = None
    metadata: Metadata | None = None
    top_p: TopP = None
    top_k: TopK = None
    temperature: Temperature = None
    max_tokens: MaxTokens = None

    def arguments(self) -> dict[str, Any]:
        options = {name: value for name in OPTIONS if (value := getattr(self, name)) is not None}
        return {
            "name": self.name,
            "description": self.description,
            "instructions": self.instructions,
            "tools": None if self.tools is None else tuple(self.tools),
            "file_ids": None if self.file_ids is None else tuple(self.file_ids),
            "metadata": self.metadata,
            "options": options or None,
        }


class CreateAssistant(AssistantFields):
    """POST /assistants"""

    model: Model

    def arguments(self) -> dict[str, Any]:
        given = {name: value for name, value in super().arguments().items() if value is not None}
        return {"model": self.model, **given}


class UpdateAssistant(AssistantFields):
    """POST /assistants/{assistant_id}; null leaves a field as it is, an empty list clears it."""

    model: Model | None = None

    def arguments(self) -> dict[str, Any]:
        return {"model": self.model, **super().arguments()}


class AssistantItem(ObjectAnswer):
    """An assistant inside a list."""

    id: AssistantId
    object: Literal["assistant"] = Field(description="Kind of object.")
    created_at: CreatedAt
    model: ModelName
    name: Name = None
    description: Description = None
    instructions: Instructions = None
    tools: Tools
    file_ids: AttachedFiles = Field(default_factory=list)  # in the SDK's object, on no page
    metadata: Metadata
    temperature: Temperature = None
    top_p: TopP = None
    top_k: TopK = None
    max_tokens: MaxTokens = None

    @classmethod
    def facts(cls, assistant: assistants.Assistant) -> dict[str, Any]:
        """The fields of a stored assistant."""
        return {
            "id": assistant.id,
            "object": "assistant",
            "created_at": assistant.created_at,
            "model": assistant.model,
            "name": assistant.name,
            "description": assistant.description,
            "instructions": assistant.instructions,
            "tools": list(assistant.tools),
            "file_ids": list(assistant.file_ids),
            "metadata": assistant.metadata,
            **{name: assistant.options.get(name) for name in OPTIONS},
        }


class Assistant(AssistantItem):
    """An assistant by itself."""

    request_id: RequestId


class AssistantList(ListPage):
    """A page of assistants."""

    data: list[AssistantItem] = Field(description="The page, in the order asked for.", examples=[[]])


class AssistantDeleted(GoneAnswer):
    """What is left of an assistant."""

    id: AssistantId
    object: Literal["assistant.deleted"] = Field(description="Kind of object.")
    deleted: Literal[True] = Field(description="Always true.", examples=[True])
    request_id: RequestId


class AttachFile(JSONRequest):
    """POST /assistants/{assistant_id}/files"""

    refusals: ClassVar = {("file_id", "string_too_short"): "missing_field"}

    file_id: FileId

    def arguments(self) -> dict[str, Any]:
        return {"file_id": self.file_id}


class AssistantFileItem(ObjectAnswer):
    """A file of an assistant, inside a list."""

    id: FileId
    object: Literal["assistant.file"] = Field(description="Kind of object.")
    created_at: CreatedAt
    assistant_id: AssistantId

    @classmethod
    def facts(cls, file: assistants.AssistantFile) -> dict[str, Any]:
        """The fields of an attached file."""
        return {
            "id": file.id,
            "object": "assistant.file",
            "created_at": file.created_at,
            "assistant_id": file.assistant_id,
        }


class AssistantFile(AssistantFileItem):
    """A file of an assistant by itself."""

    request_id: RequestId = ""  # inferred: the SDK's fixture has none


class AssistantFileList(ListPage):
    """A page of an assistant's files."""

    data: list[AssistantFileItem] = Field(description="The page, in the order asked for.", examples=[[]])


class AssistantFileDeleted(ObjectAnswer):
    """What is left of a file of an assistant."""

    id: FileId
    object: Literal["assistant.file.deleted", "assistant.file"] = Field(description="Kind of object.")  # the SDK's fixture
    created_at: CreatedAt = 0
    deleted: Literal[True] = Field(description="Always true.", examples=[True])
    request_id: RequestId = ""

    @classmethod
    def facts(cls, file: assistants.AssistantFile) -> dict[str, Any]:
        """The fields that are left of an attached file."""
        return {"id": file.id, "object": "assistant.file.deleted", "created_at": file.created_at, "deleted": True}
