"""Allowances in the books: only what differs from the last ones is posted. No I/O."""

from __future__ import annotations

from importlib import resources

import msgspec

from huoshui.ledger.chart import AccountKind, Chart
from huoshui.ledger.template import read_templates
from huoshui.lines.lending.impairment.loss import Loss
from huoshui.lines.lending.schedule.terms import Rounding, round_ratio

CHART = Chart(
    (
        AccountKind("allowance", "allowance:{book}:{of}", "liability", floor=0),
        AccountKind("loans.principal", "loans:{book}:principal", "asset"),
        AccountKind("loans.receivable", "loans:{book}:receivable", "asset"),
        AccountKind("income", "income:{book}:{kind}", "income"),
        AccountKind("expense", "expense:{book}:{kind}", "expense"),
    )
)
TEMPLATES = read_templates(
    resources.files(__package__).joinpath("postings.toml").read_text(encoding="utf-8")
)


class Allowance(msgspec.Struct, frozen=True):
    """What the books hold against loans, in minor units: for what is drawn, for what may still be,
    and interest of stage 3 that is not earned.
    """

    loans: int = 0
    undrawn: int = 0
    suspended: int = 0

    def at(self, loss: Loss) -> Allowance:
        """The same with a loss that is expected now."""
        return msgspec.structs.replace(self, loans=loss.drawn, undrawn=loss.undrawn)

    def __add__(self, other: Allowance) -> Allowance:
        loans, undrawn = self.loans + other.loans, self.undrawn + other.undrawn
        return Allowance(loans, undrawn, self.suspended + other.suspended)


class Entry(msgspec.Struct, frozen=True):
    """One entry to post: its template, and amounts in minor units by the template's names."""

    template: str
    amounts: dict[str, int]


_UP_AND_DOWN = {
    "loans": ("allowance_raised", "allowance_released"),
    "undrawn": ("provision_raised", "provision_released"),
    "suspended": ("interest_suspended", "suspension_lifted"),
}


def differences(before: Allowance, after: Allowance) -> tuple[Entry, ...]:
    """The entries that make one allowance of another; none where they are the same.

    A stage move is such a difference: it has no entry of its own.
    """
    found = []
    for name, (up, down) in _UP_AND_DOWN.items():
        more = getattr(after, name) - getattr(before, name)
        if more:
            found.append(Entry(up if more > 0 else down, {"amount": abs(more)}))
    return tuple(found)


def interest_of_stage_3(
    interest: int, gross: int, allowance: int, rounding: Rounding = "half_up"
) -> tuple[int, int]:
    """Interest of a loan in stage 3, on gross less allowance: what is earned, what is suspended."""
    if gross <= 0:
        return interest, 0
    net = max(0, gross - allowance)
    earned = round_ratio(interest * net, gross, rounding)
    return earned, interest - earned


def written_off(held: Allowance, principal: int, interest: int) -> tuple[Entry, Allowance]:
    """A write-off against what is held for the loan, and what is still held then.

    Suspended interest goes first with interest; the allowance bears principal before interest; what
    it does not bear is a loss.
    """
    suspended = min(held.suspended, interest)
    principal_borne = min(held.loans, principal)
    interest_borne = min(held.loans - principal_borne, interest - suspended)
    amounts = {
        "suspended": suspended,
        "principal_borne": principal_borne,
        "principal_lost": principal - principal_borne,
        "interest_borne": interest_borne,
        "interest_lost": interest - suspended - interest_borne,
    }
    left = Allowance(
        held.loans - principal_borne - interest_borne, held.undrawn, held.suspended - suspended
    )
    return Entry("written_off_against", amounts), left
