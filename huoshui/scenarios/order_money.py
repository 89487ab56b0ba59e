"""Orders' money is moved here, so that what hangs on an order follows in the same commit."""

from __future__ import annotations

from collections.abc import Sequence

from huoshui.core.db import Tx
from huoshui.lines import payments
from huoshui.lines.payments.escrow.model import Command, Confirm
from huoshui.lines.payments.escrow.service import Outcome
from huoshui.scenarios import factoring_flow
from huoshui.scenarios.pay_later import fees


def apply(tx: Tx, commands: Sequence[Command]) -> list[Outcome]:
    """Move orders' money, and let the claims follow that were bought on them."""
    held = factoring_flow.hold(tx, commands)
    outcomes = payments.apply(tx, commands)
    factoring_flow.follow(tx, held, outcomes)
    released = [each for each in outcomes if isinstance(each.command, Confirm)]
    fees.of_orders(tx, released)
    return outcomes
