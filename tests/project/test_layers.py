"""The floors of the house: who may import whom. FLOORS is the rule; there is no other copy of it."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

import pytest_assistant_mock

PACKAGE = Path(pytest_assistant_mock.__file__).parent
NAME = "pytest_assistant_mock"


class Floor(NamedTuple):
    """A part of the package, what it may import of the rest, and which packages from outside (the standard library is free)."""

    part: str
    below: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


ENGINE = ("_engine", "errors")
VENDORS = ("_vendors", *ENGINE)
JUDGES = ("contract", "_traffic", *VENDORS)
WIRE = ("_engine.wire", "_engine.streams", "errors")
DOORS = ("_doors", *WIRE)
MOCK = ("_mock", "turns", "_doors", "_serving", "faults", "cassettes", *JUDGES)

FLOORS = (
    Floor("__init__", ("plugin", "_commands", "strategies", *MOCK)),
    # 6: alone know pytest, the command line, hypothesis
    Floor("plugin", ("strategies", "_commands", *MOCK), ("pytest",)),
    Floor("__main__", ("_commands", "__version__", *MOCK)),
    Floor("_commands", MOCK),
    Floor("_commands.verify_live", ("_commands.files", *MOCK), ("httpx",)),
    Floor("strategies", MOCK, ("hypothesis", "pydantic", "pydantic_core")),
    # 4: what a test holds
    Floor("_mock", MOCK),
    Floor("_mock.tool_arguments", MOCK, ("jsonschema",)),
    # beside it: takes a mock as a value, so that a mock may offer it
    Floor("_serving.control", MOCK),
    # 3 and 2: keep and judge what travels
    Floor("cassettes", ("contract", *VENDORS), ("vcr", "yaml")),
    Floor("contract", VENDORS, ("jsonschema", "jsonschema_rs", "pydantic")),
    Floor("_traffic", ENGINE),
    # 1b: vendors and doors never meet, nor does a vendor meet another
    Floor("_serving", ("_doors.seam", *WIRE), ("uvicorn",)),
    Floor("_serving.upstream", ("_doors.seam", *WIRE), ("httpx",)),
    Floor("_vendors", ENGINE, ("pydantic", "pydantic_core")),
    Floor(
        "_vendors.model_studio",
        ("_vendors.answers", "_vendors.shape", "_vendors.documents", "_vendors.streams", *ENGINE),
        ("pydantic", "pydantic_core"),
    ),
    Floor(
        "_vendors.appbuilder",
        ("_vendors.answers", "_vendors.shape", "_vendors.documents", "_vendors.streams", *ENGINE),
        ("pydantic", "pydantic_core"),
    ),
    Floor("_doors", DOORS),
    Floor("_doors.httpx", DOORS, ("anyio",)),
    Floor("_doors.aiohttp", DOORS, ("aiohttp",)),
    Floor("_doors.requests_shortcut", DOORS, ("urllib3",)),
    Floor("_doors.urllib3", DOORS, ("urllib3",)),
    # 1a and 0: know nothing
    Floor("faults", ENGINE),
    Floor("turns", ENGINE),
    Floor("_engine"),
    Floor("errors"),
)


def within(module: str, part: str) -> bool:
    """Whether a module is a part, or inside it."""
    return module == part or module.startswith(f"{part}.")


def floor_of(module: str) -> Floor | None:
    """The row of a module: the longest part it is within."""
    rows = [row for row in FLOORS if within(module, row.part)]
    return max(rows, key=lambda row: len(row.part), default=None)


def imports(source: str) -> Iterator[str]:
    """Every module a source imports, wherever in it: inside functions and under TYPE_CHECKING too."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (
                f"{node.module}.{alias.name}" if within(str(node.module), NAME) else str(node.module) for alias in node.names
            )


def trespasses(module: str, source: str) -> list[str]:
    """What a module imports, and may not."""
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
    """A file's dotted name below the package."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


FILES = {module_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@pytest.mark.parametrize("module", FILES)
def test_imports_run_downhill(module):
    """A file imports from its own part, the floors below it and the outside packages its row names; nothing else."""
    assert trespasses(module, FILES[module].read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("module", "source", "found"),
    [
        ("_engine.store", "from pytest_assistant_mock._doors import seam", ["_engine.store imports _doors.seam"]),
        ("_engine.store", "def f():\n    import pydantic", ["_engine.store imports pydantic"]),
        ("_doors.httpx", "import urllib3, httpx", ["_doors.httpx imports httpx", "_doors.httpx imports urllib3"]),
        ("_doors.httpx", "from pytest_assistant_mock._engine.store import Store", ["_doors.httpx imports _engine.store.Store"]),
        (
            "_vendors.appbuilder.shapes",
            "if TYPE_CHECKING:\n    from pytest_assistant_mock._vendors.model_studio import shapes",
            ["_vendors.appbuilder.shapes imports _vendors.model_studio.shapes"],
        ),
        ("_mock.mock", "import pytest", ["_mock.mock imports pytest"]),
        ("plugin", "from _pytest.config import Config", ["plugin imports _pytest"]),
        ("errors", "from pytest_assistant_mock import _mock", ["errors imports _mock"]),
        ("stranger", "", ["stranger is on no floor: give it a row in FLOORS"]),
        ("plugin", "import pytest\nfrom pytest_assistant_mock._mock.mock import AssistantMock", []),
    ],
)
def test_a_trespass_is_seen(module, source, found):
    """The walk sees an import uphill, sideways, inside a function or under TYPE_CHECKING."""
    assert trespasses(module, source) == found


def test_every_row_names_a_part_of_the_package():
    """A row of FLOORS, and each part it names, is a file or a folder there is."""
    named = {part for row in FLOORS for part in (row.part, *row.below)} - {"__version__"}
    assert {part for part in named if not any(within(module, part) for module in FILES)} == set()


def hidden_from_python(node):
    """What only type checkers read."""
    is_guard = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return node.body if is_guard else []


def nodes_that_run(node):
    """Every node of a source but those below `if TYPE_CHECKING:`."""
    yield node
    hidden = hidden_from_python(node)
    for child in ast.iter_child_nodes(node):
        if child not in hidden:
            yield from nodes_that_run(child)


def file_of(name: str, files: Mapping[str, str]) -> str:
    """The file an imported name stands in; "" for none of the package's."""
    found = name.removeprefix(f"{NAME}.")
    if found == name:
        return "__init__" if name == NAME and "__init__" in files else ""
    while found and found not in files:
        found = found.rpartition(".")[0]
    return found or file_of(NAME, files)


def circles(files: Mapping[str, str]) -> list[str]:
    """A circle of files that import each other, wherever in them, if there is one."""
    graph = {}
    for module, source in files.items():
        running = ast.Module([], [])
        running.body = [node for node in nodes_that_run(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]
        graph[module] = {found for name in imports(ast.unparse(running)) if (found := file_of(name, files))} - {module}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        return list(reversed(circle.args[1]))
    return []


def test_no_files_import_each_other():
    """There is no circle of imports, neither at the top of files nor inside functions."""
    assert circles({module: path.read_text("utf-8") for module, path in FILES.items()}) == []


A_CIRCLE = {
    "a": "from pytest_assistant_mock.b import x",
    "b": "def f():\n    from pytest_assistant_mock import c",
    "c": "import pytest_assistant_mock.a",
}


@pytest.mark.parametrize(
    ("changed", "found"),
    [({}, {"a", "b", "c"}), ({"b": "if TYPE_CHECKING:\n    from pytest_assistant_mock import c"}, set()), ({"c": ""}, set())],
)
def test_a_circle_is_seen(changed, found):
    """An import inside a function counts, one for type checkers does not."""
    assert set(circles({**A_CIRCLE, **changed})) == found


VENDOR = re.compile(r"app-?builder|model_?studio|dashscope|baidu|aliyun|bailian", re.IGNORECASE)
PUBLIC_NAMES = "strategies"


def vendor_words(source: str) -> list[str]:
    """
    The strings that are a vendor's word, host or header, so that they can be compared, looked up or sent.

    A text with spaces is a docstring or a message. Free are types, and a string that only says its function's own name.
    """
    tree = ast.parse(source)
    free = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and getattr(node.value, "id", "") == "Literal":
            free |= set(ast.walk(node.slice))
        elif isinstance(node, ast.FunctionDef):
            free |= {one for one in ast.walk(node) if isinstance(one, ast.Constant) and one.value == node.name}
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node not in free]
    return [text for text in texts if isinstance(text, str) and VENDOR.search(text) and not re.search(r"\s", text)]


@pytest.mark.parametrize("module", [module for module in FILES if not within(module, "_vendors") and module != PUBLIC_NAMES])
def test_only_the_vendors_files_know_a_vendor_by_name(module):
    """Outside `_vendors` no string that code works with names a vendor; `strategies` names them to the public alone."""
    assert vendor_words(FILES[module].read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('if vendor == "appbuilder": pass', ["appbuilder"]),
        ('KEYS["x-DashScope-workspace"]', ["x-DashScope-workspace"]),
        ('get("https://appbuilder.baidu.com")', ["https://appbuilder.baidu.com"]),
        ('raise ValueError("expected a vendor like appbuilder")', []),
        ('def appbuilder():\n    """Baidu AppBuilder."""\n    return handles["appbuilder"]', []),
        ('Name = Literal["appbuilder"]', []),
    ],
)
def test_a_vendors_word_is_seen(source, found):
    """Compared, looked up or sent; but neither in a message nor where the name is what is offered."""
    assert vendor_words(source) == found
