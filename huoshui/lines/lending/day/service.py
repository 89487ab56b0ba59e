"""Closing a day of all loans of a book, part by part."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

import msgspec

from huoshui import ledger
from huoshui.catalog import service as catalog
from huoshui.core import access, ids
from huoshui.core.db import Database, Tx
from huoshui.core.errors import Problem
from huoshui.ledger import Transaction
from huoshui.ledger.chart import Chart
from huoshui.ledger.template import Template
from huoshui.lines.lending import impairment
from huoshui.lines.lending.column import keeping
from huoshui.lines.lending.column import store as lines
from huoshui.lines.lending.column.store import PARTS, Kept, part_of
from huoshui.lines.lending.day import facts, late, losses, store
from huoshui.lines.lending.day.risk import BUCKETS, LOST, Risks, Seen
from huoshui.lines.lending.day.store import DayRow, Stood
from huoshui.lines.lending.day.sums import Sums, over
from huoshui.lines.lending.funding.tables import LossesTable
from huoshui.lines.lending.impairment import Segment
from huoshui.lines.lending.loan import service as loans
from huoshui.lines.lending.loan.ends import effective_at
from huoshui.lines.lending.loan.running import Running
from huoshui.lines.lending.loan.service import Batch
from huoshui.lines.lending.marks import store as marks
from huoshui.lines.lending.partners import service as partners
from huoshui.lines.lending.postings import CHART, TEMPLATES
from huoshui.lines.lending.product.model import read_tables

REBUILT = 500  # loans in one transaction
TOLD = 200  # loans in one event
LOANS = 4_000  # in one transaction, about: small books have several parts in one
_DAY = timedelta(days=1)
_CHART = Chart((*CHART.kinds, *(k for k in impairment.CHART.kinds if k.name == "allowance")))
_TEMPLATES = TEMPLATES | impairment.TEMPLATES


class DayNotOver(Problem):
    """The day is not over in the book's time zone: it cannot be closed yet."""

    code = "loan_day_not_over"
    status = 409


class Closed(msgspec.Struct, frozen=True):
    """A day that is closed: sums over its parts, in minor units; `late` by bucket of days past due.

    `falls_due` loans have an instalment due on the day after; `moved` went to another bucket, `staged`
    to another stage; `fees` were charged for being late; `held` is what allowances grew by.
    """

    day: date
    parts: int
    loans: int
    folded: int
    interest: int
    charges: int
    late: tuple[int, ...]
    digest: str
    falls_due: int = 0
    moved: int = 0
    staged: int = 0
    fees: int = 0
    held: int = 0


def close_part(tx: Tx, day: date, part: int) -> DayRow | None:
    """Close one part of a day; None where it is done, or being done. Raises DayNotOver."""
    return next(iter(close_parts(tx, day, [part])), None)


def close_parts(tx: Tx, day: date, parts: Sequence[int]) -> list[DayRow]:
    """Close parts of a day: what their loans earned goes to the ledger, late fees are charged, buckets
    and stages are told, losses that are expected are held; the parts that are closed by it.

    A part that is done, or being done, is left alone. A loan with a line is worked out as a column; of
    one without, or to which something happened after the first of the days that are told apart, its
    fold tells. Raises DayNotOver.
    """
    if day >= access.today(tx):
        raise DayNotOver(day=day.isoformat())
    segments = losses.segments(tx, day)
    facts.tell_defaults(tx, day, list(segments.values()))
    mine = store.claim(tx, day, parts)
    fees = late.charge(tx, day, mine)
    before = store.behind(tx, day, mine)
    kept = {each.loan_id: each for each in lines.lines(tx, mine)} if before else {}
    risks = risks_of(tx, day, segments, mine, before, kept.values())
    sums = Sums(day, mine, risks)
    folded = []
    for each in before:
        found = kept.get(each.loan_id)
        if found is not None and not sums.add(found, each):
            folded.append((found, each))
    for part, count in fees.items():
        sums.tallies[part].fees = count
    _fold(tx, day, folded, sums)
    _post(tx, day, mine, sums)
    store.keep(tx, risks.stood)
    marks.keep_pulled(tx, day, risks.came, risks.went)
    _tell(tx, day, sums)
    rows = sums.rows()
    store.done(tx, rows)
    return rows


def risks_of(
    tx: Tx, day: date, segments: dict[str, Segment], parts: Sequence[int], before: Sequence[Stood],
    kept: Iterable[Kept],
) -> Risks:  # fmt: skip
    """What the risk of the parts' loans is told from."""
    if not before:
        return Risks(day, segments)
    since = min(each.through for each in before) + _DAY
    known = facts.load(tx, parts, since, day)
    covered = {(each.product, each.covered) for each in kept if each.covered}
    return Risks(day, segments, known, marks.pulled(tx, parts), _covers(tx, covered))


def _covers(tx: Tx, wanted: Iterable[tuple[str, int]]) -> dict[tuple[str, int], LossesTable]:
    """The covers of versions of products."""
    found = {}
    for product, number in wanted:
        key = ("loan.covers", tx.book, product, number)
        told: LossesTable | None = tx.known(key)
        if told is None:
            row = catalog.version(tx, product, number)
            told = read_tables(catalog.product_of(row).tables).losses
            tx.learn(key, told)
        assert told is not None
        found[product, number] = told
    return found


def _fold(tx: Tx, day: date, folded: Sequence[tuple[Kept, Stood]], sums: Sums) -> None:
    """Loans that no line says for this day: their folds post what they earned, and tell what is at risk."""
    if not folded:
        return
    batch = Batch(tx, [kept.loan_id for kept, _ in folded], held=True)
    for running in batch.loans.values():
        if running.loan.state == "running":
            running.accrue(day)
    batch.flush()
    for kept, before in folded:
        sums.tell(_seen(batch.loans[kept.loan_id], kept, before, day), before)


def _seen(running: Running, kept: Kept, before: Stood, day: date) -> Seen:
    accrued = running.accrued
    assert accrued is not None
    state = running.state_on(day)
    if kept.ended and keeping.lost(state):
        return over(kept, accrued)
    earned = accrued.interest + accrued.charges + accrued.penalty
    receivable = earned - keeping.taken(state)
    facing = keeping.facing(state, day, running.loan.amount, receivable)
    return Seen(
        part_of(kept.loan_id), kept.product, kept.currency, keeping.late_since(state),
        kept.risk.reshaped, accrued.interest, accrued.charges, accrued.penalty, "", facing, kept.covered,
    )  # fmt: skip


def _post(tx: Tx, day: date, parts: Sequence[int], sums: Sums) -> None:
    """One entry of the ledger for each product, month of effect and kind; and of what is held."""
    listed: list[tuple[str, str, date, str, dict[str, int]]] = [
        (*place, posting.template, posting.amounts) for place, posting in sums.postings()
    ]
    listed += [
        (product, currency, day, entry.template, entry.amounts)
        for (product, currency), entry in sums.risks.listed()
    ]
    if not listed:
        return
    sealed = ledger.ahead(tx).state().sealed_until
    zone = access.zone_of(tx)
    reference = f"loan_day/{day}/{parts[0]}"
    at = effective_at(day, tx.now, zone, None)  # the same whenever it is run again
    commands = []
    for product, currency, on, name, amounts in listed:
        template: Template = _TEMPLATES[name]
        legs = template.legs({"book": product}, amounts)
        made = Transaction(
            id=tx.id("txn", f"{reference}/{product}/{currency}/{on}/{name}/{'/'.join(sorted(a for a, n in amounts.items() if n))}", at),
            template=f"loan.{name}",
            reference=reference,
            currency=currency,
            legs=tuple(legs),
            effective_at=effective_at(on, tx.now, zone, sealed),
        )  # fmt: skip
        commands.append(made)
    for result in ledger.post(tx, commands, _CHART):
        result.demand()


def _tell(tx: Tx, day: date, sums: Sums) -> None:
    """Write what the day found, and say it as events."""
    risks = sums.risks
    found, flows = risks.rows()
    store.tell(tx, "loan_move", risks.moves)
    store.tell(tx, "loan_risk", found)
    store.tell(tx, "loan_risk_flow", flows)
    if risks.gone:
        lines.drop(tx, risks.gone)
    moved = [each for each in risks.moves if max(each.bucket, each.bucket_before) < LOST]
    for n in range(0, len(moved), TOLD):  # what is lost or settled says so itself
        changes = [
            {
                "loan": ids.show("loan", each.loan_id), "bucket_before": each.bucket_before,
                "bucket": each.bucket, "stage_before": each.stage_before, "stage": each.stage,
                "reason": each.reason,
            }
            for each in moved[n : n + TOLD]
        ]  # fmt: skip
        tx.emit("loan.risk_changed", day.isoformat(), on=day.isoformat(), changes=changes)
    _tell_due(tx, day + _DAY, sums)


def _tell_due(tx: Tx, on: date, sums: Sums) -> None:
    """Say what falls due tomorrow."""
    if not sums.due:
        return
    asked = store.asked_on(tx, [each.loan_id for each in sums.due], on)
    loans_due = []
    for each in sums.due:
        amount = asked.get(each.loan_id)
        if amount:
            sums.tallies[part_of(each.loan_id)].falls_due += 1
            shown = ids.show("loan", each.loan_id)
            loans_due.append({"loan": shown, "amount": amount, "currency": each.currency})
    for n in range(0, len(loans_due), TOLD):
        some = loans_due[n : n + TOLD]
        tx.emit("loan.falls_due", on.isoformat(), on=on.isoformat(), loans=some)


def close_day(
    database: Database, day: date, *, book: int = 1, parts: Sequence[int] = range(PARTS),
    at_once: int = LOANS, progress: Callable[[int, int], None] = lambda done, total: None,
    enough: Callable[[], bool] = lambda: False,
) -> Closed:  # fmt: skip
    """Close the parts of a day that are open: one in a transaction, or several of few loans.

    Several workers may do so at once: none waits for a part that another one has. Between two
    transactions `enough` may end it: what is done stands. Raises DayNotOver.
    """
    rebuild(database, book)
    standing = database.run(lambda tx: {row.part for row in store.closed(tx, day)}, book=book)
    left = [part for part in parts if part not in standing]
    size = database.run(lambda tx: max(1, at_once * PARTS // (store.count(tx) + 1)), book=book)
    for first in range(0, len(left), size):
        progress(first, len(left))
        some = left[first : first + size]
        database.run(lambda tx, some=some: close_parts(tx, day, some), book=book)  # type: ignore[misc]
        if enough():
            break
    else:
        progress(len(left), len(left))
    while database.run(partners.share_due, book=book):  # what days earned is partly others'
        pass
    return database.run(lambda tx: closed(tx, day), book=book)


def close_some(tx: Tx, day: date, at_once: int = LOANS) -> Closed:
    """Close the next open parts of a day in this transaction; what stands of the day then.

    Called until all parts are closed it does what `close_day` does. Raises DayNotOver.
    """
    if len(rebuild_some(tx)) < REBUILT:
        standing = {row.part for row in store.closed(tx, day)}
        left = [part for part in range(PARTS) if part not in standing]
        close_parts(tx, day, left[: max(1, at_once * PARTS // (store.count(tx) + 1))])
    return closed(tx, day)


def rebuild(database: Database, book: int) -> None:
    """Keep lines of running loans that have none."""
    while len(database.run(rebuild_some, book=book)) == REBUILT:
        pass


def rebuild_some(tx: Tx) -> list[UUID]:
    """Keep lines of some running loans that have none; which."""
    found = store.without_line(tx, REBUILT)
    loans.rebuild(tx, found)
    return found


def closed(tx: Tx, day: date) -> Closed:
    """What stands of a day: sums over the parts that are closed."""
    return summed(day, store.closed(tx, day))


def summed(day: date, rows: Sequence[DayRow]) -> Closed:
    """The sums over parts of a day."""

    def total(name: str) -> int:
        return sum(_of(rows, name))

    late_ = tuple(sum(row.late[n] for row in rows) for n in range(len(BUCKETS) + 1))
    digest = hashlib.sha256(b"".join(row.digest for row in rows)).hexdigest()
    return Closed(
        day, len(rows), total("loans"), total("folded"), total("interest"), total("charges"), late_,
        digest, total("falls_due"), total("moved"), total("staged"), total("fees"), total("held"),
    )  # fmt: skip


def _of(rows: Sequence[DayRow], name: str) -> Iterable[int]:
    return (getattr(row, name) for row in rows)


__all__ = ["Closed", "DayNotOver", "close_day", "close_part", "close_parts", "close_some", "closed"]
