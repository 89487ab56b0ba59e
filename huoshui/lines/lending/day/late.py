"""Late fees by the products' own terms: an instalment that stays open costs, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from uuid import UUID

from huoshui.catalog import service as catalog
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.lines.lending.column.store import part_of
from huoshui.lines.lending.day import store
from huoshui.lines.lending.day.store import LateRow
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.loan.service import Batch
from huoshui.lines.lending.product.model import LateTable, read_tables

_KEY = "late/"


def charge(tx: Tx, day: date, parts: Sequence[int]) -> Counter[int]:
    """Charge what became late enough up to a day; how many fees in each part.

    A fee counts from the day on which the grace is over. It is an event of its own key, so that it is
    charged once, and can be waived or undone like any other.
    """
    tables = _tables(tx)
    found: Counter[int] = Counter()
    rows = store.late(tx, parts, list(tables), day) if tables else []
    asked = {row.loan_id: list(_asked(row, tables[row.product, row.version], day)) for row in rows}
    wanted = [loan_id for loan_id, dues in asked.items() if dues]
    if not wanted:
        return found
    batch, by_id = Batch(tx, wanted), {row.loan_id: row for row in rows}
    for loan_id in wanted:
        row, running = by_id[loan_id], batch.loans[loan_id]
        table = tables[row.product, row.version]
        before = sum(r.amount or 0 for r in running.rows if r.key.startswith(_KEY))
        for due, on, open_ in asked[loan_id]:
            amount = table.amount(open_, row.amount, before)
            if amount and _charge(batch, loan_id, (due, on), amount):
                found[part_of(loan_id)] += 1
                before += amount
    batch.flush()
    return found


def _charge(batch: Batch, loan_id: UUID, asked: tuple[date, date], amount: int) -> bool:
    due, on = asked
    event = e.Charged(id="", on=on, recorded=batch.today, amount=amount, due=on, kind="penalty")
    key = f"{_KEY}{due}"
    if batch.loans[loan_id].keyed(key) is not None:
        return False
    try:
        batch.record(loan_id, event, key)
    except Problem:
        return False  # it is lost, or settled meanwhile: nothing is late any more
    return True


def _asked(row: LateRow, table: LateTable, day: date) -> Iterator[tuple[date, date, int]]:
    """Instalments whose grace ended after the last closed day: due day, day of the fee, what is open."""
    for due, open_ in zip(row.dues, row.opens, strict=True):
        on = due + timedelta(days=table.grace_days + 1)
        if open_ > 0 and row.through < on <= day:
            yield due, on, open_


def _tables(tx: Tx) -> dict[tuple[str, int], LateTable]:
    """Versions of products that have such fees."""
    found: dict[tuple[str, int], LateTable] = {}
    for product, number in store.versions_with(tx, "late"):
        key = ("loan.late", tx.book, product, number)
        told: LateTable | None = tx.known(key)
        if told is None:
            row = catalog.version(tx, product, number)
            told = read_tables(catalog.product_of(row).tables).late or LateTable()
            tx.learn(key, told)
        found[product, number] = told
    return found
