"""
No secret reaches a cassette, wherever it stands and however it is written, in either direction; and the recording is found again.
"""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from made import JSON, player
from upstream import Upstream

from pytest_assistant_mock import errors
from pytest_assistant_mock._engine.curl import curl
from pytest_assistant_mock._engine.wire import Exchange, Request, Response
from pytest_assistant_mock._traffic.report import report
from pytest_assistant_mock._vendors.secrets import secrets
from pytest_assistant_mock.cassettes import load

KEY = "sk-real-0123456789abcdef"
TEAM = "team/key+of,no-shape"
AUTHORIZED = {"Authorization": f"Bearer {KEY}", "X-DashScope-WorkSpace": "llm-workspace-1", "Cookie": "session=abc123def"}
SIGNED = "https://bucket.oss-cn-beijing.aliyuncs.com/f?Expires=1&OSSAccessKeyId=LTAI5tQw0123456789ab&Signature=c2VjcmV0LXNpZw%3D"


def create(base: str, **more: Any) -> Any:
    """A thread."""
    return requests.post(f"{base}/threads", json={"metadata": more}, headers=AUTHORIZED, timeout=20).json()


def test_secrets_never_reach_the_file(service: Upstream, tmp_path: Path) -> None:
    """Not from headers, the query, bodies in either direction; and the recording is found again with another key."""
    path, literal = tmp_path / "c.yaml", "team-key-of-no-known-shape"
    signed = "https://bucket.oss-cn-beijing.aliyuncs.com/f?Expires=1&Signature=c2VjcmV0LXNpZw%3D"

    def talk(key: str) -> list[Any]:
        headers = {**AUTHORIZED, "Authorization": f"Bearer {key}"}
        body = {"metadata": {"echo": f"the key is {key}", "sk": KEY, "url": signed, "bce": "bce-v3/ALTAK-abc/0123456789"}}
        thread = requests.post(f"{service.model_studio}/threads", json=body, headers=headers, timeout=20)
        listed = requests.get(f"{service.model_studio}/threads/x/messages?after={key}", headers=headers, timeout=20)
        return [thread.status_code, listed.status_code]

    with player(path, record="once"):
        assert talk(literal) == [200, 400]
    text = path.read_text()
    for secret in (literal, KEY, "llm-workspace-1", "session=abc123def", "c2VjcmV0LXNpZw", "ALTAK-abc", "0123456789"):
        assert secret not in text
    assert "the key is REDACTED" in text
    assert service.requests[0].json()["metadata"]["echo"] == f"the key is {literal}"


def test_what_still_looks_like_a_key_is_not_written(service: Upstream, tmp_path: Path) -> None:
    """A key in base64 cannot be replaced: the error says where it stands, and there is no file."""
    path = tmp_path / "c.yaml"
    remains = r"is not written: something that looks like a secret remains(.|\n)*line \d+:"
    with pytest.raises(errors.CassetteError, match=remains), player(path, record="once"):
        create(service.model_studio, encoded="c2stcmVhbC0wMTIzNDU2Nzg5YWJjZGVm")
    assert not path.exists()


SECRETS = {
    "the configured key": (TEAM, TEAM),
    "the configured key in a URL": (quote(TEAM, safe=""), quote(TEAM, safe="")),
    "the configured key with slashes escaped": (TEAM.replace("/", r"\/"), "key+of"),
    "a Model Studio key": ("sk-another-0123456789", "another-0123456789"),
    "an AppBuilder key": ("bce-v3/ALTAK-another/0123456789", "ALTAK-another"),
    "a signed URL": (SIGNED, "c2VjcmV0LXNpZw"),
}
"""How it is written, and what must not be in the file."""

HEADERS = ("Authorization", "X-Appbuilder-Authorization", "Cookie", "X-DashScope-WorkSpace", "X-Api-Key")


def answer(request: Request) -> Response:
    """A service that gives back whatever it is told, in headers and body."""
    told = json.loads(request.body)["metadata"]["k"]
    body = f'{{"k": "{told}", "note": "{told}!"}}'.encode()
    headers = (("Set-Cookie", f"s={told}"), ("X-Echo", f"<{told}>"), ("X-DashScope-WorkSpace", "llm-workspace-2"))
    return Response(200, (*JSON, ("Content-Length", str(len(body))), *headers), body)


def lines_with(text: str, word: str) -> list[str]:
    """Where a word stands."""
    return [line for line in text.splitlines() if word in line]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_hidden_wherever_it_stands(
    name: str, service: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In headers, query and body of the request, in headers and body of the answer; and replay finds the recording."""
    monkeypatch.setenv("DASHSCOPE_API_KEY", TEAM)
    monkeypatch.setattr(service, "answer", answer)
    written, hidden = SECRETS[name]
    path = tmp_path / "c.yaml"

    def ask() -> Any:
        headers = {**dict.fromkeys(HEADERS, f"Bearer {written}"), "X-Trace": f"<{written}>", **dict(JSON)}
        url = f"{service.model_studio}/threads?after={quote(written, safe='%')}&limit=1"
        body = '{"metadata": {"k": "' + written + '", "n": "' + written + '"}}'
        return requests.post(url, data=body.encode(), headers=headers, timeout=20).json()

    with player(path, record="once"):
        asked = ask()
    text = path.read_text()
    assert lines_with(text, hidden) == []
    assert lines_with(text, "llm-workspace") == []
    (recorded,) = load(path).interactions
    assert text.count("REDACTED") >= 10
    assert {recorded.request.header(header) for header in HEADERS} <= {"Bearer REDACTED", "REDACTED"}
    with player(path):
        replayed = ask()
    assert (asked.keys(), "REDACTED" in replayed["k"]) == (replayed.keys(), True)


@pytest.mark.parametrize("before", ["", "x", "xy"])
@pytest.mark.parametrize("after", ["", "z"])
def test_a_key_in_base64_is_not_written(
    before: str, after: str, service: Upstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be replaced; it is found wherever in the encoded text it begins, and the error says where."""
    monkeypatch.setenv("DASHSCOPE_API_KEY", TEAM)
    encoded = b64encode(f"{before}{TEAM}{after}".encode()).decode()
    path = tmp_path / "c.yaml"
    remains = r"is not written: something that looks like a secret remains(.|\n)*line 9: looks like a configured key"
    with pytest.raises(errors.CassetteError, match=remains), player(path, record="once"):
        create(service.model_studio, encoded=encoded)
    assert not path.exists()


def test_the_whole_project_hides_alike() -> None:
    """There is one registry: what a cassette hides, a log, a report and scrub hide as well."""
    request = Request(
        "POST", f"https://dashscope.aliyuncs.com/api/v1/threads?a={KEY}", (("Cookie", "session=abc"),), SIGNED.encode()
    )
    exchange = Exchange("model_studio", None, request, Response(200))
    for shown in (repr(request), curl(request), report([exchange], lambda _: {}, secrets())):
        assert not [secret for secret in (KEY, "a=bcd", "c2VjcmV0LXNpZw") if secret in shown]
