"""Where a loan stands, as a projection for whoever reads many at once: never the truth. No I/O."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import msgspec

from huoshui.lines.lending.life.state import State
from huoshui.lines.lending.life.view import dues, standing
from huoshui.lines.lending.loan.journal import seen_on


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """The fold of a loan's first `events` events, as seen on `day`; amounts in minor units.

    `oldest_open_due` is the due day of the first instalment that is not paid: on any later day that
    many days are past due, until the next event. Arrays are of the instalments in order: when each
    begins and falls due, what it asks, and what of that is open.
    """

    loan_id: UUID
    product: str
    currency: str
    events: int
    day: date
    standing: str
    principal: int
    interest: int
    fees: int
    penalties: int
    credit: int
    oldest_open_due: date | None
    next_due: date | None
    next_amount: int | None
    starts: list[date]
    dues: list[date]
    principals: list[int]
    interests: list[int]
    charges: list[int]
    opens: list[int]


def position(
    state: State, *, loan_id: UUID, product: str, currency: str, events: int, day: date
) -> Position:
    """Where a loan stands on a day."""
    seen = seen_on(state, day)
    rows, found = dues(seen), standing(seen, day)
    open_ = [row for row in rows if row.outstanding > 0]
    ahead = next((row for row in open_ if row.due >= day), None)
    status = "charged_off" if seen.charged_off and found.status == "active" else found.status
    return Position(
        loan_id=loan_id,
        product=product,
        currency=currency,
        events=events,
        day=day,
        standing=status,
        principal=found.principal,
        interest=found.interest,
        fees=found.fees,
        penalties=found.penalties,
        credit=found.credit,
        oldest_open_due=open_[0].due if open_ else None,
        next_due=ahead.due if ahead else None,
        next_amount=ahead.outstanding if ahead else None,
        starts=[row.start for row in rows],
        dues=[row.due for row in rows],
        principals=[row.principal for row in rows],
        interests=[row.interest for row in rows],
        charges=[row.fees + row.penalties for row in rows],
        opens=[row.outstanding for row in rows],
    )
