"""The entries that join a loan with the payment that it makes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from uuid import UUID

import msgspec

from huoshui import ledger
from huoshui.core.db import Tx
from huoshui.ledger import Chart, read_templates
from huoshui.lines.lending import postings as lending
from huoshui.lines.lending.partners.chart import CHART as PARTNERS
from huoshui.lines.payments import chart as payments

CHART = Chart((*payments.CHART.kinds, *lending.CHART.kinds, *PARTNERS.kinds))
TEMPLATES = read_templates(
    resources.files(__package__).joinpath("postings.toml").read_text(encoding="utf-8")
)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry to post: `names` are those of its template's paths, `amount` minor units."""

    id: UUID
    template: str
    names: dict[str, str]
    amount: int
    currency: str
    reference: str


def post(tx: Tx, entries: Sequence[Entry]) -> None:
    """Post entries; those that move nothing are left out."""
    made = [
        TEMPLATES[each.template].transaction(
            each.id,
            each.names,
            {"amount": each.amount},
            reference=each.reference,
            currency=each.currency,
            at=tx.now,
        )
        for each in entries
        if each.amount
    ]
    for result in ledger.post(tx, made, CHART) if made else ():
        result.demand()
