"""Rings: the stories of gangs, families and public networks, and what hides."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from random import Random

import pytest

from huoshui.judgement.risk.recall import Recall, line, recall
from huoshui.judgement.risk.rings import Account, Order, Ring, Touch, planted, rings
from huoshui.judgement.risk.rings.links import KEPT_LEAST, links, shared
from huoshui.judgement.risk.rings.planted.traffic import HOURS, Traffic, own_things

# Above it no more than one in a hundred honest accounts lies (`huoshui bench rings`).
_LINE_BITS = 14.0


@pytest.fixture(scope="module")
def town():
    """Honest traffic; each test plants its story in a copy."""
    return planted.traffic(4_000, 7)


def _with(town: Traffic) -> Traffic:
    return Traffic(
        Random(11), list(town.accounts), list(town.touches), list(town.orders), town.sellers,
        town.sizes,
    )  # fmt: skip


def _found(made: Traffic) -> list[Ring]:
    return rings(made.accounts, made.touches, made.orders, HOURS)


def _of(found: Iterable[Ring], account: str) -> Ring | None:
    return next((ring for ring in found if account in ring.members), None)


def _open(made: Traffic, count: int, opened_h: int, within_h: int) -> list[str]:
    members = [made.open(opened_h + made.random.randrange(within_h)) for _ in range(count)]
    for member in members:
        made.touch(member, "phone", made.name("phone"))
    return members


def _share(made: Traffic, members: list[str], kind: str) -> None:
    name = made.name(kind)
    for member in members:
        made.touch(member, kind, name)


def test_twelve_new_accounts_on_one_device_are_a_ring_and_flagged(town):
    made = _with(town)
    members = _open(made, 12, HOURS - 48, 48)
    _share(made, members, "device")
    _share(made, members[:6], "ip")
    _share(made, members[6:], "ip")
    ring = _of(_found(made), members[0])
    assert ring is not None
    assert set(members) <= set(ring.members)
    assert ring.bits > _LINE_BITS
    assert {"shared_identifier", "opened_together"} <= {sign.name for sign in ring.signs}
    assert all(ring.held[member] for member in members)


def test_a_family_hangs_together_and_is_not_flagged(town):
    made = _with(town)
    members = [made.open(hour) for hour in (20, 900, 1_700)]
    for member in members:
        own_things(made, member)
    _share(made, members, "device")
    _share(made, members, "address")
    touched = shared(made.touches)
    tied = links(touched, HOURS)
    assert all((min(a, b), max(a, b)) in tied for a, b in pairwise(members))
    ring = _of(_found(made), members[0])
    assert ring is None or ring.bits < _LINE_BITS


def test_a_public_network_ties_nobody(town):
    made = _with(town)
    members = [made.random.choice(made.accounts).id for _ in range(900)]
    _share(made, list(dict.fromkeys(members)), "ip")
    before = links(shared(town.touches), HOURS)
    assert links(shared(made.touches), HOURS).keys() == before.keys()


def test_a_network_of_forty_alone_is_too_weak_to_tie():
    touches = [Touch(f"a{n}", "ip", "office", HOURS) for n in range(40)]
    assert links(shared(touches), HOURS) == {}


def test_a_chain_of_different_things_is_one_ring():
    touches = [
        Touch(account, thing.rstrip("0123456789"), thing, 100)
        for account, thing in (
            ("a", "device1"), ("b", "device1"), ("b", "card2"), ("c", "card2"),
            ("c", "address3"), ("d", "address3"),
        )
    ]  # fmt: skip
    accounts = [Account(name, 90) for name in "abcd"] + [Account(f"x{n}", n) for n in range(96)]
    orders = [Order(name, "s", 99) for name in "abcd"] + [
        Order(f"x{n}", f"s{n % 9}", n) for n in range(96)
    ]
    found = rings(accounts, touches, orders, 100)
    assert [ring.members for ring in found] == [("a", "b", "c", "d")]


def test_links_fade_with_age():
    def weight(age):
        touches = [Touch(name, "device", "d", HOURS - age) for name in "ab"]
        return links(shared(touches), HOURS).get(("a", "b"), 0.0)

    assert weight(0) > weight(24 * 60) >= KEPT_LEAST
    assert weight(24 * 365) == 0.0


def test_traffic_and_rings_are_the_same_from_the_same_seed():
    def made():
        one = planted.traffic(600, 3)
        planted.plant(one, 1)
        return one

    first, second = made(), made()
    assert first.accounts == second.accounts
    assert first.touches == second.touches
    assert _found(first) == _found(second)


def test_what_hides_less_is_found_more_and_an_open_ring_always(town):
    made = _with(town)
    gangs = planted.plant(made, 1)
    scores: dict[str, float] = {}
    for ring in _found(made):
        scores |= dict.fromkeys(ring.members, ring.bits)
    guilty = {member for gang in gangs for member in gang.members}
    above = line([scores.get(each.id, 0) for each in made.accounts if each.id not in guilty], 0.01)
    by_level = [
        recall((scores.get(m, 0) for g in gangs if g.level == level for m in g.members), above).rate
        for level in range(4)
    ]
    assert by_level[0] == 1.0
    assert by_level[1] > 0.9
    assert by_level[3] < by_level[1]


def test_wilson_bounds_are_those_of_the_paper():
    low, high = Recall(98, 100).interval()
    assert round(low, 4) == 0.93
    assert round(high, 4) == 0.9945
    assert Recall(0, 0).interval() == (0.0, 1.0)
