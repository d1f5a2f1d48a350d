"""
What must never be printed or stored: the one registry of secrets, for cassettes, logs and reports.

Stdlib only, pure. Knows names and shapes of secrets; knows no vendor, no cassette and no report.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from pytest_assistant_mock._engine.key_forms import encoded, escaped
from pytest_assistant_mock._engine.secret_names import ENDINGS, certainty, looks_secret
from pytest_assistant_mock._engine.secret_places import HIDDEN, Span, named

_SHORTEST_LITERAL = 6  # a shorter key, "k1" in a test, would be found inside innocent words

# A key begins a word; a word also begins after %3D, \n or \u4f60, as URLs and JSON write what stands before it.
_START = r"(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrtbf])|(?<=\\u[0-9A-Fa-f]{4}))"
_SLASH = r"(?:\\?/|%(?:25)*2[Ff])"
_OF_USER = r"[^/?#@%\s\"'<>\\]"

# What may begin anywhere is never looked for further than a bound: a text of beginnings only takes no longer than another.
SHAPES: Mapping[str, str] = {
    "sk-…": rf"{_START}sk-[A-Za-z0-9_\-]{{6,}}",
    "st-…": rf"{_START}st-[A-Za-z0-9]{{16,}}",
    "bce-v3/…": rf"{_START}bce-(?:v3|auth-v1){_SLASH}[A-Za-z0-9_.%\-\\/:]+",
    "ALTAK-…": rf"{_START}ALTAK-[A-Za-z0-9_.%\-\\/]{{6,}}",
    "LTAI…": rf"{_START}LTAI[A-Za-z0-9]{{12,}}",
    "STS.…": rf"{_START}STS\.[A-Za-z0-9]{{12,}}",
    "a JSON web token": rf"{_START}eyJ[A-Za-z0-9_\-]{{8,1024}}\.[A-Za-z0-9_\-]{{8,}}\.[A-Za-z0-9_\-]+",
    "a bearer token": r"(?i:(?<=bearer )|(?<=bearer%20)|(?<=bearer\+))(?=[^\s\"']{0,1024}\d)[A-Za-z0-9._~+/=\-]{16,}",
    "a password in a URL": (
        rf"(?:(?<=://)|(?<=:\\/\\/)|(?<=%3[Aa]%2[Ff]%2[Ff]))(?!{HIDDEN}(?:@|%40))"
        rf"(?:{_OF_USER}{{0,256}}(?::|%3[Aa])(?:{_OF_USER}|%(?!40|2[Ff])){{0,256}}|{_OF_USER}{{16,256}})(?=@|%40)"
    ),
}
"""What a secret looks like, by the name it is reported under."""

_SHAPED = re.compile("|".join(f"({pattern})" for pattern in SHAPES.values()))
_KINDS = tuple(SHAPES)
_CONFIGURED = "a configured key"

_WORDS = ("sk-", "st-", "bce-", "altak-", "ltai", "sts.", "eyj", "bearer", "@", "%40")
_ROOTS = ("key", "token", "secret", "passw", "passp", "pwd", "auth", "credential", "cookie", "jwt", "sig", "sk", "ak")
_AFTER_A_NAME = "\"'\\=%]>:"
_NEEDLES: Mapping[str, tuple[str, ...]] = {
    **{word: (word,) for word in _WORDS},
    **{
        root: tuple(f"{ending}{after}" for ending in ENDINGS if ending.startswith(root) for after in _AFTER_A_NAME)
        for root in _ROOTS
    },
}
"""In lower case: there is no secret in a text without one of these, and to look for them is a hundred times faster."""

_USER = re.compile(r"(?<=://)[^/?#@]*@")
_SCHEMES = ("bearer", "basic", "digest")
_HALF = re.compile("[\ud800-\udfff]")  # of a character: it can stand in JSON, but in no UTF-8


class Found(NamedTuple):
    """
    Something that looks like a secret: its kind, where it starts (characters), its line (from 1) and its first few characters.
    """

    kind: str
    start: int
    line: int
    beginning: str


class Secrets:
    """
    Hides secrets: what the list names, what has a known shape, and the keys that are configured, wherever they stand.

    literals: the keys. One shorter than 6 characters is hidden in headers and named fields only.
    headers: names of more headers whose whole value is a secret, a vendor's own.
    """

    def __init__(self, literals: Iterable[str] = (), headers: Iterable[str] = ()) -> None:
        self._keys = sorted({literal for literal in literals if len(literal) >= _SHORTEST_LITERAL and literal != HIDDEN})
        self._headers = frozenset(name.lower() for name in headers)
        forms = sorted({form for key in self._keys for form in escaped(key)}, key=lambda form: (-len(form), form))
        self._literals = re.compile("|".join(map(re.escape, forms)) or r"(?!)")
        self._forms = tuple(form.lower() for form in forms)

    def text(self, text: str) -> str:
        """A text without secrets."""
        if not self._may_hold_any(text):
            return text
        pieces: list[str] = []
        done = 0
        for span in self._spans(text):
            pieces += (text[done : span.start], HIDDEN)
            done = span.end
        return "".join([*pieces, text[done:]]) if pieces else text

    def spans(self, text: str) -> list[tuple[int, int]]:
        """From where to where there are secrets in a text, in order."""
        return [(span.start, span.end) for span in self._spans(text)] if self._may_hold_any(text) else []

    def url(self, url: str) -> str:
        """A URL without user, password, signature or key."""
        return self.text(_USER.sub(f"{HIDDEN}@", url))

    def is_secret_header(self, name: str) -> bool:
        """Whether the whole value of a header is a secret."""
        return certainty(name) is not None or name.lower() in self._headers

    def header(self, name: str, value: str) -> str:
        """
        A header's value without secrets; of a secret header only the scheme ("Bearer") stays, of an empty one that it is empty.
        """
        return _in_scheme(value) if self.is_secret_header(name) else self.text(value)

    def headers(self, headers: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Headers without secrets, in their order."""
        return tuple((name, self.header(name, value)) for name, value in headers)

    def carried(self, headers: Iterable[tuple[str, str]]) -> set[str]:
        """The keys that headers carry: they must not stand anywhere else either."""
        values = {_split(value.strip())[1].strip() for name, value in headers if self.is_secret_header(name)}
        return (values | {value.rpartition(" ")[2] for value in values}) - {"", HIDDEN}

    def json(self, value: Any) -> Any:
        """A JSON value without secrets, in a copy; however deep it is."""
        whole: list[Any] = [None]
        todo: list[tuple[Any, Any, Any, str]] = [(value, whole, 0, "")]
        while todo:
            item, holder, at, name = todo.pop()
            if isinstance(item, list):
                holder[at] = inside = [None] * len(item)
                todo += ((one, inside, place, name) for place, one in enumerate(item))
            elif isinstance(item, dict):
                names = {one: self.text(one) if isinstance(one, str) else one for one in item}
                holder[at] = fields = dict.fromkeys(names.values())
                todo += ((item[one], fields, hidden, one if isinstance(one, str) else "") for one, hidden in names.items())
            else:
                holder[at] = self.value(name, item)
        return whole[0]

    def value(self, name: str, value: Any) -> Any:
        """A field's value without secrets; an object or a list as it is."""
        sure = certainty(name) if name else None
        if isinstance(value, str):
            return _in_scheme(value) if sure == "sure" or (sure and looks_secret(value)) else self.text(value)
        return HIDDEN if sure == "sure" and isinstance(value, int | float) and not isinstance(value, bool) else value

    def body(self, body: bytes) -> bytes:
        """A body without secrets; byte for byte the same if it holds none."""
        text = body.decode("utf-8", "surrogateescape")
        if "\\" not in text and not self._may_hold_any(text):
            return body
        hidden = self.text(text)
        try:
            value = json.loads(hidden)
            clean = self.json(value)  # what is written "\u0073k-…" is only seen once it is read
            if clean != value:
                return _HALF.sub(_escape, json.dumps(clean, ensure_ascii=False)).encode()
        except (ValueError, RecursionError):
            pass
        return hidden.encode("utf-8", "surrogateescape")

    def find(self, text: str) -> list[Found]:
        """
        What looks like a secret in a text, in order; nothing, after `text` has done its work, unless it hides well:
        a configured key in other case, in base64, base32 or hex is found though it is not replaced.
        """
        found: list[Found] = []
        clean: set[bytes] = set()  # the same header stands in every interaction
        data = text.encode("utf-8", "surrogatepass")
        counted, before, line = 0, 0, 1  # bytes looked at, and the characters and lines in them
        done = -1
        for start, end in self._suspects(data):
            if (lines := data[start:end]) in clean:
                continue
            here = self._looks_like_secrets(shown := lines.decode("utf-8", "surrogatepass"))
            if not here:
                clean.add(lines)
                continue
            between = data[counted:start]
            before += len(between.decode("utf-8", "surrogatepass"))
            line += between.count(b"\n")
            counted = start
            for span in here:
                if before + span.start > done:  # lines that are suspect twice
                    done = before + span.start
                    at = line + shown.count("\n", 0, span.start)
                    found.append(Found(span.kind, done, at, _beginning(shown[span.start : span.end])))
        return found

    def _spans(self, text: str) -> Iterator[Span]:
        """All that is secret in a text, in order, what overlaps as one."""
        found = [*named(text)]
        found += (Span(*match.span(), _KINDS[match.lastindex - 1]) for match in _SHAPED.finditer(text) if match.lastindex)
        found += (Span(*match.span(), _CONFIGURED) for match in self._literals.finditer(text))
        return _joined(sorted(found))

    def _looks_like_secrets(self, lines: str) -> list[Span]:
        traces = [Span(*match.span(), _CONFIGURED) for match in self._traces.finditer(lines)]
        return [*_joined(sorted([*self._spans(lines), *traces]))]

    def _may_hold_any(self, text: str) -> bool:
        lower = text.lower()
        if any(form in lower for form in self._forms):
            return True
        return any(root in lower and any(needle in lower for needle in needles) for root, needles in _NEEDLES.items())

    @cached_property
    def _traces(self) -> re.Pattern[str]:
        """Every way to write a key, in any case."""
        forms = {form for key in self._keys for form in (*escaped(key), *encoded(key))}
        return re.compile("|".join(map(re.escape, sorted(forms))) or r"(?!)", re.IGNORECASE)

    @cached_property
    def _needles(self) -> list[tuple[bytes, tuple[bytes, ...]]]:
        """In lower case as bytes are, where no letter beyond ASCII changes: what to look for, and what must then stand there."""
        keys = {form for key in self._keys for form in (key, *encoded(key))}
        forms = {form.encode().lower() for form in (*self._forms, *keys)}
        known = [(root.encode(), tuple(needle.encode() for needle in needles)) for root, needles in _NEEDLES.items()]
        return [*known, *((form, (form,)) for form in sorted(forms))]

    def _suspects(self, data: bytes) -> list[tuple[int, int]]:
        """The lines of a text worth a closer look, each with the two after it that are not blank."""
        lower = data.lower()  # of bytes: letters without case take no time, and every place stays the same
        lower = lower.replace(_OUR_OWN, _AS_LONG).replace(
            b":\n", b";\n"
        )  # a header's name; its value stands in a line of its own
        spans: list[tuple[int, int]] = []
        end_of_line = -1
        for at in sorted(_places(lower, self._needles)):
            if at < end_of_line:
                continue
            end_of_line = _end_of_line(lower, at)
            last = _LINES.match(lower, at)
            spans.append((lower.rfind(b"\n", 0, at) + 1, last.end() if last else at))
        return spans


def _places(lower: bytes, needles: Iterable[tuple[bytes, tuple[bytes, ...]]]) -> Iterator[int]:
    """Where a needle stands."""
    for root, whole in needles:
        at = lower.find(root)
        while at >= 0:
            if lower.startswith(whole, at):
                yield at
            at = lower.find(root, at + len(root))


def _end_of_line(data: bytes, at: int) -> int:
    end = data.find(b"\n", at)
    return len(data) if end < 0 else end


def _joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans in order, as many as overlap as one, of the kind of the first."""
    last: Span | None = None
    for span in spans:
        if last is not None and span.start < last.end:
            last = last._replace(end=max(last.end, span.end))
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last


def _split(value: str) -> tuple[str, str]:
    """A header's scheme, with the space after it, and the rest."""
    scheme, space, rest = value.partition(" ")
    return (scheme + space, rest) if space and scheme.lower() in _SCHEMES else ("", value)


def _in_scheme(value: str) -> str:
    scheme, rest = _split(value)
    return f"{scheme}{HIDDEN}" if rest.strip() else value


def _escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


_OUR_OWN = f"bearer {HIDDEN.lower()}\n".encode()  # in most interactions, and in all that are recorded
_AS_LONG = _OUR_OWN.replace(b"bearer", b"______")
_LINES = re.compile(rb"[^\n]*(?:\s*[^\n]+){0,2}")  # a field's name, its colon and its value may stand apart


def _beginning(secret: str) -> str:
    return f"{secret[: min(6, len(secret) // 3)]}…"
