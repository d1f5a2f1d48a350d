"""The last line of `make test`: all environments passed, and why tests were skipped. `python tests/summary.py REPORT.xml…`"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

MISSING = re.compile(r"(?:could not import|No module named) '(\w+)'.*|(\w+) is not installed(?: here)?")


def summary(reports: Sequence[Path]) -> str:
    """One line about junitxml reports, one an environment, of which none has a failure."""
    passed, skipped = 0, Counter[str]()
    for report in reports:
        for case in ElementTree.parse(report).iter("testcase"):
            skip = case.find("skipped")
            if skip is None:
                passed += 1
            else:
                skipped[reason(skip.attrib["message"])] += 1
    why = ", ".join(f"{count} ({words})" for words, count in skipped.most_common())
    return f"All {len(reports)} environments passed: {passed:,} tests. Skipped: {why or 'none'}."


def reason(words: str) -> str:
    """Why a test was skipped; the same words for every way to say that a package is missing."""
    return MISSING.sub(lambda found: f"{found[1] or found[2]} is not installed", words)


if __name__ == "__main__":
    print(summary([Path(name) for name in sys.argv[1:]]))
