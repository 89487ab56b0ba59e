"""Payments over HTTP: by balance in one call, in parts, for an order, cancelled by state, refunded."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest

from huoshui import ledger
from huoshui.core import ids
from huoshui.facts.commerce.model import Tender as TenderFact
from huoshui.ledger import Leg, Transaction
from huoshui.lines.payments.chart import CHART
from huoshui.lines.payments.escrow import Terms
from huoshui.lines.payments.payment.model import Told
from huoshui.lines.payments.rails import Answer
from huoshui.lines.payments.rails import store as rail_store
from huoshui.scenarios import payment_flow
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_stories import PAID

BUYER = "byr_anna"


def money(amount: int, currency: str = "CNY") -> dict[str, Any]:
    return {"amount": amount, "currency": currency}


def fund(tenant: Tenant, path: str, amount: int, currency: str = "CNY") -> None:
    """Money that came in some other way."""
    source = "suspense:test" if currency == "CNY" else "points:redeemed"
    with tenant.database.begin(book=tenant.book) as tx:
        transaction = Transaction(
            id=tx.id("txn", path), template="t", reference="", currency=currency,
            legs=(Leg(source, path, amount),), effective_at=tx.now,
        )  # fmt: skip
        ledger.post(tx, [transaction], CHART)[0].demand()


_answered: set[UUID] = set()


def answer(tenant: Tenant, payment: str, verdict: Any, **said: Any) -> None:
    """The rail answers all that it was asked for a payment and has not answered."""
    with tenant.database.begin(book=tenant.book) as tx:
        for row in rail_store.of_subject(tx, payment):
            if row.id not in _answered:
                told = Answer(verdict=verdict, reference=f"r/{row.id}", **said)
                payment_flow.told(tx, [(row.call, told)])
                if verdict != "action":
                    _answered.add(row.id)


def made(tenant: Tenant, **asked: Any) -> dict[str, Any]:
    """A payment of 60.00 to a seller, as asked."""
    body = {"amount": money(6_000), "seller": "slr_one", "buyer": BUYER} | asked
    found: dict[str, Any] = tenant.done("/payments", body)["payment"]
    return found


BALANCE = [{"rail": "balance"}]
CARD = [{"rail": "card", "token": "tok_ok"}]


def test_a_balance_payment_is_paid_and_split_in_one_call(tenant: Tenant) -> None:
    fund(tenant, f"wallet:{BUYER}", 10_000)
    before = tenant.counts()["event"]
    paid = made(tenant, tenders=BALANCE, confirm=True)
    assert (paid["state"], paid["captured"], paid["allowed"]) == (
        "succeeded", money(6_000), ["refund"],
    )  # fmt: skip
    nets = tenant.nets()
    assert nets[f"wallet:{BUYER}"] == 4_000
    assert nets["merchant:slr_one:settlement"] == 5_280
    assert (nets["platform:commission"], nets["tax:payable"]) == (677, 43)
    assert tenant.counts()["event"] == before + 1
    found = tenant.get(f"/payments/{paid['id']}")
    assert [(c["kind"], c["amount"], c["window"]) for c in found["clearing"]] == [
        ("capture", money(6_000), 1)
    ]
    [event] = tenant.get("/events", object=paid["id"])["data"]
    assert event["type"] == "payment.succeeded"


def test_without_a_means_it_waits_for_one(tenant: Tenant) -> None:
    """P01 of the given stories."""
    paid = made(tenant)
    assert (paid["state"], paid["allowed"]) == ("requires_payment_method", ["attach", "cancel"])
    attached = tenant.done(f"/payments/{paid['id']}/attach", {"tenders": BALANCE})
    assert attached["state"] == "requires_confirmation"
    declined = tenant.done(f"/payments/{paid['id']}/confirm")
    assert (declined["state"], declined["error"]) == (
        "requires_payment_method", "insufficient_funds",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "verdict"),
    [
        ("failed", 409), ("succeeded", 409), ("cancelled", 409), ("processing", 409),
        ("requires_payment_method", "cancelled"), ("requires_confirmation", "cancelled"),
        ("requires_action", "cancelled"), ("requires_capture", "processing"),
    ],
)  # fmt: skip
def test_what_may_be_cancelled(tenant: Tenant, state: str, verdict: Any) -> None:
    """P08: refused once it ended or while the rail is at work; what is reserved is voided first."""
    fund(tenant, f"wallet:{BUYER}", 10_000)
    match state:
        case "succeeded":
            paid = made(tenant, tenders=BALANCE, confirm=True)
        case "requires_payment_method":
            paid = made(tenant)
        case "requires_confirmation":
            paid = made(tenant, tenders=BALANCE)
        case _:
            paid = made(tenant, tenders=CARD, confirm=True, capture="manual")
    path = f"/payments/{paid['id']}"
    if state == "requires_action":
        answer(tenant, paid["id"], "action", action="https://bank.test/3ds")
    if state in ("requires_capture", "failed"):
        answer(tenant, paid["id"], "succeeded")
    if state == "failed":
        tenant.done(f"{path}/capture")
        answer(tenant, paid["id"], "declined", code="do_not_honour")
    if state == "cancelled":
        paid = made(tenant)
        path = f"/payments/{paid['id']}"
        tenant.done(f"{path}/cancel")
    assert tenant.get(path)["payment"]["state"] == state
    refused = tenant.post(f"{path}/cancel")
    if verdict == 409:
        assert refused.status_code == 409 and refused.json()["code"] == "illegal_move"
        assert refused.json()["facts"]["allowed"] == ("refund" if state == "succeeded" else "-")
        return
    assert refused.json()["state"] == verdict, refused.text
    if verdict == "processing":
        answer(tenant, paid["id"], "succeeded")
        assert tenant.get(path)["payment"]["state"] == "cancelled"


def test_many_means_pay_one_payment_and_get_it_back(tenant: Tenant) -> None:
    fund(tenant, f"wallet:{BUYER}", 1_000)
    fund(tenant, "voucher:spring", 500)
    fund(tenant, f"points:{BUYER}", 700, "POINTS")
    tenders = [
        {"rail": "balance", "amount": money(1_000)},
        {"rail": "voucher", "code": "spring", "amount": money(500)},
        {"rail": "points", "amount": money(700)}, *CARD,
    ]  # fmt: skip
    paid = made(tenant, tenders=tenders, confirm=True, surcharge=money(100), subsidy=money(50))
    assert [t["amount"]["amount"] for t in paid["tenders"]] == [1_000, 500, 700, 3_850, 50]
    assert paid["state"] == "processing"
    answer(tenant, paid["id"], "succeeded")  # reserved
    answer(tenant, paid["id"], "succeeded")  # captured
    found = tenant.get(f"/payments/{paid['id']}")["payment"]
    assert (found["state"], found["captured"]) == ("succeeded", money(6_100))
    nets = tenant.nets()
    assert -nets["rail:card:clearing"] == 3_850 and -nets["platform:points"] == 700
    assert nets["platform:surcharge"] == 100 and -nets["platform:subsidy"] == 50
    assert f"points:{BUYER}" not in nets
    for amount in (1, 2_499, None):
        body = {"amount": money(amount)} if amount else None
        state = tenant.done(f"/payments/{paid['id']}/refund", body)["state"]
        assert state == ("succeeded" if amount == 1 else "pending")  # the odd unit: by balance
        answer(tenant, paid["id"], "succeeded")
    assert tenant.nets() == {
        f"wallet:{BUYER}": 1_000, "voucher:spring": 500, f"points:{BUYER}": 700,
        "points:redeemed": -700, "suspense:test": -1_500,
    }  # fmt: skip
    refunds = tenant.get(f"/payments/{paid['id']}")["refunds"]
    assert [r["state"] for r in refunds] == ["succeeded"] * 3


def test_captured_in_parts_and_the_rest_freed(tenant: Tenant) -> None:
    fund(tenant, f"wallet:{BUYER}", 6_000)
    paid = made(tenant, tenders=BALANCE, confirm=True, capture="manual")
    path = f"/payments/{paid['id']}"
    assert paid["state"] == "requires_capture"
    assert tenant.get(f"/wallets/{BUYER}")["available"] == money(0)
    first = tenant.done(f"{path}/capture", {"amount": money(2_500), "final": False})
    assert (first["state"], first["captured"]) == ("partially_captured", money(2_500))
    over = tenant.post(f"{path}/capture", {"amount": money(3_501)})
    assert (over.status_code, over.json()["code"]) == (422, "capture_exceeds")
    last = tenant.done(f"{path}/capture", {"amount": money(1_000)})
    assert (last["state"], last["captured"]) == ("succeeded", money(3_500))
    assert tenant.get(f"/wallets/{BUYER}")["available"] == money(2_500)
    over = tenant.post(f"{path}/refund", {"amount": money(3_501)})
    assert (over.status_code, over.json()["code"]) == (422, "refund_exceeds")


def test_a_payment_of_an_order_goes_to_escrow_and_back_by_the_order(tenant: Tenant) -> None:
    fund(tenant, f"wallet:{BUYER}", 20_000)
    tenant.tell(*(fact for fact in PAID if not isinstance(fact, TenderFact)))
    key, total = "o1", 11_000
    paid = made(tenant, amount=money(total), order=key, seller="", tenders=BALANCE, confirm=True)
    assert paid["state"] == "succeeded"
    assert tenant.nets()["escrow"] == total
    assert [t["method"] for t in tenant.get(f"/orders/{key}", expand="tenders")["tenders"]] == [
        "payment"
    ]
    refused = tenant.post(f"/payments/{paid['id']}/refund")
    assert (refused.status_code, refused.json()["code"]) == (409, "order_refunds")
    tenant.done(f"/orders/{key}/refund", {"amount": money(1_000)})
    found = tenant.get(f"/payments/{paid['id']}")["payment"]
    assert found["refunded"] == money(1_000)
    tenant.done(f"/orders/{key}/refund")
    assert tenant.nets() == {f"wallet:{BUYER}": 20_000, "suspense:test": -20_000}


def test_the_same_wish_is_paid_once(tenant: Tenant) -> None:
    fund(tenant, f"wallet:{BUYER}", 10_000)
    body = {"amount": money(600), "seller": "slr_one", "buyer": BUYER, "tenders": BALANCE,
            "confirm": True}  # fmt: skip
    first = tenant.post("/payments", body, wish="w1")
    again = tenant.post("/payments", body, wish="w1")
    assert again.headers["Idempotency-Hit"] == "true" and again.json() == first.json()
    assert tenant.nets()[f"wallet:{BUYER}"] == 9_400
    thought = tenant.ask("POST", "/payments", body, params={"dry_run": "true"})
    assert thought.json()["payment"]["state"] == "succeeded"
    assert tenant.nets()[f"wallet:{BUYER}"] == 9_400


def test_a_debt_of_a_seller_has_a_limit(open_tenant: Any) -> None:
    """B09 of the given stories, for what a seller owes: to the limit itself, the rest is advanced."""
    tenant = open_tenant(terms=Terms(seller_debt_max=1_000))
    fund(tenant, f"wallet:{BUYER}", 10_000)
    paid = made(tenant, tenders=BALANCE, confirm=True)
    with tenant.database.begin(book=tenant.book) as tx:
        legs = (Leg("merchant:slr_one:settlement", "suspense:test", 5_280),)
        out = Transaction(id=tx.id("txn", "out"), template="t", reference="", currency="CNY",
                          legs=legs, effective_at=tx.now)  # fmt: skip
        ledger.post(tx, [out], CHART)[0].demand()
    tenant.done(f"/payments/{paid['id']}/refund")
    nets = tenant.nets()
    assert nets["merchant:slr_one:settlement"] == -1_000
    assert nets["receivable:slr_one"] == -4_280
    assert nets[f"wallet:{BUYER}"] == 10_000


WRONG: list[tuple[dict[str, Any], int, str, str]] = [
    ({"seller": ""}, 400, "bad_body", ""),
    ({"order": "o1", "seller": "slr_one"}, 400, "bad_body", ""),
    ({"amount": money(0)}, 400, "bad_body", "/amount/amount"),
    ({"tenders": [{"rail": "balance"}, {"rail": "card"}]}, 400, "bad_body", "/tenders"),
    ({"tenders": [{"rail": "balance", "amount": money(5)}]}, 422, "tenders_differ", ""),
    ({"tenders": [{"rail": "cash"}]}, 422, "unknown_rail", ""),
    ({"tenders": [{"rail": "bank"}]}, 422, "rail_cannot", ""),
    ({"tenders": [{"rail": "qr"}], "capture": "manual"}, 422, "rail_cannot", ""),
    ({"tenders": [{"rail": "voucher"}]}, 400, "bad_body", "/tenders/0/code"),
    ({"tenders": [{"rail": "balance"}], "buyer": ""}, 400, "bad_body", "/tenders/0/party"),
    ({"order": "o9", "seller": ""}, 404, "unknown_order", ""),
    ({"split": [{"seller": "slr_one", "share": "110%"}], "seller": ""}, 422,
     "shares_exceed_100_percent", ""),
    ({"surcharge": money(5, "EUR")}, 422, "currency_mix", ""),
]  # fmt: skip


@pytest.mark.parametrize(("change", "status", "code", "pointer"), WRONG)
def test_what_is_wrong_is_told_and_nothing_is_kept(
    tenant: Tenant, change: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    fund(tenant, f"wallet:{BUYER}", 10_000)
    before = tenant.counts()
    body = {"amount": money(6_000), "seller": "slr_one", "buyer": BUYER, "tenders": BALANCE}
    refused = tenant.post("/payments", {**body, "confirm": True, **change})
    assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    if pointer:
        assert refused.json()["errors"][0]["pointer"] == pointer
    assert tenant.counts() == before
    for lang, script in (("zh", r"[一-鿿]"), ("en", r"[A-Za-z]")):
        told = tenant.post("/payments", {**body, **change}, params={"lang": lang}).json()
        assert re.search(script, told["detail"])


def test_a_rail_that_answers_late_does_not_pay_twice(tenant: Tenant) -> None:
    """The means was given up, another paid; then the first rail says that it took the money."""
    fund(tenant, f"wallet:{BUYER}", 10_000)
    paid = made(tenant, tenders=[{"rail": "transfer"}], confirm=True)
    with tenant.database.begin(book=tenant.book) as tx:
        [row] = rail_store.of_subject(tx, paid["id"])
        id_ = ids.read("pmt", paid["id"])
        payment_flow.apply(tx, [Told(id_, row.call, Answer(verdict="declined", code="timed_out"))])
        late = row.call
    path = f"/payments/{paid['id']}"
    assert tenant.get(path)["payment"]["state"] == "failed"
    with tenant.database.begin(book=tenant.book) as tx:
        payment_flow.apply(tx, [Told(id_, late, Answer(verdict="succeeded", reference="x"))])
    assert tenant.nets()["suspense:late_payment"] == 6_000
    with tenant.database.begin(book=tenant.book) as tx:
        [back] = [r for r in rail_store.of_subject(tx, paid["id"]) if r.verb == "refund"]
        payment_flow.apply(tx, [Told(id_, back.call, Answer(verdict="succeeded"))])
    assert tenant.nets() == {f"wallet:{BUYER}": 10_000, "suspense:test": -10_000}


def test_a_late_answer_finds_other_and_fewer_means(tenant: Tenant) -> None:
    """Of two means one was declined; another one pays alone; then the second says that it holds."""
    fund(tenant, f"wallet:{BUYER}", 10_000)
    two = [{"rail": "card", "token": "a", "amount": money(1_000)}, {"rail": "card", "token": "b"}]
    paid = made(tenant, tenders=two, confirm=True)
    with tenant.database.begin(book=tenant.book) as tx:
        first, second = sorted(rail_store.of_subject(tx, paid["id"]), key=lambda row: row.tender)
        id_ = ids.read("pmt", paid["id"])
        declined = Answer(verdict="declined", code="do_not_honour")
        late = Answer(verdict="succeeded", reference="late", amount=second.amount)
        payment_flow.apply(tx, [Told(id_, first.call, declined), Told(id_, second.call, declined)])
    path = f"/payments/{paid['id']}"
    tenant.done(f"{path}/attach", {"tenders": BALANCE})
    assert tenant.done(f"{path}/confirm")["state"] == "succeeded"
    with tenant.database.begin(book=tenant.book) as tx:
        [outcome] = payment_flow.apply(tx, [Told(id_, second.call, late)])
        assert outcome.demand().payment.state == "succeeded"
    with tenant.database.begin(book=tenant.book) as tx:
        [void] = [row for row in rail_store.of_subject(tx, paid["id"]) if row.verb == "void"]
    assert (void.rail, void.token, void.about, void.amount) == ("card", "b", "late", 5_000)
