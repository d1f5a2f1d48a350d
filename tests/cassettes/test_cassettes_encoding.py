"""Compressed answers: read where that is possible, and never stored as something nobody can read."""

from __future__ import annotations

import gzip
import json
import sys
import zlib
from pathlib import Path

import pytest
import requests
from gateway import KEY, Answer, gateway
from made import JSON, player

from pytest_assistant_mock import errors
from pytest_assistant_mock.cassettes import content_encoding, load
from pytest_assistant_mock.cassettes.content_encoding import Unreadable, decoded, plain

PLAIN = json.dumps({"你": [*range(2000)]}, ensure_ascii=False, separators=(",", ":")).encode()


def raw(body: bytes) -> bytes:
    """Deflate without a head, as some servers send it."""
    machine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return machine.compress(body) + machine.flush()


def br(body: bytes) -> bytes:
    """Compressed by the library, if it is there."""
    return bytes(pytest.importorskip("brotli").compress(body))


def zstd(body: bytes) -> bytes:
    """Compressed by the library, if it is there."""
    return bytes(pytest.importorskip("zstandard").ZstdCompressor().compress(body))


CODINGS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "Deflate": raw,
    "deflate, gzip": lambda body: gzip.compress(zlib.compress(body)),
    "br": br,
    "zstd": zstd,
}


def headers(coding: str) -> tuple[tuple[str, str], ...]:
    """Headers of a compressed answer."""
    return (*JSON, ("Content-Encoding", coding), ("Content-Length", "7"))


@pytest.mark.parametrize("coding", CODINGS)
def test_every_coding_is_read(coding: str) -> None:
    """Body and header go together; a body that is plain already loses the header only."""
    for body in (CODINGS[coding](PLAIN), PLAIN, b""):
        assert decoded(headers(coding), body) == (JSON, PLAIN if body else b"")


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_all_members_of_a_body_are_read(coding: str) -> None:
    """As clients read them; what follows and is none is left."""
    packed = CODINGS[coding]
    assert decoded(headers(coding), packed(b"one ") + packed(b"two") + b"\0\0") == (JSON, b"one two")


@pytest.mark.parametrize("coding", CODINGS)
def test_a_body_cut_short_stays_as_it_came(coding: str) -> None:
    """With its header: the client that meets it again does what it did before."""
    body = CODINGS[coding](PLAIN)[:-3]
    assert decoded(headers(coding), body) == (headers(coding), body)


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_body_made_to_explode_is_refused(coding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it fills the memory."""
    monkeypatch.setattr(content_encoding, "MAX_BYTES", 100_000)
    body = CODINGS[coding](b"\0" * 100_001)
    with pytest.raises(Unreadable, match=r"larger than 100,000 bytes"):
        plain(headers(coding), body)
    assert plain(headers(coding), CODINGS[coding](b"\0" * 100_000)) == b"\0" * 100_000


def test_without_the_library_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is to be installed."""
    for name in ("brotli", "brotlicffi"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(Unreadable, match="brotli or brotlicffi is not installed"):
        plain(headers("br"), b"\xff\xfe")


REFUSED = {
    "cut short": (gzip.compress(PLAIN)[:-3], "gzip", "it is cut short"),
    "another coding": (b"\xff\xfe", "compress", "the content coding compress is not known here"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_recording_that_cannot_be_read_is_refused(name: str, tmp_path: Path) -> None:
    """It could hold a secret; the error says what it is and what to do, and nothing is written."""
    body, coding, why = REFUSED[name]
    path = tmp_path / "c.yaml"
    with gateway(Answer(body, headers(coding)[:2])) as service:
        refused = pytest.raises(errors.CassetteError, match=f"compressed with {coding} and cannot be read .*: {why}")
        with refused, player(path, record="once", hosts=service.hosts):
            reply = requests.get(service.base + "/threads/t", headers=KEY, timeout=10, stream=True)
            assert reply.raw.read(decode_content=False) == body
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_what_can_be_read_is_recorded_plain(coding: str, tmp_path: Path) -> None:
    """And replayed plain."""
    path, body = tmp_path / "c.yaml", CODINGS[coding](PLAIN)
    with gateway(Answer(body, headers(coding)[:2])) as service:
        with player(path, record="once", hosts=service.hosts):
            requests.get(service.base + "/threads/t", headers=KEY, timeout=10, stream=True).raw.read(decode_content=False)
        with player(path, hosts=service.hosts):
            assert requests.get(service.base + "/threads/t", headers=KEY, timeout=10).content == PLAIN
    (recorded,) = load(path).interactions
    assert recorded.response is not None
    assert (recorded.response.body, recorded.response.header("content-encoding")) == (PLAIN, None)
