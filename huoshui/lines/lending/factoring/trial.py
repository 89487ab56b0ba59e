"""The entries of a claim that its buyer confirms and pays. No I/O."""

from __future__ import annotations

from huoshui.catalog import CheckedProduct
from huoshui.lines.lending.factoring.chart import TEMPLATES
from huoshui.lines.lending.factoring.product import quote
from huoshui.lines.lending.lint.entries import Entry, add, told


def entries(checked: CheckedProduct, face: int, days: int) -> list[Entry]:
    """The entries of such a claim, in their order. Raises what `quote` does."""
    deal = quote(checked, face, days).deal
    kept = min(deal.fee_most, deal.reserve)
    steps = (
        ("factored", {"advance": deal.advance, "reserve": deal.reserve}),
        ("factor_confirmed", {"released": deal.reserve - kept, "kept": kept, "short": deal.fee_most - kept}),
        ("factor_collected", {"amount": face}),
    )  # fmt: skip
    found: dict[tuple[str, str, str], int] = {}
    for name, amounts in steps:
        add(found, name, TEMPLATES[name], {"book": checked.product.product}, amounts)
    return told(found)
