"""A seller has the money of a shipped order now: what could be advanced, at what cost, and doing it.

What is shown is quoted by the product that is offered, and nothing of it is kept. Who agrees, agrees
to the figures that were shown: where they have changed since, nothing happens.
"""

from huoshui.scenarios.early_money.service import (
    Advance,
    AdvanceChanged,
    Product,
    advances,
    agree,
    find,
    products,
    take,
)

__all__ = [
    "Advance", "AdvanceChanged", "Product", "advances", "agree", "find", "products", "take",
]  # fmt: skip
