"""Cassettes in pytest: the same test on the fake, on a cassette and live; modes, options, marker, reports."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from sdk_calls import SDKS
from upstream import Upstream

from pytest_assistant_mock import cassettes

REAL_KEYS = ("sk-real-0123456789abcdef", "ALTAK-real", "0123456789abcdef")

TEST = """
import os
import pytest
import requests

BASE = os.environ.get("DASHSCOPE_HTTP_BASE_URL", "https://dashscope.aliyuncs.com/api/v1")

def create(n):
    headers = {"Authorization": "Bearer " + os.environ["DASHSCOPE_API_KEY"]}
    return requests.post(BASE + "/threads", json={"metadata": {"n": n}}, headers=headers).json()
"""


def home(monkeypatch: pytest.MonkeyPatch) -> None:
    """No service and no key any more: as on a machine that only replays."""
    for name in ("DASHSCOPE_HTTP_BASE_URL", "GATEWAY_URL", "DASHSCOPE_API_KEY", "APPBUILDER_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """The tests in a process of their own, as an SDK reads its environment once."""
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)


@pytest.mark.parametrize(("source", "count"), SDKS)
def test_the_sdks_record_and_replay_every_operation(
    source: str, count: int, pytester: pytest.Pytester, service: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One test, unchanged: on the fake, recorded from a service over sockets, replayed without service and key, and live."""
    pytester.makepyfile(
        source + "\ndef test_it(assistant_mock):\n    seen = conversation()\n    print(seen)\n    assert len(seen) >= 8\n"
    )
    run(pytester).assert_outcomes(passed=1)
    assert service.requests == []
    recording = run(pytester, "-s", "--assistant-source=cassette", "--assistant-record=once")
    recording.assert_outcomes(passed=1)
    assert len(service.requests) == count
    run(pytester, "--assistant-source=live").assert_outcomes(passed=1)
    assert len(service.requests) == 2 * count
    home(monkeypatch)
    replay = run(pytester, "-s", "--assistant-source=cassette")
    replay.assert_outcomes(passed=1)
    assert seen(replay) == seen(recording)
    (file,) = Path(pytester.path).glob("cassettes/*/*.yaml")
    assert len(cassettes.load(file).interactions) == count
    assert not [key for key in REAL_KEYS if key in file.read_text()]


def seen(result: pytest.RunResult) -> list[str]:
    """What the test printed."""
    return [line for line in result.outlines if "[" in line and "True" in line]


def here(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    """The tests in this process: quick, and enough where no SDK is imported."""
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-p", "no:randomly", *options)


RECORD = ("--assistant-source=cassette", "--assistant-record=once")
REPLAY = ("--assistant-source=cassette",)


def test_where_a_cassette_lies(pytester: pytest.Pytester, service: Upstream) -> None:
    """Beside the test, with class and parameters in the name, what no file name can hold replaced, long names cut."""
    source = """
@pytest.mark.parametrize("word", ["a/b", pytest.param("b", id="x" * 300)])
def test_word(assistant_mock, word):
    create(len(word))

class TestIt:
    def test_in_class(self, assistant_mock):
        create(1)

@pytest.mark.assistant(cassette="shared/threads")
def test_named(assistant_mock):
    create(2)
"""
    pytester.makepyfile(test_where=TEST + source)
    here(pytester, *RECORD).assert_outcomes(passed=4)
    here(pytester, *REPLAY).assert_outcomes(passed=4)
    assert len(service.requests) == 4
    root = Path(pytester.path) / "cassettes"
    found = sorted(str(path.relative_to(root)) for path in root.rglob("*.yaml"))
    cut = next(name for name in found if "xxx" in name)
    assert found == sorted(["shared/threads.yaml", "test_where/TestIt.test_in_class.yaml", "test_where/test_word[a-b].yaml", cut])
    assert len(Path(cut).name) == 200


def test_source_and_record_command_line_over_marker_over_ini(pytester: pytest.Pytester, service: Upstream) -> None:
    """A marker's source holds unless the option is given; without either the ini file says."""
    source = """
@pytest.mark.assistant(source="fake")
def test_marked(assistant_mock):
    create(1)

def test_plain(assistant_mock):
    create(2)
"""
    pytester.makepyfile(TEST + source)
    pytester.makeini("[pytest]\nassistant_source = cassette\nassistant_record = once")
    here(pytester).assert_outcomes(passed=2)
    assert [request.json()["metadata"]["n"] for request in service.requests] == [2]
    here(pytester, "--assistant-source=live").assert_outcomes(passed=2)
    assert len(service.requests) == 3 + 0
    here(pytester, "--assistant-source=fake").assert_outcomes(passed=2)
    here(pytester, "--assistant-record=none").assert_outcomes(passed=2)
    assert len(service.requests) == 3


def test_recording_the_fake_is_warned_of(pytester: pytest.Pytester) -> None:
    """--assistant-record alone records nothing, and says so; a test that is marked for the fake means it."""
    source = """
import pytest

def test_plain(assistant_mock): pass

@pytest.mark.assistant(source="fake")
def test_marked(assistant_mock): pass
"""
    pytester.makepyfile(source)
    result = here(pytester, "--assistant-record=once")
    result.assert_outcomes(passed=2, warnings=1)
    result.stdout.fnmatch_lines(
        [
            "*PytestWarning: --assistant-record=once: this test runs on the fake, and nothing of it is recorded;"
            " do you want --assistant-source=cassette?"
        ]
    )
    here(pytester, "--assistant-record=none").assert_outcomes(passed=2, warnings=0)
    here(pytester).assert_outcomes(passed=2, warnings=0)


def test_a_failing_test_leaves_no_cassette(pytester: pytest.Pytester, service: Upstream) -> None:
    """And says so. Nor does one that is skipped half way or expected to fail; a passing one beside it does."""
    source = """
def test_fails(assistant_mock):
    create(1)
    assert False

def test_skips(assistant_mock):
    create(1)
    pytest.skip("half way")

@pytest.mark.xfail(strict=True)
def test_expected(assistant_mock):
    create(1)
    assert False

def test_passes(assistant_mock):
    create(1)
"""
    pytester.makepyfile(TEST + source)
    result = here(pytester, *RECORD)
    result.assert_outcomes(passed=1, failed=1, skipped=1, xfailed=1)
    folder = Path(pytester.path) / "cassettes" / "test_a_failing_test_leaves_no_cassette"
    start = result.outlines.index("--------------------- Captured assistant cassette teardown ---------------------")
    assert result.outlines[start + 1 : start + 4] == [
        "1 call was made and not recorded: a test must pass for it",
        f"  cassette:  {folder / 'test_fails.yaml'}",
        "  mode:      source=cassette, record=once",
    ]
    assert [path.name for path in Path(pytester.path).rglob("*.yaml")] == ["test_passes.yaml"]


def test_reports_of_a_replay(pytester: pytest.Pytester, service: Upstream) -> None:
    """
    A miss fails at the call; a swallowed one at teardown; what is left unplayed fails a passing test and is only reported on
    a failing one.
    """
    recorded = """
@pytest.mark.parametrize("case", ["miss", "swallowed", "unplayed", "failing"])
def test_it(assistant_mock, case):
    create(1)
    create(2)
"""
    replayed = """
@pytest.mark.parametrize("case", ["miss", "swallowed", "unplayed", "failing"])
def test_it(assistant_mock, case):
    create(1)
    if case == "miss":
        create(3)
    if case == "swallowed":
        with pytest.raises(AssertionError):
            create(3)
    if case == "failing":
        raise ZeroDivisionError
"""
    pytester.makepyfile(TEST + recorded)
    here(pytester, *RECORD).assert_outcomes(passed=4)
    pytester.makepyfile(TEST + replayed)
    result = here(pytester, *REPLAY)
    result.assert_outcomes(passed=2, failed=2, errors=2)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_it?swallowed?*",
            "*CassetteMiss: no recorded answer to  POST /threads   (model_studio)",
            "*raised at a call before, and swallowed by the code under test",
            "*ERROR at teardown of test_it?unplayed?*",
            "*UnplayedInteractions: 1 of 2 recorded interactions were never played",
            "*test_it?miss?*",
            "*fix: * record the whole test again:  pytest '*test_it?miss?' --assistant-source=cassette --assistant-record=all",
            "*Captured assistant cassette teardown*",
            "1 of 2 recorded interactions were never played",
        ]
    )


def test_the_command_in_a_miss_works(pytester: pytest.Pytester, service: Upstream) -> None:
    """Run as it stands, it records what is missing, and the test passes from then on."""
    pytester.makepyfile(TEST + "\ndef test_it(assistant_mock):\n    create(1)\n")
    here(pytester, *RECORD).assert_outcomes(passed=1)
    pytester.makepyfile(TEST + "\ndef test_it(assistant_mock):\n    create(1)\n    create(2)\n")
    result = here(pytester, *REPLAY)
    result.assert_outcomes(failed=1)
    command = next(line.partition("record it:  pytest ")[2] for line in result.outlines if "record it:" in line)
    here(pytester, *shlex.split(command)).assert_outcomes(passed=1)
    here(pytester, *REPLAY).assert_outcomes(passed=1)
    assert len(service.requests) == 2


CONVERSATION = """
def post(path, body):
    headers = {"Authorization": "Bearer " + os.environ["DASHSCOPE_API_KEY"]}
    return requests.post(BASE + path, json=body, headers=headers).json()

@pytest.mark.assistant(cassette=%r)
def test_it(assistant_mock):
    thread = create(1)["id"]
    for text in %r:
        post(f"/threads/{thread}/messages", {"content": text})

@pytest.mark.assistant(cassette=%r)
def test_other(assistant_mock):
    create(1)
"""


@pytest.mark.parametrize("cassette", [None, "shared"])
@pytest.mark.parametrize("texts", [["a", "c"], ["a"], ["a", "b", "c"], ["c", "a", "b"]])
def test_the_command_leaves_nothing_of_the_old_recording(
    texts: list[str], cassette: str | None, pytester: pytest.Pytester, service: Upstream
) -> None:
    """
    Where a call of a conversation is changed, left out or put in, the command of the error mends it, though every id is a new
    one; what another test recorded into the same file stays.
    """
    pytester.makepyfile(TEST + CONVERSATION % (cassette, ["a", "b"], cassette))
    here(pytester, *RECORD).assert_outcomes(passed=2)
    pytester.makepyfile(TEST + CONVERSATION % (cassette, texts, cassette))
    result = here(pytester, *REPLAY)
    command = next(line.partition("again:  pytest ")[2] for line in result.outlines if "again:  pytest" in line)
    here(pytester, *shlex.split(command)).assert_outcomes(passed=1)
    here(pytester, *REPLAY).assert_outcomes(passed=2)
    recorded = [one for path in Path(pytester.path).rglob("*.yaml") for one in cassettes.load(path).interactions]
    assert len(recorded) == 1 + 1 + len(texts)


def test_the_resolver_guard_stays_on_in_replay(pytester: pytest.Pytester) -> None:
    """A client without a door cannot even look up the vendor's host."""
    pytester.makepyfile(
        "import socket\nimport pytest\nfrom pytest_assistant_mock.errors import BlockedHost\n"
        "@pytest.mark.assistant(strict=False)\n"
        "def test_it(assistant_mock):\n"
        "    with pytest.raises(BlockedHost):\n        socket.getaddrinfo('dashscope.aliyuncs.com', 443)\n"
    )
    here(pytester, *REPLAY).assert_outcomes(passed=1)


def test_a_missing_cassette_says_how_to_record(pytester: pytest.Pytester) -> None:
    """With the exact command."""
    pytester.makepyfile(test_it=TEST + "\ndef test_it(assistant_mock):\n    create(1)\n")
    result = here(pytester, *REPLAY)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*why: * there is no cassette",
            "*record it:  pytest test_it.py::test_it --assistant-source=cassette --assistant-record=once",
        ]
    )


@pytest.mark.parametrize(
    ("marker", "problem"),
    [
        ('cassette="../x"', "@pytest.mark.assistant: cassette='../x': expected a name like 'threads' or 'shared/threads'"),
        ("cassette=5", "@pytest.mark.assistant(cassette=5): expected a name, like 'threads'"),
        ('source="tape"', "source='tape': expected one of 'fake', 'cassette', 'live'*"),
        ('unplayed="no"', "unplayed='no': expected one of 'fail', 'warn', 'off'*"),
        ('ignore="a"', "ignore='a': expected a list of names, like *"),
    ],
)
def test_a_wrong_marker_is_a_usage_error(marker: str, problem: str, pytester: pytest.Pytester) -> None:
    """What came and what was expected."""
    pytester.makepyfile(f"import pytest\n@pytest.mark.assistant({marker})\ndef test_it(assistant_mock): pass\n")
    options = () if "source" in marker else REPLAY
    here(pytester, *options).stdout.fnmatch_lines([f"*UsageError: {problem.replace('[', '[[]')}"])


def test_a_broken_cassette_is_an_error_with_file_and_line(pytester: pytest.Pytester) -> None:
    """At the test's setup, in the words of the reader."""
    pytester.makepyfile(test_it="def test_it(assistant_mock): pass")
    file = Path(pytester.path) / "cassettes" / "test_it" / "test_it.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("version: 1\ninteractions:\n<<<<<<< HEAD\n")
    result = here(pytester, *REPLAY)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*CassetteError: *test_it.yaml:3: a merge conflict"])


def test_marker_keywords_reach_the_player(pytester: pytest.Pytester, service: Upstream) -> None:
    """ignore=, reuse= and unplayed= do in pytest what they do elsewhere."""
    marked = '@pytest.mark.assistant(cassette="c", ignore=["metadata.n"], reuse=True, unplayed="off")\n'
    pytester.makepyfile(TEST + marked + "def test_it(assistant_mock):\n    create(1)\n")
    here(pytester, *RECORD).assert_outcomes(passed=1)
    pytester.makepyfile(TEST + marked + "def test_it(assistant_mock):\n    assert create(5) == create(6)\n")
    here(pytester, *REPLAY).assert_outcomes(passed=1)


RENAMED = """
import os, requests

BASE = os.environ["DASHSCOPE_HTTP_BASE_URL"]

def test_%s(assistant_mock):
    requests.post(BASE + "/threads", json={}, headers={"Authorization": "Bearer sk-x"})

def test_other(assistant_mock):
    requests.post(BASE + "/threads", json={}, headers={"Authorization": "Bearer sk-x"})
"""


@pytest.mark.parametrize(("module", "test"), [("test_a", "after"), ("test_b", "before")])
def test_a_cassette_whose_test_was_renamed_is_named_beside_the_miss(
    module: str, test: str, pytester: pytest.Pytester, service: Upstream
) -> None:
    """Test or module, with the command that moves it; a cassette whose test is there is not named. Once moved, it plays."""
    pytester.makepyfile(test_a=RENAMED % "before")
    pytester.runpytest_inprocess("--assistant-source=cassette", "--assistant-record=once").assert_outcomes(passed=2)
    (pytester.path / "test_a.py").unlink()
    pytester.makepyfile(**{module: RENAMED % test})
    only = f"{module}.py::test_{test}"
    result = pytester.runpytest_inprocess("--assistant-source=cassette", only)
    old, new = (pytester.path / "cassettes" / name for name in ("test_a/test_before.yaml", f"{module}/test_{test}.yaml"))
    orphans = [line.removeprefix("E").strip() for line in result.stdout.lines if "its test is gone" in line]
    assert orphans[0] == f"orphan:    {old}: its test is gone; was it renamed?  mv {old} {new}"
    assert not any("test_other" in line for line in orphans)
    new.parent.mkdir(exist_ok=True)
    old.rename(new)
    pytester.runpytest_inprocess("--assistant-source=cassette", only).assert_outcomes(passed=1)
