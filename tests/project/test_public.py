"""The names a user imports, and what importing them costs."""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from typing import get_args, get_type_hints

import pytest

import pytest_assistant_mock
from pytest_assistant_mock import faults, strategies, turns
from pytest_assistant_mock._mock.mock import Revision
from pytest_assistant_mock._mock.objects import HasId, Role
from pytest_assistant_mock._vendors import PRINTED

HEAVY = ("pydantic", "httpx", "httpx2", "requests", "urllib3", "aiohttp", "vcr", "yaml", "hypothesis", "jsonschema", "uvicorn")


def imported_by(statement: str) -> set[str]:
    """The modules a fresh Python has imported after a statement."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


@pytest.mark.parametrize("name", pytest_assistant_mock.__all__)
def test_a_public_name_is_there(name):
    """Every name in `__all__` can be imported, and is listed by `dir`."""
    assert getattr(pytest_assistant_mock, name) is not None
    assert name in dir(pytest_assistant_mock)


def test_a_name_that_is_not_there():
    """A wrong name is an AttributeError, as of any module."""
    with pytest.raises(AttributeError, match=r"^module 'pytest_assistant_mock' has no attribute 'Nobody'$"):
        pytest_assistant_mock.Nobody  # noqa: B018


@pytest.mark.parametrize(
    ("module", "name", "meant"),
    [
        (pytest_assistant_mock, "AssistentMock", "AssistantMock"),
        (pytest_assistant_mock, "fault", "faults"),
        (faults, "rate_limit", "rate_limited"),
        (faults, "truncate", "truncated"),
        (turns, "say", "says"),
        (strategies, "strem", "stream"),
    ],
)
def test_a_name_that_is_nearly_there(module, name, meant):
    """It is named."""
    with pytest.raises(AttributeError) as raised:
        getattr(module, name)
    assert str(raised.value) == f"module {module.__name__!r} has no attribute {name!r}; did you mean {meant!r}?"


def classes(hint):
    """The classes in a type, however deep."""
    if isinstance(hint, type):
        yield hint
    for inner in get_args(hint):
        for one in inner if isinstance(inner, list) else [inner]:
            yield from classes(one)


def hints_of(function):
    """The types in a function's signature; what it imports for type checkers only is looked for in all our modules."""
    names = {}
    while True:
        try:
            return get_type_hints(function, localns=names).values()
        except NameError as missing:
            modules = [module for name, module in sys.modules.items() if within(name, "pytest_assistant_mock")]
            names[missing.name] = next(vars(module)[missing.name] for module in modules if missing.name in vars(module))


def within(name, package):
    """Whether a module is a package or in it."""
    return name == package or name.startswith(f"{package}.")


def public_types():
    """What the public methods of the classes a test holds give and take, by method."""
    for holder in (getattr(pytest_assistant_mock, name) for name in pytest_assistant_mock.__all__):
        for name, member in vars(holder).items() if isinstance(holder, type) else ():
            function = member.fget if isinstance(member, property) else member
            if not name.startswith("_") and inspect.isfunction(function):
                yield from ((f"{holder.__name__}.{name}", one) for hint in hints_of(function) for one in classes(hint))


def test_every_type_a_test_can_annotate_is_public():
    """What a method of ours gives or takes is importable from the package, or from a public module of it."""
    modules = [import_module(f"pytest_assistant_mock.{name}") for name in ("cassettes", "contract", "errors", "faults", "turns")]
    names = [getattr(module, name) for module in [pytest_assistant_mock, *modules] for name in module.__all__]
    public = [HasId, *(one for name in names for one in classes(name))]
    found = [(where, one) for where, one in public_types() if within(one.__module__, "pytest_assistant_mock")]
    assert len(found) > 20
    assert {f"{where}: {one.__name__}" for where, one in found if one not in public} == set()


def test_words_in_types_are_the_words_that_are_taken():
    """A type checker and the mock know the same revisions and roles."""
    assert get_args(Revision) == tuple(PRINTED)
    studio = pytest_assistant_mock.AssistantMock().model_studio
    assert [studio.add_message(studio.add_thread(), "x", role=role).role for role in get_args(Role)] == ["user", "assistant"]


def test_the_version_is_the_distributions():
    """`__version__` is what pip says."""
    assert pytest_assistant_mock.__version__ == version("pytest-assistant-mock")


def test_importing_the_package_imports_nothing():
    """pytest imports the package in every run, so it brings not one module of its own but itself."""
    before, after = imported_by(""), imported_by("import pytest_assistant_mock")
    ours = {name for name in after if name.startswith("pytest_assistant_mock")}
    assert ours == {"pytest_assistant_mock"}
    assert after & set(HEAVY) <= before  # an environment may import something at start-up by itself


def test_importing_the_plugin_imports_nothing_heavy():
    """The plugin brings itself and nothing that takes time: no client, no pydantic, not even the mock."""
    before, after = imported_by("import pytest"), imported_by("import pytest, pytest_assistant_mock.plugin")
    ours = {name for name in after if name.startswith("pytest_assistant_mock")}
    assert ours == {"pytest_assistant_mock", "pytest_assistant_mock.plugin"}
    assert after & set(HEAVY) <= before


def test_vcrpy_is_imported_only_for_a_cassette(tmp_path):
    """A mock that plays the fake, with the contract watching, imports neither vcrpy nor YAML; replay brings YAML alone."""
    start = "from pytest_assistant_mock import AssistantMock\n"
    file = tmp_path / "c.yaml"
    file.write_text("version: 1\ninteractions: []\n")
    fake = imported_by(f"{start}with AssistantMock(contract='fail') as mock: mock.model_studio.add_thread()")
    played = imported_by(f"{start}with AssistantMock(source='cassette', cassette={str(file)!r}): pass")
    assert fake & {"vcr", "yaml", "pytest_assistant_mock.cassettes"} == set()
    assert played >= {"yaml", "pytest_assistant_mock.cassettes"}
    assert "vcr" not in played


def test_errors_come_without_the_rest():
    """`errors` can be imported for an except clause, at no cost."""
    ours = {name for name in imported_by("from pytest_assistant_mock import errors") if name.startswith("pytest_assistant_mock")}
    assert ours == {"pytest_assistant_mock", "pytest_assistant_mock.errors"}
