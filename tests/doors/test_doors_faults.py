"""
One table of door x fault: every cell a test, compared with what a real misbehaving server makes the same client see.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from clients import Client, rows
from peers import deaf, hangs, peer, refusing, resets, sends

from pytest_assistant_mock import AssistantMock, faults
from pytest_assistant_mock._doors import http1
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
    faults.slow(30),
    faults.bad_gateway_html(),
    faults.bad_gateway_html(after=False),
    faults.empty_body(),
    faults.truncated(0),
    faults.truncated(282),
    faults.wrong_content_type(),
    faults.without("id"),
)


def outcome(client: Client, url: str, **options: Any) -> Any:
    """
    What the client saw: status, content type and body, or the exception it raised and the one below that.
    """
    headers = {"Authorization": "Bearer any", "Content-Type": "application/json"}
    body = json.dumps({"content": "你好"}).encode()
    try:
        got = client.send("POST", url, headers=headers, body=body, **options)
    except Exception as error:
        return f"{type(error).__module__}.{type(error).__qualname__}"
    return (got.status, got.all("content-type"), got.body)


@contextmanager
def real(reply: Reply) -> Iterator[str]:
    """
    A server on loopback that really does to a client what the reply says.
    """
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
    with real(exchange.reply) as url:
        assert faked == outcome(client, url + path, timeout=0.1, connect_timeout=0.1)
    assert (exchange.faults, stored) == ((repr(fault),), ["你好"] if fault.acted else [])
    print("CELL", client.name, fault, faked if isinstance(faked, str) else faked[0], len(faked[2]) if not isinstance(faked, str) else '')
