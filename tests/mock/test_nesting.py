"""Mocks closed in any order leave nothing behind, and those still open go on as they were."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress
from itertools import permutations
from threading import Event, Thread, Timer

import httpx
import pytest

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._doors.doors import Doors, imported
from pytest_assistant_mock._mock import sdk_environment
from pytest_assistant_mock.errors import BlockedHost


def seams() -> list:
    return [vars(seam.owner).get(seam.name) for seam in imported()]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_whatever_closes_first_nothing_is_left(order):
    """Three mocks closed in any order: every function and key is again what it was."""
    before = seams(), os.environ.get("APPBUILDER_TOKEN"), os.environ.get("DASHSCOPE_API_KEY")
    mocks = [AssistantMock().__enter__() for _ in range(3)]
    for which in order:
        mocks[which].__exit__(None, None, None)
    assert (seams(), os.environ.get("APPBUILDER_TOKEN"), os.environ.get("DASHSCOPE_API_KEY")) == before


def test_the_inner_one_goes_on_when_the_outer_one_closes():
    """The inner mock still answers, and its keys are still there."""
    outer = AssistantMock().__enter__()
    inner = AssistantMock().__enter__()
    outer.__exit__(None, None, None)
    headers = {"Authorization": f"Bearer {os.environ['APPBUILDER_TOKEN']}"}
    httpx.post(f"{inner.appbuilder.base_url}/v2/threads", json={}, headers=headers)
    inner.__exit__(None, None, None)
    assert (len(inner.appbuilder.threads()), len(outer.appbuilder.threads())) == (1, 0)


def test_the_outer_one_goes_on_when_the_inner_one_closes():
    """The usual order: what the inner one has answered is not in the outer one."""
    with AssistantMock() as outer:
        with AssistantMock() as inner:
            httpx.post(f"{inner.appbuilder.base_url}/v2/threads", json={}, headers={"Authorization": "Bearer key"})
        httpx.post(f"{outer.appbuilder.base_url}/v2/threads", json={}, headers={"Authorization": "Bearer key"})
    assert (len(inner.appbuilder.threads()), len(outer.appbuilder.threads())) == (1, 1)


def test_a_mock_that_cannot_open_leaves_nothing(monkeypatch):
    """If a door fails while opening, keys and the doors before it are put back."""
    before = seams(), os.environ.get("APPBUILDER_TOKEN")

    def fail(*_):
        raise RuntimeError("no door")

    monkeypatch.setattr(Doors, "open", fail)
    with pytest.raises(RuntimeError, match="no door"), AssistantMock():
        pass
    assert (seams(), os.environ.get("APPBUILDER_TOKEN")) == before


def test_nothing_slips_past_while_mocks_close_in_any_order():
    """Other threads ask all the time; at every moment some mock is open, and each request is answered, each look-up stopped."""
    url, key = "https://dashscope.aliyuncs.com/api/v1/threads", {"Authorization": "Bearer key"}
    missed, going = [], Event()

    def ask():
        while not going.is_set():
            try:
                if httpx.post(url, json={}, headers=key).status_code != 200:
                    missed.append("an answer")
            except Exception as error:
                missed.append(error)

    def look_up():
        while not going.is_set():
            try:
                socket.getaddrinfo("dashscope.aliyuncs.com", 443)
                missed.append("a look-up")
            except BlockedHost:
                pass
            except OSError as error:
                missed.append(error)

    mocks = [AssistantMock(strict=False).__enter__() for _ in range(2)]
    workers = [Thread(target=work) for work in (ask, look_up)]
    for worker in workers:
        worker.start()
    for _ in range(300):
        mocks.append(AssistantMock(strict=False).__enter__())
        mocks.pop(0).__exit__(None, None, None)
    going.set()
    for worker in workers:
        worker.join()
    for mock in mocks:
        mock.excuse()
        mock.__exit__(None, None, None)
    assert missed == []


KEY = {"Authorization": "Bearer key"}


def test_a_patch_that_is_undone_after_the_mock_brings_nothing_back(monkeypatch):
    """What a monkeypatch asked for before the mock puts back answers no more; the next mock that closes takes it away."""
    before = httpx.HTTPTransport.handle_request
    with monkeypatch.context() as patch, AssistantMock() as closed:
        ours = httpx.HTTPTransport.handle_request
        patch.setattr(httpx.HTTPTransport, "handle_request", lambda *given: ours(*given))
        httpx.post(f"{closed.appbuilder.base_url}/v2/threads", json={}, headers=KEY)
    assert len(closed.appbuilder.threads()) == 1
    monkeypatch.setattr(socket, "getaddrinfo", _nowhere)
    with pytest.raises(httpx.ConnectError, match="nowhere"):
        httpx.post(f"{closed.appbuilder.base_url}/v2/threads", json={}, headers=KEY)
    with AssistantMock() as mock:
        httpx.post(f"{mock.appbuilder.base_url}/v2/threads", json={}, headers=KEY)
    assert (len(mock.appbuilder.threads()), len(closed.appbuilder.threads())) == (1, 1)
    assert httpx.HTTPTransport.handle_request is before


def _nowhere(host, *rest, **more):
    raise OSError(f"nowhere: {host}")


def test_a_key_that_is_put_back_after_the_mock_is_taken_away(monkeypatch):
    """By the next mock, live ones included, and by `tidy`; a key of somebody's own stays."""
    monkeypatch.setenv("APPBUILDER_TOKEN", "real")
    for key in ("bce-v3/ALTAK-assistant-mock", "another"):
        with monkeypatch.context() as patch:
            with AssistantMock():
                patch.setenv("APPBUILDER_TOKEN", "of this test")
            patch.setenv("APPBUILDER_TOKEN", key)
            sdk_environment.tidy()
            assert os.environ["APPBUILDER_TOKEN"] == ("another" if key == "another" else "real")
        os.environ["APPBUILDER_TOKEN"] = key
        with AssistantMock(source="live", contract="off"):
            assert os.environ["APPBUILDER_TOKEN"] == ("another" if key == "another" else "real")


def test_mocks_that_close_below_others_leave_no_chain():
    """However many: a call that is nobody's still goes straight to the library."""
    outer = AssistantMock().__enter__()
    for _ in range(2000):
        inner = AssistantMock().__enter__()
        outer.__exit__(None, None, None)
        outer = inner
    with pytest.raises(OSError, match=r"(?i)family"):
        socket.getaddrinfo("127.0.0.1", 443, family=9999)
    outer.__exit__(None, None, None)


def test_a_swallowed_error_of_a_stopped_client_is_raised_again():
    """When the mock closes, with how often it was raised; not over the test's own exception, and not if strict is off."""

    def stopped(**options):
        with AssistantMock(**options) as mock:
            for _ in range(2):
                with suppress(BlockedHost):
                    socket.getaddrinfo("dashscope.aliyuncs.com", 443)
            return mock

    with pytest.raises(BlockedHost, match="raised at 2 calls before, and swallowed by the code under test"):
        stopped()
    stopped(strict=False)
    with pytest.raises(BlockedHost) as raised, AssistantMock():
        socket.getaddrinfo("dashscope.aliyuncs.com", 443)
    assert "swallowed" not in str(raised.value)
    mock = AssistantMock().__enter__()
    with pytest.raises(BlockedHost) as raised:
        socket.getaddrinfo("dashscope.aliyuncs.com", 443)
    mock.excuse(raised.value)
    mock.__exit__(None, None, None)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_child_forked_while_a_thread_is_answered_goes_on():
    """The fork waits for the answer; in the child the mock still answers."""
    answering, go = Event(), Event()

    def slowly(request):
        answering.set()
        go.wait(30)
        return {}

    with AssistantMock() as mock:
        mock.appbuilder.reply("POST /v2/slow", slowly, optional=True)
        url = mock.appbuilder.base_url
        thread = Thread(target=httpx.post, args=(f"{url}/v2/slow",), kwargs={"json": {}, "headers": KEY})
        thread.start()
        assert answering.wait(30)
        Timer(0.1, go.set).start()
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            status = 1
            try:
                status = 0 if httpx.post(f"{url}/v2/threads", json={}, headers=KEY).status_code == 200 else 2
            finally:
                os._exit(status)
        _, status = os.waitpid(child, 0)
        thread.join()
    assert os.waitstatus_to_exitcode(status) == 0
