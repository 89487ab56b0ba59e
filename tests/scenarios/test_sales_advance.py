"""An advance on sales: drawn, repaid by a share of each settlement before the payout, closed."""

from __future__ import annotations

from datetime import timedelta

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.ledger.verify import verify
from huoshui.lines.lending.loan import contract, service, store
from huoshui.scenarios import payout_flow
from huoshui.scenarios.products import golden
from tests import ground
from tests.ground import DAY, START, Ground, nets
from tests.lines.lending.loan import ground as loans

FILE = dict(golden())["sales-advance"].encode()
PRICE = 2_000_000


def sold(market: Ground, n: int) -> None:
    """An order of 20,000.00 that is paid, delivered and confirmed."""
    at = START + n * DAY
    items = (("s1", PRICE, 0),)
    market.take(
        *ground.placed(f"o{n}", items=items, at=at),
        ground.tender(f"o{n}", amount=PRICE, at=at),
        at=at,
    )
    market.take(ground.delivery(f"o{n}", at=at), ground.confirmation(f"o{n}", at=at), at=at)


def paid(tx: Tx) -> int:
    """What sellers are paid."""
    return sum(each.amount for each in payout_flow.pay_out(tx))


def test_a_share_of_each_settlement_repays_it_before_the_payout(market: Ground) -> None:
    sold(market, 0)  # before the advance: no sale of its time
    with market.database.begin(now=START + DAY) as tx:
        loans.publish(tx, FILE)
        party = ids.show("slr", tx.value("SELECT id FROM seller WHERE book = %(book)s"))
        loan = loans.signed(tx, party, "sales-advance", amount=500_000, instalments=6)
        service.draw(tx, loan.id, 500_000, "d")
        whole = paid(tx)
    for n in (2, 3, 4):
        sold(market, n)
        with market.database.begin(now=START + n * DAY + timedelta(hours=1)) as tx:
            was = service.settlement(tx, loan.id).total
            got = paid(tx)
            took = [
                r for r in store.events(tx, [loan.id]) if r.payload.get("kind") == "sales_share"
            ]
            assert took[-1].amount == min(whole // 10, was), (n, was)
            assert got == whole - took[-1].amount
            assert paid(tx) == 0, "what was taken is not taken twice"
            assert len(store.events(tx, [loan.id])) == 1 + len(took)
    with market.database.begin(now=START + 5 * DAY) as tx:
        assert contract.find(tx, loan.shown).state == "closed"
        books = nets(tx)
        assert books["clearing:sales-advance"] == 500_000, "what was drawn waits to be paid out"
        assert books["income:sales-advance:interest"] == 25_000
        assert not any(path.startswith("loans:sales-advance") for path in books)
        assert verify(tx).holds
    sold(market, 6)
    with market.database.begin(now=START + 6 * DAY + timedelta(hours=1)) as tx:
        assert paid(tx) == whole, "an advance that is repaid has nothing more"
