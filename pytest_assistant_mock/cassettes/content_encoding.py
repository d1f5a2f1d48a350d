"""
Content coding: a compressed body is stored and replayed as it reads, and its header goes with it.

Knows gzip and deflate as the standard library does, br and zstd where their library is installed. What cannot be read,
because it is cut short, too large or of another coding, is left as it came, with its header.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from pytest_assistant_mock._engine.wire import Headers, header

MAX_BYTES = 64 * 1024 * 1024
"""Of a body that has been decompressed."""

_PIECE = 1024
"""So many bytes are read at a time: a body made to explode is noticed before it fills the memory."""

_MAGIC = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b", "zstd": b"\x28\xb5\x2f\xfd"}


class Unreadable(ValueError):
    """Why a compressed body cannot be read, in words."""


def decoded(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    """
    Headers and body of a response, both without compression; a header that a tool has left beside a body it had already
    decompressed is dropped.
    """
    if header(headers, "content-encoding") is None:
        return headers, body
    try:
        body = plain(headers, body)
    except Unreadable:
        return headers, body
    dropped = ("content-encoding", "content-length")
    return tuple(pair for pair in headers if pair[0].lower() not in dropped), body


def lengths(pieces: Sequence[bytes]) -> list[int]:
    """How many bytes each piece of a body compressed with gzip or deflate has brought; nothing for any other coding."""
    machine = zlib.decompressobj(zlib.MAX_WBITS | 32)
    try:
        return [len(machine.decompress(piece)) for piece in pieces]
    except zlib.error:
        return []


def plain(headers: Headers, body: bytes) -> bytes:
    """A body without compression. Raises Unreadable."""
    codings = (header(headers, "content-encoding") or "").lower().split(",")
    for coding in reversed([name.strip() for name in codings]):
        if coding not in ("", "identity") and body:
            body = _undone(coding, body)
    return body


def _undone(coding: str, body: bytes) -> bytes:
    if not body.startswith(_MAGIC.get(coding, b"")):
        return _as_text(coding, body)
    reader = _READERS.get(coding)
    if reader is None:
        return _as_text(coding, body)
    try:
        return reader(body)
    except Unreadable as problem:
        if coding in _MAGIC:  # it begins as such a body does
            raise
        return _as_text(coding, body, str(problem))


def _as_text(coding: str, body: bytes, problem: str = "") -> bytes:
    """A body that some tool has decompressed already, and left the header beside it; anything else is refused."""
    try:
        body.decode()
    except UnicodeDecodeError:
        raise Unreadable(problem or f"the content coding {coding} is not known here") from None
    return body


def _read(body: bytes, begin: Callable[[], Any], broken: type[Exception]) -> bytes:
    """All members of a compressed body; what follows the last and is none, clients leave unread as well."""
    found, whole, at = bytearray(), 0, 0
    while at < len(body):
        machine = begin()
        try:
            while not machine.eof and at < len(body):
                piece = body[at : at + _PIECE]
                at += len(piece)
                found += machine.decompress(piece)
                _check_size(found)
        except broken as error:
            if whole:
                break
            raise Unreadable(f"it is broken: {error}") from None
        if not machine.eof:
            raise Unreadable("it is cut short")
        at -= len(machine.unused_data)
        whole = len(found)
    return bytes(found[:whole])


def _gzip(body: bytes) -> bytes:
    return _read(body, lambda: zlib.decompressobj(zlib.MAX_WBITS | 32), zlib.error)


def _deflate(body: bytes) -> bytes:
    try:
        return _gzip(body)
    except Unreadable:
        return _read(body, lambda: zlib.decompressobj(-zlib.MAX_WBITS), zlib.error)  # as some servers understand the name


def _br(body: bytes) -> bytes:
    library = _first("brotli", "brotlicffi")
    machine, found = library.Decompressor(), bytearray()
    step = getattr(machine, "process", None) or machine.decompress
    try:
        for at in range(0, len(body), _PIECE):
            found += step(body[at : at + _PIECE])
            _check_size(found)
    except library.error as error:
        raise Unreadable(f"it is broken: {error}") from None
    if not machine.is_finished():
        raise Unreadable("it is cut short")
    return bytes(found)


def _zstd(body: bytes) -> bytes:
    library = _first("compression.zstd", "backports.zstd", "zstandard")
    make = library.ZstdDecompressor
    return _read(body, lambda: make().decompressobj() if hasattr(make, "decompressobj") else make(), library.ZstdError)


_READERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _br,
    "zstd": _zstd,
}


def _check_size(found: bytearray) -> None:
    if len(found) > MAX_BYTES:
        raise Unreadable(f"it is larger than {MAX_BYTES:,} bytes when read")


def _first(*names: str) -> Any:
    for name in names:
        try:
            return import_module(name)
        except ImportError:
            continue
    raise Unreadable(f"{' or '.join(names)} is not installed")
