"""
The names a user imports, and what importing them costs.
"""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

import pytest_assistant_mock

HEAVY = ("pydantic", "httpx", "httpx2", "requests", "urllib3", "aiohttp", "vcr", "yaml", "hypothesis", "jsonschema", "uvicorn")


def imported_by(statement: str) -> set[str]:
    """
    The modules a fresh Python has imported after a statement.
    """
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


@pytest.mark.parametrize("name", pytest_assistant_mock.__all__)
def test_a_public_name_is_there(name):
    """
    Every name in `__all__` can be imported, and is listed by `dir`.
    """
    assert getattr(pytest_assistant_mock, name) is not None
    assert name in dir(pytest_assistant_mock)


def test_a_name_that_is_not_there():
    """
    A wrong name is an AttributeError, as of any module.
    """
    with pytest.raises(AttributeError, match=r"^module 'pytest_assistant_mock' has no attribute 'Nobody'$"):
        pytest_assistant_mock.Nobody  # noqa: B018


def test_the_version_is_the_distributions():
    """
    `__version__` is what pip says.
    """
    assert pytest_assistant_mock.__version__ == version("pytest-assistant-mock")


def test_importing_the_package_imports_nothing():
    """
    pytest imports the package in every run, so it brings not one module of its own but itself.
    """
    before, after = imported_by(""), imported_by("import pytest_assistant_mock")
    ours = {name for name in after if name.startswith("pytest_assistant_mock")}
    assert ours == {"pytest_assistant_mock"}
    assert after & set(HEAVY) <= before  # an environment may import something at start-up by itself


def test_importing_the_plugin_imports_nothing_heavy():
    """
    The plugin brings itself and nothing that takes time: no client, no pydantic, not even the mock.
    """
    before, after = imported_by("import pytest"), imported_by("import pytest, pytest_assistant_mock.plugin")
    ours = {name for name in after if name.startswith("pytest_assistant_mock")}
    assert ours == {"pytest_assistant_mock", "pytest_assistant_mock.plugin"}
    assert after & set(HEAVY) <= before


def test_vcrpy_is_imported_only_for_a_cassette(tmp_path):
    """
    A mock that plays the fake, with the contract watching, imports neither vcrpy nor YAML; one on a cassette does.
    """
    start = "from pytest_assistant_mock import AssistantMock\n"
    file = tmp_path / "c.yaml"
    file.write_text("version: 1\ninteractions: []\n")
    fake = imported_by(f"{start}with AssistantMock(contract='fail') as mock: mock.model_studio.add_thread()")
    played = imported_by(f"{start}with AssistantMock(source='cassette', cassette={str(file)!r}): pass")
    assert fake & {"vcr", "yaml", "pytest_assistant_mock.cassettes"} == set()
    assert played >= {"vcr", "yaml", "pytest_assistant_mock.cassettes"}


def test_errors_come_without_the_rest():
    """
    `errors` can be imported for an except clause, at no cost.
    """
    ours = {name for name in imported_by("from pytest_assistant_mock import errors") if name.startswith("pytest_assistant_mock")}
    assert ours == {"pytest_assistant_mock", "pytest_assistant_mock.errors"}
