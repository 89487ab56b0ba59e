"""What happens as days pass in a full run: instalments paid or not, losses, months closed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.work import Item, Run
from huoshui.lines.lending.column.store import PARTS
from huoshui.lines.lending.day import service as days
from huoshui.lines.lending.factoring import service as claims
from huoshui.lines.lending.factoring.model import Assignment
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.loan import service as loans
from huoshui.lines.lending.loan import store as loan_store
from huoshui.lines.lending.loan.position import Position
from huoshui.lines.lending.loan.service import Repayment
from huoshui.scenarios import due, factoring_flow
from huoshui.scenarios.whatif.assumptions import MILLION
from huoshui.scenarios.whatif.full import costs, store
from huoshui.scenarios.whatif.full.plan import LOST_DUE, PAY_DUE, FullRun, noon
from huoshui.scenarios.whatif.full.store import TakenRow
from huoshui.scenarios.whatif.full.taking import CLAIM_DUE

CLAIM_LOST_DUE = "whatif.claim_lost_due"
MONTH_DUE = "whatif.month_due"
_DAY = timedelta(days=1)


class Living:
    """The due work of a full run, beside all that production has."""

    def __init__(self, run: FullRun) -> None:
        self.run = run
        self.lgd = {each.key: each.lgd for each in run.products}
        self.work: Mapping[str, Run] = {
            **due.WORK,
            PAY_DUE: self.pay,
            LOST_DUE: self.lose,
            CLAIM_DUE: self.chase,
            CLAIM_LOST_DUE: self.lose_claims,
            MONTH_DUE: self.close_month,
        }

    def pay(self, tx: Tx, items: list[Item]) -> None:
        """Instalments fall due: they are paid in full, or the buyer has stopped."""
        loan_ids = [ids.read("loan", item.key) for item in items]
        positions, taken = loan_store.positions(tx, loan_ids), store.taken(tx, loan_ids)
        today, repayments = access.today(tx), []
        for loan_id in loan_ids:
            found = positions.get(loan_id)
            if found is None or found.standing == "closed":
                continue
            due_now = [n for n, day in enumerate(found.dues, start=1) if day <= today]
            stops = taken[loan_id].stops
            if stops is not None and len(due_now) >= stops and due_now:
                lost_on = found.dues[due_now[-1] - 1] + timedelta(days=self.run.charge_off_days)
                tx.later(LOST_DUE, ids.show("loan", loan_id), noon(tx, lost_on))
                continue
            amount = sum(found.opens[n - 1] for n in due_now)
            if amount:
                key = f"whatif/{today}"
                repayments.append(Repayment(loan_id=loan_id, amount=amount, key=key))
            self._next(tx, found, today)
        if repayments:
            loans.repay(tx, repayments)

    @staticmethod
    def _next(tx: Tx, found: Position, today: date) -> None:
        ahead = [day for day in found.dues if day > today]
        if ahead:
            tx.later(PAY_DUE, ids.show("loan", found.loan_id), noon(tx, min(ahead)))

    def lose(self, tx: Tx, items: list[Item]) -> None:
        """Loans of which nothing was paid so long are charged off; what is regained comes at once."""
        loan_ids = [ids.read("loan", item.key) for item in items]
        taken, today = store.taken(tx, loan_ids), access.today(tx)
        batch = loans.Batch(tx, loan_ids)
        for loan_id in loan_ids:
            running = batch.loans[loan_id]
            owed = running.state.principal_owed
            if running.loan.state != "running" or not running.state.outstanding:
                continue
            since = min(row.due for row in running.state.rows if row.outstanding)
            lost_on = since + timedelta(days=self.run.charge_off_days)
            if lost_on > today:  # something came in meanwhile
                tx.later(LOST_DUE, running.loan.shown, noon(tx, lost_on))
                continue
            event = e.ChargedOff(id="", on=today, recorded=today)
            batch.record(loan_id, event, "whatif/lost")
            back = self._regained(taken[loan_id], owed)
            if back:
                paid = e.Paid(id="", on=today, recorded=today, amount=back)
                batch.record(loan_id, paid, "whatif/regained")
            if running.tables.sales is not None:  # what is assumed to come in is all that does
                given_up = e.WrittenOff(id="", on=today, recorded=today)
                batch.record(loan_id, given_up, "whatif/given_up")
        batch.flush()

    def _regained(self, row: TakenRow, lost: int) -> int:
        return lost - (2 * lost * self.lgd[row.product] + MILLION) // (2 * MILLION)

    def chase(self, tx: Tx, items: list[Item]) -> None:
        """Claims whose debtors have had all their time: bought back by the seller where terms say so."""
        for item in items:
            of = claims.assignment(tx, ids.read("asg", item.key), lock=True)
            if of.state == "advanced":
                of = _tried(tx, of, bought_back=True)
            if of.ended_at is None:
                on = access.today(tx) + timedelta(days=self.run.charge_off_days)
                tx.later(CLAIM_LOST_DUE, item.key, noon(tx, on))

    def lose_claims(self, tx: Tx, items: list[Item]) -> None:
        """What sellers or buyers still owe is written off; what is regained comes at once."""
        asg = [ids.read("asg", item.key) for item in items]
        taken = store.taken(tx, asg)
        for id_ in asg:
            of = claims.assignment(tx, id_, lock=True)
            if of.ended_at is not None:
                continue
            of = _tried(tx, of, bought_back=False)
            back = self._regained(taken[id_], of.loss)
            if of.state == "written_off" and back:
                factoring_flow.collect(tx, id_, back, "whatif")

    def close_month(self, tx: Tx, items: list[Item]) -> None:
        """The first of a month: the day before is closed, and what the month cost is charged."""
        today = access.today(tx)
        days.close_parts(tx, today - _DAY, range(PARTS))
        costs.charge(tx, self.run, today - _DAY)
        tx.later(MONTH_DUE, str(_next_month(today)), noon(tx, _next_month(today)))


def _tried(tx: Tx, of: Assignment, *, bought_back: bool) -> Assignment:
    """Buy a claim back or write it off; as it is where its terms do not have it."""
    try:
        if bought_back:
            return claims.recourse(tx, of.id, "whatif")
        return claims.write_off(tx, of.id, "whatif")
    except Problem:
        return of


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def begin(tx: Tx) -> None:
    """Put the end of the first month on the queue."""
    first = _next_month(access.today(tx))
    tx.later(MONTH_DUE, str(first), noon(tx, first))
