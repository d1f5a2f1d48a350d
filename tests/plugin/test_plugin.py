"""The fixtures, the marker and the options, in real runs of pytest."""

from __future__ import annotations

import re
from textwrap import dedent

import pytest

from pytest_assistant_mock.plugin.options import KEYWORDS

SEND = """
    import httpx
    import pytest

    def send(handle, thread, text="你好"):
        key = {"Authorization": f"Bearer {handle.api_key}"}
        return httpx.post(f"{handle.base_url}/threads/{thread.id}/messages", headers=key, json={"content": text})
"""


@pytest.fixture
def run(pytester):
    """Run test code in a pytest of its own: the result. `ini` goes into pytest.ini."""

    def run(code, *options, ini=""):
        pytester.makepyfile(test_it=f"{dedent(SEND)}\n{dedent(code)}")
        if ini:
            pytester.makeini(f"[pytest]\n{ini}")
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)

    return run


def errors(result):
    """What pytest says at its "E" lines, joined."""
    return "\n".join(line[1:].strip() for line in result.outlines if line.startswith("E "))


# Fixtures


def test_the_fixtures_are_of_one_mock(run):
    """The handles are those of `assistant_mock`; the mock is closed after the test, and a test that asks for nothing has none."""
    result = run("""
    import os

    def test_open(assistant_mock, model_studio, appbuilder):
        assert (assistant_mock.model_studio, assistant_mock.appbuilder) == (model_studio, appbuilder)
        assert os.environ["DASHSCOPE_API_KEY"] == model_studio.api_key
        assert os.environ["APPBUILDER_TOKEN"] == appbuilder.api_key

    def test_closed():
        assert os.environ.get("DASHSCOPE_API_KEY") is None
    """)
    result.assert_outcomes(passed=2)


def test_the_second_names_are_of_the_same_mock(run):
    """Asked for together they give one handle; a fixture of the user's in the place of one leaves the other as it is."""
    run("""
    def test_together(model_studio_mock, model_studio, appbuilder_mock, appbuilder, assistant_mock):
        assert model_studio_mock is model_studio is assistant_mock.model_studio
        assert appbuilder_mock is appbuilder is assistant_mock.appbuilder

    class TestOverridden:
        @pytest.fixture
        def model_studio(self, model_studio):
            model_studio.add_thread({"who": "me"})
            return model_studio

        @pytest.fixture
        def appbuilder(self):
            return "a package"

        def test_it(self, model_studio, model_studio_mock, appbuilder, appbuilder_mock):
            assert model_studio is model_studio_mock
            assert [thread.metadata for thread in model_studio_mock.threads()] == [{"who": "me"}]
            assert (appbuilder, appbuilder_mock.threads()) == ("a package", [])

    class TestBelow:
        @pytest.fixture
        def assistant_mock(self):
            from pytest_assistant_mock import AssistantMock
            with AssistantMock(revision="2026") as mock:
                yield mock

        def test_it(self, model_studio, model_studio_mock):
            assert model_studio is model_studio_mock
            assert "file_ids" in send(model_studio, model_studio.add_thread()).json()
    """).assert_outcomes(passed=3)


FIRST = """
    @pytest.mark.parametrize("text", ["a", "b", "c"])
    def test_first(text, model_studio):
        message = send(model_studio, model_studio.add_thread(), text).json()
        assert message["id"] == "message_00000000-0000-4000-8000-000000000001"
        assert message["created_at"] == 1735689600001
        assert len(model_studio.threads()) == 1
"""


@pytest.mark.parametrize("options", [(), ("-n", "2"), ("test_it.py::test_first[c]", "test_it.py::test_first[a]")])
def test_every_parameter_sees_the_same_first_id(run, pytestconfig, options):
    """Alone, on two workers, or in another order: ids and times start anew."""
    if "-n" in options and not pytestconfig.pluginmanager.hasplugin("xdist"):
        pytest.skip("pytest-xdist is not installed here")
    run(FIRST, *options).assert_outcomes(passed=2 if "[a]" in str(options) else 3)


def test_fixtures_of_the_user_may_use_ours(run):
    """A fixture of the user seeds the mock; the test finds what it stored."""
    run("""
    @pytest.fixture
    def thread(model_studio):
        thread = model_studio.add_thread({"who": "me"})
        model_studio.add_message(thread, "before")
        return thread

    def test_it(thread, model_studio):
        send(model_studio, thread, "after")
        assert [m.text for m in model_studio.messages(thread)] == ["before", "after"]
    """).assert_outcomes(passed=1)


def test_keys_are_put_back_after_a_failing_test(run):
    """A test that fails leaves no fake key behind."""
    result = run("""
    import os

    def test_fails(model_studio):
        assert False

    def test_after():
        assert "DASHSCOPE_API_KEY" not in os.environ
    """)
    result.assert_outcomes(failed=1, passed=1)


def test_nothing_is_autouse(run):
    """A run that asks for nothing imports the plugin and no more of the package."""
    result = run("""
    import sys

    HOOK = tuple("pytest_assistant_mock." + part for part in ("strategies", "strategies._entry_point", "_engine"))

    def test_it(request):
        ours = {name for name in sys.modules if name.startswith("pytest_assistant_mock")}
        if "hypothesis" in sys.modules:  # another plugin has imported it, and it our hook
            ours -= {name for name in ours if name.startswith(HOOK)}
        assert ours == {"pytest_assistant_mock", "pytest_assistant_mock.plugin"}
        assert "assistant_mock" not in request.fixturenames
    """)
    result.assert_outcomes(passed=1)


def test_async_tests_need_no_plugin(run):
    """`asyncio.run` inside a test is enough."""
    run("""
    import asyncio

    def test_it(model_studio):
        async def create():
            async with httpx.AsyncClient(headers={"Authorization": f"Bearer {model_studio.api_key}"}) as client:
                return await client.post(f"{model_studio.base_url}/threads", json={})

        assert asyncio.run(create()).status_code == 200
        assert len(model_studio.threads()) == 1
    """).assert_outcomes(passed=1)


def test_unittest_may_use_a_fixture(run):
    """A TestCase gets the mock by an autouse fixture of its own, as pytest documents it."""
    run("""
    import unittest

    class TestIt(unittest.TestCase):
        @pytest.fixture(autouse=True)
        def _mock(self, model_studio):
            self.studio = model_studio

        def test_one(self):
            self.assertEqual(send(self.studio, self.studio.add_thread()).status_code, 200)

        def test_two(self):
            self.assertEqual(self.studio.threads(), [])
    """).assert_outcomes(passed=2)


# Marker and ini


def test_the_marker_is_listed(run):
    """`pytest --markers` explains it."""
    run("", "--markers").stdout.fnmatch_lines(["@pytest.mark.assistant(*revision=*strict=*): *"])


def test_of_several_markers_the_nearest_wins(run):
    """Keyword by keyword: the class sets one, the test the other; the test overrides the module."""
    run("""
    pytestmark = pytest.mark.assistant(revision="2026", strict=False)

    class TestIt:
        def test_module(self, model_studio):
            assert "file_ids" in send(model_studio, model_studio.add_thread()).json()
            httpx.get(f"{model_studio.base_url}/nothing")

        @pytest.mark.assistant(revision="2025")
        def test_nearest(self, model_studio):
            assert "file_ids" not in send(model_studio, model_studio.add_thread()).json()
            httpx.get(f"{model_studio.base_url}/nothing")
    """).assert_outcomes(passed=2)


def test_the_marker_wins_over_the_ini_file(run):
    """ini sets the revision of a run, the marker that of a test."""
    run(
        """
    def test_ini(model_studio):
        assert "file_ids" in send(model_studio, model_studio.add_thread()).json()

    @pytest.mark.assistant(revision="2025")
    def test_marker(model_studio):
        assert "file_ids" not in send(model_studio, model_studio.add_thread()).json()
    """,
        ini="assistant_revision = 2026",
    ).assert_outcomes(passed=2)


def test_hosts_in_the_ini_file(run):
    """A line each, several of one vendor too."""
    run(
        """
    @pytest.mark.parametrize("base", ["https://gw.corp/ai/api/v1", "http://localhost:9/x"])
    def test_it(model_studio, base):
        key = {"Authorization": f"Bearer {model_studio.api_key}"}
        assert httpx.post(f"{base}/threads", headers=key, json={}).status_code == 200
    """,
        ini="assistant_hosts =\n  model_studio = https://gw.corp/ai/api/v1\n  model_studio=http://localhost:9/x",
    ).assert_outcomes(passed=2)


TAKEN = ", ".join(KEYWORDS)
MARKER, INI = "(from @pytest.mark.assistant)", "(from the ini option assistant_"


WRONG_USE = {
    "": {
        "revison='2026'": f"@pytest.mark.assistant(revison=…): unknown keyword; it takes {TAKEN}; did you mean 'revision'?",
        "zzz=1": f"@pytest.mark.assistant(zzz=…): unknown keyword; it takes {TAKEN}",
        "'2026'": f"@pytest.mark.assistant('2026'): it takes keywords only: {TAKEN}",
        "revision='2027'": f"revision='2027': expected one of 'auto', '2025', '2026' {MARKER}",
        "strict='no'": f"strict='no': expected True or False {MARKER}",
    },
    "assistant_revision = 24": {
        "strict=True": f"revision='24': expected one of 'auto', '2025', '2026' {INI}revision)",
        "revision='26'": f"revision='26': expected one of 'auto', '2025', '2026' {MARKER}",
    },
    "assistant_contract = failed": {
        "": f"contract='failed': expected one of 'off', 'warn', 'fail'; did you mean 'fail'? {INI}contract)",
    },
    "assistant_hosts = https://gw.corp": {
        "": "assistant_hosts: 'https://gw.corp'; expected a line like 'model_studio = https://gw.corp/ai/api/v1'",
    },
    "assistant_hosts = studio = https://gw.corp": {
        "": f"hosts names 'studio'; the vendors are model_studio, appbuilder; did you mean 'model_studio'? {INI}hosts)",
    },
    "assistant_hosts = appbuilder = gw.corp": {
        "": f"appbuilder: 'gw.corp' is no base URL; expected one like 'https://gw.corp/ai/api/v1' {INI}hosts)",
    },
}
"""By pytest.ini: what a marker says, and what is said of it. The rows of one file share a process."""


@pytest.mark.parametrize("ini", WRONG_USE)
def test_wrong_use_is_told_in_one_line(run, ini):
    """A UsageError with what came, what was expected, the nearest; none of our frames in sight."""
    rows = WRONG_USE[ini]
    tests = [f"@pytest.mark.assistant({marker})\ndef test_{n}(model_studio): pass" for n, marker in enumerate(rows)]
    result = run("\n".join(tests), ini=ini)
    result.assert_outcomes(errors=len(rows))
    name = pytest.UsageError.__module__  # before pytest 9, the module it is made in
    assert errors(result).splitlines() == [f"{name}.UsageError: {said}" for said in rows.values()]


# The end of a test


UNANSWERED = (
    "E   pytest_assistant_mock.errors.UnansweredRequest: model_studio has no route for  POST /api/v1/threads/t_1/message",
    "      nearest:  POST /api/v1/threads/{thread_id}/messages   (create_message)",
    "      asked 1 time in test_slip[[]x]",
    "      no key:   it carried no API key, and the answer was HTTP 401",
    "      do:       mend the request, or answer it as the real service would:",
    '                model_studio.reply("POST /threads/{thread_id}/message", {...})',
)

SLIP = """
    @pytest.mark.parametrize("it", ["x"])
    def test_slip(model_studio, it):
        httpx.post(f"{model_studio.base_url}/threads/t_1/message")
"""


def test_an_unanswered_request_is_an_error_at_teardown(run):
    """The test itself passes; the whole message comes at its end, with its name."""
    result = run(SLIP)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_slip*"])
    result.stdout.fnmatch_lines(UNANSWERED, consecutive=True)


def test_the_tests_own_exception_stays_in_sight(run):
    """A test that fails is reported as failed, beside the unanswered request."""
    result = run(f"{SLIP}\n        assert 1 == 2")
    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines(UNANSWERED, consecutive=True)
    result.stdout.fnmatch_lines(["E       assert 1 == 2"])


def test_strict_off_for_one_test(run):
    """The marker turns the complaint off."""
    run(SLIP.replace("    @", "    @pytest.mark.assistant(strict=False)\n    @", 1)).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("fixtures", "name"),
    [
        ("model_studio", "model_studio"),
        ("model_studio_mock, model_studio", "model_studio_mock"),
        ("assistant_mock", "assistant_mock.model_studio"),
    ],
)
def test_the_line_to_paste_begins_with_the_fixtures_name(run, fixtures, name):
    """As this test calls it."""
    result = run(f"""
    def test_it({fixtures}):
        httpx.post("https://dashscope.aliyuncs.com/api/v1/x", headers={{"Authorization": "Bearer k"}})
    """)
    result.stdout.fnmatch_lines([f'                {name}.reply("POST /x", {{...}})'])


def test_the_line_to_paste_of_a_served_mock(run):
    """The fixture's name, too."""
    pytest.importorskip("uvicorn")
    result = run("""
    def test_it(assistant_server):
        httpx.post(f"{assistant_server.model_studio.base_url}/threads/x/y", headers={"Authorization": "Bearer k"})
    """)
    result.stdout.fnmatch_lines(['*assistant_server.model_studio.reply("POST /threads/{thread_id}/y", {...})'])


def test_no_hint_at_hidden_frames_stands_under_our_words(run):
    """pytest gives it where it shows no frame; behind ours there is nothing to see. A test's own line is shown as ever."""
    result = run(f"""{SLIP}
    @pytest.mark.assistant(revision="2027")
    def test_setup(model_studio): pass

    def test_unused(model_studio):
        model_studio.reply("create_thread", {{}}, check=False)

    def test_by_hand():
        from pytest_assistant_mock import AssistantMock
        with AssistantMock() as mock:
            mock.model_studio.reply("create_thread", {{}}, check=False)
    """)
    result.assert_outcomes(passed=2, failed=1, errors=3)
    assert "entries are hidden" not in result.stdout.str()
    result.stdout.fnmatch_lines([">*with AssistantMock() as mock:", "E*UnusedFault: model_studio: reply('create_thread') was*"])


# A test that fails never ends the run


BAD = """
    import warnings

    POST = {"Authorization": "Bearer k"}

    def post(content, path="/threads"):
        return httpx.post(f"https://dashscope.aliyuncs.com/api/v1{path}", content=content, headers=POST)

    def test_deep(model_studio):
        post(b"[" * 100_000)
        assert False

    def test_half_a_pair(model_studio):
        post(b'{"metadata": {"a": "\\ud83d"}}')
        assert False

    def test_half_a_pair_is_raised(model_studio):
        try:
            raise ValueError(chr(0xD83D))
        except ValueError as problem:
            raise RuntimeError("it says " + chr(0xD83D)) from problem

    def test_half_a_pair_in_our_words(model_studio):
        model_studio.reply("POST /x/" + chr(0xD83D), {})
        post(b"", "/x")

    def test_drift(model_studio, assistant_contract):
        thread = {"id": "t", "object": "thread", "created_at": 1, "metadata": {}, "request_id": "r"}
        model_studio.reply("create_thread", lambda request: thread | {"half": 1})
        post(b'{"\\ud83d": 1, "metadata": {}}')

    def test_broken_repr(model_studio):
        class Broken:
            def __repr__(self):
                raise RecursionError
        model_studio.exchanges.assert_called("create_thread", thread_id=Broken())

    def test_traffic(model_studio, monkeypatch):
        def broken(self, exchanges):
            raise RecursionError
        monkeypatch.setattr("pytest_assistant_mock.AssistantMock.traffic", broken)
        request = post(b"{}")
        assert False

    def test_last(): pass
"""


@pytest.mark.parametrize("options", [(), ("-n", "2"), ("--tb=native",), ("--tb=line",), ("--junitxml=it.xml", "-rA")], ids=str)
def test_a_failing_test_never_ends_the_run(run, pytestconfig, monkeypatch, options):
    """Deep JSON, half of a surrogate pair, an object without a repr, a conversation that cannot be shown."""
    if "-n" in options and not pytestconfig.pluginmanager.hasplugin("xdist"):
        pytest.skip("pytest-xdist is not installed here")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    result = run(BAD, "--assistant-traffic=all", *options)
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()
    result.stdout.fnmatch_lines(["*test_last*" if "-rA" in options else "*"])
    outcomes = result.parseoutcomes()
    assert outcomes["passed"] >= 1
    assert sum(outcomes[name] for name in ("passed", "failed")) == 8, outcomes
    assert result.ret == 1


# Beside other plugins


@pytest.mark.parametrize(
    ("module", "code"),
    [
        (
            "pytest_httpx",
            """
    def test_it(httpx_mock, model_studio):
        httpx_mock.add_response(url="https://other.example/", text="theirs")
        assert httpx.get("https://other.example/").text == "theirs"
        assert send(model_studio, model_studio.add_thread()).status_code == 200

    def test_after(model_studio):
        assert send(model_studio, model_studio.add_thread()).status_code == 200
    """,
        ),
        (
            "respx",
            """
    def test_it(respx_mock, model_studio):
        respx_mock.get("https://other.example/").respond(text="theirs")
        assert httpx.get("https://other.example/").text == "theirs"
        assert send(model_studio, model_studio.add_thread()).status_code == 200

    def test_after(model_studio):
        assert send(model_studio, model_studio.add_thread()).status_code == 200
    """,
        ),
        (
            "pytest_recording",
            """
    @pytest.mark.block_network
    def test_it(model_studio):
        assert send(model_studio, model_studio.add_thread()).status_code == 200

    @pytest.mark.vcr
    def test_unused(model_studio):
        assert model_studio.threads() == []
    """,
        ),
        (
            "hypothesis",
            """
    from hypothesis import given, settings, strategies as st
    from pytest_assistant_mock import AssistantMock

    @settings(deadline=None, max_examples=20, derandomize=True, database=None)
    @given(st.text(st.characters(codec="utf-8")))
    def test_it(text):
        with AssistantMock() as mock:
            message = mock.appbuilder.add_message(mock.appbuilder.add_thread(), text)
            assert message.created_at == 1735689600001

    def test_after(model_studio):
        assert model_studio.threads() == []
    """,
        ),
    ],
)
def test_beside_another_plugin(run, module, code):
    """Both are loaded, both work, and neither is in the other's way afterwards."""
    pytest.importorskip(module)
    run(code).assert_outcomes(passed=2)


def test_given_with_a_fixture_is_told_by_hypothesis(run):
    """A fixture under @given would keep what earlier examples stored; hypothesis says so, as for every fixture."""
    result = run("""
    from hypothesis import given, strategies as st

    @given(st.text())
    def test_it(model_studio, text):
        pass
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*FailedHealthCheck*function-scoped fixture*"])


def test_a_failing_test_shows_its_own_line_and_none_of_ours(pytester: pytest.Pytester) -> None:
    """Whether the test's author made the mistake or the code under test did; the words are ours."""
    pytester.makepyfile(
        """
        import httpx, pytest, requests
        from pytest_assistant_mock import AssistantMock, Response, contract, faults, strategies, turns

        URL = "https://dashscope.aliyuncs.com/api/v1/threads"
        replay = pytest.mark.assistant(source="cassette")

        @replay
        def test_httpx(model_studio):
            httpx.post(URL)

        @replay
        def test_requests(model_studio):
            requests.post(URL)

        def test_role(model_studio):
            model_studio.add_message(model_studio.add_thread(), "x", role="system")

        def test_fault(model_studio):
            model_studio.fail(faults.hang)

        def test_name(model_studio):
            model_studio.add_mesage("t", "x")

        def test_reply(model_studio):
            model_studio.reply("create_message", {"a": 1})

        def test_revision():
            AssistantMock(revision="2024")

        def test_call(model_studio):
            model_studio.script(turns.calls("get_wether"))
            thread = model_studio.add_thread()
            model_studio.add_message(thread, "?")
            tools = [{"type": "function", "function": {"name": "get_weather"}}]
            body = {"assistant_id": model_studio.add_assistant(tools=tools).id}
            requests.post(f"{URL}/{thread.id}/runs", json=body, headers={"Authorization": f"Bearer {model_studio.api_key}"})

        def test_stall(model_studio):
            model_studio.script("abc")
            model_studio.fail(faults.stall(after=1), on="create_run")
            thread = model_studio.add_thread()
            model_studio.add_message(thread, "?")
            body = {"assistant_id": model_studio.add_assistant().id, "stream": True}
            requests.post(f"{URL}/{thread.id}/runs", json=body, headers={"Authorization": f"Bearer {model_studio.api_key}"})

        @pytest.mark.parametrize("slip", [
            lambda: turns.says("a", pause="1"),
            lambda: faults.stall(after="1"),
            lambda: Response(200, pieces="abc"),
            lambda: contract.check(5),
            lambda: contract.violations({"a": 1}, vendor="baidu", operation="create_message"),
            lambda: strategies.stream("baidu"),
            lambda: strategies.script("get_weather"),
            lambda: strategies.model_studio.create_message(contnt="x"),
            lambda: strategies.model_studio.run(status="done"),
            lambda: strategies.faults(names=["cutt"]),
        ])
        def test_value(slip):
            slip()
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=19)
    shown = [line for line in result.outlines if re.match(r"\S+\.py:\d+: ", line)]
    assert [line for line in shown if "pytest_assistant_mock" in line] == []
    assert len([line for line in shown if line.startswith("test_a_failing_test")]) >= 19


def test_a_monkeypatch_that_is_undone_later_brings_nothing_back(run):
    """A test that wraps a client, or sets the key, with a monkeypatch it asked for before the mock leaves no mock behind."""
    run("""
    import os

    REAL = httpx.HTTPTransport.handle_request

    def test_it(monkeypatch, model_studio):
        real = httpx.HTTPTransport.handle_request
        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda *given: real(*given))
        monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-of-this-test")
        answer = httpx.post(f"{model_studio.base_url}/threads", json={}, headers={"Authorization": "Bearer key"})
        assert answer.status_code == 200

    def test_afterwards():
        assert os.environ.get("DASHSCOPE_API_KEY") is None
        with pytest.raises(httpx.ConnectError):
            httpx.post("http://127.0.0.1:9/api/v1/threads", json={})
    """).assert_outcomes(passed=2)
