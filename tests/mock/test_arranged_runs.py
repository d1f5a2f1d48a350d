"""What a test arranges counts for runs as for letters: quotas, answers of its own, pauses, what a script's function raises."""

from __future__ import annotations

import asyncio
import json
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

import pytest
import requests

from pytest_assistant_mock import AssistantMock, Handle, faults, turns
from pytest_assistant_mock._engine.clock import EPOCH_MS

VENDORS = ("model_studio", "appbuilder")
KEY = {"Authorization": "Bearer k", "Content-Type": "application/json"}


@pytest.fixture
def mock() -> Iterator[AssistantMock]:
    """An open mock."""
    with AssistantMock() as mock:
        yield mock


def asked(handle: Handle, stream: bool = False) -> tuple[str, dict[str, Any]]:
    """Where a run on a new thread begins, and what is sent."""
    thread, assistant = handle.add_thread().id, handle.add_assistant().id
    handle.add_message(thread, "?")
    path = f"/threads/{thread}/runs" if handle.name == "model_studio" else "/v2/threads/runs"
    return handle.base_url + path, {"assistant_id": assistant, "thread_id": thread, "stream": stream}


def run(handle: Handle, stream: bool = False) -> requests.Response:
    """A run on a new thread."""
    url, body = asked(handle, stream)
    return requests.post(url, json=body, headers=KEY)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_quota_counts_runs(mock: AssistantMock, vendor: str) -> None:
    """The third run in a minute is refused and not made; a minute later there is another."""
    handle = getattr(mock, vendor)
    handle.limit(requests=2, per=60, on="create_run")
    assert [run(handle).status_code for _ in range(3)] == [200, 200, 429]
    mock.clock.advance(60)
    assert (run(handle, stream=True).status_code, len(handle.runs())) == (200, 3)


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_fault_in_place_of_a_run_makes_none_and_takes_no_script(mock: AssistantMock, vendor: str, stream: bool) -> None:
    """The next run takes the script."""
    handle = getattr(mock, vendor)
    handle.script("晴")
    handle.fail(faults.unavailable(), on="create_run")
    assert (run(handle, stream).status_code, handle.runs()) == (503, [])
    assert "晴" in run(handle, stream=True).content.decode()


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_reply_stands_in_for_a_run_and_calls_are_asserted(mock: AssistantMock, vendor: str) -> None:
    """No run is made; the exchange counts as `create_run`."""
    handle = getattr(mock, vendor)
    handle.reply("create_run", {"id": "run_1"}, check=False)
    assert (run(handle).json(), handle.runs()) == ({"id": "run_1"}, [])
    handle.exchanges.assert_called("create_run", times=1)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_pause_is_virtual_unless_it_is_to_be_waited_for(mock: AssistantMock, vendor: str) -> None:
    """An hour for each piece on the mock's clock; with `wait` some hundredths of a real second."""
    handle = getattr(mock, vendor)
    handle.script(turns.says("晴天", pieces=2, pause=3600))
    handle.script(turns.says("晴天", pieces=2, pause=0.03, wait=True))
    before = perf_counter()
    assert "晴" in run(handle, stream=True).content.decode()
    assert mock.clock.now_ms - EPOCH_MS >= 3_600_000
    assert perf_counter() - before < 60
    before = perf_counter()
    assert "晴" in run(handle, stream=True).content.decode()
    assert perf_counter() - before >= 0.03


def _requests(url: str, body: dict[str, Any]) -> None:
    assert requests.post(url, json=body, headers=KEY).content


def _httpx(url: str, body: dict[str, Any]) -> None:
    httpx = pytest.importorskip("httpx")
    assert httpx.post(url, json=body, headers=KEY).content


def _httpx_async(url: str, body: dict[str, Any]) -> None:
    httpx = pytest.importorskip("httpx")

    async def post() -> None:
        async with httpx.AsyncClient() as client:
            assert (await client.post(url, json=body, headers=KEY)).content

    asyncio.run(post())


def _aiohttp(url: str, body: dict[str, Any]) -> None:
    aiohttp = pytest.importorskip("aiohttp")

    async def post() -> None:
        async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=KEY) as response:
            assert await response.read()

    asyncio.run(post())


def _urllib(url: str, body: dict[str, Any]) -> None:
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), KEY)) as response:
        assert response.read()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("post", [_requests, _httpx, _httpx_async, _aiohttp, _urllib], ids=lambda post: post.__name__[1:])
@pytest.mark.parametrize("vendor", VENDORS)
def test_what_a_scripts_function_raises_fails_the_test_at_the_call(
    mock: AssistantMock, vendor: str, post: Callable[[str, dict[str, Any]], None], stream: bool
) -> None:
    """The very exception, with the line of the function, through every client, polled or streamed."""

    def breaks(run: Any) -> str:
        raise ZeroDivisionError(run.status)

    handle = getattr(mock, vendor)
    handle.script(breaks)
    with pytest.raises(ZeroDivisionError) as raised:
        post(*asked(handle, stream))
    mock.excuse(raised.value)  # a test that swallowed it would meet it again at the end
    assert traceback.extract_tb(raised.value.__traceback__)[-1].name == "breaks"


UPLOADS: dict[str, dict[str, Any]] = {
    "no form": {"data": b"{}", "headers": KEY},
    "no boundary": {"data": b"x", "headers": {**KEY, "Content-Type": "multipart/form-data"}},
    "no file": {"files": {"purpose": (None, "assistant")}, "headers": {"Authorization": "Bearer k"}},
}


@pytest.mark.parametrize("name", UPLOADS)
@pytest.mark.parametrize("vendor", VENDORS)
def test_an_upload_that_is_none_is_refused_in_the_vendors_words(mock: AssistantMock, vendor: str, name: str) -> None:
    """Nothing is stored. AppBuilder says so with status 200, as it refuses everything that reaches its files."""
    handle = getattr(mock, vendor)
    path = "/files" if vendor == "model_studio" else "/v2/storage/files"
    answer = requests.post(handle.base_url + path, **UPLOADS[name])
    assert answer.status_code == (400 if vendor == "model_studio" else 200)
    assert ({"code", "message"} <= answer.json().keys() or "error" in answer.json(), handle.files()) == (True, [])
