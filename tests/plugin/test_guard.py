"""The ini option assistant_guard: no call to a vendor's host leaves the run, whatever fixtures a test has."""

from __future__ import annotations

from textwrap import dedent

import pytest

from pytest_assistant_mock import AssistantMock
from pytest_assistant_mock._mock.guard import Guard
from pytest_assistant_mock.errors import BlockedHost

INI = "[pytest]\nassistant_guard = true\n"
CALLS = """
    import asyncio, http.client, socket, aiohttp, httpx, pytest, requests, urllib3
    from pytest_assistant_mock.errors import BlockedHost

    URL = "https://dashscope.aliyuncs.com/api/v1/threads"

    async def post():
        async with aiohttp.ClientSession() as session, session.post(URL, json={}):
            pass

    async def post_with_httpx():
        async with httpx.AsyncClient() as client:
            await client.post(URL, json={})

    def http_client():
        line = http.client.HTTPSConnection("dashscope.aliyuncs.com")
        line.request("POST", "/api/v1/threads", b"{}")

    CALLS = {
        "requests": lambda: requests.post(URL, json={}),
        "urllib3": lambda: urllib3.PoolManager().request("POST", URL),
        "httpx": lambda: httpx.post(URL, json={}),
        "httpx-async": lambda: asyncio.run(post_with_httpx()),
        "aiohttp": lambda: asyncio.run(post()),
        "http.client": http_client,
        "socket": lambda: socket.create_connection(("dashscope.aliyuncs.com", 443)),
    }
"""


@pytest.fixture
def run(pytester):
    """Run test code, with the option on, in a pytest of its own: the result."""

    def run(code, *options, ini=INI, **files):
        pytester.makeini(ini)
        pytester.makepyfile(test_it=f"{dedent(CALLS)}\n{dedent(code)}", **files)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *options)

    return run


def test_every_client_is_stopped_in_a_test_without_a_fixture(run):
    """The test fails with an error that names the URL, the option and the way out."""
    result = run("""
    @pytest.mark.parametrize("name", CALLS)
    def test_it(name):
        CALLS[name]()
    """)
    result.assert_outcomes(failed=7)
    said = "E*BlockedHost: a call to {} was about to be made while no assistant mock is open; nothing was sent"
    result.stdout.fnmatch_lines([said.format("https://dashscope.aliyuncs.com/api/v1/threads")])
    result.stdout.fnmatch_lines([said.format("dashscope.aliyuncs.com")])
    result.stdout.fnmatch_lines(["E*why:  the ini option assistant_guard*", "E*do:   let the test ask for a fixture*"])


def test_a_test_with_a_fixture_is_answered_and_other_hosts_are_reached(run):
    """The guard is below every mock, and nobody else's business is its."""
    run("""
    def test_answered(model_studio_mock):
        assert requests.post(URL, json={}, headers={"Authorization": "Bearer k"}).status_code == 200

    def test_others():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            socket.create_connection(("localhost", listener.getsockname()[1])).close()

    def test_served(assistant_server):
        url = assistant_server.model_studio.base_url
        assert requests.post(f"{url}/threads", json={}, headers={"Authorization": "Bearer k"}).status_code == 200
    """).assert_outcomes(passed=3)


def test_a_test_that_swallows_the_error_is_told(run):
    """At its end, unless it is marked strict=False, or has failed of it."""
    result = run("""
    def test_swallows():
        try:
            CALLS["httpx"]()
        except AssertionError:
            pass

    @pytest.mark.assistant(strict=False)
    def test_expects():
        with pytest.raises(BlockedHost):
            CALLS["requests"]()

    def test_is_not_told_of_the_others():
        pass
    """)
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*raised at a call before, and swallowed by the code under test"])


@pytest.mark.parametrize("where", ["conftest", "app"])
def test_a_call_while_the_run_begins_is_stopped(run, where):
    """In a conftest.py as in a module that a test imports."""
    call = "import httpx\nhttpx.post('https://appbuilder.baidu.com/v2/threads', json={})"
    result = run("import app\ndef test_it(): pass", **{"app": "", where: call})
    assert result.ret != 0
    assert "BlockedHost: a call to https://appbuilder.baidu.com/v2/threads" in f"{result.stdout}{result.stderr}"


def test_a_swallowed_call_while_tests_are_collected_is_a_warning(run):
    """No test has made it, so no test fails."""
    app = "import httpx\ntry: httpx.post('https://appbuilder.baidu.com/v2/threads', json={})\nexcept Exception: pass"
    result = run("import app\ndef test_it(): pass", app=app)
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*raised at a call while tests were collected, and swallowed by the code under test"])


def test_a_program_that_calls_the_service_when_imported_finds_a_mock(run):
    """The documented way: a mock around the collection. Nothing of it is left for the tests."""
    conftest = """
    import pytest
    from pytest_assistant_mock import AssistantMock

    @pytest.hookimpl(wrapper=True)
    def pytest_collection():
        with AssistantMock():
            return (yield)
    """
    app = """
    import httpx
    STATUS = httpx.post("https://appbuilder.baidu.com/v2/threads", json={}, headers={"Authorization": "Bearer k"}).status_code
    """
    result = run(
        """
    import app

    def test_it(appbuilder_mock):
        assert app.STATUS == 200
        assert appbuilder_mock.threads() == []
    """,
        conftest=dedent(conftest),
        app=dedent(app),
    )
    result.assert_outcomes(passed=1)


def test_a_gateway_of_the_ini_file_is_guarded(run):
    """A base URL in assistant_hosts is a vendor's too; what else is on that host is not."""
    ini = f"{INI}assistant_hosts = model_studio = http://127.0.0.1:9/ai/api/v1\n"
    run(
        """
    def test_it():
        with pytest.raises(httpx.ConnectError):
            httpx.post("http://127.0.0.1:9/other", json={})
        httpx.post("http://127.0.0.1:9/ai/api/v1/threads", json={})
    """,
        ini=ini,
    ).stdout.fnmatch_lines(["E*BlockedHost: a call to http://127.0.0.1:9/ai/api/v1/threads*"])


def test_a_live_run_is_stopped_too(run):
    """The option holds for the whole run; the error says how to switch it off for one."""
    result = run("def test_it(model_studio_mock):\n        CALLS['requests']()", "--assistant-source=live")
    result.stdout.fnmatch_lines(["E*BlockedHost: a call to*", "*pytest -o assistant_guard=false"])
    assert "assistant_guard" not in str(run("def test_it(): pass", ini="[pytest]\n").stdout)


def test_without_the_option_nothing_is_imported(pytester):
    """Who does not ask for it does not pay for it."""
    pytester.makepyfile("import sys\ndef test_it(): assert 'pytest_assistant_mock._mock.guard' not in sys.modules")
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_it_leaves_nothing_behind():
    """Above and below a mock, in any order of closing."""
    import httpx

    before = httpx.HTTPTransport.handle_request
    guard, mock = Guard().__enter__(), AssistantMock().__enter__()
    guard.__exit__(None, None, None)
    url = f"{mock.model_studio.base_url}/threads"
    assert httpx.post(url, json={}, headers={"Authorization": "Bearer k"}).status_code == 200
    mock.__exit__(None, None, None)
    assert httpx.HTTPTransport.handle_request is before
    with Guard(), pytest.raises(BlockedHost):
        httpx.post(url, json={})
    assert httpx.HTTPTransport.handle_request is before
