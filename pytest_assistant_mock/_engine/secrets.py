"""
What must never be printed or stored: the one registry of secrets, for cassettes, logs and reports.

Stdlib only, pure. Knows names and shapes of secrets; knows no vendor, no cassette and no report.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

HIDDEN = "REDACTED"
"""What stands in a secret's place: always the same, so that what is redacted still matches; safe in a URL."""

_HEADERS = ("api-key", "authorization", "cookie", "workspace")

FIELDS = ("access_token", "api_key", "api-key", "apikey", "authorization", "secret_key", "security_token")
"""JSON fields whose text is a secret, whatever their case."""

PARAMETERS = (
    *FIELDS, "credential", "ossaccesskeyid", "security-token", "sig", "sign", "signature", "token", "x-amz-credential",
    "x-amz-security-token", "x-amz-signature", "x-bce-security-token", "x-oss-credential", "x-oss-security-token",
    "x-oss-signature",
)  # fmt: skip
"""Query parameters that sign a URL or carry a key, whatever their case."""

_SHORTEST_LITERAL = 6  # a shorter key, "k1" in a test, would be found inside innocent words

# A key begins a word; a word also begins after %3D, \n or \u4f60, as URLs and JSON write what stands before it.
_START = r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4}))"
_NAMES = "|".join(map(re.escape, PARAMETERS))
_SLASH = r"(?:\\?/|%2[Ff])"

SHAPES: Mapping[str, str] = {
    "sk-…": rf"{_START}sk-[A-Za-z0-9_\-]{{6,}}",
    "bce-v3/…": rf"{_START}bce-(?:v3|auth-v1){_SLASH}[A-Za-z0-9_.%\-\\/:]+",
    "ALTAK-…": rf"{_START}ALTAK-[A-Za-z0-9_.%\-\\/]{{6,}}",
    "LTAI…": rf"{_START}LTAI[A-Za-z0-9]{{12,}}",
    "a JSON web token": rf"{_START}eyJ[A-Za-z0-9_\-]{{8,}}\.[A-Za-z0-9_\-]{{8,}}\.[A-Za-z0-9_\-]+",
    "a bearer token": r"(?i:(?<=bearer )|(?<=bearer%20)|(?<=bearer\+))(?=[^\s\"']*\d)[A-Za-z0-9._~+/=\-]{16,}",
    "a signed URL": rf"(?i:(?<=[?&;])|(?<=\\u0026))(?i:{_NAMES})=(?!{HIDDEN})[^&\s\"'<>\\]+",
    "a signed URL in a URL": rf"(?i:(?<=%3F)|(?<=%26))(?i:{_NAMES})%3[Dd](?!{HIDDEN})(?:(?!%26)[^&\s\"'<>\\])+",
    "a field": rf'(?i:"(?:{"|".join(map(re.escape, FIELDS))})")\s*:\s*"(?!{HIDDEN}"|Bearer {HIDDEN}")(?:[^"\\]|\\.)+"',
}
"""What a secret looks like, by the name it is reported under."""


_NAMED = ("key", "token", "authorization", "credential", "keyid", "sig", "sign", "signature")
_ENDINGS: Mapping[str, tuple[str, ...]] = {"-": ("sk", "bce", "altak"), "=": _NAMED, "%3d": _NAMED}
_WORDS = ("ltai", "eyj", "bearer", 'key"', 'token"', 'authorization"')
_NEEDLES = (*_WORDS, *(word + end for end, words in _ENDINGS.items() for word in words))
"""In lower case: no shape above is in a text without one of these, and to look for them is a hundred times faster."""

_ENDS = [
    re.compile("|".join(f"(?<={word}{end})" for word in words).join([f"{end}(?:", ")"]).encode())
    for end, words in _ENDINGS.items()
]


def is_secret_header(name: str) -> bool:
    """Whether the whole value of a header is a secret: its name ends as such names end, after whatever a vendor puts before."""
    return name.lower().endswith(_HEADERS)


class Found(NamedTuple):
    """
    Something that looks like a secret: its kind, where it starts (characters), and its first few characters.
    """

    kind: str
    start: int
    beginning: str


class Secrets:
    """
    Hides secrets: those of the shapes above, and the keys that are configured, literally, wherever they stand.

    literals: the keys. One shorter than 6 characters is hidden in headers and named fields only.
    """

    def __init__(self, literals: Iterable[str] = ()) -> None:
        long_enough = {literal for literal in literals if len(literal) >= _SHORTEST_LITERAL}
        written = {form for literal in long_enough for form in _forms(literal)}
        self._literals = sorted(written, key=lambda form: (-len(form), form))
        shapes = [f"({pattern})" for pattern in SHAPES.values()]
        self._pattern = re.compile("|".join([*map(re.escape, self._literals), *shapes]))
        encoded = {form for literal in long_enough for form in _encoded(literal.encode())}
        keys = {*self._literals, *encoded}
        self._needles = (*_NEEDLES, *(key.lower() for key in keys))
        self._words = [word.encode().lower() for word in (*_WORDS, *keys)]  # as bytes are: no letter beyond ASCII changes
        self._traces = re.compile("|".join(map(re.escape, sorted([*self._literals, *encoded]))) or r"(?!)", re.IGNORECASE)

    def text(self, text: str) -> str:
        """
        A text without secrets.
        """
        lower = text.lower()
        return self._pattern.sub(_hide, text) if any(needle in lower for needle in self._needles) else text

    def header(self, name: str, value: str) -> str:
        """
        A header's value without secrets; of a secret header only the scheme ("Bearer") stays.
        """
        if not is_secret_header(name):
            return self.text(value)
        scheme, space, _ = value.partition(" ")
        return f"{scheme} {HIDDEN}" if space and scheme.lower() in ("bearer", "basic", "digest") else HIDDEN

    def headers(self, headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """
        Headers without secrets, in their order.
        """
        return tuple((name, self.header(name, value)) for name, value in headers)

    def json(self, value: Any) -> Any:
        """
        A JSON value without secrets, in a copy.
        """
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.json(item) for item in value]
        if isinstance(value, dict):
            return {self.text(name): self._field(name, item) for name, item in value.items()}
        return value

    def body(self, body: bytes) -> bytes:
        """
        A body without secrets; byte for byte the same if it holds none.
        """
        hidden = self.text(body.decode("utf-8", "surrogateescape"))
        if "\\" not in hidden:
            return hidden.encode("utf-8", "surrogateescape")
        try:
            value = json.loads(hidden)
        except ValueError:
            return hidden.encode("utf-8", "surrogateescape")
        clean = self.json(value)  # what is written "\u0073k-…" is only seen once it is read
        if clean != value:
            hidden = json.dumps(clean, ensure_ascii=False)
        return hidden.encode("utf-8", "surrogateescape")

    def find(self, text: str) -> list[Found]:
        """
        What looks like a secret in a text, in order; nothing, after `text` has done its work, unless it hides well:
        a configured key in other case or in base64 is found though it is not replaced.
        """
        found: dict[int, Found] = {}
        clean: set[bytes] = set()  # the same header stands in every interaction
        data = text.encode("utf-8", "surrogatepass")
        for start, end in self._suspects(data):
            if (lines := data[start:end]) in clean:
                continue
            here = self._looks_like_secrets(lines.decode("utf-8", "surrogatepass"))
            if not here:
                clean.add(lines)
                continue
            before = len(data[:start].decode("utf-8", "surrogatepass"))
            for one in here:
                found.setdefault(before + one.start, one._replace(start=before + one.start))
        return [found[start] for start in sorted(found)]

    def _looks_like_secrets(self, lines: str) -> list[Found]:
        here = [(match, _kind(match)) for match in self._pattern.finditer(lines)]
        here += [(match, "a configured key") for match in self._traces.finditer(lines)]
        return [Found(kind, match.start(), _beginning(match.group())) for match, kind in here]

    def _suspects(self, data: bytes) -> list[tuple[int, int]]:
        """
        The lines of a text worth a closer look, each with the two after it that are not blank.
        """
        lower = data.lower()  # of bytes: letters without case take no time, and every place stays the same
        lower = lower.replace(_OUR_OWN, _AS_LONG)
        spans: set[tuple[int, int]] = set()
        for at in _places(lower, self._words):
            last = _LINES.match(lower, at)
            spans.add((lower.rfind(b"\n", 0, at) + 1, last.end() if last else at))
        return sorted(spans)

    def _field(self, name: str, value: Any) -> Any:
        if isinstance(value, str) and value and name.lower() in FIELDS:
            return self.header("authorization", value)
        return self.json(value)


def _places(lower: bytes, words: Iterable[bytes]) -> Iterator[int]:
    """
    Where a needle stands.
    """
    for pattern in _ENDS:
        yield from (match.start() for match in pattern.finditer(lower))
    for word in words:
        at = lower.find(word)
        while at >= 0:
            yield at
            at = lower.find(word, at + len(word))


def _forms(literal: str) -> Iterable[str]:
    """
    A key as it stands in text, in a URL and in JSON.
    """
    return (literal, quote(literal, safe=""), quote(literal), json.dumps(literal)[1:-1], literal.replace("/", r"\/"))


def _encoded(literal: bytes) -> Iterable[str]:
    """
    What base64 makes of a key, at each of the three places it may begin: only the letters that depend on nothing around it.
    """
    for before, ours in enumerate((0, 2, 3)):
        text = b64encode(b"\0" * before + literal).decode()[ours : (before + len(literal)) * 8 // 6]
        yield from (text, text.translate(_IN_URLS))


_IN_URLS = str.maketrans("+/", "-_")


def _hide(match: re.Match[str]) -> str:
    kind = _kind(match)
    if kind.startswith("a signed URL"):
        return re.sub("(=|%3[Dd]).*", rf"\g<1>{HIDDEN}", match.group(), count=1)
    if kind == "a field":
        name, colon, _ = match.group().partition(":")
        return f'{name}{colon} "{HIDDEN}"'
    return HIDDEN


def _kind(match: re.Match[str]) -> str:
    return _KINDS[match.lastindex - 1] if match.lastindex else "a configured key"


_KINDS = tuple(SHAPES)
_OUR_OWN = f"bearer {HIDDEN.lower()}\n".encode()  # in most interactions, and in all that are recorded
_AS_LONG = _OUR_OWN.replace(b"bearer", b"______")
_LINES = re.compile(rb"[^\n]*(?:\s*[^\n]+){0,2}")  # a field's name, its colon and its value may stand apart


def _beginning(secret: str) -> str:
    return f"{secret[: min(6, len(secret) // 3)]}…"
