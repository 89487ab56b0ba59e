"""Partners in the console: who gains what, and a claim that is followed to its payment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import sync_playwright

from huoshui.core import clock
from huoshui.core.db import Database, Tx
from huoshui.core.worlds import Worlds
from huoshui.interfaces.console import make_ticket, sign_in_link
from huoshui.lines import payments
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.loan import service as loans
from huoshui.lines.lending.partners import store
from huoshui.lines.payments import Terms
from tests.ground import Ground
from tests.interfaces.console import site
from tests.interfaces.console.test_look import CHROMIUM, serious
from tests.lines.lending.partners.test_partners import drawn

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SHOTS = os.environ.get("HUOSHUI_SHOTS")


def lost(tx: Tx) -> str:
    """A loan with partners that was charged off; the insurer's claim."""
    loan = drawn(tx)
    loans.record(tx, loan.id, e.ChargedOff(**loans._days(tx, None)), "off")
    return next(each.shown for each in store.claims(tx) if each.party == "insurer")


def test_a_claim_is_followed_and_everybodys_gain_is_shown(
    client: TestClient[Litestar], sandbox: Database, book: int, tmp_path: Path
) -> None:
    with sandbox.begin(book=book) as tx:
        payments.start(tx, Terms())
        key = lost(tx)
    base = "/console/test"
    site.operator(client, tmp_path, "test", book)
    here = f"{base}/cover-claims/{key}"
    assert f"{here}/submit" in client.get(f"{here}?lang=en").text
    for verb, sent in (("submit", {"note": "by <hand>"}), ("accept", {"amount": "9000"})):
        done = client.post(f"{here}/{verb}", data=sent, follow_redirects=False)
        assert done.status_code == 303, done.text
    page = client.get(f"{here}?lang=en").text
    assert "Accepted in part" in page and "by &lt;hand&gt;" in page and f"{here}/pay" in page
    assert client.post(f"{here}/submit", follow_redirects=False).status_code == 409
    assert client.post(f"{here}/sell", follow_redirects=False).status_code == 404
    listed = client.get(f"{base}/cover-claims?lang=zh&state=part_accepted").text
    assert key in listed and "部分核准" in listed
    for lang, words in (
        ("en", ("Insurer", "Borrowers")),
        ("zh", ("出资方 · bank", "借款人")),
    ):
        gains = client.get(f"{base}/partners?lang={lang}").text
        assert all(word in gains for word in words), lang


@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no browser")
def test_partners_are_sound_to_look_at(worlds: Worlds, market: Ground, tmp_path: Path) -> None:
    with market.database.begin() as tx:
        key = lost(tx)
    with site.serving(site.app(worlds, tmp_path)) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        tab = browser.new_context(reduced_motion="reduce").new_page()
        ticket = make_ticket(tmp_path, market.name, clock.system_now(), book=1)
        tab.goto(sign_in_link(origin, ticket), wait_until="commit")
        tab.wait_for_url(f"**/console/{market.name}")
        for lang, width in (("en", 1280), ("zh", 390)):
            tab.set_viewport_size({"width": width, "height": 900})
            for name in ("partners", "cover-claims", f"cover-claims/{key}"):
                tab.goto(f"{origin}/console/{market.name}/{name}?lang={lang}")
                tab.wait_for_load_state("networkidle")
                assert serious(tab) == [], (name, lang, width)
                if SHOTS:
                    shot = f"{name.replace('/', '-')[:14]}-{lang}-{width}.png"
                    tab.screenshot(path=Path(SHOTS) / shot, full_page=True)
                assert tab.evaluate("document.documentElement.scrollWidth") <= width, name
        browser.close()
