"""
The real `appbuilder-sdk` package, with no key and no network: ask for the `appbuilder_mock` fixture, then call the SDK as always.
"""

import pytest

sdk = pytest.importorskip("appbuilder")


def test_a_message_is_stored(appbuilder_mock):
    """Create, query, update and list a message by the SDK; look at it from the other side."""
    threads = sdk.assistant.threads
    thread = threads.create()

    message = threads.messages.create(thread.id, "北京今天天气怎么样")
    threads.messages.update(thread.id, message.id, "上海呢")

    assert threads.messages.query(thread.id, message.id).content[0].text.value == "上海呢"
    assert [m.id for m in threads.messages.list(thread.id).data] == [message.id]
    assert [m.text for m in appbuilder_mock.messages(thread)] == ["上海呢"]


def test_an_answer_that_was_there_before(appbuilder_mock):
    """Seeding: the test puts an assistant's answer into the thread, the code under test finds it."""
    thread = appbuilder_mock.add_thread()
    appbuilder_mock.add_message(thread, "6 乘 7 等于多少？")
    appbuilder_mock.add_message(thread, "42", role="assistant")

    newest = sdk.assistant.threads.messages.list(thread.id, limit=1).data[0]

    assert newest.content[0].text.value == "42"


def test_a_refusal_is_the_vendors_own(appbuilder_mock):
    """AppBuilder says no with HTTP status 200 and an error in the body; the SDK makes an exception of it."""
    from appbuilder.core._exception import AssistantServerException

    with pytest.raises(AssistantServerException, match="threadId不存在"):
        sdk.assistant.threads.messages.create("thread_of_nobody", "hello")
