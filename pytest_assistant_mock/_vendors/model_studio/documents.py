"""
Where Model Studio's Assistant API is described, and what its Python SDK calls things -> DOCUMENTS.
"""

from __future__ import annotations

from pytest_assistant_mock._vendors.documents import Documents, Object
from pytest_assistant_mock._vendors.model_studio import responses

_MESSAGE = "https://help.aliyun.com/zh/model-studio/message"
_THREAD = "https://help.aliyun.com/zh/model-studio/thread"
_FILES = "https://help.aliyun.com/zh/model-studio/developer-reference/sdk-message-related-files"

DOCUMENTS = Documents(
    title="Alibaba Cloud Model Studio (DashScope) Assistant API: threads and messages",
    version="2026",
    pages={
        "create_message": _MESSAGE,
        "list_messages": _MESSAGE,
        "retrieve_message": _MESSAGE,
        "update_message": _MESSAGE,
        "list_message_files": _FILES,
        "retrieve_message_file": _FILES,
        "create_thread": _THREAD,
        "retrieve_thread": _THREAD,
        "update_thread": _THREAD,
        "delete_thread": _THREAD,
    },
    objects={
        "message": Object("A message.", {"2025": responses.Message2025, "2026": responses.Message2026}, _MESSAGE),
        "message_list": Object(
            "A page of messages.", {"2025": responses.MessageList2025, "2026": responses.MessageList2026}, _MESSAGE
        ),
        "message_file": Object("A file of a message.", responses.MessageFile, _FILES),
        "message_file_list": Object("A page of a message's files.", responses.MessageFileList, _FILES),
        "thread": Object("A thread.", responses.Thread, _THREAD),
        "thread_deleted": Object("What is left of a thread.", responses.ThreadDeleted, _THREAD),
    },
    errors=(responses.Error,),
    error_page="https://help.aliyun.com/zh/dashscope/response-status-codes",
    schemes={"apiKey": {"type": "http", "scheme": "bearer", "description": "The API key, as `Authorization: Bearer sk-…`."}},
    package="dashscope",
    sdk={
        "ThreadMessage": "retrieve_message",
        "ThreadMessageList": "list_messages",
        "MessageFile": "retrieve_message_file",
        "MessageFileList": "list_message_files",
        "Thread": "retrieve_thread",
        "DeleteResponse": "delete_thread",
    },
    nested={
        "ThreadMessage": {"2025": responses.MessageItem2025, "2026": responses.MessageItem2026},
        "MessageFile": responses.FileItem,
    },
)
