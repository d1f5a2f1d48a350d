"""Mocks closed in any order leave nothing behind, and those still open go on as they were."""

from __future__ import annotations

import os
import socket
from itertools import permutations
from threading import Event, Thread

import httpx
import pytest

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._doors.doors import Doors, imported
from pytest_assistant_mock.errors import BlockedHost


def seams() -> list:
    return [vars(seam.owner).get(seam.name) for seam in imported()]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_whatever_closes_first_nothing_is_left(order):
    """
    Three mocks closed in any order: every function and key is again what it was.
    """
    before = seams(), os.environ.get("APPBUILDER_TOKEN"), os.environ.get("DASHSCOPE_API_KEY")
    mocks = [AssistantMock().__enter__() for _ in range(3)]
    for which in order:
        mocks[which].__exit__(None, None, None)
    assert (seams(), os.environ.get("APPBUILDER_TOKEN"), os.environ.get("DASHSCOPE_API_KEY")) == before


def test_the_inner_one_goes_on_when_the_outer_one_closes():
    """
    The inner mock still answers, and its keys are still there.
    """
    outer = AssistantMock().__enter__()
    inner = AssistantMock().__enter__()
    outer.__exit__(None, None, None)
    headers = {"Authorization": f"Bearer {os.environ['APPBUILDER_TOKEN']}"}
    httpx.post(f"{inner.appbuilder.base_url}/v2/threads", json={}, headers=headers)
    inner.__exit__(None, None, None)
    assert (len(inner.appbuilder.threads()), len(outer.appbuilder.threads())) == (1, 0)


def test_the_outer_one_goes_on_when_the_inner_one_closes():
    """
    The usual order: what the inner one has answered is not in the outer one.
    """
    with AssistantMock() as outer:
        with AssistantMock() as inner:
            httpx.post(f"{inner.appbuilder.base_url}/v2/threads", json={}, headers={"Authorization": "Bearer key"})
        httpx.post(f"{outer.appbuilder.base_url}/v2/threads", json={}, headers={"Authorization": "Bearer key"})
    assert (len(inner.appbuilder.threads()), len(outer.appbuilder.threads())) == (1, 1)


def test_a_mock_that_cannot_open_leaves_nothing(monkeypatch):
    """
    If a door fails while opening, keys and the doors before it are put back.
    """
    before = seams(), os.environ.get("APPBUILDER_TOKEN")

    def fail(*_):
        raise RuntimeError("no door")

    monkeypatch.setattr(Doors, "open", fail)
    with pytest.raises(RuntimeError, match="no door"), AssistantMock():
        pass
    assert (seams(), os.environ.get("APPBUILDER_TOKEN")) == before


def test_nothing_slips_past_while_mocks_close_in_any_order():
    """
    Other threads ask all the time; at every moment some mock is open, and each request is answered, each look-up stopped.
    """
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
