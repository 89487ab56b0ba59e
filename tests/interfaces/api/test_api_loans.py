"""Loans over the API: from the quote to the close, and what is refused on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from huoshui.core import access
from tests.ground import START, placed
from tests.interfaces.api import lending
from tests.interfaces.api.conftest import Tenant


def cny(amount: int) -> dict[str, object]:
    return {"amount": amount, "currency": "CNY"}


@pytest.fixture
def shop(timed: Tenant) -> tuple[Tenant, str]:
    """A tenant on its own clock, with a product on offer and a seller."""
    timed.tell(*placed())
    lending.offered(timed)
    return timed, timed.get("/sellers")["data"][0]["id"]


def later(tenant: Tenant, days: int) -> None:
    tenant.done("/clock", {"advance": f"{days}d"})


def test_a_loan_from_the_quote_to_the_close(shop: tuple[Tenant, str]) -> None:
    tenant, party = shop
    told = tenant.done("/loan-offers", lending.ASKED)["disclosure"]
    made = tenant.done("/loans", lending.ASKED | {"party": party})
    assert made["state"] == "offered"
    assert made["disclosure"] == told
    assert len(told["instalments"]) == 12
    assert told["rates"]["cn_irr_pct"].startswith("12.7")
    ref = made["id"]
    assert tenant.done(f"/loans/{ref}/consent", lending.CONFIRMED)["state"] == "signed"
    drawn = tenant.done(f"/loans/{ref}/draw", {"amount": cny(1_200_000)})
    assert drawn["loan"]["state"] == "running"
    assert [p["template"] for p in drawn["postings"]] == ["drawn"]
    rows = tenant.get(f"/loans/{ref}/schedule")["rows"]
    assert sum(row["principal"] for row in rows) == 1_200_000
    later(tenant, 31)
    first = rows[0]["principal"] + rows[0]["interest"]
    paid = tenant.done(f"/loans/{ref}/repay", {"amount": cny(first)}, wish="once")
    again = tenant.done(f"/loans/{ref}/repay", {"amount": cny(first)}, wish="once")
    assert again == paid
    quote = tenant.get(f"/loans/{ref}/settlement")
    assert quote["total"] == quote["principal"] + quote["interest"] + quote["charges"]
    assert quote["spared"] > 0
    tried = tenant.done(f"/loans/{ref}/repay?dry_run=true", {"amount": cny(quote["total"])})
    assert tried["loan"]["state"] == "closed"
    assert tenant.get(f"/loans/{ref}")["state"] == "running"
    done = tenant.done(f"/loans/{ref}/repay", {"amount": cny(quote["total"])})
    assert done["loan"]["state"] == "closed"
    [sent] = tenant.get("/disbursements", loan=ref)["data"]
    assert (sent["way"], sent["state"], sent["amount"]) == ("balance", "disbursed", cny(1_200_000))
    assert tenant.get(f"/disbursements/{sent['id']}") == sent
    assert tenant.nets()["clearing:term"] == -first - quote["total"], "what was drawn is paid out"
    assert tenant.nets()["rail:bank:payout"] == 1_200_000, "with the seller's payout"
    assert "loans:term:principal" not in tenant.nets()
    assert "loans:term:receivable" not in tenant.nets()
    told = tenant.get(f"/loans/{ref}/events")["data"]
    assert [each["kind"] for each in told] == ["drawdown", "payment", "payment"]
    assert len(tenant.get(f"/loans/{ref}/entries")["entries"]) >= 4
    undone = tenant.done(f"/loans/{ref}/reverse", {"event": told[-1]["id"]})
    assert undone["loan"]["state"] == "running"
    assert undone["loan"]["position"]["principal"] == quote["principal"]


def test_a_payment_that_comes_late_posts_its_dated_difference(shop: tuple[Tenant, str]) -> None:
    tenant, party = shop
    ref = lending.running(tenant, party)
    later(tenant, 60)
    late = tenant.done(f"/loans/{ref}/repay", {"amount": cny(50_000)})
    assert late["loan"]["position"]["days_past_due"] > 0
    on = (START + timedelta(days=20)).date().isoformat()
    told = tenant.done(f"/loans/{ref}/repay", {"amount": cny(300_000), "on": on})
    entries = [e for e in tenant.get(f"/loans/{ref}/entries")["entries"]]
    caused = [e for e in entries if e["cause"] == told["event"]["id"]]
    assert {e["on"] for e in caused} >= {on, (START + timedelta(days=60)).date().isoformat()}
    mended = [e for e in caused if e["of"] == late["event"]["id"]]
    assert sum(sum(e["amounts"].values()) for e in mended) == 0


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("repay", {"amount": {"amount": 1, "currency": "USD"}}, 422, "loan_currency"),
        ("repay", {"amount": {"amount": 0, "currency": "CNY"}}, 409, "loan_event_unfit"),
        ("repay", {"amount": {"amount": 1, "currency": "CNY"}, "on": "2030-01-01"}, 422, "bad_loan_day"),
        ("draw", {"amount": {"amount": 1, "currency": "CNY"}}, 409, "loan_drawn_too_much"),
        ("reverse", {"event": "lev_00000000000000000000000000"}, 404, "unknown_loan_event"),
        ("change", {"change": {"kind": "waiver", "of": "lev_0"}}, 404, "unknown_loan_event"),
        ("change", {"change": {"kind": "credit_refund", "amount": 5}}, 409, "loan_event_unfit"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(
    shop: tuple[Tenant, str], path: str, body: object, status: int, code: str
) -> None:
    tenant, party = shop
    ref = lending.running(tenant, party)
    before = tenant.nets()
    answer = tenant.post(f"/loans/{ref}/{path}", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert tenant.nets() == before


def test_relief_in_hardship_and_a_loss(shop: tuple[Tenant, str]) -> None:
    tenant, party = shop
    ref = lending.running(tenant, party)
    later(tenant, 40)
    until = (START + timedelta(days=70)).date().isoformat()
    changes = [
        {"kind": "charge", "amount": 2_000, "due": (START + timedelta(days=40)).date().isoformat()},
        {"kind": "interest_pause", "until": until},
        {"kind": "re_amortise"},
    ]
    for change in changes:
        tenant.done(f"/loans/{ref}/change", {"change": change})
    assert tenant.get(f"/loans/{ref}")["position"]["days_past_due"] == 0
    lost = tenant.done(f"/loans/{ref}/change", {"change": {"kind": "charge_off"}})
    assert lost["loan"]["position"]["standing"] == "charged_off"
    assert "loans:term:principal" not in tenant.nets()
    assert "loans:term:receivable" not in tenant.nets()
    back = tenant.done(f"/loans/{ref}/repay", {"amount": cny(1_000)})
    assert [p["template"] for p in back["postings"]] == ["repaid_lost"]


def own_key(tenant: Tenant, seller: str) -> str:
    """A key of a seller, which sees its own alone."""
    with tenant.database.begin(book=tenant.book) as tx:
        uuid = tx.value("SELECT id FROM seller WHERE book = %(book)s AND key = %(key)s", key=seller)
        made = access.organisation_of(tx, uuid) or access.open_organisation(
            tx, "seller", seller, object_id=uuid
        )
        return access.make_key(tx, tenant.world, "own", organisation_id=made.id)[1]


def test_a_borrower_applies_for_itself_alone(
    open_tenant: Callable[..., Tenant],
) -> None:
    tenant = open_tenant()
    tenant.tell(*placed(items=(("s1", 10_000, 0), ("s2", 10_000, 0))))
    lending.offered(tenant)
    own, other = (tenant.get("/sellers", key=k)["data"][0]["id"] for k in ("s1", "s2"))
    key = own_key(tenant, "s1")
    loan = tenant.ask("POST", "/loans", lending.ASKED, key=key).json()
    assert loan["party"] == own
    refused = tenant.ask("POST", "/loans", lending.ASKED | {"party": other}, key=key)
    assert (refused.status_code, refused.json()["code"]) == (422, "loan_borrower")
    theirs = lending.applied(tenant, other)
    listed = tenant.ask("GET", "/loans", key=key).json()["data"]
    assert [each["id"] for each in listed] == [loan["id"]]
    assert tenant.ask("GET", f"/loans/{theirs}", key=key).status_code == 404
    signed = tenant.ask("POST", f"/loans/{loan['id']}/consent", lending.CONFIRMED, key=key)
    assert signed.json()["state"] == "signed"
    draw = tenant.post(f"/loans/{loan['id']}/draw", {"amount": cny(1)}, key=key)
    assert (draw.status_code, draw.json()["code"]) == (403, "out_of_scope")
    assert (
        tenant.ask("POST", f"/loans/{loan['id']}/withdraw", key=key).json()["state"] == "withdrawn"
    )
    page = tenant.get("/loans", limit=1)
    assert page["next"] == page["data"][0]["id"]


def test_who_is_not_eligible_is_told_why_and_a_cooling_off_is_kept(timed: Tenant) -> None:
    timed.tell(*placed())
    party = timed.get("/sellers")["data"][0]["id"]
    rule = (
        '[[eligibility]]\nname = "small"\ntest = "asked.amount < 10000 CNY"\n'
        'en = "Less than 10,000."\nzh = "须低于一万元。"\n[offer]\ncooling_off_days = 3\nvalid_days = 5\n'
    )
    lending.offered(timed, more=rule)
    declined = timed.done("/loans", lending.ASKED | {"party": party})
    assert declined["state"] == "declined"
    assert [each["rule"] for each in declined["reasons"]] == ["small"]
    small = lending.ASKED | {"party": party, "amount": 900_000}
    ref = timed.done("/loans", small)["id"]
    timed.done(f"/loans/{ref}/consent", lending.CONFIRMED)
    early = timed.post(f"/loans/{ref}/draw", {"amount": cny(900_000)})
    assert (early.status_code, early.json()["code"]) == (409, "loan_cooling_off")
    other = timed.done("/loans", small)["id"]
    later(timed, 6)
    over = timed.ask("POST", f"/loans/{other}/consent", lending.CONFIRMED)
    assert (over.status_code, over.json()["code"]) == (409, "loan_offer_over")
    assert timed.done(f"/loans/{ref}/draw", {"amount": cny(900_000)})["loan"]["state"] == "running"


def test_papers_are_for_whoever_sees_the_loan(open_tenant: Callable[..., Tenant]) -> None:
    tenant = open_tenant()
    tenant.tell(*placed(items=(("s1", 10_000, 0), ("s2", 10_000, 0))))
    lending.offered(tenant)
    ref = lending.running(tenant, tenant.get("/sellers", key="s1")["data"][0]["id"])
    own, other = own_key(tenant, "s1"), own_key(tenant, "s2")
    for paper in ("contract", "statement"):
        found = tenant.ask("GET", f"/loans/{ref}/{paper}?lang=zh", key=own)
        assert (found.status_code, found.headers["content-type"]) == (200, "application/pdf")
        assert (found.content[:5], found.headers["content-language"]) == (b"%PDF-", "zh")
        said = found.headers["paper-digest"]
        agreed = said if paper == "contract" else None
        assert (len(said), found.headers.get("paper-agreed")) == (64, agreed)
        assert tenant.ask("GET", f"/loans/{ref}/{paper}", key=other).status_code == 404
    early = tenant.ask("GET", f"/loans/{ref}/statement?until=2020-01-01")
    assert (early.status_code, early.json()["code"]) == (422, "bad_loan_day")


def test_what_a_bank_does_not_take_is_undone(shop: tuple[Tenant, str]) -> None:
    tenant, party = shop
    ref = tenant.done("/loans", lending.ASKED | {"party": party})["id"]
    tenant.done(f"/loans/{ref}/consent", lending.CONFIRMED)
    drawn = tenant.done(f"/loans/{ref}/draw", {"amount": cny(1_200_000), "way": "bank"})
    [sent] = tenant.get("/disbursements", loan=ref)["data"]
    assert (sent["state"], sent["event"]) == ("disbursing", drawn["event"]["id"])
    held = tenant.post(f"/loans/{ref}/reverse", {"event": drawn["event"]["id"]})
    assert (held.status_code, held.json()["code"]) == (409, "disbursement_stands")
    done = tenant.done(f"/disbursements/{sent['id']}/fail", {"reason": "account_closed"})
    assert (done["state"], done["reason"]) == ("failed", "account_closed")
    kinds = [each["kind"] for each in tenant.get(f"/loans/{ref}/events")["data"]]
    assert kinds == ["drawdown", "reversal"]
    assert tenant.get(f"/loans/{ref}")["position"]["principal"] == 0
    late = tenant.post(f"/disbursements/{sent['id']}/arrived", {})
    assert (late.status_code, late.json()["code"]) == (409, "illegal_move")
