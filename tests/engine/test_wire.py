"""What travels: headers whatever their case, bodies as JSON, failures that make sense."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_assistant_mock import Exchange, Failure, Request, Response
from pytest_assistant_mock._engine.wire import Refusal, headers_of

HEADERS = (("Content-Type", "application/json"), ("x-id", "1"), ("X-Id", "2"))


@pytest.mark.parametrize("message", [Request("GET", "https://a/", HEADERS), Response(200, HEADERS)])
def test_headers_are_found_whatever_their_case(message: Request | Response) -> None:
    """The first of several; None for one that is not there."""
    assert [message.header(name) for name in ("content-type", "X-ID", "x-no")] == ["application/json", "1", None]


@pytest.mark.parametrize("kind", [lambda body: Request("POST", "https://a/", (), body), lambda body: Response(200, (), body)])
def test_a_body_is_read_as_json(kind: type) -> None:
    """UTF-8 and escapes; what is no JSON is a ValueError."""
    assert kind('{"a": "你\\u597d"}'.encode()).json() == {"a": "你好"}
    for body in (b"", b"{", b"\xff"):
        with pytest.raises(ValueError):  # noqa: PT011 - json's own words
            kind(body).json()


def test_headers_come_from_mappings_and_pairs() -> None:
    """In the order given, repeated names kept."""
    assert headers_of({"a": "1", "b": "2"}) == (("a", "1"), ("b", "2"))
    assert headers_of([("a", "1"), ("a", "2")]) == (("a", "1"), ("a", "2"))


def test_reasons_are_the_standard_ones() -> None:
    """Empty for a status nobody has named."""
    assert [Response(status).reason for status in (200, 400, 599)] == ["OK", "Bad Request", ""]


def test_a_truncated_answer_needs_the_answer() -> None:
    """The other failures may come before any answer."""
    with pytest.raises(ValueError, match=r"Failure\('truncated', after_bytes, response\)"):
        Failure("truncated")
    assert Failure("reset") == Failure("reset", 0, None)


def test_an_exchange_shows_what_the_client_saw() -> None:
    """The response, or the one that broke off, or none."""
    request, response = Request("GET", "https://a/"), Response(200)
    replies = (response, Failure("truncated", 3, response), Failure("read_timeout"))
    assert [Exchange("v", None, request, reply).response for reply in replies] == [response, response, None]


def test_a_refusal_says_kind_and_field() -> None:
    """For those who see it in a traceback."""
    assert [str(Refusal("bad_json")), str(Refusal("wrong_type", "limit"))] == ["bad_json", "wrong_type: limit"]


def test_pieces_are_a_body_of_their_own() -> None:
    """A list reads as a body, is sent as it is, and `replace` keeps it or takes it away."""
    response = Response(200, HEADERS, pieces=[b"a", b"bc"])
    assert (response.body, response.pieces) == (b"abc", (b"a", b"bc"))
    assert replace(response, status=201) == Response(201, HEADERS, pieces=(b"a", b"bc"))
    assert replace(response, pieces=None, body=b"x") == Response(200, HEADERS, b"x")
    assert repr(response).startswith("Response(status=200, ")
    assert response != Response(200, HEADERS, b"abc")


@pytest.mark.parametrize("pieces", [b"abc", "abc", [b"a", "b"], 3])
def test_pieces_are_bytes(pieces: object) -> None:
    """Anything else is the author's mistake, and the words show what to write."""
    with pytest.raises(TypeError, match=r"expected (a list of )?bytes: pieces=\[b'…', b'…'\]"):
        Response(200, pieces=pieces)  # type: ignore[arg-type]
