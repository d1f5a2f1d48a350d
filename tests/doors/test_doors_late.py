"""A library imported while a mock is open gets its door the moment its import is done."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec, spec_from_loader
from pathlib import Path
from threading import Event, Thread
from types import ModuleType
from zipfile import ZipFile

import pytest
from answerers import Script, behind_doors, says

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._doors import doors
from pytest_assistant_mock._doors.import_hook import imports
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

from pytest_assistant_mock._doors import doors
now = [getattr(seam.owner, seam.name) for seam in doors.imported()]
assert [one for one in now if "_assistant_mock" in str(getattr(one, "__module__", ""))] == []
assert [one for one in sys.meta_path if "_assistant_mock" in type(one).__module__] == []
assert "exec_module" not in vars(sys.modules[{library!r}].__spec__.loader)
print("ours")
"""


@pytest.mark.parametrize("library", SEND)
def test_a_library_imported_while_a_mock_is_open_is_answered(library: str) -> None:
    """By the innermost mock first, by the one outside when that has closed; afterwards everything is as it was."""
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    script = SCRIPT.format(library=library, send=SEND[library])
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("ours\n", "")


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a library of the test's own, with a door like httpx's; the test writes its file."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(doors.DOORS, "new_http", "httpx")
    monkeypatch.delitem(sys.modules, "new_http", raising=False)
    return "new_http"


LIKE_HTTPX = "from httpx import *\nclass HTTPTransport(HTTPTransport):\n    def handle_request(self, request): return 'real'\n"


def _answer(module: ModuleType) -> str:
    transport, request = module.HTTPTransport(), module.Request("GET", "http://gw.corp.invalid/x")
    answer = transport.handle_request(request)
    return answer if isinstance(answer, str) else answer.read().decode()


def test_an_import_that_fails_opens_no_door_and_the_next_one_does(library: str, tmp_path: Path) -> None:
    """The error is the import's own."""
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
    """It began before the mock opened, so nobody would hear of its end."""
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


def test_a_library_that_looks_different_may_be_imported(library: str, tmp_path: Path) -> None:
    """A client nobody uses does not break the import that brings it."""
    (tmp_path / f"{library}.py").write_text("__version__ = '99.0'", "utf-8")
    with behind_doors(Script("http://gw.corp.invalid", says("ours"))):
        assert import_module(library).__version__ == "99.0"


def test_a_library_that_looks_different_fails_where_it_is_used(library: str, tmp_path: Path) -> None:
    """It is imported as ever, and nothing is sent by it."""
    httpx = pytest.importorskip("httpx")
    changed = LIKE_HTTPX.replace("(self, request)", "(self, request, more=None)")
    (tmp_path / f"{library}.py").write_text(f"{changed}__version__ = '99.0'", "utf-8")
    with behind_doors(Script("http://gw.corp.invalid", says("ours"))):
        module = import_module(library)
        with pytest.raises(
            UnknownSeam, match=r"^new_http 99\.0 asked for http://gw\.corp\.invalid/x while an assistant mock is open"
        ):
            _answer(module)
        request = httpx.Request("GET", "http://other.invalid/x")
        assert module.HTTPTransport().handle_request(request) == "real"


@pytest.mark.parametrize("opened", [False, True])
def test_a_library_imported_anew_gets_its_door_again(opened: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has replaced a module in sys.modules (a reload, another test tool) is answered like the one before."""
    before = pytest.importorskip("httpx")
    for name in [name for name in sys.modules if name.partition(".")[0] == "httpx"]:
        monkeypatch.delitem(sys.modules, name)
    again = None if opened else import_module("httpx")
    with behind_doors(Script("http://gw.corp.invalid", says("ours"))):
        again = again or import_module("httpx")
        assert again is not before
        with again.Client(trust_env=False) as client:
            assert client.get("http://gw.corp.invalid/x").text == "ours"


def test_a_loader_of_many_modules_is_left_as_it_is(library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A zip file's one loader loads them all: to look for a library without importing it changes nothing for the others."""
    pytest.importorskip("httpx")
    with ZipFile(tmp_path / "both.zip", "w") as file:
        file.writestr(f"{library}.py", LIKE_HTTPX)
        file.writestr("beside_new_http.py", "")
    monkeypatch.syspath_prepend(tmp_path / "both.zip")
    with behind_doors(Script("http://gw.corp.invalid", says("ours"))):
        assert find_spec(library) is not None
        monkeypatch.setitem(sys.modules, "beside_new_http", import_module("beside_new_http"))
        module = import_module(library)
        assert _answer(module) == "ours"
        assert module.__loader__ is module.__spec__.loader is sys.modules["beside_new_http"].__loader__


def test_a_specification_found_while_a_mock_was_open_is_good_afterwards(library: str, tmp_path: Path) -> None:
    """Nobody is told any more, and no door is opened."""
    pytest.importorskip("httpx")
    (tmp_path / f"{library}.py").write_text(LIKE_HTTPX, "utf-8")
    with behind_doors(Script("http://gw.corp.invalid", says("ours"))):
        spec = find_spec(library)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert _answer(module) == "real"


class _Finder:
    """Another tool's: finds the library by asking all finders again, and may hand out a loader of before Python 3.4."""

    def __init__(self, library: str, old: bool = False) -> None:
        self.library = library
        self.old = old
        self.asking = False

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        if name != self.library or self.asking:
            return None
        self.asking = True
        spec = find_spec(name)
        self.asking = False
        return spec_from_loader(name, self) if self.old else spec  # type: ignore[arg-type]

    def load_module(self, name: str) -> ModuleType:
        module = sys.modules[name] = ModuleType(name)
        return module


def test_a_finder_that_asks_all_finders_again_makes_no_second_door(
    library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As import hooks do: the library is told of once."""
    pytest.importorskip("httpx")
    (tmp_path / f"{library}.py").write_text(LIKE_HTTPX, "utf-8")
    monkeypatch.setattr(sys, "meta_path", [_Finder(library), *sys.meta_path])
    told: list[str] = []
    with behind_doors(Script("http://gw.corp.invalid", says("ours"))):
        imports.tell.append(lambda name, module: told.append(name))
        assert _answer(import_module(library)) == "ours"
        imports.tell.pop()
    assert told == [library]


@pytest.mark.filterwarnings("ignore::ImportWarning", "ignore::DeprecationWarning")
@pytest.mark.skipif(sys.version_info >= (3, 15), reason="there are no such loaders any more")
def test_a_loader_that_executes_nothing_loads_as_ever(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has `load_module` only."""
    monkeypatch.setattr(sys, "meta_path", [_Finder(library, old=True), *sys.meta_path])
    with behind_doors(Script("http://gw.corp.invalid", says("ours"))):
        assert import_module(library).__name__ == library


def test_a_mock_listens_after_others_have_put_back_the_finders(
    library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As pytester does after a run in this process; a finder that was put back late hears nothing."""
    pytest.importorskip("httpx")
    (tmp_path / f"{library}.py").write_text(LIKE_HTTPX, "utf-8")
    before = sys.meta_path[:]
    with behind_doors(Script("http://elsewhere.invalid", says("outer"))):
        open_then = sys.meta_path[:]
        monkeypatch.setattr(sys, "meta_path", before[:])
        with behind_doors(Script("http://gw.corp.invalid", says("ours"))):
            assert _answer(module := import_module(library)) == "ours"
    assert sys.meta_path == before
    sys.meta_path[:] = open_then
    assert _answer(module) == "real"
    with behind_doors(Script("http://gw.corp.invalid", says("again"))):
        assert sys.meta_path == open_then
        assert _answer(module) == "again"
    assert sys.meta_path == before


def test_a_mock_opened_as_an_import_ends_opens_that_door(library: str, tmp_path: Path) -> None:
    """The others have been told, and the import system still calls the library half imported."""
    pytest.importorskip("httpx")
    (tmp_path / f"{library}.py").write_text(LIKE_HTTPX, "utf-8")
    answers: list[str] = []

    def ask(name: str, module: ModuleType) -> None:
        with behind_doors(Script("http://gw.corp.invalid", says("inner"))):
            answers.append(_answer(module))

    with behind_doors(Script("http://gw.corp.invalid", says("outer"))):
        imports.tell.append(ask)
        module = import_module(library)
        imports.tell.remove(ask)
        answers.append(_answer(module))
    assert [*answers, _answer(module)] == ["inner", "outer", "real"]


def test_what_a_reload_makes_anew_gets_its_door() -> None:
    """`importlib.reload` executes the same module again, with other classes in it."""
    script = """
import http.client, importlib
from pytest_assistant_mock import AssistantMock
with AssistantMock() as mock:
    importlib.reload(http.client)
    line = http.client.HTTPSConnection("dashscope.aliyuncs.com")
    line.request("POST", "/api/v1/threads", b"{}", {"Authorization": "Bearer sk-test"})
    print(line.getresponse().status, len(mock.model_studio.threads()))
print("_assistant_mock" in http.client.HTTPConnection._send_output.__module__)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.stderr) == ("200 1\nFalse\n", "")


def test_a_stand_in_without_a_specification_closes_no_mock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test may put one into sys.modules; the other clients are answered."""
    requests = pytest.importorskip("requests")
    monkeypatch.setitem(sys.modules, "httpx", object())
    with AssistantMock(strict=False) as mock:
        assert requests.post(f"{mock.model_studio.base_url}/threads", json={}, timeout=5).status_code == 401
