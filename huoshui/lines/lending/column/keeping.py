"""A loan is kept as a line when something happened to it."""

from __future__ import annotations

from bisect import bisect_right
from datetime import date
from fractions import Fraction
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.lines.lending.column import store
from huoshui.lines.lending.column.account import expected
from huoshui.lines.lending.column.line import Line, line_of
from huoshui.lines.lending.column.store import AtRisk, Kept
from huoshui.lines.lending.impairment import Facing
from huoshui.lines.lending.life import account as cycles
from huoshui.lines.lending.life import events as e
from huoshui.lines.lending.life import penal
from huoshui.lines.lending.life.penal import Ahead
from huoshui.lines.lending.life.state import State
from huoshui.lines.lending.schedule.factor import Ratio
from huoshui.lines.lending.schedule.terms import Terms

# Terms that were eased: the risk may have risen, and a cure begins anew.
EASED = (e.Rescheduled, e.ReAged, e.ReAmortised, e.InterestPaused)
_CYCLES = 14  # statements of an account that are told ahead
_A_YEAR = {"months": (12, 1), "weeks": (365, 7), "days": (365, 1), "years": (1, 1)}


class Followed(msgspec.Struct, frozen=True):
    """A loan to which something happened: what was signed of it, its state, and how it ended, if it did."""

    loan_id: UUID
    product: str
    currency: str
    signed: int
    state: State
    ended: str = ""
    covered: int = 0


def kept(
    loan_id: UUID,
    product: str,
    currency: str,
    state: State,
    *,
    signed: int = 0,
    ended: str = "",
    covered: int = 0,
) -> Kept:
    """What the end of day needs of a loan. No I/O."""
    day = max((each.on for each in state.applied), default=state.terms.start)
    charges = sum(each.amount for each in state.charges)
    over = ended or lost(state)
    late = None if over else late_since(state)
    ahead = any(each.due > day for each in state.charges)
    line = None if ahead or over else line_of(state, day)
    late_ahead = penal_of(state, day) if line else None
    if state.rules.penalty is not None and late_ahead is None:
        line = None
    return Kept(
        loan_id, product, currency, day, charges, late, line, at_risk(state, line, signed), over,
        late_ahead, covered,
    )  # fmt: skip


def penal_of(state: State, day: date) -> Ahead | None:
    """What instalments will earn by being late; None where no line can say it, or nothing is earned.

    Of an account the statements to come are told as if nothing were paid, for so many cycles.
    """
    if state.rules.penalty is None:
        return None
    if state.account is None:
        earns = state.recalculates and state.rules.earn_on_overdue
        return None if earns else penal.ahead(state, day)
    until = cycles.statement_day(state.terms, state.account.number + _CYCLES)
    other = state.copy()
    cycles.roll(other, until)
    return penal.ahead(other, day, until)


def lost(state: State) -> str:
    """How a loan was lost, if it was."""
    if state.written_off:
        return "written_off"
    return "charged_off" if state.charged_off else ""


def late_since(state: State) -> date | None:
    """The due date of the first instalment that is not met."""
    return next((row.due for row in state.rows if row.outstanding > 0), None)


def at_risk(state: State, line: Line | None, signed: int) -> AtRisk:
    """What may be lost of a loan, as far as its events tell; with a line, period by period."""
    drawn = sum(amount for _, amount in state.drawn)
    if state.terms.revolving is not None and drawn:  # what is repaid may be drawn again
        drawn = state.principal_owed
    opens: tuple[int, ...] = ()
    if state.account is not None:
        opens = expected(state)
    elif line is not None:
        by_due: dict[int, int] = {}
        for row in state.rows:
            due = row.due.toordinal()
            by_due[due] = by_due.get(due, 0) + row.open("principal")
        opens = tuple(by_due.get(due, 0) for due in line.grid.dues[line.at :])
    return AtRisk(
        owed=state.principal_owed,
        taken=taken(state),
        undrawn=max(0, signed - drawn) if state.drawn and not state.converted else 0,
        opens=opens,
        rate=rate_of(state.terms),
        a_year=a_year(state.terms),
        reshaped=max((x.recorded for x in state.applied if isinstance(x, EASED)), default=None),
    )


def taken(state: State) -> int:
    """Interest and charges that were paid or waived."""
    paid = sum(sum(row.paid.values()) - row.paid["principal"] for row in state.rows)
    waived = sum(row.late_waived for row in state.rows)
    return paid + waived + sum(each.waived for each in state.charges)


def a_year(terms: Terms) -> Ratio:
    """How many periods a year has."""
    top, bottom = _A_YEAR[terms.due.unit]
    return top, bottom * terms.due.every


def rate_of(terms: Terms) -> Ratio:
    """The effective rate of a period: nothing is paid beside interest that would be spread."""
    found = terms.rate_annual / Fraction(*a_year(terms))
    return found.numerator, found.denominator


def facing(state: State, day: date, signed: int, receivable: int) -> Facing:
    """What is at risk on a day of a loan that no line says, by its state of that day.

    `receivable` is what was earned and neither paid nor waived.
    """
    said = at_risk(state, None, signed)
    if state.account is not None:
        return Facing(
            said.owed + receivable, said.owed, said.opens, said.rate, said.a_year, said.undrawn
        )
    ahead = sorted((row.due, row.open("principal")) for row in state.rows if row.due > day)
    opens = tuple(amount for _, amount in ahead)
    return Facing(said.owed + receivable, said.owed, opens, said.rate, said.a_year, said.undrawn)


def facing_by(kept: Kept, line: Line, day: int, earned: int) -> Facing:
    """What is at risk on a day by a line; `earned` is all interest up to the day, also for being late."""
    said = kept.risk
    past = bisect_right(line.grid.dues, day, line.at) - line.at
    if len(said.opens) != len(line.grid.dues) - line.at:  # of an account the same is expected anew
        past = 0
    receivable = earned + kept.charges - said.taken
    return Facing(
        said.owed + receivable, said.owed, said.opens[past:], said.rate, said.a_year, said.undrawn
    )


def follow(tx: Tx, told: list[Followed]) -> None:
    """Keep lines of loans. One that ended is kept until its last day is closed."""
    store.keep(
        tx,
        [
            kept(
                x.loan_id,
                x.product,
                x.currency,
                x.state,
                signed=x.signed,
                ended=x.ended,
                covered=x.covered,
            )
            for x in told
        ],
    )
