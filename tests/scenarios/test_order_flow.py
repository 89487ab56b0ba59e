"""Facts arrive, money follows: each way an order's life can go."""

from __future__ import annotations

from datetime import timedelta

import pytest

from huoshui.core import ids, work
from huoshui.lines.payments import Terms
from huoshui.lines.payments.escrow.model import OverRefund
from huoshui.scenarios import order_flow
from tests import ground
from tests.ground import DAY, HOUR, START, Ground


def state(market: Ground) -> str:
    """The state of the one order."""
    return str(market.value("SELECT state FROM escrow"))


def test_silence_after_delivery_splits_the_order_and_the_calendar_pays(market: Ground) -> None:
    market.take(*ground.placed(), ground.tender(), ground.delivery())
    assert state(market) == "held"
    due = market.value("SELECT due_at FROM work WHERE kind = 'order.confirm_due'")
    work.advance(market.database, order_flow.WORK, due - HOUR)
    assert state(market) == "held"
    work.advance(market.database, order_flow.WORK, due)
    assert state(market) == "released"
    assert market.value("SELECT count(*) FROM payout") == 0
    work.advance(market.database, order_flow.WORK, START + timedelta(days=17))
    assert market.nets()["rail:bank:payout"] == market.value("SELECT amount FROM payout") == 8_800


def test_a_review_confirms_only_after_the_delivery(market: Ground) -> None:
    market.take(*ground.placed(), ground.tender(), ground.review())
    assert state(market) == "held"
    market.take(ground.delivery(), at=START + HOUR)
    market.take(ground.review("o1", 4, START + HOUR), at=START + DAY)
    assert state(market) == "held", "a corrected review moves nothing"
    other = ground.review(at=START + DAY)
    market.take(type(other)(key="v2", occurred_at=START + DAY, order="o1", score=5))
    assert state(market) == "released"


def test_reviews_need_not_confirm(replay_world: object) -> None:
    market = replay_world(terms=Terms(review_confirms=False))  # type: ignore[operator]
    market.take(*ground.placed(), ground.tender(), ground.delivery(), ground.review())
    assert state(market) == "held"


def test_a_cancellation_gives_everything_back(market: Ground) -> None:
    market.take(
        *ground.placed(), ground.tender(amount=6_000), ground.tender(amount=5_000, key="t2")
    )
    market.take(ground.cancellation(), at=START + HOUR)
    assert state(market) == "refunded" and market.nets() == {}
    assert market.value("SELECT cause FROM refund") == "cancellation"


def test_cancelled_before_it_was_paid_is_void_and_a_late_tender_waits(market: Ground) -> None:
    market.take(*ground.placed(), ground.cancellation())
    assert state(market) == "void"
    market.take(ground.tender())
    assert market.nets() == {"rail:card:clearing": -11_000, "suspense:late_tender": 11_000}


def test_a_return_after_the_payout_is_owed_by_the_seller(market: Ground) -> None:
    market.take(*ground.placed(), ground.tender(), ground.confirmation())
    work.advance(market.database, order_flow.WORK, START + timedelta(days=7))
    market.take(ground.returned(amount=11_000))
    nets = market.nets()
    seller = next(net for path, net in nets.items() if path.startswith("merchant:"))
    assert seller == -8_800 == -nets["rail:bank:payout"] and len(nets) == 2


def test_more_returned_than_paid_is_told_and_the_facts_stand(market: Ground) -> None:
    market.take(*ground.placed(), ground.tender())
    taken = market.take(ground.returned(amount=11_001))
    assert [r.outcome for r in taken.facts] == ["created"]
    assert [type(o.problem) for o in taken.outcomes] == [OverRefund]
    assert (
        market.value("SELECT data ->> 'code' FROM event WHERE type = 'money.refund_refused'")
        == "over_refund"
    )


def test_late_deliveries_are_told_once_and_only_when_late(market: Ground) -> None:
    promised = START + DAY
    market.take(*ground.placed("o1", estimated_at=promised))
    market.take(*ground.placed("o2", estimated_at=promised), ground.delivery("o2"))
    work.advance(market.database, order_flow.WORK, START + 3 * DAY)
    assert market.value("SELECT count(*) FROM event WHERE type = 'delivery.missed'") == 1
    work.advance(market.database, order_flow.WORK, START + 9 * DAY)
    assert market.value("SELECT count(*) FROM event WHERE type = 'delivery.missed'") == 1


def test_facts_without_money_move_nothing(market: Ground) -> None:
    with market.database.begin() as tx:
        taken = order_flow.take(tx, [*ground.placed(), ground.tender()], with_money=False)
    assert taken.outcomes == [] and market.nets() == {}


def test_the_api_verbs_confirm_and_refund(market: Ground) -> None:
    taken = market.take(*ground.placed(), ground.tender())
    order = next(r.id for r in taken.facts if r.kind == "order" and r.id)
    with market.database.begin() as tx:
        order_flow.confirm(tx, order)
        outcome = order_flow.refund(tx, order, "k1", 500, "scratch")
        again = order_flow.refund(tx, order, "k1", 500, "scratch")
        assert outcome.refund == again.refund
        with pytest.raises(OverRefund) as caught:
            order_flow.refund(tx, order, "k2", 10**9, "")
    assert str(caught.value.facts["left"]) in caught.value.detail("zh")
    assert market.value("SELECT reason FROM refund") == "scratch"


def test_events_in_a_replay_carry_the_tenders_own_id(market: Ground) -> None:
    taken = market.take(*ground.placed(), ground.tender())
    tender = next(r.id for r in taken.facts if r.kind == "tender" and r.id)
    assert market.value("SELECT object FROM event WHERE type = 'tender.taken'") == ids.show(
        "tnd", tender
    )
