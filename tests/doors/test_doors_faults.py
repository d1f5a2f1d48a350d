"""One table of door x fault: every cell a test, compared with what a real misbehaving server makes the same client see."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests
import urllib3
from clients import CLIENTS, Client, rows
from peers import deaf, hangs, peer, refusing, resets, sends

from pytest_assistant_mock import AssistantMock, faults
from pytest_assistant_mock._doors import http1, seam
from pytest_assistant_mock._engine.clock import EPOCH_MS
from pytest_assistant_mock._engine.wire import Failure, Reply

FAULTS = (
    faults.rate_limited(),
    faults.quota_exceeded(),
    faults.unauthorized(),
    faults.forbidden(),
    faults.server_error(),
    faults.server_error(after=True),
    faults.unavailable(),
    faults.unavailable(after=True),
    faults.connect_refused(),
    faults.connect_timeout(),
    faults.hang(),
    faults.hang(after=True),
    faults.reset(),
    faults.reset(after=True),
    faults.reset(0),
    faults.reset(10),
    faults.closed(),
    faults.closed(after=True),
    faults.slow(30),
    faults.bad_gateway_html(),
    faults.bad_gateway_html(after=False),
    faults.empty_body(),
    faults.truncated(0),
    faults.truncated(252),
    faults.wrong_content_type(),
    faults.without("id"),
)


REFUSED = {
    "requests": "requests.exceptions.ConnectionError",
    "urllib3": "urllib3.exceptions.NewConnectionError",
    "httpx": "httpx.ConnectError",
    "httpx-async": "httpx.ConnectError",
    "httpx2": "httpx2.ConnectError",
    "httpx2-async": "httpx2.ConnectError",
    "aiohttp": "aiohttp.client_exceptions.ClientConnectorError",
    "http.client": "builtins.ConnectionRefusedError",
    "urllib.request": "urllib.error.URLError",
}
UNCONNECTED = {
    "requests": "requests.exceptions.ConnectTimeout",
    "urllib3": "urllib3.exceptions.ConnectTimeoutError",
    "httpx": "httpx.ConnectTimeout",
    "httpx-async": "httpx.ConnectTimeout",
    "httpx2": "httpx2.ConnectTimeout",
    "httpx2-async": "httpx2.ConnectTimeout",
    "aiohttp": "aiohttp.client_exceptions.ConnectionTimeoutError",
    "http.client": "builtins.TimeoutError",
    "urllib.request": "urllib.error.URLError",
}
UNANSWERED = {
    "requests": "requests.exceptions.ReadTimeout",
    "urllib3": "urllib3.exceptions.ReadTimeoutError",
    "httpx": "httpx.ReadTimeout",
    "httpx-async": "httpx.ReadTimeout",
    "httpx2": "httpx2.ReadTimeout",
    "httpx2-async": "httpx2.ReadTimeout",
    "aiohttp": "aiohttp.client_exceptions.SocketTimeoutError",
    "http.client": "builtins.TimeoutError",
    "urllib.request": "builtins.TimeoutError",
}
RESET = {
    "requests": "requests.exceptions.ConnectionError",
    "urllib3": "urllib3.exceptions.ProtocolError",
    "httpx": "httpx.ReadError",
    "httpx-async": "httpx.ReadError",
    "httpx2": "httpx2.ReadError",
    "httpx2-async": "httpx2.ReadError",
    "aiohttp": "aiohttp.client_exceptions.ClientOSError",
    "http.client": "builtins.ConnectionResetError",
    "urllib.request": "builtins.ConnectionResetError",
}
RESET_IN_BODY = {
    **RESET,
    "requests": "requests.exceptions.ChunkedEncodingError",
    "aiohttp": "aiohttp.client_exceptions.ClientPayloadError",
}
CLOSED = {
    **dict.fromkeys(("httpx", "httpx-async"), "httpx.RemoteProtocolError"),
    **dict.fromkeys(("httpx2", "httpx2-async"), "httpx2.RemoteProtocolError"),
    "requests": "requests.exceptions.ConnectionError",
    "urllib3": "urllib3.exceptions.ProtocolError",
    "aiohttp": "aiohttp.client_exceptions.ServerDisconnectedError",
    "http.client": "http.client.RemoteDisconnected",
    "urllib.request": "http.client.RemoteDisconnected",
}
URLLIB3_1 = urllib3.__version__.startswith("1.")  # raises nothing on a short body, nor does requests on it
CUT = {
    "requests": 200 if URLLIB3_1 else "requests.exceptions.ChunkedEncodingError",
    "urllib3": 200 if URLLIB3_1 else "urllib3.exceptions.ProtocolError",
    "httpx": "httpx.RemoteProtocolError",
    "httpx-async": "httpx.RemoteProtocolError",
    "httpx2": "httpx2.RemoteProtocolError",
    "httpx2-async": "httpx2.RemoteProtocolError",
    "aiohttp": "aiohttp.client_exceptions.ClientPayloadError",
    "http.client": "http.client.IncompleteRead",
    "urllib.request": "http.client.IncompleteRead",
}

EXPECTED: dict[str, Any] = {
    "rate_limited()": 429,
    "quota_exceeded()": 429,
    "unauthorized()": 401,
    "forbidden()": 403,
    "server_error()": 500,
    "server_error(after=True)": 500,
    "unavailable()": 503,
    "unavailable(after=True)": 503,
    "connect_refused()": REFUSED,
    "connect_timeout()": UNCONNECTED,
    "hang()": UNANSWERED,
    "hang(after=True)": UNANSWERED,
    "reset()": RESET,
    "reset(after=True)": RESET,
    "reset(0)": RESET_IN_BODY,
    "reset(10)": RESET_IN_BODY,
    "closed()": CLOSED,
    "closed(after=True)": CLOSED,
    "slow(30)": 200,
    "bad_gateway_html()": 502,
    "bad_gateway_html(after=False)": 502,
    "empty_body()": 200,
    "truncated(0)": CUT,
    "truncated(252)": CUT,
    "wrong_content_type()": 200,
    "without('id')": 200,
}
"""The exception, by client, or the status that every client sees."""


def outcome(client: Client, url: str, **options: Any) -> Any:
    """What the client saw: status, content type and body, or the exception it raised and the one below that."""
    headers = {"Authorization": "Bearer any", "Content-Type": "application/json"}
    body = json.dumps({"content": "你好"}).encode()
    try:
        got = client.send("POST", url, headers=headers, body=body, **options)
    except Exception as error:
        return f"{type(error).__module__}.{type(error).__qualname__}"
    return (got.status, got.all("content-type"), got.body)


@contextmanager
def real(reply: Reply) -> Iterator[str]:
    """A server on loopback that really does to a client what the reply says."""
    kind = reply.kind if isinstance(reply, Failure) else "response"
    if kind == "connect_refused":
        yield refusing()
    elif kind == "connect_timeout":
        with deaf() as url:
            yield url
    else:
        data = http1.reply_bytes(reply).data
        act = {"read_timeout": hangs, "reset": resets}.get(kind, sends)(data)
        with peer(act) as one:
            yield one.url


@pytest.mark.parametrize("fault", FAULTS, ids=repr)
@pytest.mark.parametrize("client", rows())
def test_a_fault_is_what_a_real_misbehaving_server_makes_of_the_client(client: Client, fault: faults.Fault) -> None:
    """
    The same exception, or the same status, type and bytes; and the message is stored if the fault says the server had acted.
    """
    with AssistantMock() as mock:
        studio = mock.model_studio
        thread = studio.add_thread()
        studio.fail(fault, on="create_message")
        path = f"/threads/{thread.id}/messages"
        faked = outcome(client, studio.base_url + path)
        exchange = studio.exchanges.last
        stored = [message.text for message in studio.messages(thread)]
    waits = {"read_timeout": {"timeout": 0.1}, "connect_timeout": {"connect_timeout": 0.1}}
    with real(exchange.reply) as url:
        assert faked == outcome(client, url + path, **waits.get(getattr(exchange.reply, "kind", ""), {}))
    assert (exchange.faults, stored) == ((repr(fault),), ["你好"] if fault.acted else [])
    expected = EXPECTED[repr(fault)]
    assert (faked if isinstance(faked, str) else faked[0]) == (expected[client.name] if isinstance(expected, dict) else expected)


OF_STREAMS = {"cut", "stall", "error_event", "repeat", "out_of_order", "garbage_frame", "slow_pieces"}


def test_no_fault_is_left_out() -> None:
    """The table has every function of the module; those of streams have tables of their own."""
    assert {repr(fault).partition("(")[0] for fault in FAULTS} == set(faults.FAULTS) - OF_STREAMS


def test_the_cut_of_the_table_goes_through_a_chinese_character() -> None:
    """What arrives of truncated(252) is no UTF-8: a client that decodes it must cope."""
    with AssistantMock() as mock:
        studio = mock.model_studio
        studio.fail(faults.truncated(252), on="create_message")
        client = next(one for one in CLIENTS if one.name == "httpx")
        outcome(client, f"{studio.base_url}/threads/{studio.add_thread().id}/messages")
        reply = studio.exchanges.last.reply
    assert isinstance(reply, Failure)
    assert reply.response is not None
    with pytest.raises(UnicodeDecodeError):
        reply.response.body[: reply.after_bytes].decode()


RETRYING = {"total": 3, "backoff_factor": 0, "status_forcelist": [429, 500, 502, 503], "allowed_methods": None}


@pytest.mark.parametrize(
    ("fault", "stored"),
    [
        (faults.rate_limited(), 1),
        (faults.server_error(after=True), 3),
        (faults.connect_refused(), 1),
        (faults.connect_timeout(), 1),
        (faults.hang(), 1),
        (faults.hang(after=True), 3),
        (faults.reset(), 1),
        (faults.reset(after=True), 3),
        (faults.closed(), 1),
        (faults.closed(after=True), 3),
        (faults.bad_gateway_html(), 3),
    ],
    ids=repr,
)
def test_the_retries_of_requests_meet_the_fault(fault: faults.Fault, stored: int) -> None:
    """Two failures, then the answer: one message where the server had not acted, three where it had."""
    with AssistantMock() as mock, requests.Session() as session:
        studio = mock.model_studio
        thread = studio.add_thread()
        studio.fail(fault, on="create_message", times=2)
        session.mount("https://", requests.adapters.HTTPAdapter(max_retries=urllib3.Retry(**RETRYING)))
        url = f"{studio.base_url}/threads/{thread.id}/messages"
        answer = session.post(url, json={"content": "hi"}, headers={"Authorization": "Bearer any"})
        assert (answer.status_code, len(studio.exchanges), len(studio.messages(thread))) == (200, 3, stored)


@pytest.mark.parametrize("module", ["httpx", "httpx2"])
@pytest.mark.parametrize("fault", [faults.connect_refused(), faults.connect_timeout()], ids=repr)
def test_the_retries_of_httpx_meet_the_fault(module: str, fault: faults.Fault) -> None:
    """`HTTPTransport(retries=2)` tries a connection three times, and no more; the same asynchronously."""
    httpx = pytest.importorskip(module)
    for times, expected in ((2, 200), (3, type)):
        with AssistantMock() as mock, httpx.Client(transport=httpx.HTTPTransport(retries=2)) as client:
            studio = mock.model_studio
            studio.fail(fault, times=times)
            if expected == 200:
                answer = client.post(f"{studio.base_url}/threads", json={}, headers={"Authorization": "Bearer any"})
                assert answer.status_code == 200
            else:
                with pytest.raises(httpx.TransportError):
                    client.post(f"{studio.base_url}/threads", json={}, headers={"Authorization": "Bearer any"})
            assert len(studio.exchanges) == 3

    async def post() -> int:
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=2)) as client:
            answer = await client.post(f"{studio.base_url}/threads", json={}, headers={"Authorization": "Bearer any"})
        return int(answer.status_code)

    with AssistantMock() as mock:
        studio = mock.model_studio
        studio.fail(fault, times=2)
        assert asyncio.run(post()) == 200


@pytest.mark.parametrize("client", rows())
def test_a_slow_answer_is_waited_for_only_when_asked(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client waits as long as was asked for, in its own way: the thread sleeps, or the event loop goes on."""
    import anyio

    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    def call_later(loop: Any, seconds: float, function: Any, *arguments: Any, **options: Any) -> Any:
        if function.__name__ == "_give":
            waited.append(seconds)
            return loop.call_soon(function, *arguments, **options)
        return original(loop, seconds, function, *arguments, **options)

    original = asyncio.BaseEventLoop.call_later
    monkeypatch.setattr(seam, "sleep", waited.append)
    monkeypatch.setattr(anyio, "sleep", sleep)
    monkeypatch.setattr(asyncio.BaseEventLoop, "call_later", call_later)
    with AssistantMock() as mock:
        studio = mock.model_studio
        studio.fail(faults.slow(7), on="create_thread")
        studio.fail(faults.slow(5, wait=True), on="create_thread", after=1)
        seen = [outcome(client, f"{studio.base_url}/threads")[0] for _ in range(2)]
        assert (seen, waited, mock.clock.now_ms - EPOCH_MS) == ([200, 200], [5.0], 12_000)
