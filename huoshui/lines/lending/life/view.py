"""A life as it is shown: frozen rows, movements, balances, days past due. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from huoshui.lines.lending.life import account, steps
from huoshui.lines.lending.life.accrue import Accrual
from huoshui.lines.lending.life.allocate import open_on
from huoshui.lines.lending.life.instalment import Instalment
from huoshui.lines.lending.life.life import Life
from huoshui.lines.lending.life.state import NOT_DEBT, Movement, State
from huoshui.lines.lending.schedule import change
from huoshui.lines.lending.waterfall import Component


class Due(msgspec.Struct, frozen=True):
    """An instalment: what is due, paid, paid in advance, paid late, open; since when it is met."""

    n: int
    start: date
    due: date
    principal: int
    interest: int
    fees: int
    penalties: int
    paid: int
    in_advance: int
    late: int
    outstanding: int
    balance: int
    met_on: date | None
    down_payment: bool

    @property
    def total(self) -> int:
        """All that is due."""
        return self.principal + self.interest + self.fees + self.penalties


class Moved(msgspec.Struct, frozen=True):
    """What an event moved, by component, and the principal owed after it."""

    event: str
    kind: str
    on: date
    amount: int
    principal: int
    interest: int
    fees: int
    penalties: int
    overpaid: int
    balance: int
    undone: bool = False
    earned: int = 0  # of a fixed fee: see `life.effective`
    by_credit: tuple[int, int, int] = (0, 0, 0)  # principal, interest, charges that credit paid


class Standing(msgspec.Struct, frozen=True):
    """Where a loan stands on a day."""

    status: str
    principal: int
    interest: int
    fees: int
    penalties: int
    credit: int
    overdue: int
    days_past_due: int

    @property
    def outstanding(self) -> int:
        """All that is open."""
        return self.principal + self.interest + self.fees + self.penalties


def dues(state: State) -> tuple[Due, ...]:
    """The instalments in order, each with the principal owed once it is paid."""
    found, repaid = [], 0
    if state.account is not None:
        return _statements(state)
    down_on = {row.due for row in state.rows if row.down}
    for n, row in enumerate(state.rows, 1):
        repaid += row.principal
        drawn = sum(amount for day, amount in state.drawn if day < row.due)
        if row.down or row.due not in down_on:  # else its down payment stands behind this row
            drawn += sum(amount for day, amount in state.drawn if day == row.due)
        found.append(_due(n, row, max(0, drawn + _credited(state, row) - repaid)))
    return tuple(found)


def _due(n: int, row: Instalment, balance: int) -> Due:
    return Due(
        n=n,
        start=row.start,
        due=row.due,
        principal=row.principal,
        interest=row.interest,
        fees=row.fee,
        penalties=row.penalty,
        paid=row.paid_total,
        in_advance=row.in_advance,
        late=row.late,
        outstanding=row.outstanding,
        balance=balance,
        met_on=row.met_on if row.met else None,
        down_payment=row.down,
    )


def _statements(state: State) -> tuple[Due, ...]:
    """Of an account: what was asked for, and last what is not asked for yet."""
    found: list[Due] = []
    principal = 0
    for n, row in enumerate(state.rows, 1):
        principal += row.principal
        until = row.asked_on or row.due
        owed = sum(amount for day, amount in state.drawn if day <= until)
        found.append(_due(n, row, max(0, owed - principal)))
    return tuple(found)


def _credited(state: State, row: Instalment) -> int:
    """Principal that was called back or paid out beyond credit before a row is due, or on it."""
    owed = 0
    for each in state.movements:
        told = each.on < row.due or (row.additional and each.on == row.due)
        if told and each.kind in {"chargeback", "credit_balance_refund"}:
            owed += each.amount if each.kind == "credit_balance_refund" else each.parts["principal"]
    return owed


def movements(life: Life) -> tuple[Moved | Accrual, ...]:
    """Movements and accruals in the order of their days."""
    told: list[tuple[date, int, int, Moved | Accrual]] = []
    for at, each in enumerate(life.state.movements):
        told.append((each.on, life.told_as(each.event), at, _moved(each)))
    for at, each in enumerate(life.undone):
        undone = msgspec.structs.replace(_moved(each), undone=True)
        told.append((each.on, life.told_as(each.event), -len(life.undone) + at, undone))
    for at, accrual in enumerate(life.accruals):
        told.append((accrual.on, accrual.after, len(told) + at, accrual))
    told.sort(key=lambda each: each[:3])
    return tuple(_with_balances(each[3] for each in told))


def moved_by(state: State) -> tuple[Moved, ...]:
    """What events moved, as far as they stand, in the order in which they were folded."""
    return tuple(_moved(each) for each in state.movements)


def _with_balances(told: Iterable[Moved | Accrual]) -> Iterator[Moved | Accrual]:
    """A waiver stands beside its charge: its balance is that of the movement before it."""
    balance = 0
    for line in told:
        if isinstance(line, Moved) and line.kind == "waive_charge":
            yield msgspec.structs.replace(line, balance=balance)
            continue
        if isinstance(line, Moved) and not line.undone and line.kind not in NOT_DEBT:
            balance = line.balance
        yield line


def _moved(each: Movement) -> Moved:
    return Moved(
        event=each.event,
        kind=each.kind,
        on=each.on,
        amount=each.amount,
        principal=each.parts["principal"],
        interest=each.parts["interest"],
        fees=each.parts["fee"],
        penalties=each.parts["penalty"],
        overpaid=each.overpaid,
        balance=each.balance,
        earned=each.earned,
        by_credit=_by_credit(each.by_credit) if each.by_credit else (0, 0, 0),
    )


def _by_credit(parts: dict[Component, int]) -> tuple[int, int, int]:
    return parts["principal"], parts["interest"], parts["fee"] + parts["penalty"]


def standing(state: State, day: date) -> Standing:
    """Balances and days past due on a day."""
    state = account.seen(state, day)
    late = [row for row in state.rows if row.due < day and row.outstanding > 0]
    return Standing(
        status=_status(state),
        principal=sum(row.open("principal") for row in state.rows),
        interest=sum(row.open("interest") for row in state.rows),
        fees=sum(row.open("fee") for row in state.rows),
        penalties=sum(row.open("penalty") for row in state.rows),
        credit=state.overpaid,
        overdue=sum(row.outstanding for row in late),
        days_past_due=(day - late[0].due).days if late else 0,
    )


def seen(state: State, day: date) -> State:
    """The state as it is seen on a day: what is overdue has earned up to it."""
    other = state.copy()
    other.prepaying = False
    steps.see(other, day)
    return other


def payoff(state: State, day: date) -> int:
    """What would settle the loan on a day: principal, interest by the rules, fees and penalties."""
    if state.account is not None:
        return seen(state, day).outstanding
    until = day
    row = state.row_at(day)
    if row is not None and state.rules.preclose == "rest":
        until = row.due
    late = seen(state, day) if state.rules.penalty else state
    rest = sum(row.open("fee") + row.open("penalty") for row in late.rows)
    if not state.recalculates:
        return sum(row.open("principal") + row.open("interest") for row in state.rows) + rest
    extra = sum(
        row.open("principal") + row.open("interest")
        for row in state.rows
        if row.down or row.additional
    )
    copy = state.copy()
    if state.rules.earn_on_overdue:
        change.overdue(copy.plan, day, whole_period=state.rules.preclose == "rest")
    return sum(open_on(copy, until)) + extra + rest


def _status(state: State) -> str:
    if state.written_off:
        return "written_off"
    if state.outstanding > 0 or not state.drawn:
        return "active"
    return "overpaid" if state.overpaid > 0 else "closed"
