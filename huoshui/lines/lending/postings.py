"""The journal entries of a loan: which template a movement posts, and with what amounts. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from importlib import resources

import msgspec

from huoshui.ledger.chart import AccountKind, Chart
from huoshui.ledger.template import read_templates
from huoshui.lines.lending.life.accrue import Accrual
from huoshui.lines.lending.life.view import Moved

# No bounds: many loans share a line, and what one owes is bounded by its fold.
CHART = Chart(
    (
        AccountKind("loans.principal", "loans:{book}:principal", "asset"),
        AccountKind("loans.receivable", "loans:{book}:receivable", "asset"),
        AccountKind("clearing", "clearing:{book}", "liability"),
        AccountKind("borrowers.credit", "borrowers:{book}:credit", "liability"),
        AccountKind("income", "income:{book}:{kind}", "income"),
        AccountKind("expense", "expense:{book}:{kind}", "expense"),
    )
)

TEMPLATES = read_templates(
    resources.files(__package__).joinpath("postings.toml").read_text(encoding="utf-8")
)

_LOST = "_lost"
_AS = {  # kinds of movement that are no payment from the borrower's own means
    "disbursement": "drawn",
    "charge_off": "charged_off",
    "write_off": "written_off",
    "waive_charge": "charge_waived",
    "waive_penalty": "penalty_waived",
    "chargeback": "charged_back",
    "credit_balance_refund": "credit_paid_out",
    "goodwill_credit": "goodwill",
    "interest_refund": "interest_given_back",
    "interest_payment_waiver": "interest_given_back",
    "charge_adjustment": "charge_given_back",
}
_REFUNDS = {"merchant_issued_refund", "payout_refund"}
_MOVES_NOTHING = {"re_age", "re_amortise"}


class Posting(msgspec.Struct, frozen=True):
    """One entry to post: template, day, and amounts in minor units by the template's names."""

    event: str
    on: date
    template: str
    amounts: dict[str, int]


def postings(moved: Iterable[Moved | Accrual]) -> tuple[Posting, ...]:
    """The entries of a loan's movements, told in their order; undone ones post nothing."""
    found, lost = [], False
    for each in moved:
        if isinstance(each, Accrual):
            posting = _accrued(each)
        elif each.undone or each.kind in _MOVES_NOTHING:
            continue
        else:
            posting = _posted(each, lost=lost)
            lost = lost or each.kind == "charge_off"
        if posting is not None and any(posting.amounts.values()):
            found.append(posting)
        if isinstance(each, Moved) and each.earned and not each.undone:
            found.append(_earned(each))
    return tuple(found)


def _posted(each: Moved, *, lost: bool) -> Posting | None:
    if lost and each.kind == "write_off":
        return None  # the charge-off has taken it out of the books
    template = _AS.get(each.kind, "repaid")
    if lost and each.kind in _REFUNDS:
        template = "refunded_lost"
    elif lost and template + _LOST in TEMPLATES:
        template += _LOST
    return Posting(each.event, each.on, template, _amounts(each))


def _earned(each: Moved) -> Posting:
    """What an event earned of a fixed fee."""
    template = "accrued" if each.earned > 0 else "accrual_taken_back"
    amounts = {"interest": abs(each.earned), "charges": 0}
    return Posting(each.event, each.on, template, amounts)


def _amounts(each: Moved) -> dict[str, int]:
    amounts = {
        "own": 0,
        "principal": each.principal,
        "interest": each.interest,
        "charges": each.fees + each.penalties,
        "excess": each.overpaid,
    }
    if each.kind == "disbursement":  # what credit has paid of it never was a claim
        amounts |= {"principal": each.amount - each.principal, "own": each.principal}
    if each.kind == "chargeback":  # credit bears a part of what is owed again
        for name, part in zip(("principal", "interest", "charges"), each.by_credit, strict=True):
            amounts[name] -= part
    return amounts


def _accrued(each: Accrual) -> Posting | None:
    if each.kind != "accrual":
        return None
    charges = each.fees + each.penalties
    template = "accrued" if each.amount >= 0 else "accrual_taken_back"
    amounts = {"interest": abs(each.interest), "charges": abs(charges)}
    return Posting("", each.on, template, amounts)
