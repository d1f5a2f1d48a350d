"""docs/add-an-endpoint.md names every file there is to touch: somebody who follows it adds an endpoint, and all else follows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_assistant_mock
from pytest_assistant_mock._vendors import REVISIONS
from pytest_assistant_mock.strategies import appbuilder, model_studio

PACKAGE = Path(pytest_assistant_mock.__file__).parent
PAGE = (Path(__file__).parents[2] / "docs" / "add-an-endpoint.md").read_text("utf-8")

EDITS = {
    "requests.py": """

class PinMessage(QueryMessage):
    \"\"\"POST /v2/threads/messages/pin\"\"\"
""",
    "responses.py": """

class PinnedMessage(Shape):
    \"\"\"A pinned message.\"\"\"

    id: MessageId
    object: Literal["thread.message.pinned"] = Field(description="Kind of object.")

    @classmethod
    def write(cls, message: messages.Message, request_id: str) -> bytes:
        \"\"\"The body that answers pin.\"\"\"
        return cls.printed({"id": message.id, "object": "thread.message.pinned"})
""",
    "routes.py": """
ROUTES = (
    *ROUTES,
    _message(
        "pin_message", "POST", f"{_MESSAGES}/pin", messages.retrieve_message, requests.PinMessage, responses.PinnedMessage,
        summary="Pin a message", sdk=("AssistantMessagePinResponse",),
    ),
)
""",
}
"""What is added to files of `_vendors/appbuilder/`."""

CHECK = """
import json, sys
import httpx
import pytest_assistant_mock
from hypothesis import find
from pytest_assistant_mock import AssistantMock, contract, faults, strategies
from pytest_assistant_mock.__main__ import main
from pytest_assistant_mock.cassettes import Cassette, Interaction
from pytest_assistant_mock.contract.schema_files import files
from pytest_assistant_mock.contract.subjects import subjects

class AssistantMessagePinResponse:
    def model_dump(self, **how):
        return {"id": "msg_1", "object": "thread.message.pinned"}
AssistantMessagePinResponse.__module__ = "appbuilder.core.assistant.type"

with AssistantMock(contract="fail") as mock:
    baidu = mock.appbuilder
    message = baidu.add_message(baidu.add_thread(), "?")
    ids = {"thread_id": message.thread_id, "message_id": message.id}
    def pin(body):
        headers = {"Authorization": "Bearer key"}
        return httpx.post(baidu.base_url + "/v2/threads/messages/pin", json=body, headers=headers).json()
    assert pin(ids) == {"id": message.id, "object": "thread.message.pinned"}
    assert pin({**ids, "message_id": "msg_0"})["error"]["message"] == "messageId不存在"
    assert baidu.exchanges[-1].operation == "pin_message"
    baidu.fail(faults.unavailable(), on="pin_message")
    assert pin(ids)["code"] == "ServiceUnavailable"
    recorded = Interaction(baidu.exchanges[0].request, baidu.exchanges[0].reply)
with AssistantMock() as mock:
    mock.appbuilder.load(Cassette([recorded]))
    assert [thread.id for thread in mock.appbuilder.threads()] == [message.thread_id]
assert contract.violations(AssistantMessagePinResponse(), strict=True) == []
assert contract.violations({"id": 1}, vendor="appbuilder", operation="pin_message")
openapi = json.loads(files()["appbuilder/openapi.json"])["paths"]["/v2/threads/messages/pin"]["post"]
assert (openapi["tags"], openapi["summary"]) == (["messages"], "Pin a message")
assert "thread_id" in find(strategies.appbuilder.accepted("pin_message"), lambda payload: True)
assert main(["schemas", "schemas"]) == 0
"""


def test_an_endpoint_is_added_by_touching_only_what_the_page_names(tmp_path: Path) -> None:
    """Two shapes and a row: clients, refusals, faults, journal, contract, schemas, OpenAPI, SDK, strategies and load know it."""
    copy = tmp_path / PACKAGE.name
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for name, added in EDITS.items():
        assert f"`{name}`" in PAGE or f"/{name}`" in PAGE
        path = copy / "_vendors" / "appbuilder" / name
        path.write_text(path.read_text("utf-8") + added, "utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", CHECK]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    written = {path.name for path in (tmp_path / "schemas" / "appbuilder").iterdir()}
    assert {"pin_message.request.json", "pin_message.response.json"} <= written


def test_the_page_names_files_there_are() -> None:
    """Every file and folder that the steps name exists, for each vendor."""
    steps = PAGE.split("1. **", 1)[1].split("This lists", 1)[0]
    root = Path(__file__).parents[2]
    named = {word for word in steps.split("`")[1::2] if word.endswith((".md", ".py", "/"))}
    assert len(named) >= 10
    for word in named:
        for vendor in REVISIONS["2025"]:
            path = word.replace("<vendor>", vendor.name)
            assert (root / path).exists() or (PACKAGE / "_vendors" / vendor.name / path).exists(), path


@pytest.mark.parametrize(
    ("vendor", "route"),
    [
        pytest.param(vendor, route, id=f"{vendor.name}-{route.operation}")
        for vendor in REVISIONS["2026"]
        for route in vendor.routes
    ],
)
def test_a_row_says_everything(vendor, route) -> None:
    """What it is for, where it is described, what it is about; and strategies know its payload unless it is a form."""
    assert route.summary
    assert route.page.startswith("https://")
    assert route.tag in ("messages", "threads", "assistants", "files", "runs")
    assert route.kind
    own = {"model_studio": model_studio, "appbuilder": appbuilder}[vendor.name]
    assert (route.operation in own.operations) == (route.operation != "upload_file")
