"""Who is near: rings, families, public networks, chains; as stories of a marketplace tell them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from huoshui.core import access
from huoshui.core.db import Database, Tx
from huoshui.core.worlds import Worlds
from huoshui.facts import activity
from huoshui.facts.activity import Activity, Subjects
from huoshui.judgement.risk import features
from huoshui.judgement.risk.features import catalogue
from huoshui.judgement.risk.graph.model import DEGREE_MOST, age_weights, degree_weights
from tests import ground
from tests.ground import DAY, START

NOW = START + 800 * DAY
GRAPH = [name for name, f in catalogue().items() if f.aggregate == "graph"]


@pytest.fixture(scope="module")
def world(worlds: Worlds) -> Iterator[Database]:
    """A world whose clock stands two years behind its beginning."""
    name = f"r-{ground.fresh_book()}"
    worlds.create_replay(name, seed=1, clock_at=NOW)
    yield worlds.database(name)
    worlds.drop(name)


@pytest.fixture
def market(world: Database) -> Iterator[Tx]:
    """A fresh book of that world."""
    number = ground.fresh_book()
    with world.begin(book=number) as tx:
        access.open_book(tx, ground.book(number))
        yield tx


def buyer(n: int) -> str:
    """The id of a buyer."""
    return f"byr_{n:026}"


def used(n: int, days: float = 0, kind: str = "sign_in", **what: Any) -> Activity:
    """A buyer does something so many days ago."""
    told = {"attributes": {"success": True}} if kind == "sign_in" else {}
    return Activity(
        kind=kind, key=f"{n}/{kind}/{sorted(what)}/{days}/{what}", buyer=buyer(n),
        occurred_at=NOW - timedelta(days=days), **(told | what),
    )  # fmt: skip


def opened(n: int, days: float, **what: Any) -> Activity:
    """A buyer opened an account so many days ago."""
    return used(n, days, "account.opened", **what)


def near(tx: Tx, n: int = 1, **what: Any) -> dict[str, Any]:
    """Who is near a buyer now; the same as the history says."""
    who = Subjects(buyer=buyer(n), **what)
    found = features.read(tx, GRAPH, who)
    again = features.read_as_of(tx, GRAPH, who, found.seen, found.as_of)
    assert again.values == found.values
    return {name.removeprefix("graph_"): value for name, value in found.values.items()}


def test_twelve_new_accounts_on_one_device_are_a_ring(market: Tx) -> None:
    activity.record(market, [opened(n, 2, device="d", ip=f"10.0.0.{n % 2}") for n in range(1, 13)])
    found = near(market)
    assert (found["peers"], found["new_peers"], found["ring"]) == (11, 11, True)


def test_nine_hundred_accounts_of_a_public_network_are_none(market: Tx) -> None:
    activity.record(
        market,
        [opened(n, 400 + n % 30, device=f"d{n % 880}", ip="198.51.100.1") for n in range(1, 901)],
    )
    activity.record(market, [used(n, 1, ip="198.51.100.1") for n in range(1, 901)])
    found = near(market, 100)
    assert (found["ring"], found["peers"], found["weight"], found["crowded"]) == (False, 0, 0, 1)
    sharer = near(market, 890)  # one of the few who share a device too
    assert (sharer["ring"], sharer["peers"]) == (False, 1)


def test_a_family_is_near_and_no_ring(market: Tx) -> None:
    activity.record(market, [opened(n, 700, device="d", ip="10.0.0.1") for n in (1, 2, 3)])
    activity.record(market, [used(n, 1, device="d", ip="10.0.0.1") for n in (1, 2, 3)])
    found = near(market)
    assert (found["peers"], found["ring"], found["bad_peers"]) == (2, False, 0)


def test_a_chain_is_seen_link_by_link(market: Tx) -> None:
    a, b, c, d = 1, 2, 3, 4
    activity.record(
        market,
        [
            used(a, device="dev1"), used(b, device="dev1"), used(b, card="card2"),
            used(c, card="card2"), used(c, address="road 3"), used(d, address="road 3"),
        ],
    )  # fmt: skip
    assert [near(market, n)["peers"] for n in (a, b, c, d)] == [1, 2, 2, 1]
    assert near(market, a, card="card2")["peers"] == 2  # with what is used just now


def test_known_fraud_near_by_is_felt_by_its_nearness_until_it_is_cleared(market: Tx) -> None:
    activity.record(
        market, [used(1, device="d"), used(2, device="d"), used(2, 0, "fraud.confirmed")]
    )
    found = near(market)
    assert (found["bad_peers"], found["ring"]) == (1, True)
    assert found["bad_weight"] == degree_weights()[1]
    activity.record(market, [used(2, 0, "fraud.cleared", order=f"ord_{1:026}")])
    later = near(market)
    assert later["bad_peers"] == 0  # of one moment: what is bad is not later than what is good
    assert not later["ring"]


def test_links_fade_and_weigh_less_the_more_share_them(market: Tx) -> None:
    activity.record(market, [used(1, device="old"), used(2, 180, device="old")])
    assert near(market)["weight"] == degree_weights()[1] * age_weights()[180] // 1_000_000
    assert age_weights()[90] == 500_000 and degree_weights()[1] == 910_239
    assert degree_weights() == sorted(degree_weights(), reverse=True)
    crowd = [used(n, device="crowd") for n in range(10, 10 + DEGREE_MOST)]
    activity.record(market, crowd[:-1])
    assert near(market, 10)["peers"] == DEGREE_MOST - 2
    activity.record(market, [crowd[-1]])
    assert near(market, 10)["peers"] == DEGREE_MOST - 1
    activity.record(market, [used(999, device="crowd")])
    assert (near(market, 10)["peers"], near(market, 10)["crowded"]) == (0, 1)


def test_a_buyer_on_the_merchants_own_device_overlaps_with_it(market: Tx) -> None:
    merchant = f"slr_{1:026}"
    own = Activity(
        kind="account.opened", key="m", merchant=merchant, device="till",
        occurred_at=NOW - 300 * DAY,
    )  # fmt: skip
    activity.record(market, [own, used(1, device="till"), used(2, device="phone")])
    assert near(market, 1, merchant=merchant)["overlap"] == 1
    assert near(market, 2, merchant=merchant)["overlap"] == 0
    assert near(market, 2, merchant=merchant, device="till")["overlap"] == 1
