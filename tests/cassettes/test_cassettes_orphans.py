"""`--assistant-orphans`: which cassettes nobody needs any more, in whole runs, parts of runs, and under pytest-xdist."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_assistant_mock._engine.secrets import Secrets
from pytest_assistant_mock.cassettes import Cassette, storage
from pytest_assistant_mock.cassettes.format import to_text

TITLE = "*assistant: cassettes that no test asked for*"
TESTS = """
import pytest

class TestIt:
    def test_in_class(self, assistant_mock):
        pass

def test_one(assistant_mock):
    pass

@pytest.mark.parametrize("n", [1, 2])
def test_many(model_studio_mock, n):
    pass

@pytest.mark.assistant(cassette="shared/all")
def test_named(assistant_mock):
    pass
"""
NEEDED = ("test_a/TestIt.test_in_class", "test_a/test_one", "test_a/test_many[1]", "test_a/test_many[2]", "shared/all")


def cassettes(pytester: pytest.Pytester, *names: str) -> None:
    """Empty cassettes of these names."""
    for name in names:
        storage.write(Path(pytester.path) / "cassettes" / f"{name}.yaml", to_text(Cassette()), Secrets())


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A module with the cassettes it needs, and a module more."""
    pytester.makepyfile(test_a=TESTS, test_b="def test_b(assistant_mock): pass")
    cassettes(pytester, *NEEDED, "test_b/test_b")
    return pytester


def run(pytester: pytest.Pytester, *options: str, source: str = "cassette") -> pytest.RunResult:
    """The tests on their cassettes, with the option."""
    plugins = ("-p", "no:cacheprovider", "-p", "no:randomly")
    return pytester.runpytest_inprocess(*plugins, f"--assistant-source={source}", "--assistant-orphans", *options)


def listed(result: pytest.RunResult) -> list[str]:
    """The cassettes that were listed."""
    return [line.strip().removeprefix("cassettes/") for line in result.outlines if line.startswith("  cassettes/")]


WAYS = [(), ("-n", "2")]


@pytest.mark.parametrize("way", WAYS, ids=["one process", "xdist"])
def test_a_whole_run_lists_what_nobody_asked_for(way: tuple[str, ...], suite: pytest.Pytester) -> None:
    """Of a test, of a module and of a name that are gone; the run fails for them, and passes without."""
    if way:
        pytest.importorskip("xdist")
    result = run(suite, *way)
    result.stdout.fnmatch_lines([TITLE, "none; 6 cassettes looked at"])
    assert (result.ret, listed(result)) == (0, [])
    gone = ["old_name", "shared/other", "test_a/test_gone", "test_a/test_many[[]3]", "test_z/test_gone"]
    gone = [name.replace("[[]", "[") for name in gone]
    cassettes(suite, *gone)
    result = run(suite, *way)
    assert listed(result) == [f"{name}.yaml" for name in gone]
    assert result.ret == 1
    result.stdout.fnmatch_lines("11 cassettes looked at; delete those above, if no other run needs them")


@pytest.mark.parametrize("way", WAYS, ids=["one process", "xdist"])
@pytest.mark.parametrize("part", [("-k", "test_one"), ("--deselect", "test_a.py::test_named")])
def test_deselected_tests_keep_their_cassettes(part: tuple[str, ...], way: tuple[str, ...], suite: pytest.Pytester) -> None:
    """Where -k takes tests away their cassettes are not listed, and the report says so; one that nobody has is."""
    if way:
        pytest.importorskip("xdist")
    cassettes(suite, "test_a/test_gone")
    result = run(suite, *part, *way)
    assert (listed(result), result.ret) == (["test_a/test_gone.yaml"], 1)
    result.stdout.fnmatch_lines(
        "only a part of the tests ran: * cassettes of tests that did not run, or not pass, are not listed"
    )


def test_of_one_module_only_its_own_are_judged(suite: pytest.Pytester) -> None:
    """A file as argument: cassettes of other modules, and named ones that those may share, are not looked at."""
    cassettes(suite, "test_a/test_gone", "old_name")
    result = run(suite, "test_a.py")
    assert (listed(result), result.ret) == (["test_a/test_gone.yaml"], 1)
    result.stdout.fnmatch_lines(
        ["only a part of the tests ran: 1 in cassettes not looked at", "only a part of the tests ran: 1 in *test_b not looked at"]
    )


def test_of_one_test_nothing_is_judged(suite: pytest.Pytester) -> None:
    """A single test as argument says nothing of any other cassette."""
    cassettes(suite, "test_a/test_gone")
    result = run(suite, "test_a.py::test_one")
    assert (listed(result), result.ret) == ([], 0)
    result.stdout.fnmatch_lines("only a part of the tests ran: 4 in *test_a not looked at")


def test_a_test_that_was_skipped_failed_or_not_reached_keeps_its_cassette(suite: pytest.Pytester) -> None:
    """Only a test that passed has asked for all it asks for; after -x the others count as not run."""
    suite.makepyfile(test_a="import pytest\n\n@pytest.mark.skip\ndef test_one(assistant_mock): pass\n", test_b="""
def test_ok(assistant_mock): pass
def test_b(request): assert request.getfixturevalue("missing")
def test_later(assistant_mock): pass
""")  # fmt: skip
    cassettes(suite, "test_b/test_ok", "test_b/test_later")
    result = run(suite, "-x")
    assert "test_a/test_one.yaml" not in listed(result)
    assert "test_b/test_later.yaml" not in listed(result)
    assert "test_a/test_many[1].yaml" in listed(result)
    assert result.ret == 1


def test_a_cassette_that_a_mock_opened_by_hand_asks_for(pytester: pytest.Pytester) -> None:
    """AssistantMock in the test's own code counts as well as a fixture."""
    pytester.makepyfile(test_a="""
from pathlib import Path
from pytest_assistant_mock import AssistantMock
def test_it():
    with AssistantMock(source="cassette", cassette=Path(__file__).parent / "cassettes" / "mine.yaml"):
        pass
""")  # fmt: skip
    cassettes(pytester, "mine", "other")
    assert listed(run(pytester)) == ["other.yaml"]


def test_a_module_that_could_not_be_collected_is_not_judged(suite: pytest.Pytester) -> None:
    """With a broken module nobody knows what its tests would ask for, nor who shares a name."""
    suite.makepyfile(test_b="import nothing_of_that_name")
    cassettes(suite, "old_name", "test_b/other")
    result = run(suite, "--continue-on-collection-errors")
    assert listed(result) == []
    assert result.ret == 1


def test_a_run_on_the_fake_says_that_it_cannot_know(suite: pytest.Pytester) -> None:
    """No cassette was asked for at all: nothing is listed, and nothing fails."""
    result = run(suite, source="fake")
    assert (listed(result), result.ret) == ([], 0)
    result.stdout.fnmatch_lines("not known: no test of this run asked for a cassette; do you want --assistant-source=cassette?")


def test_after_a_crash_of_a_worker_nothing_is_judged(suite: pytest.Pytester) -> None:
    """What a worker that has crashed had asked for, nobody knows."""
    pytest.importorskip("xdist")
    suite.makepyfile(test_b="import os\n\ndef test_b(assistant_mock): os._exit(3)\n")
    cassettes(suite, "test_a/test_gone")
    result = run(suite, "-n", "2", "--max-worker-restart=0")
    assert listed(result) == []
    result.stdout.fnmatch_lines("not known: a worker of pytest-xdist did not tell which cassettes its tests asked for*")


def test_without_the_option_nothing_is_said(suite: pytest.Pytester) -> None:
    """Nothing is looked for, and nothing imported for it."""
    cassettes(suite, "old_name")
    result = suite.runpytest_inprocess("-p", "no:cacheprovider", "--assistant-source=cassette")
    assert result.ret == 0
    result.stdout.no_fnmatch_line(TITLE)
