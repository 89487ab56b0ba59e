"""The entries of a loan that is drawn at once and paid on time, with those of its partners. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from huoshui.catalog import CheckedProduct
from huoshui.ledger import Template
from huoshui.lines.lending.funding.parts import Whole, parts
from huoshui.lines.lending.lint.product import trial_of
from huoshui.lines.lending.partners.chart import TEMPLATES as PARTNERS
from huoshui.lines.lending.partners.following import entries_of_parts
from huoshui.lines.lending.postings import TEMPLATES
from huoshui.lines.lending.product.quote import Asked


class Entry(msgspec.Struct, frozen=True):
    """What a template moves from one account to another over a whole life, in minor units."""

    template: str
    debit: str
    credit: str
    amount: int


def entries(checked: CheckedProduct, asked: Asked) -> list[Entry]:
    """The entries of such a loan, those of one template and pair of accounts added up."""
    life = trial_of(checked, asked)
    life.on_time()
    book = checked.product.product
    found: dict[tuple[str, str, str], int] = {}
    for each in life.postings():
        name = f"loan.{each.template}"
        add(found, name, TEMPLATES[each.template], {"book": book}, each.amounts)
    tables, accrued = life.running.tables.partners, life.running.accrued
    if tables.any and accrued is not None:
        charges = accrued.charges + accrued.penalty
        whole = Whole(accrued_interest=accrued.interest, accrued_charges=charges)
        own = tables
        shares = entries_of_parts(parts(own, whole.after(life.postings()), {}))
        for (template, party), amounts in shares.items():
            add(found, template, PARTNERS[template], {"book": book, "party": party}, amounts)
    return told(found)


def add(
    found: dict[tuple[str, str, str], int], name: str, template: Template,
    places: Mapping[str, str], amounts: Mapping[str, int],
) -> None:  # fmt: skip
    """Add what a template moves of amounts; those that are not named are nothing."""
    whole = dict.fromkeys(template.names(), 0) | dict(amounts)
    for leg in template.legs(places, whole):
        key = (name, leg.source, leg.target)
        found[key] = found.get(key, 0) + leg.amount


def told(found: Mapping[tuple[str, str, str], int]) -> list[Entry]:
    """What was added up, as entries."""
    return [Entry(*key, amount) for key, amount in found.items() if amount]


def balanced(listed: Iterable[Entry]) -> dict[str, int]:
    """What stands on each account after entries: debits less credits."""
    books: dict[str, int] = {}
    for each in listed:
        books[each.debit] = books.get(each.debit, 0) + each.amount
        books[each.credit] = books.get(each.credit, 0) - each.amount
    return {path: amount for path, amount in books.items() if amount}
