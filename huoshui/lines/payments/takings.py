"""What a merchant gets of an amount that a device pays it: the split by the terms. Pure."""

from __future__ import annotations

from huoshui.core import money
from huoshui.lines.payments.chart import settlement_path
from huoshui.lines.payments.escrow.terms import Terms


def split(amount: int, terms: Terms) -> dict[str, int]:
    """The names of a template's amounts: commission of the amount, tax out of it, the rest to sell.

    Rounded half to even once each; the seller has what is left, so they sum exactly.
    """
    commission = money.share(amount, terms.commission_rate)
    tax = money.share(commission, terms.tax_rate)
    return {"seller": amount - commission, "commission": commission - tax, "tax": tax}


def parts(merchant: str, amount: int, terms: Terms) -> list[tuple[str, str, int]]:
    """(account, role, amount) of each who gets something."""
    shares = split(amount, terms)
    accounts = {
        "seller": settlement_path(merchant),
        "commission": "platform:commission",
        "tax": "tax:payable",
    }
    return [(accounts[role], role, part) for role, part in shares.items() if part]
