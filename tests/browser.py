"""A real browser for the tests of pages: Debian's chromium, driven by playwright; where one is missing, its tests are skipped."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
_QUIET = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

CONTRASTS = """() => {
    const light = (text) => {
        const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((one) => {
            const part = Number(one) / 255;
            return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
        for (let one = element; one; one = one.parentElement) {
            const colour = getComputedStyle(one).backgroundColor;
            if (!colour.endsWith(", 0)")) return light(colour);
        }
        return 1;
    };
    const found = [];
    for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
        if (!own || !element.checkVisibility()) continue;
        const pair = [light(getComputedStyle(element).color), behind(element)].sort((a, b) => b - a);
        found.push([(pair[0] + 0.05) / (pair[1] + 0.05), element.textContent.slice(0, 40)]);
    }
    return found;
}"""
"""Of every element that has text and is seen: its contrast, and the text."""


@contextmanager
def chromium() -> Iterator[Any]:
    """A running browser. Skips the test where there is none."""
    driver = pytest.importorskip("playwright.sync_api", reason="a page is tested in a real browser, which needs playwright")
    if CHROMIUM is None:
        pytest.skip("a page is tested in a real browser, which needs chromium")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_QUIET, headless=True)
        yield browser
        browser.close()


@contextmanager
def page_at(browser: Any, url: str, **options: Any) -> Iterator[Any]:
    """A page that is open, in a context of its own; whatever its scripts raise or a policy stops fails the test."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(10_000)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    try:
        page.goto(url)
        yield page
        assert wrong == []
    finally:
        context.close()


def copied(button: Any) -> str:
    """What a button copies."""
    handle = button.element_handle()
    handle.press("Enter")
    until = "async (one) => { while (!one.dataset.copied) await new Promise(requestAnimationFrame); return one.dataset.copied; }"
    return str(handle.evaluate(until))
