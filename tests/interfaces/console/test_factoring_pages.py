"""The factoring book: what it shows in both languages, and what it lets one do."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.testing import TestClient
from playwright.sync_api import sync_playwright

from huoshui.core import access, clock, ids
from huoshui.core.db import Database, Tx
from huoshui.core.money import Money
from huoshui.core.worlds import Worlds
from huoshui.interfaces.console import make_ticket, sign_in_link
from huoshui.lines.lending.factoring import service
from huoshui.lines.lending.factoring.service import Claim
from huoshui.scenarios import factoring_flow
from tests import ground
from tests.ground import DAY, START, Ground
from tests.interfaces.console import site
from tests.interfaces.console.test_look import CHROMIUM, serious
from tests.interfaces.console.test_settlement_pages import signed_in
from tests.lines.lending.factoring.ground import JOINT, WITH, WITHOUT, bought, publish, shipped

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SHOTS = os.environ.get("HUOSHUI_SHOTS")
BASE = "/console/test"


def invoice(tx: Tx, number: int, *, days: int, face: int, product: str = WITH) -> UUID:
    """An invoice of a firm, offered for; its assignment."""
    on = access.today(tx)
    claim = Claim(
        kind="invoice", document=f"INV-{number:04}", seller_id=UUID(int=1 << 64),
        debtor=f"firm-{number % 5}", face=Money(face, "CNY"), issued_on=on,
        due_on=on + timedelta(days=days), evidence=f"delivery-note/{number}",
    )  # fmt: skip
    return service.offer(tx, service.register(tx, claim).id, product).id


def filled(market: Ground) -> str:
    """A book with claims of every age and state; the key of one that lived."""
    shipped(market)
    with market.database.begin() as tx:
        publish(tx)
        one = bought(tx)
    market.take(ground.delivery(), ground.returned(amount=5_000, at=START + DAY), at=START + DAY)
    market.take(ground.confirmation(at=START + 9 * DAY), at=START + 9 * DAY)
    for number in range(12):
        with market.database.begin() as tx:
            id_ = invoice(tx, number, days=20 + 7 * number, face=400_000 + 90_000 * number,
                          product=(WITH, WITHOUT, JOINT)[number % 3])  # fmt: skip
            if number == 11:
                continue
            service.assign(tx, id_)
            factoring_flow.advance(tx, id_)
            if number % 2:
                factoring_flow.confirm(tx, id_, "stamped")
            if number in (4, 5):
                service.dispute(tx, id_, "damaged goods")
    with market.database.begin(now=START + 100 * DAY):
        pass
    return ids.show("asg", one.id)


def test_the_book_its_ages_and_one_claim_in_both_languages(
    client: TestClient[Litestar], market: Ground, tmp_path: Path
) -> None:
    key = filled(market)
    site.operator(client, tmp_path, market.name)
    base = f"/console/{market.name}"
    for lang, late, title in (
        ("en", "over 90", "Ageing and debtors"),
        ("zh", "61–90 天", "账龄与集中度"),
    ):
        book = client.get(f"{base}/factoring-book?lang={lang}").text
        assert late in book and title in book and "firm-3" in book
        gains = client.get(f"{base}/partners?lang={lang}").text
        assert (
            "joint-factoring" in gains
            and ("出资方 · bank" if lang == "zh" else "Funder · bank") in gains
        )
        listed = client.get(f"{base}/factoring?lang={lang}&state=disputed").text
        assert listed.count("/factoring/asg_") >= 2 and key not in listed
    page = client.get(f"{base}/factoring/{key}?lang=en").text
    for word in (
        "factoring:factoring-with-recourse:",
        "Claim o1",
        "came back as goods",
        "shipment/o1-s",
    ):
        assert word in page, word
    assert "Confirmed by the buyer" in page and "Claim recourse" not in page
    table = client.get(f"{base}/export/factoring.csv?lang=en").text.splitlines()
    assert len(table) == 14 and "880.00,CNY" in next(line for line in table if key in line)


@pytest.fixture
def offered(sandbox: Database, book: int) -> str:
    """An offer in the sandbox."""
    with sandbox.begin(book=book) as tx:
        publish(tx)
        return ids.show("asg", invoice(tx, 1, days=60, face=100_000))


def test_its_verbs_are_done_by_who_may(
    client: TestClient[Litestar], offered: str, sandbox: Database, book: int, tmp_path: Path
) -> None:
    site.operator(client, tmp_path, "test", book)
    here = f"{BASE}/factoring/{offered}"
    page = client.get(f"{here}?lang=en").text
    assert "The seller agrees" in page and f"{here}/advance" not in page
    for verb in ("assign", "advance", "dispute", "recourse"):
        sent = {"note": "by <hand>"}
        assert client.post(f"{here}/{verb}", data=sent, follow_redirects=False).status_code == 303
    page = client.get(f"{here}?lang=en").text
    assert "Owed by the seller" in page and "by &lt;hand&gt;" in page
    assert client.post(f"{here}/confirm", follow_redirects=False).status_code == 409
    assert client.post(f"{here}/sell", follow_redirects=False).status_code == 404
    signed_in(client, sandbox, book, "factoring:read")
    assert "The seller agrees" not in client.get(f"{here}?lang=en").text
    assert client.post(f"{here}/write_off", follow_redirects=False).status_code == 403


@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no browser")
def test_the_book_is_sound_to_look_at(worlds: Worlds, market: Ground, tmp_path: Path) -> None:
    key = filled(market)
    with site.serving(site.app(worlds, tmp_path)) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        tab = browser.new_context(reduced_motion="reduce").new_page()
        ticket = make_ticket(tmp_path, market.name, clock.system_now(), book=1)
        tab.goto(sign_in_link(origin, ticket), wait_until="commit")
        tab.wait_for_url(f"**/console/{market.name}")
        for lang, width, scheme in (
            ("en", 1280, "light"),
            ("zh", 1280, "dark"),
            ("zh", 390, "light"),
        ):
            tab.set_viewport_size({"width": width, "height": 900})
            tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for name in ("factoring", "factoring-book", f"factoring/{key}"):
                tab.goto(f"{origin}/console/{market.name}/{name}?lang={lang}")
                tab.wait_for_load_state("networkidle")
                assert serious(tab) == [], (name, lang, width)
                if SHOTS:
                    shot = f"{name.replace('/', '-')[:14]}-{lang}-{width}.png"
                    tab.screenshot(path=Path(SHOTS) / shot, full_page=True)
                assert tab.evaluate("document.documentElement.scrollWidth") <= width, name
        browser.close()
