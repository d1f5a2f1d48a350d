"""
Strategies for the small things payloads are made of: ids, text, metadata, times.

Knows the vendors' id formats; knows no operation. Each is made once: making one takes longer than drawing from it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from hypothesis import strategies as st

MAX_INT = 2**40

_SAMPLES = (
    "a",  # the first is what a failing example shrinks to
    "你是谁",
    "地球是圆的吗?",
    "繁體中文",
    "👩‍👩‍👧‍👦",
    "e\u0301\u0323",  # combining marks
    "שלום עולם",
    "مرحبا",
    "𠜎𡃁",  # beyond the basic plane
    "a\u2028b\u2029c",
    "\u0000\t\r\n",
    "\ufeff",
    '"\\/',
    "字" * 3000,
)


@cache
def text(*, min_size: int = 0, max_size: int | None = None, blank: bool = True) -> st.SearchStrategy[str]:
    """
    Any text JSON can carry: no surrogates. Chinese, emoji, combining marks, right-to-left, very long ones come often.

    blank: whether white space alone, or nothing, is allowed.
    """
    fitting = [sample for sample in _SAMPLES if min_size <= len(sample) <= (max_size or len(sample))]
    alphabet = st.characters(codec="utf-8")
    drawn = st.text(alphabet, min_size=min_size, max_size=max_size)
    if blank:
        return drawn | st.sampled_from(fitting)
    # what is blank gets one visible character: to filter would be slow, and so is to draw more than one text
    said = drawn.map(lambda one: one if one.strip() else f"{one[: (max_size or len(one) + 1) - 1]}a")
    return said | st.sampled_from([sample for sample in fitting if sample.strip()])


@cache
def timestamps() -> st.SearchStrategy[int]:
    """Milliseconds since 1970 with 13 digits: 2001 to 2286."""
    return st.integers(1_000_000_000_000, 9_999_999_999_999)


@cache
def uuids(version: int) -> st.SearchStrategy[str]:
    """Lower-case UUIDs whose version nibble is as given (Model Studio's request ids say 9)."""
    return st.integers(0, 2**122 - 1).map(lambda number: _uuid(number, version))


def _uuid(number: int, version: int) -> str:
    high, low = divmod(number, 2**62)
    first, last = divmod(high, 2**12)
    digits = f"{first:012x}{version}{last:03x}{2**63 + low:016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


@cache
def dashed_ids(prefix: str) -> st.SearchStrategy[str]:
    """Model Studio's: `<prefix>_<uuid4>`."""
    return uuids(4).map(lambda uuid: f"{prefix}_{uuid}")


@cache
def plain_ids(prefix: str) -> st.SearchStrategy[str]:
    """AppBuilder's: `<prefix>_<32 hex of a uuid4>`."""
    return uuids(4).map(lambda uuid: f"{prefix}_{uuid.replace('-', '')}")


@cache
def file_ids() -> st.SearchStrategy[str]:
    """`file-<decimal>`, as both vendors print them."""
    return st.integers(1, 2**53).map(lambda number: f"file-{number}")


@cache
def json_values() -> st.SearchStrategy[Any]:
    """Small JSON values; numbers stay where every parser keeps them exact."""
    plain = st.none() | st.booleans() | st.integers(-MAX_INT, MAX_INT) | text(max_size=20)
    return st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text(max_size=8), inner, max_size=3))


@cache
def metadata(values: st.SearchStrategy[Any] | None = None) -> st.SearchStrategy[dict[str, Any]]:
    """
    Metadata within the documented limits, which it often touches: 16 pairs, keys of 64 and values of 512 characters.

    values: for the values; by default text.
    """
    inner = text(max_size=512) | st.just("值" * 512) if values is None else values
    keys = text(max_size=64) | st.just("键" * 64)
    full = {f"key{number}": "value" for number in range(16)}
    return st.dictionaries(keys, inner, max_size=3) | st.just(full)


@cache
def model_studio_ids(kind: str) -> st.SearchStrategy[str]:
    """Model Studio's ids of a kind."""
    prefixes = {"thread": "thread", "assistant": "asst", "run": "run", "step": "step"}
    return uuids(9) if kind == "request" else dashed_ids(prefixes.get(kind, "message"))


@cache
def appbuilder_ids(kind: str) -> st.SearchStrategy[str]:
    """AppBuilder's ids of a kind."""
    prefixes = {"thread": "thread", "assistant": "asst", "run": "run", "assistant message": "chatmsg"}
    if kind == "step":
        return st.integers(1, 99).map("step-{}".format)
    return uuids(4) if kind == "request" else plain_ids(prefixes.get(kind, "msg"))
