"""Every kind of failure becomes what the client raises when the same thing happens on a real line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from answerers import Script, behind_doors
from clients import Client, rows
from peers import deaf, hangs, peer, refusing, resets, sends

from pytest_assistant_mock._engine.wire import Failure, Response

_SHORT = 0.1  # seconds a client waits for a peer that never answers
_HALF = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n12345"
_WHOLE = Response(200, (("Content-Type", "text/plain"),), b"1234567890")


def _peer(act: Any) -> Callable[[], AbstractContextManager[str]]:
    @contextmanager
    def opened() -> Iterator[str]:
        with peer(act) as real:
            yield real.url

    return opened


@contextmanager
def _refusing() -> Iterator[str]:
    yield refusing()


FAILURES: dict[str, tuple[Callable[[], AbstractContextManager[str]], Failure, dict[str, float]]] = {
    "connect_refused": (_refusing, Failure("connect_refused"), {}),
    "connect_timeout": (deaf, Failure("connect_timeout"), {"connect_timeout": _SHORT}),
    "read_timeout": (_peer(hangs()), Failure("read_timeout"), {"timeout": _SHORT}),
    "read_timeout within": (_peer(hangs(_HALF)), Failure("read_timeout", 5, _WHOLE), {"timeout": _SHORT}),
    "reset": (_peer(resets()), Failure("reset"), {}),
    "closed": (_peer(sends(b"")), Failure("closed"), {}),
    "reset within": (_peer(resets(_HALF)), Failure("reset", 5, _WHOLE), {}),
    "truncated": (_peer(sends(_HALF)), Failure("truncated", 5, _WHOLE), {}),
    "truncated at once": (_peer(sends(_HALF[:-5])), Failure("truncated", 0, _WHOLE), {}),
}


def _outcome(client: Client, method: str, url: str, **options: Any) -> Any:
    """What the client makes of it: the exception's type and words, or the response where it raises nothing."""
    try:
        got = client.send(method, url, body=b"question" if method == "POST" else None, **options)
    except Exception as error:
        return type(error), re.sub(r"0x[0-9a-f]+", "0x…", str(error))
    return got.status, got.body


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("kind", FAILURES)
@pytest.mark.parametrize("client", rows())
def test_a_failure_is_what_a_real_line_makes_of_it(client: Client, kind: str, method: str) -> None:
    """Same type and same words through the door as on a real line that breaks the same way."""
    line, failure, options = FAILURES[kind]
    with line() as url:
        real = _outcome(client, method, f"{url}/v1/x", **options)
        with behind_doors(Script(url, failure)):
            ours = _outcome(client, method, f"{url}/v1/x", **options)
    assert ours == real
