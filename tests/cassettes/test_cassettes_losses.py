"""
Many record at once into one cassette, and nothing is lost: threads, requests in flight, processes. `make losses`: 20 times each.
"""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from made import player
from upstream import Upstream

from pytest_assistant_mock import Exchange, cassettes

AUTHORIZED = {"Authorization": "Bearer sk-real-0123456789abcdef"}

turns = pytest.mark.parametrize("turn", range(int(os.environ.get("ASSISTANT_LOSSES_TURNS", "1"))))


def create(base: str, n: int) -> Any:
    """A thread, by its number."""
    return requests.post(f"{base}/threads", json={"metadata": {"n": n}}, headers=AUTHORIZED, timeout=30).json()


def numbers(path: Path) -> list[int]:
    """The numbers of the threads a cassette holds."""
    return [one.request.json()["metadata"]["n"] for one in cassettes.load(path).interactions]


@turns
def test_eight_threads_lose_nothing(turn: int, service: Upstream, tmp_path: Path) -> None:
    """Whatever the order, every call is in the file."""
    path = tmp_path / "c.yaml"

    def some(worker: int) -> None:
        for number in range(6):
            create(service.model_studio, 10 * worker + number)

    with player(path, record="once"):
        threads = [threading.Thread(target=some, args=(worker,)) for worker in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(numbers(path)) == [10 * worker + number for worker in range(8) for number in range(6)]


@turns
def test_fifty_requests_in_flight_lose_nothing(turn: int, service: Upstream, tmp_path: Path) -> None:
    """Under asyncio, with httpx."""
    path = tmp_path / "c.yaml"

    async def all_at_once() -> None:
        async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
            bodies = [{"metadata": {"n": number}} for number in range(50)]
            await asyncio.gather(
                *(client.post(f"{service.model_studio}/threads", json=body, headers=AUTHORIZED) for body in bodies)
            )

    with player(path, record="once"):
        asyncio.run(all_at_once())
    assert sorted(numbers(path)) == list(range(50))


SHARED = """
import os
import pytest
import requests

BASE = os.environ.get("DASHSCOPE_HTTP_BASE_URL", "https://dashscope.aliyuncs.com/api/v1")

def create(n):
    headers = {"Authorization": "Bearer " + os.environ["DASHSCOPE_API_KEY"]}
    return requests.post(BASE + "/threads", json={"metadata": {"n": n}}, headers=headers).json()

@pytest.mark.assistant(cassette="shared")
@pytest.mark.parametrize("n", range(12))
def test_it(assistant_mock, n):
    create(n)
    create(100)
"""


@turns
@pytest.mark.parametrize("record", ["once", "all"])
def test_four_workers_share_one_cassette(turn: int, record: str, pytester: pytest.Pytester, service: Upstream) -> None:
    """Recording under pytest -n 4 loses nothing, and each test then replays its own part of the file."""
    pytest.importorskip("xdist")
    pytester.makepyfile(SHARED)
    options = ("-p", "no:cacheprovider", "--assistant-source=cassette")
    pytester.runpytest_subprocess("-n4", *options, f"--assistant-record={record}").assert_outcomes(passed=12)
    (file,) = (Path(pytester.path) / "cassettes").iterdir()
    found = numbers(file)
    assert sorted(n for n in found if n < 100) == list(range(12))
    assert len(found) == len(service.requests) == 24
    pytester.runpytest_inprocess("-p", "no:randomly", *options).assert_outcomes(passed=12)


@pytest.mark.parametrize("record", ["none", "all"])
def test_exchanges_are_written_down_one_at_a_time(record: str, service: Upstream, tmp_path: Path) -> None:
    """By a replay and by a recording; else two threads' first exchanges would each begin the journal, and one be lost."""
    path = tmp_path / "c.yaml"
    with player(path, record="once"):
        create(service.model_studio, 1)
    entered: list[bool] = []
    with player(path, record=record) as mock:

        def look(exchange: Exchange) -> None:
            other = threading.Thread(target=lambda: entered.append(mock._engine.lock.acquire(blocking=False)))
            other.start()
            other.join()

        mock.watch(look)
        create(service.model_studio, 1)
    assert entered == [False]
