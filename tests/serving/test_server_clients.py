"""Clients of other processes and other languages, at the served fake: both SDKs, Node, and the seed pages' own curl lines."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

import pytest

pytest.importorskip("uvicorn")

CLIENTS = Path(__file__).parent.parent / "clients"
SAMPLES = {
    vendor: {sample["name"]: sample for sample in json.loads((CLIENTS.parent / f"samples/{vendor}.json").read_text("utf-8"))}
    for vendor in ("model_studio", "appbuilder")
}

OBJECTS = {
    "create_thread": "thread",
    "retrieve_thread": "thread",
    "update_thread": "thread",
    "create_message": "thread.message",
    "list_messages": "list",
    "retrieve_message": "thread.message",
    "update_message": "thread.message",
    "list_message_files": "list",
    "retrieve_message_file": "thread.message.file",
    "delete_thread": "thread.deleted",
}
STUDIO = list(OBJECTS)
BAIDU = [operation for operation in OBJECTS if operation != "retrieve_message_file"]


def run(command, server):
    """What a client prints, read as JSON lines, in a process that has the server's environment."""
    done = subprocess.run(command, env={**os.environ, **server.env}, capture_output=True, text=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]


@pytest.mark.parametrize(
    ("package", "vendor", "operations"), [("dashscope", "model_studio", STUDIO), ("appbuilder", "appbuilder", BAIDU)]
)
def test_an_sdk_drives_every_operation(package, vendor, operations, assistant_server):
    """The real Python SDK in a subprocess: each operation is asked once, over the socket, and answered."""
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed here")
    answers = run([sys.executable, str(CLIENTS / f"with_{package}.py")], assistant_server)
    assert answers == [[operation, 200, OBJECTS[operation]] for operation in operations]
    assert [one.operation for one in getattr(assistant_server, vendor).exchanges] == operations


def test_dashscope_in_this_process(assistant_server, monkeypatch):
    """`dashscope.base_http_api_url` is enough for a client that is imported already."""
    dashscope = pytest.importorskip("dashscope")
    monkeypatch.setattr(dashscope, "base_http_api_url", assistant_server.model_studio.base_url)
    thread = assistant_server.model_studio.add_thread()
    sent = dashscope.Messages.create(thread.id, content="你好", api_key="sk-1")
    assert (sent.status_code, sent.id) == (200, assistant_server.model_studio.messages(thread)[0].id)


@pytest.mark.skipif(which("node") is None, reason="Node is not installed")
def test_node_drives_every_operation(assistant_server):
    """fetch, keep-alive and gzip as Node has them."""
    answers = run(["node", str(CLIENTS / "operations.mjs")], assistant_server)
    assert answers == [[operation, 200, OBJECTS[operation]] for operation in STUDIO + BAIDU]


# The pages' curl lines, word for word, long as they are.

# ruff: noqa: E501

PAGE = {
    "create_message-2025": r"""
curl --location 'https://dashscope-intl.aliyuncs.com/api/v1/threads/thread_e99a9fe7-0433-426f-98ad-a5139c36579c/messages' \
--header 'Content-Type: application/json' \
--header "Authorization: Bearer $DASHSCOPE_API_KEY" \
--data '{
    "role": "user",
    "content": "你是誰",
    "metadata": {}
}'""",
    "list_messages-2025": r"""
curl --location 'https://dashscope-intl.aliyuncs.com/api/v1/threads/thread_e99a9fe7-0433-426f-98ad-a5139c36579c/messages?limit=2&order=desc' \
--header 'Content-Type: application/json' \
--header "Authorization: Bearer $DASHSCOPE_API_KEY"
""",
    "retrieve_message-2025": r"""
curl --location 'https://dashscope-intl.aliyuncs.com/api/v1/threads/thread_e99a9fe7-0433-426f-98ad-a5139c36579c/messages/message_ea26d29d-4509-490e-98e9-9f6238bd821b' \
--header 'Content-Type: application/json' \
--header "Authorization: Bearer $DASHSCOPE_API_KEY"
""",
    "update_message-2025": r"""
curl --location 'https://dashscope-intl.aliyuncs.com/api/v1/threads/thread_e99a9fe7-0433-426f-98ad-a5139c36579c/messages/message_ea26d29d-4509-490e-98e9-9f6238bd821b' \
--header 'Content-Type: application/json' \
--header "Authorization: Bearer $DASHSCOPE_API_KEY" \
--data '{
    "metadata": {
        "modified": "true",
        "user": "abc123"
    }
}'""",
    "create_message": r"""
curl -X POST 'https://appbuilder.baidu.com/v2/threads/messages' \
-H "Authorization: Bearer $APPBUILDER_TOKEN" \
-H "Content-Type: application/json" \
-d '{
"thread_id": "thread_aab1710f13f1496d9fe29c03ca4e4d3e",
"role": "user",
"content": "地球是圆的吗?"
}'""",
    "list_messages": r"""
curl -X POST 'https://appbuilder.baidu.com/v2/threads/messages/list' \
-H "Authorization: Bearer $APPBUILDER_TOKEN" \
-H "Content-Type: application/json" \
-d '{
"thread_id": "thread_aab1710f13f1496d9fe29c03ca4e4d3e"
}'""",
    "retrieve_message": r"""
curl -X POST 'https://appbuilder.baidu.com/v2/threads/messages/query' \
-H "Authorization: Bearer $APPBUILDER_TOKEN" \
-H "Content-Type: application/json" \
-d '{
"thread_id": "thread_3be5bbcc10d946759e15278c40ecbe9d",
"message_id":"msg_8baea5dec06746e68ed5bfd66db67c18"
}'""",
    "update_message": r"""
curl -X POST 'https://appbuilder.baidu.com/v2/threads/messages/update' \
-H "Authorization: Bearer $APPBUILDER_TOKEN" \
-H "Content-Type: application/json" \
-d '{
"thread_id": "thread_c9ec4a6a9308416995cf3c549bf79e8a",
"message_id": "msg_dbbb7b1d142a43efa354e4acede6a953",
"content": "地球是圆的吗?",
"file_ids": [
"file-510945304731717"
]
}'""",
    "list_message_files": r"""
curl -X POST 'https://appbuilder.baidu.com/v2/threads/messages/files/list' \
-H "Authorization: Bearer $APPBUILDER_TOKEN" \
-H "Content-Type: application/json" \
-d '{
"thread_id":"thread_c9ec4a6a9308416995cf3c549bf79e8a",
"message_id": "msg_dbbb7b1d142a43efa354e4acede6a953",
"limit": 20,
"order":"desc",
"after":"file-510945304731717"
}'""",
}

SEEDS = {
    "model_studio": {"thread_e99a9fe7-0433-426f-98ad-a5139c36579c": ["message_ea26d29d-4509-490e-98e9-9f6238bd821b"]},
    "appbuilder": {
        "thread_aab1710f13f1496d9fe29c03ca4e4d3e": [
            "msg_1dc211f670854a30bc68b945c4659d99",
            "chatmsg_ac26f50d9bdb46048e624e7be51a118c",
        ],
        "thread_3be5bbcc10d946759e15278c40ecbe9d": ["msg_8baea5dec06746e68ed5bfd66db67c18"],
        "thread_c9ec4a6a9308416995cf3c549bf79e8a": ["msg_dbbb7b1d142a43efa354e4acede6a953"],
    },
}
HOSTS = {"model_studio": "https://dashscope-intl.aliyuncs.com/api/v1", "appbuilder": "https://appbuilder.baidu.com"}


def shape(value: Any) -> Any:
    """Key names in their order, all the way down."""
    if isinstance(value, dict):
        return [(name, shape(inner)) for name, inner in value.items()]
    return [shape(inner) for inner in value] if isinstance(value, list) else None


@pytest.mark.skipif(which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("name", PAGE)
def test_a_curl_line_of_the_seed_pages(name, assistant_server):
    """
    Host and key changed, ids seeded: the page's status, key names and key order.

    Where the fake answers otherwise than the page prints (docs/fidelity.md), the sample's own `answers` holds.
    """
    vendor = "model_studio" if name in SAMPLES["model_studio"] else "appbuilder"
    handle, sample = getattr(assistant_server, vendor), SAMPLES[vendor][name]
    for thread, messages in SEEDS[vendor].items():
        handle.add_thread(id=thread)
        for message in messages:
            role = "assistant" if message.startswith("chatmsg_") else "user"
            handle.add_message(
                thread,
                "你好",
                id=message,
                role=role,
                file_ids=["file-510945304731717", "file-511868605308997"][: 2 * ("files" in name)],
            )
    variable = handle._service.vendor.settings.key_variable
    line = PAGE[name].replace(HOSTS[vendor], handle.base_url).replace(f"${variable}", handle.api_key).replace("\\\n", " ")

    done = subprocess.run(
        [*shlex.split(line), "-s", "-w", "\n%{http_code}"], capture_output=True, text=True, encoding="utf-8", check=True
    )

    body, _, status = done.stdout.rpartition("\n")
    expected = sample.get("answers") or sample["response"]
    answer = json.loads(body)
    assert int(status) == expected["status"] == 200
    if "data" in answer:
        assert [(name, None) for name, _ in shape(answer)] == [(name, None) for name, _ in shape(expected["body"])]
        assert shape(answer["data"][-1]) == shape(expected["body"]["data"][-1])
    else:
        assert shape(answer) == shape(expected["body"])
