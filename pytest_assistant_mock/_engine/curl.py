"""
A request as a curl command, and its secrets hidden.

Knows shells and headers; knows no vendor.
"""

from __future__ import annotations

import json
import re
from shlex import quote
from typing import TYPE_CHECKING

from pytest_assistant_mock._engine.secrets import Secrets, is_secret_header

if TYPE_CHECKING:
    from pytest_assistant_mock._engine.wire import Request  # which asks this module to print itself

_CURLS_OWN = frozenset(
    {"accept", "accept-encoding", "connection", "content-length", "host", "keep-alive", "transfer-encoding", "user-agent"}
)


def curl(request: Request, secrets: Secrets | None = None) -> str:
    """
    The command, a header a line; JSON with its Chinese readable. Headers that curl writes by itself are left out.
    """
    secrets = Secrets(keys_in(request)) if secrets is None else secrets
    lines = [f"curl -X {request.method} {quote(secrets.text(request.url))}"]
    lines += [
        f"-H {quote(f'{name}: {secrets.header(name, value)}')}"
        for name, value in request.headers
        if name.lower() not in _CURLS_OWN
    ]
    if request.body:
        lines.append(f"--data-raw {quote(_readable(secrets.body(request.body)))}")
    return " \\\n  ".join(lines)


def hidden(request: Request) -> str:
    """
    A request as Python writes it, secrets hidden.
    """
    secrets = Secrets(keys_in(request))
    parts = (request.method, secrets.text(request.url), secrets.headers(request.headers), secrets.body(request.body))
    return "Request(method={!r}, url={!r}, headers={!r}, body={!r})".format(*parts)


def keys_in(request: Request) -> set[str]:
    """
    The keys a request carries in its headers, so that they are hidden elsewhere in it too.
    """
    values = (value for name, value in request.headers if is_secret_header(name))
    return {re.sub(r"(?i)^(bearer|basic|digest)\s+", "", value).strip() for value in values}


def _readable(body: bytes) -> str:
    text = body.decode("utf-8", "replace")
    if "\\u" not in text:
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text
