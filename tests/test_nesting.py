"""Mocks closed in any order leave nothing behind, and those still open go on as they were."""

from __future__ import annotations

import os
from itertools import permutations

import httpx
import pytest

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._doors.doors import Doors, imported


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
