"""What the API answers of reconciliation: files, lines, matches, and whether all is explained."""

from __future__ import annotations

from datetime import datetime

import msgspec

from huoshui.core import ids
from huoshui.core.money import Money
from huoshui.lines.payments.reconciliation.check import Checked
from huoshui.lines.payments.reconciliation.model import File, Item, Line, Match
from huoshui.lines.payments.reconciliation.suggestions import Suggestion


class StatementFileView(msgspec.Struct, frozen=True):
    """A statement file. `digest` is the SHA-256 of its bytes: the same again changes nothing.

    `matched`, `suspense` and `waiting` count its lines now; `repeated` says that it was there.
    """

    id: str
    digest: str
    name: str
    format: str
    source: str
    rail: str
    target: str
    lines: int
    gross: Money
    fee: Money
    net: Money
    imported_at: datetime
    by: str
    matched: int
    suspense: int
    waiting: int
    repeated: bool


class ImportedLineView(msgspec.Struct, frozen=True):
    """A line of a file: money that came is positive. `subject` is what of ours it is about."""

    id: str
    file: str
    number: int
    parent: str | None
    kind: str
    rail: str
    gross: Money
    fee: Money
    net: Money
    reference: str
    subject: str
    batch: str
    note: str
    at: datetime
    state: str
    cause: str
    match: str | None
    since: datetime
    asked_by: str
    reason: str


class OpenItemView(msgspec.Struct, frozen=True):
    """A leg of a transaction that no line has met: `amount` is expected to come."""

    transaction: str
    leg: int
    account: str
    path: str
    amount: Money
    reference: str
    at: datetime


class SuggestionView(msgspec.Struct, frozen=True):
    """An open item that a line may belong to, why, and what it has more than the line."""

    item: OpenItemView
    why: str
    difference: Money


class SuggestionsView(msgspec.Struct, frozen=True):
    """Suggestions for a line, the most likely first."""

    data: list[SuggestionView]


class MatchView(msgspec.Struct, frozen=True):
    """Lines and items that belong together; undone, with the transaction that reversed it."""

    id: str
    rule: str
    gross: Money
    difference: Money
    transaction: str
    made_at: datetime
    by: str
    lines: list[str]
    items: list[OpenItemView]
    undone_at: datetime | None
    undone_by: str
    undone_with: str | None


class PartsView(msgspec.Struct, frozen=True):
    """The parts that a line was split into."""

    data: list[ImportedLineView]


class ExplainedView(msgspec.Struct, frozen=True):
    """An account's balance (what others owe us) and what its open items come to."""

    path: str
    balance: Money
    items: int
    open: Money
    holds: bool


class LinesSumView(msgspec.Struct, frozen=True):
    """What became of lines: those of a state and cause."""

    state: str
    cause: str
    lines: int
    gross: Money
    net: Money


class UnexplainedView(msgspec.Struct, frozen=True):
    """Two figures that must agree and do not, minor units."""

    check: str
    place: str
    stored: int
    counted: int


class CheckedView(msgspec.Struct, frozen=True):
    """Whether nothing disappeared: accounts, lines, and what does not agree."""

    holds: bool
    accounts: list[ExplainedView]
    lines: list[LinesSumView]
    faults: list[UnexplainedView]


class WrittenView(msgspec.Struct, frozen=True):
    """A statement as a file to keep: its content as text, its SHA-256."""

    name: str
    format: str
    content: str
    sha256: str


def file(row: File, counts: dict[str, int], *, repeated: bool = False) -> StatementFileView:
    """A file with the states of its lines."""
    return StatementFileView(
        ids.show("stf", row.id), row.digest, row.name, row.format, row.source, row.rail,
        row.target, row.lines, Money(row.gross, row.currency), Money(row.fee, row.currency),
        Money(row.net, row.currency), row.imported_at, row.actor,
        counts.get("matched", 0) + counts.get("booked", 0),
        counts.get("suspense", 0) + counts.get("asked", 0), counts.get("new", 0), repeated,
    )  # fmt: skip


def line(row: Line) -> ImportedLineView:
    """A line."""
    return ImportedLineView(
        ids.show("stl", row.id), ids.show("stf", row.file_id), row.number,
        ids.show("stl", row.parent_id) if row.parent_id else None, row.kind, row.rail,
        Money(row.gross, row.currency), Money(row.fee, row.currency),
        Money(row.net, row.currency), row.reference, row.subject, row.batch, row.note, row.at,
        row.state, row.cause, ids.show("mat", row.match_id) if row.match_id else None, row.since,
        row.asked_by, row.reason,
    )  # fmt: skip


def item(row: Item, currency: str) -> OpenItemView:
    """An open item."""
    return OpenItemView(
        ids.show("txn", row.txn_id),
        row.leg,
        ids.show("acc", row.account_id),
        row.path,
        Money(row.amount, currency),
        row.reference,
        row.at,
    )


def suggestion(row: Suggestion, currency: str) -> SuggestionView:
    """A suggestion."""
    return SuggestionView(item(row.item, currency), row.why, Money(row.difference, currency))


def match(row: Match, lines: list[Line], items: list[Item]) -> MatchView:
    """A match with what it joins."""
    return MatchView(
        ids.show("mat", row.id), row.rule, Money(row.gross, row.currency),
        Money(row.difference, row.currency), ids.show("txn", row.txn_id), row.made_at, row.actor,
        [ids.show("stl", each.id) for each in lines], [item(i, row.currency) for i in items],
        row.undone_at, row.undone_by, ids.show("txn", row.undo_txn) if row.undo_txn else None,
    )  # fmt: skip


def checked(found: Checked) -> CheckedView:
    """Whether all is explained."""
    return CheckedView(
        found.holds,
        [
            ExplainedView(
                a.path, Money(a.balance, a.currency), a.items, Money(a.open, a.currency), a.holds
            )
            for a in found.accounts
        ],
        [
            LinesSumView(
                s.state, s.cause, s.lines, Money(s.gross, s.currency), Money(s.net, s.currency)
            )
            for s in found.lines
        ],
        [UnexplainedView(f.check, f.place, f.stored, f.counted) for f in found.faults],
    )
