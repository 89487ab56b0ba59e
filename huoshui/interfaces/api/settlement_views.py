"""What the API answers of settlement: windows, positions, payout batches and their terms."""

from __future__ import annotations

from datetime import datetime

import msgspec

from huoshui.core import ids
from huoshui.core.money import Money
from huoshui.lines.payments.settlement.machine import BATCH
from huoshui.lines.payments.settlement.model import Batch
from huoshui.lines.payments.settlement.window_store import Position, Report, Total, Window


class ClearedView(msgspec.Struct, frozen=True):
    """How much of one kind cleared in a window."""

    kind: str
    count: int
    amount: Money


class WindowView(msgspec.Struct, frozen=True):
    """A settlement window; of a closed one that was counted, its totals and their hash."""

    number: int
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str
    counted_at: datetime | None
    clearings: int | None
    transfers: int | None
    totals: list[ClearedView] | None
    hash: str | None


class PositionView(msgspec.Struct, frozen=True):
    """What a window moved between the platform and one party, gross both ways and net (in - out)."""

    party_kind: str
    party: str
    account: str
    path: str
    gross_in: Money
    gross_out: Money
    net: Money
    transfers: int


class LeftOutView(msgspec.Struct, frozen=True):
    """What a batch does not pay, and why: `reserve`, `payout_max` or `day_max`."""

    seller: str
    amount: Money
    why: str


class PayoutBatchView(msgspec.Struct, frozen=True):
    """A payout batch and the verbs that its state allows."""

    id: str
    state: str
    allowed: list[str]
    rail: str
    payouts: int
    amount: Money
    left_out: list[LeftOutView]
    made_by: str
    made_at: datetime
    approved_by: str
    approved_at: datetime | None
    send_at: datetime | None
    sent_at: datetime | None
    ended_at: datetime | None


def window(
    row: Window, report: Report | None = None, preview: tuple[Total, ...] | None = None
) -> WindowView:
    """A window with its report, or with what it holds so far."""
    totals = report.totals if report else preview
    count = sum(total.count for total in totals) if totals is not None else None
    return WindowView(
        row.number,
        row.opened_at,
        row.closed_at,
        row.closed_by,
        report.made_at if report else None,
        count,
        report.transfers if report else None,
        None if totals is None else [_total(total) for total in totals],
        report.hash if report else None,
    )


def _total(total: Total) -> ClearedView:
    return ClearedView(total.kind, total.count, Money(total.amount, total.currency))


def position(row: Position) -> PositionView:
    """A position."""
    return PositionView(
        row.party_kind,
        row.party,
        ids.show("acc", row.account_id),
        row.path,
        Money(row.gross_in, row.currency),
        Money(row.gross_out, row.currency),
        Money(row.net, row.currency),
        row.transfers,
    )


def batch(row: Batch) -> PayoutBatchView:
    """A payout batch."""
    verbs: list[str] = [verb for verb in ("approve", "cancel") if verb in BATCH.allowed(row.state)]
    return PayoutBatchView(
        ids.show("pob", row.id),
        row.state,
        verbs,
        row.rail,
        row.payouts,
        Money(row.amount, row.currency),
        [LeftOutView(o.seller, Money(o.amount, row.currency), o.why) for o in row.left_out],
        row.made_by,
        row.made_at,
        row.approved_by,
        row.approved_at,
        row.send_at,
        row.sent_at,
        row.ended_at,
    )
