"""The file says with which SDK and HTTP client, in which versions, a call was recorded."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from gateway import KEY, Answer, gateway
from made import player, saved
from upstream import Upstream

from pytest_assistant_mock.cassettes import Interaction, load


def version(name: str) -> str:
    """A distribution, as installed."""
    return f"{name} {metadata.version(name)}"


def with_requests(url: str) -> None:
    pytest.importorskip("requests").post(url, json={}, headers=KEY, timeout=20)


def with_httpx(url: str) -> None:
    pytest.importorskip("httpx").post(url, json={}, headers=KEY)


def with_async_httpx(url: str) -> None:
    httpx = pytest.importorskip("httpx")

    async def call() -> None:
        async with httpx.AsyncClient() as client:
            await client.post(url, json={}, headers=KEY)

    asyncio.run(call())


def with_aiohttp(url: str) -> None:
    aiohttp = pytest.importorskip("aiohttp")

    async def call() -> None:
        async with aiohttp.ClientSession() as client, client.post(url, json={}, headers=KEY):
            pass

    asyncio.run(call())


def with_urllib3(url: str) -> None:
    pytest.importorskip("urllib3").PoolManager().request("POST", url, body=b"{}", headers=KEY)


def in_a_thread(url: str) -> None:
    thread = Thread(target=with_requests, args=(url,))
    thread.start()
    thread.join()


CLIENTS: dict[Callable[[str], None], str] = {
    with_requests: "requests", with_httpx: "httpx", with_async_httpx: "httpx", with_aiohttp: "aiohttp", with_urllib3: "urllib3",
    in_a_thread: "requests",
}  # fmt: skip


@pytest.mark.parametrize("client", CLIENTS, ids=lambda one: one.__name__)
def test_the_client_that_made_the_call_is_named(client: Callable[[str], None], tmp_path: Path) -> None:
    """Its name and the version that is installed, though a User-Agent says something else."""
    with gateway(Answer()) as one, player(path := tmp_path / "c.yaml", hosts=one.hosts, record="once"):
        client(f"{one.base}/threads")
    assert [found.recorded_with for found in load(path).interactions] == [version(CLIENTS[client])]
    assert f"recorded_with: {version(CLIENTS[client])}\n" in path.read_text("utf-8")


def test_a_client_that_nobody_knows_is_not_guessed(tmp_path: Path) -> None:
    """The standard library has no version: nothing is said."""
    with gateway(Answer()) as one, player(path := tmp_path / "c.yaml", hosts=one.hosts, record="once"):
        urllib.request.urlopen(urllib.request.Request(f"{one.base}/threads", b"{}", KEY), timeout=20).read()
    assert [found.recorded_with for found in load(path).interactions] == [""]
    assert "recorded_with" not in path.read_text("utf-8")


def test_where_the_stack_does_not_say_it_the_user_agent_does(tmp_path: Path) -> None:
    """A call on behalf of a known client, by its own word, is that client's; of products nobody knows nothing is said."""
    agents = {"python-requests/2.5.1": "requests 2.5.1", "mine/1.0 Python/3.12 aiohttp/3.9.0": "aiohttp 3.9.0", "curl/8.1": ""}
    with gateway(Answer()) as one, player(path := tmp_path / "c.yaml", hosts=one.hosts, record="once"):
        for agent in agents:
            headers = {**KEY, "User-Agent": agent}
            urllib.request.urlopen(urllib.request.Request(f"{one.base}/threads", b"{}", headers), timeout=20).read()
    assert [found.recorded_with for found in load(path).interactions] == list(agents.values())


def test_dashscope_is_named_with_its_client(tmp_path: Path, service: Upstream) -> None:
    """The SDK first, then the client it used."""
    dashscope = pytest.importorskip("dashscope")
    path = tmp_path / "c.yaml"
    with player(path, record="once", hosts={"model_studio": [service.model_studio]}):
        dashscope.Threads.create(api_key="sk-real-0123456789abcdef", base_address=service.model_studio)
    (found,) = load(path).interactions
    sdk, _, client = found.recorded_with.partition(", ")
    assert (sdk, client) in {(version("dashscope"), version(name)) for name in ("requests", "httpx", "httpx2") if installed(name)}


def test_appbuilder_is_named_as_it_is_installed(tmp_path: Path, service: Upstream) -> None:
    """The SDK by the name it is installed by."""
    appbuilder = pytest.importorskip("appbuilder")
    path = tmp_path / "c.yaml"
    with player(path, record="once", hosts={"appbuilder": [service.appbuilder]}):
        appbuilder.assistant.threads.create([{"role": "user", "content": "你好"}])
    (found,) = load(path).interactions
    assert found.recorded_with == f"{version('appbuilder-sdk')}, {version('requests')}"


def installed(name: str) -> bool:
    """Whether a distribution is there."""
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False


def test_a_file_that_says_it_otherwise_is_refused(tmp_path: Path) -> None:
    """What is no text there is an error with the line; a file of vcrpy, without it, is read."""
    path = saved(tmp_path / "c.yaml", Interaction(*_any(), recorded_with="requests 2"))
    assert load(path).interactions[0].recorded_with == "requests 2"
    path.write_text(path.read_text("utf-8").replace("requests 2", "[2]"), "utf-8")
    with pytest.raises(ValueError, match=r"c\.yaml:\d+: interaction 1: recorded_with is \[2\]; expected text"):
        load(path)


def _any() -> Any:
    from made import asked, one

    found = one(asked("POST", "/threads", {}), {})
    return found.request, found.reply
