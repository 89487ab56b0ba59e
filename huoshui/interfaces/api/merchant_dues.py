"""What a merchant owes to lending over the API, and what was taken of its money for it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from huoshui.core import ids
from huoshui.core.money import Money
from huoshui.facts.commerce import service as commerce
from huoshui.facts.commerce.service import UnknownSeller
from huoshui.interfaces.api.contract import reads
from huoshui.interfaces.api.door import Ask, Limit, Ref, enter
from huoshui.scenarios import merchant_dues


class MerchantDueView(msgspec.Struct, frozen=True):
    """What is owed. `why`: its part of a `premium`, or a `claim`: what it answers for of what it sold."""

    why: str
    product: str
    reference: str
    amount: Money


class MerchantTakenView(msgspec.Struct, frozen=True):
    """What was taken, below zero given back; `template` says for what."""

    at: datetime
    template: str
    reference: str
    amount: Money
    transaction: str


class MerchantDuesView(msgspec.Struct, frozen=True):
    """What a merchant owes, in the order in which it is taken, and what was taken, the last first."""

    seller: str
    owed: list[MerchantDueView]
    taken: list[MerchantTakenView]


@reads("/sellers/{ref:str}/dues", "payments:read", MerchantDuesView, bound="rows")
def show_merchant_dues(request: Ask, ref: Ref, limit: Limit = 50) -> MerchantDuesView:
    """What a merchant owes to lending, and what was taken of its money before its payouts."""
    visit = enter(request)
    bound = visit.bound
    with visit.begin() as tx:
        found = commerce.seller(tx, ref)
        if not bound.covers(sellers=[found.id]):
            raise UnknownSeller(seller=ref[:128])
        owed, taken = merchant_dues.owed(tx, ref), merchant_dues.taken(tx, ref, limit)
    return MerchantDuesView(
        ids.show("slr", found.id),
        [MerchantDueView(d.why, d.product, d.reference, Money(d.amount, d.currency)) for d in owed],
        [
            MerchantTakenView(
                t.at,
                t.template,
                t.reference,
                Money(t.amount, t.currency),
                ids.show("txn", t.txn_id),
            )
            for t in taken
        ],
    )


HANDLERS = [show_merchant_dues]
