"""The archetypes in a browser: no serious finding by axe, no error, keyboard and dialogs work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.interfaces.console import gallery

CHROMIUM = "/usr/bin/chromium"
AXE = Path(__file__).parent / "vendor" / "axe.min.js"

pytestmark = pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    server, origin = gallery.serve()
    yield origin
    server.shutdown()


def serious(tab: Page) -> list[str]:
    """What axe finds of weight, one line a finding."""
    # Past the policy on purpose: axe is the test's script, not the page's.
    found = tab.evaluate(AXE.read_text("utf-8") + "; axe.run(document)")
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_archetypes_have_no_serious_finding(
    browser: Browser, origin: str, lang: str, scheme: str
) -> None:
    tab = browser.new_page(color_scheme=scheme)  # type: ignore[arg-type]
    said: list[str] = []
    tab.on("console", lambda line: said.append(line.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    for name in ("list", "empty", "object", "analysis"):
        tab.goto(f"{origin}/{lang}/{name}")
        assert serious(tab) == [], name
    tab.keyboard.press("a")
    assert serious(tab) == []
    assert said == []
    tab.close()


def test_keyboard_moves_rows_and_opens_dialogs(browser: Browser, origin: str) -> None:
    tab = browser.new_page()
    tab.goto(f"{origin}/en/list")
    for key in "jjk":
        tab.keyboard.press(key)
    assert tab.evaluate("document.activeElement.textContent").endswith("00")
    tab.keyboard.press("x")
    assert tab.locator("[data-bulk]").is_visible()
    tab.keyboard.press("?")
    assert tab.locator("#keys").is_visible()
    tab.keyboard.press("Escape")
    tab.keyboard.press("Control+k")
    assert tab.evaluate("document.activeElement.id") == "search-field"
    tab.close()


def test_the_scheme_is_kept(browser: Browser, origin: str) -> None:
    tab = browser.new_page(color_scheme="light")
    tab.goto(f"{origin}/en/list")
    tab.keyboard.press("d")
    tab.reload()
    assert tab.evaluate("document.documentElement.classList.contains('dark')")
    tab.close()


def test_charts_are_drawn_and_their_figures_are_a_table(browser: Browser, origin: str) -> None:
    tab = browser.new_page()
    tab.goto(f"{origin}/en/analysis")
    tab.locator("canvas").first.wait_for()
    tab.locator("summary").first.click()
    assert tab.locator(".held td").first.is_visible()
    tab.close()
