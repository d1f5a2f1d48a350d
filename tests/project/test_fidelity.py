"""docs/fidelity.md says of every error, and of every sample that gives way, what the code and the samples say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from scripted_streams import GIVE_WAY
from scripted_streams import SAMPLES as RUNS
from test_model_studio_answers import SAMPLES, WHY

from pytest_assistant_mock._engine.vendor import Vendor
from pytest_assistant_mock._vendors import REVISIONS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "fidelity.md").read_text("utf8")
MARKS = ("documented", "recorded", "SDK-implied", "inferred")
TITLES = {"model_studio": "## Model Studio", "appbuilder": "## AppBuilder"}


def rows(title: str) -> list[list[str]]:
    """The cells of every table row below a heading, up to the next heading of its kind."""
    section = PAGE.split(f"{title}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@pytest.mark.parametrize("vendor", REVISIONS["2025"], ids=lambda vendor: vendor.name)
def test_every_error_stands_in_the_page_as_it_is_answered(vendor: Vendor) -> None:
    """Name, status, code, text and mark of each row of ERRORS, in the order of the table, and no row besides."""
    errors = [row[:5] for row in rows(TITLES[vendor.name]) if len(row) == 6 and row[0] != "refusal"]
    assert errors == [
        [kind, str(row.status), f"`{row.code}`", f"`{row.message}`", row.basis] for kind, row in vendor.errors.items()
    ]


@pytest.mark.parametrize("vendor", TITLES)
def test_every_behaviour_has_a_mark_and_all_but_the_inferred_a_source(vendor: str) -> None:
    """A row without a known mark is no fidelity; a row that claims more than a guess names where it comes from."""
    behaviours = [row for row in rows(TITLES[vendor]) if len(row) == 3 and row[0] != "behaviour"]
    assert len(behaviours) > 20
    for behaviour, mark, source in behaviours:
        assert mark in MARKS, behaviour
        assert source or mark == "inferred", behaviour


def test_every_sample_that_gives_way_is_listed_with_its_reason() -> None:
    """The list of the page is the list of the samples."""
    found = [row for row in rows("## Samples that give way") if row[0] != "vendor"]
    assert found == [
        [vendor, sample["name"], sample["because"]]
        for vendor in TITLES
        for sample in json.loads((ROOT / "tests" / "samples" / f"{vendor}.json").read_text("utf8"))
        if "because" in sample
    ]


def test_every_sample_of_a_run_that_gives_way_is_listed_with_its_reason() -> None:
    """The list of the page is the table of the test that plays them."""
    found = [row for row in rows("## Samples of assistants and runs that give way") if row[0] != "vendor"]
    assert found == [["model_studio", SAMPLES[place]["operation"], because] for place, because in sorted(WHY.items())]


def test_every_host_and_base_url_is_named() -> None:
    """The page names what the fake answers for."""
    for vendor in REVISIONS["2025"]:
        for place in (*vendor.base_urls, *vendor.hosts):
            assert place in PAGE, place


def test_every_source_named_is_explained() -> None:
    """Each short name of the list of sources is used in some row."""
    sources = PAGE.split("Sources, by short name:")[1].split("## Model Studio")[0]
    names = re.findall(r"^\| ([A-Za-z][^|]+?) \|", sources.replace("| name |", ""), re.MULTILINE)
    body = PAGE.split("## Model Studio", 1)[1]
    assert [name for name in names if name not in body] == []
    assert len(names) == 20


def test_every_stream_that_breaks_the_contract_is_listed() -> None:
    """The list of the page is the table of the test that judges them."""
    found = [row[:2] for row in rows("## Streams that break the contract") if row[0] != "vendor"]
    assert found == [[vendor, RUNS[vendor][place]["operation"]] for vendor, place in GIVE_WAY]
