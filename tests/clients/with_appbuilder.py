"""Every operation of AppBuilder with the real SDK, told where by the environment alone."""

import json

import appbuilder

threads = appbuilder.assistant.threads
answers = {}
thread = answers["create_thread"] = threads.create([])
answers["retrieve_thread"] = threads.query(thread.id)
answers["update_thread"] = threads.update(thread.id, {"user": "abc123"})
message = answers["create_message"] = threads.messages.create(thread.id, "地球是圆的吗?")
answers["list_messages"] = threads.messages.list(thread.id)
answers["retrieve_message"] = threads.messages.query(thread.id, message.id)
answers["update_message"] = threads.messages.update(thread.id, message.id, "你好", ["file-1"])
answers["list_message_files"] = threads.messages.files(thread.id, message.id)
answers["delete_thread"] = threads.delete(thread.id)
for operation, answer in answers.items():
    print(json.dumps([operation, 200, answer.object]))  # noqa: T201
