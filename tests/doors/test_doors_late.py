"""
A library imported while a mock is open gets its door the moment its import is done.
"""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Event, Thread
from types import ModuleType

import pytest
from answerers import Script, behind_doors, says

from pytest_assistant_mock._doors import table
from pytest_assistant_mock.errors import UnknownSeam

SEND = {
    "requests": "import requests\n    requests.post(url, headers=key)",
    "urllib3": "import urllib3\n    urllib3.PoolManager().request('POST', url, headers=key)",
    "httpx": "import httpx\n    httpx.post(url, headers=key)",
    "httpx2": "import httpx2\n    httpx2.post(url, headers=key)",
    "aiohttp": """import aiohttp, asyncio
    async def post():
        async with aiohttp.ClientSession() as session, session.post(url, headers=key) as response:
            return response.status
    asyncio.run(post())""",
    "http.client": "import urllib.request\n    urllib.request.urlopen(urllib.request.Request(url, b'', key))",
}
"""Imports a client for the first time, and asks it to create a thread."""

SCRIPT = """
import sys
from pytest_assistant_mock import AssistantMock

def send(url, key):
    {send}

def threads():
    return [len(mock.model_studio.threads()) for mock in (outer, inner)]

outer, inner = AssistantMock().__enter__(), AssistantMock().__enter__()
assert {library!r} not in sys.modules
asked = inner.model_studio.base_url + "/threads", dict(Authorization="Bearer sk-test")
send(*asked)
assert threads() == [0, 1]
inner.__exit__(None, None, None)
send(*asked)
assert threads() == [1, 1]
outer.__exit__(None, None, None)

from pytest_assistant_mock._doors import table
now = [getattr(seam.owner, seam.name) for seam in table.imported()]
assert [one for one in now if "_assistant_mock" in str(getattr(one, "__module__", ""))] == []
assert [one for one in sys.meta_path if "_assistant_mock" in type(one).__module__] == []
assert "exec_module" not in vars(sys.modules[{library!r}].__spec__.loader)
print("ours")
"""


@pytest.mark.parametrize("library", SEND)
def test_a_library_imported_while_a_mock_is_open_is_answered(library: str) -> None:
    """
    By the innermost mock first, by the one outside when that has closed; afterwards everything is as it was.
    """
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    script = SCRIPT.format(library=library, send=SEND[library])
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("ours\n", "")


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """
    The name of a library of the test's own, with a door like httpx's; the test writes its file.
    """
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(table.DOORS, "new_http", "httpx")
    monkeypatch.delitem(sys.modules, "new_http", raising=False)
    return "new_http"


LIKE_HTTPX = "from httpx import *\nclass HTTPTransport(HTTPTransport):\n    def handle_request(self, request): return 'real'\n"


def _answer(module: ModuleType) -> str:
    transport, request = module.HTTPTransport(), module.Request("GET", "http://gw.corp.invalid/x")
    answer = transport.handle_request(request)
    return answer if isinstance(answer, str) else answer.read().decode()


def test_an_import_that_fails_opens_no_door_and_the_next_one_does(library: str, tmp_path: Path) -> None:
    """
    The error is the import's own.
    """
    pytest.importorskip("httpx")
    file = tmp_path / f"{library}.py"
    with behind_doors(Script("http://gw.corp.invalid", says("ours"))):
        file.write_text("raise RuntimeError('half installed')", "utf-8")
        with pytest.raises(RuntimeError, match="half installed"):
            import_module(library)
        assert library not in sys.modules
        file.write_text(LIKE_HTTPX, "utf-8")
        module = import_module(library)
        assert _answer(module) == "ours"
    assert _answer(module) == "real"


def test_an_import_under_way_in_another_thread_is_waited_for(library: str, tmp_path: Path) -> None:
    """
    It began before the mock opened, so nobody would hear of its end.
    """
    pytest.importorskip("httpx")
    (tmp_path / f"{library}.py").write_text(f"import gate; gate.begun.set(); gate.go.wait(30)\n{LIKE_HTTPX}", "utf-8")
    gate = ModuleType("gate")
    gate.__dict__.update(begun=Event(), go=Event())
    sys.modules["gate"] = gate
    importing = Thread(target=import_module, args=(library,))
    importing.start()
    assert gate.begun.wait(30)
    answers: list[str] = []

    def ask() -> None:
        with behind_doors(Script("http://gw.corp.invalid", says("ours"))):
            answers.append(_answer(sys.modules[library]))

    asking = Thread(target=ask)
    asking.start()
    gate.go.set()
    importing.join(30)
    asking.join(30)
    del sys.modules["gate"]
    assert answers == ["ours"]


def test_a_library_that_looks_different_fails_where_it_is_imported(library: str, tmp_path: Path) -> None:
    """
    Nothing is sent by a client whose door is not known.
    """
    (tmp_path / f"{library}.py").write_text("__version__ = '99.0'", "utf-8")
    with behind_doors(Script("http://gw.corp.invalid", says("ours"))):
        with pytest.raises(UnknownSeam, match=r"^new_http 99\.0 is not known: .*; install an older one, or report it$"):
            import_module(library)
        assert library not in sys.modules


@pytest.mark.parametrize("opened", [False, True])
def test_a_library_imported_anew_gets_its_door_again(opened: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What has replaced a module in sys.modules (a reload, another test tool) is answered like the one before.
    """
    before = pytest.importorskip("httpx")
    for name in [name for name in sys.modules if name.partition(".")[0] == "httpx"]:
        monkeypatch.delitem(sys.modules, name)
    again = None if opened else import_module("httpx")
    with behind_doors(Script("http://gw.corp.invalid", says("ours"))):
        again = again or import_module("httpx")
        assert again is not before
        with again.Client(trust_env=False) as client:
            assert client.get("http://gw.corp.invalid/x").text == "ours"
