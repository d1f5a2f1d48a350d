"""
The real `dashscope` package, with no key and no network: ask for the `model_studio_mock` fixture, then call the SDK as always.
"""

from http import HTTPStatus

import pytest

dashscope = pytest.importorskip("dashscope")


def test_a_message_is_stored(model_studio_mock):
    """Create, list, retrieve and update a message by the SDK; look at it from the other side."""
    thread = dashscope.Threads.create()

    message = dashscope.Messages.create(thread.id, content="你好")

    assert message.status_code == HTTPStatus.OK
    assert message.id == "message_00000000-0000-4000-8000-000000000001"  # the same in every run
    assert [m.id for m in dashscope.Messages.list(thread.id).data] == [message.id]
    dashscope.Messages.update(message.id, thread_id=thread.id, metadata={"seen": "yes"})
    assert dashscope.Messages.retrieve(message.id, thread_id=thread.id).metadata == {"seen": "yes"}
    assert [m.text for m in model_studio_mock.messages(thread)] == ["你好"]


def test_an_answer_that_was_there_before(model_studio_mock):
    """Seeding: the test puts an assistant's answer into the thread, the code under test finds it."""
    thread = model_studio_mock.add_thread()
    model_studio_mock.add_message(thread, "What is 6 times 7?")
    model_studio_mock.add_message(thread, "42", role="assistant")

    newest = dashscope.Messages.list(thread.id, limit=1, order="desc").data[0]

    assert newest.content[0].text.value == "42"


def test_a_refusal_is_the_vendors_own(model_studio_mock):
    """What the service would refuse is refused here, in its words."""
    answer = dashscope.Messages.create("thread_of_nobody", content="hello")

    assert (answer.status_code, answer.code) == (HTTPStatus.BAD_REQUEST, "InvalidParameter")
    assert answer.message == "The specified thread has been deleted or does not exist."
