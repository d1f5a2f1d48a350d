"""Seams are pinned, and libraries are found, or said to be unknown."""

from __future__ import annotations

import sys
from importlib import import_module, metadata
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
    """Stands for a class of an HTTP library."""

    def send(self, request: object) -> None:
        """What is swapped."""


def _seam(name: str, *parameters: tuple[str, ...]) -> Seam:
    return Seam(Library, name, lambda answerer, original: original, parameters)


def test_a_known_signature_passes() -> None:
    """Any of the known signatures will do, and another patch may call `self` what it likes."""
    _seam("send", ("self", "data"), ("self", "request")).check()
    _seam("send", ("transport", "request")).check()


def test_a_changed_signature_is_a_clear_error() -> None:
    """It names the function, what it takes, what was expected, and what to do."""
    with pytest.raises(UnknownSeam) as raised:
        _seam("send", ("self", "data"), ("self", "data", "timeout")).check()
    assert str(raised.value) == (f"{__name__}.Library.send takes (self, request), expected (self, data) or (self, data, timeout)")


def test_a_missing_function_is_a_clear_error() -> None:
    """It names the function that is gone."""
    with pytest.raises(UnknownSeam) as raised:
        _seam("post").check()
    assert str(raised.value) == f"{__name__}.Library.post is gone"


def test_every_library_has_known_seams() -> None:
    """Each seam of each library passes its check as it is now, and none of the libraries here is left out."""
    there = {library for library in doors.DOORS if find_spec(library)}
    for library in there:
        assert doors.known(library, import_module(library)), library
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
    with pytest.raises(UnknownSeam), AssistantMock() as mock:
        assert httpx.post(f"{mock.model_studio.base_url}/threads", json={}).status_code == 401
        with pytest.raises(UnknownSeam, match=r"^urllib3 .* asked for https://dashscope\.aliyuncs\.com") as raised:
            urllib3.PoolManager().request("POST", f"{mock.model_studio.base_url}/threads", retries=False)
        assert "do:   use another client in the test, install a version that is known, or report it" in str(raised.value)
        assert sent == []
        with pytest.raises((ConnectionError, urllib3.exceptions.ProtocolError), match="no service"):
            urllib3.PoolManager().request("GET", "http://127.0.0.1:9/x", retries=False)
        assert len(sent) == 1


@pytest.fixture
def strange(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """An HTTP library whose transport takes more than the one we know."""
    httpx = pytest.importorskip("httpx")

    class HTTPTransport(httpx.HTTPTransport):  # type: ignore[misc, name-defined]
        def handle_request(self, request: Any, more: Any = None) -> Any:
            return httpx.Response(200, text="real")

    HTTPTransport.__module__ = HTTPTransport.handle_request.__module__ = "strange_http"
    module = ModuleType("strange_http")
    module.__dict__.update({**vars(httpx), "__version__": "99.0", "__spec__": None, "HTTPTransport": HTTPTransport})
    monkeypatch.setitem(sys.modules, "strange_http", module)
    monkeypatch.setitem(doors.DOORS, "strange_http", "httpx")
    return module


def test_a_library_that_looks_different_is_told_of_where_it_is_used(strange: ModuleType) -> None:
    """By its own name, and only for what would have to be answered; the others are answered as ever."""
    httpx = sys.modules["httpx"]
    base = "http://gw.corp.invalid"
    transport = strange.HTTPTransport()
    with behind_doors(Script(base, says("ours"))):
        with httpx.Client(trust_env=False) as client:
            assert client.get(f"{base}/x").text == "ours"
        assert transport.handle_request(httpx.Request("GET", "http://other.invalid/x")).text == "real"
        with pytest.raises(UnknownSeam) as raised:
            transport.handle_request(httpx.Request("GET", f"{base}/x"))
    assert str(raised.value) == (
        f"strange_http 99.0 asked for {base}/x while an assistant mock is open; nothing was sent\n"
        "  why:  the mock does not know this version of the library: strange_http.strange.<locals>.HTTPTransport.handle_request"
        " takes (self, request, more), expected (self, request)\n"
        "  do:   use another client in the test, install a version that is known, or report it"
    )
    assert transport.handle_request(httpx.Request("GET", f"{base}/x")).text == "real"


def test_a_library_without_its_classes_does_not_close_the_mock(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to stand in for; the vendors' hosts are guarded below it."""
    monkeypatch.setitem(sys.modules, "strange_http", ModuleType("strange_http"))
    monkeypatch.setitem(doors.DOORS, "strange_http", "httpx")
    before = sys.meta_path.copy()
    with AssistantMock():
        pass
    assert sys.meta_path == before


def test_a_fork_under_another_name_is_told_by_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """As urllib3-future, which niquests installs in the place of urllib3; who does not use it does not notice."""
    pool = pytest.importorskip("urllib3").connectionpool.HTTPConnectionPool
    known = pool._make_request

    def make_request(self: Any, conn: Any, method: str, url: str, multiplexed: bool = False) -> Any:
        raise AssertionError("sent")

    make_request.__module__ = known.__module__
    monkeypatch.setattr(pool, "_make_request", make_request)
    monkeypatch.setattr(metadata, "packages_distributions", lambda: {"urllib3": ["urllib3-future"]})
    monkeypatch.setattr(metadata, "version", lambda name: sys.modules["urllib3"].__version__)
    doors.seams_of.cache_clear()
    try:
        with AssistantMock() as mock:
            httpx = pytest.importorskip("httpx")
            url, key = f"{mock.model_studio.base_url}/threads", {"Authorization": "Bearer k"}
            assert httpx.post(url, headers=key, json={}).status_code == 200
            with pytest.raises(UnknownSeam, match=r"^urllib3-future \S+, imported as urllib3, asked for https://dashscope"):
                sys.modules["urllib3"].PoolManager(retries=False).request("POST", url)
            mock.excuse()
    finally:
        doors.seams_of.cache_clear()


def test_another_patch_below_ours_is_put_back_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin that had patched the same function finds its patch again."""
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
    """Bytes, text, buffers and pieces of any of them."""
    assert body_bytes(body) == expected
