"""
The size of the package and of its functions, printed: python benchmarks/structure.py

Code is a line that is no blank, no comment and no docstring. A function is as long as its body and its signature.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

PACKAGE = Path(__file__).parent.parent / "pytest_assistant_mock"


def main() -> int:
    """Print the table."""
    files = sorted(PACKAGE.rglob("*.py"))
    sources = {path: path.read_text("utf-8") for path in files}
    lines = {path: source.count("\n") for path, source in sources.items()}
    code = {path: len(code_lines(source)) for path, source in sources.items()}
    lengths = sorted(length for source in sources.values() for length in function_lengths(source))
    top = [path.name for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    print(f"names at the top       {len(top)}: {', '.join(sorted(top))}")
    print(f"files                  {len(files)}, the longest {max(lines.values())} lines")
    print(f"lines                  {sum(lines.values())}")
    print(f"lines of code          {sum(code.values())}")
    p90 = round(quantiles(lengths, n=10)[-1])
    print(f"functions              {len(lengths)}: median {median(lengths):g}, p90 {p90}, longest {lengths[-1]} lines")
    print(f"three-line docstrings  {sum(map(long_docstrings, sources.values()))} that would fit on one")
    return 0


def code_lines(source: str) -> set[int]:
    """The numbers of the lines that hold code."""
    kinds = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    found: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in kinds:
            found.update(range(token.start[0], token.end[0] + 1))
    for node in docstrings(source):
        found.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


def docstrings(source: str) -> Iterator[ast.Expr]:
    """The docstrings, and the strings below an assignment that say what it is."""
    for node in ast.walk(ast.parse(source)):
        for child in getattr(node, "body", ()) if isinstance(getattr(node, "body", None), list) else ():
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant) and isinstance(child.value.value, str):
                yield child


def function_lengths(source: str) -> Iterator[int]:
    """How many lines each function has, its docstring left out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0]
            said = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
            documented = (first.end_lineno or 0) - first.lineno + 1 if said else 0
            yield (node.end_lineno or 0) - node.lineno + 1 - documented


def long_docstrings(source: str) -> int:
    """How many docstrings take three lines and would fit on one."""
    rows = source.split("\n")
    count = 0
    for node in docstrings(source):
        first, last = node.lineno, node.end_lineno or node.lineno
        if last - first == 2 and rows[first - 1].strip() == rows[last - 1].strip() == '"""':
            count += len(rows[first - 1]) + len(rows[first].strip()) + 3 <= 130
    return count


if __name__ == "__main__":
    sys.exit(main())
