"""What merchants owe to lending is taken before they are paid out, in its order, and told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from huoshui.core.db import Tx
from huoshui.ledger.verify import verify
from huoshui.lines.payments.settlement import payouts
from huoshui.lines.payments.settlement.terms import SettlementTerms
from huoshui.scenarios import disbursing, merchant_dues, payout_flow, switching
from huoshui.scenarios.switching import Settings
from tests import ground
from tests.ground import DAY, START, Ground, nets
from tests.lines.lending.loan import ground as loans
from tests.lines.lending.partners.test_partners import PARTNERS
from tests.scenarios.pay_later.till import FILES, FREE, Till

PREMIUM = """
[premium]
party = "insurer"
rate = "0.01"
borrower = "0"
merchant = "0.5"
"""


@pytest.fixture
def till(market: Ground) -> Till:
    """A checkout."""
    return Till(market)


def paid(tx: Tx) -> int:
    """What sellers are paid."""
    return sum(each.amount for each in payout_flow.pay_out(tx))


@pytest.mark.parametrize(("share", "first"), [("1", 3_600), ("0.001", 1_194)])
def test_a_merchants_part_of_its_own_loans_premium_is_taken_before_its_payout(
    market: Ground, share: str, first: int
) -> None:
    with market.database.begin(book=market.number) as tx:
        payouts.change_terms(tx, SettlementTerms(debts_share=Decimal(share)))
        loans.product(tx, "joint", more=PARTNERS)
        loan = loans.signed(tx, loans.borrower(tx), "joint")
        disbursing.draw(tx, loan.id, 1_200_000, "d")
        [due] = merchant_dues.owed(tx, loan.party)
        assert (due.why, due.amount, due.reference) == ("premium", 3_600, loan.shown)
        assert merchant_dues.taken(tx, loan.party) == []
    with market.database.begin(book=market.number, now=START + DAY) as tx:
        assert paid(tx) == 1_194_000 - first, "less what was taken, in the same transaction"
        [took] = merchant_dues.taken(tx, loan.party)
        assert (took.amount, took.reference) == (first, f"premium/{loan.shown}")
        assert sum(each.amount for each in merchant_dues.owed(tx, loan.party)) == 3_600 - first
        assert nets(tx).get("merchants:joint:owed", 0) == first - 3_600
        assert paid(tx) == 0 and len(merchant_dues.taken(tx, loan.party)) == 1
        assert verify(tx).holds


def test_the_fee_of_a_products_file_is_taken_unless_it_is_switched_on_with_another(
    till: Till,
) -> None:
    name = "merchant-instalments"
    for key, settings, count, fee in (
        ("o1", {}, 3, 540), ("o2", {}, 12, 1_800), ("o3", {"fee": "0.01"}, 12, 300),
    ):  # fmt: skip
        till.switch_on(name, **settings)
        before = till.net(f"income:{name}:merchant_fees")
        payment = till.order(key)
        till.pay(payment, till.choose(payment, name, count))
        received(till, key)
        assert till.net(f"income:{name}:merchant_fees") - before == fee, key
    assert till.net(f"merchants:{name}:owed") == 0


def received(till: Till, key: str) -> None:
    """The buyer has an order, and says so."""
    till.market.take(
        ground.delivery(key, at=START + DAY), ground.confirmation(key, at=START + DAY),
        at=START + DAY,
    )  # fmt: skip


def test_a_premiums_part_of_a_loan_that_paid_an_order_is_its_sellers(till: Till) -> None:
    content = (FILES[FREE] + PREMIUM).replace(FREE, "insured-free").encode()
    till.run(lambda tx: switching.switch_on(tx, content, Settings(fee="0.02")))
    loan = till.buy(product="insured-free")
    assert till.net("merchants:insured-free:owed") == -150, "half of 1 % of 300.00"
    received(till, "o1")
    assert till.net("merchants:insured-free:owed") == 0
    assert till.net("income:insured-free:merchant_fees") == 600
    took = till.run(lambda tx: merchant_dues.taken(tx, till.seller()))
    assert sorted((t.template, t.amount) for t in took) == [
        ("merchant_premium", 150), ("pay_later_fee", 600),
    ]  # fmt: skip
    assert till.run(lambda tx: merchant_dues.owed(tx, till.seller())) == []
    assert loan.party.startswith("byr_")
