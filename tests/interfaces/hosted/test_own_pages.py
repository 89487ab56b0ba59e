"""A party's own page: its loans and nobody else's, paid through the payments line, relief, consent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext

from tests.ground import placed
from tests.interfaces.api import lending
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_payments import answer
from tests.interfaces.console.test_passkey_browser import device
from tests.interfaces.hosted.conftest import CHROMIUM
from tests.interfaces.hosted.shop import FIELDS, Buyer, words
from tests.interfaces.hosted.test_hosted_look import at_once, look


class Own:
    """Somebody with the address of a party's page, without JavaScript."""

    def __init__(self, tenant: Tenant, client: httpx.Client, party: str) -> None:
        made = tenant.done("/party-pages", {"party": party})
        self.id, self.client = made["page"]["id"], client
        self.href = made["url"].partition("huoshui.test")[2]

    def get(self, path: str = "", **params: str) -> httpx.Response:
        return self.client.get(f"{self.href}{path}", params={"lang": "en"} | params)

    def sees(self, path: str = "", **params: str) -> str:
        found = self.get(path, **params)
        assert found.status_code == 200, found.text
        return words(found.text)

    def form(self, path: str) -> dict[str, str]:
        page = self.get(path).text
        wish = re.findall(r'name="wish" value="([^"]+)"', page)
        return dict(FIELDS.findall(page)) | ({"wish": wish[0]} if wish else {})

    def send(self, path: str, fields: dict[str, Any], **headers: str) -> httpx.Response:
        return self.client.post(
            f"{self.href}{path}", data=fields, headers=headers, follow_redirects=False
        )


@pytest.fixture
def shop(tenant: Tenant) -> tuple[Tenant, str, str]:
    """A tenant with a product on offer, and two sellers."""
    tenant.tell(*placed(items=(("s1", 10_000, 0), ("s2", 10_000, 0))))
    lending.offered(tenant)
    own, other = (tenant.get("/sellers", key=k)["data"][0]["id"] for k in ("s1", "s2"))
    return tenant, own, other


def test_a_loan_is_seen_paid_and_asked_about_by_its_borrower_alone(
    client: httpx.Client, shop: tuple[Tenant, str, str]
) -> None:
    tenant, party, other = shop
    ref, theirs = lending.running(tenant, party), lending.running(tenant, other)
    own = Own(tenant, client, party)
    assert "Term loan" in own.sees()
    assert theirs not in own.get().text
    for path in (f"/loans/{theirs}", f"/loans/{theirs}/contract.pdf", "/loans/loan_x"):
        assert own.get(path).status_code == 404, path
    assert own.get(f"/loans/{ref}/contract.pdf", lang="zh").content.startswith(b"%PDF-1.7")
    assert own.get(f"/loans/{ref}/statement.pdf").headers["content-type"] == "application/pdf"
    assert "You save against the schedule" in own.sees(f"/loans/{ref}", on="2027-01-15")

    fields = own.form(f"/loans/{ref}")
    sent = [own.send(f"/loans/{ref}/pay", fields | {"pick": "", "amount": "1,000"}) for _ in "12"]
    assert sent[0].headers["location"] == sent[1].headers["location"]
    buyer = Buyer(client, sent[0].headers["location"].rpartition("/")[2])
    buyer.pay(rail="card", token_card="tok_ok")
    [payment] = tenant.get("/payments", state="processing")["data"]
    answer(tenant, payment["id"], "succeeded")
    answer(tenant, payment["id"], "succeeded")
    assert tenant.get(f"/loans/{ref}")["position"]["principal"] == 1_100_000
    # What the rail brought went through clearing to the loan.
    assert tenant.nets()["clearing:term"] == 2 * 1_200_000
    refund = tenant.post(f"/payments/{payment['id']}/refund", {})
    assert (refund.status_code, refund.json()["code"]) == (409, "loan_keeps_payment")

    fields = own.form(f"/loans/{ref}")
    asked = fields | {"kind": "more", "count": "3", "words": "The shop was flooded."}
    assert own.send(f"/loans/{theirs}/relief", asked).status_code == 404
    assert own.send(f"/loans/{ref}/relief", asked).status_code == 303
    [request] = tenant.get("/loan-requests", state="open")["data"]
    assert (request["loan"], request["kind"], request["count"]) == (ref, "more", 3)
    assert own.send(f"/loans/{ref}/relief", asked).status_code == 303  # an old form does nothing
    decided = tenant.done(
        f"/loan-requests/{request['id']}/decide", {"outcome": "grant", "answer": "Get well soon."}
    )
    assert (decided["state"], decided["event"][:4]) == ("granted", "lev_")
    assert len(tenant.get(f"/loans/{ref}/schedule")["rows"]) == 15
    assert "Get well soon." in own.sees(f"/loans/{ref}")
    over = own.send(f"/loans/{ref}/pay", own.form(f"/loans/{ref}") | {"amount": "99999999"})
    assert (over.status_code, "settle the loan today" in words(over.text)) == (422, True)

    forged = own.form(f"/loans/{ref}")
    assert own.send(f"/loans/{ref}/relief", forged | {"token": "x"}).status_code == 403
    origin = {"origin": "https://elsewhere.test"}
    assert own.send(f"/loans/{ref}/pay", forged, **origin).status_code == 403
    headers = own.get().headers
    assert headers["referrer-policy"] == "no-referrer" and headers["cache-control"] == "no-store"
    tenant.done(f"/party-pages/{own.id}/end")
    assert own.get().status_code == 404


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_borrower_agrees_by_passkey_on_a_phone(
    context: BrowserContext, origin: str, client: httpx.Client, shop: tuple[Tenant, str, str]
) -> None:
    tenant, party, _ = shop
    ref, running = lending.applied(tenant, party), lending.running(tenant, party)
    own = Own(tenant, client, party)
    tab = context.new_page()
    said = at_once(tab)
    device(tab)
    tab.goto(f"{origin}{own.href}?lang=zh")
    look(tab, "own-zh")
    tab.goto(f"{origin}{own.href}/loans/{ref}?lang=en")
    look(tab, "own-offer-en")
    for _ in ("make a passkey", "agree with it"):
        tab.locator("input[type=checkbox]").check()
        with tab.expect_navigation():
            tab.locator("form[data-passkey] button").click()
    tab.get_by_text("Signed", exact=True).wait_for()
    assert tenant.get(f"/loans/{ref}")["state"] == "signed"
    look(tab, "own-signed-en")
    for lang in ("zh", "en"):
        tab.goto(f"{origin}{own.href}/loans/{running}?lang={lang}")
        look(tab, f"own-loan-{lang}")
    assert said == []
