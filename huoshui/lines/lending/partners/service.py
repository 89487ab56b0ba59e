"""What is done about partners: claims shares to their end, days shared, statements told."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from huoshui import ledger
from huoshui.core import ids
from huoshui.core.db import Tx
from huoshui.lines.lending.loan import contract
from huoshui.lines.lending.loan import store as loans
from huoshui.lines.lending.loan.ends import Ends
from huoshui.lines.lending.partners import claim as claims
from huoshui.lines.lending.partners import store
from huoshui.lines.lending.partners.chart import CHART
from huoshui.lines.lending.partners.claim import CoverClaim, Step, UnknownCoverClaim
from huoshui.lines.lending.partners.following import Shares, Told

SHARED_MOST = 500  # loans in one transaction


def find_claim(tx: Tx, claim_id: UUID) -> CoverClaim:
    """One claim. Raises UnknownCoverClaim."""
    found = store.claim(tx, claim_id)
    if found is None:
        raise UnknownCoverClaim(kind="cover_claim", id=ids.show("clm", claim_id))
    return found


def submit(tx: Tx, claim_id: UUID, note: str = "") -> CoverClaim:
    """Put a claim to its cover, for what is due by now. Raises IllegalMove."""
    return _do(tx, claim_id, lambda before: claims.submit(before, tx.now), note)


def accept(tx: Tx, claim_id: UUID, amount: int | None = None, note: str = "") -> CoverClaim:
    """The cover accepts it, or a part of it in minor units: it owes that. Raises IllegalMove, ClaimAmount."""
    return _do(tx, claim_id, lambda before: claims.accept(before, amount, tx.now), note)


def refuse(tx: Tx, claim_id: UUID, note: str = "") -> CoverClaim:
    """The cover refuses it: the rest bears it. Raises IllegalMove."""
    return _do(tx, claim_id, lambda before: claims.refuse(before, tx.now), note)


def contest(tx: Tx, claim_id: UUID, note: str = "") -> CoverClaim:
    """A refused claim is put to its cover again. Raises IllegalMove."""
    return _do(tx, claim_id, lambda before: claims.contest(before, tx.now), note)


def pay(tx: Tx, claim_id: UUID, note: str = "") -> CoverClaim:
    """The cover has paid: it stands on its clearing account, and funders have their parts. Raises IllegalMove."""
    return _do(tx, claim_id, lambda before: claims.pay(before, tx.now), note)


def give_back(tx: Tx, claim_id: UUID, note: str = "") -> CoverClaim:
    """The cover has got back its part of what was recovered. Raises IllegalMove."""
    return _do(tx, claim_id, claims.give_back, note)


def _do(tx: Tx, claim_id: UUID, act: Callable[[CoverClaim], Step], note: str) -> CoverClaim:
    """Do a verb of a claim; whoever moves a loan's partners holds the loan and its accruals."""
    loan_id = find_claim(tx, claim_id).loan_id
    loan = contract.locked(tx, loan_id)
    accrued = loans.accrued(tx, [loan_id])[loan_id]
    before = next(each for each in store.claims_of(tx, [loan_id]) if each.id == claim_id)
    number = len(store.entries(tx, claim_id))
    told = Told(
        loan, contract.tables(tx, loan).partners, accrued,
        source=ids.derived(claim_id, f"step/{number}"), step=act(before), note=note[:200],
    )  # fmt: skip
    shares = Shares(tx, [told])
    for result in ledger.post(tx, shares.transactions(), CHART):
        result.demand()
    shares.keep()
    return find_claim(tx, claim_id)


def share_due(tx: Tx, limit: int = SHARED_MOST) -> int:
    """Share what days have earned since with partners; how many loans. To be called until none."""
    loan_ids = store.behind(tx, limit)
    if not loan_ids:
        return 0
    accrued = loans.accrued(tx, loan_ids)
    found = loans.some(tx, loan_ids)
    ends = Ends(tx)
    told = [
        Told(
            found[loan_id], contract.tables(tx, found[loan_id]).partners, accrued[loan_id],
            at=ends.of(accrued[loan_id].through),
        )
        for loan_id in loan_ids
    ]  # fmt: skip
    shares = Shares(tx, told)
    for result in ledger.post(tx, shares.summed(), CHART):
        result.demand()
    shares.keep()
    return len(loan_ids)
