"""
Where AppBuilder's Assistants API is described, and what its Python SDK calls things -> DOCUMENTS.
"""

from __future__ import annotations

from pytest_assistant_mock._vendors.appbuilder import responses
from pytest_assistant_mock._vendors.documents import Documents, Object

_MESSAGE = "https://cloud.baidu.com/doc/AppBuilder/s/qlv0g47sk"
_THREAD = "https://cloud.baidu.com/doc/AppBuilder/s/Nlv0g3e50"

DOCUMENTS = Documents(
    title="Baidu AppBuilder Assistants API: threads and messages",
    version="2",
    pages={
        "create_message": _MESSAGE,
        "list_messages": _MESSAGE,
        "retrieve_message": _MESSAGE,
        "update_message": _MESSAGE,
        "list_message_files": _MESSAGE,
        "create_thread": _THREAD,
        "retrieve_thread": _THREAD,
        "update_thread": _THREAD,
        "delete_thread": _THREAD,
    },
    objects={
        "message": Object("A message.", responses.Message, _MESSAGE),
        "message_list": Object("A page of messages.", responses.MessageList, _MESSAGE),
        "message_file": Object("A file of a message.", responses.FileItem, _MESSAGE),
        "message_file_list": Object("A page of a message's files.", responses.MessageFileList, _MESSAGE),
        "thread": Object("A thread.", responses.Thread, _THREAD),
        "thread_deleted": Object("What is left of a thread.", responses.ThreadDeleted, _THREAD),
    },
    errors=(responses.Error, responses.OlderError, responses.GatewayError, responses.OpenAPIError),
    error_page="https://cloud.baidu.com/doc/qianfan/s/Cmh4suws6",
    schemes={
        "token": {"type": "http", "scheme": "bearer", "description": "The AppBuilder token, as `Authorization: Bearer …`."},
        "sdkToken": {
            "type": "apiKey",
            "in": "header",
            "name": "X-Appbuilder-Authorization",
            "description": "`Bearer …`, as the SDK sends it beside Authorization.",
        },
    },
    package="appbuilder",
    sdk={
        "AssistantMessageCreateResponse": "create_message",
        "AssistantMessageListResponse": "list_messages",
        "AssistantMessageQueryResponse": "retrieve_message",
        "AssistantMessageUpdateResponse": "update_message",
        "AssistantMessageFilesResponse": "list_message_files",
        "ThreadCreateResponse": "create_thread",
        "ThreadQueryResponse": "retrieve_thread",
        "ThreadUpdateResponse": "update_thread",
        "ThreadDeleteResponse": "delete_thread",
    },
    nested={
        "AssistantMessageListResponseData": responses.ListedMessage,
        "AssistantContentFilesData": responses.FileItem,
    },
)
