"""The registry of secrets: what is hidden, what is left alone, what is still found."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_assistant_mock._engine.secret_names import certainty, looks_secret
from pytest_assistant_mock._engine.secrets import HIDDEN, SHAPES, Found, Secrets

KEY = "team-key-0123"

TEXTS = {
    "a Model Studio key": ("use sk-0123456789abcdef now", f"use {HIDDEN} now"),
    "after Chinese": ("密钥sk-0123456789abcdef。", f"密钥{HIDDEN}。"),
    "in a query": ("a%3Dsk-0123456789abcdef&b=1", f"a%3D{HIDDEN}&b=1"),
    "after a JSON escape": (r'"\nsk-0123456789\u4f60sk-0123456789"', rf'"\n{HIDDEN}\u4f60{HIDDEN}"'),
    "an AppBuilder key": ("bce-v3/ALTAK-abc/0123456789", HIDDEN),
    "an AppBuilder key in a URL": ("?t=bce-v3%2FALTAK-abc%2F0123456789&x", f"?t={HIDDEN}&x"),
    "an AppBuilder key in escaped JSON": (r'"bce-v3\/ALTAK-abc\/0123456789"', f'"{HIDDEN}"'),
    "an access key": ("LTAI5tQw0123456789ab", HIDDEN),
    "a bearer token": ("-H 'Authorization: Bearer abcdef0123456789xyz'", f"-H 'Authorization: Bearer {HIDDEN}'"),
    "a JSON web token": ("eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJ", HIDDEN),
    "a signed URL": (
        "https://b.oss.com/f?Expires=1&OSSAccessKeyId=abc&Signature=d%2Be",
        f"https://b.oss.com/f?Expires=1&OSSAccessKeyId={HIDDEN}&Signature={HIDDEN}",
    ),
    "a signed URL in JSON": (r'"https://b/f?a=1\u0026X-Amz-Signature=00ff"', rf'"https://b/f?a=1\u0026X-Amz-Signature={HIDDEN}"'),
    "a signed URL in a URL": (
        "?u=https%3A%2F%2Fb%2Ff%3FExpires%3D1%26Signature%3Dd%252Be%26x%3D1&y=2",
        f"?u=https%3A%2F%2Fb%2Ff%3FExpires%3D1%26Signature%3D{HIDDEN}%26x%3D1&y=2",
    ),
    "a named field": ('{"api_key": "k", "limit": 1}', f'{{"api_key": "{HIDDEN}", "limit": 1}}'),
    "a field in a text of JSON": (r'{"a": "{\"secretKey\": \"k\"}"}', rf'{{"a": "{{\"secretKey\": \"{HIDDEN}\"}}"}}'),
    "a field as Python prints it": ("{'client_secret': 'k', 'limit': 1}", f"{{'client_secret': '{HIDDEN}', 'limit': 1}}"),
    "a field with a scheme": ('{"Authorization": "Bearer k"}', f'{{"Authorization": "Bearer {HIDDEN}"}}'),
    "a field that is cut off": ('{"a": 1, "password": "hunt', f'{{"a": 1, "password": "{HIDDEN}'),
    "the first field of a form": ("client_secret=k&a=1", f"client_secret={HIDDEN}&a=1"),
    "a field of a form": ("a=1&user[password]=k+k&b=2", f"a=1&user[password]={HIDDEN}&b=2"),
    "a part of a form": (
        'Content-Disposition: form-data; name="api_key"\r\n\r\nk k\r\n--b--',
        f'Content-Disposition: form-data; name="api_key"\r\n\r\n{HIDDEN}\r\n--b--',
    ),
    "a header in a text": ("X-Acs-Security-Token: abcdef0123456789\n", f"X-Acs-Security-Token: {HIDDEN}\n"),
    "an element": ("<AccessKeySecret>k</AccessKeySecret>", f"<AccessKeySecret>{HIDDEN}</AccessKeySecret>"),
    "a password in a URL": ("see https://me:pw@host/x", f"see https://{HIDDEN}@host/x"),
    "a password in an encoded URL": ("?u=https%3A%2F%2Fme%3Apw%40host", f"?u=https%3A%2F%2F{HIDDEN}%40host"),
    "a temporary key": ("use st-0123456789abcdefghij now", f"use {HIDDEN} now"),
    "a temporary access key": ("STS.NUgYrLnoC37mZZCNnAbez now", f"{HIDDEN} now"),
    "a configured key": (f"<{KEY}>", f"<{HIDDEN}>"),
}

INNOCENT = (
    "sk-SK is a locale",
    "task-0123456789",
    "a bearer of good news",
    '{"request_id": "00000000-0000-9000-8000-000000000001"}',
    "message_00000000-0000-4000-8000-000000000001",
    "sign=up at the door",
    "k1",
    '{"logprobs": [{"token": "Hello", "key": "a"}], "usage": {"input_tokens": 1, "total_tokens": 2}}',
    '{"key": "metadata.a/b.png", "design": "0123456789abcdef01", "next_page_token": "0123456789abcdef01"}',
    "client = OpenAI(api_key=settings.API_KEY, password=None)",
    "https://host/design?page_token=0123456789abcdef&monkey=1",
    "mail me@host or see https://host/@me",
    '{"task": "sk", "st": "st-patricks-day-parade"}',
)


@pytest.mark.parametrize("name", TEXTS)
def test_a_secret_is_hidden(name: str) -> None:
    """Whatever it looks like and however it is written, and what stands around it stays."""
    before, after = TEXTS[name]
    assert Secrets([KEY]).text(before) == after


@pytest.mark.parametrize("name", TEXTS)
def test_redaction_is_its_own_fixed_point(name: str) -> None:
    """Redacting twice changes nothing, and nothing that looks like a secret is left."""
    secrets = Secrets([KEY])
    once = secrets.text(TEXTS[name][0])
    assert (secrets.text(once), secrets.find(once)) == (once, [])


@pytest.mark.parametrize("text", INNOCENT)
def test_innocent_text_stays(text: str) -> None:
    """Words that only resemble a secret are left alone, a short configured key included."""
    assert Secrets(["k1"]).text(text) == text


SPELLED: dict[str, tuple[str, ...]] = {
    "sk-…": ("sk-0123456789abcdef",),
    "bce-v3/…": ("bce-v3/ALTAK-a/0123", "bce-v3%2Fa%2F0123", r"bce-v3\/a\/0123", "bce-auth-v1/a/2024-01-01T00:00:00Z/1800"),
    "ALTAK-…": ("ALTAK-0123456789",),
    "LTAI…": ("LTAI5tQw0123456789ab",),
    "a JSON web token": ("eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJ",),
    "a bearer token": tuple(f"{word}{gap}abcdef0123456789xyz" for word in ("Bearer", "BEARER") for gap in (" ", "%20", "+")),
    "a password in a URL": (
        "https://me:pw@host",
        r"https:\/\/me:pw@host",
        "https%3A%2F%2Fme%3Apw%40host",
        f"ftp://{'k' * 16}@host",
    ),
    "st-…": ("st-0123456789abcdef",),
    "STS.…": ("STS.0123456789ab",),
}
"""Each shape in every way its pattern is written."""

NAMES = {
    "sure": (
        "Authorization", "X-Appbuilder-Authorization", "api_key", "apiKey", "APIKEY", "x-api-key", "OPENAI_API_KEY", "app_key",
        "access_token", "accessToken", "refresh-token", "id_token", "X-Auth-Token", "X-Acs-Security-Token", "SecurityToken",
        "x-oss-security-token", "client_secret", "clientSecret", "AccessKeySecret", "secret_key", "OSSAccessKeyId", "accessKeyId",
        "X-Amz-Credential", "password", "user[password]", "pwd", "Set-Cookie", "private_key", "Ocp-Apim-Subscription-Key",
    ),
    "maybe": ("token", "signature", "x-oss-signature", "thoughtSignature", "sign", "sig", "key", "sk", "ak", "X-Token"),
    None: (
        "tokens", "input_tokens", "max_tokens", "design", "monkey", "task", "next_page_token", "primary_key", "Idempotency-Key",
        "thread_id", "Access-Control-Allow-Credentials", "secretary", "signed", "content",
    ),
}  # fmt: skip


@pytest.mark.parametrize("certain", NAMES)
def test_a_name_is_known_however_it_is_spelled(certain: str | None) -> None:
    """In camel case, with dashes or underscores, after whatever a vendor puts before it."""
    spelled = [one for name in NAMES[certain] for one in (name, name.lower(), name.upper())]
    assert {name: certainty(name) for name in spelled} == dict.fromkeys(spelled, certain)


def test_a_value_looks_secret_by_its_length_or_its_beginning() -> None:
    """Sixteen characters without a space, or a known prefix; a path is none."""
    secret = ("st-1", "sk-1", "eyJ", "0123456789abcdef", "bce-v3/ALTAK-a/b.c")
    innocent = ("", "Hello", "0123456789abcde", "a word and another", "你好你好你好你好你好你好你好你好", "folder/sub/file.png")
    assert [looks_secret(value) for value in (*secret, *innocent)] == [True] * len(secret) + [False] * len(innocent)


PRINTABLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E)


def test_every_shape_is_spelled_here() -> None:
    """A shape that is new stands in the table above as well, or the next test would not see it."""
    assert SPELLED.keys() == SHAPES.keys()


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_found_without_looking_everywhere(shape: str) -> None:
    """What a pattern matches is hidden and found: the quick look that comes before the patterns misses none of them."""
    for text in SPELLED[shape]:
        assert re.search(SHAPES[shape], text), text
        assert Secrets().text(text) != text, text
        assert [found.kind for found in Secrets().find(f"a line\n{text}\nanother")] == [shape], text


@pytest.mark.parametrize("shape", SHAPES)
def test_whatever_a_pattern_matches_is_hidden(shape: str) -> None:
    """The same of texts made from the pattern itself, whatever it comes to be."""

    @settings(max_examples=30, deadline=None)
    @given(st.from_regex(SHAPES[shape], fullmatch=False, alphabet=PRINTABLE))
    def check(text: str) -> None:
        assert Secrets().text(text) != text
        assert Secrets().find(text)

    check()


def test_headers_are_hidden_whole() -> None:
    """The values of secret headers go, the scheme and the order stay; the others lose only what looks like a key."""
    headers = (
        ("Authorization", "Bearer k1"),
        ("X-Appbuilder-Authorization", "Bearer k1"),
        ("cookie", "a=b"),
        ("Set-Cookie", "a=b; Path=/"),
        ("X-DashScope-WorkSpace", "llm-ws"),
        ("X-Trace", f"key={KEY}"),
        ("Accept", "*/*"),
    )
    assert Secrets([KEY], ["X-DashScope-WorkSpace"]).headers(headers) == (
        ("Authorization", f"Bearer {HIDDEN}"),
        ("X-Appbuilder-Authorization", f"Bearer {HIDDEN}"),
        ("cookie", HIDDEN),
        ("Set-Cookie", HIDDEN),
        ("X-DashScope-WorkSpace", HIDDEN),
        ("X-Trace", f"key={HIDDEN}"),
        ("Accept", "*/*"),
    )


def test_json_is_redacted_in_a_copy() -> None:
    """Values, names and nested values; the original is not touched, and other types pass."""
    value = {"content": "sk-0123456789 你好", KEY: [1, None, {"Api_Key": "x", "limit": 5}]}
    assert Secrets([KEY]).json(value) == {
        "content": f"{HIDDEN} 你好",
        HIDDEN: [1, None, {"Api_Key": HIDDEN, "limit": 5}],
    }
    assert value["content"] == "sk-0123456789 你好"


def test_an_innocent_body_stays_byte_for_byte() -> None:
    """Spaces, escapes and bytes that are no text come out as they went in."""
    for body in (b'{ "a":1,"b" : "\\u4f60" }', b"\xff\xfe\x00", b"", b"[1,\n2]"):
        assert Secrets([KEY]).body(body) == body


def test_a_body_hides_what_only_reading_shows() -> None:
    """A key spelled with JSON escapes is seen once the body is read; the Chinese beside it stays readable."""
    body = Secrets().body(b'{"content": "\\u0073k-0123456789", "x": "\xe4\xbd\xa0"}')
    assert json.loads(body) == {"content": HIDDEN, "x": "你"}
    assert "你".encode() in body


def test_what_cannot_be_replaced_is_found() -> None:
    """A configured key in base64 or in other case is named with its place, never shown whole."""
    assert Secrets([KEY]).find(f"x {KEY.upper()} dGVhbS1rZXktMDEyMw==") == [
        Found("a configured key", 2, 1, "TEAM…"),
        Found("a configured key", 16, 1, "dGVhb…"),
    ]
    twice = "a\n- sk-0123456789\n  bearer\n" * 2
    assert [(found.start, found.line) for found in Secrets().find(twice)] == [(4, 2), (4 + len(twice) // 2, 5)]
    assert Secrets().find("- sk-0123456789") == [Found("sk-…", 2, 1, "sk-0…")]
    key = Secrets(["ÄÖ-schlüssel-0123"])
    assert key.find("你 ÄÖ-SCHLüSSEL-0123") == [Found("a configured key", 2, 1, "ÄÖ-SC…")]
    assert key.text("你 ÄÖ-schlüssel-0123") == "你 REDACTED"


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("Authorization", True),
        ("X-Appbuilder-Authorization", True),
        ("X-Corp-Api-Key", True),
        ("Set-Cookie", True),
        ("Content-Type", False),
        ("X-Cookie-Policy", False),
        ("X-Request-Id", False),
    ],
)
def test_a_secret_header_is_known_by_the_end_of_its_name(name: str, secret: bool) -> None:
    """Whatever a vendor or a gateway puts before it."""
    assert (Secrets().header(name, "plain") == HIDDEN) is secret


def test_an_empty_key_is_shown_as_empty() -> None:
    """There is nothing to hide, and that is what went wrong."""
    secrets = Secrets()
    assert [secrets.header("Authorization", value) for value in ("", "Bearer ", "Bearer", "Bearer k")] == [
        "",
        "Bearer ",
        HIDDEN,
        f"Bearer {HIDDEN}",
    ]


def test_json_is_hidden_however_deep_and_whatever_the_type() -> None:
    """Lists and numbers under a name that is sure, and text below more levels than Python's own recursion reaches."""
    deep: Any = {"api_key": "k"}
    for _ in range(3000):
        deep = [deep]
    shown = Secrets().json(deep)
    for _ in range(3000):
        (shown,) = shown
    assert shown == {"api_key": HIDDEN}
    assert Secrets().json({"passwords": 1, "password": [1, True, None, "k", {"a": 1}]}) == {
        "passwords": 1,
        "password": [HIDDEN, True, None, HIDDEN, {"a": 1}],
    }


@pytest.mark.parametrize("body", [b'{"a": "\\ud83d", "token": "st-1"}', b'{"a": "\\udcff", "b": "\\u0073k-0123456789"}'])
def test_half_a_character_in_a_body_stays_an_escape(body: bytes) -> None:
    """It can stand in JSON, but in no UTF-8."""
    hidden = Secrets().body(body)
    assert HIDDEN.encode() in hidden
    assert json.loads(hidden)["a"] == json.loads(body)["a"]
