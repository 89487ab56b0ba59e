"""An order that is paid later, followed through: reserved, drawn, paid out, repaid, closed, given back."""

from __future__ import annotations

from uuid import UUID

import pytest

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.facts.commerce.model import Shipment
from huoshui.lines.lending.facility.model import FacilityShort
from huoshui.lines.lending.loan import service as loans
from huoshui.lines.lending.loan.service import Repayment
from huoshui.lines.payments.payment import service
from huoshui.lines.payments.payment.model import Cancel, Capture
from huoshui.scenarios import factoring_flow, pay_later, payout_flow, switching
from huoshui.scenarios.factoring_flow import Purchase
from huoshui.scenarios.pay_later.model import PayLaterChanged
from huoshui.scenarios.switching.service import CannotSwitch
from tests import ground
from tests.ground import START, Ground
from tests.scenarios.pay_later.till import FREE, PRICED, Till, days


@pytest.fixture
def till(market: Ground) -> Till:
    """A checkout with the free product live; sellers pay 3.5 % of what it pays."""
    till = Till(market)
    till.switch_on(FREE, fee="0.035", limit_each=50_000)
    return till


def test_an_order_is_paid_later_and_everybody_has_what_is_theirs(till: Till) -> None:
    loan = till.buy()
    assert loan.state == "running" and loan.amount == 30_000
    nets = till.market.nets()
    # The seller's money waits in escrow in full; the rail of the loan is empty.
    assert nets["escrow"] == 30_000
    assert nets[f"loans:{FREE}:principal"] == -30_000
    assert nets.get("rail:pay_later:clearing", 0) == nets.get(f"clearing:{FREE}", 0) == 0
    # The limit is counted once.
    assert abs(till.facility(loan, "drawn")) == 30_000
    till.market.take(ground.delivery(at=START + days(3)), at=START + days(3))
    till.market.take(ground.confirmation(at=START + days(4)), at=START + days(4))
    seller = till.seller()
    earned = till.net(f"merchant:{seller}:settlement")
    fee = till.net(f"income:{FREE}:merchant_fees")
    assert fee == 1_050  # 3.5 % of 300.00
    split = 30_000 - fee - till.net("platform:commission") - till.net("tax:payable")
    assert earned == split
    till.run(payout_flow.pay_out, START + days(5))
    assert till.net(f"merchant:{seller}:settlement") == 0

    position = till.run(lambda tx: loans.position_of(tx, loan.id))
    for due, amount in zip(position.dues, position.opens, strict=True):

        def pay(tx: Tx, due=due, amount=amount) -> None:  # type: ignore[no-untyped-def]
            loans.repay(tx, [Repayment(loan_id=loan.id, amount=amount, key=str(due))])

        noon = START.replace(hour=4) + (due - START.date()) * 1
        till.run(pay, noon)
    assert till.loan(loan.id).state == "closed"
    nets = till.market.nets()
    assert nets.get(f"loans:{FREE}:principal", 0) == 0
    assert nets[f"clearing:{FREE}"] == -30_000  # what the buyer paid, at the lender's bank
    assert till.facility(loan, "drawn") == 0
    assert sum(nets.values()) == 0


def test_a_limit_is_reserved_at_the_order_and_free_again_when_it_is_called_off(till: Till) -> None:
    payment = till.order(capture="manual")
    loan = till.choose(payment)
    till.pay(payment, loan)
    assert till.payment(payment).state == "requires_capture"
    choices = till.run(lambda tx: _choices(tx, payment, 30_000))
    assert [c.open for c in choices] == [False]  # 200.00 are left of 500.00
    second = till.order("o2", 25_000)
    with pytest.raises(FacilityShort):
        till.pay(second, till.choose(second))
    till.apply(Cancel(payment), at=START + days(1))
    assert till.loan(loan.id).state == "withdrawn"
    till.pay(second, till.choose(second))
    assert abs(till.facility(loan, "drawn")) == 25_000


def _choices(tx: Tx, id_: UUID, amount: int) -> list[pay_later.Choice]:
    return pay_later.choices(tx, service.payment(tx, id_), amount)


def test_a_capture_in_parts_draws_the_reservation_and_keeps_the_rest(till: Till) -> None:
    payment = till.order(capture="manual")
    loan = till.choose(payment)
    till.pay(payment, loan)
    till.apply(Capture(payment, 10_000, final=False))
    assert abs(till.facility(loan, "drawn")) == 10_000
    till.apply(Capture(payment, 5_000, final=True))
    assert abs(till.facility(loan, "drawn")) == 15_000
    assert till.net(f"loans:{FREE}:principal") == -15_000
    other = till.order("o2", 35_000)
    till.pay(other, till.choose(other))  # all that is not drawn is free: 350.00


def test_a_return_repays_the_loan_with_its_interest_and_the_rest_is_the_buyers(
    market: Ground,
) -> None:
    till = Till(market)
    till.switch_on(PRICED)
    loan = till.buy(product=PRICED)
    till.market.take(ground.delivery(at=START + days(2)), at=START + days(2))
    till.market.take(ground.confirmation(at=START + days(3)), at=START + days(3))
    first = till.run(lambda tx: loans.position_of(tx, loan.id))
    at = START + days(31)
    till.run(
        lambda tx: loans.repay(
            tx, [Repayment(loan_id=loan.id, amount=first.opens[0], key="first")]
        ),
        at,
    )
    till.market.take(ground.returned(amount=30_000, at=START + days(40)), at=START + days(40))
    assert till.loan(loan.id).state == "closed"
    nets = till.market.nets()
    assert (
        nets.get(f"loans:{PRICED}:principal", 0) == nets.get(f"loans:{PRICED}:receivable", 0) == 0
    )
    assert nets.get("rail:pay_later:clearing", 0) == 0
    buyer = till.run(lambda tx: loan.party)
    # All came back: the buyer has what it had paid, and no interest was earned.
    assert nets[f"wallet:{buyer}"] == first.opens[0]
    assert nets.get(f"income:{PRICED}:interest", 0) == 0
    assert till.facility(loan, "drawn") == 0
    assert sum(nets.values()) == 0


def test_a_fee_goes_back_with_what_goes_back(till: Till) -> None:
    till.buy()
    till.market.take(ground.delivery(at=START + days(2)), at=START + days(2))
    till.market.take(ground.confirmation(at=START + days(3)), at=START + days(3))
    assert till.net(f"income:{FREE}:merchant_fees") == 1_050
    till.market.take(ground.returned(amount=10_000, at=START + days(5)), at=START + days(5))
    assert till.net(f"income:{FREE}:merchant_fees") == 700


def test_what_was_not_shown_is_not_agreed_to(till: Till) -> None:
    payment = till.order()
    loan = till.choose(payment)

    def use_case(tx: Tx) -> None:
        found = service.payment(tx, payment)
        pay_later.agree(tx, found, loan.id, "0" * 32, "test")

    with pytest.raises(PayLaterChanged):
        till.run(use_case)
    assert till.loan(loan.id).state == "offered"


def test_off_is_off_for_new_orders_alone(till: Till) -> None:
    loan = till.buy()
    till.run(lambda tx: switching.switch_off(tx, FREE), START + days(1))
    payment = till.order("o2")
    assert till.run(lambda tx: _choices(tx, payment, 30_000)) == []
    with pytest.raises(switching.NotSwitchedOn):
        till.choose(payment)
    till.run(lambda tx: loans.repay(tx, [Repayment(loan_id=loan.id, amount=10_000, key="a")]))
    till.run(lambda tx: None, START + days(2))
    till.switch_on(FREE, fee="0.02")
    assert [c.open for c in till.run(lambda tx: _choices(tx, payment, 30_000))] == [True]


def test_an_order_goes_through_both_products_that_are_live(till: Till) -> None:
    """Its buyer pays later, its seller has the money when it ships; the payout meets the claim."""
    factored = "factoring-with-recourse"
    till.switch_on(factored)
    till.buy()
    seller = ids.read("slr", till.seller())
    shipped = Shipment(key="o1-s", occurred_at=START + days(1), order="o1", carrier="SF")
    till.market.take(shipped, at=START + days(1))
    [bought] = till.run(lambda tx: factoring_flow.buy(tx, [Purchase("o1", seller, factored)]))
    assert bought.assignment is not None and bought.assignment.state == "advanced"
    advance = bought.assignment.advance
    assert till.net(f"merchant:{till.seller()}:settlement") == advance
    [again] = till.run(lambda tx: factoring_flow.buy(tx, [Purchase("o1", seller, factored)]))
    assert again.assignment is None and again.problem is not None  # no claim is bought twice
    till.run(payout_flow.pay_out, START + days(2))
    till.market.take(ground.delivery(at=START + days(3)), at=START + days(3))
    till.market.take(ground.confirmation(at=START + days(4)), at=START + days(4))
    till.run(payout_flow.pay_out, START + days(5))
    nets = till.market.nets()
    assert nets.get(f"factoring:{factored}:receivable", 0) == 0
    assert nets[f"income:{factored}:fees"] > 0 and nets[f"income:{FREE}:merchant_fees"] == 1_050
    assert nets[f"loans:{FREE}:principal"] == -30_000  # the buyer still owes all of it
    assert sum(nets.values()) == 0


def test_what_cannot_pay_an_order_is_not_switched_on(till: Till) -> None:
    with pytest.raises(CannotSwitch):
        till.switch_on("revolving-line")


def test_what_is_for_sellers_is_not_offered_at_the_checkout(till: Till) -> None:
    till.switch_on("sales-advance")
    payment = till.order("o2")
    offered = till.run(lambda tx: _choices(tx, payment, 30_000))
    assert {choice.product for choice in offered} == {FREE}
    with pytest.raises(pay_later.NoPayLater):
        till.run(
            lambda tx: pay_later.take_up(
                tx, service.payment(tx, payment), "sales-advance", 6, 30_000
            )
        )
