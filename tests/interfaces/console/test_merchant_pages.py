"""The merchant's page and payment links in the console: a seller sees its own rows and no other's."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from huoshui import ledger
from huoshui.core import access, clock, ids
from huoshui.core.db import Database
from huoshui.core.worlds import Worlds
from huoshui.interfaces.console import make_ticket, sign_in_link
from huoshui.ledger import Leg, Transaction
from huoshui.lines.payments import links
from huoshui.lines.payments.chart import CHART
from huoshui.lines.payments.escrow import Terms
from huoshui.lines.payments.links import LinkAsked
from huoshui.lines.payments.payment.means import means
from huoshui.lines.payments.payment.model import Create
from huoshui.lines.payments.payment.sale import sale
from huoshui.lines.payments.settlement import payouts
from huoshui.scenarios import payment_flow
from tests.interfaces.console import site
from tests.interfaces.console.test_access_pages import (
    BASE,
    Client,
    _sold,
    client,
    invited,
    join,
    post,
    secure,
)
from tests.interfaces.console.test_look import CHROMIUM, serious

__all__ = ["client", "invited"]
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SHOTS = os.environ.get("HUOSHUI_SHOTS")


@pytest.fixture
def known(sandbox: Database, book: int) -> dict[str, Any]:
    """Two sellers that sold something, one payment and one link each; the first was paid out."""
    found = _sold(sandbox, book)
    with sandbox.begin(book=book) as tx:
        payouts.pay_out(tx)
    for n, amount in (("1", 6_000), ("2", 7_000)):
        seller = ids.show("slr", found[f"s{n}"])
        with sandbox.begin(book=book) as tx:
            purse = f"wallet:buyer{n}"
            legs = (Leg("suspense:test", purse, amount),)
            ledger.post(tx, [Transaction(id=tx.id("txn", purse), template="t", reference="",
                                         currency="CNY", legs=legs, effective_at=tx.now)],
                        CHART)[0].demand()  # fmt: skip
            id_ = tx.id("pmt", f"pay{n}")
            command = Create(
                id=id_, currency="CNY", tenders=(means("balance", amount, party=f"buyer{n}"),),
                parts=sale(seller, amount, Terms()), buyer=f"buyer{n}", confirm=True,
            )  # fmt: skip
            payment_flow.apply(tx, [command])[0].demand()
            found[f"p{n}"] = ids.show("pmt", id_)
            asked = LinkAsked(seller=seller, currency="CNY", amount=amount,
                              title_en=f"Boots {n}", title_zh=f"雨靴 {n}")  # fmt: skip
            found[f"l{n}"] = links.make_link(tx, asked).shown
        with sandbox.begin(book=book) as tx:
            payment_flow.refund(tx, id_, f"r{n}", 500, f"one boot of {n}")
    return found


def _member(
    client: Client, invited: Callable[..., str], sandbox: Database, book: int, seller: Any
) -> None:
    with sandbox.begin(book=book) as tx:
        shop = access.open_organisation(tx, "seller", "Shop one", object_id=seller)
    join(client, invited("viewer", organisation_id=shop.id))
    secure(client)


def test_a_seller_sees_its_own_shop_and_anothers_is_not_there(
    client: Client, invited: Callable[..., str], sandbox: Database, book: int, known: Any
) -> None:
    _member(client, invited, sandbox, book, known["s1"])
    assert client.get("/merchant").headers["location"] == "/console/merchant"
    assert client.get("/console/merchant").headers["location"] == f"{BASE}/merchant"
    for lang in ("en", "zh"):
        page = client.get(f"{BASE}/merchant?lang={lang}")
        assert page.status_code == 200, page.text
        assert known["p1"] in page.text and "one boot of 1" in page.text
        assert known["p2"] not in page.text and "one boot of 2" not in page.text
    assert "48.39" in page.text  # 5,280 of 6,000, of which 441 went back
    own, other = (ids.show("slr", known[s]) for s in ("s1", "s2"))
    assert client.get(f"{BASE}/merchant/{own}").status_code == 200
    assert client.get(f"{BASE}/merchant/{other}").status_code == 404
    assert client.get(f"{BASE}/merchant/s2").status_code == 404
    listed = client.get(f"{BASE}/links?lang=en")
    assert "Boots 1" in listed.text and "Boots 2" not in listed.text
    assert "Boots 2" not in client.get(f"{BASE}/export/links.csv?lang=en").text
    assert client.get(f"{BASE}/links/{known['l1']}").status_code == 200
    assert client.get(f"{BASE}/links/{known['l2']}").status_code == 404
    assert 'href="/console/test/merchant"' in page.text
    for path in (f"links/{known['l1']}/end", "links/make"):
        assert post(client, f"{BASE}/{path}", title_en="x", amount="1").status_code in (403, 404)
    with sandbox.begin(book=book) as tx:
        assert links.link(tx, ids.read("plk", known["l1"])).ended_at is None


def test_staff_make_links_and_end_them(
    client: Client, sandbox: Database, book: int, known: Any, tmp_path: Path
) -> None:
    site.operator(client, tmp_path, "test", book)
    assert client.get(f"{BASE}/merchant").status_code == 404
    assert client.get(f"{BASE}/merchant/{ids.show('slr', known['s2'])}").status_code == 200
    made = post(client, f"{BASE}/links/make", title_zh="捐款", least="1", most="5,000.00")
    assert made.status_code == 303
    page = client.get(made.headers["location"] + "?lang=zh").text
    assert "捐款" in page and "¥5,000.00" in page and "data:image/svg+xml;base64," in page
    for wrong in ({}, {"amount": "x"}, {"amount": "0"}, {"least": "5", "most": "4"}):
        assert post(client, f"{BASE}/links/make", title_en="x", **wrong).status_code in (400, 422)
    assert post(client, made.headers["location"] + "/end").status_code == 303
    assert "停用时间" in client.get(made.headers["location"] + "?lang=zh").text
    assert (
        "/end"
        not in client.get(made.headers["location"]).text.partition("<main")[2].partition("api")[0]
    )


@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")
def test_the_pages_have_no_serious_finding(
    worlds: Worlds, tmp_path: Path, book: int, known: Any
) -> None:
    with site.serving(site.app(worlds, tmp_path)) as origin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        tab = browser.new_context(reduced_motion="reduce").new_page()
        ticket = make_ticket(tmp_path, "test", clock.system_now(), book=book)
        tab.goto(sign_in_link(origin, ticket), wait_until="commit")
        tab.wait_for_url("**/console/test")
        shop = f"merchant/{ids.show('slr', known['s1'])}"
        for name, path, lang in (
            ("merchant", shop, "zh"), ("links", "links", "en"),
            ("link", f"links/{known['l1']}", "zh"), ("merchant-en", shop, "en"),
        ):  # fmt: skip
            for width, scheme in ((1280, "light"), (390, "dark")):
                tab.set_viewport_size({"width": width, "height": 800})
                tab.goto(f"{origin}{BASE}/{path}?lang={lang}")
                tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                assert serious(tab) == [], (path, scheme)
                wide = tab.evaluate("document.documentElement.scrollWidth")
                if SHOTS:
                    tab.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)
                assert wide <= width, (path, width)
        browser.close()
