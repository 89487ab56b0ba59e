"""Running loans: a product of a folder from the quote to the close, ports, states, batches."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from huoshui.catalog import CheckedProduct
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.machine import IllegalMove
from huoshui.ledger import periods
from huoshui.lines.lending.facility.model import UnknownFacility
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.loan import LOAN, Decision, Loan, Ports, contract, service, store
from huoshui.lines.lending.loan.contract import Application
from huoshui.lines.lending.loan.model import EventDiffers
from huoshui.lines.lending.loan.service import Repayment
from tests.ground import START, Ground
from tests.lines.lending.loan import ground

MIGRATION = Path("huoshui/schema/world/0023_loans.sql")


def begin(market: Ground, days: int = 0) -> Any:
    """A transaction so many days after the start."""
    return market.database.begin(book=market.number, now=START + timedelta(days=days, minutes=1))


def started(market: Ground, **more: Any) -> Loan:
    """A loan of 12,000 that was drawn on the first day."""
    with begin(market) as tx:
        ground.product(tx, **more)
        loan = ground.signed(tx, ground.borrower(tx))
        service.draw(tx, loan.id, 1_200_000, "d")
    return loan


def test_a_product_of_a_folder_runs_from_the_quote_to_the_close(
    market: Ground, tmp_path: Path
) -> None:
    file = tmp_path / "new.toml"
    file.write_text(ground.PRODUCT.format(name="new", rate="0.06", more="", terms=""), "utf-8")
    with begin(market) as tx:
        party = ground.borrower(tx)
        ground.publish(tx, file.read_bytes())
        asked = Application(product="new", party=party, amount=600_000, instalments=6)
        quoted = contract.quote(tx, asked).quote
        loan = ground.signed(tx, party, "new", 600_000, 6)
        service.draw(tx, loan.id, 600_000, "d")
        running = service.read(tx, loan.id)
        rows = [(r.due, r.principal, r.interest) for r in running.state.rows]
        assert rows == [(r.due, r.principal, r.interest) for r in quoted.rows]
    for n, row in enumerate(quoted.rows):
        with begin(market, (row.due - START.date()).days) as tx:
            assert service.accrue_due(tx) == 1
            service.repay(tx, [Repayment(loan_id=loan.id, amount=row.total, key=f"p{n}")])
    with begin(market, 200) as tx:
        assert contract.find(tx, loan.shown).state == "closed"
        assert service.close(tx, loan.id).closed_at is not None
        books = ground.on_ledger(tx, loan)
        assert books.pop("income:new:interest") == -quoted.sums.interest
        assert books.pop("clearing:new") == quoted.sums.interest
        assert not any(books.values())
        assert service.accrue_due(tx) == 0


def test_the_days_of_a_loan_are_posted_once_and_in_one_pass(market: Ground) -> None:
    loan = started(market)
    with begin(market, 31) as tx:
        day_by_day = [service.accrue(tx, [loan.id], date(2025, 3, d)) for d in range(3, 32)]
        assert sum(day_by_day) == 29
        assert service.accrue(tx, [loan.id], date(2025, 3, 31)) == 0
        stepped = store.accrued(tx, [loan.id])[loan.id]
    other = _second(market)
    with begin(market, 32) as tx:
        service.accrue(tx, [other.id], date(2025, 3, 31))
        at_once = store.accrued(tx, [other.id])[other.id]
    assert (stepped.interest, stepped.charges) == (at_once.interest, at_once.charges)
    assert stepped.interest > 0


def _second(market: Ground) -> Loan:
    """Another loan, drawn on the first day too but told later."""
    with begin(market, 31) as tx:
        loan = ground.signed(tx, ground.borrower(tx))
        with pytest.raises(Problem):  # signed on day 31: nothing is drawn before that
            service.draw(tx, loan.id, 1_200_000, "d", on=START.date())
    with begin(market, 31) as tx:
        tx.run(
            "UPDATE loan SET drawable_on = NULL WHERE book = %(book)s AND id = %(id)s", id=loan.id
        )
        service.draw(tx, loan.id, 1_200_000, "d", on=START.date())
    return loan


def test_many_payments_are_one_batch_and_a_repeat_posts_nothing(market: Ground) -> None:
    with begin(market) as tx:
        ground.product(tx)
        party = ground.borrower(tx)
        loans = [ground.signed(tx, party) for _ in range(3)]
        for loan in loans:
            service.draw(tx, loan.id, 500_000, "d")
    paid = [
        Repayment(loan_id=loan.id, amount=50_000, key=f"p{n}") for n in range(2) for loan in loans
    ]
    with begin(market, 10) as tx:
        first = service.repay(tx, paid)
        count = tx.value("SELECT count(*) FROM transfer WHERE book = %(book)s")
        again = service.repay(tx, paid)
        assert [each.event.id for each in again] == [each.event.id for each in first]
        assert all(each.again for each in again)
        assert tx.value("SELECT count(*) FROM transfer WHERE book = %(book)s") == count
        assert sum(m.amount for each in first for m in each.moved) == 300_000
        other = Repayment(loan_id=loans[0].id, amount=1, key="p0")
        with pytest.raises(EventDiffers), tx.savepoint():
            service.repay(tx, [other])


def test_a_settlement_that_was_quoted_settles(market: Ground) -> None:
    loan = started(market)
    with begin(market, 45) as tx:
        late = e.Charged(
            id="", on=START.date(), recorded=START.date(), amount=900, due=START.date()
        )
        service.record(tx, loan.id, late, "fee")
        quoted = service.settlement(tx, loan.id)
        assert (quoted.principal, quoted.charges) == (1_200_000, 900)
        paid = Repayment(loan_id=loan.id, amount=quoted.total, key="p")
        (done,) = service.repay(tx, [paid])
        assert done.loan.state == "closed"
        assert (done.position.principal, done.position.credit) == (0, 0)


def test_a_projection_is_the_fold_and_can_be_dropped(market: Ground) -> None:
    loan = started(market)
    with begin(market, 40) as tx:
        service.repay(tx, [Repayment(loan_id=loan.id, amount=10_000, key="p")])
        before = store.positions(tx, [loan.id])
        store.drop_positions(tx, [loan.id])
        assert store.positions(tx, [loan.id]) == {}
        service.rebuild(tx, [loan.id])
        after = store.positions(tx, [loan.id])
        assert after == before
        assert after[loan.id].oldest_open_due == date(2025, 4, 3)
        assert sum(after[loan.id].opens) > 1_190_000


def test_another_port_decides_and_its_reasons_are_kept(market: Ground) -> None:
    def never(tx: Tx, loan: Loan, product: CheckedProduct, facts: Mapping[str, Any]) -> Decision:
        return Decision(offered=False, reasons=({"rule": "never", "en": "No.", "zh": "否。"},))

    with begin(market) as tx:
        ground.product(tx)
        asked = Application(product="term", party=ground.borrower(tx), amount=60_000, instalments=6)
        loan = contract.apply(tx, asked)
        declined = contract.decide(tx, loan.id, Ports(decide=never))
        assert (declined.state, declined.reasons[0]["rule"]) == ("declined", "never")
        with pytest.raises(IllegalMove):
            contract.consent(tx, loan.id, "in_person")


class Limit:
    """A facility of a test: what was taken of it."""

    def __init__(self) -> None:
        self.taken = 0

    def take(self, tx: Tx, facility_id: UUID, loan_id: UUID, amount: int) -> None:
        """Take all that is asked."""
        self.taken += amount

    def settle(self, tx: Tx, facility_id: UUID, loan_id: UUID, amount: int) -> None:
        """Give back what was repaid."""
        self.taken -= amount


def test_a_facility_is_taken_by_drawdowns_and_given_back_by_principal(market: Ground) -> None:
    limit = Limit()
    ports = Ports(reserve=limit)
    with begin(market) as tx:
        ground.product(tx)
        asked = {"facility_id": tx.id("fac", "f")}
        loan = ground.signed(tx, ground.borrower(tx), **asked)
        with pytest.raises(UnknownFacility), tx.savepoint():
            service.draw(tx, loan.id, 300_000, "d")
        service.draw(tx, loan.id, 300_000, "d", ports=ports)
        assert limit.taken == 300_000
    with begin(market, 20) as tx:
        paid = service.repay(tx, [Repayment(loan_id=loan.id, amount=40_000, key="p")], ports)[0]
        assert limit.taken == paid.position.principal < 300_000
        service.reverse(tx, loan.id, paid.event.shown, "u", ports)
        assert limit.taken == 300_000


def test_the_database_knows_the_machine() -> None:
    told = set(re.findall(r"'(\w+)>(\w+)'", MIGRATION.read_text(encoding="utf-8")))
    assert told == {(s, m.leads) for m in LOAN.moves.values() for s in m.starts}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE loan SET amount = 1 WHERE book = %(book)s",
        "UPDATE loan SET rate_annual = '0.5' WHERE book = %(book)s",
        "UPDATE loan SET state = 'offered' WHERE book = %(book)s",
        "UPDATE loan_event SET amount = 1 WHERE book = %(book)s",
        "DELETE FROM loan_posting WHERE book = %(book)s",
    ],
)
def test_what_was_signed_and_what_happened_stand(market: Ground, change: Any) -> None:
    started(market)
    with pytest.raises((psycopg.errors.Error, Problem)), begin(market, 1) as tx:
        tx.count(change)


def test_an_entry_of_a_sealed_period_takes_effect_when_books_are_open(market: Ground) -> None:
    loan = started(market)
    with begin(market, 70) as tx:
        periods.close_period(tx, date(2025, 4, 30))
    with begin(market, 71) as tx:
        paid = Repayment(loan_id=loan.id, amount=100_000, key="p", on=date(2025, 4, 3))
        service.repay(tx, [paid])
        rows = store.postings(tx, loan.id)
        assert {row.on_ for row in rows} >= {date(2025, 4, 3)}
        assert tx.value(
            "SELECT min(effective_at) >= '2025-04-30 00:00+08' FROM transfer WHERE book = %(book)s AND id = ANY(%(i)s)",
            i=[row.txn_id for row in rows if row.on_ == date(2025, 4, 3)],
        )
