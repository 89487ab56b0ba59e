"""The catalogue of features in the console: filtered, covered, exported, looked at."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import sync_playwright

from huoshui.core import clock
from huoshui.core.db import Database
from huoshui.core.worlds import Worlds
from huoshui.facts import activity
from huoshui.facts.activity import Activity
from huoshui.interfaces.console import make_ticket, sign_in_link
from tests.interfaces.console import site
from tests.interfaces.console.test_look import CHROMIUM, serious
from tests.interfaces.console.test_settlement_pages import signed_in

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SHOTS = os.environ.get("HUOSHUI_SHOTS")


@pytest.fixture
def told(sandbox: Database, book: int) -> int:
    """A book in which two buyers signed in on one device."""
    with sandbox.begin(book=book) as tx:
        activity.record(
            tx,
            [
                Activity(
                    kind="sign_in", occurred_at=tx.now - timedelta(hours=n), device="tablet",
                    buyer=f"byr_{n:026}", attributes={"success": n > 1},
                )
                for n in (1, 2)
            ],
        )  # fmt: skip
    return book


def test_the_catalogue_is_filtered_covered_and_exported(
    client: TestClient[Litestar], told: int, sandbox: Database
) -> None:
    signed_in(client, sandbox, told, "decisions:read")
    page = client.get("/console/test/features?lang=en&entity=device").text
    assert "device_buyers_24h" in page and "merchant_orders_7d" not in page
    assert "1 / 1" in page
    found = client.get("/console/test/features?lang=zh&q=登录失败").text
    assert "buyer_sign_in_failures_24h" in found and "1 / 2" in found and "保密" in found
    csv = client.get("/console/test/export/features.csv?lang=en").text
    assert csv.count("\n") > 90


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")
def test_the_catalogue_in_a_browser(worlds: Worlds, told: int, tmp_path: Path) -> None:
    with (
        site.serving(site.app(worlds, tmp_path)) as origin,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        tab = browser.new_page(viewport={"width": 1360, "height": 900})
        ticket = make_ticket(tmp_path, "test", clock.system_now(), book=told)
        tab.goto(sign_in_link(origin, ticket), wait_until="commit")
        tab.wait_for_url("**/console/test")
        for lang in ("zh", "en") if SHOTS else ("zh",):
            tab.goto(f"{origin}/console/test/features?lang={lang}&entity=buyer")
            tab.wait_for_load_state("networkidle")
            if SHOTS:
                tab.screenshot(path=Path(SHOTS) / f"features-{lang}.png")
            assert not serious(tab)
        browser.close()
