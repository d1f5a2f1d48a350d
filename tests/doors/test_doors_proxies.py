"""A proxy is set, and sees nothing of what is ours; everything else still goes by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from answerers import Recorder, Script, behind_doors, says
from clients import Client, rows
from peers import Peer, peer, sends

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._engine.wire import Response
from pytest_assistant_mock.errors import BlockedHost

_PROXIED = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nproxied"
_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")

BASES = {
    "https": "https://dashscope.aliyuncs.com/api/v1",
    "http": "http://dashscope.aliyuncs.com/api/v1",
    "https, told, with a port": "https://gw.corp.invalid:8443/ai",
    "http, told, with a port": "http://gw.corp.invalid:8080/ai",
}


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without proxies."""
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch


@pytest.fixture
def proxy(no_proxies: pytest.MonkeyPatch) -> Iterator[Peer]:
    """A real listening socket that answers whatever comes."""
    with peer(sends(_PROXIED)) as one:
        yield one


@pytest.mark.parametrize("case", ["upper", "lower", "explicit"])
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("client", rows())
def test_the_proxy_sees_nothing(client: Client, base: str, case: str, proxy: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the environment or given to the client: no connection is made to it."""
    options: dict[str, Any] = {"proxy": proxy.url} if case == "explicit" else {}
    if case != "explicit":
        for name in _VARIABLES[:3]:
            monkeypatch.setenv(name if case == "upper" else name.lower(), proxy.url)
    script = Script(BASES[base], says("ours"))
    with behind_doors(script):
        got = client.send("POST", f"{BASES[base]}/threads", body=b"{}", **options)
    assert (got.body, proxy.connections) == (b"ours", 0)
    assert [(request.url, request.body) for request in script.asked] == [(f"{BASES[base]}/threads", b"{}")]


def _outcome(client: Client, url: str, proxy: str) -> Any:
    try:
        return client.send("GET", url, proxy=proxy).body
    except Exception as error:
        return type(error)


@pytest.mark.parametrize("url", ["http://other.invalid/x", "https://other.invalid/x", "https://gw.corp.invalid/elsewhere"])
@pytest.mark.parametrize("client", rows())
def test_what_is_not_ours_goes_by_the_proxy(client: Client, url: str, no_proxies: pytest.MonkeyPatch) -> None:
    """Also on a host we play in part, whose tunnel waits until the path is known: the proxy is asked as without doors."""
    refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    seen = []
    for opened in (False, True):
        tunnelled = url.startswith("https") or client.name == "http.client"
        with peer(sends(refusal if tunnelled else _PROXIED)) as one:
            if opened:
                with behind_doors(Script("https://gw.corp.invalid/ai", says("ours"))):
                    outcome = _outcome(client, url, one.url)
            else:
                outcome = _outcome(client, url, one.url)
            seen.append((outcome, [(request.method, request.url.replace(one.url, "")) for request in one.requests]))
    assert seen[1] == seen[0]
    assert seen[1][1] != []


@pytest.mark.parametrize("client", rows("http.client"))
def test_a_call_let_through_goes_by_the_proxy(client: Client, proxy: Peer) -> None:
    """A witnessed call to a host behind a proxy: the proxy forwards it, the witness hears the answer."""
    recorder = Recorder("http://gw.corp.invalid/ai")
    with behind_doors(recorder):
        got = client.send("POST", "http://gw.corp.invalid/ai/x", body=b"{}", proxy=proxy.url)
    assert got.body == b"proxied"
    assert [(request.method, request.url, request.body) for request in proxy.requests] == [
        ("POST", "http://gw.corp.invalid/ai/x", b"{}")
    ]
    assert [(request.url, reply) for request, reply in recorder.told] == [
        ("http://gw.corp.invalid/ai/x", Response(200, (("Content-Length", "7"),), b"proxied"))
    ]


WEBSOCKET = "wss://dashscope.aliyuncs.com/api-ws/v1/inference"


def _with_aiohttp(proxy: str) -> None:
    aiohttp = pytest.importorskip("aiohttp")

    async def connect() -> None:
        async with aiohttp.ClientSession(trust_env=True) as session, session.ws_connect(WEBSOCKET):
            pass

    asyncio.run(connect())


def _with_websocket_client(proxy: str) -> None:
    pytest.importorskip("websocket").create_connection(WEBSOCKET, timeout=5)


def _with_httpcore(proxy: str) -> None:
    pytest.importorskip("httpcore").HTTPProxy(proxy).request("GET", "https://dashscope.aliyuncs.com/api/v1/threads")


def _with_httpcore_plain(proxy: str) -> None:
    pytest.importorskip("httpcore").HTTPProxy(proxy).request("GET", "http://dashscope.aliyuncs.com/api/v1/threads")


@pytest.mark.parametrize("way", [_with_aiohttp, _with_websocket_client, _with_httpcore, _with_httpcore_plain])
def test_no_proxy_hears_of_a_vendor_from_any_client(
    way: Callable[[str], None], proxy: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A websocket, or a client that the mock cannot answer: its call is answered or stopped, and the proxy reads nothing."""
    for name in _VARIABLES[:3]:
        monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv(name.lower(), proxy.url)
    with AssistantMock(strict=False), pytest.raises(Exception) as raised:  # noqa: PT011
        way(proxy.url)
    assert isinstance(raised.value, BlockedHost) or "WSServerHandshakeError" in type(raised.value).__name__
    assert proxy.requests == []


def test_a_pool_used_by_a_mock_connects_to_its_proxy_once_afterwards(no_proxies: pytest.MonkeyPatch) -> None:
    """A tunnel that waited in vain is forgotten: after the mock, in another mock, the line is set up anew and once."""
    urllib3 = pytest.importorskip("urllib3")
    refusal = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    script = Script("https://gw.corp.invalid/ai", says("ours"))
    with peer(sends(refusal)) as one, urllib3.ProxyManager(one.url, retries=False) as manager:
        with behind_doors(script):
            assert manager.request("GET", "https://gw.corp.invalid/ai/x").data == b"ours"
        assert one.connections == 0
        with behind_doors(script), pytest.raises((urllib3.exceptions.HTTPError, OSError)):
            manager.request("GET", "https://gw.corp.invalid/elsewhere")
        assert [request.method for request in one.requests] == ["CONNECT"]
