"""Keeping what happened to assignments: posted, written, told; many at once as one.

The entries of a batch are posted in one go, in the order of its steps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec

from huoshui import ledger
from huoshui.catalog import service as catalog
from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.ledger import Transaction
from huoshui.lines.lending.factoring import joint, store
from huoshui.lines.lending.factoring.chart import CHART, TEMPLATES
from huoshui.lines.lending.factoring.life import Step
from huoshui.lines.lending.factoring.model import Assignment
from huoshui.lines.lending.factoring.store import EntryRow
from huoshui.lines.lending.factoring.terms import FactoringTables, read_factoring
from huoshui.lines.lending.partners.chart import TEMPLATES as PARTNERS

# What pays a part of the advance, and the amount of its entry that says how much.
_SHARED: dict[str, tuple[str, str]] = {  # the template of partners, and the name of its amount
    "lent": ("partner_lent", "amount"),
    "earned": ("partner_earned", "charges"),
    "returned": ("partner_returned", "amount"),
    "serviced": ("partner_serviced", "amount"),
    "lost": ("partner_lost", "principal"),
    "recovered": ("partner_recovered", "amount"),
}


class Kept(msgspec.Struct, frozen=True):
    """A step of an assignment to be kept: as it was before, locked (None: it is new), and why."""

    before: Assignment | None
    step: Step
    note: str = ""


def keep(tx: Tx, before: Assignment | None, step: Step, note: str) -> Assignment:
    """Post what a step moves, write the assignment and its entry, and tell of it."""
    return keep_all(tx, [Kept(before, step, note)])[0]


def keep_all(tx: Tx, listed: Sequence[Kept]) -> list[Assignment]:
    """Keep steps in their order; several of one assignment may follow each other."""
    standing = [each.step.after.id for each in listed if each.before is not None]
    numbers = Counter(store.count_all(tx, standing) if standing else {})
    store.add_all(tx, [each.step.after for each in listed if each.before is None])
    posted, rows = [], []
    for each in listed:
        after, shown = each.step.after, ids.show("asg", each.step.after.id)
        numbers[after.id] += 1
        key = f"{shown}/{numbers[after.id]}"
        own = _posting(tx, each.step, key) if each.step.moved else None
        posted += [own] if own else []
        if each.before is not None:
            store.move(tx, each.before, after)
            posted += _shares(tx, each.before, after, key)
        rows.append(EntryRow(numbers[after.id], each.step, own.id if own else None, each.note))
    for result in ledger.post(tx, posted, CHART) if posted else []:
        result.demand()
    store.add_entries(tx, rows)
    for each in listed:
        _tell(tx, each.step)
    return [each.step.after for each in listed]


def _tell(tx: Tx, step: Step) -> None:
    tx.emit(
        "assignment.moved",
        ids.show("asg", step.after.id),
        verb=step.verb,
        state=step.after.state,
        amounts=step.amounts,
        product=step.after.product,
    )


def tables_of(tx: Tx, of: Assignment) -> FactoringTables:
    """The tables of the version that an assignment is pinned to."""
    key = ("factoring.tables", tx.book, of.product, of.version)
    known: FactoringTables | None = tx.known(key)
    if known is None:
        version = catalog.version(tx, of.product, of.version)
        known = read_factoring(catalog.product_of(version).tables)
        tx.learn(key, known)
    return known


def _shares(tx: Tx, before: Assignment, after: Assignment, key: str) -> list[Transaction]:
    """What of a step is whose, where others fund the product too."""
    funding = tables_of(tx, after).funding
    if not funding.funders:
        return []
    changes = joint.moved(joint.parts(funding, before), joint.parts(funding, after))
    posted = []
    for party, name, amount in changes:
        place, of = _SHARED[name]
        template = PARTNERS[place]
        amounts = dict.fromkeys(template.names(), 0) | {of: amount}
        posted.append(
            template.transaction(
                tx.id("txn", f"factoring/{key}/{party}/{name}"),
                {"book": after.product, "party": party},
                amounts,
                reference=ids.show("asg", after.id),
                currency=after.currency,
                at=tx.now,
            )
        )
    return posted


def _posting(tx: Tx, step: Step, key: str) -> Transaction:
    return TEMPLATES[step.template].transaction(
        tx.id("txn", f"factoring/{key}"),
        {"book": step.after.product},
        step.amounts,
        reference=ids.show("asg", step.after.id),
        currency=step.after.currency,
        at=tx.now,
    )
