"""The archetypes in a browser: no serious finding by axe, no error, keyboard and dialogs work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from huoshui.core import access, clock
from huoshui.core.db import Database
from huoshui.core.worlds import Worlds
from huoshui.interfaces.console import make_ticket, sign_in_link
from huoshui.scenarios.replay import store
from tests.ground import Ground
from tests.interfaces.console import books, gallery, site

CHROMIUM = "/usr/bin/chromium"
AXE = Path(__file__).parent / "vendor" / "axe.min.js"

pytestmark = [
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


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
    server.server_close()


def serious(tab: Page, *rules: str) -> list[str]:
    """What axe finds of weight, by these rules or by all, one line a finding."""
    if not tab.evaluate("!!window.axe"):
        # Past the policy on purpose: axe is the test's script, not the page's.
        tab.evaluate(AXE.read_text("utf-8"))
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": rules}
    found = tab.evaluate("options => axe.run(document, options)", options)
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def test_archetypes_have_no_serious_finding(browser: Browser, origin: str) -> None:
    tab = browser.new_page(reduced_motion="reduce")
    said: list[str] = []
    tab.on("console", lambda line: said.append(line.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    for name in ("list", "empty", "object", "analysis"):
        tab.goto(f"{origin}/en/{name}")
        assert serious(tab) == [], name
    for key in ("a", "Escape", "?"):
        tab.keyboard.press(key)
        assert serious(tab) == [], key
    assert said == []
    tab.close()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("console")


@pytest.fixture(scope="module")
def real(worlds: Worlds, home: Path) -> Iterator[str]:
    """The whole application over the tests' worlds."""
    with site.serving(site.app(worlds, home)) as origin:
        yield origin


@pytest.fixture
def reported(market: Ground) -> Ground:
    """A world of five orders whose replay has ended."""
    site.orders(market)
    site.replayed(market, ended=True)
    return market


REAL = (
    "", "/orders", "/orders/o1", "/orders/o4", "/sellers", "/sellers/s1", "/accounts",
    "/accounts?kind=escrow", "/accounts/escrow", "/journal", "/trial-balance", "/replays",
    "/replay", "/search?q=s1", "/orders/none",
)  # fmt: skip


LEDGER = (
    "/accounts/wallet:ann?view=effective", "/holds?state=open", "/journal?kind=hold",
    "/periods/close?until={day}", "/verify", "/lane",
)  # fmt: skip


def _sign_in(tab: Page, real: str, home: Path, world: str, book: int = 1) -> None:
    ticket = make_ticket(home, world, clock.system_now(), book=book)
    # The page that signs in goes on by itself: waiting for its load would race with that.
    tab.goto(sign_in_link(real, ticket), wait_until="commit")
    tab.wait_for_url(f"**/console/{world}")


def test_real_pages_have_no_serious_finding(
    browser: Browser, real: str, reported: Ground, home: Path
) -> None:
    # Colours fade otherwise, and axe would measure them half-way.
    context = browser.new_context(reduced_motion="reduce")
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    _sign_in(tab, real, home, reported.name)
    # Every page once; its texts change with the language, and little of what axe sees.
    for number, path in enumerate(REAL):
        mark, lang = "&" if "?" in path else "?", ("en", "zh")[number % 2]
        tab.goto(f"{real}/console/{reported.name}{path}{mark}lang={lang}")
        tab.emulate_media(color_scheme="light")
        assert serious(tab) == [], (lang, path)
        # Of all rules only this one sees the scheme.
        tab.emulate_media(color_scheme="dark")
        assert serious(tab, "color-contrast") == [], (lang, path)
    tab.goto(f"{real}/console/-/sign-in?lang=zh")
    assert serious(tab) == []
    assert errors == []
    context.close()


def test_pages_of_the_ledger_have_no_serious_finding(
    browser: Browser, real: str, sandbox: Database, book: int, home: Path
) -> None:
    hold = books.history(sandbox, book, home)
    day = clock.system_now().date().isoformat()
    context = browser.new_context(reduced_motion="reduce")
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    _sign_in(tab, real, home, "test", book)
    for number, path in enumerate((*LEDGER, f"/holds/{hold}")):
        mark, lang = "&" if "?" in path else "?", ("en", "zh")[number % 2]
        tab.goto(f"{real}/console/test{path.format(day=day)}{mark}lang={lang}")
        tab.emulate_media(color_scheme="light")
        assert serious(tab) == [], path
        tab.emulate_media(color_scheme="dark")
        assert serious(tab, "color-contrast") == [], path
    for path in LEDGER:
        tab.set_viewport_size({"width": 390, "height": 800})
        tab.goto(f"{real}/console/test{path.format(day=day)}")
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390, path
    assert errors == []
    context.close()


def test_a_form_of_the_console_is_taken_from_a_browser_and_the_lane_refreshes(
    browser: Browser, real: str, sandbox: Database, book: int, home: Path
) -> None:
    books.history(sandbox, book, home)
    with sandbox.begin(book=book) as tx:
        _, key = access.make_key(tx, "test", "closer")
    context = browser.new_context(locale="en-GB")
    tab = context.new_page()
    tab.goto(f"{real}/console/-/sign-in")
    tab.locator("summary").click()
    tab.locator("input[name=key]").fill(key)
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/console/test")
    tab.goto(f"{real}/console/test/periods/close?until={clock.system_now().date()}")
    tab.get_by_text("Seal these days for good").click()
    tab.wait_for_url("**/console/test/periods")
    assert tab.locator("tbody tr").count() == 2
    tab.goto(f"{real}/console/test/lane")
    tab.evaluate("document.querySelector('#live').dataset.old = ''")
    tab.locator("#live:not([data-old])").wait_for(timeout=8_000)
    assert tab.locator("h1").count() == 1
    context.close()


def test_search_leads_to_an_order_by_keyboard(
    browser: Browser, real: str, reported: Ground, home: Path
) -> None:
    context = browser.new_context(locale="en-GB")
    tab = context.new_page()
    _sign_in(tab, real, home, reported.name)
    tab.keyboard.press("Control+k")
    tab.keyboard.type("o3")
    tab.locator("#search-results a").first.wait_for()
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/orders/ord_*")
    assert "Order o3" in tab.title()
    context.close()


def test_a_running_replay_is_followed_to_its_report(
    browser: Browser, real: str, market: Ground, home: Path
) -> None:
    site.orders(market)
    site.replayed(market, ended=False)
    context = browser.new_context(locale="en-GB")
    tab = context.new_page()
    _sign_in(tab, real, home, market.name)
    tab.goto(f"{real}/console/{market.name}/replay")
    with market.database.begin(book=1) as tx:
        store.step(tx, cursor=42, orders=5, anomalies={}, real_now=clock.system_now())
    tab.locator("#progress b", has_text="42").first.wait_for()
    site.concluded(market)
    tab.get_by_text("verified ✓").wait_for()
    context.close()


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
    tab.locator(".held td").first.wait_for(state="visible")
    tab.close()
