"""The distribution: what pip installs is whole. `make test` runs this against the built wheel, from another directory."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points, files, metadata
from pathlib import Path

import pytest

import pytest_assistant_mock

PROJECT = Path(__file__).parents[2]
INSTALLED = Path(pytest_assistant_mock.__file__).parent
WHEEL = INSTALLED.parent != PROJECT


def test_pytest_finds_the_plugin():
    """The entry point is the plugin's module."""
    found = [point.value for point in entry_points(group="pytest11") if point.name == "assistant_mock"]
    assert found == ["pytest_assistant_mock.plugin"]


def test_the_package_is_typed():
    """Type checkers look at a package that carries py.typed."""
    assert (INSTALLED / "py.typed").read_bytes() == b""


def test_every_file_of_the_package_is_installed():
    """Nothing of the source tree is missing from what is installed."""
    source = PROJECT / "pytest_assistant_mock"
    wanted = {path.relative_to(source) for path in source.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert wanted - {path.relative_to(INSTALLED) for path in INSTALLED.rglob("*")} == set()


@pytest.mark.skipif(not WHEEL, reason="the package is installed in place, not from a wheel")
def test_nothing_else_is_installed():
    """The wheel brings the package, its metadata and its command; no tests, no docs."""
    tops = {path.parts[0] for path in files("pytest-assistant-mock") or ()}
    info = f"pytest_assistant_mock-{pytest_assistant_mock.__version__}.dist-info"
    assert {top for top in tops if top != ".."} == {"pytest_assistant_mock", info}


@pytest.mark.skipif(not WHEEL, reason="the package is installed in place, not from a wheel")
def test_the_schemas_are_in_the_wheel():
    """People and other languages find every file of schemas/ under pytest_assistant_mock/data/schemas, as it is."""
    kept, source = INSTALLED / "data/schemas", PROJECT / "schemas"
    names = [path.relative_to(source) for path in source.rglob("*.json")]
    assert len(names) >= 50
    assert {name: (kept / name).read_bytes() for name in names} == {name: (source / name).read_bytes() for name in names}


@pytest.mark.skipif(not WHEEL, reason="the package is installed in place, not from a wheel")
def test_the_cassettes_are_in_the_wheel():
    """Every scenario of cassettes/ is found under pytest_assistant_mock/data/cassettes, as it is."""
    kept, source = INSTALLED / "data/cassettes", PROJECT / "cassettes"
    names = [path.relative_to(source) for path in source.rglob("*.yaml")]
    assert len(names) >= 19
    assert {name: (kept / name).read_bytes() for name in names} == {name: (source / name).read_bytes() for name in names}


def test_what_the_metadata_promises():
    """Python and the licence are named, and every dependency has a lower bound and no upper one."""
    data = metadata("pytest-assistant-mock")
    assert (data["Requires-Python"], data["License-Expression"]) == (">=3.11", "MIT")
    requirements = [line.partition(";")[0].strip() for line in data.get_all("Requires-Dist") or ()]
    assert [line for line in requirements if ">=" not in line or "<" in line or "," in line] == []


def test_the_command_runs(tmp_path):
    """`assistant-mock` is on the path of the environment, and says what it is for."""
    command = Path(sys.executable).parent / "assistant-mock"
    done = subprocess.run([command, "--help"], capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert (done.returncode, done.stdout.splitlines()[0][:22]) == (0, "usage: assistant-mock ")
    done = subprocess.run([*done.args[:-1], "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"assistant-mock {pytest_assistant_mock.__version__}\n")


def test_a_project_that_only_installed_it(pytester):
    """In an empty folder, with nothing but the installed package, a test asks for the fixture and gets an answer."""
    pytester.makepyfile(
        """
        import urllib.request

        def test_it(model_studio):
            request = urllib.request.Request(
                f"{model_studio.base_url}/threads", b"{}", {"Authorization": f"Bearer {model_studio.api_key}"}
            )
            with urllib.request.urlopen(request) as response:
                assert response.status == 200
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
