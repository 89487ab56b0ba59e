"""A party's own page: its loans and nobody else's, paid through the payments line, relief, consent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext

from huoshui.core import log
from huoshui.lines.payments.rails import Notice
from huoshui.lines.payments.rails import store as rail_store
from huoshui.scenarios import dispute_flow
from tests.ground import placed, tender
from tests.interfaces.api import lending
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_payments import answer
from tests.interfaces.console.test_passkey_browser import device
from tests.interfaces.hosted.conftest import CHROMIUM
from tests.interfaces.hosted.shop import FIELDS, Buyer, words
from tests.interfaces.hosted.test_hosted_look import SHOTS, at_once, look
from tests.lines.lending.factoring import ground as factoring


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
    # What the rail brought went through clearing to the loan; what was drawn went on to the sellers.
    assert "clearing:term" not in tenant.nets()
    refund = tenant.post(f"/payments/{payment['id']}/refund", {})
    assert (refund.status_code, refund.json()["code"]) == (409, "loan_keeps_payment")

    taken_back(tenant, payment["id"])
    assert tenant.get(f"/loans/{ref}")["position"]["principal"] == 1_200_000
    given_again(tenant, payment["id"])
    assert tenant.get(f"/loans/{ref}")["position"]["principal"] == 1_100_000
    assert "clearing:term" not in tenant.nets()

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

    offer = lending.applied(tenant, party)
    assert "I do not want this loan" in own.sees(f"/loans/{offer}")
    assert own.send(f"/loans/{theirs}/withdraw", own.form(f"/loans/{offer}")).status_code == 404
    own.send(f"/loans/{offer}/withdraw", own.form(f"/loans/{offer}"))
    assert tenant.get(f"/loans/{offer}")["state"] == "withdrawn"
    forged = own.form(f"/loans/{ref}")
    assert own.send(f"/loans/{ref}/relief", forged | {"token": "x"}).status_code == 403
    origin = {"origin": "https://elsewhere.test"}
    assert own.send(f"/loans/{ref}/pay", forged, **origin).status_code == 403
    secret = own.href.rpartition("/")[2]
    assert secret.rpartition(".")[2] not in log.masked(f"GET /mine/{secret}/loans/{ref}")
    headers = own.get().headers
    assert headers["referrer-policy"] == "no-referrer" and headers["cache-control"] == "no-store"
    tenant.done(f"/party-pages/{own.id}/end")
    assert own.get().status_code == 404


def _noticed(tenant: Tenant, payment: str, kind: Any, reason: str) -> None:
    with tenant.database.begin(book=tenant.book) as tx:
        [call] = [r.call for r in rail_store.of_subject(tx, payment) if r.verb == "capture"]
        notice = Notice(
            event=kind, kind=kind, at=tx.now, about="d1", amount=100_000, reason=reason
        )  # fmt: skip
        assert dispute_flow.noticed(tx, call, notice) is not None


def taken_back(tenant: Tenant, payment: str) -> None:
    """The payer's bank takes a payment back."""
    _noticed(tenant, payment, "dispute_opened", "fraud")


def given_again(tenant: Tenant, payment: str) -> None:
    """The dispute is won."""
    _noticed(tenant, payment, "dispute_closed", "won")


@pytest.fixture
def sold(tenant: Tenant) -> tuple[Tenant, str, str]:
    """Two shipped orders of a seller and one of another, with factoring on offer."""
    for key, seller in (("o1", "s1"), ("o2", "s1"), ("o3", "s2")):
        tenant.tell(*placed(key, items=((seller, 100_000, 0),)), tender(key, 100_000))
        tenant.tell(factoring.shipment(key))
    with tenant.database.begin(book=tenant.book) as tx:
        factoring.publish(tx)
    own, other = (tenant.get("/sellers", key=k)["data"][0]["id"] for k in ("s1", "s2"))
    return tenant, own, other


def test_a_seller_has_the_money_of_its_own_shipped_orders_now(
    client: httpx.Client, sold: tuple[Tenant, str, str]
) -> None:
    tenant, party, _ = sold
    own = Own(tenant, client, party)
    seen = own.sees("/claims", product=factoring.WITH)
    assert "Order o1" in seen and "Order o2" in seen and "Order o3" not in seen
    assert "of CN¥88,000" not in seen and "or wait until about" in seen
    page = own.get("/claims/o1", product=factoring.WITH)
    assert "Yearly rate over" in words(page.text)
    hidden = dict(re.findall(r'name="(version|token|product|mark)" value="([^"]+)"', page.text))
    assert own.send("/claims/o1", hidden).status_code == 422  # not ticked
    assert own.send("/claims/o1", hidden | {"agree": "yes", "mark": "0" * 32}).status_code == 409
    assert own.send("/claims/o3", hidden | {"agree": "yes"}).status_code in (404, 409, 422)
    assert tenant.get("/assignments")["data"] == []
    for _ in "12":
        own.send("/claims/o1", hidden | {"agree": "yes"})
    [bought] = tenant.get("/assignments")["data"]
    assert (bought["state"], bought["debtor"][:4]) == ("advanced", "byr_")
    paid = bought["paid"]["amount"] if isinstance(bought["paid"], dict) else bought["paid"]
    assert tenant.nets()[f"merchant:{party}:settlement"] == paid > 0
    seen = own.sees("/claims", product=factoring.WITH)
    assert "Advanced, still open" in seen and "Still to come" in seen
    claim = tenant.done("/receivables", {"seller": "s1", "order": "o2"})["id"]
    offered = tenant.done("/assignments", {"receivable": claim, "product": factoring.WITH})
    assert "Offered to you" in own.sees("/claims")
    made = own.send(f"/claims/offers/{offered['id']}/agree", hidden)
    assert made.status_code == 303
    assert tenant.get(f"/assignments/{offered['id']}")["assignment"]["state"] == "advanced"
    assert "No order can be advanced now" in own.sees("/claims")


def test_a_page_of_one_party_does_nothing_for_another(
    client: httpx.Client, sold: tuple[Tenant, str, str]
) -> None:
    tenant, party, _ = sold
    claim = tenant.done("/receivables", {"seller": "s2", "order": "o3"})["id"]
    offered = tenant.done("/assignments", {"receivable": claim, "product": factoring.WITH})
    own = Own(tenant, client, party)
    page = own.get("/claims/o1", product=factoring.WITH).text
    fields = dict(FIELDS.findall(page))
    for verb in ("agree", "decline"):
        path = f"/claims/offers/{offered['id']}/{verb}"
        assert own.send(path, fields).status_code == 404, verb
    assert tenant.get(f"/assignments/{offered['id']}")["assignment"]["state"] == "offered"
    buyer = tenant.get(f"/receivables/{claim}")["debtor"]
    assert Own(tenant, client, buyer).get("/claims").status_code == 404
    refused = tenant.post("/party-pages", {"party": "slr_00000000000000000000000001"})
    assert refused.status_code == 404


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
    if SHOTS:
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
    for lang in ("zh", "en") if SHOTS else ("zh",):
        tab.goto(f"{origin}{own.href}/loans/{running}?lang={lang}")
        look(tab, f"own-loan-{lang}")
    assert said == []


@pytest.mark.browser
@pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="needs Debian's chromium")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_seller_looks_at_its_money_on_a_phone(
    context: BrowserContext, origin: str, client: httpx.Client, sold: tuple[Tenant, str, str]
) -> None:
    tenant, party, _ = sold
    own = Own(tenant, client, party)
    tab = context.new_page()
    said = at_once(tab)
    tab.goto(f"{origin}{own.href}/claims?lang=zh&product={factoring.WITH}")
    look(tab, "claims-zh")
    tab.goto(f"{origin}{own.href}/claims/o1?lang=en&product={factoring.WITH}")
    if SHOTS:
        look(tab, "advance-en")
    tab.locator("input[type=checkbox]").check()
    tab.locator(".wide-button").click()
    tab.get_by_text("Advanced, still open").wait_for()
    look(tab, "claims-en")
    assert said == []


def test_where_the_money_of_a_loan_went_is_told_to_its_borrower(
    client: httpx.Client, shop: tuple[Tenant, str, str]
) -> None:
    tenant, party, _ = shop
    ref = lending.running(tenant, party)
    own = Own(tenant, client, party)
    assert "In your balance here." in own.sees(f"/loans/{ref}")
    made = tenant.done("/loans", lending.ASKED | {"party": party})["id"]
    tenant.done(f"/loans/{made}/consent", lending.CONFIRMED)
    amount = {"amount": 500_000, "currency": "CNY"}
    tenant.done(f"/loans/{made}/draw", {"amount": amount, "way": "bank"})
    assert "On its way to your bank account." in own.sees(f"/loans/{made}")
    [sent] = tenant.get("/disbursements", loan=made)["data"]
    tenant.done(f"/disbursements/{sent['id']}/fail", {"reason": "account_closed"})
    seen = own.sees(f"/loans/{made}")
    assert "It did not reach your bank account. You owe nothing for it" in seen
    assert "未能汇入您的银行账户" in own.sees(f"/loans/{made}", lang="zh")
