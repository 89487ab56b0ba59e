"""What happens before sellers are paid: who has a claim on their takings is paid out of them first.

Here the port of settlement is wired. Payouts are made by these functions and by no others.
"""

from __future__ import annotations

from huoshui.core.db import Tx
from huoshui.core.work import Item, Run
from huoshui.lines.payments.settlement import batches, payouts
from huoshui.lines.payments.settlement.claims import Claimant
from huoshui.lines.payments.settlement.model import Batch, Payout
from huoshui.scenarios.advance_flow import FROM_SALES
from huoshui.scenarios.factoring_flow import FROM_TAKINGS
from huoshui.scenarios.merchant_dues import FROM_DUES

# Claims come first, then what merchants owe; what advances have is a share of what is left.
CLAIMANTS: tuple[Claimant, ...] = (FROM_TAKINGS, FROM_DUES, FROM_SALES)


def make_batch(tx: Tx, currency: str, *, sellers: frozenset[str] = frozenset()) -> Batch:
    """Draft a payout batch of what sellers are owed once claims are met. Raises NothingToPay."""
    return batches.make_batch(tx, currency, sellers=sellers, claimants=CLAIMANTS)


def pay_out(tx: Tx) -> list[Payout]:
    """Pay every seller what is its own once claims are met; what was sent."""
    return payouts.pay_out(tx, CLAIMANTS)


def run_due(tx: Tx, items: list[Item]) -> None:
    """Due work: the payout day."""
    payouts.run_due(tx, CLAIMANTS)


WORK: dict[str, Run] = {payouts.PAYOUT_DUE: run_due}
