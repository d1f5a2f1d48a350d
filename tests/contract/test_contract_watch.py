"""The contract watching a suite: fixture, option, marker, ini file; off, warn, fail; and the drift of a run, summed up once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from vendors import STUDIO, ask

from pytest_assistant_mock import AssistantMock, Exchange, Request, Response, contract
from pytest_assistant_mock.contract.watch import Mode
from pytest_assistant_mock.errors import ContractViolation, ContractWarning, UnansweredRequest

BAD = """
    import requests

    def send(studio, **body):
        headers = {"Authorization": "Bearer x"}
        return requests.post(f"{studio.base_url}/threads", json=body, headers=headers)
"""
VIOLATION = (
    "the request POST https://dashscope.aliyuncs.com/api/v1/threads (model_studio create_thread) breaks the contract in 1 place"
)


@pytest.fixture(autouse=True, scope="module")
def imported():
    """What a run inside this one imports is imported once, not by every run."""
    import requests  # noqa: F401

    play("fail")


@pytest.fixture
def suite(pytester):
    """A suite whose one test sends metadata that is no object, and one more field than the contract knows."""
    pytester.makepyfile(helper=BAD)

    def write(fixtures: str = "model_studio", marker: str = "", ini: str = "") -> None:
        pytester.makepyfile(
            f"""
            import pytest
            from helper import send

            {marker}
            def test_it({fixtures}, model_studio):
                send(model_studio, metadata=7, colour="red")
            """.replace("model_studio, model_studio", "model_studio")
        )
        pytester.makeini(f"[pytest]\n{ini}\n")

    return write


@pytest.mark.parametrize(
    ("fixtures", "marker", "ini", "arguments", "expected"),
    [
        ("model_studio", "", "", (), "off"),
        ("assistant_contract", "", "", (), "fail"),
        ("model_studio", "", "assistant_contract = fail", (), "fail"),
        ("model_studio", "", "assistant_contract = warn", (), "warn"),
        ("model_studio", "@pytest.mark.assistant(contract='fail')", "", (), "fail"),
        ("model_studio", "@pytest.mark.assistant(contract='off')", "assistant_contract = fail", (), "off"),
        ("assistant_contract", "@pytest.mark.assistant(contract='off')", "", (), "off"),
        ("assistant_contract", "", "assistant_contract = warn", (), "warn"),
        ("model_studio", "", "", ("--assistant-contract=fail",), "fail"),
        ("model_studio", "@pytest.mark.assistant(contract='fail')", "", ("--assistant-contract=warn",), "warn"),
        ("assistant_contract", "@pytest.mark.assistant(contract='fail')", "", ("--assistant-contract=off",), "off"),
    ],
)
def test_command_line_over_marker_over_ini(pytester, suite, fixtures, marker, ini, arguments, expected):
    """Off unless somebody asks; the fixture asks for "fail"; a marker wins over an ini file, the command line over both."""
    suite(fixtures, marker, ini)
    result = pytester.runpytest_inprocess(*arguments)
    errors, warned = int(expected == "fail"), int(expected == "warn")
    result.assert_outcomes(passed=1, errors=errors, warnings=warned)
    output = result.stdout.str()
    assert (VIOLATION in output) == (expected != "off")
    assert ("fields the contract does not know" in output) == (expected != "off")


def test_a_failure_says_everything(pytester, suite):
    """What broke the contract, and the drift of the run, a line a field, at the end."""
    suite("assistant_contract")
    result = pytester.runpytest_inprocess()
    result.stdout.fnmatch_lines(
        [
            f"*ContractViolation: {VIOLATION}",
            "*  $.metadata: expected an object or null; came 7",
            "*    Key-value pairs kept with the object.",
            "*= assistant: fields the contract does not know =*",
            "model_studio create_thread request  $.colour  1 time",
        ]
    )


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_drift_is_summed_up_once_for_a_run(pytester, monkeypatch, workers):
    """Grouped by field whatever the number of tests and of workers; drift fails nothing."""
    if workers:
        pytest.importorskip("xdist")
    pytester.makepyfile(helper=BAD)
    pytester.makepyfile(
        """
        import pytest
        from helper import send

        @pytest.mark.parametrize("number", range(4))
        def test_it(assistant_contract, model_studio, number):
            messages = [{"role": "user", "content": "x", "mood": 1}, {"role": "user", "content": "y", "mood": 2}]
            send(model_studio, messages=messages, colour="red")
            send(model_studio, colour="blue")
        """
    )
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    result = pytester.runpytest_subprocess("-p", "xdist", "-p", "pytest_assistant_mock.plugin", *workers)
    result.assert_outcomes(passed=4)
    lines = result.stdout.lines
    start = next(number for number, line in enumerate(lines) if "fields the contract does not know" in line)
    assert lines[start + 1 : start + 3] == [
        "model_studio create_thread request  $.colour  8 times",
        "model_studio create_thread request  $.messages[].mood  8 times",
    ]
    assert result.stdout.str().count("fields the contract does not know") == 1


def test_the_fixture_shows_what_was_found(pytester):
    """A test may look, and empty the list, while it runs; what was exchanged before the fixture came is in it too."""
    pytester.makepyfile(helper=BAD)
    pytester.makepyfile(
        """
        from helper import send

        def test_it(model_studio, request):
            send(model_studio, metadata=7)
            found = request.getfixturevalue("assistant_contract")
            send(model_studio, metadata="x", colour="red")
            assert [one.path for one in found.violations] == ["$.metadata", "$.metadata"]
            assert dict(found.drift) == {("model_studio", "create_thread", "request", "$.colour"): 1}
            found.violations.clear()
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("ini", "marker", "complaint"),
    [
        ("assistant_contract = on", "", "contract='on': expected one of 'off', 'warn', 'fail'"),
        (
            "",
            "@pytest.mark.assistant(contract='wran')",
            "contract='wran': expected one of 'off', 'warn', 'fail'; did you mean 'warn'?",
        ),
    ],
)
def test_an_unknown_word_is_a_usage_error(pytester, suite, ini, marker, complaint):
    """What came, what there is, the nearest."""
    suite("model_studio", marker, ini)
    result = pytester.runpytest_inprocess()
    assert complaint in result.stdout.str()
    assert result.ret != 0


def test_the_option_takes_three_words(pytester, suite):
    """Pytest itself refuses another."""
    suite()
    result = pytester.runpytest_inprocess("--assistant-contract=maybe")
    result.stderr.fnmatch_lines(["*argument --assistant-contract: invalid choice: 'maybe'*"])


# Without pytest


def spoilt(mock: AssistantMock) -> None:
    """Ask for something a client should not."""
    ask(mock, "POST", f"{STUDIO}/threads", {"metadata": 7})


def nowhere(mock: AssistantMock) -> None:
    """Ask at a path that is none."""
    ask(mock, "POST", f"{STUDIO}/nowhere", {})


def stop(mock: AssistantMock) -> None:
    """Fail for a reason of one's own."""
    raise KeyError(mock)


def answered(status: int, body: bytes) -> Callable[[AssistantMock], None]:
    """An answer of somebody who is not the fake."""
    exchange = Exchange("model_studio", "retrieve_thread", Request("GET", f"{STUDIO}/threads/t"), Response(status, (), body))
    return lambda mock: mock._engine.journal.write(exchange)


def play(mode: Mode, *steps: Callable[[AssistantMock], None]) -> None:
    """Open a mock, take the steps, close it."""
    with AssistantMock(contract=mode) as mock:
        for step in steps:
            step(mock)


def test_off_costs_nothing():
    """Nobody watches, and nothing of the contract is made."""
    with AssistantMock() as mock:
        assert (mock._engine.journal.watchers, mock._watch, mock.drift) == ([], None, {})
    with AssistantMock(contract="off") as mock:
        assert (mock._engine.journal.watchers, mock._watch, mock.drift) == ([], None, {})


def test_fail_raises_when_the_mock_closes():
    """Not in the middle of the client's call, and with everything."""
    with pytest.raises(ContractViolation) as caught:
        play("fail", spoilt, spoilt)
    assert [one.path for one in caught.value.violations] == ["$.metadata", "$.metadata"]


def test_an_exception_on_its_way_is_not_replaced():
    """A test that fails by itself says why by itself."""
    with pytest.raises(KeyError):
        play("fail", spoilt, stop)


def test_an_unanswered_request_comes_first():
    """A path nobody answers is no operation of the contract: its own error says so."""
    with pytest.raises(UnansweredRequest):
        play("fail", nowhere)


def test_warn_warns():
    """One warning a mock, with the same words."""
    with pytest.warns(ContractWarning) as caught:
        play("warn", spoilt)
    (warning,) = caught
    assert str(warning.message).startswith(VIOLATION)


def test_an_answer_is_checked_whoever_gave_it():
    """What is written into the journal is checked: not the fake's answers alone. What is no JSON is a violation, not an error."""
    with pytest.raises(ContractViolation) as caught:
        play("fail", answered(200, b'{"id": "t"}'), answered(502, b"<html>"))
    assert [(one.path, one.came) for one in caught.value.violations] == [
        ("$.object", "nothing"),
        ("$.created_at", "nothing"),
        ("$.metadata", "nothing"),
        ("$.request_id", "nothing"),
        (
            "$",
            f"the answer to GET {STUDIO}/threads/t (model_studio retrieve_thread) is not JSON:"
            " Expecting value at line 1, column 1: '<html>'",
        ),
    ]


def test_watching_can_stop():
    """ "off" stops, and starting again looks at what came in between."""
    with AssistantMock(contract="fail") as mock:
        mock.contract.start("off")
        spoilt(mock)
        assert mock.contract.violations == []
        mock.contract.start("warn")
        assert [one.path for one in mock.contract.violations] == ["$.metadata"]
        mock.contract.violations.clear()


def test_an_unknown_mode_is_refused():
    """What came, what there is."""
    with pytest.raises(ValueError, match="contract='on': expected one of 'off', 'warn', 'fail'"):
        AssistantMock(contract="on")


def test_what_came_while_it_was_off_is_judged_once_also_after_a_reset() -> None:
    """When it is turned on again: whatever the journal has forgotten meanwhile, and nothing a second time."""
    mock = AssistantMock()

    def odd(name: str) -> None:
        ask(mock, "POST", f"{STUDIO}/threads", {name: 1})

    mock.contract.start("warn")
    odd("first")
    odd("second")
    mock.contract.start("off")
    mock.reset()
    odd("third")
    mock.contract.start("warn")
    mock.contract.start("off")
    mock.contract.start("warn")
    assert {field[-1]: times for field, times in mock.drift.items()} == {"$.first": 1, "$.second": 1, "$.third": 1}


def test_an_own_answer_to_a_path_of_its_own_is_not_judged() -> None:
    """Nothing is raised inside the client, whatever is answered, and it is counted under the name the test gave it."""
    with AssistantMock(contract="fail") as mock:
        mock.model_studio.reply("POST /threads/{id}/runs", {"any": "thing"})
        reply = ask(mock, "POST", f"{STUDIO}/threads/thread_1/runs", {"assistant_id": "a"})
        assert reply.json() == {"any": "thing"}
    assert dict(mock.unchecked) == {("model_studio", "POST /threads/{id}/runs"): 1}


def test_an_error_where_the_contract_knows_no_call_is_judged_only_when_told_what_it_is() -> None:
    """`violations` of such an exchange finds nothing; with kind="error" it looks at the vendor's errors."""
    exchange = Exchange("model_studio", None, Request("POST", f"{STUDIO}/x"), Response(500, (), b'{"odd": 1}'))
    assert contract.violations(exchange) == []
    assert "$.code" in [one.path for one in contract.violations(exchange, kind="error")]
