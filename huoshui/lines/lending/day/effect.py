"""What other parameters of expected losses would make of the book, if today were closed with them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from huoshui.core import access
from huoshui.core.db import Tx
from huoshui.lines.lending.column import store as lines
from huoshui.lines.lending.column.store import PARTS
from huoshui.lines.lending.day import losses, service, store
from huoshui.lines.lending.day.sums import Sums
from huoshui.lines.lending.impairment import Rules, Segment

MEASURED_MOST = 40_000  # loans of which the effect is worked out while somebody waits


class Changed(msgspec.Struct, frozen=True):
    """Loans of a product in a stage, and what is held of them, as it would be now and with the others."""

    product: str
    currency: str
    stage: int
    loans: int
    loans_then: int
    held: int
    held_then: int


class Effect(msgspec.Struct, frozen=True):
    """The effect on the book: rows, and on how many of the loans that run it was worked out."""

    rows: tuple[Changed, ...]
    measured: int
    running: int


def effect(tx: Tx, product: str, rules: Rules) -> Effect:
    """Measure loans by the parameters that hold and by others; nothing is written.

    Loans that no line says are left out; of a large book as many parts are looked at as can be waited for.
    """
    today = access.today(tx)
    before = losses.segments(tx, today)
    after = before | {product: Segment(rules.checked())}
    sums: dict[tuple[str, str, int], list[int]] = {}
    running, measured = store.count(tx), 0
    step = max(1, PARTS * 2_000 // (running + 1))
    for first in range(0, PARTS, step):
        if measured >= MEASURED_MOST:
            break
        parts = range(first, min(PARTS, first + step))
        measured += _measure(tx, parts, (before, after), sums)
    rows = tuple(Changed(*place, *counted) for place, counted in sorted(sums.items()))
    return Effect(rows, measured, running)


def _measure(
    tx: Tx, parts: range, of: tuple[Mapping[str, Segment], ...],
    sums: dict[tuple[str, str, int], list[int]],
) -> int:  # fmt: skip
    day = access.today(tx)
    stood = store.behind(tx, day, parts, lock=False)
    kept = {each.loan_id: each for each in lines.lines(tx, parts)} if stood else {}
    measured = 0
    for at, segments in enumerate(of):
        risks = service.risks_of(tx, day, dict(segments), parts, stood, kept.values())
        told = Sums(day, parts, risks)
        measured = sum(told.add(kept[each.loan_id], each) for each in stood if each.loan_id in kept)
        for row in risks.rows()[0]:
            found = sums.setdefault((row.product, row.currency, row.stage), [0, 0, 0, 0])
            found[at] += row.loans
            found[2 + at] += row.held + row.provided
    return measured
