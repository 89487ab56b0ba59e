"""Limits on debtors and sellers: what may still be assigned. No I/O."""

from __future__ import annotations

from fractions import Fraction

import msgspec

from huoshui.lines.lending.factoring.model import DebtorLimit
from huoshui.lines.lending.factoring.terms import LimitsTable


class Exposure(msgspec.Struct, frozen=True):
    """What is out under a product in a currency, minor units: with a debtor, a seller, with all."""

    debtor: int
    seller: int
    total: int


def check(limits: LimitsTable, now: Exposure, amount: int) -> None:
    """Raise DebtorLimit where `amount` more would pass a limit; the narrowest is named first."""
    room = {
        "debtor": limits.debtor - now.debtor,
        "seller": limits.seller - now.seller,
        "concentration": _concentration(limits, now, amount),
    }
    name = min(room, key=lambda each: room[each])
    if room[name] < amount:
        raise DebtorLimit(limit=name, amount=amount, left=max(0, room[name]))


def _concentration(limits: LimitsTable, now: Exposure, amount: int) -> int:
    """How much more one debtor may be of all, with the amount itself among all."""
    after = now.total + amount
    if after < limits.concentration_from:
        return amount
    return int(after * Fraction(limits.concentration)) - now.debtor
