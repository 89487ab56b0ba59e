"""An instalment of a running loan: what is due, paid, when. No I/O."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from huoshui.lines.lending.waterfall import Component

_NOTHING = Fraction(0)


class Instalment:
    """Amounts due and paid by component; mutable within one fold, never kept."""

    __slots__ = (
        "additional",
        "asked_on",
        "credited",
        "down",
        "due",
        "fee",
        "in_advance",
        "interest",
        "late",
        "late_at",
        "late_exact",
        "late_told",
        "late_waived",
        "met",
        "met_on",
        "paid",
        "penalty",
        "principal",
        "reaged",
        "start",
        "unsure",
        "waived",
    )

    def __init__(self, start: date, due: date, *, down: bool = False, additional: bool = False):
        self.start, self.due, self.down, self.additional = start, due, down, additional
        self.principal = self.interest = self.fee = self.penalty = 0
        self.paid: dict[Component, int] = {
            "principal": 0,
            "interest": 0,
            "fee": 0,
            "penalty": 0,
        }
        self.waived: dict[Component, int] = {}
        self.credited = self.in_advance = self.late = 0
        self.met = self.reaged = False
        self.unsure = False  # whether `met` is yet to be reviewed
        self.met_on: date | None = None
        self.asked_on: date | None = None  # of an account: the day of its statement
        self.late_at: date | None = None  # up to which day penalty interest is told, exactly,
        self.late_exact = _NOTHING  # and what of it was asked for, and waived
        self.late_told = self.late_waived = 0

    def copy(self) -> Instalment:
        """The same instalment, apart."""
        other = Instalment.__new__(Instalment)
        for name in Instalment.__slots__:
            setattr(other, name, getattr(self, name))
        other.paid = dict(self.paid)
        other.waived = dict(self.waived)
        return other

    def asked(self, component: Component) -> int:
        """What is due of a component."""
        amount: int = getattr(self, component)
        return amount

    def open(self, component: Component) -> int:
        """What is due of a component and neither paid nor waived."""
        return self.asked(component) - self.paid[component] - self.waived.get(component, 0)

    @property
    def total(self) -> int:
        """All that is due."""
        return self.principal + self.interest + self.fee + self.penalty

    @property
    def paid_total(self) -> int:
        """All that is paid."""
        return sum(self.paid.values())

    @property
    def outstanding(self) -> int:
        """All that is due and neither paid nor waived."""
        paid = self.paid
        left = self.principal - paid["principal"] + self.interest - paid["interest"]
        left += self.fee - paid["fee"] + self.penalty - paid["penalty"]
        return left - sum(self.waived.values()) if self.waived else left

    def pay(self, component: Component, day: date, amount: int) -> int:
        """Take of an amount what is open of a component; gives what was taken."""
        part = max(0, min(self.open(component), amount))
        self.paid[component] += part
        if day < self.due:
            self.in_advance += part
        elif day > self.due:
            self.late += part
        self.met = self.outstanding == 0
        self.met_on = day if self.met else None
        return part

    def ask(self, principal: int, interest: int, day: date) -> None:
        """Ask for so much now; where that changes something, review whether it is met."""
        same = self.principal == principal and self.interest == interest
        if not same or self.unsure or not (self.met or principal or interest):
            self.principal, self.interest = principal, interest
            self.review(day)

    def review(self, day: date) -> None:
        """After a change: whether all is met now, and since when."""
        self.unsure = False
        done = self.outstanding == 0
        if done and not self.met:
            self.met, self.met_on = True, day
        elif self.met and not done:
            self.met, self.met_on = False, None

    def holds(self, day: date, *, first: bool) -> bool:
        """Whether a day lies in the instalment's period: after its start, up to its due date."""
        return self.start < day <= self.due or (first and day == self.start)
