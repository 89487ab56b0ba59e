"""The filters of `GET /v1/payments` as a caller gives them; a seller finds its own with all of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from huoshui.core import access, ids
from tests import ground
from tests.interfaces.api.conftest import Tenant
from tests.interfaces.api.test_api_payments import BALANCE, BUYER, CARD, fund, made, money


def found(tenant: Tenant, **params: Any) -> list[str]:
    """The ids that a filter finds, page by page of one."""
    known: list[str] = []
    page = tenant.get("/payments", limit=1, **params)
    while page["data"]:
        known += [each["id"] for each in page["data"]]
        if not page["next"]:
            break
        page = tenant.get("/payments", limit=1, after=page["next"], **params)
    return known


def test_payments_are_found_by_each_filter_and_by_several(tenant: Tenant) -> None:
    fund(tenant, f"wallet:{BUYER}", 20_000)
    paid = made(tenant, tenders=BALANCE, confirm=True)
    large = made(tenant, amount=money(9_000), seller="slr_two", tenders=CARD, reference="large")
    mixed = made(
        tenant, tenders=[{"rail": "balance", "amount": money(1_000)}, *CARD], buyer="byr_bob"
    )
    one, two, three = paid["id"], large["id"], mixed["id"]
    at = datetime.fromisoformat(large["created_at"])
    for params, wanted in (
        ({"rail": "card"}, [three, two]),
        ({"rail": "balance"}, [three, one]),
        ({"seller": "slr_two"}, [two]),
        ({"seller": "slr_one", "rail": "card"}, [three]),
        ({"state": "succeeded"}, [one]),
        ({"state": "requires_confirmation", "buyer": BUYER}, [two]),
        ({"amount_min": 6_001}, [two]),
        ({"amount_max": 6_000, "rail": "balance", "buyer": "byr_bob"}, [three]),
        ({"amount_min": 9_000, "amount_max": 9_000, "currency": "CNY"}, [two]),
        ({"currency": "USD"}, []),
        ({"since": at.isoformat(), "until": (at + timedelta(microseconds=1)).isoformat()}, [two]),
        ({"until": at.isoformat()}, [one]),
    ):
        assert found(tenant, **params) == wanted, params
    for bad, code in (({"amount_min": -1}, "bad_parameter"), ({"since": "today"}, "bad_time")):
        answer = tenant.ask("GET", "/payments", params=bad)
        assert answer.json()["code"] == code, answer.text


def test_a_seller_finds_its_own_and_nothing_by_anothers_name(tenant: Tenant) -> None:
    tenant.tell(ground.shop("own"))
    with tenant.database.begin(book=tenant.book) as tx:
        own = tx.value("SELECT id FROM seller WHERE book = %(book)s")
        seller = access.open_organisation(tx, "seller", "Own", object_id=own)
        scopes = frozenset({"payments:read"})
        _, key = access.make_key(tx, tenant.world, "own", scopes, organisation_id=seller.id)
    named = ids.show("slr", own)
    mine = made(tenant, seller=named, tenders=CARD)["id"]
    other = made(tenant, tenders=CARD)["id"]
    tenant.key = key
    for params in ({}, {"rail": "card"}, {"seller": named}, {"amount_min": 1}, {"buyer": BUYER}):
        assert found(tenant, **params) == [mine], params
    assert found(tenant, seller="slr_one") == [] and found(tenant, rail="balance") == []
    assert tenant.ask("GET", f"/payments/{other}").status_code == 404
