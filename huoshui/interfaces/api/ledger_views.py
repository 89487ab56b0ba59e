"""What the API answers of the ledger: accounts, transactions, holds, balances in time, periods."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import cast
from uuid import UUID

import msgspec

from huoshui.core import ids
from huoshui.core.money import Money
from huoshui.ledger.history import Balance, Statement, StatementLine, View
from huoshui.ledger.journal import Line, Posted, TrialBalance
from huoshui.ledger.journal.search_store import HoldRow, HoldStep
from huoshui.ledger.model import (
    CLOSE_FROM,
    CLOSE_TO,
    CLOSES,
    KINDS,
    Account,
    HoldState,
    Moved,
    Side,
    TransferKind,
)
from huoshui.ledger.periods import Period
from huoshui.ledger.rows import Held


class AccountView(msgspec.Struct, frozen=True):
    """An account: its balance on its normal side and its four counters, minor units.

    `available` is what may still leave it, in - out - held_out, credit left out of account.
    """

    id: str
    path: str
    kind: str
    class_: str = msgspec.field(name="class")
    normal: str
    balance: Money
    held_out: int
    out: int
    held_in: int
    in_: int = msgspec.field(name="in")
    available: int
    closed: bool
    floor: int | None
    ceiling: int | None
    transfers: int
    opened_at: datetime


class LineView(msgspec.Struct, frozen=True):
    """A transfer as an account sees it, minor units of in - out; `held` is held on its side.

    Only a post and a capture move their amount; a hold reserves it, a release frees it.
    """

    transaction: str
    leg: int
    kind: TransferKind
    number: int
    amount: int
    balance: int
    held: int
    other: str
    template: str
    reference: str
    effective_at: datetime
    recorded_at: datetime


class LegView(msgspec.Struct, frozen=True):
    """A movement from one account to another."""

    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    amount: Money


class TransactionView(msgspec.Struct, frozen=True):
    """A posted transaction; `hold` is the one that it captures, frees or extends."""

    id: str
    kind: TransferKind
    template: str
    reference: str
    legs: list[LegView]
    effective_at: datetime
    recorded_at: datetime
    hold: str | None
    reverses: str | None
    reversed_by: str | None
    actor: str


class StepView(msgspec.Struct, frozen=True):
    """A transaction of a hold's life; `timeout_s` is what it was given to run."""

    transaction: str
    kind: TransferKind
    amount: Money
    timeout_s: int | None
    recorded_at: datetime
    actor: str


class HoldView(msgspec.Struct, frozen=True, omit_defaults=True):
    """A hold: `remaining` of `amount` is still reserved on `from`, for `to`.

    Shown alone it has its `steps`, oldest first.
    """

    id: str
    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    amount: Money
    remaining: Money
    state: HoldState
    closes: Side
    template: str
    reference: str
    held_at: datetime
    expires_at: datetime | None
    steps: list[StepView] | None = None


class HoldMovedView(msgspec.Struct, frozen=True):
    """A hold after what was done with it, and the transaction that did it."""

    hold: HoldView
    transaction: TransactionView


class BalanceView(msgspec.Struct, frozen=True):
    """What stood on an account at a moment, on its normal side.

    What was held then (minor units) is known by recorded time only, else null.
    """

    account: str
    path: str
    at: datetime
    view: View
    balance: Money
    held_out: int | None
    held_in: int | None


class StatementLineView(msgspec.Struct, frozen=True):
    """A posting on a statement, minor units of in - out; `late` stands in another span by the
    other view.
    """

    transaction: str
    leg: int
    number: int
    amount: int
    balance: int
    other: str
    template: str
    reference: str
    reverses: str | None
    effective_at: datetime
    recorded_at: datetime
    late: bool


class StatementView(msgspec.Struct, frozen=True):
    """An account over [since, until), minor units of in - out; totals are of the whole span.

    `archived_until` is set where history before it lies in an archive and the span begins later.
    """

    account: str
    path: str
    currency: str
    view: View
    since: datetime
    until: datetime
    opening: int
    closing: int
    total_in: int
    total_out: int
    archived_until: datetime | None
    data: list[StatementLineView]
    next: str | None


class PeriodView(msgspec.Struct, frozen=True):
    """A sealed period [since, until): its transfers, and a hash of what moved where on which day."""

    since: datetime | None
    until: datetime
    time_zone: str
    closed_at: datetime
    actor: str
    transfers: int
    hash: str


class PartView(msgspec.Struct, frozen=True):
    """What a part of an allocation takes; what is `kept` stays where it was."""

    to: str | None
    amount: Money
    kept: bool


class AllocationView(msgspec.Struct, frozen=True):
    """An amount over its parts, and the transaction that moved it; null where nothing moved."""

    amount: Money
    parts: list[PartView]
    transaction: TransactionView | None


class TotalView(msgspec.Struct, frozen=True):
    """A line of the trial balance."""

    class_: str = msgspec.field(name="class")
    kind: str
    accounts: int
    debit: Money
    credit: Money


class TrialBalanceView(msgspec.Struct, frozen=True):
    """The trial balance."""

    at: datetime
    balanced: bool
    lines: list[TotalView]
    debit: list[Money]
    credit: list[Money]


def account(row: Account) -> AccountView:
    """An account."""
    return AccountView(
        id=ids.show("acc", row.id),
        path=row.path,
        kind=row.kind,
        class_=row.class_,
        normal=row.normal,
        balance=Money(row.balance, row.currency),
        held_out=row.held_out,
        out=row.out_,
        held_in=row.held_in,
        in_=row.in_,
        available=row.available,
        closed=row.closed,
        floor=row.floor,
        ceiling=row.ceiling,
        transfers=row.version,
        opened_at=row.opened_at,
    )


def line(row: Line) -> LineView:
    """A transfer of an account."""
    return LineView(
        ids.show("txn", row.txn_id),
        row.leg,
        KINDS[row.kind],
        row.version,
        row.amount,
        row.balance,
        row.held,
        row.other,
        row.template,
        row.reference,
        row.effective_at,
        row.recorded_at,
    )


def transaction(posted: Posted) -> TransactionView:
    """A transaction with its legs."""
    entry = posted.entry
    return TransactionView(
        ids.show("txn", entry.id),
        KINDS[entry.kind],
        entry.template,
        entry.reference,
        [LegView(g.source, g.target, Money(g.amount, entry.currency)) for g in posted.legs],
        entry.effective_at,
        entry.recorded_at,
        _maybe("txn", entry.hold_id),
        _maybe("txn", entry.reverses),
        _maybe("txn", entry.reversed_by),
        entry.actor,
    )


def trial_balance(balance: TrialBalance) -> TrialBalanceView:
    """The trial balance."""
    return TrialBalanceView(
        balance.at,
        balance.balanced,
        [
            TotalView(
                class_=t.class_,
                kind=t.kind,
                accounts=t.accounts,
                debit=Money(t.debit, t.currency),
                credit=Money(t.credit, t.currency),
            )
            for t in balance.totals
        ],
        [Money(debit, currency) for currency, (debit, _) in balance.sums.items()],
        [Money(credit, currency) for currency, (_, credit) in balance.sums.items()],
    )


def made(moved: tuple[Moved, ...], sides: Iterable[tuple[str, str]]) -> TransactionView:
    """A transaction that was made just now, with the paths of its legs' accounts."""
    first = moved[0]
    return TransactionView(
        ids.show("txn", first.id),
        KINDS[first.kind],
        first.template,
        first.reference,
        [
            LegView(source, target, Money(m.amount, m.currency))
            for m, (source, target) in zip(moved, sides, strict=True)
        ],
        first.effective_at,
        first.recorded_at,
        _maybe("txn", first.hold_id),
        _maybe("txn", first.reverses),
        None,
        first.actor,
    )


def hold(row: HoldRow, steps: list[HoldStep] | None = None) -> HoldView:
    """A hold as stored."""
    return HoldView(
        id=ids.show("txn", row.id),
        source=row.source,
        target=row.target,
        amount=Money(row.amount, row.currency),
        remaining=Money(row.remaining, row.currency),
        state=cast(HoldState, row.state),
        closes=_closes(row.flags),
        template=row.template,
        reference=row.reference,
        held_at=row.held_at,
        expires_at=row.expires_at,
        steps=None if steps is None else [_step(step, row.currency) for step in steps],
    )


def _step(row: HoldStep, currency: str) -> StepView:
    return StepView(
        ids.show("txn", row.id),
        KINDS[row.kind],
        Money(row.amount, currency),
        row.timeout_s,
        row.recorded_at,
        row.actor,
    )


def held(found: Held) -> HoldView:
    """A hold as a batch has it now."""
    row = found.hold
    return HoldView(
        id=ids.show("txn", row.id),
        source=found.source.path,
        target=found.target.path,
        amount=Money(row.amount, row.currency),
        remaining=Money(found.remaining, row.currency),
        state=found.state_,
        closes=_closes(row.flags),
        template=row.template,
        reference=row.reference,
        held_at=row.held_at,
        expires_at=found.expires_at,
    )


def _closes(flags: int) -> Side:
    asked = flags & (CLOSE_FROM | CLOSE_TO)
    return next(side for side, bits in CLOSES.items() if bits == asked)


def balance(row: Account, found: Balance) -> BalanceView:
    """A balance in time."""
    shown = found.balance if row.normal == "credit" else -found.balance
    return BalanceView(
        ids.show("acc", row.id),
        row.path,
        found.at,
        found.view,
        Money(shown, row.currency),
        found.held_out,
        found.held_in,
    )


def statement(found: Statement) -> StatementView:
    """A page of a statement."""
    return StatementView(
        account=ids.show("acc", found.account.id),
        path=found.account.path,
        currency=found.account.currency,
        view=found.view,
        since=found.since,
        until=found.until,
        opening=found.opening,
        closing=found.closing,
        total_in=found.total_in,
        total_out=found.total_out,
        archived_until=found.archived_until,
        data=[_statement_line(line) for line in found.lines],
        next=str(found.next) if found.next else None,
    )


def _statement_line(row: StatementLine) -> StatementLineView:
    return StatementLineView(
        ids.show("txn", row.txn_id),
        row.leg,
        row.version,
        row.amount,
        row.balance,
        row.other,
        row.template,
        row.reference,
        _maybe("txn", row.reverses),
        row.effective_at,
        row.recorded_at,
        row.late,
    )


def period(row: Period) -> PeriodView:
    """A sealed period."""
    return PeriodView(
        row.since, row.until, row.time_zone, row.closed_at, row.actor, row.transfers, row.hash
    )


def _maybe(prefix: str, value: UUID | None) -> str | None:
    return ids.show(prefix, value) if value else None
