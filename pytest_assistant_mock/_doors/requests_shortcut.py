"""
A short way for requests, whose long way is the door of urllib3.

Where an adapter retries nothing, urllib3 has nothing to do between it and the reply, and the reply is given at
`HTTPAdapter.send`; the SDKs, which make a session or pool for every call, gain most. Everything else takes the long way:
retries, proxies' absolute URLs, streamed bodies, recording. A failure does too, so that urllib3 words it, and a reply that
comes in pieces, for urllib3 reads it chunk by chunk.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from pytest_assistant_mock._doors import http1
from pytest_assistant_mock._doors.seam import Answerer, Seam, tell_of, wait
from pytest_assistant_mock._doors.swap import wrapped
from pytest_assistant_mock._doors.urllib3 import HANDED, Body, Original, text_pairs
from pytest_assistant_mock._engine.wire import Request, Response

__tracebackhide__ = True  # a failing test shows its own line

_PARAMETERS = (("self", "request", "stream", "timeout", "verify", "cert", "proxies"),)


def seams(requests: ModuleType) -> Sequence[Seam]:
    """The seam of an installed requests."""
    import urllib3

    def send(answerer: Answerer, original: Callable[..., Any]) -> Callable[..., Any]:
        plays, handle = answerer.plays, answerer.handle
        passed_by = tell_of(answerer) is not None or wrapped(original)  # who listens, or stood here first, must not be passed by

        def send(adapter: Any, request: Any, *args: Any, **options: Any) -> Any:
            if HANDED.long or not (_plain(request) and _tries_once(adapter) and plays(request.url)):
                return original(adapter, request, *args, **options)
            reply = None
            if not passed_by:
                reply = handle(Request(request.method, request.url, text_pairs(request.headers), request.body or b""))
                if isinstance(reply, Response) and reply.pieces is None:
                    wait(reply)
                    return adapter.build_response(request, _raw(urllib3, reply, request.method))
            HANDED.reply, HANDED.long = reply, True
            try:
                return original(adapter, request, *args, **options)
            finally:
                HANDED.reply, HANDED.long = None, False

        return send

    return (Seam(requests.adapters.HTTPAdapter, "send", send, _PARAMETERS),)


def _plain(request: Any) -> bool:
    """Whether urllib3 would ask for this very URL (no fragment, no user, no port of its own), and the body is whole."""
    url, body = request.url, request.body
    return (body is None or isinstance(body, bytes)) and "#" not in url and "@" not in url and url.find(":", 6) < 0


def _tries_once(adapter: Any) -> bool:
    retries = adapter.max_retries
    return retries.total == 0 and not retries.status_forcelist


def _raw(urllib3: ModuleType, response: Response, method: str) -> Any:
    headers = urllib3._collections.HTTPHeaderDict(http1.framed(response))
    return urllib3.response.HTTPResponse(
        body=Body(response.body),
        headers=headers,
        status=response.status,
        reason=response.reason,
        version=11,
        preload_content=False,
        decode_content=False,
        request_method=method,
        original_response=Original(response, headers) if "set-cookie" in headers else None,
    )
