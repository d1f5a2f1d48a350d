"""
Uploaded files, as Model Studio reads and answers them. Known from the Python SDK alone; no page of the Assistant API has them.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field

from pytest_assistant_mock._engine.kinds import files
from pytest_assistant_mock._engine.table import Deleted, Page, exclusive_in_order
from pytest_assistant_mock._vendors.answers import ObjectAnswer
from pytest_assistant_mock._vendors.model_studio.fields import FileId, RequestId, whole_number
from pytest_assistant_mock._vendors.shape import MultipartRequest, QueryRequest, Shape, files_alone

PageNumber = Annotated[int, Field(ge=1, description="Which page, from 1.", examples=[1]), BeforeValidator(whole_number)]
PageSize = Annotated[int, Field(ge=1, le=100, description="Files on a page.", examples=[10]), BeforeValidator(whole_number)]
FileName = Annotated[str, Field(description="Name of the file.", examples=["a.txt"])]


class UploadFile(MultipartRequest):
    """POST /files"""

    refusals: ClassVar = {("files", ""): "no_file"}

    descriptions: list[str] = Field(default_factory=list, description="What each file is.", examples=[["data"]])
    files: Annotated[list[Any], BeforeValidator(files_alone)] = Field(
        min_length=1, description="The files: name and content.", examples=[["a.txt"]]
    )

    def arguments(self) -> dict[str, Any]:
        told = [*self.descriptions, *[""] * len(self.files)]
        return {"uploads": [(part.filename, part.content, about) for part, about in zip(self.files, told, strict=False)]}


class ListUploads(QueryRequest):
    """GET /files"""

    refusals: ClassVar = {("page_no", ""): "bad_limit", ("page_size", ""): "bad_limit"}

    page_no: PageNumber = 1
    page_size: PageSize = 10

    def arguments(self) -> dict[str, Any]:
        return {"page_no": self.page_no, "page_size": self.page_size}


class UploadedFile(Shape):
    """One file that has been uploaded just now."""

    file_id: FileId
    name: FileName


class UploadedFiles(Shape):
    """What has come of an upload."""

    uploaded_files: list[UploadedFile] = Field(description="The files that are stored.", examples=[[]])
    failed_uploads: list[Any] = Field(default_factory=list, description="The files that are not.", examples=[[]])


class Upload(Shape):
    """The answer to an upload."""

    data: UploadedFiles = Field(description="What has come of it.", examples=[{"uploaded_files": []}])
    request_id: RequestId

    @classmethod
    def write(cls, stored: list[files.File], request_id: str) -> bytes:
        """The body that answers upload."""
        uploaded = [{"file_id": file.id, "name": file.name} for file in stored]
        return cls.printed({"data": {"uploaded_files": uploaded, "failed_uploads": []}, "request_id": request_id})


class StoredFile(ObjectAnswer):
    """A stored file."""

    id: int = Field(default=0, description="Number of the file, in the SDK's fixture of a list.", examples=[11])
    file_id: FileId
    name: FileName
    description: str = Field(description="What it is.", examples=["data"])
    size: int = Field(default=0, ge=0, description="Its size in bytes.", examples=[2])
    url: str = Field(default="", description="Where it can be fetched, in the SDK's fixture of a list.", examples=[""])

    @classmethod
    def facts(cls, file: files.File) -> dict[str, Any]:
        """The fields of a stored file."""
        return {"file_id": file.id, "name": file.name, "description": file.description, "size": len(file.content)}


class FilePage(Shape):
    """A page of files."""

    total: int = Field(ge=0, description="How many files there are.", examples=[1])
    page_size: int = Field(ge=1, description="Files on a page.", examples=[10])
    page_no: int = Field(ge=1, description="Which page, from 1.", examples=[1])
    files: list[StoredFile] = Field(description="The page.", examples=[[]])


class FileList(Shape):
    """The answer to a list of files."""

    data: FilePage = Field(description="The page.", examples=[{"total": 0, "page_size": 10, "page_no": 1, "files": []}])
    request_id: RequestId

    @classmethod
    def write(cls, found: tuple[Page[files.File], int, int, int], request_id: str) -> bytes:
        """The body that answers list."""
        page, total, page_no, page_size = found
        data = [StoredFile.facts(file) for file in page.items]
        body = {"total": total, "page_size": page_size, "page_no": page_no, "files": data}
        return cls.printed({"data": body, "request_id": request_id})


class FileAnswer(Shape):
    """The answer to a look at one file."""

    data: StoredFile = Field(description="The file.", examples=[{"file_id": "file_1", "name": "a.txt", "description": ""}])
    request_id: RequestId

    @classmethod
    def write(cls, file: files.File, request_id: str) -> bytes:
        """The body that answers retrieve."""
        return cls.printed({"data": StoredFile.facts(file), "request_id": request_id})


class FileDeleted(Shape):
    """The answer to a delete: nothing but the request's id."""

    request_id: RequestId

    @classmethod
    def write(cls, gone: Deleted, request_id: str) -> bytes:
        """The body that answers delete."""
        return cls.printed({"request_id": request_id})


def page_of_files(state: Any, page_no: int, page_size: int) -> tuple[Page[files.File], int, int, int]:
    """A page by number, newest first, and how many files there are."""
    total = len(files.visible(state))
    start = (page_no - 1) * page_size
    newest = files.list_files(state, window=exclusive_in_order, limit=start + page_size, order="desc").items
    return Page(newest[start:], has_more=total > start + page_size), total, page_no, page_size
