"""One life of a loan of a product, on books of its own. No I/O; chance comes from a seed."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from huoshui.core import ids
from huoshui.core.errors import Problem
from huoshui.lines.lending.funding.parts import FUNDER, Whole, parts
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.life.view import dues
from huoshui.lines.lending.loan import checks
from huoshui.lines.lending.loan.journal import seen_on
from huoshui.lines.lending.loan.model import Accrued, EventRow, Loan
from huoshui.lines.lending.loan.running import Running
from huoshui.lines.lending.loan.telling import kind_of, payload_of
from huoshui.lines.lending.postings import TEMPLATES, Posting
from huoshui.lines.lending.product.model import LoanTables
from huoshui.lines.lending.product.quote import Asked

_DAY = timedelta(days=1)
_AT = datetime(2020, 1, 1, tzinfo=UTC)
_ID = UUID(int=7 << 76 | 2 << 62)
_PAYMENTS_MOST = 1_300


class UnsoundLife(Problem):
    """After this the books and the loan say different things, or something is below zero."""

    code = "unsound_loan_life"
    status = 422


class TrialLife:
    """A loan as it is drawn and lives, and what is posted for it."""

    def __init__(
        self, tables: LoanTables, product: str, currency: str, asked: Asked, rate: str
    ) -> None:
        loan = Loan(
            id=_ID, party="", product=product, version=0, currency=currency, state="running",
            amount=asked.amount, instalments=asked.instalments, rate_annual=rate, applied_at=_AT,
            start_on=asked.on,
        )  # fmt: skip
        self.running = Running(loan, tables, [], Accrued(loan.id, asked.on - _DAY))
        self.asked, self.today, self.story = asked, asked.on, list[str]()

    def tell(self, event: e.AnyEvent) -> None:
        """Let something happen today or earlier. Raises what a loan refuses."""
        checks.check(self.running, event, self.today)
        running = self.running
        row = EventRow(
            loan_id=running.loan.id, number=len(running.rows) + 1,
            id=ids.derived(_ID, f"event/{len(running.rows)}"), key=str(len(running.rows)),
            kind=kind_of(event), on_=event.on, recorded_on=self.today, recorded_at=_AT,
            amount=getattr(event, "amount", None), payload=payload_of(event),
            reverses=ids.read("lev", event.of) if isinstance(event, e.Reversed) else None, actor="",
        )  # fmt: skip
        before = (list(running.rows), running.accrued, list(running.due))
        try:
            running.record(row)
        except Problem:  # as a transaction that is undone
            self.running = Running(running.loan, running.tables, before[0], before[1])
            self.running.due = before[2]
            raise
        self.story.append(f"{event.on} {row.kind} {row.amount or ''}".strip())

    def draw(self, amount: int) -> None:
        """Draw an amount today, in minor units."""
        self.tell(e.Drawn(amount=amount, **self._mark()))

    def pay(self, amount: int, kind: str = "repayment", on: date | None = None) -> None:
        """Pay an amount, in minor units."""
        self.tell(e.Paid(amount=amount, kind=kind, **self._mark(on)))

    def _mark(self, on: date | None = None) -> dict[str, Any]:
        return {"id": "", "on": on or self.today, "recorded": self.today}

    def pass_to(self, day: date) -> None:
        """Let days pass: what they earn falls due for posting."""
        self.today = max(self.today, day)
        self.running.accrue(self.today - _DAY)

    def on_time(self) -> None:
        """All is drawn at once and paid on the days on which it falls due."""
        self.draw(self.asked.amount)
        for _ in range(_PAYMENTS_MOST):
            state = self.running.state
            ahead = [row for row in dues(seen_on(state, self.today)) if row.outstanding > 0]
            if not ahead:
                break
            self.pass_to(ahead[0].due)
            now = dues(seen_on(self.running.state, self.today))
            owed = sum(row.outstanding for row in now if row.due <= self.today)
            if owed:
                self.pay(owed)
        self.check()

    def at_random(self, chance: random.Random, steps: int) -> None:
        """So many things happen at random, each followed by a look at the books."""
        self.draw(max(1, self.asked.amount * chance.choice([1, 2, 2]) // 2))
        for _ in range(steps):
            self.pass_to(self.today + chance.choice([0, 1, 9, 20, 33]) * _DAY)
            try:
                self._happen(chance)
            except UnsoundLife:
                raise
            except Problem:
                continue  # it was refused
            self.check()

    def _happen(self, chance: random.Random) -> None:
        part = max(1, self.asked.amount // chance.choice([1, 3, 10, 40]))
        back = max(self.asked.on, self.today - chance.choice([0, 0, 3, 20, 45]) * _DAY)
        verb = chance.choices(
            ["pay", "refund", "draw", "fee", "undo", "lose", "forgive", "back", "pay_all"],
            [12, 2, 2, 2, 3, 1, 1, 1, 1],
        )[0]
        match verb:
            case "pay":
                self.pay(part, on=back)
            case "refund":
                self.pay(part, "merchant_issued_refund", back)
            case "draw":
                self.draw(part)
            case "fee":
                mark = self._mark()
                self.tell(e.Charged(amount=1 + part // 50, due=self.today, **mark))
            case "undo":
                of = chance.choice(self.running.rows[1:] or self.running.rows).shown
                self.tell(e.Reversed(of=of, **self._mark()))
            case "forgive":
                self.tell(e.PenaltyWaived(**self._mark(back)))
            case "back":
                paid = [row for row in self.running.rows if row.kind == "payment"]
                of = chance.choice(paid or self.running.rows).shown
                self.tell(e.ChargedBack(amount=part, of=of, **self._mark()))
            case "lose":
                self.tell(e.ChargedOff(**self._mark()))
            case _:
                seen = seen_on(self.running.state, self.today)
                self.pay(max(1, sum(row.outstanding for row in dues(seen))))

    def postings(self) -> list[Posting]:
        """What was posted so far, in its order."""
        return [due.posting for due in self.running.due]

    def books(self) -> Counter[str]:
        """What stands on each account, debits less credits."""
        found: Counter[str] = Counter()
        for each in self.postings():
            for leg in TEMPLATES[each.template].legs({"book": "p"}, each.amounts):
                found[leg.source] += leg.amount
                found[leg.target] -= leg.amount
        return found

    def check(self) -> None:
        """Hold the books against the loan, and the partners against both. Raises UnsoundLife."""
        state, books = self.running.state, self.books()
        lost = bool(state.charged_off or state.written_off)
        settled = lost or bool(state.drawn and not state.outstanding)
        rows = dues(state)
        wrong = {
            "credit": -books["borrowers:p:credit"] != state.overpaid,
            "principal": not state.written_off
            and books["loans:p:principal"] != (0 if lost else state.principal_owed),
            "receivable": settled and books["loans:p:receivable"] != 0,
            "sign": any(
                min(row.principal, row.interest, row.fees, row.penalties) < 0 for row in rows
            ),
            "partners": settled and not state.written_off and self._left_with_partners(),
        }
        bad = [name for name, is_wrong in wrong.items() if is_wrong]
        if bad:
            raise UnsoundLife(what=", ".join(bad), story="; ".join(self.story[-8:]))

    def _left_with_partners(self) -> bool:
        """Whether a funder still has something of a loan of which nothing is owed."""
        tables, accrued = self.running.tables.partners, self.running.accrued
        if not tables.funding.funders or accrued is None:
            return False
        charges = accrued.charges + accrued.penalty
        whole = Whole(accrued_interest=accrued.interest, accrued_charges=charges)
        found = parts(tables, whole.after(self.postings()), {})
        left: Counter[str] = Counter()
        inward = ("lent", "earned_interest", "earned_charges")
        outward = ("returned", "serviced", "lost_principal", "lost_interest", "lost_charges")
        for (role, party, kind), amount in found.items():
            if role == FUNDER and kind in (*inward, *outward):
                left[party] += amount if kind in inward else -amount
        return any(left.values())
