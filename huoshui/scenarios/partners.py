"""Who gains what, over all of lending: the partners of loans and of bought claims."""

from __future__ import annotations

from huoshui.core.db import Tx
from huoshui.lines.lending.factoring import store as factoring
from huoshui.lines.lending.partners import store
from huoshui.lines.lending.partners.statement import Statement, statements
from huoshui.lines.lending.partners.store import PartSum

_OF_CLAIMS = {
    "lent": "lent", "earned": "earned_charges", "returned": "returned", "serviced": "serviced",
    "lost": "lost_principal", "recovered": "recovered",
}  # fmt: skip


def all_statements(tx: Tx) -> list[Statement]:
    """The statement of each party by product, in minor units, from what was posted."""
    parts = store.sums(tx) + [
        PartSum(each.product, each.currency, "funder", each.party, kind, getattr(each, name))
        for each in factoring.statements(tx)
        for name, kind in _OF_CLAIMS.items()
    ]
    return statements(parts, store.own_sums(tx, {each.product for each in parts}))
