"""What tests of running loans share: a product on offer, a borrower, a loan, random lives."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from huoshui.catalog import service as catalog
from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.core.expr import Schema
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.life.view import moved_by
from huoshui.lines.lending.loan import contract, journal, service, store
from huoshui.lines.lending.loan.contract import Application
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.lending.loan.service import Outcome, Repayment
from huoshui.lines.lending.loan.telling import event_of, kind_of
from huoshui.lines.lending.postings import TEMPLATES, postings
from huoshui.lines.lending.product import LENDING
from huoshui.scenarios import order_flow
from tests.ground import Ground, placed

_applications = itertools.count()

PRODUCT = """
product = "{name}"
line = "lending"
currency = "CNY"
name = {{ en = "Term loan", zh = "分期贷款" }}
about = {{ en = "A loan in equal instalments.", zh = "等额分期还款的贷款。" }}
amount = {{ min = 10_000, max = 5_000_000 }}
price = {{ rate_annual = "{rate}" }}
{more}
[terms]
instalments = [3, 6, 12]
{terms}
[law]
cap_annual = "0.36"

[[disclosures]]
en = "You repay {{total}}; yearly {{irr_compound}}."
zh = "共还 {{total}}，年化 {{irr_compound}}。"
"""


def product(
    tx: Tx, name: str = "term", *, rate: str = "0.12", more: str = "", terms: str = ""
) -> str:
    """Publish and offer a product; its name."""
    return publish(tx, PRODUCT.format(name=name, rate=rate, more=more, terms=terms).encode())


def publish(tx: Tx, content: bytes) -> str:
    """Publish what a file says and offer it; the product's name."""
    row = catalog.publish(tx, content, {"lending": LENDING}, Schema(()), ())
    catalog.offer(tx, row.product, row.number)
    return row.product


def borrower(tx: Tx) -> str:
    """A seller who borrows."""
    order_flow.take(tx, placed())
    return ids.show("slr", tx.value("SELECT id FROM seller WHERE book = %(book)s"))


def signed(
    tx: Tx, party: str, name: str = "term", amount: int = 1_200_000, instalments: int = 12,
    **more: Any,
) -> Loan:  # fmt: skip
    """A loan that was consented to."""
    asked = Application(product=name, party=party, amount=amount, instalments=instalments, **more)
    loan = contract.apply(tx, asked, key=f"{next(_applications)}")
    assert contract.decide(tx, loan.id).state == "offered"
    return contract.consent(tx, loan.id, "in_person")


def on_ledger(tx: Tx, loan: Loan) -> Counter[str]:
    """What the ledger moved for a loan: debits less credits by account."""
    found: Counter[str] = Counter()
    rows = tx.tuples(
        """SELECT f.path, t.path, x.amount FROM transfer x
        JOIN account f ON f.book = x.book AND f.id = x.from_id
        JOIN account t ON t.book = x.book AND t.id = x.to_id
        WHERE x.book = %(book)s AND x.reference = %(loan)s""",
        loan=loan.shown,
    )
    for source, target, amount in rows:
        found[source] += amount
        found[target] -= amount
    return found


def by_month(tx: Tx, loan: Loan) -> Counter[tuple[str, str]]:
    """What the ledger moved for a loan by month of effect and account."""
    found: Counter[tuple[str, str]] = Counter()
    rows = tx.tuples(
        """SELECT to_char(x.effective_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM'), f.path, t.path,
            x.amount FROM transfer x
        JOIN account f ON f.book = x.book AND f.id = x.from_id
        JOIN account t ON t.book = x.book AND t.id = x.to_id
        WHERE x.book = %(book)s AND x.reference = %(loan)s""",
        loan=loan.shown,
    )
    for month, source, target, amount in rows:
        found[month, source] += amount
        found[month, target] -= amount
    return Counter({place: amount for place, amount in found.items() if amount})


def full_fold(tx: Tx, loan_id: UUID) -> Counter[tuple[str, str]]:
    """What a fold of all events from the first on says, by month and account."""
    batch = service.Batch(tx, [loan_id])
    running = batch.loans[loan_id]
    told = running.whole()
    listed = list(postings(moved_by(told.state)))
    before = journal.NOTHING
    for day in sorted(told.earned):
        if day == told.until or day == journal.month_end(day):
            parts = told.earned[day]
            apart = (parts[0] - before[0], parts[1] - before[1], parts[2] - before[2])
            listed += journal.earned(day, apart)
            before = parts
    found: Counter[tuple[str, str]] = Counter()
    for each in listed:
        for leg in TEMPLATES[each.template].legs({"book": running.loan.product}, each.amounts):
            found[f"{each.on:%Y-%m}", leg.source] += leg.amount
            found[f"{each.on:%Y-%m}", leg.target] -= leg.amount
    return Counter({place: amount for place, amount in found.items() if amount})


class Walk:
    """A random life of a loan on a world's own clock: what is asked next, and what was answered."""

    def __init__(self, market: Ground, chance: random.Random, loan: Loan) -> None:
        self.market, self.chance, self.loan = market, chance, loan
        self.number = 0
        self.told: list[Outcome] = []

    def step(self, now: datetime) -> Outcome | None:
        """One thing that happens, or nothing where the loan refuses it; the books are then compared."""
        self.number += 1
        with self.market.database.begin(book=self.market.number, now=now) as tx:
            if self.chance.random() < 0.4:
                service.accrue_due(tx)
            done = None
            try:
                with tx.savepoint():
                    done = self._one(tx, f"k{self.number}")
            except Problem as problem:
                if problem.status >= 500:
                    raise
            self.compare(tx)
        if done is not None:
            self.told.append(done)
        return done

    def compare(self, tx: Tx) -> None:
        """What stands on the ledger is the full fold, by month and account; money is conserved."""
        have, want = by_month(tx, self.loan), full_fold(tx, self.loan.id)
        apart = {
            place: (have[place], want[place])
            for place in {*have, *want}
            if have[place] != want[place]
        }
        assert not apart, (
            apart,
            [
                (r.kind, str(r.on_), str(r.recorded_on), r.amount, r.payload)
                for r in store.events(tx, [self.loan.id])
            ],
            store.accrued(tx, [self.loan.id]),
        )
        position = store.positions(tx, [self.loan.id]).get(self.loan.id)
        books = on_ledger(tx, self.loan)
        assert sum(books.values()) == 0
        if position is None:
            return
        name = self.loan.product
        batch = service.Batch(tx, [self.loan.id])
        state = batch.loans[self.loan.id].state
        assert -books[f"borrowers:{name}:credit"] == state.overpaid == position.credit
        lost = state.charged_off or state.written_off
        if not state.written_off:
            owed = 0 if lost else state.principal_owed
            assert books[f"loans:{name}:principal"] == owed, (books, moved_by(state))
        if lost or (state.drawn and not state.outstanding):
            kept = [(kind_of(each), each) for _, each in batch.loans[self.loan.id].order.events]
            assert not books[f"loans:{name}:receivable"], (books, moved_by(state), kept)
        accrued = store.accrued(tx, [self.loan.id])[self.loan.id]
        told = batch.loans[self.loan.id].whole()
        stood = (accrued.interest, accrued.charges, accrued.penalty)
        assert stood == told.earned[told.until], (stood, accrued.through, told.until, told.earned)

    def _one(self, tx: Tx, key: str) -> Outcome:
        chance, today = self.chance, access.today(tx)
        back = chance.choice([0, 0, 0, 0, 3, 20, 70])
        on = max(today - timedelta(days=back), self.loan_start(tx) or today)
        loan_id = self.loan.id
        verb = chance.choices(
            ["draw", "pay", "settle", "charge", "waive", "undo", "back", "rate", "pause", "refund",
             "loss", "give", "again", "reshape"],
            [2, 12, 1, 3, 1, 4, 1, 1, 1, 2, 1, 1, 2, 1],
        )[0]  # fmt: skip
        if not self.told or verb == "draw":
            return service.draw(tx, loan_id, chance.choice([300_000, 600_000]), key, on=on)
        if verb == "again":
            return self._again(tx)
        if verb == "undo":
            return service.reverse(tx, loan_id, chance.choice(self.told).event.shown, key)
        if verb in {"pay", "settle", "refund"}:
            amount = chance.randrange(1_000, 150_000)
            if verb == "settle":
                amount = service.settlement(tx, loan_id, on).total
            kind = "merchant_issued_refund" if verb == "refund" else "repayment"
            asked = Repayment(loan_id=loan_id, amount=amount, key=key, kind=kind, on=on)
            return service.repay(tx, [asked])[0]
        return service.record(tx, loan_id, self._event(verb, on, today), key)

    def _again(self, tx: Tx) -> Outcome:
        """The same call again: the event that stands is answered, nothing is posted."""
        row = self.chance.choice(self.told).event
        before = tx.value("SELECT count(*) FROM transfer WHERE book = %(book)s")
        again = service.record(tx, self.loan.id, event_of(row), row.key)
        assert again.again
        assert again.event.id == row.id
        assert tx.value("SELECT count(*) FROM transfer WHERE book = %(book)s") == before
        return again

    def _event(self, verb: str, on: date, today: date) -> e.AnyEvent:
        chance = self.chance
        mark: dict[str, Any] = {"id": "", "on": on, "recorded": today}
        of = chance.choice(self.told).event.shown
        match verb:
            case "charge":
                kind = chance.choice(["fee", "penalty"])
                due = on + timedelta(days=chance.choice([0, 0, 10, 40]))
                amount = chance.randrange(100, 9_000)
                return e.Charged(amount=amount, due=due, kind=kind, **mark)
            case "waive":
                return e.Waived(of=of, **mark)
            case "back":
                return e.ChargedBack(of=of, amount=chance.randrange(100, 40_000), **mark)
            case "rate":
                return e.RateChanged(rate_annual=Fraction(chance.choice([6, 10]), 100), **mark)
            case "pause":
                return e.InterestPaused(until=on + timedelta(days=12), **mark)
            case "give":
                return e.CreditRefunded(amount=chance.randrange(100, 9_000), **mark)
            case "reshape":
                if chance.random() < 0.5:
                    return e.ReAmortised(**mark)
                return e.ReAged(
                    first_due=on + timedelta(days=20), instalments=chance.choice([3, 6]), **mark
                )
        return e.ChargedOff(**mark) if chance.random() < 0.5 else e.WrittenOff(**mark)

    def loan_start(self, tx: Tx) -> date | None:
        """The day of the first drawdown."""
        found = store.loan(tx, self.loan.id)
        return found.start_on if found else None
