"""What is known of borrowers while a day is closed: what stages are told from beside days past due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from uuid import UUID

from huoshui.core.db import Tx
from huoshui.lines.lending.impairment import Known, Segment, Staging
from huoshui.lines.lending.marks import store
from huoshui.lines.lending.marks.store import LoanOf, Told

_DAY = timedelta(days=1)
Scale = Mapping[str, tuple[int, Fraction]]  # of each grade its place and its probability of default


class Borrowers:
    """What is known of the borrowers of some loans; of most nothing is."""

    def __init__(self, loans: Sequence[LoanOf] = (), told: Sequence[Told] = ()) -> None:
        self.loans = {each.loan_id: each for each in loans}
        self._told: dict[str, list[Told]] = defaultdict(list)
        for each in told:
            self._told[each.party].append(each)

    def known(
        self, loan_id: UUID, span: tuple[date, date], rules: Staging, scale: Scale, *, pulls: bool
    ) -> list[Known]:
        """What is known of a loan from the first day of a span to its last, from each day on which that
        changes; lateness and changes of terms apart. A loan that `pulls` is not pulled by itself.
        """
        loan = self.loans[loan_id]
        told = self._told[loan.party]
        return [_on(loan, told, day, rules, scale, pulls=pulls) for day in _turns(told, span)]


def _on(
    loan: LoanOf, told: Sequence[Told], day: date, rules: Staging, scale: Scale, *, pulls: bool
) -> Known:
    down, times = _fall(scale, _graded(told, loan.start_on), _graded(told, day))
    share, least = _last(told, "default", day), rules.pull_share
    pulled = least is not None and share is not None and Fraction(share) >= least
    return Known(
        day, None, down, times, watched=_holds(told, "watched", day),
        impaired=_holds(told, "unlikely_to_pay", day), contagion=pulled and not pulls,
    )  # fmt: skip


def _turns(told: Sequence[Told], span: tuple[date, date]) -> list[date]:
    first, last = span
    days = {first}
    for each in told:
        days.add(each.since)
        if each.until is not None:
            days.add(each.until + _DAY)
    return sorted(day for day in days if first <= day <= last)


def _holds(told: Sequence[Told], what: str, day: date) -> bool:
    return any(
        each.what == what and each.since <= day and (each.until is None or day <= each.until)
        for each in told
    )


def _last(told: Sequence[Told], what: str, day: date) -> str | None:
    """What was said last of something up to a day."""
    said = None
    for each in told:  # in the order of their days
        if each.what == what and each.since <= day:
            said = each.said
    return said


def _graded(told: Sequence[Told], day: date) -> str | None:
    """The grade on a day; before any was told, the first one."""
    first = next((each.said for each in told if each.what == "grade"), None)
    return _last(told, "grade", day) or first


def _fall(scale: Scale, origin: str | None, now: str | None) -> tuple[int, Fraction]:
    """By how many grades a borrower fell, and how many times likelier its default is by the scale."""
    before, after = scale.get(origin or ""), scale.get(now or "")
    if before is None or after is None:
        return 0, Fraction(1)
    return after[0] - before[0], after[1] / before[1] if before[1] else Fraction(1)


def load(tx: Tx, parts: Sequence[int], since: date, until: date) -> Borrowers:
    """What is known of the borrowers of some parts' loans over a time."""
    loans = store.loans_known(tx, parts, since, until)
    return Borrowers(loans, store.told(tx, [each.party for each in loans]) if loans else ())


def tell_defaults(tx: Tx, day: date, segments: Sequence[Segment]) -> None:
    """What part of each borrower's debt is in default, before a day is closed: once, for all its parts.

    It counts from the day after the last that was closed.
    """
    if not any(each.staging.pull_share is not None for each in segments):
        return
    if store.begin_day(tx, day):
        last = store.last_closed(tx)
        store.tell_defaults(tx, day if last is None else min(day, last + _DAY))
