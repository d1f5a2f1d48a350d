"""
Seams are pinned, and libraries are found, or said to be unknown.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from answerers import Script, behind_doors, says

from pytest_assistant_mock._doors import table
from pytest_assistant_mock._doors.door import Seam, body_bytes
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


def test_every_installed_library_has_known_seams() -> None:
    """
    Each seam of each installed library passes its check as it is now.
    """
    for seam in table.installed():
        seam.check()


@pytest.fixture
def fresh() -> Any:
    """
    A table that looks again.
    """
    looked_up = (table._checked, table._usable)
    for function in looked_up:
        function.cache_clear()
    yield table.installed
    for function in looked_up:
        function.cache_clear()


def test_a_library_that_cannot_be_imported_has_no_door(fresh: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """
    A broken installation is as good as none; the other doors open.
    """
    (tmp_path / "broken_http.py").write_text("raise RuntimeError('half installed')", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    before = len(fresh())
    monkeypatch.setattr(table, "DOORS", (*table.DOORS, ("broken_http", "httpx"), ("not_there_http", "httpx")))
    assert len(fresh()) == before


def test_a_library_that_looks_different_is_a_clear_error(fresh: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Without its class the library is not known, and the mock does not open with a door less.
    """
    strange = ModuleType("strange_http")
    strange.__dict__["__version__"] = "99.0"
    monkeypatch.setitem(sys.modules, "strange_http", strange)
    monkeypatch.setattr(table, "DOORS", (("strange_http", "httpx"),))
    with pytest.raises(UnknownSeam, match=r"^strange_http 99\.0 is not known: .*; install an older one, or report it$"):
        fresh()


def test_a_library_imported_anew_gets_its_door_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What has replaced a module in sys.modules (a reload, another test tool) is answered like the one before.
    """
    before = pytest.importorskip("httpx")
    table.installed()
    for name in [name for name in sys.modules if name.partition(".")[0] == "httpx"]:
        monkeypatch.delitem(sys.modules, name)
    again = import_module("httpx")
    assert again is not before
    with behind_doors(Script("http://gw.corp.invalid", says("ours"))), again.Client(trust_env=False) as client:
        assert client.get("http://gw.corp.invalid/x").text == "ours"


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
