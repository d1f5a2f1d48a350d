"""
Content coding: a compressed body is stored and replayed as it reads, and its header goes with it.

Knows gzip and deflate, as the standard library does; leaves any other coding as it came.
"""

from __future__ import annotations

import zlib

from pytest_assistant_mock._engine.wire import Headers, header

_MAX_BYTES = 64 * 1024 * 1024
_AUTOMATIC, _RAW = zlib.MAX_WBITS | 32, -zlib.MAX_WBITS


def decoded(headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    """
    Headers and body of a response, both without compression; a header that a tool has left beside a body it had already
    decompressed is dropped.
    """
    coding = header(headers, "content-encoding")
    if coding is None:
        return headers, body
    if coding.strip().lower() in ("gzip", "x-gzip", "deflate"):
        body = _inflated(body)
    elif coding.strip().lower() not in ("", "identity") and not _is_text(body):
        return headers, body
    dropped = ("content-encoding", "content-length")
    return tuple(pair for pair in headers if pair[0].lower() not in dropped), body


def _inflated(body: bytes) -> bytes:
    for bits in (_AUTOMATIC, _RAW):
        machine = zlib.decompressobj(bits)
        try:
            plain = machine.decompress(body, _MAX_BYTES)
        except zlib.error:
            continue
        if machine.eof:
            return plain
    return body  # it was not compressed any more


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
