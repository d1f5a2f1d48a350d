"""The clients' own retries run above the doors."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from answerers import Script, behind_doors, says

from pytest_assistant_mock._engine.wire import Failure, Reply, Request

BASE = "https://gw.corp.invalid/ai/v1"
BODY = b'{"content": "hello"}'


def _flaky(*first: Reply) -> Callable[[Request], Reply]:
    replies = iter(first)
    return lambda request: next(replies, says("at last"))


FLAKY = {
    "503": (says("", status=503),) * 2,
    "reset": (Failure("reset"),) * 2,
    "closed": (Failure("closed"),) * 2,
    "read_timeout": (Failure("read_timeout"),) * 2,
    "connect_refused": (Failure("connect_refused"),) * 2,
    "connect_timeout": (Failure("connect_timeout"),) * 2,
}


@pytest.mark.parametrize("kind", FLAKY)
def test_the_retries_of_urllib3_run(kind: str) -> None:
    """Two bad answers, three requests, one good answer: urllib3's own Retry at work, its history kept."""
    urllib3 = pytest.importorskip("urllib3")
    script = Script(BASE, _flaky(*FLAKY[kind]))
    retry = urllib3.Retry(total=3, status_forcelist=[503], allowed_methods=None, backoff_factor=0)
    with behind_doors(script), urllib3.PoolManager(retries=retry) as manager:
        response = manager.request("POST", f"{BASE}/x", body=io.BytesIO(BODY))
    assert (response.status, response.data, len(response.retries.history)) == (200, b"at last", 2)
    assert [request.body for request in script.asked] == [BODY] * 3


@pytest.mark.parametrize("kind", FLAKY)
def test_the_retries_of_requests_run(kind: str) -> None:
    """A session with HTTPAdapter(max_retries=Retry(...)) asks again."""
    requests, urllib3 = pytest.importorskip("requests"), pytest.importorskip("urllib3")
    script = Script(BASE, _flaky(*FLAKY[kind]))
    retry = urllib3.Retry(total=3, status_forcelist=[503], allowed_methods=None, backoff_factor=0)
    with behind_doors(script), requests.Session() as session:
        session.mount("https://", requests.adapters.HTTPAdapter(max_retries=retry))
        response = session.post(f"{BASE}/x", data=BODY)
    assert (response.content, len(script.asked)) == (b"at last", 3)


def test_retries_that_run_out_raise_as_ever() -> None:
    """MaxRetryError with the last reason, after as many requests as Retry allows."""
    urllib3 = pytest.importorskip("urllib3")
    script = Script(BASE, Failure("read_timeout"))
    with behind_doors(script), urllib3.PoolManager() as manager, pytest.raises(urllib3.exceptions.MaxRetryError) as raised:
        manager.request("GET", f"{BASE}/x", retries=urllib3.Retry(total=2, backoff_factor=0))
    assert isinstance(raised.value.reason, urllib3.exceptions.ReadTimeoutError)
    assert len(script.asked) == 3


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
@pytest.mark.parametrize(("kind", "asked"), [("connect_refused", 4), ("connect_timeout", 4), ("reset", 1)])
def test_the_transport_retries_of_httpx_repeat_connecting(library: str, kind: str, asked: int) -> None:
    """HTTPTransport(retries=3) tries a connection that fails three times more, and nothing else, as it does on a real line."""
    httpx = pytest.importorskip(library)
    script = Script(BASE, Failure(kind))
    with (
        behind_doors(script),
        httpx.Client(transport=httpx.HTTPTransport(retries=3, verify=False), trust_env=False) as client,
        pytest.raises(httpx.TransportError),
    ):
        client.get(f"{BASE}/x")
    assert len(script.asked) == asked
