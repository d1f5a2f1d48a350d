"""
What the plugin puts into pytest's reports: conversations, and counts at the end of the run.

A report never ends the run: what cannot be shown is told as that, and every text can be encoded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import pytest

SECTION = "assistant traffic"


def plain(text: str) -> str:
    """A text that can be written and sent as UTF-8: half of a surrogate pair is written as an escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def shown(tell: Callable[[], str]) -> str:
    """What a function tells, as text that can be encoded; if it fails, that it did."""
    try:
        return plain(tell())
    except Exception as problem:
        return f"cannot be shown: {type(problem).__name__}"


def add_section(item: pytest.Item, report: pytest.TestReport, text: str) -> None:
    """Put a conversation beside a failure's traceback, where xdist and junitxml keep it; without one, beside the output."""
    add = getattr(report.longrepr, "addsection", None)
    if add is not None:
        add(SECTION, text)
    else:
        report.sections.append((SECTION, text))
        item.user_properties.append((SECTION, text))  # which junitxml reads after the teardown


def show_passed(terminalreporter: pytest.TerminalReporter) -> None:
    """The conversations of tests that passed, unless pytest shows them itself (-rP)."""
    if {"P", "A"} & set(terminalreporter.config.option.reportchars):
        return
    for report in terminalreporter.getreports("passed"):
        for name, text in report.sections:
            if name == SECTION:
                terminalreporter.section(f"{SECTION}: {report.nodeid}", sep="-")
                terminalreporter.line(text)


def show_counts(terminalreporter: pytest.TerminalReporter, title: str, counts: Mapping[tuple[str, ...], int]) -> None:
    """A section with a line for each thing that was counted: its words but the last together, the last apart."""
    terminalreporter.section(title)
    for words, times in sorted((tuple(plain(str(word)) for word in key), times) for key, times in counts.items()):
        terminalreporter.line(f"{' '.join(words[:-1])}  {words[-1]}  {times} time{'' if times == 1 else 's'}")


def clean(longrepr: Any) -> None:
    """
    Make a failure's texts ones that can be encoded, or pytest-xdist could not carry them to its main process, and take pytest's
    hint away where all frames are hidden: they are ours, and there is nothing to see in them.
    """
    with suppress(Exception):  # these are pytest's own objects: what another version made of them stays as it is
        for traceback, *_ in getattr(longrepr, "chain", ()):
            if (traceback.extraline or "").startswith("All traceback entries are hidden"):
                traceback.extraline = None
        _encodable(longrepr)


def _encodable(value: Any) -> Any:
    """The same with every text in it made plain: in place for pytest's own objects, as a copy for text, lists and tuples."""
    if isinstance(value, str):
        return plain(value)
    if type(value) in (list, tuple):
        return type(value)(map(_encodable, value))
    if type(value).__module__.startswith("_pytest."):
        for name, inner in list(vars(value).items()):
            object.__setattr__(value, name, _encodable(inner))
    return value
