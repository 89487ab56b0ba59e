"""A loan while something is done to it: its events, its fold, and what is to be posted. No I/O."""

from __future__ import annotations

from datetime import date, datetime
from fractions import Fraction
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.ledger import Transaction
from huoshui.lines.lending.life import steps
from huoshui.lines.lending.life.state import State
from huoshui.lines.lending.loan import journal
from huoshui.lines.lending.loan.journal import Difference, FoldedBy, Told
from huoshui.lines.lending.loan.model import Accrued, EventRow, Loan, Unconserved
from huoshui.lines.lending.loan.telling import Order, event_of
from huoshui.lines.lending.postings import TEMPLATES, Posting
from huoshui.lines.lending.product import LoanTables
from huoshui.lines.lending.schedule import Terms


class Due(msgspec.Struct, frozen=True):
    """An entry to be posted for a loan, and the event that caused it."""

    cause: UUID | None
    posting: Posting
    id: UUID


def terms_of(loan: Loan, tables: LoanTables, start: date) -> Terms:
    """The terms that were signed, run from a day. Raises BadLoanTerms."""
    rate = Fraction(loan.rate_annual or 0)
    return tables.schedule_terms(start, loan.amount, loan.instalments, rate)


class Running:
    """A loan, locked, as it changes while events are recorded of it."""

    def __init__(
        self, loan: Loan, tables: LoanTables, rows: list[EventRow], accrued: Accrued | None
    ) -> None:
        self.loan, self.tables, self.rows, self.accrued = loan, tables, rows, accrued
        self.order = Order(event_of(row) for row in rows)
        self.by: FoldedBy | None = None
        self.new_rows: list[EventRow] = []
        self.due: list[Due] = []
        self.changed = False
        self._state: State | None = None
        if loan.start_on is not None:
            self.begin(loan.start_on)

    def begin(self, start: date) -> None:
        """Let the terms run from a day."""
        self.by = FoldedBy(terms_of(self.loan, self.tables, start), self.tables.rules())

    @property
    def state(self) -> State:
        """What the events make of it, told once in their order."""
        assert self.by is not None
        if self._state is None:
            self._state = journal.fold(self.by, self.order)
        return self._state

    @property
    def drawn(self) -> int:
        """All that was drawn and stands, in minor units; of a revolving account what is not repaid."""
        if self.by is not None and self.by.terms.revolving is not None:
            return self.state.principal_owed
        return sum(amount for _, amount in self.state.drawn) if self.by else 0

    def keyed(self, key: str) -> EventRow | None:
        """The event that a caller's key names already."""
        return next((row for row in self.rows if row.key == key), None)

    def record(self, row: EventRow) -> None:
        """Append an event: what it changes of the journal falls due for posting."""
        event = event_of(row)
        order = self.order.copy()
        order.record(event)
        try:
            found = self._apart(order)
        except IndexError as error:  # terms that were changed into what no plan can hold
            raise Unconserved(id=self.loan.shown) from error
        self.rows.append(row)
        self.new_rows.append(row)
        if not journal.conserves(self.state):
            raise Unconserved(id=self.loan.shown)
        self._take(found, row.id, row.id)

    def _apart(self, order: Order) -> Difference:
        """The difference that another order makes; the loan is of that order then."""
        assert self.by is not None
        assert self.accrued is not None
        before, self.order = self.order, order
        through = self.accrued.through
        # What was earned up to a day is told by the events up to it: fold from there.
        shared = min(before.shared(order), before.until(through))
        old, new = before.events[shared:], order.events[shared:]
        base = self._prefix(before, shared)
        other = base.copy()
        other.undone = order.undone
        since = min(through, *(key[0] for key, _ in (*old[:1], *new[:1])))
        told = journal.tell(base, old, through, since)
        after = journal.tell(other, new, through, since)
        self._state = after.state
        return journal.difference(told, after, since)

    def _prefix(self, order: Order, count: int) -> State:
        assert self.by is not None
        if self._state is not None and count == len(order.events):
            return self._state
        state = self.by.empty(order)
        for _, event in order.events[:count]:
            steps.apply(state, event)
        return state

    def state_on(self, day: date) -> State:
        """What the events that count up to a day make of it; only to look at."""
        return self._prefix(self.order, self.order.until(day))

    def accrue(self, through: date) -> None:
        """Let all days up to one be on the ledger."""
        assert self.by is not None
        assert self.accrued is not None
        since = self.accrued.through
        if through <= since:
            return
        events = self.order.events
        count = self.order.until(since)
        base = self._prefix(self.order, count)
        other = base.copy()
        told = journal.tell(base, events[count:], since, since)
        after = journal.tell(other, events[count:], through, since)
        self._state = after.state
        found = journal.difference(told, after, since)
        self.accrued = msgspec.structs.replace(self.accrued, through=through)
        self._take(found, None, ids.derived(self.loan.id, f"through/{through}"))

    def whole(self) -> Told:
        """The whole fold, from the first event on: what it earned by the ends of months, and at the end."""
        assert self.by is not None
        assert self.accrued is not None
        since = self.by.terms.start
        through = self.accrued.through
        return journal.tell(self.by.empty(self.order), self.order.events, through, since)

    def _take(self, found: Difference, cause: UUID | None, source: UUID) -> None:
        assert self.accrued is not None
        interest, charges, penalty = found.accrued
        interest += sum(_by_event(posting) for posting in found.postings)
        self.accrued = msgspec.structs.replace(
            self.accrued,
            interest=self.accrued.interest + interest,
            charges=self.accrued.charges + charges,
            penalty=self.accrued.penalty + penalty,
        )
        self.due += [
            Due(cause, posting, ids.derived(source, f"posting/{n}"))
            for n, posting in enumerate(found.postings)
        ]
        self.changed = True


_EARNED = {"accrued": 1, "accrual_taken_back": -1}


def _by_event(posting: Posting) -> int:
    """What an event earned of a fixed fee: days have no event."""
    sign = _EARNED.get(posting.template, 0) if posting.event else 0
    return sign * posting.amounts["interest"] if sign else 0


def transaction(loan: Loan, due: Due, effective_at: datetime) -> Transaction | None:
    """The ledger's transaction of an entry; None where it moves nothing from one account to another."""
    legs = TEMPLATES[due.posting.template].legs({"book": loan.product}, due.posting.amounts)
    if not legs:
        return None
    return Transaction(
        id=due.id,
        template=f"loan.{due.posting.template}",
        reference=loan.shown,
        currency=loan.currency,
        legs=tuple(legs),
        effective_at=effective_at,
    )
