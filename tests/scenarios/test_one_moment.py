"""Several things may happen to one order at one moment; in a replay each still has its own id."""

from __future__ import annotations

from tests.ground import Ground, placed, returned, tender

EVENTS = "SELECT count(*) FROM event WHERE book = %(book)s AND type = %(type)s"


def test_two_returns_of_an_order_at_one_moment_both_go_back(market: Ground) -> None:
    market.take(*placed(), tender())
    taken = market.take(returned(key="r1"), returned(key="r2"))
    assert [outcome.problem for outcome in taken.outcomes] == [None, None]
    assert market.value(EVENTS, type="order.refunded") == 2
    assert market.nets()["escrow"] == 9_000


def test_two_refusals_of_an_order_at_one_moment_are_both_told(market: Ground) -> None:
    market.take(*placed(), tender())
    taken = market.take(returned(amount=99_000, key="r1"), returned(amount=98_000, key="r2"))
    assert [outcome.problem.code for outcome in taken.outcomes if outcome.problem] == [
        "over_refund",
        "over_refund",
    ]
    assert market.value(EVENTS, type="money.refund_refused") == 2


def test_what_two_transactions_say_at_one_moment_is_told_once(market: Ground) -> None:
    """A breaker opens, closes and opens while a simulated clock stands still."""
    for silences in (5, 5, 6):
        with market.database.begin(book=market.number) as tx:
            tx.emit("rail.breaker_opened", "rail:card", silences=silences)
            tx.emit("rail.contradicted", "rca_one", state="declined", said="succeeded")
    assert market.value(EVENTS, type="rail.breaker_opened") == 2
    assert market.value(EVENTS, type="rail.contradicted") == 1
