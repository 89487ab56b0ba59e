"""A loan is kept as a line when something happened to it."""

from __future__ import annotations

from uuid import UUID

from huoshui.core.db import Tx
from huoshui.lines.lending.column import store
from huoshui.lines.lending.column.line import line_of
from huoshui.lines.lending.column.store import Kept
from huoshui.lines.lending.life.state import State


def kept(loan_id: UUID, product: str, currency: str, state: State) -> Kept:
    """What the end of day needs of a running loan. No I/O."""
    day = max((each.on for each in state.applied), default=state.terms.start)
    late = next((row.due for row in state.rows if row.outstanding > 0), None)
    ahead = any(each.due > day for each in state.charges)
    line = None if ahead else line_of(state, day)
    charges = sum(each.amount for each in state.charges)
    return Kept(loan_id, product, currency, day, charges, late, line)


def follow(tx: Tx, told: list[tuple[UUID, str, str, State | None]]) -> None:
    """Keep lines of loans that run, let those of others go: id, product, currency, and the state."""
    store.keep(tx, [kept(*each[:3], each[3]) for each in told if each[3] is not None])
    gone = [each[0] for each in told if each[3] is None]
    if gone:
        store.drop(tx, gone)
