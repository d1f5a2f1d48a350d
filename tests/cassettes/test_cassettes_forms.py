"""
Every form in which a service or a client names a secret: none reaches a cassette, a log or a report; and replay still finds it.
"""

from __future__ import annotations

import gzip
import json
import re
from base64 import b32encode, b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
import requests
from made import JSON, player
from upstream import Upstream

from pytest_assistant_mock import AssistantMock, errors
from pytest_assistant_mock.__main__ import main
from pytest_assistant_mock._engine.wire import Request, Response
from pytest_assistant_mock.cassettes import load

KEY = "Zq8m/N3vX7kP2wL9tR4yB"

NAMES = (
    "token", "key", "sign", "signature", "sk", "api-key", "apiKey", "X-Auth-Token", "X-Acs-Security-Token", "SecurityToken",
    "refresh_token", "client_secret", "clientSecret", "AccessKeySecret", "OSSAccessKeyId", "password",
)  # fmt: skip


def value_of(name: str) -> str:
    """A secret of its own for each name: found under one, it would be hidden under the others too."""
    return f"st-{name.encode().hex()}x"


def answered(body: Any, *headers: tuple[str, str]) -> Response:
    """An answer, whole."""
    content = json.dumps(body).encode()
    return Response(200, (*JSON, ("Content-Length", str(len(content))), *headers), content)


class Form(NamedTuple):
    """What is sent and what is answered, each with a name and its secret in it."""

    sent: dict[str, Any]
    answer: Response = answered({})


def compressed(name: str, secret: str) -> Form:
    """A body that is compressed by the client."""
    body = gzip.compress(json.dumps({"metadata": {name: secret}}).encode(), mtime=0)
    return Form({"data": body, "headers": {"Content-Encoding": "gzip", "Content-Type": "application/json"}})


URL = "https://me:{secret}@bucket/f?a=1&{name}={secret}"

FORMS: dict[str, Callable[[str, str], Form]] = {
    "a header of the request": lambda name, secret: Form({"headers": {name: secret}}),
    "a header of the answer": lambda name, secret: Form({}, answered({}, (name, secret))),
    "a query": lambda name, secret: Form({"params": {name: secret, "a": "1"}}),
    "the first field of a form": lambda name, secret: Form({"data": {name: secret, "a": "1"}}),
    "the last field of a form": lambda name, secret: Form({"data": {"a": "1", name: secret}}),
    "a part of a form": lambda name, secret: Form({"data": {"a": "1", name: secret}, "files": {"f": b"x"}}),
    "JSON that is sent": lambda name, secret: Form({"json": {"metadata": {name: secret}}}),
    "JSON that is answered": lambda name, secret: Form({}, answered({"data": [{name: secret}]})),
    "a compressed body": compressed,
    "where an answer sends": lambda name, secret: Form({}, answered({}, ("Location", URL.format(name=name, secret=secret)))),
    "a URL in JSON": lambda name, secret: Form({"json": {"u": URL.format(name=name, secret=secret)}}),
    "JSON in a text of JSON": lambda name, secret: Form({}, answered({"arguments": json.dumps({name: secret})})),
    "a URL in a query": lambda name, secret: Form({"params": {"u": URL.format(name=name, secret=secret)}}),
}


def test_there_are_enough_forms() -> None:
    """At least as many as were once tried, of which two in three reached the file."""
    assert len(FORMS) * len(NAMES) >= 124


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_a_secret_is_written_or_told(
    form: str, service: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under every name: not in the cassette, a log of what was exchanged, or a report; and each recording is found again."""
    forms = {name: FORMS[form](name, value_of(name)) for name in NAMES}

    def answer(request: Request) -> Response:
        return forms[request.url.partition("?")[0].rpartition("/")[2]].answer

    def ask(mock: AssistantMock) -> str:
        with mock:
            for name, one in forms.items():
                requests.post(f"{service.model_studio}/threads/{name}", timeout=20, allow_redirects=False, **one.sent)
        return "".join(
            f"{exchange!r} {exchange} {exchange.request!r} {exchange.reply!r} {mock.traffic([exchange])}"
            for exchange in mock.model_studio.exchanges
        )

    monkeypatch.setattr(service, "answer", answer)
    path = tmp_path / "c.yaml"
    told = ask(player(path, record="once", strict=False))
    ask(player(path, strict=False))
    assert len(load(path).interactions) == len(NAMES)
    assert [name for name in NAMES if value_of(name) in path.read_text()] == []
    assert [name for name in NAMES if value_of(name) in told] == []


def test_what_only_sounds_like_a_secret_is_kept(service: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tokens of a model, names that end like one, where a page goes on: byte for byte as they came."""
    said = {"logprobs": [{"token": "Hello", "key": "a"}], "usage": {"input_tokens": 3}, "next_page_token": "0123456789abcdef01"}
    monkeypatch.setattr(service, "answer", lambda request: answered(said))
    path = tmp_path / "c.yaml"
    with player(path, record="once", strict=False):
        requests.post(f"{service.model_studio}/threads?page_token=0123456789abcdef01", json={"design": "x" * 20}, timeout=20)
    (recorded,) = load(path).interactions
    assert recorded.response is not None
    assert recorded.response.json() == said
    assert recorded.request.json() == {"design": "x" * 20}
    assert recorded.request.url.endswith("?page_token=0123456789abcdef01")


def twice(key: bytes) -> bytes:
    """Base64 of base64."""
    return b64encode(b64encode(b"a:" + key))


ENCODED = {
    "hex": KEY.encode().hex(),
    "hex in capitals": KEY.encode().hex().upper(),
    "hex with colons": KEY.encode().hex(":"),
    "escapes of bytes": "".join(f"\\x{byte:02x}" for byte in KEY.encode()),
    "base32": b32encode(KEY.encode()).decode(),
    "base32 after a letter": b32encode(f"a{KEY}b".encode()).decode(),
    "base64": b64encode(f"user:{KEY}".encode()).decode(),
    "base64, doubled": twice(KEY.encode()).decode(),
    "percent-encoded, doubled": quote(quote(KEY, safe=""), safe=""),
    "percent-encoded, every letter": "".join(f"%{byte:02X}" for byte in KEY.encode()),
    "other case": KEY.swapcase(),
}


@pytest.mark.parametrize("how", ENCODED)
def test_a_configured_key_that_is_encoded_is_refused(
    how: str, service: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be replaced is not written: the error says where it stands, and there is no file."""
    monkeypatch.setenv("DASHSCOPE_API_KEY", KEY)
    path = tmp_path / "c.yaml"
    with pytest.raises(errors.CassetteError, match=r"line \d+: looks like a configured key"), player(path, record="once"):
        headers = {"Authorization": "Bearer sk-0123456789"}
        requests.post(f"{service.model_studio}/threads", json={"metadata": {"k": ENCODED[how]}}, headers=headers, timeout=20)
    assert not path.exists()


def test_a_body_that_cannot_be_read_is_not_recorded(service: Upstream, tmp_path: Path) -> None:
    """Nobody could look for secrets in a request's body that is compressed in a way that is not known here."""
    path = tmp_path / "c.yaml"
    headers = {"Content-Encoding": "snappy", "Authorization": "Bearer sk-0123456789"}
    unread = r"the body of POST http.*/threads is compressed with snappy and cannot be read(.|\n)*send it without compression"
    with pytest.raises(errors.CassetteError, match=unread), player(path, record="once"):
        requests.post(f"{service.model_studio}/threads", data=b"\xff\x00", headers=headers, timeout=20)
    assert not path.exists()


def test_scrub_says_what_it_could_not_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A body that is compressed in a way that is not known here was not looked through: scrub does not call it rewritten."""
    body = b64encode(b"\xff\x00secret").decode()
    old = tmp_path / "old.yaml"
    old.write_text(
        "interactions:\n- request:\n    method: GET\n    uri: https://h/?token=abc\n    body: null\n    headers: {}\n"
        "  response:\n    status: {code: 200, message: OK}\n    headers: {Content-Encoding: [snappy]}\n"
        f"    body: {{string: !!binary {body}}}\nversion: 1\n",
        "utf-8",
    )
    unread = "but for what cannot be read: the answer of interaction 1 (line N), compressed with snappy\n"
    assert main(["scrub", "--dry-run", str(old)]) == 2
    assert main(["scrub", str(old)]) == 2
    assert main(["scrub", str(old)]) == 2
    assert re.sub(r"line \d+", "line N", capsys.readouterr().out) == (
        f"{old}: would be rewritten, {unread}{old}: rewritten, {unread}{old}: not looked through, {unread}"
    )
    assert "token=REDACTED" in old.read_text()
