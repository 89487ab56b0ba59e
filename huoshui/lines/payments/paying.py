"""How what a device pays becomes a payment: captured at once, along the split by the terms.

From there on it is a payment like any other: it clears in a window, can be given back, and is listed
with the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from huoshui.core.db import Tx
from huoshui.lines.payments.chart import wallet_path
from huoshui.lines.payments.escrow.service import terms as terms_in_force
from huoshui.lines.payments.payment import service as payments
from huoshui.lines.payments.payment.model import Cancel, Create, Tender
from huoshui.lines.payments.takings import parts

BEARERS = {"platform": "platform:offline_loss", "issuer": "issuer:offline"}


class Paying(msgspec.Struct, frozen=True, kw_only=True):
    """A payment to make: `amount` of the payer's wallet and `borne` by a bearer (minor units)."""

    id: UUID
    rail: str
    payer: str
    merchant: str
    amount: int
    currency: str
    reference: str
    borne: int = 0
    bearer: str = ""


def pay(tx: Tx, wanted: Sequence[Paying]) -> list[str]:
    """Make payments, each alone; of each why it was declined, or an empty text.

    What is declined is called off: nobody is going to pay it by another means. Raises NoTerms.
    """
    if not wanted:
        return []
    terms = terms_in_force(tx)
    commands = [
        Create(
            id=each.id,
            currency=each.currency,
            tenders=_tenders(each),
            parts=parts(each.merchant, each.amount + each.borne, terms),
            buyer=each.payer,
            reference=each.reference,
            confirm=True,
            proved=True,  # by the consent to the mandate, or by the device's signature
        )
        for each in wanted
    ]
    made = [outcome.demand().payment for outcome in payments.apply(tx, commands)]
    declined = [each for each in made if each and each.state != "succeeded"]
    payments.apply(tx, [Cancel(each.id) for each in declined])
    return ["" if each is None or each.state == "succeeded" else each.error for each in made]


def _tenders(paying: Paying) -> tuple[Tender, ...]:
    found = [(wallet_path(paying.payer), paying.amount)]
    found.append((BEARERS.get(paying.bearer, ""), paying.borne))
    return tuple(Tender(paying.rail, account, amount) for account, amount in found if amount)
