"""
The README and the docs are true: every code block in them is executed.

A `python` block stands alone: with test functions it is a test file, else a script. An `ini` block is the pytest.ini of the
blocks after it. A `text` block is what the python block just before it prints; that one may fail, and may stand in a comment.
A line of a `sh` block is a make target that exists, an `assistant-mock` command that runs, asks a server, or installs something.
`yaml` and `javascript` blocks are run by test_server_docs.py; `java` is for a reader with the Java SDK.
The test files of one page run in one pytest process. docs/reference.md is generated: test_reference.py holds it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from glob import escape
from importlib.util import find_spec
from itertools import groupby, zip_longest
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

import pytest

PROJECT = Path(__file__).parents[2]
PAGES = sorted([*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md")])
GENERATED = PROJECT / "docs" / "reference.md"
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

BLOCKS = [block for page in PAGES if page != GENERATED for block in blocks_of(page)]


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


def is_a_test_file(block: Block) -> bool:
    """Whether a block has test functions."""
    return re.search(r"^\s*(async )?def test", block.text, re.MULTILINE) is not None


def runnable(blocks: list[Block]) -> list[Block]:
    """Those whose imports this environment has. Skips the test if there are none."""
    missing = {block: needs_what_is_missing(block.text) for block in blocks}
    found = [block for block in blocks if not missing[block]]
    if not found:
        pytest.skip(f"{missing[blocks[0]]} is not installed here")
    return found


def shows(result: pytest.RunResult, block: Block) -> None:
    """What the page says a block prints stands in the output, line below line."""
    result.stdout.fnmatch_lines([f"*{escape(line.strip())}" for line in block.prints.splitlines()], consecutive=True)


def passed_in(report: Path) -> set[str]:
    """The test files of a junitxml report in which every test passed."""
    cases = [
        (case.attrib["classname"].split(".")[0], {part.tag for part in case})
        for case in ElementTree.parse(report).iter("testcase")
    ]
    return {file for file, _ in cases} - {file for file, parts in cases if parts & {"failure", "error"}}


TEST_FILES = [
    list(group) for _, group in groupby(filter(is_a_test_file, of("python")), key=lambda block: (block.page, block.ini))
]
"""Blocks that share one pytest process: those of one page under one pytest.ini."""


@pytest.mark.parametrize("blocks", TEST_FILES, ids=lambda blocks: str(blocks[0]))
def test_the_test_files_of_a_page_run(blocks, pytester):
    """A reader who copies a block sees it pass, or sees what the page says it prints."""
    blocks = runnable(blocks)
    pytester.makeini(blocks[0].ini or "[pytest]")
    names = {block: f"test_line_{block.line}" for block in blocks}
    pytester.makepyfile(**{names[block]: block.text for block in blocks})
    result = pytester.runpytest_subprocess("-W", "ignore:The Assistants API:DeprecationWarning", "--junitxml=report.xml")
    assert passed_in(pytester.path / "report.xml") >= {names[block] for block in blocks if not block.prints}
    for block in blocks:
        if block.prints:
            shows(result, block)


@pytest.mark.parametrize("block", [block for block in of("python") if not is_a_test_file(block)], ids=str)
def test_a_script_runs(block, pytester):
    """A block without tests runs as a script, and prints what the page says."""
    runnable([block])
    result = pytester.run(sys.executable, pytester.makepyfile(script=block.text))
    if block.prints:
        shows(result, block)
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


def test_every_link_to_a_heading_leads_to_one():
    """What stands behind the # of a link is a heading of that page, as forges spell it."""
    links = [(page, *link) for page in PAGES for link in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text("utf-8"))]
    assert len(links) >= 4
    lost = [(page.name, anchor) for page, file, anchor in links if anchor not in headings(page.parent / file if file else page)]
    assert lost == []


def headings(page: Path) -> set[str]:
    """The headings of a page as they are linked to: lower case, no punctuation, dashes for spaces."""
    found = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_the_readme_is_short():
    """At most 110 lines."""
    assert len((PROJECT / "README.md").read_text("utf-8").splitlines()) <= 110
