"""Where AppBuilder's Assistants API is described, and what its Python SDK calls things -> DOCUMENTS."""

from __future__ import annotations

from pytest_assistant_mock._vendors.appbuilder import assistants, responses, runs, uploads
from pytest_assistant_mock._vendors.appbuilder.stream_rules import RULES
from pytest_assistant_mock._vendors.documents import Documents, Object

_MESSAGE = "https://cloud.baidu.com/doc/AppBuilder/s/qlv0g47sk"
_ASSISTANT = "https://cloud.baidu.com/doc/AppBuilder/s/qluzl0y5e"
_FILE = "https://cloud.baidu.com/doc/AppBuilder/s/ulv0g1t3x"
_RUN = "https://cloud.baidu.com/doc/AppBuilder/s/dlv0g4x9m"
_THREAD = "https://cloud.baidu.com/doc/AppBuilder/s/Nlv0g3e50"

DOCUMENTS = Documents(
    title="Baidu AppBuilder Assistants API",
    version="2",
    page=_MESSAGE,
    objects={
        "message": Object("A message.", responses.Message, _MESSAGE),
        "message_list": Object("A page of messages.", responses.MessageList, _MESSAGE),
        "message_file": Object("A file of a message.", responses.FileItem, _MESSAGE),
        "message_file_list": Object("A page of a message's files.", responses.MessageFileList, _MESSAGE),
        "thread": Object("A thread.", responses.Thread, _THREAD),
        "thread_deleted": Object("What is left of a thread.", responses.ThreadDeleted, _THREAD),
        "assistant": Object("An assistant.", assistants.Assistant, _ASSISTANT),
        "assistant_list": Object("A page of assistants.", assistants.AssistantList, _ASSISTANT),
        "assistant_deleted": Object("What is left of an assistant.", assistants.AssistantDeleted, _ASSISTANT),
        "assistant_file": Object("A file mounted on an assistant.", assistants.MountedFile, _ASSISTANT),
        "assistant_file_list": Object("A page of an assistant's files.", assistants.MountedFileList, _ASSISTANT),
        "file": Object("An uploaded file.", uploads.File, _FILE),
        "run_result": Object("A run as it is answered.", runs.RunResult, _RUN),
        "run": Object("A run as it is stored.", runs.StoredRun, _RUN),
        "run_list": Object("A page of runs.", runs.RunList, _RUN),
        "run_step": Object("A step of a run.", runs.Step, _RUN),
        "run_step_list": Object("A page of a run's steps.", runs.StepList, _RUN),
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
    nested={
        "AssistantMessageListResponseData": responses.ListedMessage,
        "AssistantContentFilesData": responses.FileItem,
    },
    streams=RULES,
)
