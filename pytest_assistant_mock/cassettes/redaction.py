"""
What is recorded, without secrets; and the last look before a file is written.

Knows what an interaction is made of; what a secret is, the registry knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from pytest_assistant_mock._engine.secrets import HIDDEN, Secrets, is_secret_header
from pytest_assistant_mock._engine.wire import Failure, Headers, Reply, Request, Response
from pytest_assistant_mock.cassettes.format import Interaction

_USER = re.compile(r"(?<=://)[^/?#@]*@")


def literals(headers: Headers) -> Iterable[str]:
    """
    The keys a request's headers carry: they must not stand anywhere else either.
    """
    for name, value in headers:
        if is_secret_header(name):
            scheme, _, token = value.strip().partition(" ")
            yield token.strip() or scheme


def redacted(one: Interaction, secrets: Secrets) -> Interaction:
    """
    The interaction without secrets.
    """
    asked = one.request
    request = Request(asked.method, url(asked.url, secrets), secrets.headers(asked.headers), secrets.body(asked.body))
    return replace(one, request=request, reply=_reply(one.reply, secrets), base_url=url(one.base_url, secrets))


def url(url: str, secrets: Secrets) -> str:
    """
    A URL without user, password, signature or key.
    """
    return secrets.text(_USER.sub(f"{HIDDEN}@", url))


def _reply(reply: Reply, secrets: Secrets) -> Reply:
    if isinstance(reply, Response):
        return Response(reply.status, secrets.headers(reply.headers), secrets.body(reply.body))
    if reply.response is None:
        return reply
    arrived = secrets.body(reply.response.body[: reply.after_bytes])
    rest = reply.response.body[reply.after_bytes :]
    response = Response(reply.response.status, secrets.headers(reply.response.headers), arrived + rest)
    return Failure(reply.kind, len(arrived), response)


def remains(text: str, secrets: Secrets) -> list[str]:
    """
    Where something that looks like a secret is left in a cassette's text: a line each, in words.
    """
    return [
        f"line {text.count(chr(10), 0, found.start) + 1}: looks like {found.kind}: {found.beginning}"
        for found in secrets.find(text)
    ]
