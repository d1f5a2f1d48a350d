"""
Writes docs/reference.md from the docstrings, which griffe reads: python docs/make_reference.py

The test of the docs fails while the page is not what this script writes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import griffe

from pytest_assistant_mock import plugin

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "reference.md"
HEAD = """# Reference

This page is made from the docstrings.
Write it again with `python docs/make_reference.py`.
"""
CLASSES = (
    "AssistantMock", "Handle", "AssistantServer", "Exchanges", "Exchange", "Request", "Response", "Failure", "Clock",
    "Thread", "Message", "Assistant", "File", "Run", "Step", "ToolCall", "Script", "Planned", "OwnReply", "Watch",
)  # fmt: skip
_NAMED = re.compile(r"^([a-z_]+(?:, [a-z_]+)*): ")
MODULES = ("turns", "faults", "contract", "cassettes", "strategies", "errors")


def main() -> int:
    """Write the page."""
    PAGE.write_text(reference(), "utf-8")
    return 0


def reference() -> str:
    """The page."""
    package = griffe.load("pytest_assistant_mock", search_paths=[ROOT], resolve_aliases=True)
    lines = [HEAD, "## Fixtures", "", *_fixtures(package["plugin"]), "", *_marker(), *_options()]
    for name in CLASSES:
        lines += _class(package[name])
    for name in MODULES:
        lines += _module(package[name])
    lines += _class(package["strategies.vendor.VendorStrategies"])  # what `strategies.model_studio` and `.appbuilder` are
    return "\n".join(lines).rstrip() + "\n"


def _fixtures(found: griffe.Object) -> Iterator[str]:
    """The fixtures, each with what it says."""
    for function in found.functions.values():
        public = not function.name.startswith("_")
        if public and any("fixture" in str(decorator.value) for decorator in function.decorators):
            yield f"- `{function.name}`: {_text(function).splitlines()[0]}"


def _marker() -> Iterator[str]:
    """The marker, as `pytest --markers` shows it."""
    signature, _, said = plugin._MARKER.partition("):")
    yield from ("## Marker", "", f"`@pytest.mark.{signature})`:{said}.", "See [configuration](configuration.md).", "")


class _Options:
    """In the place of pytest's parser: what the plugin adds to it, as lines of two lists."""

    def __init__(self) -> None:
        self.line: list[str] = []
        self.ini: list[str] = []

    def getgroup(self, name: str, description: str) -> _Options:
        """Itself: there is one group."""
        return self

    def addoption(self, name: str, *, help: str, choices: Sequence[str] = (), **rest: object) -> None:
        """An option of the command line."""
        value = f"={'|'.join(choices)}" if choices else ""
        self.line.append(f"- `{name}{value}`: {help}")

    def addini(self, name: str, help: str, **rest: object) -> None:
        """An option of the ini file."""
        self.ini.append(f"- `{name}`: {help}")


def _options() -> Iterator[str]:
    """The options of the command line and of the ini file, as `pytest --help` shows them."""
    options = _Options()
    plugin.pytest_addoption(options)  # type: ignore[arg-type]
    yield from ("## Options", "", *options.line, "", "In the ini file:", "", *options.ini, "")


def _class(found: griffe.Object) -> Iterator[str]:
    yield from (f"## {found.name}", "", _text(found), "")
    for name, member in found.members.items():
        if name.startswith("_") or not member.docstring:
            continue
        if member.is_function:
            yield from (f"### {found.name}.{name}", "", f"`{_signature(member)}`", "", _text(member), "")
        elif "property" in member.labels:
            yield from (f"### {found.name}.{name}", "", _text(member), "")


def _module(found: griffe.Object) -> Iterator[str]:
    yield from (f"## {found.name}", "", _text(found), "")
    for name in found.exports or ():
        member = found.members.get(str(name))
        if member is None or not member.docstring:
            continue
        yield from (f"### {found.name}.{name}", "")
        if member.is_function:
            yield from (f"`{_signature(member)}`", "")
        yield from (_text(member), "")


def _signature(function: griffe.Object) -> str:
    """Name, parameters and what comes back."""
    given = []
    named = False
    for parameter in function.parameters:
        if parameter.name in ("self", "cls"):
            continue
        kind = parameter.kind.value if parameter.kind else ""
        stars = {"variadic positional": "*", "variadic keyword": "**"}.get(kind, "")
        if kind == "keyword-only" and not named:
            given.append("*")
        named = named or kind in ("keyword-only", "variadic positional")
        default = f" = {parameter.default}" if parameter.default is not None and not stars else ""
        annotation = f": {parameter.annotation}" if parameter.annotation is not None else ""
        given.append(f"{stars}{parameter.name}{annotation}{default}")
    returns = f" -> {function.returns}" if function.returns is not None else ""
    return f"{function.name}({', '.join(given)}){returns}"


def _text(found: griffe.Object) -> str:
    """A docstring, in which what is said of a name is an item of a list, to the end of its last sentence."""
    lines: list[str] = []
    inside = False
    for line in (found.docstring.value if found.docstring else "").strip().splitlines():
        begins = _NAMED.match(line)
        if inside and not begins and lines[-1].endswith("."):
            inside = False
            lines += [""] if line else []
        elif begins and not inside:
            lines += [""] if lines and lines[-1] else []
        inside = inside or begins is not None
        lines.append(_NAMED.sub(r"- `\1`: ", line) if begins else f"  {line}" if inside else line)
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
