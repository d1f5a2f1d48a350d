"""Calls that are made and not recorded are counted and told."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import httpx
import pytest
import requests
from gateway import KEY, Answer, gateway
from made import player

from pytest_assistant_mock import AssistantMock, Request
from pytest_assistant_mock.cassettes import load


def test_a_call_in_flight_in_another_thread_is_told(tmp_path: Path) -> None:
    """With its URL and what to do; what has come is recorded, and the late answer reaches its client."""
    path, asked, go, got = tmp_path / "c.yaml", threading.Event(), threading.Event(), list[int]()

    def answer(request: Request) -> Answer:
        if request.url.endswith("/late"):
            asked.set()
            assert go.wait(20)
        return Answer()

    def late(base: str) -> None:
        got.append(requests.get(f"{base}/threads/late", headers=KEY, timeout=30).status_code)

    with gateway(answer) as service:
        thread = threading.Thread(target=late, args=(service.base,))
        told = pytest.warns(UserWarning, match="1 call was made and not recorded")
        with told as warned, player(path, record="once", hosts=service.hosts) as mock:
            requests.get(f"{service.base}/threads/early", headers=KEY, timeout=10)
            thread.start()
            assert asked.wait(20)
        go.set()
        thread.join()
        assert [str(one.message) for one in warned] == [mock.unplayed]
        assert mock.unplayed == (
            "1 call was made and not recorded: no answer had come yet when the mock closed; join its thread, or await its task,"
            " before the mock closes\n"
            f"  call:      GET {service.base}/threads/late\n"
            f"  cassette:  {path}\n"
            "  mode:      source=cassette, record=once"
        )
        assert (got, [one.request.url for one in load(path).interactions]) == ([200], [f"{service.base}/threads/early"])


def test_a_task_that_is_not_awaited_is_told(tmp_path: Path) -> None:
    """Of one thread's many tasks each is looked at; those that have ended, and with whatever, are not told."""
    path, go = tmp_path / "c.yaml", threading.Event()

    def answer(request: Request) -> Answer:
        assert not request.url.endswith("/late") or go.wait(20)
        return Answer()

    async def ask(base: str, hosts: dict[str, list[str]]) -> AssistantMock:
        async with httpx.AsyncClient(timeout=30, trust_env=False, headers=KEY) as client:
            mock = player(path, record="once", hosts={"model_studio": [*hosts["model_studio"], "http://nowhere.invalid"]})
            with mock:
                nowhere = asyncio.create_task(client.get("http://nowhere.invalid/threads/x"))
                late = asyncio.create_task(client.get(f"{base}/threads/late"))
                await asyncio.gather(nowhere, client.get(f"{base}/threads/early"), return_exceptions=True)
            go.set()
            await late
            return mock

    with gateway(answer) as service, pytest.warns(UserWarning, match="1 call was made and not recorded: no answer had come"):
        mock = asyncio.run(ask(service.base, service.hosts))
    assert f"call:      GET {service.base}/threads/late" in mock.unplayed


def test_calls_that_ended_with_whatever_are_not_told(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    """A name not found, in this thread and in one that has ended: nothing is in flight."""
    hosts = {"model_studio": ["http://nowhere.invalid"]}

    def ask() -> None:
        with pytest.raises(requests.ConnectionError):
            requests.get("http://nowhere.invalid/threads/x", timeout=10)

    with player(tmp_path / "c.yaml", record="once", hosts=hosts) as mock:
        ask()
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert (mock.unplayed, [str(one.message) for one in recwarn]) == ("", [])


def test_live_calls_beside_a_cassette_that_is_there_are_told(tmp_path: Path) -> None:
    """Opened by hand, "once" records only what is missing; the calls are counted, the file stays."""
    path = tmp_path / "c.yaml"
    with gateway(Answer()) as service:
        for turn in range(2):
            mock = AssistantMock(source="live", cassette=path, record="once", hosts=service.hosts, contract="off")
            if not turn:
                with mock:
                    requests.get(f"{service.base}/threads/0", headers=KEY, timeout=10)
                continue
            told = pytest.warns(UserWarning, match=r'2 calls were made and not recorded: the cassette was there, and "once"')
            with told, mock:
                for number in range(2):
                    requests.get(f"{service.base}/threads/{number}", headers=KEY, timeout=10)
    assert len(load(path).interactions) == 1


def test_a_fake_that_is_to_record_says_that_it_does_not(tmp_path: Path) -> None:
    """Nothing is lost without a word."""
    with pytest.warns(UserWarning, match="record='once': this mock is the fake, and nothing of it is recorded") as told:
        AssistantMock(cassette=tmp_path / "c.yaml", record="once")
    assert told[0].filename == __file__
