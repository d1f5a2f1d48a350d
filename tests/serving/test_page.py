"""The page at /__mock__/ in a real browser: what the fake holds and what happens, as it happens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from browser import CONTRASTS, chromium, copied, page_at
from sockets import KEY

from pytest_assistant_mock import AssistantServer, faults, turns
from pytest_assistant_mock.errors import CassetteMiss

pytest.importorskip("uvicorn")

EVIL = "<img src=x onerror=\"document.title='bad'\"></script><script>document.title='bad'</script><!-- ${1} `"
FILES = ("", "style.css", "parts.js", "live.js", "icon.svg")


@pytest.fixture(scope="module")
def one() -> Iterator[AssistantServer]:
    """One server for all the tests of this file."""
    with AssistantServer(strict=False) as server:
        yield server


@pytest.fixture
def server(one: AssistantServer) -> AssistantServer:
    """It, empty."""
    one.reset()
    return one


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser."""
    with chromium() as running:
        yield running


@contextmanager
def opened(browser: Any, server: AssistantServer, query: str = "", **options: Any) -> Iterator[Any]:
    """The page, as soon as it is live."""
    with page_at(browser, f"{server.url}/__mock__/{query}", **options) as page:
        page.get_by_text("live").first.wait_for()
        yield page


def post(server: AssistantServer, path: str, **body: Any) -> httpx.Response:
    """A request to Model Studio."""
    return httpx.post(f"{server.url}/api/v1{path}", json=body, headers=KEY)


def ask(server: AssistantServer, text: str) -> str:
    """A thread with one message: its id."""
    return str(post(server, "/threads", messages=[{"role": "user", "content": text}]).json()["id"])


def test_every_file_has_a_strict_policy(server: AssistantServer) -> None:
    """Nothing from elsewhere, nothing inline, no frame around it; the way without a slash leads to the page."""
    for name in FILES:
        answer = httpx.get(f"{server.url}/__mock__/{name}")
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'")
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
    page = httpx.get(f"{server.url}/__mock__", follow_redirects=True)
    assert str(page.url) == f"{server.url}/__mock__/"
    assert re.findall(r"<script(?! defer src=\"\w+\.js\"></script>)|<style| on\w+=|https?://", page.text) == []


def test_a_conversation_appears_while_it_runs(browser: Any, server: AssistantServer) -> None:
    """The page is open first; then comes the question, the pieces that were read so far, the rest, and the end of the run."""
    studio = server.model_studio
    assistant = studio.add_assistant()
    with opened(browser, server) as page:
        studio.script(turns.says("一二三四", pieces=["一二", "三四"], pause=1.0, wait=True))
        thread = ask(server, "北京天气?")
        page.get_by_text("北京天气?").wait_for()
        url = f"{server.url}/api/v1/threads/{thread}/runs"
        asked = {"assistant_id": assistant.id, "stream": True}
        with httpx.stream("POST", url, json=asked, headers=KEY) as stream:
            lines = stream.iter_lines()
            next(line for line in lines if "一二" in line)
            page.get_by_text("一二", exact=True).wait_for()
            page.get_by_text("run in_progress").wait_for()
            page.locator("details.exchange", has_text="still streaming").wait_for()
            list(lines)
        page.get_by_text("一二三四").wait_for()
        page.get_by_text("run completed").wait_for()
        page.locator("details.exchange", has_text="create_run").wait_for()
    assert [message.text for message in studio.messages(thread)] == ["北京天气?", "一二三四"]


def test_a_call_and_its_output_are_shown(browser: Any, server: AssistantServer) -> None:
    """The tool, what it was called with, and, as soon as it is there, what it gave."""
    studio = server.model_studio
    tool = {"type": "function", "function": {"name": "get_weather", "description": "d", "parameters": {"type": "object"}}}
    assistant = studio.add_assistant(tools=[tool])
    studio.script(turns.calls("get_weather", city="北京"), "晴")
    with opened(browser, server) as page:
        thread = ask(server, "?")
        run = post(server, f"/threads/{thread}/runs", assistant_id=assistant.id).json()["id"]
        page.get_by_text('get_weather({"city": "北京"})').wait_for()
        page.get_by_text("no output yet").wait_for()
        found = httpx.get(f"{server.url}/api/v1/threads/{thread}/runs/{run}", headers=KEY).json()
        call = found["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"]
        outputs = [{"tool_call_id": call, "output": "30 度"}]
        post(server, f"/threads/{thread}/runs/{run}/submit_tool_outputs", tool_outputs=outputs)
        page.get_by_text("→ 30 度").wait_for()
        page.get_by_text("run completed").wait_for()
        assert page.get_by_text("no output yet").count() == 0


def test_a_failing_exchange_is_found_by_filter(browser: Any, server: AssistantServer) -> None:
    """By a word of its answer, or by the box; with the fault that struck, the request and the answer, by keyboard alone."""
    thread = server.model_studio.add_thread()
    server.model_studio.fail(faults.rate_limited(), on="create_message")
    post(server, f"/threads/{thread.id}/messages", role="user", content="one")
    post(server, f"/threads/{thread.id}/messages", role="user", content="two")
    post(server, "/nowhere")
    with opened(browser, server) as page:
        page.get_by_text("live: 3 exchanges, 2 failed, 1 unanswered").wait_for()
        page.keyboard.press("/")
        page.keyboard.type("throttling")
        rows = page.locator("details.exchange:visible")
        assert rows.count() == 1
        rows.locator("summary").press("Enter")
        assert "rate_limited()" in rows.locator("summary").text_content()
        assert '"content": "one"' in rows.get_by_label("request").text_content()
        again = f"curl -X POST '{server.url}/api/v1/threads/{thread.id}/messages'"
        assert copied(rows.get_by_text("copy curl")).startswith(again)
        assert "429" in rows.get_by_label("answer").text_content()
        page.get_by_label("Filter").press("Escape")
        page.get_by_label("failed or unanswered only").press("Space")
        summaries = page.locator("details.exchange:visible summary").all_text_contents()
        assert [re.sub(r"^#\d+", "", text).split()[0] for text in summaries] == ["POST,", "create_message"]


def test_what_was_reset_is_gone(browser: Any, server: AssistantServer) -> None:
    """A reset over HTTP, or of a test: the page forgets too, and goes on."""
    with opened(browser, server) as page:
        ask(server, "before")
        page.get_by_text("before").wait_for()
        httpx.post(f"{server.url}/__mock__/reset")
        page.get_by_text("before").wait_for(state="detached")
        page.get_by_text("live: 0 exchanges").wait_for()
        ask(server, "after")
        page.get_by_text("after").wait_for()
        assert page.get_by_text("before").count() == 0


def test_a_session_has_a_page_of_its_own(browser: Any, server: AssistantServer) -> None:
    """?session=NAME shows that session, and nothing of the others."""
    ask(server, "of all")
    httpx.post(f"{server.url}/api/v1/threads", json={"messages": [{"role": "user", "content": "of one"}]}, headers={**KEY, **ONE})
    with opened(browser, server, "?session=one") as page:
        page.get_by_text("of one").wait_for()
        page.get_by_text("live, session one: 1 exchange,").wait_for()
        assert page.get_by_text("of all").count() == 0


ONE = {"X-Assistant-Session": "one"}


def test_what_is_copied_seeds_what_is_shown(browser: Any, server: AssistantServer) -> None:
    """The lines for pytest, and a curl that this server takes."""
    ask(server, 'it\'s "北京"')
    with opened(browser, server) as page:
        page.locator("#threads .words").wait_for()
        lines = copied(page.get_by_text("copy pytest lines"))
        command = copied(page.locator("#threads").get_by_text("copy curl"))
    handle = server.model_studio
    exec(lines, {"model_studio": handle})
    first, second = (handle.messages(thread) for thread in handle.threads())
    assert [message.text for message in first] == [message.text for message in second]
    body = re.search(r"--data-raw '(.*)'$", command, re.DOTALL)
    assert body is not None
    assert f"'{server.url}/__mock__/seed'" in command
    seeded = httpx.post(f"{server.url}/__mock__/seed", content=body.group(1).replace("'\\''", "'").encode())
    assert seeded.status_code == 200
    assert [message.text for message in handle.messages(handle.threads()[-1])] == ['it\'s "北京"']


def test_text_from_clients_is_never_markup(browser: Any, server: AssistantServer) -> None:
    """In a message, a path, a header, an assistant's name, a file's name and an answer of the test's own."""
    server.model_studio.add_assistant(name=EVIL)
    server.model_studio.add_file(EVIL, b"")
    server.model_studio.reply("POST /evil", {"error": EVIL, EVIL: EVIL})
    ask(server, EVIL)
    httpx.post(f"{server.url}/api/v1/evil?{EVIL}", headers={**KEY, "X-Evil": EVIL})
    with opened(browser, server) as page:
        page.locator("details.exchange").first.wait_for()
        for summary in page.locator("summary").all():
            summary.click()
        assert page.locator("#threads .words").text_content() == EVIL
        assert page.locator("#holds").text_content().count(EVIL) == 2
        assert EVIL in page.locator("pre:visible").all_text_contents()[0]
        assert (page.locator("img, main script").count(), page.title()) == (0, "pytest-assistant-mock")


def test_a_key_opens_the_page_once(browser: Any) -> None:
    """With ?key= in the address; from then on without it, and nothing is shown without either."""
    with AssistantServer(strict=False, control_key="the key") as server:
        assert httpx.get(f"{server.url}/__mock__/live.js").status_code == 401
        with opened(browser, server, "?key=the%20key") as page:
            assert page.url == f"{server.url}/__mock__/"
            ask(server, "北京?")
            page.get_by_text("北京?").wait_for()


def test_a_recording_has_a_page_of_exchanges(browser: Any, tmp_path: Path) -> None:
    """It has no state, and the page says why; what was asked is shown."""
    recording = {"source": "cassette", "cassette": tmp_path / "none.yaml", "contract": "off"}
    with pytest.raises(CassetteMiss), AssistantServer(strict=False, **recording) as server:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{server.url}/__mock__/")
        page.locator("#holds p").wait_for()
        assert httpx.get(f"{server.url}/api/v1/threads/t", headers=KEY).status_code == 409
        page.locator("details.exchange").wait_for()
        context.close()


def test_what_would_fail_a_test_is_told(browser: Any, server: AssistantServer) -> None:
    """In the words of pytest."""
    with opened(browser, server) as page:
        page.get_by_text("what would fail a test?").click()
        page.get_by_text("Nothing would fail a test.").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read(browser: Any, server: AssistantServer, scheme: str) -> None:
    """Light and dark, each text has a contrast of 4.5 at least; on a narrow screen nothing is cut off."""
    server.model_studio.fail(faults.rate_limited())
    ask_refused = post(server, "/threads")
    assert ask_refused.status_code == 429
    ask(server, "x" * 300)
    with opened(browser, server, color_scheme=scheme, viewport={"width": 360, "height": 800}) as page:
        page.locator("#threads .words").wait_for()
        assert [text for contrast, text in page.evaluate(CONTRASTS) if contrast < 4.5] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
