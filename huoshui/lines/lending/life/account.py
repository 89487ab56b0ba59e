"""An account while its events are folded: drawn and repaid at will, asked for by statements. No I/O.

The last instalment holds all that is not asked for yet. On the day of a statement it keeps what is
asked for, and what is left moves on to the next one. What bears interest is kept as lots, each from a
day on; payments take the oldest first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from huoshui.lines.lending.life.effective import by_events
from huoshui.lines.lending.life.instalment import Instalment
from huoshui.lines.lending.schedule.factor import Ratio, factor
from huoshui.lines.lending.schedule.minimum import minimum_payment
from huoshui.lines.lending.schedule.terms import Terms, round_ratio
from huoshui.lines.lending.time.calendar import DueRule, due_dates

if TYPE_CHECKING:
    from huoshui.lines.lending.life.state import State

_DAY = timedelta(days=1)
_AHEAD = 32  # days of statements that are found at once


class Account:
    """What an account keeps beside its instalments."""

    __slots__ = ("at", "bases", "days", "lots", "number", "rate", "start", "stopped")

    def __init__(self, start: date) -> None:
        self.start, self.number = start, 1  # of the cycle that runs
        self.at = start  # up to which day it is told
        self.lots: list[tuple[date, int]] = []  # from which day principal bears interest
        self.days: list[date] = []  # on which what bears interest has changed
        self.bases: list[int] = []  # to how much
        self.rate: Decimal | None = None  # the effective rate of a fixed fee
        self.stopped: date | None = None  # from when nothing more is earned or asked for anew

    def copy(self) -> Account:
        """The same account, apart."""
        other = Account.__new__(Account)
        other.start, other.number, other.at = self.start, self.number, self.at
        other.lots, other.stopped, other.rate = list(self.lots), self.stopped, self.rate
        other.days, other.bases = list(self.days), list(self.bases)
        return other

    def mark(self, day: date) -> None:
        """Note what bears interest from a day on."""
        base = sum(amount for since, amount in self.lots if since <= day)
        if self.days and self.days[-1] == day:
            self.bases[-1] = base
        elif base != (self.bases[-1] if self.bases else 0):
            self.days.append(day)
            self.bases.append(base)


def statement_day(terms: Terms, number: int) -> date:
    """The day on which a cycle ends."""
    if number == 0:
        return terms.start
    origin, first = (terms.first_due, True) if terms.first_due else (terms.start, False)
    whole = -(-number // _AHEAD) * _AHEAD
    return _days(terms.due, origin, whole, first)[number - 1]


@lru_cache(maxsize=4096)
def _days(rule: DueRule, origin: date, count: int, first: bool) -> tuple[date, ...]:
    return due_dates(rule, origin, count, from_start=first)


def opened(terms: Terms) -> tuple[Account, Instalment]:
    """A new account, and the instalment of its first cycle."""
    account = Account(terms.start)
    return account, _cycle(terms, account)


def _cycle(terms: Terms, account: Account) -> Instalment:
    row = Instalment(account.start, account.start)
    _dated(terms, account, row)
    return row


def _dated(terms: Terms, account: Account, row: Instalment) -> None:
    row.start, row.asked_on = account.start, statement_day(terms, account.number)
    wait = (
        terms.revolving.due_days if terms.revolving else terms.sales.due_days if terms.sales else 0
    )
    row.due = row.asked_on + timedelta(days=wait)


def current(state: State) -> Instalment:
    """The instalment of the cycle that runs: all that is not asked for yet."""
    return state.rows[-1]


def roll(state: State, day: date) -> None:
    """Let days go by: what was drawn begins to bear interest, and statements ask for their part."""
    account = state.account
    assert account is not None
    if not account.stopped:
        for since in sorted({since for since, _ in account.lots if account.at < since <= day}):
            account.mark(since)
        row = current(state)
        while row.asked_on is not None and row.asked_on < day:
            row = _ask(state, account, row)
        _earn(state, account, row, day)
        row.review(day)
    account.at = max(account.at, day)


def _earn(state: State, account: Account, row: Instalment, until: date) -> None:
    if state.terms.sales is None or not state.terms.sales.fee:
        row.interest = max(row.paid["interest"], _earned_in(state, row, until))


def _ask(state: State, account: Account, row: Instalment) -> Instalment:
    """The statement of a cycle: the instalment keeps what is asked for, the rest is of the next one."""
    assert row.asked_on is not None
    _earn(state, account, row, row.asked_on)
    account.start, account.number = row.asked_on, account.number + 1
    if not row.total:
        _dated(state.terms, account, row)
        return row
    following = _cycle(state.terms, account)
    principal, interest = _left(state, account, row)
    for name, part in (("principal", principal), ("interest", interest)):
        setattr(row, name, getattr(row, name) - part)
        setattr(following, name, part)
    following.met = True  # as nothing that asks for nothing is open
    for each in (row, following):
        each.review(account.start)
    state.rows.append(following)
    return following


def _left(state: State, account: Account, row: Instalment) -> tuple[int, int]:
    """Principal and interest that a statement does not ask for."""
    terms, principal, interest = state.terms, row.open("principal"), row.open("interest")
    charges = row.open("fee") + row.open("penalty")
    if terms.revolving is not None:
        asked = minimum_payment(terms.revolving.minimum, principal, interest, charges)
        return principal - max(0, asked - interest - charges), 0
    assert terms.sales is not None
    if account.number > terms.sales.longest:
        return 0, 0
    paid = row.paid["principal"] + row.paid["interest"]
    least = terms.sales.least * terms.sales.expected
    asked = max(0, round_ratio(least.numerator, least.denominator, terms.rounding) - paid)
    asked = min(asked, principal + interest)
    if not terms.sales.fee:  # interest is asked for as it is earned
        return principal - max(0, min(principal, asked - interest)), 0
    of_fee = fee_part(asked, principal, interest)
    return principal - (asked - of_fee), interest - of_fee


def fee_part(amount: int, principal: int, fee: int) -> int:
    """What of an amount pays a fixed fee, in proportion to what is open."""
    return min(fee, round_ratio(amount * fee, principal + fee)) if fee else 0


def follow(state: State, day: date) -> None:
    """After an event: lots come to the principal that is owed, the oldest are taken first."""
    account = state.account
    assert account is not None
    over = sum(amount for _, amount in account.lots) - state.principal_owed
    if over < 0:
        late = state.terms.revolving is not None and state.terms.revolving.bears_from == "due"
        account.lots.append((current(state).due if late else day, -over))
        account.lots.sort(key=lambda lot: lot[0])
    while over > 0:
        since, amount = account.lots[0]
        account.lots[:1] = [(since, amount - over)] if amount > over else []
        over -= min(over, amount)
    account.mark(day)
    if not account.stopped:
        roll(state, day)


def stop(state: State, day: date, *, all_due: bool = False) -> None:
    """Nothing more is earned or asked for anew; all may be due on the day."""
    account = state.account
    assert account is not None
    account.stopped = account.stopped or day
    for row in state.rows if all_due else ():
        row.due = min(row.due, day)


def seen(state: State, day: date) -> State:
    """The state as it is on a day; itself where nothing changes by then."""
    if state.account is None or state.account.at >= day:
        return state
    other = state.copy()
    roll(other, day)
    return other


def row_of(state: State, day: date) -> Instalment:
    """The instalment whose cycle holds a day; the one that runs for later days."""
    found = (row for row in state.rows if row.asked_on is not None and day <= row.asked_on)
    return next(found, current(state))


def earned(state: State, day: date) -> int:
    """All interest earned up to a day; of a fixed fee what events have earned."""
    account = state.account
    assert account is not None
    if by_events(state.terms):
        return sum(each.earned for each in state.movements if each.on <= day)
    if account.stopped and day >= account.stopped:
        return sum(row.interest for row in state.rows)
    total = 0
    for row in state.rows:
        if row.asked_on is None:
            continue
        if row.asked_on <= day and row is not current(state):
            total += row.interest
        elif row.start < day:
            total += _earned_in(state, row, day)
    return total


def _earned_in(state: State, row: Instalment, until: date) -> int:
    """Interest of a cycle up to a day, exact and rounded once."""
    top, bottom = exact(state, row, until)
    return round_ratio(top, bottom, state.terms.rounding)


def exact(state: State, row: Instalment, until: date) -> Ratio:
    """Interest of a cycle up to a day, not rounded.

    Each part counts from its start to the end of the cycle, and of that as many days as it has.
    """
    assert row.asked_on is not None
    assert state.account is not None
    whole, total = (row.start, row.asked_on), Fraction(0)
    for since, to, base in _spans(state, state.account, row.start, min(until, row.asked_on)):
        rate = state.plan.rate_on(since)
        top, bottom = factor(state.terms, rate, whole, (since, row.asked_on), grid=False)
        days, of = (to - since).days, (row.asked_on - since).days
        total += Fraction(base * top * days, bottom * of)
    return total.numerator, total.denominator


def _spans(
    state: State, account: Account, start: date, end: date
) -> Iterator[tuple[date, date, int]]:
    """Parts of a time in which the same bears interest, at one rate; none while it is paused."""
    if state.terms.interest_free and start < statement_day(state.terms, state.terms.interest_free):
        return
    early = _DAY if state.terms.pause_from == "night_before" else timedelta()
    pauses = [(first - early, last) for first, last in state.plan.pauses]
    turns = {start, end, *(day for day, _ in state.plan.rates), *(d for p in pauses for d in p)}
    turns |= set(account.days[bisect_right(account.days, start) :])
    days = sorted(day for day in turns if start <= day <= end)
    for since, to in pairwise(days):
        at = bisect_right(account.days, since) - 1
        base = account.bases[at] if at >= 0 else 0
        if base and not any(first <= since and to <= last for first, last in pauses):
            yield since, to, base
