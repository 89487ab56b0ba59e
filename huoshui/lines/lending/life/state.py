"""The working state of a loan while its events are folded. No I/O.

Mutable, made anew or copied from a snapshot, and never kept: `view` tells it as frozen structs.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from huoshui.lines.lending.life.account import Account, opened
from huoshui.lines.lending.life.events import AnyEvent
from huoshui.lines.lending.life.instalment import Instalment
from huoshui.lines.lending.life.rules import Rules
from huoshui.lines.lending.schedule.change import new_plan
from huoshui.lines.lending.schedule.plan import Period, Plan
from huoshui.lines.lending.schedule.terms import Terms
from huoshui.lines.lending.waterfall import Bucket, Component, FutureRule

Buckets = list[tuple[Bucket, list[Component]]]
# Kinds of movement that leave what is owed as it was.
NOT_DEBT = {"re_age", "re_amortise", "charge_off", "write_off", "waive_charge", "waive_penalty"}
USING_CREDIT = {"disbursement", "chargeback", "credit_balance_refund"}  # the others leave some
DOWN = ":down"  # ends the id of a down payment that is taken with its drawdown


class Movement:
    """What an event did to the loan: amounts by component, and the principal owed after it."""

    __slots__ = (
        "amount",
        "balance",
        "by_credit",
        "earned",
        "event",
        "kind",
        "on",
        "overpaid",
        "parts",
    )

    def __init__(self, event: str, kind: str, on: date, amount: int) -> None:
        self.event, self.kind, self.on, self.amount = event, kind, on, amount
        self.parts: dict[Component, int] = {
            "principal": 0,
            "interest": 0,
            "fee": 0,
            "penalty": 0,
        }
        self.overpaid = self.balance = 0
        self.earned = 0  # of a fixed fee, by what it changed of what is expected
        self.by_credit: dict[Component, int] = {}  # what credit paid at once of what is owed again

    def copy(self) -> Movement:
        """The same movement, apart."""
        other = Movement(self.event, self.kind, self.on, self.amount)
        other.parts = dict(self.parts)
        other.overpaid, other.balance, other.earned = self.overpaid, self.balance, self.earned
        other.by_credit = self.by_credit
        return other


class Charge:
    """A fee or penalty: how much, due when, on which instalment, waived how far."""

    __slots__ = ("amount", "due", "event", "kind", "waived")

    def __init__(self, event: str, kind: str, due: date, amount: int) -> None:
        self.event, self.kind, self.due, self.amount = event, kind, due, amount
        self.waived = 0

    def copy(self) -> Charge:
        """The same charge, apart."""
        other = Charge(self.event, self.kind, self.due, self.amount)
        other.waived = self.waived
        return other


class State:
    """A loan in the middle of its fold."""

    def __init__(self, terms: Terms, rules: Rules, undone: Collection[str] = ()) -> None:
        self.terms, self.rules = terms, rules
        self.undone = undone  # ids of events that are undone, down payments among them
        self.plan: Plan = new_plan(terms)
        self.rows: list[Instalment] = [
            Instalment(period.start, period.due) for period in self.plan.periods
        ]
        self.account: Account | None = None
        if terms.is_account:
            self.account, row = opened(terms)
            self.rows = [row]
        self.movements: list[Movement] = []
        self.charges: list[Charge] = []
        self.buckets: dict[str, Buckets] = {}  # of tables that were read
        self.future: dict[str, FutureRule] = dict(rules.waterfall.future)
        self.drawn: list[tuple[date, int]] = []
        self.applied: list[AnyEvent] = []
        self.overpaid = 0
        self.penal = 0  # penalty interest that was asked for
        self.converted: date | None = None  # from when an account is a loan of instalments
        self.earned_before = 0  # interest that it had earned until then
        self.prepaying = False
        self.unsure = True  # whether instalments may ask for other than the plan says
        self.reshaped = False  # the plan no longer knows the instalments that are left
        self.charged_off: date | None = None
        self.written_off: date | None = None
        self.closed_on: date | None = None

    def copy(self) -> State:
        """The same state, apart."""
        other = State.__new__(State)
        other.__dict__.update(self.__dict__)
        other.plan = self.plan.copy()
        other.rows = [row.copy() for row in self.rows]
        other.movements = list(self.movements)  # which are never changed once they stand
        other.charges = [each.copy() for each in self.charges]
        other.future = dict(self.future)
        other.drawn = list(self.drawn)
        other.account = self.account.copy() if self.account else None
        other.applied = list(self.applied)
        return other

    @property
    def recalculates(self) -> bool:
        """Whether payments change interest now."""
        lost = self.charged_off or self.written_off
        return self.rules.recalculate and not lost and self.account is None

    @property
    def outstanding(self) -> int:
        """All that is open."""
        return sum(row.outstanding for row in self.rows)

    @property
    def principal_owed(self) -> int:
        """Principal drawn or charged back and not repaid."""
        return sum(row.principal - row.paid["principal"] for row in self.rows)

    @property
    def principal_asked(self) -> int:
        """Principal of all instalments, paid or not."""
        return sum(row.principal for row in self.rows)

    def keep_principal(self, owed: int, day: date) -> None:
        """Let instalments ask for so much principal in all; the last open ones take what differs."""
        for row in self.regular():
            row.principal = max(row.principal, row.paid["principal"])
            row.interest = max(row.interest, row.paid["interest"])
        lacking = owed - self.principal_asked
        for row in reversed(self.regular()):
            if lacking and not row.met:
                had = row.principal
                row.principal = max(row.paid["principal"], had + lacking)
                lacking -= row.principal - had
            row.review(day)
        if lacking:  # none is open
            row = self.regular()[-1]
            row.principal += lacking
            row.review(day)

    def row_of(self, period: Period) -> Instalment | None:
        """The instalment of a period of the plan."""
        own = (r for r in self.rows if not r.down and (r.asked_on is None or not self.converted))
        return next((r for r in own if r.due == period.due), None)

    def row_at(self, day: date) -> Instalment | None:
        """The instalment in whose period a day lies."""
        first = next((row for row in self.rows if not row.down), None)
        for row in self.rows:
            past = self.converted is not None and row.asked_on is not None
            if not row.down and not past and row.holds(day, first=row is first):
                return row
        return None

    def regular(self) -> list[Instalment]:
        """Instalments that are neither down payments nor additional."""
        return [row for row in self.rows if not row.down and not row.additional]

    def sort_rows(self) -> None:
        """Keep instalments in the order of their due dates."""
        self.rows.sort(key=lambda row: (row.due, row.additional, row.down))

    def rows_from_plan(self, day: date) -> None:
        """Tell the instalments what the plan asks now, and review whether they are met."""
        self.unsure = False
        periods, rows = self.plan.periods, self.rows
        if len(periods) == len(rows):
            for period, row in zip(periods, rows, strict=True):
                if period.due is not row.due or row.down:
                    break
                row.ask(period.due_principal, period.due_interest, day)
            else:
                return
        by_due = {row.due: row for row in rows if not row.down and row.asked_on is None}
        for period in periods:
            if period.due in by_due:
                by_due[period.due].ask(period.due_principal, period.due_interest, day)

    def amounts_from_plan(self) -> None:
        """Tell the instalments what the plan asks now, without a review."""
        self.unsure = True
        by_days = {(row.start, row.due): row for row in self.regular()}
        for period in self.plan.periods:
            row = by_days.get((period.start, period.due))
            if row is not None:
                row.unsure = True
                row.principal, row.interest = period.due_principal, period.due_interest
