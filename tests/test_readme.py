"""
The README and the docs are true: every code block in them is executed.

A `python` block stands alone: with test functions it is a test file, else a script. An `ini` block is the pytest.ini of the
blocks after it. A `text` block is what the python block just before it prints; that one may fail, and may stand in a comment.
A line of a `sh` block is a make target that exists, an `assistant-mock` command that runs, asks a server, or installs something.
`yaml` and `javascript` blocks are run by test_server_docs.py; `java` is for a reader with the Java SDK.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from glob import escape
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import pytest

PROJECT = Path(__file__).parent.parent
PAGES = sorted([PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *(PROJECT / "docs").glob("*.md")])
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """One code block: its page, the line it begins at, its language, its text, the ini block in force, what it says it prints."""

    page: Path
    line: int
    language: str
    text: str
    ini: str
    prints: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"


def blocks_of(page: Path) -> Iterator[Block]:
    """A page's code blocks, from its top."""
    source, ini = page.read_text("utf-8"), ""
    fences = list(FENCE.finditer(source))
    for found, following in zip_longest(fences, fences[1:]):
        language, text = found.groups()
        ini = text if language == "ini" else ini
        prints = following[2] if following and following[1] == "text" else ""
        yield Block(page, source[: found.start()].count("\n") + 1, language, text, ini, prints)


ELSEWHERE = ("yaml", "javascript", "java")

BLOCKS = [block for page in PAGES for block in blocks_of(page)]


def of(*languages: str) -> list[Block]:
    """The blocks in these languages."""
    return [block for block in BLOCKS if block.language in languages]


def needs_what_is_missing(source: str) -> str:
    """The first package a source imports that this environment does not have."""
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            if find_spec(name.partition(".")[0]) is None:
                return name
    return ""


def run(block: Block, pytester: pytest.Pytester) -> pytest.RunResult:
    """A block as a test file, or as a script."""
    if block.ini:
        pytester.makeini(block.ini)
    if re.search(r"^\s*(async )?def test", block.text, re.MULTILINE):
        pytester.makepyfile(test_block=block.text)
        return pytester.runpytest_subprocess("-W", "ignore:The Assistants API:DeprecationWarning")
    pytester.makepyfile(script=block.text)
    return pytester.run(sys.executable, "script.py")


@pytest.mark.parametrize("block", of("python"), ids=str)
def test_a_python_block_runs(block, pytester):
    """A reader who copies the block sees it pass, or sees what the page says it prints."""
    if missing := needs_what_is_missing(block.text):
        pytest.skip(f"{missing} is not installed here")
    result = run(block, pytester)
    if block.prints:
        result.stdout.fnmatch_lines([f"*{escape(line.strip())}" for line in block.prints.splitlines()], consecutive=True)
    else:
        assert result.ret == 0


@pytest.mark.parametrize("block", of("sh"), ids=str)
def test_a_shell_block_can_be_typed(block, tmp_path):
    """Every line is a command that exists."""
    for line in block.text.splitlines():
        program, *arguments = line.partition("  #")[0].split()
        if program == "make":
            done = subprocess.run(["make", "--dry-run", *arguments], cwd=PROJECT, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stderr
        elif program == "assistant-mock":
            command = Path(sys.executable).parent / program
            assert subprocess.run([command, *arguments, "--help"], cwd=tmp_path, capture_output=True, timeout=60).returncode == 0
        else:
            assert line.startswith(
                ("curl ", "git clone ", "cd ", "pytest", "python3 -m pip install ", ".venv/bin/pre-commit ")
            ), line


def test_every_block_is_of_a_kind_that_is_checked():
    """No block escapes by its language."""
    assert [str(block) for block in BLOCKS if block.language not in ("python", "ini", "text", "sh", *ELSEWHERE)] == []
    texts = [block.text for block in of("text")]
    assert [block.prints for block in of("python") if block.prints] == texts


def test_every_link_leads_somewhere():
    """A link to a file of the project is a file of the project."""
    links = [(page, link) for page in PAGES for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))]
    assert [f"{page.name}: {link}" for page, link in links if not (page.parent / link).exists()] == []


def test_the_readme_is_short():
    """At most 110 lines."""
    assert len((PROJECT / "README.md").read_text("utf-8").splitlines()) <= 110
