"""The state machine checks a client against the fake: every client and both SDKs pass, a client with a bug does not."""

from __future__ import annotations

import json
import unittest
import warnings
from importlib.util import find_spec

import pytest
from clients import CLIENTS, rows
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from pytest_assistant_mock import AssistantServer, strategies

FEW = settings(max_examples=4, stateful_step_count=8)


def texts(data: list[dict]) -> list[tuple[str, str]]:
    return [(message["id"], message["content"][0]["text"]["value"]) for message in data]


def studio_machine(client):
    """Model Studio through one of the clients."""

    class Machine(strategies.AssistantMachine):
        def ask(self, method, path, body=None):
            headers = {"Authorization": "Bearer key", "Content-Type": "application/json"}
            data = None if body is None else json.dumps(body).encode()
            return json.loads(client.send(method, self.handle.base_url + path, headers=headers, body=data).body)

        def create_thread(self):
            return self.ask("POST", "/threads", {})["id"]

        def create_message(self, thread_id, text):
            return self.ask("POST", f"/threads/{thread_id}/messages", {"content": text})["id"]

        def list_messages(self, thread_id, *, limit, order):
            return texts(self.ask("GET", f"/threads/{thread_id}/messages?limit={limit}&order={order}")["data"])

        def retrieve_message(self, thread_id, message_id):
            return texts([self.ask("GET", f"/threads/{thread_id}/messages/{message_id}")])[0][1]

        def delete_thread(self, thread_id):
            self.ask("DELETE", f"/threads/{thread_id}")

    return Machine


def appbuilder_machine(client):
    """AppBuilder through one of the clients."""

    class Machine(strategies.AssistantMachine):
        vendor = "appbuilder"

        def ask(self, path, **body):
            headers = {"Authorization": "Bearer key", "Content-Type": "application/json"}
            url = f"{self.handle.base_url}/v2/threads{path}"
            return json.loads(client.send("POST", url, headers=headers, body=json.dumps(body).encode()).body)

        def create_thread(self):
            return self.ask("", messages=[])["id"]

        def create_message(self, thread_id, text):
            return self.ask("/messages", thread_id=thread_id, role="user", content=text)["id"]

        def list_messages(self, thread_id, *, limit, order):
            return texts(self.ask("/messages/list", thread_id=thread_id, limit=limit, order=order)["data"])

        def retrieve_message(self, thread_id, message_id):
            return texts([self.ask("/messages/query", thread_id=thread_id, message_id=message_id)])[0][1]

        def update_message(self, thread_id, message_id, text):
            self.ask("/messages/update", thread_id=thread_id, message_id=message_id, content=text)

        def delete_thread(self, thread_id):
            self.ask("/delete", thread_id=thread_id)

    return Machine


@pytest.mark.parametrize("client", rows(CLIENTS))
@pytest.mark.parametrize("machine", [studio_machine, appbuilder_machine])
def test_every_client_passes(machine, client):
    """Through every door, what a client does and what the model expects stay the same."""
    run_state_machine_as_test(machine(client), settings=FEW)
    assert FEW.max_examples == 4


def test_dashscope_passes():
    """The vendor's own SDK drives the machine."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from dashscope import Messages, Threads

        class Machine(strategies.AssistantMachine):
            def create_thread(self):
                return Threads.create().id

            def create_message(self, thread_id, text):
                return Messages.create(thread_id, content=text).id

            def list_messages(self, thread_id, *, limit, order):
                page = Messages.list(thread_id, limit=limit, order=order)
                return [(message.id, message.content[0].text.value) for message in page.data]

            def retrieve_message(self, thread_id, message_id):
                return Messages.retrieve(message_id, thread_id=thread_id).content[0].text.value

            def delete_thread(self, thread_id):
                Threads.delete(thread_id)

        run_state_machine_as_test(Machine, settings=FEW)
    assert Machine.vendor == "model_studio"


@pytest.mark.skipif(find_spec("appbuilder") is None, reason="appbuilder-sdk is not installed here")
def test_appbuilder_sdk_passes():
    """The vendor's own SDK drives the machine."""
    import appbuilder

    class Machine(strategies.AssistantMachine):
        vendor = "appbuilder"

        def create_thread(self):
            return appbuilder.assistant.threads.create([]).id

        def create_message(self, thread_id, text):
            return appbuilder.assistant.threads.messages.create(thread_id, text).id

        def list_messages(self, thread_id, *, limit, order):
            page = appbuilder.assistant.threads.messages.list(thread_id, limit=limit, order=order)
            return [(message.id, message.content[0].text.value) for message in page.data]

        def update_message(self, thread_id, message_id, text):
            appbuilder.assistant.threads.messages.update(thread_id, message_id, text)

    run_state_machine_as_test(Machine, settings=FEW)
    assert Machine.vendor == "appbuilder"


def broken(method):
    """A Model Studio client with one bug."""
    correct = studio_machine(CLIENTS[0])
    name, wrong = method
    return type("Broken", (correct,), {name: wrong(getattr(correct, name))})


BUGS = {
    "strips what is posted": (
        "create_message",
        lambda original: lambda self, thread_id, text: original(self, thread_id, text.strip() or "-"),
    ),
    "posts twice": (
        "create_message",
        lambda original: lambda self, *args: (original(self, *args), original(self, *args))[1],
    ),
    "ignores the order": (
        "list_messages",
        lambda original: lambda self, thread_id, *, limit, order: original(self, thread_id, limit=limit, order="desc"),
    ),
    "ignores the limit": (
        "list_messages",
        lambda original: lambda self, thread_id, *, limit, order: original(self, thread_id, limit=100, order=order),
    ),
    "forgets to delete": ("delete_thread", lambda original: lambda self, thread_id: None),
    "shares one thread": (
        "create_thread",
        lambda original: lambda self: self.__dict__.setdefault("thread", None) or self.__dict__.update(
            thread=original(self)
        ) or self.thread,
    ),
}  # fmt: skip


@pytest.mark.parametrize("bug", BUGS)
def test_a_client_with_a_bug_is_caught(bug):
    """Each of these mistakes makes the machine fail."""
    found_is_enough = [Phase.generate]
    many = settings(max_examples=150, stateful_step_count=15, database=None, phases=found_is_enough)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(broken(BUGS[bug]), settings=many)


def test_what_a_subclass_must_define_is_said():
    """A machine without its client's functions says which one is missing."""

    class Nothing(strategies.AssistantMachine):
        pass

    with pytest.raises(TypeError, match=r"Nothing must define create_thread\(self\) -> id"):
        run_state_machine_as_test(Nothing, settings=FEW)


def test_pytest_runs_its_testcase(pytester):
    """`TestCase` is what pytest collects; a failure prints the steps as a script."""
    pytester.makepyfile(
        """
        import httpx
        from hypothesis import Phase, settings
        from pytest_assistant_mock import strategies

        CLIENT = httpx.Client(headers={"Authorization": "Bearer key"})

        class Machine(strategies.AssistantMachine):
            def ask(self, method, path, **body):
                return CLIENT.request(method, self.handle.base_url + path, json=body).json()

            def create_thread(self):
                return self.ask("POST", "/threads")["id"]

            def create_message(self, thread_id, text):
                return self.ask("POST", f"/threads/{thread_id}/messages", content=text + "!")["id"]

            def list_messages(self, thread_id, *, limit, order):
                return []

        TestMachine = Machine.TestCase
        TestMachine.settings = settings(
            max_examples=20, stateful_step_count=5, deadline=None, database=None, phases=[Phase.generate]
        )
        """
    )
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*state = Machine()", "*state.begin()", "*state.post(*", "*state.teardown()"])


LIVE = """
import os

import httpx
from hypothesis import settings

from pytest_assistant_mock import strategies

CLIENT = httpx.Client(headers={"Authorization": f"Bearer {os.environ['DASHSCOPE_API_KEY']}"})


class Machine(strategies.AssistantMachine):
    def ask(self, method, path, body=None):
        base = os.environ["DASHSCOPE_HTTP_BASE_URL"] if self.live else self.handle.base_url
        return CLIENT.request(method, base + path, json=body).json()

    def create_thread(self):
        return self.ask("POST", "/threads", {})["id"]

    def create_message(self, thread_id, text):
        return self.ask("POST", f"/threads/{thread_id}/messages", {"content": text})["id"]

    def list_messages(self, thread_id, *, limit, order):
        data = self.ask("GET", f"/threads/{thread_id}/messages?limit={limit}&order={order}")["data"]
        return [(message["id"], message["content"][0]["text"]["value"]) for message in data]


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=3, stateful_step_count=5, deadline=None, database=None)
"""


@pytest.mark.parametrize(("options", "asked"), [([], False), (["--assistant-source=live"], True)])
def test_the_real_service_is_asked_only_if_the_command_line_says_so(pytester, monkeypatch, options, asked):
    """The same machine runs on the fake, and against a server over a socket under --assistant-source=live."""
    with AssistantServer() as server:
        for name, value in server.env.items():
            monkeypatch.setenv(name, value)
        pytester.makepyfile(LIVE)
        pytester.runpytest_subprocess(*options).assert_outcomes(passed=1)
        assert bool(server.model_studio.exchanges) is asked


def test_the_machine_is_a_unittest_testcase():
    """Any runner that knows unittest can run it."""
    assert issubclass(studio_machine(CLIENTS[0]).TestCase, unittest.TestCase)
