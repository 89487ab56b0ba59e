"""What a merchant gets of an amount that a device pays it: the split by the terms. Pure."""

from __future__ import annotations

from huoshui.core import money
from huoshui.lines.payments.chart import settlement_path
from huoshui.lines.payments.escrow.terms import Terms
from huoshui.lines.payments.payment.model import Part


def split(amount: int, terms: Terms) -> dict[str, int]:
    """Who gets what of an amount (minor units): commission of it, tax out of that, the rest to sell.

    Rounded half to even once each; the seller has what is left, so they sum exactly.
    """
    commission = money.share(amount, terms.commission_rate)
    tax = money.share(commission, terms.tax_rate)
    return {"seller": amount - commission, "commission": commission - tax, "tax": tax}


def parts(merchant: str, amount: int, terms: Terms) -> tuple[Part, ...]:
    """The parts of a payment to a merchant."""
    accounts = {
        "seller": settlement_path(merchant),
        "commission": "platform:commission",
        "tax": "tax:payable",
    }
    shares = split(amount, terms).items()
    return tuple(Part(accounts[role], role, part) for role, part in shares if part)
