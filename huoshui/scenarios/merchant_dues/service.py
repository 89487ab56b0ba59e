"""Taking what merchants owe before they are paid out, and telling it; see the package."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.facts.commerce import service as commerce
from huoshui.lines.payments.chart import settlement_path
from huoshui.lines.payments.settlement import claims as settling
from huoshui.lines.payments.settlement import store as settlement
from huoshui.lines.payments.settlement.model import Takings
from huoshui.scenarios.merchant_dues import store
from huoshui.scenarios.merchant_dues.model import Due, Taken, within


class _FromDues(msgspec.Struct, frozen=True):
    """See `settlement.claims.Claimant`: sellers' parts of the premiums of their own loans."""

    def claims(self, tx: Tx, takings: Sequence[Takings]) -> list[settling.Claim]:
        """What is due of each seller's takings, within the share that the terms allow."""
        free = {(each.seller, each.currency): each.free for each in takings}
        if not free:
            return []
        dues = store.premiums(tx, sorted({seller for seller, _ in free}))
        share = settlement.settlement_terms(tx).debts_share
        return [
            settling.Claim(
                seller=due.seller, currency=due.currency, amount=amount,
                to=f"merchants:{due.product}:owed", reference=f"premium/{due.reference}",
            )
            for due, amount in within(dues, free, share)
        ]  # fmt: skip

    def met(self, tx: Tx, claims: Sequence[settling.Claim]) -> None:
        """What was taken stands on the ledger, and is not due any more."""
        for claim in claims:
            tx.emit("merchant.due_taken", claim.seller, amount=claim.amount, of=claim.reference)


FROM_DUES = _FromDues()


def owed(tx: Tx, seller: str) -> list[Due]:
    """What a seller owes to lending, in the order in which it is taken. Raises BadId, UnknownSeller."""
    found = commerce.seller(tx, seller)
    shown = ids.show("slr", found.id)
    return [*store.claims(tx, found.id, shown), *store.premiums(tx, [shown])]


def taken(tx: Tx, seller: str, limit: int = 20) -> list[Taken]:
    """What was taken of a seller's money for what it owed, the last first. Raises BadId, UnknownSeller."""
    shown = ids.show("slr", commerce.seller(tx, seller).id)
    return store.taken(tx, settlement_path(shown), limit)
