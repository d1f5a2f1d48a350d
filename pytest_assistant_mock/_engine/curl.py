"""
A request as a curl command, and what travels as Python writes it; secrets hidden.

Knows shells and headers; knows no vendor.
"""

from __future__ import annotations

import json
import re
from shlex import quote
from typing import TYPE_CHECKING, cast

from pytest_assistant_mock._engine.secrets import Secrets

if TYPE_CHECKING:
    from pytest_assistant_mock._engine.wire import Exchange, Failure, Headers, Request, Response  # which print themselves here

_CURLS_OWN = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "host", "keep-alive", "transfer-encoding", "user-agent"}
)
_PLAIN = re.compile(r"[A-Za-z]{0,16}|\d{1,6}")
_OF_EXCHANGE = re.compile(r"(?i)(?:request|trace)(?:-?id)?$")


def curl(request: Request, secrets: Secrets | None = None, most: int | None = None) -> str:
    """
    The command, a header a line; JSON with its Chinese readable. Headers that curl writes by itself are left out.

    most: of how many characters of the body are shown; None: all.
    """
    secrets = _of(request.headers) if secrets is None else secrets
    lines = [f"curl -X {request.method} {quote(secrets.url(request.url))}"]
    lines += [
        f"-H {quote(f'{name}: {secrets.header(name, value)}')}"
        for name, value in request.headers
        if name.lower() not in _CURLS_OWN
    ]
    if request.body:
        lines.append(f"--data-raw {quote(shortened(readable(request, secrets), most))}")
    return " \\\n  ".join(lines)


def shortened(text: str, most: int | None) -> str:
    """As much of a text as is shown, and how much is left out."""
    return text if most is None or len(text) <= most else f"{text[:most]}…\n({len(text) - most} more characters)"


def hidden_request(request: Request, secrets: Secrets | None = None) -> str:
    """A request as Python writes it, secrets hidden."""
    secrets = secrets or _of(request.headers)
    parts = (request.method, secrets.url(request.url), secrets.headers(request.headers), secrets.body(request.body))
    return "Request(method={!r}, url={!r}, headers={!r}, body={!r})".format(*parts)


def hidden_response(response: Response, secrets: Secrets | None = None) -> str:
    """A response as Python writes it, secrets hidden."""
    secrets = secrets or _of(response.headers)
    parts = (response.status, secrets.headers(response.headers), secrets.body(response.body), response.delay)
    pieces = "" if response.pieces is None else ", pieces=…"  # all that has been sent of them is the body
    return "Response(status={!r}, headers={!r}, body={!r}, delay={!r}{})".format(*parts, pieces)


def hidden_exchange(exchange: Exchange) -> str:
    """An exchange as Python writes it; what the request carries is hidden in the answer too."""
    response = exchange.response
    secrets = _of((*exchange.request.headers, *(response.headers if response else ())))
    shown = hidden_response(response, secrets) if response else "None"
    if response is not exchange.reply:
        broken = cast("Failure", exchange.reply)
        shown = f"Failure(kind={broken.kind!r}, after_bytes={broken.after_bytes}, response={shown}, delay={broken.delay!r})"
    parts = (exchange.vendor, exchange.operation, hidden_request(exchange.request, secrets), shown, exchange.faults)
    return "Exchange(vendor={!r}, operation={!r}, request={}, reply={}, faults={!r})".format(*parts)


def readable(request: Request, secrets: Secrets) -> str:
    """A request's body for people: its size where it is compressed, JSON with its Chinese readable."""
    coding = request.header("content-encoding") or "identity"
    if coding.strip().lower() != "identity":
        return f"<{len(request.body)} bytes of {coding}>"
    text = secrets.body(request.body).decode("utf-8", "replace")
    if "\\u" not in text:
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _of(headers: Headers) -> Secrets:
    """What hides what headers carry, where nobody says whose they are: of one of a vendor's own only a plain word is shown."""
    names = [name for name, value in headers if name.lower().startswith("x-") and not _PLAIN.fullmatch(value)]
    return Secrets(Secrets().carried(headers), (name for name in names if not _OF_EXCHANGE.search(name)))
