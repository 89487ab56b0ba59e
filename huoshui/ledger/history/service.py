"""Balances at a moment and statements over a span, by recorded or by effective time."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from huoshui.core import ids as id_texts
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.ledger import service as ledger
from huoshui.ledger.history import store
from huoshui.ledger.model import Account

View = Literal["recorded", "effective"]
TICK = timedelta(microseconds=1)
START = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE = re.compile(r"([0-9]{1,16})\.([0-9]{1,18})", re.ASCII)


class HistoryArchived(Problem):
    """The account's history before that moment lies in an archive; the problem names the moment."""

    code = "history_archived"
    status = 409


class SpanBackwards(Problem):
    """A statement that would end before it begins."""

    code = "span_backwards"
    status = 422


class Balance(msgspec.Struct, frozen=True):
    """What stood on an account at a moment: minor units of in - out.

    What was held is told by recorded time only: a hold stands when it is recorded.
    """

    account_id: UUID
    at: datetime
    view: View
    balance: int
    held_out: int | None = None
    held_in: int | None = None


class Place(msgspec.Struct, frozen=True):
    """Where a page of a statement ends: later lines follow."""

    at: datetime
    version: int

    def __str__(self) -> str:
        return f"{(self.at - START) // TICK}.{self.version}"

    @staticmethod
    def read(text: str) -> Place | None:
        """The place behind its text, or None for a text that no page gave."""
        match = _PLACE.fullmatch(text)
        return match and Place(START + int(match[1]) * TICK, int(match[2]))


class StatementLine(msgspec.Struct, frozen=True):
    """A posting on a statement: signed amount and balance after it, minor units of in - out.

    `late`: it took effect in an earlier span than it was recorded in. By recorded time it belongs
    to an earlier statement's span, by effective time it was written after this span had ended.
    """

    txn_id: UUID
    leg: int
    version: int
    amount: int
    balance: int
    other: str
    template: str
    reference: str
    reverses: UUID | None
    effective_at: datetime
    recorded_at: datetime
    late: bool


class Statement(msgspec.Struct, frozen=True):
    """An account over [since, until): opening, lines, closing; totals are of the whole span.

    `archived_until` is set where history before it is archived and the statement therefore
    begins later than was asked for. `next` is the place behind the last line, None at the end.
    """

    account: Account
    view: View
    since: datetime
    until: datetime
    opening: int
    closing: int
    total_in: int
    total_out: int
    lines: tuple[StatementLine, ...]
    next: Place | None
    archived_until: datetime | None


def balance_at(tx: Tx, account_id: UUID, at: datetime, view: View = "recorded") -> Balance:
    """What stood on an account at `at`, by what was recorded or had taken effect by then.

    Recorded: one index seek a side (and part of the table). Effective: the nearest counted day
    and what came after it. Raises UnknownAccount, HistoryArchived.
    """
    ledger.account(tx, account_id)
    carried = store.carried(tx, account_id)
    if carried:
        known = carried.recorded_at if view == "recorded" else carried.effective_at
        if at < known:
            raise HistoryArchived(until=known.isoformat())
    if view == "effective":
        sums = store.effective(tx, account_id, at)
        return Balance(account_id, at, view, sums.in_ - sums.out_)
    return _recorded(account_id, at, store.seek(tx, account_id, at))


def _recorded(account_id: UUID, at: datetime, seen: list[store.Seen]) -> Balance:
    latest = {
        side: max((s for s in seen if s.side == side), key=lambda s: s.version, default=None)
        for side in ("out", "in")
    }
    out, in_ = latest["out"], latest["in"]
    last = max((s for s in (out, in_) if s), key=lambda s: s.version, default=None)
    return Balance(
        account_id, at, "recorded", last.balance if last else 0,
        out.held if out else 0, in_.held if in_ else 0,
    )  # fmt: skip


def statement(
    tx: Tx,
    account_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    view: View = "recorded",
    after: Place | None = None,
    limit: int = 50,
) -> Statement:
    """An account's postings that were recorded, or took effect, from `since` up to `until`.

    Without `since` from the beginning, without `until` up to and with now; oldest first, behind
    `after`. Raises UnknownAccount, SpanBackwards.
    """
    account = ledger.account(tx, account_id)
    start, end = since or START, until or tx.now + TICK
    if end < start:
        raise SpanBackwards(since=start.isoformat(), until=end.isoformat())
    carried = store.carried(tx, account_id)
    archived = max(carried.recorded_at, carried.effective_at) if carried else None
    begin = archived + TICK if archived and start <= archived else start
    end = max(end, begin)
    by_effect = view == "effective"
    place = after if after and after.at >= begin else Place(begin, 0)
    found = store.lines(
        tx, account_id, by_effect=by_effect, since=begin, until=end,
        after=(place.at, place.version), limit=limit + 1,
    )  # fmt: skip
    lines = _marked(tx, account_id, found[:limit], begin, end, by_effect)
    opening, sums = _frame(tx, account_id, begin, end, by_effect)
    last = lines[-1] if len(found) > limit else None
    next_at = last and (last.effective_at if by_effect else last.recorded_at)
    return Statement(
        account, view, begin, end, opening, opening + sums.in_ - sums.out_, sums.in_, sums.out_,
        tuple(lines), Place(next_at, last.version) if last and next_at else None,
        archived if begin != start else None,
    )  # fmt: skip


def _frame(
    tx: Tx, account_id: UUID, since: datetime, until: datetime, by_effect: bool
) -> tuple[int, store.Sums]:
    """What stood before a span, and what moved in it."""
    if by_effect:
        first = store.effective(tx, account_id, since, 0)
        last = store.effective(tx, account_id, until, 0)
        return first.in_ - first.out_, store.Sums(last.out_ - first.out_, last.in_ - first.in_)
    seen = store.seek(tx, account_id, since - TICK)
    opening = _recorded(account_id, since, seen).balance
    return opening, store.recorded_sums(tx, account_id, since, until)


def _marked(
    tx: Tx, account_id: UUID, found: list[store.Moved], since: datetime, until: datetime,
    by_effect: bool,
) -> list[StatementLine]:  # fmt: skip
    """Lines with their balance in the order of the view, and with what is late marked."""
    if not found:
        return []
    balances = [m.balance for m in found]
    if by_effect:
        sums = store.effective(tx, account_id, found[0].effective_at, found[0].version - 1)
        before = sums.in_ - sums.out_
        balances = list(itertools.accumulate((m.amount for m in found), initial=before))[1:]
    return [
        StatementLine(
            m.txn_id, m.leg, m.version, m.amount, balance, m.other, m.template, m.reference,
            m.reverses, m.effective_at, m.recorded_at,
            m.recorded_at >= until if by_effect else m.effective_at < since,
        )
        for m, balance in zip(found, balances, strict=True)
    ]  # fmt: skip


CSV_HEADINGS = (
    "transaction", "leg", "effective_at", "recorded_at", "late", "other", "template", "reference",
    "reverses", "currency", "amount_minor", "balance_minor",
)  # fmt: skip


def csv_rows(found: Statement) -> list[tuple[str, ...]]:
    """A page of a statement as rows of a CSV file, under CSV_HEADINGS. Minor units of in - out."""
    return [
        (
            id_texts.show("txn", line.txn_id), str(line.leg), line.effective_at.isoformat(),
            line.recorded_at.isoformat(), "true" if line.late else "false", _shown(line.other),
            _shown(line.template), _shown(line.reference),
            id_texts.show("txn", line.reverses) if line.reverses else "",
            found.account.currency, str(line.amount), str(line.balance),
        )
        for line in found.lines
    ]  # fmt: skip


def _shown(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text
