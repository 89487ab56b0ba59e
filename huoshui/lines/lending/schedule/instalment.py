"""The instalment of a plan: solved for all periods, the last one fitted, odd cents spread. No I/O.

With factors fᵢ the equal instalment of a balance B is B·∏(1+fᵢ) / F, where F₁ = 1 and
Fₖ = 1 + Fₖ₋₁·(1+fₖ): the present value of n instalments at the periods' own rates.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from math import lcm

from huoshui.lines.lending.schedule.factor import NOTHING
from huoshui.lines.lending.schedule.plan import Period, Plan
from huoshui.lines.lending.schedule.terms import Terms, round_ratio, round_to_multiple


def present_value(terms: Terms, balance: int, growth: Sequence[Fraction], rest: int = 0) -> int:
    """The instalment that repays a balance down to a rest over periods that grow so, rounded."""
    bottom = lcm(*(each.denominator for each in growth)) if growth else 1
    tops = [each.numerator * (bottom // each.denominator) for each in growth]
    product, sum_, scale = bottom + tops[0], 1, 1
    for top in tops[1:]:
        scale *= bottom
        sum_ = scale + sum_ * (bottom + top)
        product *= bottom + top
    whole = balance * product - rest * scale * bottom
    return multiple(terms, round_ratio(whole, bottom * sum_, terms.rounding))


def multiple(terms: Terms, amount: int) -> int:
    """An instalment by the terms' multiple; one that would vanish stays as it is."""
    if not terms.instalment_multiple:
        return amount
    told = round_to_multiple(amount, terms.instalment_multiple, terms.instalment_rounding)
    return told if told or not amount else amount


def growth_of(period: Period) -> Fraction:
    """What 1 grows by over a period, as the instalment is solved."""
    if period.carried:
        return Fraction(0)
    total = Fraction(0)
    for part in period.slices:
        if part.grid[0]:
            total += Fraction(*part.grid)
    return total


def solve(plan: Plan, periods: Sequence[Period]) -> None:
    """Give each of these periods the instalment that repays what stands at their start."""
    if not periods:
        return
    if plan.kind != "equal_instalment":
        _share(plan, periods)
        return
    if plan.terms.solved_flat:
        _solve_flat(plan, periods)
        return
    at = plan.periods.index(periods[0])
    before = plan.periods[at - 1].balance_after if at else 0
    balance = before + periods[0].drawn
    rest = min(plan.terms.balloon, max(0, balance))
    amount = present_value(plan.terms, balance, [growth_of(each) for each in periods], rest)
    fixed = sum(each.fixed for each in periods)
    amount += round_ratio(fixed, len(periods), plan.terms.rounding) if fixed else 0
    for period in periods:
        if amount >= period.paid:
            period.instalment = period.original = amount
        elif period.instalment > period.paid:  # more is paid ahead than it asks for now
            period.instalment = period.original = period.paid


def _share(plan: Plan, periods: Sequence[Period]) -> None:
    """Fixed parts of principal: equal ones, or all of it with the last; never less than is paid."""
    first = plan.periods.index(periods[0])
    left = plan.drawn
    for period in plan.periods[:first]:
        left -= period.due_principal - period.credited_principal
    left, part = max(0, left), 0
    if plan.kind == "equal_principal":
        spread = max(0, left - plan.terms.balloon)
        part = multiple(plan.terms, round_ratio(spread, len(periods), plan.terms.rounding))
    for period in periods:
        period.share = max(min(part, left), _least_share(period))
        left = max(0, left - period.share)
    plan.derive()
    fit_shares(plan)


def _least_share(period: Period) -> int:
    """What of principal is paid, beside what was charged back."""
    return max(0, period.paid_principal - period.credited_principal)


def fit_shares(plan: Plan) -> None:
    """Let principal due be what was drawn: the last instalments take what lacks or is too much."""
    owed = plan.drawn + plan.credited_principal
    lacking = owed - sum(period.due_principal for period in plan.periods)
    if not lacking:
        return
    shared = [period for period in plan.periods if period.share is not None]
    for period in reversed(shared):
        share = period.share or 0
        period.share = max(share + lacking, _least_share(period))
        lacking -= period.share - share
        if not lacking:
            break
    plan.derive()


def _solve_flat(plan: Plan, periods: Sequence[Period]) -> None:
    """Flat: interest on all that was drawn, and the principal, in equal parts."""
    plan.settle()
    earned = [period.earned(plan.terms.rounding) for period in periods]
    interest = sum(earned)
    at = plan.periods.index(periods[0])
    repaid = sum(each.due_principal - each.credited_principal for each in plan.periods[:at])
    total = plan.drawn + interest - repaid
    amount = multiple(plan.terms, round_ratio(total, len(periods), plan.terms.rounding))
    left, kept, waiting = total, interest, 0
    for period, own in zip(periods, earned, strict=True):
        kept -= own
        asked = left if period is periods[-1] else max(own, min(amount, left - kept))
        left -= asked
        if period.carried:
            asked, waiting = asked - own, waiting + own
        else:
            asked, waiting = asked + waiting, 0
        period.instalment = period.original = max(asked, period.paid)
    plan.settle()


def fit_last(plan: Plan, till: date, *, derived: bool = False) -> None:
    """Let the last unpaid period take what the sum of instalments lacks or has too much.

    Interest earned behind it up to `till` is taken in as well, since nothing else will ask for it.
    `derived` says that the plan is settled as it stands.
    """
    if not derived:
        plan.derive()
    _cap_at_open(plan)
    target = _fit(plan)
    if target is not None:
        _take_later_interest(plan, target, till)
        _keep_principal(plan, target)


def _keep_principal(plan: Plan, target: Period) -> None:
    """Principal due is what was drawn: where interest did not fit, the instalment grows by it."""
    owed = plan.drawn + plan.credited_principal
    off = sum([period.due_principal for period in plan.periods]) - owed
    if not off or not owed or target.share is not None:
        return
    principal = max(target.due_principal - off, target.paid_principal)
    level_ = principal + max(target.interest, target.paid_interest)
    target.instalment = level_ - target.credited - target.future
    plan.derive()
    if off > 0:
        _ask_less(plan, target, sum(each.due_principal for each in plan.periods) - owed)


def _ask_less(plan: Plan, target: Period, over: int) -> None:
    """What the last open instalment cannot give back is taken off those before it."""
    for period in reversed(plan.periods[: plan.periods.index(target)]):
        if over <= 0:
            return
        part = min(over, period.open_principal)
        if part and not period.paid_interest:
            period.instalment -= part
            over -= part
            plan.derive()


def _cap_at_open(plan: Plan) -> None:
    """No instalment asks for more principal than is open in all."""
    open_ = max(0, plan.drawn) - plan.paid_principal
    if max([each.due_principal for each in plan.periods]) <= open_:
        return
    for at, period in enumerate(plan.periods):
        if period.share is None and period.open_principal > open_ < period.due_principal:
            period.instalment -= period.open_principal - open_
            period.instalment = max(period.instalment, period.paid - period.credited, 0)
            plan.derive_from(at)


def _to_fit(plan: Plan, below: int) -> int | None:
    """The last period of so many first ones that is not fully paid."""
    for at in range(below - 1, -1, -1):
        if not plan.periods[at].fully_paid:
            return at
    last = plan.last
    if below == len(plan.periods) and last.slices and last.balance_after > 0:
        return below - 1
    return None


def _fit(plan: Plan) -> Period | None:
    """Fit the last unpaid period; where it was paid more than that, the one before it."""
    if plan.last.share is not None:
        fit_shares(plan)
        return None
    at = _to_fit(plan, len(plan.periods))
    if at is None:
        return None
    _ask_no_future(plan, plan.periods[at])
    owed = plan.drawn + plan.credited_principal
    lacking = owed + _apart(plan)
    while at is not None:
        target = plan.periods[at]
        fitted, least = target.instalment + lacking, target.paid - target.credited
        if target.fixed > 0:
            fitted = max(fitted, target.paid_principal + target.fixed)
        if fitted == target.instalment >= least:
            return target
        lacking += target.instalment - max(fitted, least)
        target.instalment = max(fitted, least)
        lacking += plan.derive_from(at)
        if fitted >= least:
            return target
        at = _to_fit(plan, at)
        if at is not None and _ask_no_future(plan, plan.periods[at]):
            lacking = owed + _apart(plan)
    return None


def _apart(plan: Plan) -> int:
    """How far the interest that is due lies apart from what instalments ask for."""
    asked = sum([each.due_interest - each.instalment - each.future for each in plan.periods])
    return asked - sum([each.credited for each in plan.periods if each.charged_back])


def _ask_no_future(plan: Plan, target: Period) -> bool:
    """Take back what interest of later days was asked for earlier; True where there was any."""
    moved = [period for period in plan.periods if period.moved_up]
    if not moved and not target.future:
        return False
    target.future = 0
    for period in moved:
        period.moved_up = False
    plan.derive()
    return True


def _take_later_interest(plan: Plan, target: Period, till: date) -> None:
    behind = itertools.takewhile(lambda each: each is not target, reversed(plan.periods))
    if not any(period.unplaced for period in behind):  # and less is earned by an earlier day
        return
    later = plan.copy()
    truncate_interest(later, till)
    later.derive()
    for period in reversed(later.periods):
        if period.due <= target.due:
            return
        if period.unplaced > 0:
            target.future = period.unplaced
            for each in plan.periods:
                if each.due > target.due:
                    each.moved_up = True
            plan.derive()
            return


def truncate_interest(plan: Plan, till: date) -> None:
    """No interest after a day: the slice that holds it ends there, later ones earn nothing."""
    period = plan.period_at(till)
    if period is not None:
        found = slice_at(plan, period, till)
        if found is not None:
            period.own_slices()[found].due = till
            period.touched()
    for each in plan.periods:
        plan.set_factors(each)
        if till < each.due:
            for part in each.own_slices():
                if till < part.due:
                    part.grid = part.till_due = NOTHING
            each.touched()


def slice_at(plan: Plan, period: Period, day: date) -> int | None:
    """The last slice that a day belongs to."""
    found = None
    for at, part in enumerate(period.slices):
        first = not at and period is plan.periods[0]
        if (part.start < day or (first and part.start == day)) and day <= part.due:
            found = at
    return found


def level(plan: Plan, periods: Sequence[Period]) -> None:
    """Spread the odd cents of the last instalment, up to as many rounds as the terms say."""
    if not periods or periods[0].share is not None or plan.terms.method == "flat":
        return
    trial: Plan | None = None
    for _ in range(plan.terms.level_rounds):
        amount, odd, uncounted = _oddness(periods, plan.terms.balloon)
        counted = sum(not each.grace for each in periods)
        if not odd or counted // 2 <= 0 or abs(odd) <= counted // 2:
            return
        spread = _signed_round(odd, max(1, len(periods) - uncounted), plan.terms.rounding)
        tried = multiple(plan.terms, amount + spread)
        if tried == amount:
            return
        trial = trial or plan.copy()
        inside = _inside(trial, periods[0])
        for period in inside:
            if tried >= period.paid:
                period.instalment = period.original = tried
        trial.settle()
        fit_last(trial, periods[0].due)
        if abs(_oddness(trial.periods, plan.terms.balloon)[1]) >= abs(odd):
            return
        copied = iter(inside)
        for period in periods:
            if not period.grace and (new := next(copied, None)) is not None:
                period.instalment = period.original = new.instalment
        plan.settle()


def _inside(plan: Plan, first: Period) -> list[Period]:
    return [
        each
        for each in plan.periods
        if each.start >= first.start
        and each.due >= first.due
        and not each.holder
        and not each.grace
    ]


def _signed_round(number: int, over: int, rule: str) -> int:
    return round_ratio(number, over, rule) if number >= 0 else -round_ratio(-number, over, rule)


def _oddness(periods: Sequence[Period], balloon: int) -> tuple[int, int, int]:
    """The instalment of all but the last, how far the last is off, and how many do not count."""
    for last, other in zip(reversed(periods), list(reversed(periods))[1:], strict=False):
        if last.grace or other.grace or last.fully_paid or other.fully_paid:
            continue
        amount = other.instalment
        uncounted = sum(each.grace or amount < each.paid for each in periods)
        rest = balloon if last is periods[-1] else 0
        return amount, last.instalment - rest - amount, uncounted
    return periods[0].instalment, 0, 0
