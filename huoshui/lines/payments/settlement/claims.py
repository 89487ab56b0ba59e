"""Who is paid out of sellers' takings before the sellers are: a port, filled by a scenario.

An advance on an order, a share of sales: what is agreed leaves a seller's account in the transaction
that makes the payout, so that the payout is less by exactly that and the debt is paid in the same
commit. What waits in payouts that are not sent yet is not touched.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from huoshui import ledger
from huoshui.core.db import Tx
from huoshui.core.errors import Problem
from huoshui.ledger import Transaction
from huoshui.lines.payments.chart import CHART, SETTLEMENT_KIND, TEMPLATES
from huoshui.lines.payments.settlement import store
from huoshui.lines.payments.settlement.model import Takings


class ClaimTooLarge(Problem):
    """More was claimed of a seller's takings than there is; nothing was moved."""

    code = "claim_too_large"
    status = 409


class Claim(msgspec.Struct, frozen=True):
    """`amount` minor units of a seller's takings that go to the account `to`, for `reference`."""

    seller: str
    currency: str
    amount: int
    to: str
    reference: str


class Claimant(Protocol):
    """Who has a claim on takings."""

    def claims(self, tx: Tx, takings: Sequence[Takings]) -> list[Claim]:
        """What it claims, at most one for a seller and a reference; locks what it is for."""

    def met(self, tx: Tx, claims: Sequence[Claim]) -> None:
        """Each of these was paid, in this transaction."""


def meet(tx: Tx, claimants: Sequence[Claimant], sellers: Collection[str] = ()) -> list[Claim]:
    """Pay the claimants, one after another, out of what sellers have. Raises ClaimTooLarge."""
    found: list[Claim] = []
    for claimant in claimants:
        takings = store.takings(tx, SETTLEMENT_KIND, sorted(sellers))
        claims = [claim for claim in claimant.claims(tx, takings) if claim.amount]
        if claims:
            _within(takings, claims)
            posted = [_taken(tx, claim) for claim in claims]
            for result in ledger.post(tx, posted, CHART):
                result.demand()
            claimant.met(tx, claims)
        found += claims
    return found


def sales(tx: Tx, taking: Takings, since: int) -> int:
    """What a seller sold since a version of its account, less what went back; minor units.

    Money that was lent to it, or came back from a bank, is no sale.
    """
    return store.sales(tx, taking.account_id, since)


def sales_since(tx: Tx, taking: Takings, reference: str, since: datetime) -> int:
    """What a seller sold since a claim for a reference was met last, or since a time; minor units."""
    return sales(tx, taking, store.taken_at(tx, taking.account_id, reference, since))


def _within(takings: Sequence[Takings], claims: Sequence[Claim]) -> None:
    left = {(each.seller, each.currency): each.free for each in takings}
    for claim in claims:
        place = (claim.seller, claim.currency)
        left[place] = left.get(place, 0) - claim.amount
        if claim.amount < 0 or left[place] < 0:
            raise ClaimTooLarge(seller=claim.seller, reference=claim.reference)


def _taken(tx: Tx, claim: Claim) -> Transaction:
    key = f"takings/{claim.reference}/{claim.seller}/{tx.now.isoformat()}"
    return _entry(tx, "takings_shared", key, claim, {"seller": claim.seller, "to": claim.to})


class Financed(msgspec.Struct, frozen=True, kw_only=True):
    """`amount` minor units from the account `source` to a seller's takings; `key` names it once."""

    seller: str
    currency: str
    amount: int
    source: str
    reference: str
    key: str


def finance(tx: Tx, paid: Sequence[Financed]) -> None:
    """Pay sellers what another line advances to them; it leaves with their next payouts."""
    made = [
        _entry(tx, "seller_financed", f"financed/{each.key}", each,
               {"seller": each.seller, "source": each.source})
        for each in paid
    ]  # fmt: skip
    for result in ledger.post(tx, made, CHART) if made else ():
        result.demand()


def receive(tx: Tx, claim: Claim, key: str) -> None:
    """What a claim is for came into the bank: it is matched with the bank's file from there."""
    made = _entry(tx, "finance_received", f"received/{key}", claim, {"to": claim.to})
    ledger.post(tx, [made], CHART)[0].demand()


def _entry(
    tx: Tx, template: str, key: str, of: Financed | Claim, names: dict[str, str]
) -> Transaction:
    return TEMPLATES[template].transaction(
        tx.id("txn", key),
        names,
        {"amount": of.amount},
        reference=of.reference,
        currency=of.currency,
        at=tx.now,
    )
