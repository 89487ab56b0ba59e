"""How a device's payment reaches the merchant: out of its sources, along the split by the terms."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from huoshui import ledger
from huoshui.core.db import Tx
from huoshui.ledger import Sheet, Transaction
from huoshui.lines.payments.chart import CHART, TEMPLATES
from huoshui.lines.payments.escrow.service import terms as terms_in_force
from huoshui.lines.payments.escrow.terms import Terms
from huoshui.lines.payments.takings import split

BORNE_BY = {"platform": "platform:offline_loss", "issuer": "offline:issuer"}


class Paying(msgspec.Struct, frozen=True, kw_only=True):
    """A payment to make: `amount` out of `source` and `borne` by a programme's bearer."""

    id: UUID
    template: str
    payer: str
    merchant: str
    amount: int
    currency: str
    reference: str
    borne: int = 0
    bearer: str = ""


def pay(tx: Tx, wanted: Sequence[Paying]) -> list[str]:
    """Make payments, each alone; of each the ledger's code where it was refused, else nothing.

    Raises NoTerms.
    """
    if not wanted:
        return []
    terms = terms_in_force(tx)
    transactions = [_transaction(tx, each, terms) for each in wanted]
    paths = {
        (path, made.currency)
        for made in transactions
        for leg in made.legs
        for path in (leg.source, leg.target)
    }
    sheet = ledger.load(tx, paths, [made.id for made in transactions], CHART)
    codes = [_post(sheet, made) for made in transactions]
    ledger.flush(tx, sheet)
    return codes


def _post(sheet: Sheet, made: Transaction) -> str:
    result = sheet.post(made)
    return "" if result.stands else result.code


def _transaction(tx: Tx, paying: Paying, terms: Terms) -> Transaction:
    names = {"payer": paying.payer, "seller": paying.merchant}
    names["bearer"] = BORNE_BY.get(paying.bearer, "")
    shares = split(paying.amount + paying.borne, terms)
    amounts = shares | {"held": paying.amount, "borne": paying.borne}
    return Transaction(
        id=paying.id,
        template=paying.template,
        reference=paying.reference,
        currency=paying.currency,
        legs=tuple(TEMPLATES[paying.template].legs(names, amounts)),
        effective_at=tx.now,
    )
