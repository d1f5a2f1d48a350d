"""
Writes docs/reference.md from the docstrings, which griffe reads: python docs/make_reference.py

The test of the docs fails while the page is not what this script writes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import griffe

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
MODULES = ("turns", "faults", "contract", "cassettes", "strategies", "errors")


def main() -> int:
    """Write the page."""
    PAGE.write_text(reference(), "utf-8")
    return 0


def reference() -> str:
    """The page."""
    package = griffe.load("pytest_assistant_mock", search_paths=[ROOT], resolve_aliases=True)
    lines = [HEAD, "## Fixtures and options", "", *_fixtures(package["plugin"]), ""]
    for name in CLASSES:
        lines += _class(package[name])
    for name in MODULES:
        lines += _module(package[name])
    return "\n".join(lines).rstrip() + "\n"


def _fixtures(plugin: griffe.Object) -> Iterator[str]:
    """The fixtures, each with what it says."""
    for function in plugin.functions.values():
        public = not function.name.startswith("_")
        if public and any("fixture" in str(decorator.value) for decorator in function.decorators):
            yield f"- `{function.name}`: {_text(function).splitlines()[0]}"


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
    for parameter in function.parameters:
        if parameter.name in ("self", "cls"):
            continue
        stars = {"variadic positional": "*", "variadic keyword": "**"}.get(parameter.kind.value if parameter.kind else "", "")
        default = f" = {parameter.default}" if parameter.default is not None and not stars else ""
        annotation = f": {parameter.annotation}" if parameter.annotation is not None else ""
        given.append(f"{stars}{parameter.name}{annotation}{default}")
    returns = f" -> {function.returns}" if function.returns is not None else ""
    return f"{function.name}({', '.join(given)}){returns}"


def _text(found: griffe.Object) -> str:
    """A docstring, in which what is said of a name is an item of a list."""
    text = found.docstring.value.strip() if found.docstring else ""
    return re.sub(r"^([a-z_]+(?:, [a-z_]+)*): ", r"- `\1`: ", text, flags=re.MULTILINE)


if __name__ == "__main__":
    sys.exit(main())
