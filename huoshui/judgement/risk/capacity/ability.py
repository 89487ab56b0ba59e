"""The ability to pay of one person, why it is doubted, and the limit that it bears. No I/O."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

import msgspec

from huoshui.core.errors import Problem

Source = Literal[
    "salary", "business", "pension", "benefit", "rent", "other", "loan", "own_transfer"
]
# Money that comes in and is owed, or was there before, is no income.
_NO_INCOME = frozenset({"loan", "own_transfer"})
_SPEND_MOST = Fraction(1)  # spending of verified income
_UTILISATION_MOST = Fraction(8, 10)
_MINIMUM_MOST = 3  # of six months, only the minimum was paid
_LINES_MOST = 5
_BORROWED_MOST = Fraction(3, 10)  # of what comes in
_SERVICE_MOST = Fraction(1, 2)  # debt service of verified income
_SIGNS_FLAGGED = 2  # beside spending above income


class BadCashFlow(Problem):
    """An amount, count or share that cannot be."""

    code = "bad_cash_flow"
    status = 422


class Income(msgspec.Struct, frozen=True):
    """What comes in a month from one source, in minor units, and whether it was verified."""

    amount_minor: int
    source: Source
    verified: bool = True


class CashFlow(msgspec.Struct, frozen=True):
    """A month: what comes in, what all lenders are paid, what living needs, what is spent."""

    income: tuple[Income, ...]
    debt_service_minor: int
    essentials_minor: int
    spend_minor: int | None = None


class Credit(msgspec.Struct, frozen=True):
    """How credit is used: open lines, the share drawn, months of six with only the minimum paid."""

    lines_open: int = 0
    utilisation: Fraction | None = None
    minimum_payments: int = 0


class Ability(msgspec.Struct, frozen=True):
    """What is left a month for new debt, and the signs that a way of life rests on credit.

    `signs` are codes (`capacity.sign.<code>` says each); `pseudo_middle_class` is so where more is
    spent than is verifiably earned and at least two other signs stand.
    """

    income_minor: int
    capacity_minor: int
    service_ratio: Fraction | None
    spend_ratio: Fraction | None
    borrowed_share: Fraction | None
    signs: tuple[str, ...]
    pseudo_middle_class: bool


def ability(flow: CashFlow, credit: Credit | None = None) -> Ability:
    """The ability to pay. Raises BadCashFlow."""
    used = credit or Credit()
    _demand_sound(flow, used)
    income = sum(each.amount_minor for each in flow.income if _counts(each))
    left = income - flow.debt_service_minor - flow.essentials_minor
    spend = _over(flow.spend_minor, income)
    service = _over(flow.debt_service_minor, income)
    total = sum(each.amount_minor for each in flow.income)
    borrowed = sum(each.amount_minor for each in flow.income if each.source == "loan")
    share = Fraction(borrowed, total) if total else None
    overspent = _overspent(flow.spend_minor, income)
    signs = _signs(service, share, used)
    return Ability(
        income, max(0, left), service, spend, share,
        (*(("spend",) if overspent else ()), *signs),
        overspent and len(signs) >= _SIGNS_FLAGGED,
    )  # fmt: skip


def limit_of(able: Ability, months: int, rate_monthly: Fraction, share: Fraction) -> int:
    """The most that equal instalments of a share of the capacity repay in so many months.

    Rounded down to a minor unit; spending is not looked at. Raises BadCashFlow.
    """
    if months < 1 or rate_monthly < 0 or not 0 <= share <= 1:
        raise BadCashFlow(field="months, rate_monthly or share")
    instalment = able.capacity_minor * share
    if not rate_monthly:
        return int(instalment * months)
    growth = (1 + rate_monthly) ** months
    return int(instalment * (growth - 1) / (growth * rate_monthly))


def _counts(each: Income) -> bool:
    return each.verified and each.source not in _NO_INCOME


def _over(amount: int | None, income: int) -> Fraction | None:
    return None if amount is None or not income else Fraction(amount, income)


def _overspent(spend: int | None, income: int) -> bool:
    return spend is not None and spend > _SPEND_MOST * income


def _signs(service: Fraction | None, borrowed: Fraction | None, used: Credit) -> tuple[str, ...]:
    seen = {
        "service": service is not None and service > _SERVICE_MOST,
        "borrowed": borrowed is not None and borrowed > _BORROWED_MOST,
        "utilisation": used.utilisation is not None and used.utilisation > _UTILISATION_MOST,
        "minimum": used.minimum_payments >= _MINIMUM_MOST,
        "lines": used.lines_open > _LINES_MOST,
    }
    return tuple(name for name, stands in seen.items() if stands)


def _demand_sound(flow: CashFlow, used: Credit) -> None:
    amounts = {
        "debt_service_minor": flow.debt_service_minor,
        "essentials_minor": flow.essentials_minor,
        "spend_minor": flow.spend_minor or 0,
        "lines_open": used.lines_open,
        "minimum_payments": used.minimum_payments,
        "utilisation": used.utilisation or 0,
    }
    amounts |= {f"income/{n}": each.amount_minor for n, each in enumerate(flow.income)}
    for name, amount in amounts.items():
        if amount < 0:
            raise BadCashFlow(field=name)
