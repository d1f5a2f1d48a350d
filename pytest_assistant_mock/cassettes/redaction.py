"""
What is recorded, without secrets; and the last look before a file is written.

Knows what an interaction is made of; what a secret is, the registry knows.
"""

from __future__ import annotations

from dataclasses import replace

from pytest_assistant_mock._engine.base_urls import Place
from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock._engine.sse import is_event_stream
from pytest_assistant_mock._engine.wire import Failure, Headers, Reply, Request, Response
from pytest_assistant_mock._vendors.secrets import secrets_of
from pytest_assistant_mock.cassettes.content_encoding import decoded
from pytest_assistant_mock.cassettes.format import Interaction
from pytest_assistant_mock.cassettes.pieces import with_reply
from pytest_assistant_mock.cassettes.stream_secrets import hidden_stream


def literals(headers: Headers) -> set[str]:
    """The keys a request's headers carry: they must not stand anywhere else either."""
    return secrets_of().carried(headers)


def redacted(one: Interaction, secrets: Secrets) -> Interaction:
    """The interaction without secrets."""
    request = redacted_request(one.request, secrets)
    return with_reply(replace(one, request=request, base_url=secrets.url(one.base_url)), _reply(one.reply, secrets))


def redacted_request(asked: Request, secrets: Secrets) -> Request:
    """A request without secrets, its body as it reads without compression: else nothing could be found in it."""
    headers, body = decoded(asked.headers, asked.body)
    return Request(asked.method, secrets.url(asked.url), secrets.headers(headers), secrets.body(body))


def redacted_place(place: Place, secrets: Secrets) -> Place:
    """Where a request points, without secrets."""
    path = place.path and secrets.text(place.path)
    return place._replace(path=path, query=secrets.text(f"?{place.query}")[1:])


def _reply(reply: Reply, secrets: Secrets) -> Reply:
    if isinstance(reply, Response):
        return Response(reply.status, secrets.headers(reply.headers), _body(reply, reply.body, secrets))
    if reply.response is None:
        return reply
    arrived = _body(reply.response, reply.response.body[: reply.after_bytes], secrets)
    rest = reply.response.body[reply.after_bytes :]
    response = Response(reply.response.status, secrets.headers(reply.response.headers), arrived + rest)
    return Failure(reply.kind, len(arrived), response)


def _body(response: Response, body: bytes, secrets: Secrets) -> bytes:
    return hidden_stream(body, secrets) if is_event_stream(response.headers) else secrets.body(body)


def remains(text: str, secrets: Secrets) -> list[str]:
    """Where something that looks like a secret is left in a cassette's text: a line each, in words."""
    return [f"line {found.line}: looks like {found.kind}: {found.beginning}" for found in secrets.find(text)]
