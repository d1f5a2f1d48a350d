"""The last line of `make test`."""

from __future__ import annotations

from summary import summary

REPORT = """<testsuites><testsuite>
<testcase name="a"/>
<testcase name="b"><skipped message="httpx2 is not installed here"/></testcase>
<testcase name="c"><skipped message="could not import 'httpx2': No module named 'httpx2'"/></testcase>
<testcase name="d"><skipped message="root writes everywhere"/></testcase>
</testsuite></testsuites>"""


def test_it_says_how_many_passed_and_why_others_were_skipped(tmp_path):
    """One line; a missing package is told in one way, however a test said it."""
    report = tmp_path / "first.xml"
    report.write_text(REPORT)
    assert summary([report, report]) == (
        "All 2 environments passed: 2 tests. Skipped: 4 (httpx2 is not installed), 2 (root writes everywhere)."
    )
