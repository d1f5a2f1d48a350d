"""
Seams are pinned, and libraries are found, or said to be unknown.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest
from answerers import Script, behind_doors, says

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._doors import doors
from pytest_assistant_mock._doors.seam import Seam, body_bytes
from pytest_assistant_mock.errors import UnknownSeam


class Library:
    """
    Stands for a class of an HTTP library.
    """

    def send(self, request: object) -> None:
        """
        What is swapped.
        """


def _seam(name: str, *parameters: tuple[str, ...]) -> Seam:
    return Seam(Library, name, lambda answerer, original: original, parameters)


def test_a_known_signature_passes() -> None:
    """
    Any of the known signatures will do, and another patch may call `self` what it likes.
    """
    _seam("send", ("self", "data"), ("self", "request")).check()
    _seam("send", ("transport", "request")).check()


def test_a_changed_signature_is_a_clear_error() -> None:
    """
    It names the function, what it takes, what was expected, and what to do.
    """
    with pytest.raises(UnknownSeam) as raised:
        _seam("send", ("self", "data"), ("self", "data", "timeout")).check()
    assert str(raised.value) == (
        f"{__name__}.Library.send takes (self, request), expected (self, data) or (self, data, timeout):"
        " this version of the library is not known; install an older one, or report it"
    )


def test_a_missing_function_is_a_clear_error() -> None:
    """
    It names the function that is gone.
    """
    with pytest.raises(UnknownSeam) as raised:
        _seam("post").check()
    assert str(raised.value) == f"{__name__}.Library.post is gone: this version of the library is not known; please report it"


def test_every_library_has_known_seams() -> None:
    """
    Each seam of each library passes its check as it is now, and none of the libraries here is left out.
    """
    there = {library for library in doors.DOORS if find_spec(library)}
    for library in there:
        seams = doors.seams_of(library, import_module(library))
        assert seams, library
        for seam in seams:
            seam.check()
    assert {"socket", "http.client", "urllib3", "requests", "httpx", "aiohttp"} <= there


def test_a_library_that_looks_different_closes_no_mock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its class the library is not known; the mock opens, and the others are answered."""
    httpx = pytest.importorskip("httpx")
    strange = ModuleType("strange_http")
    strange.__dict__["__version__"] = "99.0"
    monkeypatch.setitem(sys.modules, "strange_http", strange)
    monkeypatch.setitem(doors.DOORS, "strange_http", "httpx")
    with AssistantMock(strict=False) as mock:
        assert httpx.post(f"{mock.model_studio.base_url}/threads", json={}).status_code == 401


def test_a_function_that_takes_other_parameters_is_told_of_when_it_is_used(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """
    By the library's own name, with what to do, and nothing is sent; httpx is answered beside it, and what is nobody's goes on.
    """
    httpx, urllib3 = pytest.importorskip("httpx"), pytest.importorskip("urllib3")
    sent = []

    def _make_request(self: Any, everything: Any, *more: Any, **options: Any) -> Any:
        sent.append((self.host, everything, more, options))
        raise ConnectionError("no service")

    _make_request.__module__ = "urllib3.connectionpool"
    monkeypatch.setattr(urllib3.connectionpool.HTTPConnectionPool, "_make_request", _make_request)
    doors.seams_of.cache_clear()  # it remembers the library as it was
    request.addfinalizer(doors.seams_of.cache_clear)
    with pytest.raises(UnknownSeam), AssistantMock(strict=False) as mock:
        assert httpx.post(f"{mock.model_studio.base_url}/threads", json={}).status_code == 401
        with pytest.raises(UnknownSeam, match=r"^urllib3 .* asked for https://dashscope\.aliyuncs\.com") as raised:
            urllib3.PoolManager().request("POST", f"{mock.model_studio.base_url}/threads", retries=False)
        assert "do:   use another client in the test, install a version that is known, or report it" in str(raised.value)
        assert sent == []
        with pytest.raises((ConnectionError, urllib3.exceptions.ProtocolError), match="no service"):
            urllib3.PoolManager().request("GET", "http://127.0.0.1:9/x", retries=False)
        assert len(sent) == 1


def test_another_patch_below_ours_is_put_back_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    A plugin that had patched the same function finds its patch again.
    """
    httpx = pytest.importorskip("httpx")

    def patched(transport: Any, request: Any) -> Any:
        return httpx.Response(200, text="another plugin")

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", patched)
    with behind_doors(Script("http://gw.corp.invalid", says("ours"))), httpx.Client(trust_env=False) as client:
        assert client.get("http://gw.corp.invalid/x").text == "ours"
        assert client.get("http://other.invalid/x").text == "another plugin"
    assert httpx.HTTPTransport.handle_request is patched


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (None, b""),
        (b"ab", b"ab"),
        ("你", "你".encode()),
        (bytearray(b"ab"), b"ab"),
        (memoryview(b"ab"), b"ab"),
        (iter([b"a", "b", bytearray(b"c")]), b"abc"),
    ],
)
def test_a_body_is_read_whole(body: Any, expected: bytes) -> None:
    """
    Bytes, text, buffers and pieces of any of them.
    """
    assert body_bytes(body) == expected
