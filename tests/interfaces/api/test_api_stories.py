"""The life of an order over the API, from its facts to the payout, and the books that it leaves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests import ground
from tests.ground import DAY, START
from tests.interfaces.api.conftest import Tenant

PLACED = ground.placed(items=(("s1", 10_000, 1_000),))
PAID = [*PLACED, ground.tender(amount=11_000)]


def money(amount: int) -> dict[str, Any]:
    """An amount in yuan as the API writes it."""
    return {"amount": amount, "currency": "CNY"}


def postings(moved: dict[str, Any]) -> list[tuple[str, str, int]]:
    """The legs of a verb's answer."""
    return [(g["from"], g["to"], g["amount"]["amount"]) for g in moved["transaction"]["legs"]]


def test_an_order_is_paid_delivered_confirmed_by_silence_split_and_paid_out(
    timed: Tenant,
) -> None:
    results = timed.tell(*PAID, ground.delivery())
    order = timed.get("/orders/o1", expand="items,tenders,money,history")
    assert order["total"] == money(11_000) and order["delivered_at"]
    assert order["money"]["state"] == "held" and order["money"]["allowed"] == [
        "take",
        "release",
        "refund",
    ]
    assert [t["amount"] for t in order["tenders"]] == [money(11_000)]
    assert {told["kind"] for told in order["history"]} == {
        "order",
        "item",
        "tender",
        "delivery",
    }
    assert order["id"] == next(r["id"] for r in results if r["kind"] == "order")

    moved_on = timed.ask("POST", "/clock", {"advance": "30d"}).json()
    assert moved_on["ran"] >= 2
    assert datetime.fromisoformat(moved_on["now"]) == START + 30 * DAY

    told = timed.get(f"/orders/{order['id']}", expand="money")["money"]
    assert told["state"] == "released" and [p["role"] for p in told["parts"]]
    parts = {part["role"]: part["amount"]["amount"] for part in told["parts"]}
    assert sum(parts.values()) == 11_000
    [payout] = timed.get("/payouts")["data"]
    assert payout["amount"] == money(parts["seller"]) and told["payouts"][0]["id"] == payout["id"]
    assert timed.get("/payouts", seller=payout["seller"])["data"] == [payout]
    [seller] = timed.get("/sellers", key="s1")["data"]
    assert seller["id"] == payout["seller"]

    balance = timed.get("/trial-balance")
    assert balance["balanced"] and balance["debit"] == balance["credit"]
    [account] = timed.get("/accounts", prefix=f"merchant:{seller['id']}")["data"]
    assert account["balance"] == money(0) and account["transfers"] == 2
    lines = timed.get(f"/accounts/{account['id']}/transfers")["data"]
    assert [line["amount"] for line in lines] == [-parts["seller"], parts["seller"]]
    assert timed.get(f"/accounts/{account['id']}")["path"] == account["path"]

    journal = timed.get("/transactions")["data"]
    assert [t["template"] for t in journal] == [
        "seller_paid_out",
        "order_released",
        "order_paid",
    ]
    assert timed.get("/transactions", reference=order["id"])["data"] == journal[1:]
    assert timed.get("/transactions", account=account["id"])["data"] == journal[:2]
    assert timed.get(f"/transactions/{journal[0]['id']}") == journal[0]
    assert {e["type"] for e in timed.get("/events")["data"]} >= {
        "tender.taken",
        "order.released",
    }
    assert timed.get("/events", type="order.released")["data"][0]["object"] == order["id"]


def test_a_confirmed_order_is_refunded_in_part_and_in_full_and_leaves_nothing(
    tenant: Tenant,
) -> None:
    tenant.tell(*PAID, ground.delivery())
    released = tenant.done("/orders/o1/confirm")
    assert released["state"] == "released" and sum(a for _, _, a in postings(released)) == 11_000
    part = tenant.done("/orders/o1/refund", {"amount": money(3_333), "reason": "scratched"})
    assert part["state"] == "released" and part["refund"]["amount"] == money(3_333)
    assert part["refund"]["cause"] == "request" and part["refund"]["reason"] == "scratched"
    rest = tenant.done("/orders/o1/refund")
    assert rest["state"] == "refunded" and rest["refund"]["amount"] == money(7_667)
    assert tenant.nets() == {}
    told = tenant.get("/orders/o1", expand="money")["money"]
    assert [r["amount"]["amount"] for r in told["refunds"]] == [3_333, 7_667]
    assert tenant.get("/trial-balance")["balanced"]


def test_a_cancelled_order_gives_back_what_was_paid_once(tenant: Tenant) -> None:
    tenant.tell(*PAID)
    cancelled = tenant.done("/orders/o1/cancel", {"reason": "changed mind"})
    assert cancelled["state"] == "refunded" and cancelled["refund"]["cause"] == "cancellation"
    assert tenant.nets() == {}
    assert tenant.get("/orders/o1")["cancelled_at"]
    again = tenant.post("/orders/o1/cancel")
    assert (again.status_code, again.json()["code"]) == (409, "cancelled_already")
    assert len(tenant.get("/transactions")["data"]) == 2


def test_an_order_cancelled_before_it_was_paid_is_void(tenant: Tenant) -> None:
    tenant.tell(*PLACED)
    assert tenant.done("/orders/o1/cancel")["state"] == "void"
    assert tenant.nets() == {}


def test_facts_told_twice_are_known_once_and_corrections_are_kept(
    tenant: Tenant,
) -> None:
    first = tenant.tell(*PAID)
    again = tenant.tell(*PAID)
    assert [r["outcome"] for r in again] == ["exists"] * len(PAID)
    assert [r["id"] for r in again] == [r["id"] for r in first]
    before = tenant.get("/world")["now"]
    corrected = ground.placed(items=(("s1", 9_000, 1_000),))[-1]
    [result] = tenant.tell(corrected)
    assert (result["outcome"], result["version"]) == ("corrected", 2)
    assert tenant.get("/orders/o1")["total"] == money(10_000)

    def prices(**asked: str) -> list[int]:
        history = tenant.get("/orders/o1", **asked)["history"]
        return [t["body"]["price_minor"] for t in history if t["kind"] == "item"]

    assert prices(expand="history") == [10_000, 9_000]
    assert prices(as_of=before) == [10_000]


def test_own_accounts_are_opened_moved_and_put_right(tenant: Tenant) -> None:
    bank = {"path": "till:main", "currency": "CNY", "class": "asset"}
    gift = {"path": "gift:anna", "currency": "CNY", "class": "liability", "floor": 0}
    opened = tenant.done("/accounts", bank)
    assert opened["kind"] == "manual" and opened["normal"] == "debit"
    assert tenant.done("/accounts", bank) == opened
    tenant.done("/accounts", gift)
    legs = [{"from": "till:main", "to": "gift:anna", "amount": money(500)}]
    posted = tenant.done("/transactions", {"legs": legs, "reference": "voucher 7"})
    assert posted["reference"] == "voucher 7" and posted["actor"] == "key:test"
    assert tenant.nets() == {"till:main": -500, "gift:anna": 500}
    reversal = tenant.done(f"/transactions/{posted['id']}/reverse")
    assert reversal["reverses"] == posted["id"] and tenant.nets() == {}
    assert tenant.get(f"/transactions/{posted['id']}")["reversed_by"] == reversal["id"]
    again = tenant.post(f"/transactions/{posted['id']}/reverse")
    assert (again.status_code, again.json()["code"]) == (409, "already_reversed")
    assert reversal["id"] in again.json()["detail"]


def test_lists_are_walked_by_their_cursors(tenant: Tenant) -> None:
    for number in range(5):
        facts = ground.placed(f"o{number}", at=START - number * DAY)
        tenant.tell(*facts, ground.tender(f"o{number}"))
    for currency in ("CNY", "EUR", "USD"):
        tenant.done("/accounts", {"path": "till", "currency": currency, "class": "asset"})
    escrow = tenant.get("/accounts", prefix="escrow")["data"][0]["id"]
    for path, size in (
        ("/orders", 5), ("/transactions", 5), ("/events", 5), ("/accounts", 5),
        ("/sellers", 1), ("/keys", 1), (f"/accounts/{escrow}/transfers", 5),
    ):  # fmt: skip
        found, cursor = [], None
        while True:
            page = tenant.get(path, limit=2, **({"after": cursor} if cursor else {}))
            assert len(page["data"]) <= 2
            found += page["data"]
            cursor = page["next"]
            if not cursor:
                break
        assert found == tenant.get(path, limit=100)["data"] and len(found) == size, path
    since, until = (START - 3 * DAY).isoformat(), (START - DAY).isoformat()
    bounded = tenant.get("/orders", since=since, until=until)["data"]
    assert [o["key"] for o in bounded] == ["o3", "o2"]
    assert tenant.get("/orders", buyer="nobody")["data"] == []
    assert len(tenant.get("/orders", buyer="b1", seller="s1")["data"]) == 5


def test_a_key_is_made_with_no_more_than_its_makers_scopes_and_revoked_at_once(
    tenant: Tenant,
) -> None:
    made = tenant.ask("POST", "/keys", {"name": "till", "scopes": ["facts:read"]})
    assert made.status_code == 201 and made.json()["key"].startswith("hs_test_")
    key = made.json()["key"]
    assert tenant.ask("GET", "/orders", key=key).status_code == 200
    assert tenant.ask("GET", "/accounts", key=key).status_code == 403
    listed = tenant.get("/keys")["data"]
    assert [k["name"] for k in listed] == ["till", "test"] and not any("key" in k for k in listed)
    lesser = tenant.make_key("keys:write")
    more = tenant.ask("POST", "/keys", {"name": "more", "scopes": ["ledger:write"]}, key=lesser)
    assert (more.status_code, more.json()["code"]) == (403, "out_of_scope")
    revoked = tenant.ask("DELETE", f"/keys/{made.json()['id']}")
    assert (revoked.status_code, revoked.content) == (204, b"")
    assert tenant.ask("GET", "/orders", key=key).status_code == 401


def test_a_world_says_where_the_caller_is(tenant: Tenant, live: Tenant, timed: Tenant) -> None:
    assert tenant.get("/world")["kind"] == "sandbox" and live.get("/world")["kind"] == "live"
    here = timed.get("/world")
    assert (here["world"], here["kind"], here["currency"]) == (
        timed.world,
        "replay",
        "CNY",
    )
    assert datetime.fromisoformat(here["now"]) == START
