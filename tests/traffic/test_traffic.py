"""The section "assistant traffic": what it says, when it comes, what it never says."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest
from vendors import BAIDU, STUDIO, ask

from pytest_assistant_mock import AssistantMock, Exchange, Request, Response, faults, turns
from pytest_assistant_mock._traffic.names import folded, width

KEY = "sk-not-to-be-seen-0123"


def conversation() -> tuple[AssistantMock, list[Exchange]]:
    """A few exchanges with both vendors, one of them broken by a fault."""
    mock = AssistantMock()
    exchanges: list[Exchange] = []
    mock.watch(exchanges.append)
    headers = (("Authorization", f"Bearer {KEY}"), ("Content-Type", "application/json"))
    thread_id = ask(mock, "POST", f"{STUDIO}/threads", {}, headers).json()["id"]
    url = f"{STUDIO}/threads/{thread_id}/messages"
    ask(mock, "POST", url, {"content": "你好，世界"}, headers)
    mock.model_studio.fail(faults.rate_limited())
    ask(mock, "POST", url, {"content": "hi", "metadata": {"key": KEY}}, headers)
    ask(mock, "GET", f"{url}?limit=1", b"", headers)
    ask(mock, "POST", f"{BAIDU}/v2/threads/query", {"thread_id": "gone"}, headers)
    ask(mock, "POST", f"{STUDIO}/nowhere", {}, headers)
    return mock, exchanges


LINES = [
    "#1  model_studio create_thread                                                  -> 200 <thread#1>",
    '#2  model_studio create_message  <thread#1> "你好，世界"                        -> 200 <message#1>',
    '#3  model_studio create_message  <thread#1> "hi" metadata={"key": "REDACTED"}   -> 429 Throttling.RateQuota: Requests rate limit e…  [rate_limited()]',  # noqa: E501
    "#4  model_studio list_messages   <thread#1> limit=1                             -> 200 1 item",
    "#5  appbuilder retrieve_thread   gone                                           -> 200 InvalidRequestArgumentError: threadId不存在",  # noqa: E501
    "#6  model_studio POST, no route  https://dashscope.aliyuncs.com/api/v1/nowhere  -> 400 InvalidParameter: Invalid URL provided in y…",  # noqa: E501
]


def test_a_line_an_exchange() -> None:
    """Number, operation, short ids, what was sent, status, what came, the fault; Chinese in columns."""
    mock, exchanges = conversation()
    lines = mock.traffic(exchanges).split("\n\n")[0].splitlines()
    assert lines == LINES
    assert len({width(line[: line.index("-> ")]) for line in lines}) == 1


def test_the_last_exchanges_stand_in_full_and_ids_are_explained() -> None:
    """As curl, with status, headers and body; then what the short names stand for."""
    mock, exchanges = conversation()
    text = mock.traffic(exchanges[:2])
    assert "#1 in full\ncurl -X POST https://dashscope.aliyuncs.com/api/v1/threads \\\n" in text
    assert '  --data-raw \'{"content": "你好，世界"}\'\n< 200 OK\n< Content-Type: application/json\n' in text
    assert text.endswith(
        "<thread#1> = thread_00000000-0000-4000-8000-000000000001\n<message#1> = message_00000000-0000-4000-8000-000000000001"
    )


def test_no_key_is_ever_shown() -> None:
    """Neither the one the requests carry, wherever it stands, nor the mock's own, nor one named in `keys`."""
    mock, exchanges = conversation()
    mock.appbuilder.keys({"a-key-of-the-team"})
    ask(mock, "POST", f"{BAIDU}/v2/threads", {"metadata": {"a": "a-key-of-the-team"}}, (("Authorization", "Bearer other-one"),))
    text = mock.traffic(exchanges)
    assert not [key for key in (KEY, "a-key-of-the-team", "other-one") if key in text]


def test_long_conversations_and_bodies_are_folded() -> None:
    """The last fifty lines, the last two in full, two thousand characters of a body."""
    mock = AssistantMock()
    exchanges: list[Exchange] = []
    mock.watch(exchanges.append)
    thread = mock.model_studio.add_thread()
    for number in range(60):
        ask(mock, "POST", f"{STUDIO}/threads/{thread.id}/messages", {"content": f"{number} " + "长" * 5000})
    text = mock.traffic(exchanges)
    assert text.startswith("… 10 earlier\n#11  create_message  ")
    assert text.count("in full") == 2
    assert "more characters)" in text


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [("你好世界", 8, "你好世界"), ("你好世界", 7, "你好世…"), ("a\n  b", 9, "a b"), (" " * 99, 9, "…")],
)
def test_a_text_is_folded_by_columns(text: str, columns: int, shown: str) -> None:
    """A Chinese character takes two; line ends become spaces."""
    assert (folded(text, columns), width(shown) <= columns) == (shown, True)


def test_a_long_path_keeps_its_end_and_an_empty_key_is_empty() -> None:
    """The end is where paths differ; that a key is empty is what went wrong."""
    mock = AssistantMock()
    exchanges: list[Exchange] = []
    mock.watch(exchanges.append)
    url = f"{STUDIO}/threads/thread_00000000-0000-4000-8000-000000000001/runs/{'x' * 60}/steps"
    ask(mock, "POST", url, {}, (("Authorization", "Bearer "),))
    line, *_ = mock.traffic(exchanges).splitlines()
    assert "xxx/steps  -> " in line
    assert width(line.partition("-> ")[0]) < 80
    assert "-H 'Authorization: Bearer ' " in mock.traffic(exchanges)


def test_no_body_is_shown_whole_that_is_too_long() -> None:
    """Four million characters, in either direction, as JSON or as text: two thousand, and how many more there are."""
    mock = AssistantMock()
    for body in (json.dumps({"content": "长" * 4_000_000}).encode(), b"x" * 4_000_000):
        request = Request("POST", f"{STUDIO}/threads", (), body)
        text = mock.traffic([Exchange("model_studio", None, request, Response(200, (), body))])
        assert text.count(" more characters)") == 2
        assert len(text) < 6000


SUITE = """
    import httpx, pytest

    def ask(handle):
        url = f"{handle.base_url}/v2/threads"
        return httpx.post(url, json={"metadata": {"城": "杭州"}}, headers={"Authorization": "Bearer bce-v3/secret-0123/x"})

    def test_passes(appbuilder): ask(appbuilder)
    def test_fails(appbuilder): assert ask(appbuilder).status_code == 500
    def test_is_quiet(appbuilder): assert False
    def test_is_a_stranger(): assert False
"""


def test_a_failing_test_has_a_section(pytester: pytest.Pytester) -> None:
    """One that exchanged something; a passing test, a test without exchanges and one without the fixtures have none."""
    pytester.makepyfile(SUITE)
    result = pytester.runpytest()
    result.assert_outcomes(passed=1, failed=3)
    output = result.stdout.str()
    assert output.count("assistant traffic") == 1
    result.stdout.fnmatch_lines(["*- assistant traffic -*", '#1  create_thread  metadata={"城": "杭州"}  -> 200 <thread#1>'])
    assert "secret-0123" not in output.partition("assistant traffic")[2].partition("test_is_quiet")[0]


@pytest.mark.parametrize(("option", "count"), [("failed", 1), ("all", 2), ("none", 0)])
@pytest.mark.parametrize("by", ["line", "ini", "-rP"])
def test_the_option_says_for_which_tests(pytester: pytest.Pytester, option: str, count: int, by: str) -> None:
    """On the command line or in the ini file; once a test, also when pytest shows passing tests itself."""
    pytester.makepyfile(SUITE)
    if by == "ini":
        pytester.makeini(f"[pytest]\nassistant_traffic = {option}")
    arguments = {"line": [f"--assistant-traffic={option}"], "ini": [], "-rP": [f"--assistant-traffic={option}", "-rP"]}[by]
    assert pytester.runpytest(*arguments).stdout.str().count("assistant traffic") == count


def test_a_wrong_word_in_the_ini_file_is_refused(pytester: pytest.Pytester) -> None:
    """With the words there are."""
    pytester.makeini("[pytest]\nassistant_traffic = fialed")
    result = pytester.runpytest()
    result.stderr.fnmatch_lines(["*assistant_traffic = 'fialed': expected one of failed, all, none; did you mean 'failed'?"])


def test_the_section_reaches_junitxml(pytester: pytest.Pytester) -> None:
    """Of a failing test in its failure, of a passing one (all) as a property."""
    pytester.makepyfile(SUITE)
    pytester.runpytest("--junitxml=out.xml", "--assistant-traffic=all")
    cases = {case.get("name"): case for case in ET.parse(pytester.path / "out.xml").iter("testcase")}
    failure, prop = cases["test_fails"].find("failure"), cases["test_passes"].find(".//property")
    assert failure is not None
    assert "#1  create_thread" in str(failure.text)
    assert prop is not None
    assert (prop.get("name"), "杭州" in str(prop.get("value"))) == ("assistant traffic", True)


def test_the_section_comes_through_xdist(pytester: pytest.Pytester) -> None:
    """Each test's own, whole, from whichever worker."""
    pytest.importorskip("xdist")
    pytester.makepyfile(SUITE)
    result = pytester.runpytest_subprocess("-n", "2", "--assistant-traffic=all")
    result.assert_outcomes(passed=1, failed=3)
    assert result.stdout.str().count("assistant traffic") == 2
    result.stdout.fnmatch_lines(['#1  create_thread  metadata={"城": "杭州"}  -> 200 <thread#1>'])


def test_an_unused_fault_shows_what_was_asked_instead(pytester: pytest.Pytester) -> None:
    """An error at teardown has the section too."""
    pytester.makepyfile("""
        import httpx
        from pytest_assistant_mock import faults

        def test_x(model_studio):
            model_studio.fail(faults.hang(), on="delete_thread")
            httpx.post(f"{model_studio.base_url}/threads", json={}, headers={"Authorization": "Bearer k"})
    """)
    result = pytester.runpytest()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*UnusedFault: model_studio: fail(hang()*", "*- assistant traffic -*", "#1  create_thread*"])


def test_a_test_that_is_over_holds_nothing_of_its_mock(pytester):
    """pytest keeps its items to the end of the run; mocks, failures and conversations go when their test is over."""
    pytester.makepyfile(
        """
        import gc
        import weakref

        import pytest

        MOCKS = []

        @pytest.mark.parametrize("fails", [False, True])
        def test_first(assistant_mock, fails):
            MOCKS.append(weakref.ref(assistant_mock))
            assert not fails

        def test_later():
            gc.collect()
            assert MOCKS[0]() is None
        """
    )
    pytester.runpytest().assert_outcomes(passed=2, failed=1)


def test_a_stream_is_one_line_with_its_events_and_its_text(assistant_mock: AssistantMock) -> None:
    """Deltas are joined; a reply of the test's own counts its whole events; a client that leaves early sees what it took."""
    httpx = pytest.importorskip("httpx")
    studio = assistant_mock.model_studio
    sent = {"Authorization": f"Bearer {studio.api_key}"}
    assistant, thread = studio.add_assistant(), studio.add_thread()
    studio.add_message(thread, "北京天气?")
    asked = {"url": f"{studio.base_url}/threads/{thread.id}/runs", "headers": sent}
    asked["json"] = {"assistant_id": assistant.id, "stream": True}
    studio.script(turns.says("晴,24 度", pieces=2), times=2)
    own = b'data: 1\n\ndata: {"content": [{"text": {"value": "a"}}, 1]}\n\ndata: cut'
    studio.reply("POST /own", Response(200, (("content-type", "text/event-stream"),), own))

    httpx.post(**asked)
    with httpx.stream("POST", **asked) as left:
        next(left.iter_lines())
    httpx.post(f"{studio.base_url}/own", headers=sent)

    lines = assistant_mock.traffic(studio.exchanges).split("\n\n")[0].splitlines()
    assert [line.partition("-> ")[2] for line in lines] == ['200, 14 events: "晴,24 度"', "200, 1 event", '200, 2 events: "a"']
