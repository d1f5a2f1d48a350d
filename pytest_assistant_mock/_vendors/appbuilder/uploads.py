"""
Uploaded files, as AppBuilder reads and answers them, field by field, in wire order.

Source: the vendor's page on files, recorded outputs of its notebooks, and what the SDK insists on. Knows nothing of routes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler

from pytest_assistant_mock._engine.kinds import files
from pytest_assistant_mock._vendors.answers import GoneAnswer, ObjectAnswer
from pytest_assistant_mock._vendors.appbuilder.fields import FileId, ListObject
from pytest_assistant_mock._vendors.shape import JSONRequest, MultipartRequest, Shape, files_alone

FileName = Annotated[str, Field(description="Name of the file.", examples=["file"])]
CreatedAtSeconds = Annotated[
    int, Field(ge=0, description="When it was uploaded, in seconds since 1970-01-01 UTC.", examples=[1712681190])
]
_IMAGES = ("png", "jpg", "jpeg", "gif", "bmp", "webp")


class UploadFile(MultipartRequest):
    """POST /v2/storage/files"""

    refusals: ClassVar = {("file", ""): "no_file"}

    file: Annotated[list[Any], BeforeValidator(files_alone)] = Field(
        min_length=1, max_length=1, description="The file: name and content.", examples=[["a.txt"]]
    )
    purpose: str = Field(default="", description="What it is for; stands in the query.", examples=["assistant"])

    def arguments(self) -> dict[str, Any]:
        (part,) = self.file
        return {"name": part.filename, "content": part.content, "purpose": self.purpose}


class ListFiles(JSONRequest):
    """POST /v2/storage/files/list"""

    bodiless: ClassVar = True


class QueryFile(JSONRequest):
    """POST /v2/storage/files/query, …/delete, …/download and …/content"""

    file_id: FileId

    def arguments(self) -> dict[str, Any]:
        return {"file_id": self.file_id}


class File(ObjectAnswer):
    """An uploaded file."""

    id: FileId
    size: int = Field(alias="bytes", ge=0, description="Its size in bytes.", examples=[39173])
    object: Literal["file"] = Field(description="Kind of object.")
    purpose: str = Field(description="What it is for, as the upload said.", examples=["assistant"])
    create_at: CreatedAtSeconds
    filename: FileName
    classification_id: str = Field(description="A constant of the account.", examples=["42685563"])

    @classmethod
    def facts(cls, file: files.File) -> dict[str, Any]:
        """The fields of a stored file."""
        return {
            "id": file.id,
            "bytes": len(file.content),
            "object": "file",
            "purpose": file.purpose,
            "create_at": file.created_at // 1000,
            "filename": file.name,
            "classification_id": "42685563",
        }


class CheckedFile(File):
    """As query and list show it: with the state of its inspection, 1 (approved), and its type."""

    censored: Literal[-1, 0, 1, 2, 3, 4, 5] = Field(description="State of its inspection.", examples=[1])
    file_type: str = Field(description="image or document.", examples=["document"])

    @classmethod
    def facts(cls, file: files.File) -> dict[str, Any]:
        kind = "image" if file.name.rpartition(".")[2].lower() in _IMAGES else "document"
        return {**super().facts(file), "censored": 1, "file_type": kind}


class QueriedFile(CheckedFile):
    """As query answers: null for a file that does not exist."""

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The schema, which takes null as well."""
        return {"anyOf": [handler.resolve_ref_schema(handler(schema)), {"type": "null"}]}


class FileList(Shape):
    """All files, oldest first: this list has no pages."""

    object: ListObject
    data: list[CheckedFile] = Field(description="The files.", examples=[[]])

    @classmethod
    def write(cls, found: Sequence[files.File], request_id: str) -> bytes:
        """The body that answers list."""
        return cls.printed({"object": "list", "data": [CheckedFile.facts(file) for file in found]})


class FileDeleted(GoneAnswer):
    """What is left of a file."""

    id: FileId
    object: Literal["file.deleted"] = Field(description="Kind of object; inferred, no page prints it.")
    deleted: Literal[True] = Field(description="Always true.", examples=[True])


class FileContent(Shape):
    """The bytes of a file, as they were uploaded. They are no JSON."""

    media_type: ClassVar = "application/octet-stream"

    @classmethod
    def write(cls, file: files.File, request_id: str) -> bytes:
        """The body that answers download and content."""
        return file.content
