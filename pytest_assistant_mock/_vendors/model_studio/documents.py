"""Where Model Studio's Assistant API is described, and what its Python SDK calls things -> DOCUMENTS."""

from __future__ import annotations

from pytest_assistant_mock._vendors.documents import Documents, Object
from pytest_assistant_mock._vendors.model_studio import assistants, responses, runs
from pytest_assistant_mock._vendors.model_studio.stream_rules import RULES

_MESSAGE = "https://help.aliyun.com/zh/model-studio/message"
_THREAD = "https://help.aliyun.com/zh/model-studio/thread"
_ASSISTANT = "https://help.aliyun.com/zh/model-studio/assistant"
_RUNS = "https://help.aliyun.com/zh/model-studio/runs"
_STEPS = "https://help.aliyun.com/zh/model-studio/run-steps"
_FILES = "https://help.aliyun.com/zh/model-studio/developer-reference/sdk-message-related-files"

DOCUMENTS = Documents(
    title="Alibaba Cloud Model Studio (DashScope) Assistant API",
    version="2026",
    page=_MESSAGE,
    objects={
        "message": Object("A message.", {"2025": responses.Message2025, "2026": responses.Message2026}, _MESSAGE),
        "message_list": Object(
            "A page of messages.", {"2025": responses.MessageList2025, "2026": responses.MessageList2026}, _MESSAGE
        ),
        "message_file": Object("A file of a message.", responses.MessageFile, _FILES),
        "message_file_list": Object("A page of a message's files.", responses.MessageFileList, _FILES),
        "thread": Object("A thread.", responses.Thread, _THREAD),
        "thread_deleted": Object("What is left of a thread.", responses.ThreadDeleted, _THREAD),
        "assistant": Object("An assistant.", assistants.Assistant, _ASSISTANT),
        "assistant_list": Object("A page of assistants.", assistants.AssistantList, _ASSISTANT),
        "assistant_deleted": Object("What is left of an assistant.", assistants.AssistantDeleted, _ASSISTANT),
        "assistant_file": Object("A file of an assistant.", assistants.AssistantFile, _ASSISTANT),
        "assistant_file_list": Object("A page of an assistant's files.", assistants.AssistantFileList, _ASSISTANT),
        "run": Object("A run.", runs.Run, _RUNS),
        "run_list": Object("A page of runs.", runs.RunList, _RUNS),
        "run_step": Object("A step of a run.", runs.Step, _STEPS),
        "run_step_list": Object("A page of a run's steps.", runs.StepList, _STEPS),
    },
    errors=(responses.Error,),
    error_page="https://help.aliyun.com/zh/dashscope/response-status-codes",
    schemes={"apiKey": {"type": "http", "scheme": "bearer", "description": "The API key, as `Authorization: Bearer sk-…`."}},
    package="dashscope",
    nested={
        "ThreadMessage": {"2025": responses.MessageItem2025, "2026": responses.MessageItem2026},
        "MessageFile": responses.FileItem,
        "Assistant": assistants.AssistantItem,
        "AssistantFile": assistants.AssistantFileItem,
        "Run": runs.RunItem,
        "RunStep": runs.StepItem,
    },
    streams=RULES,
)
