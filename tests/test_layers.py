"""
The floors of the house: who may import whom. FLOORS is the rule; there is no other copy of it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import pytest_assistant_mock

PACKAGE = Path(pytest_assistant_mock.__file__).parent
NAME = "pytest_assistant_mock"


class Floor(NamedTuple):
    """
    A part of the package, what it may import of the rest, and which packages from outside (the standard library is free).
    """

    part: str
    below: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


ENGINE = ("_engine", "_secrets")
ARRANGED = ("_arranger", "_arranging", "_snapshots", "_traffic")
VENDORS = ("_providers", *ENGINE)
RECORDS = ("contract", "_contract", "cassettes", "_cassettes", "_secrets", "errors", *VENDORS)
ALL = (
    "_mock",
    "_handle",
    "_served",
    "_seed",
    "_nesting",
    "_settings",
    "_source",
    "_unanswered",
    "_seeding",
    "_doors",
    "faults",
    "strategies",
    "_strategies",
    "_commands",
    *ARRANGED,
    *RECORDS,
)

FLOORS = (
    # 4: may import anything below; alone know pytest, the command line, hypothesis
    Floor("__init__", ALL),
    Floor("plugin", ALL, ("pytest",)),
    Floor("__main__", (*ALL, "__version__")),
    Floor("_commands", ALL),
    Floor("strategies", ALL, ("hypothesis", "pydantic", "pydantic_core")),
    Floor("_hypothesis_hook", ("strategies", *ENGINE), ("hypothesis",)),
    Floor("_strategies", ALL, ("hypothesis",)),
    # 3: joins the parts
    Floor("_handle", ("_settings", "_source", "_seeding", *ARRANGED, *RECORDS)),
    Floor(
        "_mock",
        ("_handle", "_nesting", "_settings", "_source", "_unanswered", "_seeding", "_doors", "faults", *ARRANGED, *RECORDS),
    ),
    Floor("_served", ("_mock", "_nesting", "_doors", *ENGINE)),
    Floor("_seed", ("_handle", "_mock", "errors"), ("yaml",)),
    Floor("_settings", ("_doors.served", *ENGINE)),
    Floor("_source", ("_settings", *RECORDS)),
    Floor("_nesting"),
    Floor("_unanswered", ENGINE),
    Floor("_seeding", ENGINE),
    Floor("_arranger", ("_arranging", *ENGINE)),
    Floor("_arranging", ("contract", "errors", *ENGINE)),
    Floor("_snapshots"),
    Floor("_traffic", ("_traffic", "errors", *ENGINE)),
    # 2b: judge and keep what travels
    Floor("contract", RECORDS, ("jsonschema", "jsonschema_rs", "pydantic")),
    Floor("_contract", RECORDS, ("jsonschema", "jsonschema_rs", "pydantic")),
    Floor("cassettes", RECORDS, ("vcr", "yaml")),
    Floor("_cassettes", RECORDS, ("vcr", "yaml")),
    # 2a: vendors and doors never meet, nor does a vendor meet another
    Floor("_providers", VENDORS, ("pydantic", "pydantic_core")),
    Floor(
        "_providers.model_studio",
        ("_providers.shape", "_providers.documents", "_providers.model_studio", *ENGINE),
        ("pydantic", "pydantic_core"),
    ),
    Floor(
        "_providers.appbuilder",
        ("_providers.shape", "_providers.documents", "_providers.appbuilder", *ENGINE),
        ("pydantic", "pydantic_core"),
    ),
    Floor("_doors", ("_doors", "_engine.wire", "errors")),
    Floor("_doors.httpx", ("_doors", "_engine.wire", "errors"), ("anyio",)),
    Floor("_doors.aiohttp", ("_doors", "_engine.wire", "errors"), ("aiohttp",)),
    Floor("_doors.requests", ("_doors", "_engine.wire", "errors"), ("urllib3",)),
    Floor("_doors.urllib3", ("_doors", "_engine.wire", "errors"), ("urllib3",)),
    Floor("_doors.server", ("_doors", "_engine.wire", "errors"), ("uvicorn",)),
    # 1: know nothing
    Floor("faults", ("errors", *ENGINE)),
    Floor("_secrets"),
    Floor("_engine", ENGINE),
    Floor("errors"),
)


def within(module: str, part: str) -> bool:
    """
    Whether a module is a part, or inside it.
    """
    return module == part or module.startswith(f"{part}.")


def floor_of(module: str) -> Floor | None:
    """
    The row of a module: the longest part it is within.
    """
    rows = [row for row in FLOORS if within(module, row.part)]
    return max(rows, key=lambda row: len(row.part), default=None)


def imports(source: str) -> Iterator[str]:
    """
    Every module a source imports, wherever in it: inside functions and under TYPE_CHECKING too.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (
                f"{node.module}.{alias.name}" if within(str(node.module), NAME) else str(node.module) for alias in node.names
            )


def trespasses(module: str, source: str) -> list[str]:
    """
    What a module imports, and may not.
    """
    row = floor_of(module)
    if row is None:
        return [f"{module} is on no floor: give it a row in FLOORS"]
    found = []
    for name in sorted(set(imports(source))):
        top = name.partition(".")[0]
        if top == NAME:
            wanted = name.removeprefix(f"{NAME}.")
            if not any(within(wanted, part) for part in row.below) and not within(wanted, row.part):
                found.append(f"{module} imports {wanted}")
        elif top not in sys.stdlib_module_names and top not in row.outside:
            found.append(f"{module} imports {top}")
    return found


def module_of(path: Path) -> str:
    """
    A file's dotted name below the package.
    """
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


FILES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@pytest.mark.parametrize("module", FILES)
def test_imports_run_downhill(module):
    """
    A file imports from its own part, the floors below it and the outside packages its row names; nothing else.
    """
    assert trespasses(module, FILES[module].read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source", "found"),
    [
        ("_engine.store", "from pytest_assistant_mock._doors import door", ["_engine.store imports _doors.door"]),
        ("_engine.store", "def f():\n    import pydantic", ["_engine.store imports pydantic"]),
        ("_doors.httpx", "import urllib3, httpx", ["_doors.httpx imports httpx", "_doors.httpx imports urllib3"]),
        ("_doors.httpx", "from pytest_assistant_mock._engine.store import Store", ["_doors.httpx imports _engine.store.Store"]),
        (
            "_providers.appbuilder.shapes",
            "if TYPE_CHECKING:\n    from pytest_assistant_mock._providers.model_studio import shapes",
            ["_providers.appbuilder.shapes imports _providers.model_studio.shapes"],
        ),
        ("_mock", "import pytest", ["_mock imports pytest"]),
        ("plugin", "from _pytest.config import Config", ["plugin imports _pytest"]),
        ("errors", "from pytest_assistant_mock import _mock", ["errors imports _mock"]),
        ("stranger", "", ["stranger is on no floor: give it a row in FLOORS"]),
        ("plugin", "import pytest\nfrom pytest_assistant_mock._mock import AssistantMock", []),
    ],
)
def test_a_trespass_is_seen(module, source, found):
    """
    The walk sees an import uphill, sideways, inside a function or under TYPE_CHECKING.
    """
    assert trespasses(module, source) == found
