"""The page of `--assistant-report`: what it holds, what it never holds, and how it looks and works in a real browser."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from browser import CONTRASTS, chromium, copied, page_at

from pytest_assistant_mock._traffic import html_report
from pytest_assistant_mock._traffic.html_report import Told, page

EVIL = "<img src=x onerror=\"document.title='bad'\"></script><script>document.title='bad'</script><!-- &lt; \u2028 ${1} `"
KEY = "sk-not-to-be-seen-0123"
SUITE = """
    import httpx, pytest
    from pytest_assistant_mock import faults, turns

    KEY = {"Authorization": "Bearer sk-not-to-be-seen-0123"}
    TOOL = {"type": "function", "function": {"name": "get_weather", "description": "d", "parameters": {"type": "object"}}}

    def ask(handle, text, answer="晴,24 度"):
        assistant = handle.add_assistant(tools=[TOOL])
        handle.script(turns.calls("get_weather", city="北京"), turns.says(answer, pieces=3))
        messages = {"messages": [{"role": "user", "content": text}]}
        thread = httpx.post(f"{handle.base_url}/threads", json=messages, headers=KEY).json()["id"]
        url = f"{handle.base_url}/threads/{thread}/runs"
        httpx.post(url, json={"assistant_id": assistant.id, "stream": True}, headers=KEY)
        run = httpx.get(url, headers=KEY).json()["data"][0]
        call = run["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"]
        outputs = {"tool_outputs": [{"tool_call_id": call, "output": answer}], "stream": True}
        httpx.post(f"{url}/{run['id']}/submit_tool_outputs", json=outputs, headers=KEY)
        return thread

    def test_passes(model_studio):
        ask(model_studio, "北京天气?")

    def test_fails(model_studio):
        thread = ask(model_studio, "北京天气?", answer="my key is sk-not-to-be-seen-0123")
        model_studio.fail(faults.rate_limited(), on="create_message")
        url = f"{model_studio.base_url}/threads/{thread}/messages"
        assert httpx.post(url, json={"content": "明天呢?", "role": "user"}, headers=KEY).status_code == 200

    @pytest.mark.parametrize("text", [EVIL])
    def test_is_hostile(model_studio, text):
        ask(model_studio, text, answer=text)

    def test_says_nothing(model_studio):
        pass
"""


def run(folder: Path, *arguments: str) -> Path:
    """The page of a run of the suite."""
    folder.joinpath("test_suite.py").write_text(dedent(SUITE).replace("EVIL", repr(EVIL)), "utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--assistant-report=out/page.html", *arguments]
    output = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False).stdout
    assert "1 failed, 3 passed" in output
    assert re.search(r"^assistant report: .*page\.html \(3 tests\)$", output, re.MULTILINE)
    return folder / "out" / "page.html"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a run of the suite, for tests that only look at it."""
    return run(tmp_path_factory.mktemp("alone"))


def data_of(html: str) -> Any:
    """What a page shows."""
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


def test_the_page_has_every_test_that_exchanged_something(written: Path) -> None:
    """In the order of the files, with how it ended; Chinese stands readable in the file, and no key anywhere."""
    html = written.read_text("utf-8")
    data = data_of(html)
    ended = [(test["id"].partition("::")[2].partition("[")[0], test["outcome"], test["count"]) for test in data["tests"]]
    assert ended == [("test_passes", "passed", 4), ("test_fails", "failed", 5), ("test_is_hostile", "passed", 4)]
    kinds = [entry["kind"] for entry in data["tests"][0]["talks"][0]["entries"]]
    assert kinds == ["said", "called", "said", "ran"]
    assert "北京天气?" in html
    assert KEY not in html


def test_the_page_is_the_same_under_xdist(written: Path, tmp_path: Path) -> None:
    """Byte for byte: what workers saw is collected, in the order of the files."""
    pytest.importorskip("xdist")
    assert run(tmp_path, "-n", "2").read_bytes() == written.read_bytes()


def test_the_page_stands_alone() -> None:
    """It names nothing that a browser would load, and its policy lets only its own script and style run."""
    html = page([])
    assert re.findall(r"(?:src|href)=|\burl\(|@import|https?://", html) == []
    assert "default-src 'none'; style-src 'sha256-" in html
    assert set(re.findall(r"@\w+@", html)) == set()


def test_no_script_of_a_page_makes_markup_from_text() -> None:
    """There is one way to an element, and none of the ways that parse markup or code."""
    folder = files("pytest_assistant_mock._traffic").joinpath("page")
    text = "".join(file.read_text("utf-8") for file in folder.iterdir() if file.name.endswith(".js"))
    assert re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function|DOMParser|srcdoc", text) == []
    assert text.count("createElement") == 1


def test_a_page_that_would_be_too_large_keeps_what_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What tests that passed exchanged is left out, and the page says so."""
    told = json.dumps({"count": 1, "talks": [], "exchanges": []})
    monkeypatch.setattr(html_report, "MOST_BYTES", 2 * len(told))
    tests = data_of(page([Told("a", "passed", told), Told("b", "passed", told), Told("c", "failed", told)]))["tests"]
    assert [test.get("left_out", False) for test in tests] == [False, True, False]


def test_a_page_that_cannot_be_written_ends_nothing(pytester: pytest.Pytester) -> None:
    """The run says so, and ends as it would."""
    pytester.makepyfile("def test_x(model_studio): pass")
    pytester.path.joinpath("file").touch()
    result = pytester.runpytest("--assistant-report=file/page.html")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["assistant report: not written, *file/page.html"])


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser."""
    with chromium() as running:
        yield running


def test_in_a_browser_what_was_sent_is_text(browser: Any, written: Path) -> None:
    """Hostile text in a test's name, a message, an output and an answer is read as it is; the only scripts are the page's own."""
    with page_at(browser, written.as_uri()) as open_page:
        open_page.get_by_text("test_is_hostile").click()
        words = open_page.locator("details[open] .words").all_text_contents()
        assert words.count(EVIL) == 2
        for exchange in open_page.locator("details.test[open] details.exchange > summary").all():
            exchange.click()
        assert open_page.locator("pre").count() > 8
        assert open_page.locator("script").count() == 2
        assert open_page.locator("img").count() == 0
        assert open_page.title() == "Conversations of a test run"


def test_in_a_browser_the_page_is_filtered_and_copied_by_keyboard(browser: Any, written: Path) -> None:
    """A failed test is open; `/` goes to the filter, Enter opens; a button copies the lines that seed the thread, or curl."""
    with page_at(browser, written.as_uri()) as open_page:
        assert open_page.locator("details.test[open]").count() == 1
        open_page.keyboard.press("/")
        open_page.keyboard.type("throttling")
        assert open_page.locator("details.test:visible").count() == 1
        assert open_page.locator("#shown").text_content() == "1 of 3 tests shown"
        open_page.keyboard.press("Escape")
        assert open_page.locator("details.test:visible").count() == 3
        open_page.get_by_label("failed only").press("Space")
        assert open_page.locator("details.test:visible").count() == 1
        last = open_page.locator("details.exchange").last
        last.locator("summary").press("Enter")
        assert "明天呢?" in last.get_by_label("request").text_content()
        assert "Throttling.RateQuota" in last.get_by_label("answer").text_content()
        lines = copied(open_page.get_by_text("copy pytest lines"))
        assert lines.startswith('thread = model_studio.add_thread()\nmodel_studio.add_message(thread, "北京天气?")\n')
        assert "-H 'Authorization: Bearer REDACTED'" in copied(last.get_by_text("copy curl"))


@pytest.mark.parametrize(("scheme", "media"), [("light", "screen"), ("dark", "screen"), ("dark", "print")])
def test_in_a_browser_every_text_can_be_read(browser: Any, written: Path, scheme: str, media: str) -> None:
    """Light, dark and printed, each text has a contrast of 4.5 at least; on a narrow screen nothing is cut off."""
    narrow = {"width": 360, "height": 800}
    with page_at(browser, written.as_uri(), color_scheme=scheme, viewport=narrow) as open_page:
        open_page.emulate_media(color_scheme=scheme, media=media)
        faint = [(round(contrast, 2), text) for contrast, text in open_page.evaluate(CONTRASTS) if contrast < 4.5]
        assert faint == []
        assert open_page.evaluate("document.documentElement.scrollWidth") <= 360


def test_in_a_browser_a_printed_page_shows_every_conversation(browser: Any, written: Path) -> None:
    """What was closed is opened before printing; buttons and the filter are not printed."""
    with page_at(browser, written.as_uri()) as open_page:
        assert len(open_page.pdf()) > 10_000
        open_page.emulate_media(media="print")
        assert open_page.locator(".conversation:visible").count() == 3
        assert open_page.locator("button:visible, input:visible").count() == 0


@pytest.mark.parametrize(
    "given", [["--assistant-report", "test_mine.py"], ["--assistant-report=test_mine.py"]], ids=["space", "equals"]
)
def test_a_file_that_is_no_page_is_never_overwritten(pytester: pytest.Pytester, given: list[str]) -> None:
    """A test file that stands where the page's name is expected stays as it is, and the error says what to write."""
    mine = pytester.makepyfile(test_mine="def test_x(model_studio): pass")
    before = mine.read_bytes()
    result = pytester.runpytest(*given)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert mine.read_bytes() == before
    said = "--assistant-report=test_mine.py: this file is no HTML page, so it is not overwritten; name the page: "
    result.stderr.fnmatch_lines([f"ERROR: {said}--assistant-report=report.html"])


@pytest.mark.parametrize("old", ["", "<!DOCTYPE html>\n<p>old"], ids=["empty", "page"])
def test_an_older_page_is_overwritten(pytester: pytest.Pytester, old: str) -> None:
    """So is an empty file, which a CI job may have made for it."""
    pytester.makepyfile("def test_x(model_studio): pass")
    kept = pytester.path / "page.html"
    kept.write_text(old)
    pytester.runpytest("--assistant-report=page.html").assert_outcomes(passed=1)
    assert kept.read_text("utf-8").startswith("<!doctype html>")
    assert kept.read_text("utf-8") != old
