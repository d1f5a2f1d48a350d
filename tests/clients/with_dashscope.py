"""Every operation of Model Studio with the real SDK, told where by the environment alone."""

import json
import warnings

warnings.simplefilter("ignore")

from dashscope import Messages, Threads  # noqa: E402
from dashscope.threads.messages.files import Files  # noqa: E402

answers = {}
thread = answers["create_thread"] = Threads.create(messages=[{"role": "user", "content": "你好"}])
answers["retrieve_thread"] = Threads.retrieve(thread.id)
answers["update_thread"] = Threads.update(thread.id, metadata={"user": "abc123"})
message = answers["create_message"] = Messages.create(thread.id, content="你是誰", file_ids=["file-1"])
answers["list_messages"] = Messages.list(thread.id, limit=2, order="desc")
answers["retrieve_message"] = Messages.retrieve(message.id, thread_id=thread.id)
answers["update_message"] = Messages.update(message.id, thread_id=thread.id, metadata={"modified": "true"})
answers["list_message_files"] = Files.list(message.id, thread_id=thread.id)
answers["retrieve_message_file"] = Files.retrieve("file-1", thread_id=thread.id, message_id=message.id)
answers["delete_thread"] = Threads.delete(thread.id)
for operation, answer in answers.items():
    print(json.dumps([operation, answer.status_code, getattr(answer, "object", "list")]))  # noqa: T201
