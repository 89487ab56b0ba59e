"""Who is paid how much: from what sellers are owed, what the terms keep back and allow. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_UP, Decimal
from uuid import UUID

import msgspec

from huoshui.lines.payments.settlement.model import LeftOut, Payable
from huoshui.lines.payments.settlement.terms import SettlementTerms


class Share(msgspec.Struct, frozen=True):
    """What one account is paid, and what is kept back of it; minor units."""

    payable: Payable
    amount: int
    reserved: int


def plan(
    payable: Sequence[Payable],
    earned: Mapping[UUID, int],
    terms: SettlementTerms,
    *,
    least: int,
    spent: int,
) -> tuple[list[Share], list[LeftOut]]:
    """The payouts of one currency, and what they leave out with the reason.

    `earned` is what came in while the reserve looks back, `spent` what was paid out today, both
    minor units. A payout below `least` is not made; the day's limit is filled in the order given.
    """
    shares: list[Share] = []
    left_out: list[LeftOut] = []
    room = max(0, terms.day_max - spent)
    for each in payable:
        reserved = _reserve(terms, earned.get(each.account_id, 0), each.available)
        wish = each.available - each.waiting - reserved
        if reserved:
            left_out.append(LeftOut(each.seller, reserved, "reserve"))
        if wish < least:
            continue
        amount = min(wish, terms.payout_max)
        if amount < wish:
            left_out.append(LeftOut(each.seller, wish - amount, "payout_max"))
        if amount > room or amount < least:
            left_out.append(LeftOut(each.seller, amount, "day_max"))
            continue
        room -= amount
        shares.append(Share(each, amount, reserved))
    return shares, left_out


def _reserve(terms: SettlementTerms, earned: int, available: int) -> int:
    wanted = (Decimal(earned) * terms.reserve_rate).to_integral_value(ROUND_UP)
    return min(int(wanted), max(0, available))
