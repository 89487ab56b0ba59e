"""Suspects: found in activities, known again, judged by a person, told as fraud and taken back."""

from __future__ import annotations

from collections import Counter

import pytest

from huoshui.core.db import Tx
from huoshui.core.machine import IllegalMove
from huoshui.facts.activity import store as activities
from huoshui.judgement.risk.brushing import planted as faked
from huoshui.judgement.risk.suspects import UnknownSuspect, reading, service, store
from huoshui.judgement.risk.suspects.matching import grown, matched
from huoshui.judgement.risk.suspects.model import Found, ReasonNeeded, Suspect
from huoshui.judgement.risk.takeover import planted as stolen
from tests.judgement.risk import planting


@pytest.fixture
def gang(tx: Tx) -> list[str]:
    """Traffic with one open ring of ten, told; its members."""
    return planting.gang(tx)


def _ring(tx: Tx, member: str) -> Suspect:
    [found] = store.page(tx, kind="ring", member=member)
    return found


def test_a_ring_is_found_known_again_confirmed_and_taken_back(tx: Tx, gang: list[str]) -> None:
    done = service.search(tx)
    assert done.accounts > 400 and done.rings > 0
    ring = _ring(tx, gang[0])
    assert set(gang) <= set(ring.members)
    assert {"shared_identifier", "opened_together"} <= {sign.name for sign in ring.signs}
    assert ring.held[gang[0]][0][1].partition("~")[0] in (
        "device",
        "card",
    )  # a keyed hash, not a name

    service.search(tx)
    again = _ring(tx, gang[0])
    assert (again.id, again.times, again.first_at) == (ring.id, 2, ring.first_at)

    with pytest.raises(ReasonNeeded):
        service.confirm(tx, ring.id, "  ")
    service.confirm(tx, ring.id, "one tablet, ten accounts")
    marked = activities.page(tx, kind="fraud.confirmed", limit=200)
    assert {row.buyer for row in marked} == set(ring.members)
    with pytest.raises(IllegalMove):
        service.clear(tx, ring.id, "no")
    service.search(tx)
    assert _ring(tx, gang[0]).state == "confirmed"

    assert service.reopen(tx, ring.id, "the school's tablet").state == "found"
    cleared = activities.page(tx, kind="fraud.cleared", limit=200)
    assert {row.buyer for row in cleared} == set(ring.members)


def test_what_was_cleared_stays_cleared(tx: Tx, gang: list[str]) -> None:
    service.search(tx)
    ring = service.clear(tx, _ring(tx, gang[0]).id, "a class")
    service.search(tx)
    after = _ring(tx, gang[0])
    assert (after.state, after.reason, after.times) == ("cleared", "a class", 2)
    assert ring.members == after.members
    assert not activities.page(tx, kind="fraud.confirmed")


def test_a_seller_of_fake_orders_is_found_from_parcels_refunds_and_reviews(tx: Tx) -> None:
    made = faked.market(60, 1, 5)
    faker = next(name for name, kind in made.fakers.items() if kind == (0, 60))
    names = planting.Names(tx)
    large = {name for name, count in Counter(s.seller for s in made.sales).items() if count > 150}
    sales = [sale for sale in made.sales if sale.seller not in large]
    planting.record(tx, [each for sale in sales for each in planting.sold(sale, names, tx.now)])
    service.search(tx)
    [found] = store.page(tx, kind="fake_orders", member=names.of("slr", faker))
    assert {"empty_parcels", "hasty_reviews", "refunds_kept"} <= {sign.name for sign in found.signs}
    fakers = {
        names.of("slr", name)
        for name, kind in made.fakers.items()
        if kind[0] < 2 and name not in large
    }
    suspects = {
        member for row in store.page(tx, kind="fake_orders", limit=100) for member in row.members
    }
    assert len(suspects & fakers) >= len(fakers) - 1
    assert (
        len(suspects - {names.of("slr", name) for name in made.fakers}) <= 6
    )  # one in ten at most
    orders = reading.suspicious(tx, found)
    assert orders and orders[0].centibits >= orders[-1].centibits > 0
    assert "empty_parcels" in orders[0].shows
    service.confirm(tx, found.id, "empty parcels")
    [told] = activities.page(tx, kind="fraud.confirmed")
    assert (told.merchant, told.attributes) == (names.of("slr", faker), {"pattern": "fake_orders"})


def test_nothing_told_is_nothing_found(tx: Tx) -> None:
    done = service.search(tx)
    assert (done.accounts, done.rings, done.sellers) == (0, 0, 0)
    assert store.page(tx) == []
    with pytest.raises(UnknownSuspect):
        service.by_id(tx, tx.id("sus", "none"))


def test_each_day_has_its_search(tx: Tx) -> None:
    service.search(tx)
    service.search(tx)
    tx.flush()
    assert (
        tx.value("SELECT count(*) FROM work WHERE book = %(book)s AND kind = 'suspects.search_due'")
        == 1
    )


def _found(*members: str, centibits: int = 100) -> Found:
    return Found("ring", members, centibits, (), {})


def _known(tx: Tx, *members: str) -> Suspect:
    return Suspect(
        id=tx.id("sus", "/".join(members)), kind="ring", state="cleared", members=list(members),
        centibits=100, signs=[], held={}, first_at=tx.now, last_at=tx.now, times=1,
    )  # fmt: skip


def test_who_overlaps_by_half_is_the_same_and_is_taken_once(tx: Tx) -> None:
    known = [_known(tx, "a", "b", "c", "d"), _known(tx, "x", "y", "z")]
    found = [_found("a", "b", "c", "e"), _found("a", "b", "c", "d"), _found("x", "p", "q", "r")]
    chosen = matched(found, known)
    assert [each and each.members for each in chosen].count(known[0].members) == 1
    assert chosen[2] is None


def test_who_grew_by_a_quarter_is_judged_again(tx: Tx) -> None:
    known = _known(tx, "a", "b", "c", "d")
    assert not grown(known, _found("a", "b", "c", "d"))
    assert grown(known, _found("a", "b", "c", "d", "e"))
    assert grown(known, _found("a", "b", "c", "d", centibits=130))


def test_an_account_taken_over_is_found_in_what_was_told(tx: Tx) -> None:
    made = stolen.accounts(60, 1, 4)
    names = planting.Names(tx)
    planting.record(tx, planting.acted(made.acts, names, tx.now))
    assert service.search(tx).taken > 0
    worst = names.of("byr", next(name for name, level in made.taken.items() if level == 0))
    [found] = store.page(tx, kind="take_over", member=worst)
    assert {"new_device", "credentials", "new_address"} <= {sign.name for sign in found.signs}
    acts = reading.within(tx, found)
    assert {"sign_in", "failed", "credentials", "address", "order"} == {act.kind for act in acts}
    service.confirm(tx, found.id, "the owner called")
    [told] = activities.page(tx, kind="fraud.confirmed")
    assert (told.buyer, told.attributes) == (worst, {"pattern": "take_over"})
