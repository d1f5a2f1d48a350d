"""AssistantMock, the context manager: what it puts in place, what it puts back, what it says when it is used wrongly."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import textwrap
from http import HTTPStatus
from threading import Thread as Worker

import httpx
import pytest
import requests

from pytest_assistant_mock import AssistantMock, faults
from pytest_assistant_mock.errors import UnansweredRequest

VENDORS = ("model_studio", "appbuilder")


def vendor(mock, name):
    """One of the two handles."""
    return {"model_studio": mock.model_studio, "appbuilder": mock.appbuilder}[name]


def create(handle, thread, text):
    """Send one message by httpx; the answer."""
    if handle.name == "model_studio":
        key, url = {"Authorization": f"Bearer {handle.api_key}"}, f"{handle.base_url}/threads/{thread.id}/messages"
        return httpx.post(url, headers=key, json={"role": "user", "content": text})
    key = {"X-Appbuilder-Authorization": f"Bearer {handle.api_key}"}
    body = {"thread_id": thread.id, "role": "user", "content": text}
    return httpx.post(f"{handle.base_url}/v2/threads/messages", headers=key, json=body)


# State


@pytest.mark.parametrize("name", VENDORS)
def test_every_mock_counts_from_one(name):
    """Threads, messages, request ids and times are the same in every mock, and nothing is left of the last one."""

    def story():
        with AssistantMock() as mock:
            handle = vendor(mock, name)
            assert handle.threads() == []
            thread = handle.add_thread()
            answer = create(handle, thread, "你好")
            return answer.content, dict(answer.headers), handle.messages(thread)

    assert story() == story()


def test_a_message_ticks_the_clock():
    """Each stored message moves the time by 1 ms, whoever stores it; nothing else does."""
    with AssistantMock() as mock:
        thread = mock.model_studio.add_thread()
        other = mock.appbuilder.add_thread()
        assert mock.clock.now_ms == 1_735_689_600_000
        mock.model_studio.add_message(thread, "one")
        create(mock.appbuilder, other, "two")
        assert [m.created_at for m in mock.model_studio.messages(thread)] == [1_735_689_600_001]
        assert [m.created_at for m in mock.appbuilder.messages(other)] == [1_735_689_600_002]


def test_of_nested_mocks_the_innermost_answers():
    """The inner mock starts empty, and what it stored is not the outer's."""
    with AssistantMock() as outer:
        thread = outer.model_studio.add_thread()
        with AssistantMock() as inner:
            assert create(inner.model_studio, thread, "to nobody").status_code == 400
            same_id = inner.model_studio.add_thread()
            assert create(inner.model_studio, same_id, "inside").status_code == 200
        assert outer.model_studio.messages(thread) == []
        assert create(outer.model_studio, thread, "outside").status_code == 200
        assert [m.text for m in outer.model_studio.messages(thread)] == ["outside"]


@pytest.mark.parametrize("name", VENDORS)
def test_eight_threads_lose_nothing(name):
    """8 threads making 1,000 messages each: none lost, none twice, every id and time its own."""
    with AssistantMock() as mock:
        handle = vendor(mock, name)
        thread = handle.add_thread()

        def send(worker):
            for number in range(1000):
                handle.add_message(thread, f"{worker}/{number}")

        workers = [Worker(target=send, args=(worker,)) for worker in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        stored = handle.messages(thread)
    assert sorted(m.text for m in stored) == sorted(f"{worker}/{number}" for worker in range(8) for number in range(1000))
    assert len({m.id for m in stored}) == len({m.created_at for m in stored}) == 8000


@pytest.mark.parametrize("name", VENDORS)
def test_eight_threads_over_http(name):
    """The same through a client: each answer is to its own question."""
    wrong = []
    with AssistantMock() as mock:
        handle = vendor(mock, name)
        thread = handle.add_thread()

        def send(worker):
            for number in range(25):
                answer = create(handle, thread, f"{worker}/{number}").json()
                if answer["content"][0]["text"]["value"] != f"{worker}/{number}":
                    wrong.append(answer)

        workers = [Worker(target=send, args=(worker,)) for worker in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len({m.id for m in handle.messages(thread)}) == len(handle.exchanges) == 200
    assert wrong == []


def swapped():
    """A function of each layer a client goes through, and the environment: what an open mock changes."""
    return httpx.HTTPTransport.handle_request, requests.adapters.HTTPAdapter.send, socket.getaddrinfo, dict(os.environ)


def test_a_mock_may_be_filled_before_it_is_opened():
    """Until then it stands in nobody's way: no door, no key. Opened, it answers from what was put there."""
    before = swapped()
    mock = AssistantMock()
    thread = mock.model_studio.add_thread()
    mock.model_studio.fail(faults.rate_limited(), on="create_message")
    assert swapped() == before
    with mock:
        assert all(now != then for now, then in zip(swapped(), before, strict=True))
        assert [create(mock.model_studio, thread, "hi").status_code for _ in range(2)] == [429, 200]
        assert [m.text for m in mock.model_studio.messages(thread)] == ["hi"]
    assert swapped() == before


# Handles


def test_what_a_handle_says():
    """The name, base URL and key of each vendor, and how many there are of what."""
    with AssistantMock() as mock:
        studio, builder = mock.model_studio, mock.appbuilder
        studio.add_thread()
        assert (studio.name, studio.base_url, studio.api_key) == (
            "model_studio",
            "https://dashscope.aliyuncs.com/api/v1",
            "sk-assistant-mock",
        )
        assert (builder.name, builder.base_url, builder.api_key) == (
            "appbuilder",
            "https://appbuilder.baidu.com",
            "bce-v3/ALTAK-assistant-mock",
        )
        assert repr(studio) == "<model_studio: 1 threads, 0 exchanges>"


class OfAnSDK:
    """What an SDK returns: something with an id."""

    def __init__(self, id):
        self.id = id


@pytest.mark.parametrize("name", VENDORS)
def test_a_thread_or_its_id(name):
    """The object, an SDK's object or the id: all mean the same thread."""
    with AssistantMock() as mock:
        handle = vendor(mock, name)
        thread = handle.add_thread()
        for ref in (thread, thread.id, OfAnSDK(thread.id)):
            handle.add_message(ref, "hi")
            assert handle.thread(ref).id == thread.id
            assert handle.messages(ref) == handle.messages(thread)
        assert [m.text for m in handle.messages(thread)] == ["hi"] * 3


def test_a_thread_nobody_knows():
    """The id, those there are, the nearest, and how to make one."""
    with AssistantMock() as mock:
        with pytest.raises(ValueError, match=r"^model_studio has no thread 't'; it has none yet; add_thread\(\) makes one$"):
            mock.model_studio.messages("t")
        thread = mock.model_studio.add_thread()
        short = thread.id[:-1]
        with pytest.raises(ValueError, match="has no thread") as raised:
            mock.model_studio.add_message(short, "hi")
        assert str(raised.value) == (
            f"model_studio has no thread {short!r}; did you mean {thread.id!r}?; it has {thread.id}; add_thread() makes one"
        )


class Refused:
    """What dashscope returns of a refusal: it has no id, and its repr fails."""

    status_code = HTTPStatus.BAD_REQUEST
    code = "InvalidParameter"
    message = "The specified thread has been deleted or does not exist."

    def __repr__(self):
        raise AttributeError("id")


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (None, "None"),
        ({"id": "t"}, "{'id': 't'}"),
        (
            Refused(),
            "this Refused, a refusal (400 InvalidParameter: The specified thread has been deleted or does not exist.),",
        ),
    ],
    ids=["None", "dict", "refused"],
)
def test_what_is_no_thread(thing, said):
    """The error names what came; of an SDK's answer that is a refusal, why."""
    with AssistantMock() as mock, pytest.raises(TypeError) as raised:
        mock.model_studio.messages(thing)
    assert str(raised.value) == f"{said} is no thread: expected an object with an id, or the id"


def test_a_name_there_is_none_of():
    """A slip of the pen gets the nearest; what a handle has is pointed to; the rest is an AttributeError like any other."""
    mock = AssistantMock()
    for thing, name, said in (
        (mock.model_studio, "add_mesage", "Handle has no 'add_mesage'; did you mean 'add_message'?"),
        (mock.model_studio, "zzz", "Handle has no 'zzz'"),
        (mock, "model_studo", "AssistantMock has no 'model_studo'; did you mean 'model_studio'?"),
        (
            mock,
            "add_thread",
            "AssistantMock has no 'add_thread'; a vendor has: mock.model_studio.add_thread, mock.appbuilder.add_thread",
        ),
    ):
        with pytest.raises(AttributeError) as raised:
            getattr(thing, name)
        assert str(raised.value) == said
        assert not hasattr(thing, name)


def test_a_property_that_fails_says_why(monkeypatch):
    """An AttributeError inside one is not taken for a missing name."""
    mock = AssistantMock()
    monkeypatch.delattr(mock._engine, "journal")
    with pytest.raises(AttributeError, match="'Engine' object has no attribute 'journal'"):
        mock.appbuilder.exchanges  # noqa: B018


def test_a_mock_is_printed_as_what_it_has():
    """And one that was never opened says so."""
    mock = AssistantMock()
    mock.model_studio.add_thread()
    has = "<model_studio: 1 threads, 0 exchanges>, <appbuilder: 0 threads, 0 exchanges>>"
    assert repr(mock) == f"<AssistantMock: not opened, {has}"
    with mock:
        assert repr(mock) == f"<AssistantMock: {has}"


# Keys


@pytest.mark.parametrize("before", [None, "sk-real"])
@pytest.mark.parametrize("variable", ["DASHSCOPE_API_KEY", "APPBUILDER_TOKEN"])
def test_keys_are_put_and_put_back(variable, before, monkeypatch):
    """The SDKs find a fake key while the mock is open, and what was there before afterwards, also after an exception."""
    if before is None:
        monkeypatch.delenv(variable, raising=False)
    else:
        monkeypatch.setenv(variable, before)
    with pytest.raises(ZeroDivisionError), AssistantMock() as mock:
        assert os.environ[variable] in (mock.model_studio.api_key, mock.appbuilder.api_key)
        raise ZeroDivisionError
    assert os.environ.get(variable) == before


@pytest.mark.parametrize("before", ["", "sk-real"])
@pytest.mark.parametrize("imported", ["before", "inside"])
def test_no_fake_key_outlives_the_mock_in_dashscope(imported, before):
    """`dashscope.api_key` is what it would have been, whether the SDK was imported before the mock or while it was open."""
    pytest.importorskip("dashscope")
    code = f"""
        import os
        os.environ.pop("DASHSCOPE_API_KEY", None)
        if {before!r}:
            os.environ["DASHSCOPE_API_KEY"] = {before!r}
        from pytest_assistant_mock import AssistantMock
        if {imported == "before"}:
            import dashscope
        with AssistantMock() as mock:
            import dashscope
            import dashscope.common.env
            assert dashscope.api_key == dashscope.common.env.api_key == mock.model_studio.api_key
        expected = {before!r} or None
        assert dashscope.api_key == dashscope.common.env.api_key == expected, dashscope.api_key
        assert os.environ.get("DASHSCOPE_API_KEY") == expected
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


# Closing


def test_an_unanswered_request_is_told_at_the_end():
    """
    Nothing is raised at the call; the vendor's own refusal comes back, and the mock complains when it closes, of both vendors.
    """
    mock = AssistantMock(name="a script")
    with pytest.raises(UnansweredRequest) as raised, mock:
        assert httpx.get("https://dashscope.aliyuncs.com/api/v1/nothing").status_code == 401
        assert httpx.post("https://appbuilder.baidu.com/v2/thread").status_code == 401
    assert str(raised.value) == (
        "model_studio has no route for  GET /api/v1/nothing\n"
        "  asked 1 time in a script\n"
        "  no key:   it carried no API key, and the answer was HTTP 401\n"
        "  do:       mend the request, or answer it as the real service would:\n"
        '            mock.model_studio.reply("GET /nothing", {...})\n'
        "appbuilder has no route for  POST /v2/thread\n"
        "  nearest:  POST /v2/threads   (create_thread)\n"
        "  asked 1 time in a script\n"
        "  no key:   it carried no API key, and the answer was HTTP 401\n"
        "  do:       mend the request, or answer it as the real service would:\n"
        '            mock.appbuilder.reply("POST /v2/thread", {...})'
    )


def test_an_exception_on_its_way_is_not_hidden():
    """The block's own exception comes out, alone."""
    with pytest.raises(ZeroDivisionError) as raised, AssistantMock():
        httpx.get("https://dashscope.aliyuncs.com/api/v1/nothing")
        raise ZeroDivisionError
    assert raised.value.__context__ is None


def test_strict_off():
    """With strict=False nobody complains; the exchange is in the journal, with no operation."""
    with AssistantMock(strict=False) as mock:
        httpx.get("https://dashscope.aliyuncs.com/api/v1/nothing")
    assert [exchange.operation for exchange in mock.model_studio.exchanges] == [None]


def test_a_mock_is_opened_once():
    """Opening it a second time would bring the first time's threads along: it is refused, open or closed."""
    said = "this AssistantMock has been opened before, and remembers what was stored then; make one for each test: "
    mock = AssistantMock()
    with mock, pytest.raises(RuntimeError) as raised:
        mock.__enter__()
    assert str(raised.value) == f"{said}with AssistantMock() as mock"
    with pytest.raises(RuntimeError, match=said), mock:
        pass


# Wrong use


@pytest.mark.parametrize(
    ("arguments", "kind", "said"),
    [
        ({"revision": "2027"}, ValueError, "revision='2027': expected one of 'auto', '2025', '2026'"),
        ({"revision": 2026}, ValueError, "revision=2026: expected one of 'auto', '2025', '2026'"),
        ({"strict": "no"}, TypeError, "strict='no': expected True or False"),
        (
            {"hosts": {"modelstudio": ["https://a.b"]}},
            ValueError,
            "hosts names 'modelstudio'; the vendors are model_studio, appbuilder; did you mean 'model_studio'?",
        ),
        (
            {"hosts": {"appbuilder": "https://a.b"}},
            TypeError,
            "hosts['appbuilder'] is a string; expected a list of base URLs: ['https://a.b']",
        ),
        (
            {"hosts": {"appbuilder": [1]}},
            TypeError,
            "hosts['appbuilder'] has 1; expected base URLs like 'https://gw.corp/ai/api/v1'",
        ),
        (
            {"hosts": ["https://a.b"]},
            TypeError,
            "hosts=['https://a.b']: expected base URLs by vendor: {'model_studio': ['https://gw.corp/ai/api/v1']}",
        ),
        (
            {"hosts": {"appbuilder": ["gw.corp/ai"]}},
            ValueError,
            "appbuilder: 'gw.corp/ai' is no base URL; expected one like 'https://gw.corp/ai/api/v1'",
        ),
    ],
)
def test_what_a_mock_cannot_be_told(arguments, kind, said):
    """What came, what was expected, the nearest."""
    with pytest.raises(kind) as raised:
        AssistantMock(**arguments)
    assert str(raised.value) == said


def test_an_unknown_keyword_is_named_with_the_nearest():
    """AssistantMock says what it takes, as the marker does."""
    with pytest.raises(TypeError) as caught:
        AssistantMock(revison="2026")
    assert str(caught.value) == (
        "AssistantMock(revison=…): unknown keyword; did you mean 'revision'?; it takes revision, hosts, strict, contract, name,"
        " source, control, cassette, record, ignore, reuse, unplayed, pace, polls, old_values, test, shared, begun"
    )
