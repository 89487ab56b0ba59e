"""Who gets what of a sale, by the platform's terms. Pure."""

from __future__ import annotations

from huoshui.core import money
from huoshui.lines.payments.chart import settlement_path
from huoshui.lines.payments.escrow.terms import Terms
from huoshui.lines.payments.payment.model import Part


def sale(seller: str, amount: int, terms: Terms) -> tuple[Part, ...]:
    """The terms' split of a sale: commission of the whole, tax out of it, the rest the seller's."""
    commission = money.share(amount, terms.commission_rate)
    tax = money.share(commission, terms.tax_rate)
    found = (
        Part(settlement_path(seller), "seller", amount - commission),
        Part("platform:commission", "commission", commission - tax),
        Part("tax:payable", "tax", tax),
    )
    return tuple(part for part in found if part.amount)


def own_sale(amount: int) -> tuple[Part, ...]:
    """What the marketplace sells itself is its income."""
    return (Part("platform:commission", "commission", amount),)
