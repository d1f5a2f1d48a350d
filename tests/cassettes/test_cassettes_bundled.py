"""The cassettes that come with the project: documented truth, replayed by the suite, and explained by the fake."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from made import ask, player

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._vendors import REVISIONS
from pytest_assistant_mock.cassettes import load
from pytest_assistant_mock.cassettes.check import problems
from pytest_assistant_mock.cassettes.verify import percentage, verify

ROOT = Path(__file__).parents[2] / "cassettes"
FILES = sorted(ROOT.rglob("*.yaml"))

TAGS = ("messages", "threads")
EXCEPTIONS = {"appbuilder/create_message.yaml", "appbuilder/list_message_files.yaml", "appbuilder/update_message.yaml"}
"""Where the vendor's page contradicts itself; each file says how."""


def name(path: Path) -> str:
    """A file by its vendor and scenario."""
    return path.relative_to(ROOT).as_posix()


def test_there_is_a_scenario_for_each_operation_on_messages_and_threads() -> None:
    """And no other."""
    wanted = {
        f"{vendor.name}/{route.operation}.yaml" for vendor in REVISIONS["2025"] for route in vendor.routes if route.tag in TAGS
    }
    assert {name(path) for path in FILES} == wanted


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_scenario_says_where_it_comes_from(path: Path) -> None:
    """Documented ones name the vendor's page; what is only inferred says so."""
    metadata = yaml.safe_load(path.read_text())["metadata"]
    assert (metadata["basis"], metadata["source"].partition(":")[0].partition(" page ")[0]) in {
        ("documented", "transcribed from the vendor's"),
        ("inferred", "recorded from the fake"),
    }


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_scenario_is_sound(path: Path) -> None:
    """It parses, keeps the contract, holds no secret, and reads well."""
    assert problems(path) == []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_scenario_is_replayed(path: Path) -> None:
    """Every request in it gets its recorded answer, with the contract watching, and none is left."""
    with player(path, contract="fail") as mock:
        for one in load(path).interactions:
            assert ask(mock, one.request) == one.reply


def test_the_fake_explains_all_of_it() -> None:
    """Status, shape, order of keys and errors; but for the exceptions named here and in the files."""
    rows = {name(path): verify(load(path)) for path in FILES}
    assert {file for file, found in rows.items() if any(row.difference for row in found)} == EXCEPTIONS
    assert percentage([row for found in rows.values() for row in found]) == 100


@pytest.mark.parametrize("path", [path for path in FILES if name(path) not in EXCEPTIONS], ids=name)
def test_the_fake_goes_on_from_a_scenario(path: Path) -> None:
    """Loaded into the fake, its messages are there with their ids and times, and new ones come after them."""
    with AssistantMock() as mock:
        handle = getattr(mock, path.parent.name)
        handle.load(path)
        for thread in handle.threads():
            before = handle.messages(thread)
            handle.add_message(thread, "and now")
            after = handle.messages(thread)
            assert after[:-1] == before
            assert len({one.id for one in after}) == len(after)
            assert all(one.created_at < after[-1].created_at for one in before)
