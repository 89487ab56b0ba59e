"""Advances on sales: a share of what a seller sold repays them, before the seller is paid the rest.

A port of settlement: what is taken leaves the seller's account in the transaction that makes the payout,
and repays the loan in the same commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import msgspec

from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.lines.lending.loan import contract, service, store
from huoshui.lines.lending.loan.model import Loan
from huoshui.lines.lending.loan.service import Repayment
from huoshui.lines.lending.schedule import share_of
from huoshui.lines.payments.settlement import claims as settling
from huoshui.lines.payments.settlement.model import Takings

KIND = "sales_share"


class _FromSales(msgspec.Struct, frozen=True):
    """See `settlement.claims.Claimant`: the agreed share of sales since the last one."""

    def claims(self, tx: Tx, takings: Sequence[Takings]) -> list[settling.Claim]:
        """What advances have of each seller's takings; several of one seller in the order of their start."""
        of = {(each.seller, each.currency): each for each in takings if each.free > 0}
        found = store.repaid_by_sales(tx, sorted({seller for seller, _ in of}))
        store.lock(tx, [loan.id for loan in found])
        made: list[settling.Claim] = []
        left = {place: taking.free for place, taking in of.items()}
        for loan in found:
            place = (loan.party, loan.currency)
            if place not in of:
                continue
            amount = min(left[place], _share(tx, loan, of[place]))
            left[place] -= amount
            made.append(_claim(loan, amount))
        return made

    def met(self, tx: Tx, claims: Sequence[settling.Claim]) -> None:
        """Each claim's money stands on clearing: it repays the advance."""
        service.repay(
            tx,
            [
                Repayment(
                    loan_id=ids.read("loan", claim.reference), amount=claim.amount, kind=KIND,
                    key=f"takings/{tx.now.isoformat()}",
                )
                for claim in claims
            ],
        )  # fmt: skip


def _share(tx: Tx, loan: Loan, taking: Takings) -> int:
    """What a loan is to have of a seller's takings: its share of new sales, never more than is owed."""
    sales = contract.tables(tx, loan).sales
    if sales is None or loan.start_on is None:
        return 0
    sold = settling.sales_since(tx, taking, loan.shown, loan.consent_at or loan.applied_at)
    if sold <= 0:
        return 0
    return share_of(Fraction(sales.share), sold, service.settlement(tx, loan.id).total)


def _claim(loan: Loan, amount: int) -> settling.Claim:
    return settling.Claim(
        seller=loan.party, currency=loan.currency, amount=amount, to=f"clearing:{loan.product}",
        reference=loan.shown,
    )  # fmt: skip


FROM_SALES = _FromSales()
