"""
What marker, command line and ini file say of one test, as keywords for a mock.

Knows which word wins and who said it; opens nothing.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import pytest

from pytest_assistant_mock._mock.mock import AssistantMock
from pytest_assistant_mock.errors import nearest

KEYWORDS = ("revision", "strict", "contract", "source", "cassette", "ignore", "reuse", "unplayed", "pace", "polls", "old_values")
_RUN = pytest.StashKey[tuple[dict[str, Any], dict[str, Any]]]()
_Mock = TypeVar("_Mock", bound=AssistantMock)


def made(kind: type[_Mock], request: pytest.FixtureRequest, **more: Any) -> _Mock:
    """A mock as this test wants it. Raises UsageError, naming who said what is wrong."""
    __tracebackhide__ = True
    said = settings(request)
    try:
        return kind(name=request.node.name, **more, **said)
    except (TypeError, ValueError) as problem:
        raise _said_by(request, problem) from None


def settings(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Command line over marker over ini; of several markers the nearest wins, keyword by keyword."""
    __tracebackhide__ = True
    written, asked = _of_the_run(request.config)
    marked: dict[str, Any] = {}
    if "assistant" in request.node.keywords:  # which is asked faster than markers are gone through
        for marker in reversed(list(request.node.iter_markers("assistant"))):
            marked |= _keywords(marker)
    said = {**written, **marked, **asked}
    if said["source"] == "fake":
        if "source" not in marked:
            _warn_of_no_use(request.config.getoption("assistant_record"))
        return said | {"cassette": None}
    return said | _recording(request, said)


def _of_the_run(config: pytest.Config) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the ini file says, and what the command line says: read once, for every test asks."""
    __tracebackhide__ = True
    if _RUN not in config.stash:
        written: dict[str, Any] = {"revision": config.getini("assistant_revision"), "source": config.getini("assistant_source")}
        if lines := config.getini("assistant_hosts"):
            written["hosts"] = hosts(lines)
        names = ("contract", "pace", "polls", "old_values")
        written |= {name: word for name in names if (word := config.getini(f"assistant_{name}"))}
        options = {name: config.getoption(f"assistant_{name}") for name in ("source", *names)}
        config.stash[_RUN] = written, {name: word for name, word in options.items() if word}
    return config.stash[_RUN]


def _said_by(request: pytest.FixtureRequest, problem: Exception) -> pytest.UsageError:
    """What is wrong with a setting, and who says it: the marker or the ini file. The words of the problem begin with its name."""
    name = str(problem).partition("=")[0]
    if any(name in marker.kwargs for marker in request.node.iter_markers("assistant")):
        return pytest.UsageError(f"{problem} (from @pytest.mark.assistant)")
    option = name if name.isidentifier() else "hosts"
    return pytest.UsageError(f"{problem} (from the ini option assistant_{option})")


def _keywords(marker: pytest.Mark) -> Mapping[str, Any]:
    """What a marker says. Raises UsageError for what it cannot say."""
    __tracebackhide__ = True
    if marker.args:
        given = ", ".join(map(repr, marker.args))
        raise pytest.UsageError(f"@pytest.mark.assistant({given}): it takes keywords only: {', '.join(KEYWORDS)}")
    for keyword in marker.kwargs:
        if keyword not in KEYWORDS:
            taken = ", ".join(KEYWORDS)
            raise pytest.UsageError(
                f"@pytest.mark.assistant({keyword}=…): unknown keyword; it takes {taken}{nearest(keyword, KEYWORDS)}"
            )
    return marker.kwargs


def hosts(lines: Sequence[str]) -> dict[str, list[str]]:
    """Base URLs by vendor, from lines like "model_studio = https://gw.corp/ai/api/v1"."""
    __tracebackhide__ = True
    found: dict[str, list[str]] = {}
    for line in lines:
        vendor, equals, url = line.partition("=")
        if not equals:
            raise pytest.UsageError(f"assistant_hosts: {line!r}; expected a line like 'model_studio = https://gw.corp/ai/api/v1'")
        found.setdefault(vendor.strip(), []).append(url.strip())
    return found


def cassette_of(node: Any, name: object) -> Path:
    """Where the cassette of a test lies, by its name in the marker or the test's own. Raises UsageError for what is no name."""
    from pytest_assistant_mock.cassettes import naming

    if name is not None and not isinstance(name, str):
        raise pytest.UsageError(f"@pytest.mark.assistant(cassette={name!r}): expected a name, like 'threads'")
    try:
        if name is None:
            return naming.cassette_of_test(node.path, node.name, node.cls and node.cls.__qualname__)
        return naming.cassette_of_name(node.path, name)
    except ValueError as problem:
        raise pytest.UsageError(f"@pytest.mark.assistant: {problem}") from None


def _recording(request: pytest.FixtureRequest, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Record mode and cassette of a test that does not run on the fake."""
    config, node, name = request.config, request.node, settings.get("cassette")
    path = cassette_of(node, name)
    record = config.getoption("assistant_record") or config.getini("assistant_record")
    begun = record == "once" and _begun(request, path)
    return {
        "cassette": path,
        "record": record,
        "test": node.nodeid,
        "shared": name is not None,
        "begun": begun,
    }


def _begun(request: pytest.FixtureRequest, path: Path) -> bool:
    """Whether a cassette's recording began in this run, in whatever process: it was missing when first asked for."""
    folder: Path = request.getfixturevalue("tmp_path_factory").getbasetemp()
    folder = (folder.parent if hasattr(request.config, "workerinput") else folder) / "assistant-cassettes"
    mark = folder / sha256(str(path).encode()).hexdigest()
    if not path.exists():
        folder.mkdir(exist_ok=True)
        mark.touch()
    return mark.exists()


def _warn_of_no_use(record: str | None) -> None:
    """Whoever says --assistant-record expects a recording; other tests of the run may be marked for one."""
    if record not in (None, "none"):
        words = f"--assistant-record={record}: this test runs on the fake, and nothing of it is recorded"
        warnings.warn(pytest.PytestWarning(f"{words}; do you want --assistant-source=cassette?"), stacklevel=2)
