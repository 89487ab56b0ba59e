"""What is done with a running loan: draw, repay, reverse, reshape, quote a settlement, close days.

Each verb takes a `key`, the caller's word for what happens: the same again answers the event that
stands and posts nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from huoshui import ledger
from huoshui.core import access, ids
from huoshui.core.db import Tx
from huoshui.ledger import Chart, Transaction
from huoshui.lines.lending.column import keeping
from huoshui.lines.lending.column.keeping import Followed
from huoshui.lines.lending.life import UnknownEvent
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.life.view import Moved, moved_by, payoff
from huoshui.lines.lending.loan import checks, store
from huoshui.lines.lending.loan.contract import PORTS, cap_of, moved, tables
from huoshui.lines.lending.loan.ends import Ends
from huoshui.lines.lending.loan.journal import seen_on
from huoshui.lines.lending.loan.model import (
    Accrued,
    BadLoanDay,
    EventDiffers,
    EventRow,
    Loan,
    NotBegun,
    PostedRow,
    StillOpen,
    UnknownLoan,
)
from huoshui.lines.lending.loan.ports import Ports
from huoshui.lines.lending.loan.position import Position, position
from huoshui.lines.lending.loan.running import Due, Running, terms_of, transaction
from huoshui.lines.lending.loan.statement import Statement
from huoshui.lines.lending.loan.statement import statement as written
from huoshui.lines.lending.loan.telling import kind_of, payload_of
from huoshui.lines.lending.partners.chart import CHART as PARTNERS
from huoshui.lines.lending.partners.following import Shares, Told
from huoshui.lines.lending.postings import CHART, Posting
from huoshui.lines.lending.product.quote import quote_within
from huoshui.lines.lending.schedule import Drawdown

_DAY = timedelta(days=1)
BOOKS = Chart((*CHART.kinds, *PARTNERS.kinds))
ACCRUE_MOST = 500  # loans in one transaction


class Outcome(msgspec.Struct, frozen=True):
    """What became of an event: the row, what it moved, what was posted for it, where the loan stands.

    `again` says that it stood already.
    """

    loan: Loan
    event: EventRow
    moved: tuple[Moved, ...]
    postings: tuple[Posting, ...]
    position: Position
    again: bool = False


class Repayment(msgspec.Struct, frozen=True, kw_only=True):
    """Money that came in for a loan, in minor units, of a kind; it counts from `on`, today if None."""

    loan_id: UUID
    amount: int
    key: str
    kind: str = "repayment"
    on: date | None = None


class Batch:
    """Loans that are loaded, locked, together; and all that is to be written of them.

    Who holds what stands of them on the ledger already (`held`) does not wait for their events.
    """

    def __init__(
        self, tx: Tx, loan_ids: Sequence[UUID], ports: Ports = PORTS, *, held: bool = False
    ) -> None:
        self.tx, self.ports, self.today = tx, ports, access.today(tx)
        wanted = set(loan_ids)
        found = store.some(tx, wanted) if held else store.lock(tx, wanted)
        for loan_id in wanted - found.keys():
            raise UnknownLoan(kind="loan", id=ids.show("loan", loan_id))
        posted, rows = store.accrued(tx, wanted), store.events(tx, wanted)
        self.loans = {
            loan_id: Running(
                loan,
                tables(tx, loan),
                [row for row in rows if row.loan_id == loan_id],
                posted.get(loan_id),
            )
            for loan_id, loan in found.items()
        }

    def record(self, loan_id: UUID, event: e.AnyEvent, key: str) -> tuple[EventRow, bool]:
        """Append an event of a loan; the row that stands, and whether it stood before.

        Raises EventDiffers, and what no event of this loan may be (see `checks`).
        """
        running = self.loans[loan_id]
        row = self._row(running, event, key)
        before = running.keyed(key)
        if before is not None:
            if not row.says_as(before):
                raise EventDiffers(id=running.loan.shown, key=key[:80])
            return before, True
        checks.check(running, event, self.today)
        if isinstance(event, e.Drawn):
            self._start(running, event)
        owed = running.state.principal_owed
        running.record(row)
        if running.loan.facility_id is not None and not isinstance(event, e.Drawn):
            fell = owed - running.state.principal_owed
            if fell:
                args = (running.loan.facility_id, running.loan.id, fell)
                self.ports.reserve.settle(self.tx, *args)
        self.tx.emit(
            f"loan.{row.kind}", running.loan.shown, at=self.tx.now, event=row.shown,
            on=row.on_.isoformat(), amount=row.amount,
        )  # fmt: skip
        return row, False

    def _start(self, running: Running, event: e.Drawn) -> None:
        """A drawdown: within the cap of the law, under the facility's limit, and the first one begins."""
        loan = running.loan
        start = loan.start_on or event.on
        if loan.start_on is None:
            terms = terms_of(loan, running.tables, start)
            fee = running.tables.partners.held_back(event.amount)
            drawn = [Drawdown(event.on, event.amount)]
            quote_within(terms, drawn, cap_of(running.tables), fee)
        if loan.facility_id is not None:
            self.ports.reserve.take(self.tx, loan.facility_id, loan.id, event.amount)
        if loan.start_on is None:
            running.loan = moved(self.tx, loan, "start", start_on=start)
            running.accrued = Accrued(loan.id, start - _DAY)
            running.begin(start)

    def _row(self, running: Running, event: e.AnyEvent, key: str) -> EventRow:
        id_ = ids.derived(running.loan.id, f"event/{key}")
        reverses = ids.read("lev", event.of) if isinstance(event, e.Reversed) else None
        return EventRow(
            loan_id=running.loan.id,
            number=len(running.rows) + 1,
            id=id_,
            key=key,
            kind=kind_of(event),
            on_=event.on,
            recorded_on=self.today,
            recorded_at=self.tx.now,
            amount=getattr(event, "amount", None),
            payload=payload_of(event),
            reverses=reverses,
            actor=self.tx.actor,
        )

    def flush(self) -> None:
        """Post what fell due, in one batch of the ledger, and write what was recorded."""
        changed = [each for each in self.loans.values() if each.changed]
        ends = Ends(self.tx)
        shares = Shares(self.tx, [_told(each, ends) for each in changed if each.accrued])
        posted = [(each.loan, due) for each in changed for due in each.due]
        self._post(posted, shares.transactions(), ends)
        store.add_events(self.tx, [row for each in changed for row in each.new_rows])
        store.keep_accrued(self.tx, [each.accrued for each in changed if each.accrued])
        for each in changed:
            self._follow(each)
            store.keep_position(self.tx, self.position(each))
        keeping.follow(self.tx, [_followed(each) for each in changed if each.by])
        shares.keep()

    def _post(
        self, listed: list[tuple[Loan, Due]], partners: list[Transaction], ends: Ends
    ) -> None:
        tx = self.tx
        commands, kept = [], []
        for loan, due in listed:
            made = transaction(loan, due, ends.of(due.posting.on))
            if made is not None:
                commands.append(made)
                kept.append(_posted(loan, due, tx.now))
        commands += partners
        for result in ledger.post(tx, commands, BOOKS) if commands else ():
            result.demand()
        store.add_postings(tx, kept)

    def _follow(self, running: Running) -> None:
        """A loan that owes nothing is closed; one that owes again is not."""
        at = self.position(running).standing
        over = at in {"closed", "written_off"}
        if over and running.loan.state == "running":
            running.loan = moved(self.tx, running.loan, "close", closed_at=self.tx.now)
        elif not over and running.loan.state == "closed":
            running.loan = moved(self.tx, running.loan, "reopen", closed_at=None)

    def position(self, running: Running) -> Position:
        """Where a loan stands today."""
        loan = running.loan
        return position(
            running.state, loan_id=loan.id, product=loan.product, currency=loan.currency,
            events=len(running.rows), day=self.today,
        )  # fmt: skip

    def outcome(self, loan_id: UUID, row: EventRow, *, again: bool) -> Outcome:
        """What became of an event."""
        running = self.loans[loan_id]
        said = [each for each in moved_by(running.state) if each.event.startswith(row.shown)]
        posted = [due.posting for due in running.due if due.cause == row.id]
        return Outcome(running.loan, row, tuple(said), tuple(posted), self.position(running), again)


def _followed(running: Running) -> Followed:
    loan = running.loan
    ended = "closed" if loan.state == "closed" and not running.state.written_off else ""
    table = running.tables.losses
    covered = loan.version if table is not None and table.integral else 0
    return Followed(
        loan.id, loan.product, loan.currency, loan.amount, running.state, ended, covered
    )


def _told(running: Running, ends: Ends) -> Told:
    """The loan as its partners follow it: from the first day that an event changed, or up to the last that
    was closed."""
    assert running.accrued is not None
    mark = f"parts/{len(running.rows)}/{running.accrued.through}"
    source = running.due[-1].id if running.due else ids.derived(running.loan.id, mark)
    postings = tuple(due.posting for due in running.due)
    partners = running.tables.partners
    through = running.accrued.through
    first = min((posting.on for posting in postings), default=None) if running.new_rows else through
    at = ends.of(first) if first else None
    return Told(running.loan, partners, running.accrued, postings, source, at=at)


def _posted(loan: Loan, due: Due, at: datetime) -> PostedRow:
    posting = due.posting
    amounts = {name: amount for name, amount in posting.amounts.items() if amount}
    return PostedRow(
        loan.id, due.id, due.cause, posting.event, posting.on, posting.template, amounts, at
    )


def record(tx: Tx, loan_id: UUID, event: e.AnyEvent, key: str, ports: Ports = PORTS) -> Outcome:
    """Let an event be known of a loan, and post what it changes. `event.id` is not used."""
    batch = Batch(tx, [loan_id], ports)
    row, again = batch.record(loan_id, event, key)
    batch.flush()
    return batch.outcome(loan_id, row, again=again)


def draw(
    tx: Tx, loan_id: UUID, amount: int, key: str, *, on: date | None = None, ports: Ports = PORTS
) -> Outcome:
    """Pay out an amount to the borrower; the first drawdown begins the terms.

    Raises CoolingOff, DrawnTooMuch, BadLoanDay, IllegalMove, RateAboveCap, EventDiffers, and what the
    facility refuses.
    """
    event = e.Drawn(amount=amount, **_days(tx, on))
    return record(tx, loan_id, event, key, ports)


def find_event(tx: Tx, loan_id: UUID, event_id: UUID) -> Outcome:
    """What became of an event that stands already. Raises UnknownLoan, UnknownEvent."""
    batch = Batch(tx, [loan_id])
    for row in batch.loans[loan_id].rows:
        if row.id == event_id:
            return batch.outcome(loan_id, row, again=True)
    raise UnknownEvent(id=ids.show("lev", event_id))


def repay(tx: Tx, repayments: Sequence[Repayment], ports: Ports = PORTS) -> list[Outcome]:
    """Take payments, each by the waterfall of its loan; many at once are posted at once.

    Raises UnknownLoan, BadLoanDay, IllegalMove, EventDiffers: then none of them stands.
    """
    batch = Batch(tx, [each.loan_id for each in repayments], ports)
    rows = []
    for each in repayments:
        event = e.Paid(amount=each.amount, kind=each.kind, **_days(tx, each.on))
        rows.append(batch.record(each.loan_id, event, each.key))
    batch.flush()
    return [
        batch.outcome(each.loan_id, row, again=again)
        for each, (row, again) in zip(repayments, rows, strict=True)
    ]


def reverse(tx: Tx, loan_id: UUID, event: str, key: str, ports: Ports = PORTS) -> Outcome:
    """Undo an event, as if it had not been; what came after it is told again.

    Raises UnknownEvent, CannotUndo, EventDiffers.
    """
    undone = e.Reversed(of=event, **_days(tx, None))
    return record(tx, loan_id, undone, key, ports)


class Settlement(msgspec.Struct, frozen=True):
    """What would settle a loan on a day, in minor units, and what is spared by it."""

    on: date
    total: int
    principal: int
    interest: int
    charges: int
    credit: int
    spared: int


def settlement(tx: Tx, loan_id: UUID, on: date | None = None) -> Settlement:
    """What the borrower would pay to be quit of a loan on a day. Raises UnknownLoan, BadLoanDay."""
    running = read(tx, loan_id)
    day = on or access.today(tx)
    checks.day_from(running, day)
    seen = seen_on(running.state, day)
    total = payoff(running.state, day)
    charges = sum(row.open("fee") + row.open("penalty") for row in seen.rows)
    principal = seen.principal_owed
    whole = sum(row.outstanding for row in seen.rows)
    credit = min(seen.overpaid, total)
    return Settlement(
        day, total, principal, total - principal - charges, charges, credit, max(0, whole - total)
    )


def statement(
    tx: Tx, loan_id: UUID, since: date | None = None, until: date | None = None,
    known: int | None = None,
) -> Statement:  # fmt: skip
    """What happened from one day to another, the whole life if none is named.

    As it was when so many events were `known`: what came late since, or was undone, is not in it.

    Raises UnknownLoan, NotBegun, BadLoanDay.
    """
    running, today = read(tx, loan_id, known), access.today(tx)
    start = running.loan.start_on
    if start is None or not running.rows:
        raise NotBegun(id=running.loan.shown)
    first, last = max(since or start, start), until or today
    if not first <= last <= today:
        raise BadLoanDay(on=last.isoformat(), first=first.isoformat())
    return written(running, first, last)


def read(tx: Tx, loan_id: UUID, known: int | None = None) -> Running:
    """A loan with its fold, to look at; of its first events alone where so many are `known`.

    Raises UnknownLoan.
    """
    loan = store.loan(tx, loan_id)
    if loan is None:
        raise UnknownLoan(kind="loan", id=ids.show("loan", loan_id))
    return Running(loan, tables(tx, loan), store.events(tx, [loan_id])[:known], None)


def position_of(tx: Tx, loan_id: UUID) -> Position | None:
    """Where a loan stands today, folded anew; None before the first drawdown. Raises UnknownLoan."""
    running = read(tx, loan_id)
    if running.by is None:
        return None
    loan = running.loan
    return position(
        running.state, loan_id=loan.id, product=loan.product, currency=loan.currency,
        events=len(running.rows), day=access.today(tx),
    )  # fmt: skip


def accrue(tx: Tx, loan_ids: Sequence[UUID], through: date) -> int:
    """Let all days of loans up to one be on the ledger; the same again posts nothing. How many moved."""
    batch = Batch(tx, loan_ids)
    through = min(through, batch.today - _DAY)
    for running in batch.loans.values():
        if running.loan.state == "running":
            running.accrue(through)
    batch.flush()
    return sum(1 for each in batch.loans.values() if each.changed)


def accrue_due(tx: Tx, limit: int = ACCRUE_MOST) -> int:
    """Bring the loans that are longest behind up to yesterday; how many. To be called until none."""
    yesterday = access.today(tx) - _DAY
    found = store.running(tx, yesterday, limit)
    return accrue(tx, found, yesterday) if found else 0


def rebuild(tx: Tx, loan_ids: Sequence[UUID]) -> None:
    """Write projections anew from the events."""
    batch = Batch(tx, loan_ids)
    for running in batch.loans.values():
        if running.by is not None:
            store.keep_position(tx, batch.position(running))
            keeping.follow(tx, [_followed(running)])


def close(tx: Tx, loan_id: UUID) -> Loan:
    """See that a loan is closed, which it is once nothing is owed. Raises StillOpen."""
    batch = Batch(tx, [loan_id])
    running = batch.loans[loan_id]
    if running.loan.state != "closed":
        raise StillOpen(id=running.loan.shown)
    return running.loan


def _days(tx: Tx, on: date | None) -> dict[str, Any]:
    today = access.today(tx)
    return {"id": "", "on": on or today, "recorded": today}


__all__ = [
    "Batch", "Outcome", "Repayment", "Settlement", "UnknownEvent", "accrue", "accrue_due", "close",
    "draw", "position_of", "read", "rebuild", "record", "repay", "reverse", "settlement",
    "statement",
]  # fmt: skip
