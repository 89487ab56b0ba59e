"""Activities: checked against their kind, hashed, kept once, told to who follows in the same commit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from psycopg.errors import IntegrityConstraintViolation

from huoshui.core import access, ids
from huoshui.core.db import Database, Tx
from huoshui.facts import activity
from huoshui.facts.activity import Activity, ActivityRefused, Kept, Subjects, following, store
from tests import ground
from tests.ground import DAY, HOUR, START, Ground

BUYER, SELLER, ORDER = (f"{prefix}_00000000000000000000000001" for prefix in ("byr", "slr", "ord"))


def sign_in(tx: Tx, **told: Any) -> Activity:
    """A sign-in of the buyer, right in everything but what is told."""
    right: dict[str, Any] = {
        "kind": "sign_in", "occurred_at": tx.now, "buyer": BUYER, "attributes": {"success": True},
    }  # fmt: skip
    return Activity(**(right | told))


def test_an_activity_is_kept_once_with_its_identifiers_hashed(tx: Tx) -> None:
    told = sign_in(tx, key="s1", device="Pixel-9", ip="2001:db8::7", phone="+86 138-0013-8000")
    [first] = activity.record(tx, [told])
    assert activity.record(tx, [told, told]) == [first, first]
    [row] = store.page(tx)
    assert (row.id, row.buyer, row.attributes) == (first, BUYER, {"success": True})
    assert row.device and row.device.startswith("device~") and "Pixel" not in row.device
    same = Subjects(device="Pixel-9", ip="2001:db8::ffff", phone="+8613800138000")
    assert activity.hashed(tx, same) == {"device": row.device, "ip": row.ip, "phone": row.phone}
    assert activity.hashed(tx, Subjects(device=row.device)) == {"device": row.device}


def test_nothing_that_was_told_is_changed(tx: Tx) -> None:
    activity.record(tx, [sign_in(tx)])
    for statement in (
        "UPDATE activity SET kind = 'x'",
        "DELETE FROM activity",
        "TRUNCATE activity",
    ):
        with pytest.raises(IntegrityConstraintViolation), tx.savepoint():
            tx.run(statement)
    assert len(store.page(tx)) == 1


def test_another_book_hashes_the_same_device_otherwise(sandbox: Database, book: int) -> None:
    other = ground.fresh_book()
    with sandbox.begin(book=other) as tx:
        access.open_book(tx, ground.book(other))
        there = activity.hashed(tx, Subjects(device="d1"))
    with sandbox.begin(book=book) as tx:
        assert activity.hashed(tx, Subjects(device="d1")) != there


@pytest.mark.parametrize(
    ("told", "pointer"),
    [
        ({"kind": "sign_out"}, "/kind"),
        ({"buyer": "b1"}, "/buyer"),
        ({"buyer": "slr_00000000000000000000000001"}, "/buyer"),
        ({"card": "4111 1111 1111 1111"}, "/card"),
        ({"ip": "300.1.1.1"}, "/ip"),
        ({"device": "d" * 201}, "/device"),
        ({"amount_minor": 1, "currency": "CNY"}, "/amount"),
        ({"attributes": {}}, "/attributes/success"),
        ({"attributes": {"success": "yes"}}, "/attributes/success"),
        ({"attributes": {"success": True, "mood": "good"}}, "/attributes/mood"),
        ({"occurred_at": START.replace(year=2198)}, "/occurred_at"),
        ({"known_at": START}, "/known_at"),
    ],
)
def test_what_does_not_fit_its_kind_is_told_by_field(
    tx: Tx, told: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(ActivityRefused) as refused:
        activity.record(tx, [sign_in(tx), sign_in(tx, **told)])
    assert [error.pointer for error in refused.value.errors] == [pointer]
    assert all("{" not in error.detail("zh") for error in refused.value.errors)
    assert store.page(tx) == []
    one, other = activity.take(tx, [sign_in(tx, **told), sign_in(tx)])
    assert (one.outcome, other.outcome) == ("refused", "created")


def test_amounts_are_whole_and_named(tx: Tx) -> None:
    paid = {"kind": "payment.captured", "attributes": {}, "order": ORDER, "merchant": SELLER}
    for wrong in (
        {},
        {"amount_minor": -1, "currency": "CNY"},
        {"amount_minor": 1},
        {"amount_minor": 1, "currency": "CHY"},
    ):
        [taken] = activity.take(tx, [sign_in(tx, **paid, **wrong)])
        assert taken.outcome == "refused"
    activity.record(tx, [sign_in(tx, **paid, amount_minor=5, currency="CNY")])
    assert [row.amount for row in store.page(tx, about={"order": ORDER})] == [5]


def test_who_follows_is_told_of_what_is_new_alone_and_undone_with_it(tx: Tx) -> None:
    heard: list[str] = []

    def follow(_: Tx, news: Sequence[Kept]) -> None:
        heard.extend(row.key for row in news if row.buyer == BUYER)

    following.followed_by(follow)
    try:
        activity.record(tx, [sign_in(tx, key="a"), sign_in(tx, key="a"), sign_in(tx, key="b")])
        activity.record(tx, [sign_in(tx, key="b")])
    finally:
        following._following.remove(follow)
    assert heard == ["a", "b"]


def test_an_order_tells_what_its_buyer_and_merchants_did(market: Ground) -> None:
    facts = ground.placed(items=(("s1", 10_000, 1_000), ("s2", 500, 0)))
    market.take(*facts, ground.tender(amount=11_500), at=START + HOUR)
    market.take(ground.delivery(at=START + DAY), at=START + 2 * DAY)
    market.take(ground.review(at=START + DAY + HOUR), at=START + 3 * DAY)
    market.take(ground.returned(at=START + 4 * DAY), ground.returned(), at=START + 5 * DAY)
    assert told(market, "order.placed") == [(0, 11_000, True), (1, 500, True)]
    assert told(market, "payment.captured") == [(None, 11_500, False)]
    assert told(market, "order.delivered") == [(0, None, True), (1, None, True)]
    assert told(market, "refund.made") == [(None, 1_000, True)]
    with market.database.begin(book=market.number) as tx:
        [first, _] = store.page(tx, kind="review.written")
        assert first.attributes["minutes_after_delivery"] == 60
        assert (first.recorded_at, first.occurred_at) == (START + 3 * DAY, START + DAY + HOUR)
        assert {row.kind for row in store.page(tx)} >= {"account.opened"}


def test_lines_that_come_later_extend_what_their_merchant_was_told(market: Ground) -> None:
    first, second = ground.placed(items=(("s1", 1, 0), ("s1", 2, 0)))[-2:]
    market.take(*ground.placed(items=(("s1", 1, 0), ("s1", 2, 0)))[:-1], at=START + HOUR)
    market.take(second, first, at=START + DAY)
    assert told(market, "order.placed") == [(0, 1, True)]
    assert told(market, "order.extended") == [(None, 2, True)]


def told(market: Ground, kind: str) -> list[tuple[Any, Any, bool]]:
    """Of activities of a kind: the part, the amount, and whether they name a merchant."""
    with market.database.begin(book=market.number) as tx:
        rows = store.page(tx, kind=kind)
    assert all(row.buyer and ids.read("ord", row.order_ or "") for row in rows)
    found = [(r.attributes.get("part"), r.amount, r.merchant is not None) for r in rows]
    return sorted(found, key=lambda row: (row[0] or 0, row[1] or 0))


def test_activities_are_bitemporal_in_a_world_whose_clock_stands(market: Ground) -> None:
    with market.database.begin(now=START + DAY) as tx:
        early = timedelta(hours=3)
        told = sign_in(tx, occurred_at=START, known_at=START + early)
        [id_] = activity.record(tx, [told])
        [row] = store.by_id(tx, [id_])
        assert (row.occurred_at, row.recorded_at) == (START, START + early)
        [late] = activity.take(tx, [sign_in(tx, occurred_at=START + DAY, known_at=START)])
        assert late.outcome == "refused"
